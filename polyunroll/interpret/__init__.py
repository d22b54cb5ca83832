"""What a Program means: exact polynomials, Chebyshev series, jets and vectors."""
