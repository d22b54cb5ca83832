from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy.sparse as sparse
from numpy.testing import assert_allclose
from scipy.sparse.linalg import aslinearoperator

from polyunroll.errors import InvalidInput
from polyunroll.problems import (
    Calls,
    Predictor,
    QuadraticProblem,
    RidgePenalty,
    RidgeSampleWeights,
    jacobian_error,
    load,
)


def power(eigenvalues, h, t):
    """P = (1 − hλ)^t and its divided differences, in 40 digits: P[λ, μ] = −h Σ_k a^k b^(t−1−k)."""
    with mpmath.workdps(40):
        a = [1 - mpmath.mpf(h) * mpmath.mpf(v) for v in eigenvalues.tolist()]
        P = [float(z**t) for z in a]
        D = [[float(-h * mpmath.fsum(z**k * s ** (t - 1 - k) for k in range(t))) for s in a] for z in a]
    return np.array(P), np.array(D)


def descend(problem, h, steps, x, dx):
    """Gradient descent and its tangents, as anyone would write them."""
    for _ in range(steps):
        x, dx = x - h * problem.gradient(x), dx - h * (problem.hvp(x, dx) + problem.cross(x))
    return x, dx


def step_sizes(eigenvalues):
    return (1 / eigenvalues[-1], 2 / (eigenvalues[0] + eigenvalues[-1]))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array, aslinearoperator])
def test_the_prediction_is_what_gradient_descent_does(form, family, rng):
    problem = QuadraticProblem(**{**family, "H": form(family["H"])})
    assert not problem.commutes
    x0, dx0 = rng.standard_normal(6), rng.standard_normal((6, 3))
    for start in (dx0, None):
        predictor = Predictor(problem, x0, start)
        for h in step_sizes(predictor.eigenvalues):
            _, dx = descend(problem, h, 40, x0, np.zeros((6, 3)) if start is None else start)
            actual = dx - problem.solution_jacobian()
            P, D = power(predictor.eigenvalues, h, 40)
            scale = np.linalg.norm(actual)
            assert np.linalg.norm(predictor.error(P, D) - actual) < 1e-10 * scale
            assert predictor.error_norm(P, D) == pytest.approx(scale, rel=1e-10)
            assert_allclose(jacobian_error(problem, P, D, x0, start), predictor.error(P, D), rtol=1e-14)


@pytest.mark.parametrize("kind", [RidgePenalty, RidgeSampleWeights])
def test_the_prediction_on_ridge_problems(kind, samples, rng):
    A, y, weights = samples
    problem = kind(A, y, 0.1, weights)
    x0 = rng.standard_normal(4)
    predictor = Predictor(problem, x0)
    for h in step_sizes(predictor.eigenvalues):
        _, dx = descend(problem, h, 40, x0, np.zeros((4, problem.parameters)))
        actual = dx - problem.solution_jacobian()
        P, D = power(predictor.eigenvalues, h, 40)
        assert np.linalg.norm(predictor.error(P, D) - actual) < 1e-10 * np.linalg.norm(actual)


def test_the_start_and_its_sizes(family, rng):
    problem = QuadraticProblem(**family)
    x0, dx0 = rng.standard_normal(6), rng.standard_normal((6, 3))
    predictor = Predictor(problem, x0, dx0)
    assert problem.calls == Calls()
    apart = np.linalg.norm(dx0 - problem.solution_jacobian())
    total = problem.cross(x0) + family["H"] @ dx0
    assert predictor.R == predictor.start_norm == pytest.approx(apart, rel=1e-14)
    assert predictor.G_total == pytest.approx(np.linalg.norm(total), rel=1e-13)
    size = np.sqrt(np.sum(family["dH"] ** 2)) * np.linalg.norm(x0 - problem.solution())
    assert predictor.G_partial == pytest.approx(size, rel=1e-13)
    assert_allclose(predictor.eigenvalues, np.linalg.eigvalsh(family["H"]), rtol=1e-14)
    one, zero = np.ones(6), np.zeros((6, 6))  # t = 0: P ≡ 1
    assert_allclose(predictor.error(one, zero), dx0 - problem.solution_jacobian(), atol=1e-12)


