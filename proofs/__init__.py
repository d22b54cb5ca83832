"""Theorems, one a file: each exposes CLAIM. See README.md for how to add one."""
