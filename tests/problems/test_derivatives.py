"""Every derivative a problem states, against central differences of what it is the derivative of, and transposes."""

from __future__ import annotations

import numpy as np
import pytest

from polyunroll.errors import InvalidInput
from polyunroll.problems import (
    Contraction,
    ElasticNet,
    GraphLearning,
    GraphPenalty,
    GraphTotalVariation,
    GraphWeights,
    Lasso,
    LinearLoss,
    LogisticLoss,
    LogisticPenalty,
    LogisticSampleWeights,
    Loss,
    Oracle,
    OuterLoss,
    Poisoning,
    QuadraticFamily,
    RidgeFeaturePenalties,
    SampledContraction,
    SquaredDistance,
    ValidationLoss,
)
from polyunroll.problems.graphs import all_edges, grid_edges

RNG = np.random.default_rng(12)
A, Y = RNG.standard_normal((9, 4)), RNG.standard_normal(9)
WEIGHTS = RNG.uniform(0.5, 2, 9)
GRID = grid_edges(3, 3)
IMAGE = RNG.standard_normal(9)
KNOWN = np.array([1, 0, 1, 1, 0, 0, 1, 1, 0], dtype=bool)


def family():
    dH = RNG.standard_normal((2, 3, 3))
    return QuadraticFamily(3 * np.eye(3), np.ones(3), dH + np.swapaxes(dH, 1, 2), RNG.standard_normal((3, 2)))


ORACLES = {
    "logistic": LogisticPenalty(A, np.sign(Y), 0.3, WEIGHTS),
    "logistic samples": LogisticSampleWeights(A, np.sign(Y), 0.3, WEIGHTS),
    "ridge features": RidgeFeaturePenalties(A, Y, [0.1, 0.2, 0.3, 0.4]),
    "graph penalty": GraphPenalty(IMAGE, GRID, 0.7, RNG.uniform(0.5, 2, 12), KNOWN),
    "graph weights": GraphWeights(IMAGE, GRID, 0.7, RNG.uniform(0.5, 2, 12), KNOWN),
}
CONTRACTIONS = {
    "elastic net": ElasticNet(A, Y, 0.05, 0.2),
    "lasso": Lasso(A, Y, 0.05),
    "poisoning": Poisoning(A, Y, 3, 0.05, 0.2, RNG.standard_normal(12) / 10),
    "total variation": GraphTotalVariation(IMAGE, GRID, 0.3, 0.2, 1.5),
    "graph learning": GraphLearning(5, all_edges(5), RNG.uniform(0.1, 1, 10), 0.5, 1.0),
}


def moved(problem, i, step):
    return problem.at(problem.outer + step * np.eye(problem.parameters)[i])


@pytest.mark.parametrize("name", list(ORACLES))
def test_oracles(name):
    # Gradients are smooth: truncation step²·|third derivative| about 1e-10, rounding 1e-16/1e-5.
    problem, step = ORACLES[name], 1e-5
    assert isinstance(problem, Oracle)
    n, p = problem.dimension, problem.parameters
    x, v, block = RNG.standard_normal(n), RNG.standard_normal(n), RNG.standard_normal((n, 3))
    along = (problem.gradient(x + step * v) - problem.gradient(x - step * v)) / (2 * step)
    np.testing.assert_allclose(problem.hvp(x, v), along, atol=1e-8)
    np.testing.assert_allclose(problem.hvp(x, block), np.stack([problem.hvp(x, c) for c in block.T], 1), atol=1e-13)
    cross = problem.cross(x)
    assert cross.shape == (n, p)
    for i in range(p):
        found = (moved(problem, i, step).gradient(x) - moved(problem, i, -step).gradient(x)) / (2 * step)
        np.testing.assert_allclose(cross[:, i], found, atol=1e-8)
    np.testing.assert_allclose(problem.cross_T(x, v), cross.T @ v, atol=1e-13)
    np.testing.assert_allclose(problem.cross_T(x, block), cross.T @ block, atol=1e-13)


def loss_of_logistic(problem, x):
    return np.mean(problem.weights * np.log1p(np.exp(-problem.y * (problem.A @ x)))) + problem.theta / 2 * x @ x


