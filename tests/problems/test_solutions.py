"""Fixed points and minimisers are the solutions that other software, or optimality itself, says they are."""

from __future__ import annotations

import numpy as np
import pytest

from polyunroll.problems import (
    ElasticNet,
    GraphLearning,
    GraphPenalty,
    GraphTotalVariation,
    Lasso,
    LogisticPenalty,
    load,
    load_image,
)
from polyunroll.problems.graphs import (
    all_edges,
    degree_matrix,
    grid_differences,
    grid_differences_T,
    grid_edges,
    grid_spectrum,
    incidence,
    laplacian,
    random_graph,
    smooth_signals,
    squared_distances,
)


def fixed_point(problem, x, steps=20_000):
    for _ in range(steps):
        x = problem.map(x)
    return x


def test_elastic_net_lasso_and_logistic_regression_agree_with_scikit_learn():
    linear = pytest.importorskip("sklearn.linear_model")
    data = load("diabetes")
    m, theta1, theta2 = data.rows, 0.05, 0.02
    x = fixed_point(ElasticNet(data.A, data.y, theta1, theta2), np.zeros(10))
    other = linear.ElasticNet(
        alpha=theta1 + theta2, l1_ratio=theta1 / (theta1 + theta2), fit_intercept=False, tol=1e-12
    )
    np.testing.assert_allclose(x, other.fit(data.A, data.y).coef_, atol=1e-8)
    assert 0 < np.count_nonzero(x) < 10
    x = fixed_point(Lasso(data.A, data.y, theta1), np.zeros(10))
    other = linear.Lasso(alpha=theta1, fit_intercept=False, tol=1e-12)
    np.testing.assert_allclose(x, other.fit(data.A, data.y).coef_, atol=1e-8)
    signs = np.sign(data.y)
    problem = LogisticPenalty(data.A, signs, 0.1)
    other = linear.LogisticRegression(C=1 / (m * 0.1), fit_intercept=False, tol=1e-12, max_iter=10_000)
    found = other.fit(data.A, signs).coef_[0]
    assert np.linalg.norm(problem.gradient(found)) < 1e-6


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (4, 1), (3, 4)])
def test_differences_on_a_grid_and_their_adjoint(size):
    rng = np.random.default_rng(0)
    C = incidence(size[0] * size[1], grid_edges(*size))
    image, values = rng.standard_normal(size), rng.standard_normal(C.shape[0])
    np.testing.assert_allclose(C @ image.reshape(-1), grid_differences(image), atol=1e-15)
    np.testing.assert_allclose(C.T @ values, grid_differences_T(values, *size).reshape(-1), atol=1e-15)
    inner = grid_differences(image) @ values
    assert inner == pytest.approx(np.sum(image * grid_differences_T(values, *size)), abs=1e-13)
    # pixel by pixel, borders included: a pixel has as many differences as it has neighbours
    assert C.shape[0] == size[0] * (size[1] - 1) + (size[0] - 1) * size[1]
    neighbours = np.zeros(size, dtype=int)
    for i in range(size[0]):
        for j in range(size[1]):
            near = ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1))
            neighbours[i, j] = sum(0 <= a < size[0] and 0 <= b < size[1] for a, b in near)
    L = laplacian(size[0] * size[1], grid_edges(*size), np.ones(C.shape[0]))
    np.testing.assert_array_equal(L.diagonal().reshape(size), neighbours)


def test_total_variation_solves_its_problem():
    # x − y + μLx + Cᵀz = 0 with z = ρb in [−γ, γ], and z = γ·sign where Cx ≠ 0: optimality of a convex problem.
    rng = np.random.default_rng(1)
    y, edges = rng.standard_normal(20), grid_edges(4, 5)
    mu, gamma, rho = 0.2, 0.3, 0.8
    problem = GraphTotalVariation(y, edges, mu, gamma, rho)
    state = fixed_point(problem, np.zeros(problem.dimension), 5000)
    x, z, C = problem.signal(state), rho * state[-len(edges) :], incidence(20, edges)
    L = laplacian(20, edges, np.ones(len(edges)))
    assert np.abs(x - y + mu * (L @ x) + C.T @ z).max() < 1e-12
    assert np.abs(z).max() <= gamma + 1e-12
    jumps = C @ x
    moving = np.abs(jumps) > 1e-8
    assert 0 < moving.sum() < len(edges)
    np.testing.assert_allclose(z[moving], gamma * np.sign(jumps[moving]), atol=1e-12)
    for _ in range(20):
        assert problem.objective(x + 0.01 * rng.standard_normal(20)) > problem.objective(x)
    # the solution does not depend on ρ
    other = GraphTotalVariation(y, edges, mu, gamma, 2.0)
    np.testing.assert_allclose(other.signal(fixed_point(other, np.zeros(problem.dimension), 5000)), x, atol=1e-12)