def test_the_second_split_bounds_the_error_without_commuting(family, rng):
    # Theory §2b: ‖∂x_t − ∂x*‖_F ≤ max|P|·R + max|P'|·G_partial, and |P[λ, μ]| ≤ max|P'|.
    predictor = Predictor(QuadraticProblem(**family), rng.standard_normal(6))
    for h in step_sizes(predictor.eigenvalues):
        for t in (1, 2, 5, 30):
            P, D = power(predictor.eigenvalues, h, t)
            ends = 1 - h * predictor.eigenvalues[[0, -1]]
            slope = h * t * np.abs(ends).max() ** (t - 1)
            bound = np.abs(P).max() * predictor.R + slope * predictor.G_partial
            assert predictor.error_norm(P, D) <= bound * (1 + 1e-12)


def test_the_first_split_says_nothing_without_commuting():
    # Theory §2b: R = G = 0 in the split (E, D), yet gradient descent with h = 1/L errs: by 11.5 at t = 60
    # (the number there), by 12.94 at its worst.
    u = np.array([1, -1]) / np.sqrt(2)
    problem = QuadraticProblem(np.diag([0.01, 1]), np.zeros(2), [np.outer(u, u)])
    predictor = Predictor(problem, np.array([1, 1]) / np.sqrt(2))
    assert predictor.R == 0
    assert predictor.G_total < 1e-16
    assert problem.commutation_defect() == pytest.approx(0.99 / np.sqrt(2), rel=1e-12)
    errors = []
    for t in range(400):
        P = np.array([0.99**t, float(t == 0)])
        between = (0.99**t - float(t == 0)) / (0.01 - 1)
        slope = -t * 0.99 ** (t - 1) if t else 0.0
        D = np.array([[slope, between], [between, -float(t == 1)]])
        errors.append(predictor.error_norm(P, D))
    for t in (1, 60, 100):
        _, dx = descend(problem, 1.0, t, np.array([1, 1]) / np.sqrt(2), np.zeros((2, 1)))
        assert np.linalg.norm(dx) == pytest.approx(errors[t], rel=1e-10)
    assert errors[60] == pytest.approx(11.53, abs=5e-3)
    assert int(np.argmax(errors)) == 100
    # At t = 100 the error vector is (b − s, b)/√2 with s = 50·0.99⁹⁹ and b = 0.99⁹⁹/2.
    assert errors[100] == pytest.approx(0.99**99 * np.hypot(49.5, 0.5) / np.sqrt(2), rel=1e-12)
    assert errors[100] == pytest.approx(12.9418577, abs=5e-8)


def test_the_pointwise_maximum_is_no_bound():
    # Theory §3: GD, H = diag(1/100, 1), h = 9/5, t = 5, R = 1, G = 1/2: error 5.36584 > W = 16256/3125.
    problem = QuadraticProblem(np.diag([0.01, 1]), np.zeros(2), [np.diag([0.5, -1])], np.array([[0.0], [1.0]]))
    predictor = Predictor(problem, np.ones(2))
    assert problem.commutes
    assert (predictor.R, predictor.G_total) == (1, 0.5)
    P, D = power(predictor.eigenvalues, 1.8, 5)
    assert predictor.error_norm(P, D) == pytest.approx(5.36584, abs=5e-6)
    assert predictor.error_norm(P, D) > 16256 / 3125


@pytest.fixture(scope="module")
def predictor():
    pytest.importorskip("sklearn")
    data = load("breast_cancer")
    theta = np.linalg.norm(data.A, 2) ** 2 / len(data.y) / 1000
    return Predictor(RidgeSampleWeights(data.A, data.y, theta), np.zeros(30))