def test_the_logistic_gradient_is_that_of_the_loss():
    problem, x, step = ORACLES["logistic"], RNG.standard_normal(4), 1e-5
    for k, e in enumerate(np.eye(4)):
        found = (loss_of_logistic(problem, x + step * e) - loss_of_logistic(problem, x - step * e)) / (2 * step)
        assert problem.gradient(x)[k] == pytest.approx(found, abs=1e-9)
    low, high = problem.bounds()
    H = problem.hvp(x, np.eye(4))
    assert low <= np.linalg.eigvalsh(H)[0]
    assert np.linalg.eigvalsh(H)[-1] <= high
    # far out nothing overflows, and the slopes are those of the limit
    far = LogisticPenalty(np.array([[1e3], [-1e3]]), [1, 1], 0.5)
    np.testing.assert_allclose(far.gradient(np.array([10.0])), [5 + 500])
    assert np.isfinite(far.hvp(np.array([1e5]), np.array([1.0]))).all()


@pytest.mark.parametrize("name", ["graph penalty", "graph weights", "ridge features"])
def test_quadratics_know_their_derivatives(name):
    """The structured formulas against every ∂_iH formed by differences of H, which is affine in θ."""
    problem = ORACLES[name]
    n, p = problem.dimension, problem.parameters
    H = problem.dense_hessian()
    dH = [moved(problem, i, 1.0).dense_hessian() - H for i in range(p)]
    assert problem.hessian_derivative_norm() == pytest.approx(np.sqrt(sum(np.sum(M**2) for M in dH)), rel=1e-12)
    size = np.linalg.norm(H, 2)
    defect = max(np.linalg.norm(H @ M - M @ H) / (size * np.linalg.norm(M)) for M in dH)
    assert problem.commutation_defect() == pytest.approx(defect, rel=1e-10)
    assert not problem.commutes
    V, _ = np.linalg.qr(RNG.standard_normal((n, n)))
    D, c = RNG.standard_normal((n, n)), RNG.standard_normal(n)
    expected = np.stack([V @ ((D * (V.T @ M @ V)) @ (V.T @ c)) for M in dH], 1)
    np.testing.assert_allclose(problem.daleckii_krein(V, D, c), expected, atol=1e-12)
    step = 1e-5
    for i in range(p):
        found = (moved(problem, i, step).solution() - moved(problem, i, -step).solution()) / (2 * step)
        np.testing.assert_allclose(problem.solution_jacobian()[:, i], found, atol=1e-7)


def test_denoising_commutes_and_interpolation_does_not():
    assert GraphPenalty(IMAGE, GRID, 0.7).commutes
    assert not ORACLES["graph penalty"].commutes
    assert GraphPenalty(IMAGE, GRID, 0.7).commutation_defect() == 0


@pytest.mark.parametrize("name", list(CONTRACTIONS))
def test_contractions(name):
    # Piecewise smooth: at a generic point, differences with a step of 1e-6 see one piece only.
    problem, step = CONTRACTIONS[name], 1e-6
    assert isinstance(problem, Contraction)
    n, p = problem.dimension, problem.parameters
    rng = np.random.default_rng(8)
    for x in (rng.standard_normal(n), problem.map(problem.map(rng.standard_normal(n)))):
        v, u, block = rng.standard_normal(n), rng.standard_normal(n), rng.standard_normal((n, 3))
        along = (problem.map(x + step * v) - problem.map(x - step * v)) / (2 * step)
        np.testing.assert_allclose(problem.jvp(x, v), along, atol=1e-8)
        np.testing.assert_allclose(problem.jvp(x, block), np.stack([problem.jvp(x, c) for c in block.T], 1), atol=1e-13)
        assert problem.vjp(x, u) @ v == pytest.approx(u @ problem.jvp(x, v), abs=1e-12)
        jacobian = problem.parameter_jacobian(x)
        assert jacobian.shape == (n, p)
        for i in range(p):
            found = (moved(problem, i, step).map(x) - moved(problem, i, -step).map(x)) / (2 * step)
            np.testing.assert_allclose(jacobian[:, i], found, atol=1e-8)
        np.testing.assert_allclose(problem.parameter_vjp(x, u), jacobian.T @ u, atol=1e-13)
    if problem.modulus is not None:
        for _ in range(50):
            x, y = rng.standard_normal((2, n))
            assert np.linalg.norm(problem.map(x) - problem.map(y)) <= problem.modulus * np.linalg.norm(x - y) * (
                1 + 1e-12
            )
    if hasattr(problem, "support"):
        np.testing.assert_array_equal(problem.support(x), problem.map(x) != 0)


