"""The checker of claims: small, and all that has to be trusted.

It imports exact arithmetic only, never SymPy, and no method: programs and proofs come as plain data.
"""
