"""Small problems that the tests of this room share."""

from __future__ import annotations

import numpy as np
import pytest


def symmetric(rng, n):
    a = rng.standard_normal((n, n))
    return (a + a.T) / 2


@pytest.fixture
def rng():
    return np.random.default_rng(20220913)


@pytest.fixture
def family(rng):
    """H(θ) = H_0 + Σ_i θ_i H_i and b(θ) alike, n = 6, p = 3, positive definite near θ = 0."""
    n, p = 6, 3
    q, _ = np.linalg.qr(rng.standard_normal((n, n)))
    H0 = (q * np.geomspace(0.1, 1, n)) @ q.T
    return {
        "H": (H0 + H0.T) / 2,
        "b": rng.standard_normal(n),
        "dH": np.stack([symmetric(rng, n) for _ in range(p)]),
        "db": rng.standard_normal((n, p)),
    }


@pytest.fixture
def samples(rng):
    """A (9, 4), y (9,), weights (9,) of which one is 0."""
    weights = rng.uniform(0.5, 2, 9)
    weights[3] = 0
    return rng.standard_normal((9, 4)), rng.standard_normal(9), weights
