"""Every estimator against central differences of a solve in 50 digits, written out here and nowhere else.

The step is 1e-15 and the solves are right to about 45 digits, so the differences are good to about 1e-29; the
estimators run to convergence in doubles and are held to 1e-9.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import polyunroll as pu
from polyunroll.hypergradient import Probability, adaptive_ufom, aid, fom, itd, nsid, truncated, ufom
from polyunroll.problems import (
    Bilevel,
    ElasticNet,
    FunctionOracle,
    Lasso,
    LogisticPenalty,
    LogisticSampleWeights,
    Loss,
    Poisoning,
    RidgeFeaturePenalties,
    RidgePenalty,
    RidgeSampleWeights,
)

M, N = 8, 3
RNG = np.random.default_rng(50)
A = RNG.standard_normal((M, N))
Y = RNG.standard_normal(M)
SIGNS = np.sign(Y)
WEIGHTS = RNG.uniform(0.5, 1.5, M)
TARGET = RNG.standard_normal(N)
mpf = mpmath.mpf


def loss(theta_part):
    """E = ½‖x − c‖² + ½ s ‖θ‖²."""
    return Loss(
        lambda x, t: (x - TARGET) @ (x - TARGET) / 2 + theta_part * (t @ t) / 2,
        lambda x, t: x - TARGET,
        lambda x, t: theta_part * t,
    )


def outer(x, theta, theta_part):
    apart = [a - mpf(float(c)) for a, c in zip(x, TARGET, strict=True)]
    return mpmath.fdot(apart, apart) / 2 + mpf(theta_part) * mpmath.fdot(theta, theta) / 2


def rows(matrix):
    return [[mpf(float(v)) for v in row] for row in matrix]


def differences(solve, theta, theta_part):
    """The hypergradient by central differences in 50 digits."""
    with mpmath.workdps(50):
        base, h = [mpf(float(v)) for v in theta], mpf(10) ** -15
        found = []
        for i in range(len(base)):
            values = []
            for sign in (1, -1):
                moved = [v + sign * h * (i == j) for j, v in enumerate(base)]
                values.append(outer(solve(moved), moved, theta_part))
            found.append(float((values[0] - values[1]) / (2 * h)))
    return np.array(found)


def normal_equations(matrix, labels, weights, penalties, extra=None):
    """Solve (Aᵀdiag(w)A/m + diag(penalties)) x = Aᵀ(w ∘ y)/m + extra."""
    m, n = len(matrix), len(matrix[0])
    H = mpmath.matrix(n, n)
    b = mpmath.matrix(n, 1)
    for j in range(n):
        for k in range(n):
            H[j, k] = mpmath.fsum(w * r[j] * r[k] for w, r in zip(weights, matrix, strict=True)) / m
        H[j, j] += penalties[j]
        b[j] = mpmath.fsum(w * r[j] * y for w, r, y in zip(weights, matrix, labels, strict=True)) / m
        b[j] += extra[j] if extra else 0
    return list(mpmath.lu_solve(H, b))


def numbers(values):
    return [mpf(float(v)) for v in values]


def newton(theta, weights):
    """Logistic regression in 50 digits, from 0: quadratic convergence, 12 steps are plenty for these data."""
    a, y = rows(A), numbers(SIGNS)
    x = [mpf(0)] * N
    for _ in range(12):
        s = [1 / (1 + mpmath.exp(t * mpmath.fdot(r, x))) for r, t in zip(a, y, strict=True)]
        g = mpmath.matrix(
            [
                -mpmath.fsum(w * t * q * r[j] for w, t, q, r in zip(weights, y, s, a, strict=True)) / M + theta * x[j]
                for j in range(N)
            ]
        )
        H = mpmath.matrix(N, N)
        for j in range(N):
            for k in range(N):
                H[j, k] = mpmath.fsum(w * q * (1 - q) * r[j] * r[k] for w, q, r in zip(weights, s, a, strict=True)) / M
            H[j, j] += theta
        step = mpmath.lu_solve(H, g)
        x = [v - d for v, d in zip(x, step, strict=True)]
    assert mpmath.norm(step) < mpf(10) ** -40
    return x


def sparse_solve(support, signs, matrix, labels, theta1, theta2):
    """The elastic net on a known support: a linear system in 50 digits, whose optimality is checked."""
    inside = [[r[j] for j in support] for r in matrix]
    part = normal_equations(
        inside, labels, [mpf(1)] * len(matrix), [theta2] * len(support), [-theta1 * s for s in signs]
    )
    x = [mpf(0)] * len(matrix[0])
    for j, v, s in zip(support, part, signs, strict=True):
        assert v * s > 0
        x[j] = v
    residual = [y - mpmath.fdot(r, x) for r, y in zip(matrix, labels, strict=True)]
    for j in set(range(len(x))) - set(support):
        assert abs(mpmath.fsum(r[j] * e for r, e in zip(matrix, residual, strict=True)) / len(matrix)) < theta1
    return x


SMOOTH = {
    "ridge": (
        RidgePenalty(A, Y, 0.3, WEIGHTS),
        lambda t: normal_equations(rows(A), numbers(Y), numbers(WEIGHTS), [t[0]] * N),
    ),
    "ridge features": (
        RidgeFeaturePenalties(A, Y, [0.3, 0.4, 0.5]),
        lambda t: normal_equations(rows(A), numbers(Y), [mpf(1)] * M, t),
    ),
    "ridge samples": (
        RidgeSampleWeights(A, Y, 0.3, WEIGHTS),
        lambda t: normal_equations(rows(A), numbers(Y), t, [mpf(0.3)] * N),
    ),
    "logistic": (LogisticPenalty(A, SIGNS, 0.3, WEIGHTS), lambda t: newton(t[0], numbers(WEIGHTS))),
    "logistic samples": (LogisticSampleWeights(A, SIGNS, 0.3, WEIGHTS), lambda t: newton(mpf(0.3), t)),
}


def spectrum_of(inner):
    if hasattr(inner, "bounds"):
        low, high = inner.bounds()
    else:
        low, high = np.linalg.eigvalsh(inner.dense_hessian())[[0, -1]]
    return pu.Spectrum(round(float(low) * 0.9, 3), round(float(high) * 1.1, 3))


@pytest.mark.parametrize("name", list(SMOOTH))
def test_smooth_problems(name):
    inner, solve = SMOOTH[name]
    theta, S = inner.outer, spectrum_of(inner)
    true = differences(solve, theta, 0.7)
    problem, m = Bilevel(inner, loss(0.7)), pu.Chebyshev(S)
    found = {
        "itd": itd(problem, theta, m, 150),
        "itd forward": itd(problem, theta, pu.Sobolev(S), 250, mode="forward"),
        "itd checkpoints": itd(problem, theta, pu.HeavyBall(S), 200, checkpoints=3),
        "truncated": truncated(problem, theta, m, 200, plain_steps=90),
        "truncated, split advised": truncated(problem, theta, m, 200, extra=20),
        "aid": aid(problem, theta, m, 150),
        "aid normal": aid(problem, theta, m, 150, solver="normal-cg"),
        "aid polynomial": aid(problem, theta, m, 150, solver=pu.Chebyshev(S), tolerance=1e-11),
    }
    for estimator, result in found.items():
        np.testing.assert_allclose(
            result.hypergradient, true, rtol=1e-9, atol=1e-9 * np.abs(true).max(), err_msg=estimator
        )
    assert found["aid"].converged
    assert found["aid"].residual < 1e-10


WIDE = np.random.default_rng(51).standard_normal((10, 6))
WIDE_Y = WIDE @ np.array([1.0, -2, 0, 0, 0.5, 0]) + 0.1
LONG_TARGET = np.linspace(-1, 1, 6)


def sparse_setting(kind):
    """(inner problem, θ, solve) of a nonsmooth problem."""
    if kind == "poisoning":
        inner = Poisoning(WIDE, WIDE_Y, 2, 0.3, 0.1)
        x = fixed_point(inner)
        support, signs = np.flatnonzero(x), np.sign(x[np.flatnonzero(x)]).astype(int)

        def solve(theta):
            matrix = rows(WIDE)
            for i in range(2):
                matrix[i] = [v + theta[6 * i + j] for j, v in enumerate(matrix[i])]
            return sparse_solve(support, signs, matrix, numbers(WIDE_Y), mpf(0.3), mpf(0.1))

        return inner, inner.outer, solve
    inner = ElasticNet(WIDE, WIDE_Y, 0.3, 0.1) if kind == "elastic net" else Lasso(WIDE, WIDE_Y, 0.3)
    x = fixed_point(inner)
    support, signs = np.flatnonzero(x), np.sign(x[np.flatnonzero(x)]).astype(int)
    return (
        inner,
        inner.outer,
        lambda t: sparse_solve(support, signs, rows(WIDE), numbers(WIDE_Y), t[0], t[1] if len(t) == 2 else mpf(0)),
    )


def fixed_point(inner):
    x = np.zeros(6)
    for _ in range(20_000):
        x = inner.map(x)
    assert 0 < np.count_nonzero(x) < 6
    return x


@pytest.mark.parametrize("kind", ["elastic net", "lasso", "poisoning"])
def test_nonsmooth_problems(kind, monkeypatch):
    monkeypatch.setattr(f"{__name__}.TARGET", LONG_TARGET)
    inner, theta, solve = sparse_setting(kind)
    true = differences(solve, theta, 0.7)
    problem = Bilevel(inner, Loss(lambda x, t: 0, lambda x, t: x - LONG_TARGET, lambda x, t: 0.7 * t))
    steps = int(np.ceil(np.log(1e-13) / np.log(inner.modulus)))
    found = {
        "itd": itd(problem, theta, steps=steps),
        "itd forward": itd(problem, theta, steps=steps, mode="forward"),
        "truncated": truncated(problem, theta, steps=2 * steps, plain_steps=steps),
        "aid": aid(problem, theta, steps=steps, solver_steps=steps, tolerance=1e-11),
        "aid on the support": aid(problem, theta, steps=steps, solver="cg"),
        "aid normal": aid(problem, theta, steps=steps, solver="normal-cg"),
    }
    if kind == "poisoning":
        found["nsid"] = nsid(problem, theta, steps=steps, solver_steps=steps, batch=None)
    for estimator, result in found.items():
        np.testing.assert_allclose(
            result.hypergradient, true, rtol=1e-9, atol=1e-9 * np.abs(true).max(), err_msg=estimator
        )
        assert 0 < result.identified_at < steps


def test_first_order_estimators():
    # The outer parameter is the start of r steps of gradient descent on a logistic loss, which is no quadratic.
    a, y, alpha, r = rows(A), numbers(SIGNS), mpf(1) / 2, 6

    def descend(start):
        x = list(start)
        for _ in range(r):
            s = [t / (1 + mpmath.exp(t * mpmath.fdot(row, x))) for row, t in zip(a, y, strict=True)]
            x = [
                v - alpha * (-mpmath.fsum(q * row[j] for q, row in zip(s, a, strict=True)) / M + mpf(0.3) * v)
                for j, v in enumerate(x)
            ]
        return x

    logistic = LogisticPenalty(A, SIGNS, 0.3)
    inner = FunctionOracle(N, 0, logistic.gradient, logistic.hvp)
    problem, m, start = (
        Bilevel(lambda theta: inner, loss(0.0)),
        pu.GradientDescent(pu.Spectrum("1/10", 2), "1/2"),
        np.ones(N),
    )
    exact = differences(descend, start, 0.0)
    with mpmath.workdps(50):
        end = [float(v) for v in descend([mpf(1)] * N)]
    np.testing.assert_allclose(fom(problem, start, m, r).hypergradient, np.array(end) - TARGET, rtol=1e-12)
    np.testing.assert_allclose(itd(problem, start, m, r, x0=start).start_gradient, exact, rtol=1e-12)
    first = fom(problem, start, m, r).hypergradient
    for state in (None, Probability(1, 1)):
        found = (
            ufom(problem, start, m, r, q=1.0, seed=0)
            if state is None
            else adaptive_ufom(problem, start, m, r, state=state, seed=0)
        )
        np.testing.assert_allclose(found.hypergradient, exact, rtol=1e-12)
    rng = np.random.default_rng(2)
    for _ in range(20):  # either branch of q = 1/4: G_FO, or G_FO + 4(G − G_FO)
        found = ufom(problem, start, m, r, q=0.25, seed=rng)
        wanted = first + 4 * (exact - first) if found.info["exact"] else first
        np.testing.assert_allclose(found.hypergradient, wanted, rtol=1e-11)
