"""Unrolled graph solvers: conjugate gradients with fixed coefficients, ADMM and primal–dual splitting."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypergradient.cases import METHODS, methods, splits_for, steps_for

import polyunroll as pu
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.hypergradient import aid, cg_coefficients, itd, truncated
from polyunroll.methods.unrolled_cg import UnrolledCG
from polyunroll.problems import (
    Bilevel,
    GraphLearning,
    GraphPenalty,
    GraphTotalVariation,
    GraphWeights,
    Loss,
    SquaredDistance,
    error_bound,
    load_image,
)
from polyunroll.problems.graphs import all_edges, grid_edges, random_graph, smooth_signals, squared_distances

RNG = np.random.default_rng(21)
EDGES = grid_edges(4, 5)
CLEAN = np.add.outer(np.linspace(0, 1, 4), np.linspace(-1, 1, 5)).reshape(-1)
NOISY = CLEAN + 0.2 * RNG.standard_normal(20)
WEIGHTS = RNG.uniform(0.5, 2, len(EDGES))
KNOWN = RNG.random(20) < 0.6
PROBLEMS = {
    "denoising, μ": GraphPenalty(NOISY, EDGES, 0.5, WEIGHTS),
    "interpolation, μ": GraphPenalty(CLEAN, EDGES, 0.5, WEIGHTS, KNOWN),
    "denoising, weights": GraphWeights(NOISY, EDGES, 0.5, WEIGHTS),
    "interpolation, weights": GraphWeights(CLEAN, EDGES, 0.5, WEIGHTS, KNOWN),
}


def spectrum_of(problem):
    low, high = np.linalg.eigvalsh(problem.dense_hessian())[[0, -1]]
    return pu.Spectrum(round(0.95 * float(low), 6), round(1.05 * float(high), 6))


@cache
def methods_on(name):
    return methods(spectrum_of(PROBLEMS[name]))


def block(problem, T):
    """Conjugate gradients with the coefficients of a run on another right side, to be used on this one."""
    rhs = np.random.default_rng(5).standard_normal(problem.dimension)
    return UnrolledCG(spectrum_of(problem), *cg_coefficients(lambda v: problem.hessian() @ v, rhs, T))


def test_its_own_coefficients_make_it_conjugate_gradients():
    problem, T = PROBLEMS["interpolation, μ"], 9
    alphas, betas = cg_coefficients(lambda v: problem.hessian() @ v, -problem.linear(), T)
    x, r = np.zeros(20), -problem.linear()  # written out as in the textbook
    p = r
    for i in range(T):
        Ap = problem.hessian() @ p
        alpha = (r @ r) / (p @ Ap)
        assert alpha == pytest.approx(alphas[i], rel=1e-9)
        x, new = x + alpha * p, r - alpha * Ap
        if i < T - 1:
            assert (new @ new) / (r @ r) == pytest.approx(betas[i], rel=1e-9)
        p, r = new + (new @ new) / (r @ r) * p, new
    m = UnrolledCG(spectrum_of(problem), alphas, betas)
    np.testing.assert_allclose(pu.run(m, problem, x0=np.zeros(20)).x, x, rtol=1e-9)
    P = pu.residual(m, T)
    assert P.eval(0) == 1
    assert P.degree() == T
    rebuilt = UnrolledCG.rebuild(m.spectrum, {}, {r.name: r.table for r in m.program.registers})
    assert rebuilt == m


@pytest.mark.parametrize("family", list(METHODS))
@pytest.mark.parametrize("name", list(PROBLEMS))
def test_every_method_and_estimator_errs_as_predicted(name, family):
    inner = PROBLEMS[name]
    m, x0 = methods_on(name)[family], np.random.default_rng(6).standard_normal(20)
    problem, J = Bilevel(inner, SquaredDistance(CLEAN)), inner.solution_jacobian()
    true, t = J.T @ (inner.solution() - CLEAN), steps_for(m)
    T, plain, extra = splits_for(m)[1]
    forward = itd(problem, inner.outer, m, t, mode="forward", x0=x0)
    error = forward.jacobian - J
    assert np.linalg.norm(error - forward.predicted.jacobian) < 1e-8 * np.linalg.norm(error)
    for found in (
        itd(problem, inner.outer, m, t, x0=x0),
        truncated(problem, inner.outer, m, T, plain_steps=plain, extra=extra, x0=x0),
        aid(problem, inner.outer, m, t, solver=m, solver_steps=t, x0=x0),
    ):
        gap = found.hypergradient - true
        assert np.linalg.norm(gap) > 1e-7 * np.linalg.norm(true)
        assert np.linalg.norm(gap - found.predicted.hypergradient) < 1e-8 * np.linalg.norm(gap)


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_errors_on_graphs_are_predicted(name):
    inner = PROBLEMS[name]
    S, x0 = spectrum_of(inner), np.random.default_rng(6).standard_normal(20)
    problem, theta = Bilevel(inner, SquaredDistance(CLEAN)), inner.outer
    J = inner.solution_jacobian()
    true = J.T @ (inner.solution() - CLEAN)
    for m in (block(inner, 6), pu.Chebyshev(S), pu.Sobolev(S), pu.GradientDescent(S)):
        found = itd(problem, theta, m, 6, mode="forward", x0=x0)
        error = found.jacobian - J
        assert np.linalg.norm(error - found.predicted.jacobian) < 1e-8 * np.linalg.norm(error)
        assert np.linalg.norm(error) <= float(error_bound(inner, m, 6, x0, split="partial").upper)
        if inner.commutes:
            assert np.linalg.norm(error) <= float(error_bound(inner, m, 6, x0, split="total").upper)
        for other in (
            itd(problem, theta, m, 6, x0=x0),
            truncated(problem, theta, m, 6, plain_steps=2, x0=x0),
            aid(problem, theta, m, 6, solver=m, solver_steps=5, x0=x0),
        ):
            gap = other.hypergradient - true
            assert np.linalg.norm(gap - other.predicted.hypergradient) < 1e-8 * np.linalg.norm(gap)
    assert inner.commutes == (name == "denoising, μ")
    np.testing.assert_allclose(aid(problem, theta, pu.Chebyshev(S), 400).hypergradient, true, rtol=1e-8, atol=1e-10)


def test_the_best_smoothing_is_found_on_a_picture():
    pytest.importorskip("sklearn")
    pytest.importorskip("PIL")
    image = load_image("flower", 16, 24).reshape(-1)
    noisy = image + 0.1 * np.random.default_rng(7).standard_normal(image.size)
    edges, mu = grid_edges(16, 24), np.array([0.05])
    inner, loss = GraphPenalty(noisy, edges, 0.05), SquaredDistance(image)
    problem, m = Bilevel(inner, loss), pu.Chebyshev(pu.Spectrum(1, 25))  # λ(L) ≤ 8 and μ ≤ 3
    before = loss.value(inner.solution(), mu)
    for _ in range(60):
        found = itd(problem, mu, m, 60)
        mu = np.clip(mu - 0.05 * found.hypergradient, 1e-3, 3)
    assert abs(found.hypergradient[0]) < 1e-3 * abs(itd(problem, [0.05], m, 60).hypergradient[0])
    assert loss.value(inner.at(mu).solution(), mu) < 0.7 * before


def on_part(n, size, target):
    """E = ½‖the first entries − target‖²."""

    def gradient(x, theta):
        full = np.zeros(size)
        full[:n] = x[:n] - target
        return full

    return Loss(lambda x, t: np.sum((x[:n] - target) ** 2) / 2, gradient)


def learner():
    rng = np.random.default_rng(3)
    truth = random_graph(6, 0.2, rng)
    z = squared_distances(smooth_signals(6, all_edges(6), truth, 200, rng))
    return GraphLearning(6, all_edges(6), z, 0.5, 1.0, 0.15), truth


@pytest.mark.parametrize("kind", ["total variation", "graph learning"])
def test_unrolled_splitting_against_differences_and_at_the_fixed_point(kind):
    if kind == "total variation":
        inner, target, x0 = GraphTotalVariation(NOISY, EDGES, 0.3, 0.2, 1.5), CLEAN, None
    else:
        inner, target = learner()
        x0 = np.full(inner.dimension, 0.5)
    n, theta = len(target), inner.outer
    problem = Bilevel(inner, on_part(n, inner.dimension, target))
    steps, h = 15, 1e-6
    found = itd(problem, theta, steps=steps, x0=x0)
    forward = itd(problem, theta, steps=steps, x0=x0, mode="forward")
    np.testing.assert_allclose(found.hypergradient, forward.hypergradient, rtol=1e-10, atol=1e-12)
    for i, e in enumerate(np.eye(3)):
        values = [problem.outer.value(itd(problem, theta + s * e, steps=steps, x0=x0).x, 0) for s in (h, -h)]
        assert found.hypergradient[i] == pytest.approx((values[0] - values[1]) / (2 * h), abs=1e-6)
    assert abs(found.hypergradient[2]) > 1e-6  # an unfinished run depends on its ρ or its step
    late = itd(problem, theta, steps=2000, x0=x0)
    assert abs(late.hypergradient[2]) < 1e-10 * np.linalg.norm(late.hypergradient)  # its end does not
    implicit = aid(problem, theta, steps=2000, x0=x0, solver="fixed-point", tolerance=1e-11)
    np.testing.assert_allclose(implicit.hypergradient, late.hypergradient, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda S: UnrolledCG(S, [], []), r"there are 0 alphas and 0 betas; give T >= 1 and T - 1"),
        (lambda S: UnrolledCG(S, [1, 1], []), r"there are 2 alphas and 0 betas"),
        (lambda S: UnrolledCG(S, [1, float("nan")], [1]), r"alphas\[1\]"),
        (lambda S: cg_coefficients(lambda v: v * np.nan, np.ones(3), 1), r"what product gives\[0\] is nan"),
        (lambda S: cg_coefficients(lambda v: np.ones(2), np.ones(3), 1), r"what product gives has shape \(2,\)"),
        (lambda S: cg_coefficients(lambda v: v, ["a"], 1), r"rhs has dtype <U1"),
        (lambda S: cg_coefficients(lambda v: v, np.ones(3), 2), r"conjugate gradients end after 1 steps"),
        (lambda S: cg_coefficients(lambda v: -v, np.ones(3), 2), r"conjugate gradients end after 0 steps"),
    ],
)
def test_bad_coefficients_are_refused(ask, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        ask(pu.Spectrum(1, 2))


def test_a_block_has_a_horizon():
    inner = PROBLEMS["denoising, μ"]
    with pytest.raises(HorizonError):
        itd(Bilevel(inner, SquaredDistance(CLEAN)), inner.outer, block(inner, 4), 5)
