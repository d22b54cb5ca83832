"""Recurrences of orthogonal and Sobolev orthogonal polynomials, as registers of a program."""
