"""Small problems that the tests of this room share."""

from __future__ import annotations

import numpy as np

import polyunroll as pu
from polyunroll.problems import QuadraticFamily, RidgeFeaturePenalties, RidgePenalty, RidgeSampleWeights

KINDS = ("penalty", "features", "samples", "family", "commuting")
SPECTRUM = pu.Spectrum("1/20", "9/2")


def quadratic(kind):
    """(inner problem with `at`, θ) with all eigenvalues in SPECTRUM."""
    rng = np.random.default_rng(7)
    m, n, p = 9, 5, 3
    A, y, weights = rng.standard_normal((m, n)), rng.standard_normal(m), rng.uniform(0.5, 1.5, m)
    if kind == "penalty":
        return RidgePenalty(A, y, 0.1, weights), np.array([0.1])
    if kind == "features":
        theta = rng.uniform(0.1, 0.3, n)
        return RidgeFeaturePenalties(A, y, theta), theta
    if kind == "samples":
        return RidgeSampleWeights(A, y, 0.1, weights), weights
    q, _ = np.linalg.qr(rng.standard_normal((n, n)))
    H = (q * np.geomspace(0.1, 3, n)) @ q.T
    if kind == "commuting":
        dH = np.stack([(q * rng.standard_normal(n)) @ q.T for _ in range(p)])
    else:
        dH = rng.standard_normal((p, n, n))
    dH, H = (dH + np.swapaxes(dH, 1, 2)) / 2, (H + H.T) / 2
    return QuadraticFamily(H, rng.standard_normal(n), dH, rng.standard_normal((n, p))), np.zeros(p)


def methods(S=SPECTRUM, horizon=12):
    """One method of every family, on a spectrum."""
    return {
        "gd": pu.GradientDescent(S),
        "gd fast": pu.GradientDescent(S, "2/(L+ell)"),
        "gd steps": pu.GradientDescent(S, ["1/3", "1/2", "1/5"] * (horizon // 3)),
        "chebyshev": pu.Chebyshev(S),
        "heavy ball": pu.HeavyBall(S),
        "nesterov": pu.Nesterov(S),
        "sobolev": pu.Sobolev(S),
        "sobolev gegenbauer": pu.Sobolev(S, measure=pu.measures.gegenbauer("3/4"), eta="1/10"),
        "sobolev jacobi": pu.Sobolev(S, measure=pu.measures.jacobi("1/2", "-1/3")),
        "jacobi": pu.Jacobi(S, "1/2", "-1/3"),
        "jacobian kernel": pu.JacobianKernel(S, pu.measures.chebyshev()),
        "minimax": pu.Minimax(S, t=horizon),
        "unrolled cg": pu.UnrolledCG(
            S, ["1/3", "1/4", "1/2"] * (horizon // 3), (["1/5", "1/3"] * horizon)[: horizon - 1]
        ),
        "polynomial": pu.FixedPolynomial(S, [1, "-1/2", "1/10", "-1/100"]),
    }


METHODS = methods()


def steps_for(m, wanted=12):
    if getattr(m, "is_whole", False):
        return m.horizon
    return wanted if m.horizon is None else min(wanted, m.horizon)


def splits_for(m):
    """Some (T, N, extra) that the method has."""
    T = steps_for(m)
    if getattr(m, "is_whole", False):
        return ((T, 0, 0), (2 * T, T, 0))
    return ((T, 0, 0), (T, T // 3, 0), (T, T - 1, 1 if m.horizon is None else 0))