class TestBreastCancer:
    """Theory §9: per-sample weights (1 each), θ = λ_max/1000, standardised labels, x_0 = 0."""

    @staticmethod
    def errors(predictor, times, h):
        """Relative errors of gradient descent at ascending times; S = Σ_k a^k b^(t−1−k) by S ← aS + b^t."""
        a = 1 - h * predictor.eigenvalues
        P, S, found = np.ones(30), np.zeros((30, 30)), {}
        for t in range(max(times) + 1):
            if t in times:
                found[t] = predictor.error_norm(P, -h * S) / predictor.start_norm
            P, S = P * a, a[:, None] * S + P
        return found

    def test_the_fast_step_has_a_hump(self, predictor):
        ell, L = predictor.eigenvalues[[0, -1]]
        found = self.errors(predictor, {0, 1, 495, 496, 497, 2857, 2858}, 2 / (ell + L))
        assert found[0] == pytest.approx(1, rel=1e-14)
        assert found[496] == pytest.approx(20.36, abs=0.005)
        assert found[496] > max(found[495], found[497])
        assert found[2857] > 1 > found[2858]

    def test_the_safe_step_has_none_but_is_slow(self, predictor):
        found = self.errors(predictor, {0, *range(1, 1150, 41), 1149, 1150}, 1 / predictor.eigenvalues[-1])
        assert max(found.values()) == found[0]
        assert found[1149] > 0.1 >= found[1150]

    def test_chebyshev(self, predictor):
        # Its residual recurrence (theory §3), run on divided differences: (λp)[λ, μ] = λp[λ, μ] + p(μ).
        v = predictor.eigenvalues
        centre, rho = v[0] + v[-1], (v[-1] - v[0]) / (v[-1] + v[0])
        P, D = [np.ones(30), 1 - 2 * v / centre], [np.zeros((30, 30)), np.full((30, 30), -2 / centre)]
        omega = 1 / (1 - rho**2 / 2)
        for t in range(1, 261):
            P.append(omega * (1 - 2 * v / centre) * P[t] + (1 - omega) * P[t - 1])
            times_v = v[:, None] * D[t] + P[t]
            D.append(omega * (D[t] - 2 * times_v / centre) + (1 - omega) * D[t - 1])
            omega = 1 / (1 - rho**2 * omega / 4)
        found = [predictor.error_norm(p, d) / predictor.start_norm for p, d in zip(P, D, strict=True)]
        assert int(np.argmax(found)) == 32
        assert max(found) == pytest.approx(29.4, abs=0.05)
        assert found[260] > 1e-3 >= found[261]


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda q: Predictor(q, np.ones(5)), r"x0 has shape \(5,\); allowed is \(6,\)"),
        (lambda q: Predictor(q, np.ones(6), np.ones(6)), r"dx0 has shape \(6,\); allowed is \(6, 3\)"),
        (lambda q: Predictor(q, np.full(6, np.inf)), r"x0\[0\] is inf"),
        (
            lambda q: Predictor(q, np.ones(6)).error(np.ones(5), np.eye(6)),
            r"P has shape \(5,\); allowed is \(6,\)",
        ),
        (lambda q: Predictor(q, np.ones(6)).error_norm(np.ones(6), np.ones(6)), r"D has shape \(6,\)"),
        (lambda q: jacobian_error(q, np.full(6, np.nan), np.eye(6), np.ones(6)), r"P\[0\] is nan"),
    ],
)
def test_bad_input_is_refused(ask, sentence, family):
    with pytest.raises(InvalidInput, match=sentence):
        ask(QuadraticProblem(**family))


def test_an_indefinite_problem_is_refused():
    with pytest.raises(InvalidInput, match="H has smallest eigenvalue -1"):
        Predictor(QuadraticProblem(np.diag([1.0, -1]), np.ones(2)), np.ones(2))
