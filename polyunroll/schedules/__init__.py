"""A method's coefficients as a file that other programs read, one file a format."""
