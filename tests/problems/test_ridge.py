from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from polyunroll.errors import InvalidInput
from polyunroll.problems import Calls, Oracle, QuadraticProblem, RidgePenalty, RidgeSampleWeights

THETA = 0.3
BOTH = pytest.mark.parametrize("kind", [RidgePenalty, RidgeSampleWeights])


def written_out(problem):
    """The same problem as a QuadraticProblem with every ∂_iH formed, from the formulas of theory §9."""
    A, y, w = problem.A, problem.y, problem.weights
    m, n = A.shape
    H = sum(w[i] * np.outer(A[i], A[i]) for i in range(m)) / m + problem.theta * np.eye(n)
    b = -sum(w[i] * y[i] * A[i] for i in range(m)) / m
    if isinstance(problem, RidgePenalty):
        return QuadraticProblem(H, b, [np.eye(n)], np.zeros((n, 1)))
    return QuadraticProblem(
        H, b, [np.outer(a, a) / m for a in A], np.stack([-a * t for a, t in zip(A, y, strict=True)], 1) / m
    )


@pytest.fixture(params=[RidgePenalty, RidgeSampleWeights])
def problem(request, samples):
    A, y, weights = samples
    return request.param(A, y, THETA, weights)


def test_it_is_the_quadratic_with_explicit_matrices(problem, rng):
    other = written_out(problem)
    n = problem.dimension
    x, v, block = rng.standard_normal(n), rng.standard_normal(n), rng.standard_normal((n, 3))
    assert isinstance(problem, Oracle)
    assert (problem.dimension, problem.parameters) == (other.dimension, other.parameters)
    for found, expected in (
        (problem.hessian(), other.hessian()),
        (problem.linear(), other.linear()),
        (problem.gradient(x), other.gradient(x)),
        (problem.hvp(x, block), other.hvp(x, block)),
        (problem.cross(x), other.cross(x)),
        (problem.cross_T(x, v), other.cross_T(x, v)),
        (problem.cross_T(x, block), other.cross_T(x, block)),
        (problem.solution(), other.solution()),
        (problem.solution_jacobian(), other.solution_jacobian()),
    ):
        assert found.shape == expected.shape
        assert_allclose(found, expected, atol=1e-13)
    assert problem.calls == Calls(gradient=1, hvp=3, cross=1, cross_T=4)
    assert problem.hessian_derivative_norm() == pytest.approx(other.hessian_derivative_norm(), rel=1e-13)
    assert problem.commutation_defect() == pytest.approx(other.commutation_defect(), rel=1e-12, abs=1e-15)


def test_the_structured_derivative_formula_is_the_general_one(problem, rng):
    n = problem.dimension
    V, _ = np.linalg.qr(rng.standard_normal((n, n)))
    D, c = rng.standard_normal((n, n)), rng.standard_normal(n)
    D = D + D.T
    expected = written_out(problem).daleckii_krein(V, D, c)
    assert expected.shape == (n, problem.parameters)
    assert_allclose(problem.daleckii_krein(V, D, c), expected, atol=1e-13)


def test_parameter_derivatives_by_central_differences(problem, rng):
    # The gradient is affine in θ and in w: no truncation error. ∂x*: truncation step²·|∂³x*|/6 with each
    # derivative costing about ‖∂H‖/θ < 10, so 1e-10·1e3; rounding 1e-16·10/1e-5. 1e-7 covers both.
    x, step = rng.standard_normal(problem.dimension), 1e-5
    base = np.maximum(problem.outer, 1)  # away from a weight of 0, below which no weight may go
    problem = problem.at(base)
    for i, e in enumerate(np.eye(problem.parameters)):
        up, down = problem.at(base + step * e), problem.at(base - step * e)
        gradient = (up.gradient(x) - down.gradient(x)) / (2 * step)
        solution = (up.solution() - down.solution()) / (2 * step)
        assert_allclose(problem.cross(x)[:, i], gradient, atol=1e-9)
        assert_allclose(problem.solution_jacobian()[:, i], solution, atol=1e-7)


