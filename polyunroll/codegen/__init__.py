"""Standalone solvers: a method's program as source code; each folder is a target."""
