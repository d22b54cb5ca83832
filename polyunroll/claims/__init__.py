"""Claims: statements as data, proofs as data, and verdicts by a small kernel."""
