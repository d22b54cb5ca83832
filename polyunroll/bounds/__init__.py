"""Worst-case sizes of the Jacobian error."""