def test_samples_of_a_poisoned_map():
    problem, rng = CONTRACTIONS["poisoning"], np.random.default_rng(9)
    assert isinstance(problem, SampledContraction)
    assert not isinstance(CONTRACTIONS["lasso"], SampledContraction)
    n, step = problem.dimension, 1e-6
    x, w = rng.standard_normal((2, n))
    batch = np.array([0, 0, 2, 7, 8, 1])
    for f in ("sampled_map", "sampled_vjp", "sampled_parameter_vjp"):
        args = (x,) if f == "sampled_map" else (x, w)
        single = [getattr(problem, f)(*args, np.array([i])) for i in batch]
        np.testing.assert_allclose(getattr(problem, f)(*args, batch), np.mean(single, axis=0), atol=1e-13)
    along = np.array(
        [
            w @ (problem.sampled_map(x + step * e, batch) - problem.sampled_map(x - step * e, batch)) / (2 * step)
            for e in np.eye(n)
        ]
    )
    np.testing.assert_allclose(problem.sampled_vjp(x, w, batch), along, atol=1e-8)
    by_theta = np.array(
        [
            w
            @ (moved(problem, i, step).sampled_map(x, batch) - moved(problem, i, -step).sampled_map(x, batch))
            / (2 * step)
            for i in range(problem.parameters)
        ]
    )
    np.testing.assert_allclose(problem.sampled_parameter_vjp(x, w, batch), by_theta, atol=1e-8)
    whole = np.arange(problem.samples)
    before = problem.sampled_map(x, whole)
    np.testing.assert_allclose(
        problem.vjp(x, w), problem.sampled_vjp(x, problem.last_vjp(before, w), whole), atol=1e-14
    )
    assert not problem.last_parameter_vjp(before, w).any()


LOSSES = {
    "linear": LinearLoss([1.0, -2, 3, 0.5]),
    "distance": SquaredDistance([1.0, 2, 3, 4]),
    "validation": ValidationLoss(A, Y),
    "logistic": LogisticLoss(A, np.sign(Y)),
    "functions": Loss(lambda x, t: x @ x * t[0], lambda x, t: 2 * x * t[0], lambda x, t: np.array([x @ x, 0.0])),
}


@pytest.mark.parametrize("name", list(LOSSES))
def test_outer_losses(name):
    loss, step = LOSSES[name], 1e-5
    assert isinstance(loss, OuterLoss)
    x, theta = RNG.standard_normal(4), RNG.standard_normal(2)
    in_x, in_theta = loss.gradients(x, theta)
    for k, e in enumerate(np.eye(4)):
        found = (loss.value(x + step * e, theta) - loss.value(x - step * e, theta)) / (2 * step)
        assert in_x[k] == pytest.approx(found, abs=1e-8)
    for k, e in enumerate(np.eye(2)):
        found = (loss.value(x, theta + step * e) - loss.value(x, theta - step * e)) / (2 * step)
        assert in_theta[k] == pytest.approx(found, abs=1e-8)