def test_graph_learning_solves_its_problem():
    rng = np.random.default_rng(2)
    n, beta, alpha = 6, 0.4, 0.7
    z = rng.uniform(0.05, 1.5, 15)
    problem = GraphLearning(n, all_edges(n), z, beta, alpha)
    state = fixed_point(problem, np.full(problem.dimension, 0.5))
    w, v, D = problem.weights(state), state[15:], degree_matrix(n, all_edges(n))
    np.testing.assert_allclose(v, -alpha / (D @ w), rtol=1e-10)
    slope = 2 * z + 2 * beta * w + D.T @ v  # ≥ 0, and 0 where w > 0 (rounding leaves 1e-16 in the others)
    assert slope.min() > -1e-10
    assert np.abs(slope[w > 1e-9]).max() < 1e-10
    assert 0 < np.count_nonzero(w > 1e-9) < 15


@pytest.mark.parametrize(("probability", "alpha", "share"), [(0.0, 2.0, 1.0), (0.1, 0.5, 0.85)])
def test_a_known_graph_is_learned_from_smooth_signals(probability, alpha, share):
    rng = np.random.default_rng(3)
    n = 12
    edges, truth = all_edges(n), random_graph(n, probability, rng)
    k = np.count_nonzero(truth)
    assert k >= n - 1
    assert np.linalg.eigvalsh(laplacian(n, edges, truth).toarray())[1] > 1e-3  # connected
    signals = smooth_signals(n, edges, truth, 5000, rng)
    np.testing.assert_allclose(signals.sum(axis=0), 0, atol=1e-10)
    problem = GraphLearning(n, edges, squared_distances(signals), 0.5, alpha)
    w = problem.weights(fixed_point(problem, np.full(problem.dimension, 0.5), 5000))
    # the k largest weights are on edges that are there; by chance a share k/66 would be
    assert np.count_nonzero(truth[np.argsort(-w)[:k]]) >= share * k
    if probability == 0:
        np.testing.assert_array_equal(w > 1e-9, truth > 0)


def test_a_picture_is_interpolated():
    pytest.importorskip("sklearn")
    pytest.importorskip("PIL")
    image = load_image("china", 24, 32)
    assert image.shape == (24, 32)
    assert 0 <= image.min() < image.max() <= 1
    rng = np.random.default_rng(4)
    known = rng.random(image.size) < 0.4
    problem = GraphPenalty(image.reshape(-1), grid_edges(24, 32), 0.05, known=known)
    x = problem.solution()
    missing = ~known
    flat = np.full(image.size, image.reshape(-1)[known].mean())

    def error(guess):
        return np.sqrt(np.mean((guess - image.reshape(-1))[missing] ** 2))

    assert error(x) < 0.6 * error(flat)
    for name, sentence in (("moon", "picture 'moon' is unknown; allowed are china, flower"),):
        with pytest.raises(ValueError, match=sentence):
            load_image(name, 4, 4)
    with pytest.raises(ValueError, match="larger than the picture's"):
        load_image("flower", 1000, 4)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (4, 3), (6, 6)])
def test_the_spectrum_of_a_grid(size):
    L = laplacian(np.prod(size), grid_edges(*size), np.ones(len(grid_edges(*size)))).toarray()
    np.testing.assert_allclose(grid_spectrum(*size), np.linalg.eigvalsh(L), atol=1e-13)


@pytest.mark.parametrize(
    ("name", "rows", "columns"), [("breast_cancer", 569, 30), ("diabetes", 442, 10), ("digits", 1797, 61)]
)
def test_loaders_say_what_they_hold(name, rows, columns):
    pytest.importorskip("sklearn")
    data = load(name)
    assert (data.rows, data.columns) == data.A.shape == (rows, columns)
    H = data.A.T @ data.A / rows
    np.testing.assert_allclose(data.spectrum, np.linalg.eigvalsh(H), atol=1e-12 * np.linalg.norm(H, 2))
    assert data.spectrum.mean() == pytest.approx(1)  # standardised: the trace of AᵀA/m is the number of columns
    assert str(data).startswith(f"{name}: {rows} rows, {columns} columns")
    assert ("constant" in str(data)) == (name == "digits")