def test_the_gradient_is_that_of_the_loss(problem):
    # f(x) = 1/(2m) Σ w_i (a_iᵀx − y_i)² + θ/2 ‖x‖², its gradient in 30 digits from the definition.
    x = np.linspace(-1, 1, problem.dimension)
    with mpmath.workdps(30):

        def loss(*point):
            rows = zip(problem.A.tolist(), problem.y.tolist(), problem.weights.tolist(), strict=True)
            fit = mpmath.fsum(w * (mpmath.fdot(a, point) - y) ** 2 for a, y, w in rows)
            return fit / (2 * len(problem.y)) + problem.theta / 2 * mpmath.fdot(point, point)

        for k, found in enumerate(problem.gradient(x)):
            order = tuple(int(j == k) for j in range(problem.dimension))
            assert found == pytest.approx(float(mpmath.diff(loss, tuple(x.tolist()), order)), abs=1e-13)


def test_what_commutes(samples, problem):
    weights = samples[2]
    assert problem.commutes is isinstance(problem, RidgePenalty)
    # Orthogonal samples: every a_i is an eigenvector of H, so even the sample weights commute; rows of zeros
    # count nothing.
    orthogonal = np.diag([1.0, 2, 3, 4])[[0, 1, 2, 3, 3]] * np.array([1, 1, 1, 1, 0])[:, None]
    easy = RidgeSampleWeights(orthogonal, np.ones(5), 1, weights[4:9])
    assert easy.commutation_defect() == 0
    assert easy.commutes
    assert RidgeSampleWeights(np.zeros((2, 2)), [1, 2], 1).commutation_defect() == 0


@BOTH
def test_the_same_data_elsewhere(kind, samples):
    A, y, weights = samples
    problem = kind(A, y, THETA, weights)
    assert_array_equal(problem.at(problem.outer).hessian(), problem.hessian())
    assert_array_equal(kind(A, y, THETA).weights, np.ones(9))
    if kind is RidgePenalty:
        assert problem.at(2).theta == problem.at([2]).theta == 2
        assert_array_equal(problem.at(2).weights, weights)
        assert_array_equal(problem.outer, [THETA])
    else:
        assert problem.at(np.ones(9)).theta == THETA
        assert_array_equal(problem.outer, weights)


def test_large_problems_never_hold_a_matrix_for_each_sample(rng):
    # m matrices of shape (n, n) would take 3000·80²·8 = 154 MB; the answers themselves take 2 MB.
    import tracemalloc

    problem = RidgeSampleWeights(rng.standard_normal((3000, 80)), rng.standard_normal(3000), 1)
    V, D, x = np.eye(80), np.ones((80, 80)), np.ones(80)
    tracemalloc.start()
    problem.cross(x)
    problem.daleckii_krein(V, D, x)
    problem.hessian_derivative_norm()
    problem.commutation_defect()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


@BOTH
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"A": np.ones(4)}, r"A has shape \(4,\); allowed is \(any, any\)"),
        ({"A": np.ones((0, 4))}, r"A has shape \(0, 4\); allowed is at least one sample and one feature"),
        ({"A": np.full((9, 4), np.inf)}, r"A\[0, 0\] is inf; allowed are finite numbers only"),
        ({"y": np.ones(8)}, r"y has shape \(8,\); allowed is \(9,\)"),
        ({"y": np.array([np.nan] * 9)}, r"y\[0\] is nan"),
        ({"theta": 0}, r"theta is 0; allowed is a finite number above 0"),
        ({"theta": -1.5}, r"theta is -1\.5; allowed"),
        ({"theta": float("inf")}, r"theta is inf; allowed"),
        ({"theta": "1"}, r"theta is '1'; allowed is a number above 0"),
        ({"theta": True}, r"theta is True; allowed is a number above 0"),
        ({"weights": np.ones(4)}, r"weights has shape \(4,\); allowed is \(9,\)"),
        ({"weights": -np.ones(9)}, r"weights\[0\] is -1\.0; allowed are weights at or above 0"),
    ],
)
def test_bad_data_is_refused(kind, samples, change, sentence):
    A, y, weights = samples
    with pytest.raises(InvalidInput, match=sentence):
        kind(**{"A": A, "y": y, "theta": THETA, "weights": weights, **change})


def test_bad_outer_parameters_and_bases_are_refused(problem):
    with pytest.raises(InvalidInput, match=r"outer has shape|weights has shape"):
        problem.at(np.ones(2))
    with pytest.raises(InvalidInput, match=r"theta is -1|weights\[0\] is -1"):
        problem.at(-np.ones(problem.parameters))
    with pytest.raises(InvalidInput, match=r"V has shape \(3, 3\); allowed is \(4, 4\)"):
        problem.rotated_derivative(np.eye(3))