def test_a_family_is_affine():
    one = family()
    theta = np.array([0.1, -0.2])
    step = np.array([0.05, 0.02])
    H = [one.at(theta + k * step).dense_hessian() for k in range(3)]
    b = [one.at(theta + k * step).linear() for k in range(3)]
    np.testing.assert_allclose(H[0] + H[2], 2 * H[1], atol=1e-14)
    np.testing.assert_allclose(b[0] + b[2], 2 * b[1], atol=1e-14)
    x = np.arange(3.0)
    change = one.at(theta + step).gradient(x) - one.at(theta).gradient(x)
    np.testing.assert_allclose(one.at(theta).cross(x) @ step, change, atol=1e-13)
    with pytest.raises(InvalidInput, match=r"outer has shape \(3,\); allowed is \(2,\)"):
        one.at(np.zeros(3))


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: LogisticPenalty(A, Y, 0.1), r"y\[0\] is .*; allowed are the labels −1 and 1"),
        (lambda: LogisticPenalty(A, np.sign(Y), 0), r"theta is 0; allowed is a finite number above 0"),
        (lambda: LogisticPenalty(A, np.sign(Y), 0.1, -WEIGHTS), r"weights\[\d\] is -"),
        (lambda: LogisticPenalty(np.ones((0, 2)), [], 0.1), r"A has shape \(0, 2\)"),
        (lambda: RidgeFeaturePenalties(A, Y, [1, 1, 0, 1]), r"theta\[2\] is 0\.0; allowed are penalties above 0"),
        (lambda: RidgeFeaturePenalties(A, Y, 1), r"theta has shape \(\); allowed is \(4,\)"),
        (lambda: ElasticNet(A, Y, 0, 1), r"theta1 is 0"),
        (lambda: ElasticNet(A, Y, 1, 0), r"theta2 is 0"),
        (lambda: ElasticNet(A, Y, 1, 1, step=-1), r"step is -1"),
        (lambda: ElasticNet(A, Y[1:], 1, 1), r"y has shape \(8,\)"),
        (lambda: Lasso(np.zeros((2, 2)), [1, 1], 1), r"A has no nonzero entry"),
        (lambda: ElasticNet(A, Y, 1e3, 1).reduced(np.zeros(4)), r"the support at x is empty"),
        (lambda: Poisoning(A, Y, 10, 1, 1), r"poisoned = 10 is more than the 9 samples"),
        (lambda: Poisoning(A, Y, 0, 1, 1), r"poisoned = 0"),
        (lambda: Poisoning(A, Y, 2, 1, 1, np.zeros(4)), r"shifts has shape \(4,\); allowed is \(8,\)"),
        (lambda: GraphPenalty(IMAGE, GRID, 0), r"mu is 0"),
        (lambda: GraphPenalty(IMAGE, [[0, 9]], 1), r"edges\[0\] is \(0, 9\); allowed are 0 to 8"),
        (lambda: GraphPenalty(IMAGE, [[2, 2]], 1), r"edges\[0\] joins node 2 with itself"),
        (lambda: GraphPenalty(IMAGE, [[1, 2], [2, 1]], 1), r"edges has an edge twice"),
        (lambda: GraphPenalty(IMAGE, [[1.0, 2.0]], 1), r"edges have dtype float64; allowed are whole numbers"),
        (lambda: GraphPenalty(IMAGE, GRID, 1, -np.ones(12)), r"weights\[0\] is -1\.0"),
        (lambda: GraphPenalty(IMAGE, GRID, 1, known=np.zeros(9)), r"known is false everywhere"),
        (lambda: GraphPenalty(IMAGE, GRID[:2], 1, known=np.eye(9)[0]).solution(), r"allowed is a positive definite H"),
        (lambda: GraphTotalVariation(IMAGE, GRID, 1, 1, 0), r"rho is 0"),
        (
            lambda: GraphTotalVariation(IMAGE, GRID, 1, 1, 1, weights=-np.ones(len(GRID))),
            r"weights\[0\] is -1\.0; allowed are weights at or above 0",
        ),
        (lambda: GraphLearning(3, all_edges(3), [1, 1, -1], 1, 1), r"z has a negative entry or none at all"),
        (lambda: GraphLearning(4, all_edges(3), [1, 1, 1], 1, 1), r"node 3 has no edge"),
        (lambda: GraphLearning(3, all_edges(3), [1, 1, 1], 1, 1, step=1), r"step is 1\.0; it must be below"),
        (lambda: GraphLearning(3, all_edges(3), [1, 1, 1], 1, 0), r"alpha is 0"),
        (lambda: ValidationLoss(np.ones((0, 2)), []), r"A has no rows"),
    ],
)
def test_bad_data_is_refused(ask, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        ask()
