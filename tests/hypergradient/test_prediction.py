"""On quadratics the measured error of every estimator is the predicted one, and no bound that is valid is exceeded."""

from __future__ import annotations

import numpy as np
import pytest
from hypergradient.cases import KINDS, METHODS, SPECTRUM, quadratic, splits_for, steps_for

import polyunroll as pu
from polyunroll.hypergradient import aid, fom, itd, truncated
from polyunroll.problems import (
    Bilevel,
    LinearLoss,
    Loss,
    QuadraticProblem,
    RidgeSampleWeights,
    SquaredDistance,
    error_bound,
    load,
)

NAMES = pytest.mark.parametrize("name", list(METHODS))
ALL_KINDS = pytest.mark.parametrize("kind", KINDS)


def setting(kind):
    """(problem, θ, inner quadratic, x_0, true hypergradient); E = ½‖x − c‖² + ‖θ‖²."""
    family, theta = quadratic(kind)
    inner = family.at(theta)
    rng = np.random.default_rng(3)
    target, x0 = rng.standard_normal((2, inner.dimension))
    loss = Loss(lambda x, t: (x - target) @ (x - target) / 2 + t @ t, lambda x, t: x - target, lambda x, t: 2 * t)
    true = 2 * theta + inner.solution_jacobian().T @ (inner.solution() - target)
    return Bilevel(family, loss), theta, inner, x0, true


def agree(found, true, predicted, tolerance=1e-8):
    error = found - true
    assert np.linalg.norm(error) > 1e-7 * np.linalg.norm(true), "an error that rounding could have made shows nothing"
    assert np.linalg.norm(error - predicted) < tolerance * np.linalg.norm(error)


@NAMES
@ALL_KINDS
def test_unrolled(name, kind):
    problem, theta, inner, x0, true = setting(kind)
    m = METHODS[name]
    dx0 = np.random.default_rng(4).standard_normal((inner.dimension, inner.parameters))
    for tangent in (None, dx0):
        forward = itd(problem, theta, m, steps_for(m), mode="forward", x0=x0, dx0=tangent)
        reverse = itd(problem, theta, m, steps_for(m), x0=x0, dx0=tangent)
        agree(forward.jacobian, inner.solution_jacobian(), forward.predicted.jacobian)
        agree(forward.hypergradient, true, forward.predicted.hypergradient)
        agree(reverse.hypergradient, true, reverse.predicted.hypergradient)
        agree(forward.x, inner.solution(), forward.predicted.x)
        run = pu.run(m, inner, x0=x0, steps=steps_for(m), tangents=True, dx0=tangent)
        np.testing.assert_allclose(forward.jacobian, run.dx, atol=1e-13 * np.abs(run.dx).max())


@NAMES
@ALL_KINDS
def test_truncated(name, kind):
    problem, theta, inner, x0, true = setting(kind)
    m = METHODS[name]
    for T, plain, extra in splits_for(m):
        forward = truncated(problem, theta, m, T, plain_steps=plain, extra=extra, mode="forward", x0=x0)
        reverse = truncated(problem, theta, m, T, plain_steps=plain, extra=extra, x0=x0)
        assert forward.info == {"plain_steps": plain + extra, "steps": T - plain, "split": None}
        agree(forward.jacobian, inner.solution_jacobian(), forward.predicted.jacobian)
        agree(forward.hypergradient, true, forward.predicted.hypergradient)
        agree(reverse.hypergradient, true, reverse.predicted.hypergradient)


@NAMES
@ALL_KINDS
def test_implicit(name, kind):
    problem, theta, _, x0, true = setting(kind)
    m = METHODS[name]
    for solver in (m, pu.Chebyshev(SPECTRUM), pu.Sobolev(SPECTRUM)):
        S = steps_for(solver, 7)
        found = aid(problem, theta, m, steps_for(m), solver=solver, solver_steps=S, x0=x0)
        assert found.info == {"solver_steps": S}
        agree(found.hypergradient, true, found.predicted.hypergradient)


@ALL_KINDS
def test_implicit_rows_are_the_predicted_jacobian(kind):
    # E = x_k has the hypergradient ∂x_k: all rows of the Jacobian that implicit differentiation stands for.
    family, theta = quadratic(kind)
    inner, x0 = family.at(theta), np.ones(5)
    m, solver = METHODS["heavy ball"], METHODS["chebyshev"]
    results = [
        aid(Bilevel(family, LinearLoss(row)), theta, m, 9, solver=solver, solver_steps=6, x0=x0) for row in np.eye(5)
    ]
    rows = np.stack([r.hypergradient for r in results])
    agree(rows, inner.solution_jacobian(), results[0].predicted.jacobian)


@NAMES
def test_first_order(name):
    m = METHODS[name]
    inner = quadratic("family")[0].at(np.zeros(3))
    fixed = QuadraticProblem(inner.hessian(), inner.linear())
    problem = Bilevel(lambda theta: fixed, SquaredDistance(np.arange(5.0)))
    theta, r = np.ones(5), steps_for(m, 6)
    found = fom(problem, theta, m, r)
    exact = itd(problem, theta, m, r, x0=theta).start_gradient
    agree(found.hypergradient, exact, found.predicted.hypergradient)
    agree(found.x, inner.solution(), found.predicted.x)


@pytest.mark.parametrize("name", ["gd", "chebyshev", "heavy ball", "sobolev", "jacobi"])
@ALL_KINDS
def test_no_valid_bound_is_exceeded(name, kind):
    problem, theta, inner, x0, _ = setting(kind)
    m, solver = METHODS[name], METHODS["chebyshev"]
    splits = ("partial", "total") if inner.commutes else ("partial",)
    assert inner.commutes == (kind in ("penalty", "commuting"))
    questions = {
        "unrolled": (itd(problem, theta, m, 8, x0=x0), {"t": 8}),
        "truncated": (truncated(problem, theta, m, 11, plain_steps=3, x0=x0), {"t": 8, "plain_steps": 3}),
        "implicit": (
            aid(problem, theta, m, 3, solver=solver, solver_steps=8, x0=x0),
            {"t": 8, "plain_steps": 3, "solver": solver},
        ),
    }
    for estimator, (found, how) in questions.items():
        size = np.linalg.norm(found.predicted.jacobian)
        for split in splits:
            bound = error_bound(
                inner, m, how["t"], x0, split=split, estimator=estimator, **{k: v for k, v in how.items() if k != "t"}
            )
            assert size <= float(bound.upper) * (1 + 1e-9), (estimator, split)
            assert float(bound.upper) < 1e4 * size, (estimator, split)  # and it is of some use


def test_conjugate_gradients_have_no_fixed_polynomial():
    problem, theta, _, x0, _ = setting("family")
    assert aid(problem, theta, METHODS["chebyshev"], 5, x0=x0).predicted is None


def test_truncated_steps_from_a_start_where_the_total_derivative_vanishes():
    # Ridge with x_0 = 0 has ∂_θ∇f(x_0) = 0, yet ∂H(x_0 − x*) ≠ 0: its bound must not take G = 0 from the former.
    family, theta = quadratic("penalty")
    inner, m = family.at(theta), METHODS["gd"]
    found = truncated(Bilevel(family, SquaredDistance(np.ones(5))), theta, m, 1, plain_steps=0)
    size = np.linalg.norm(found.predicted.jacobian)
    assert size == pytest.approx(np.linalg.norm(inner.solution_jacobian()))  # one step from 0 moves no derivative
    for split in ("total", "partial"):
        for dx0 in (None, inner.solution_jacobian()):  # where it starts is not where an unrolled one would
            bound = error_bound(inner, m, 1, np.zeros(5), dx0, split=split, estimator="truncated")
            assert size <= float(bound.upper)


class TestBreastCancer:
    """Theory §9: per-sample weights, θ = λ_max/1000; what the runs do is what the polynomials say."""

    @pytest.fixture(scope="class")
    @staticmethod
    def real():
        pytest.importorskip("sklearn")
        data = load("breast_cancer")
        inner = RidgeSampleWeights(data.A, data.y, data.spectrum[-1] / 1000)
        ends = np.linalg.eigvalsh(inner.hessian())[[0, -1]]
        S = pu.Spectrum(float(ends[0] * (1 - 1e-12)), float(ends[1] * (1 + 1e-12)))
        return inner, S, Bilevel(inner, SquaredDistance(np.zeros(30))), inner.solution_jacobian()

    @pytest.mark.parametrize(
        ("name", "t", "relative"), [("gd", 496, 20.36), ("chebyshev", 32, 29.43), ("sobolev", 168, 1e-3)]
    )
    def test_the_curse_is_measured_and_predicted(self, real, name, t, relative):
        inner, S, problem, J = real
        m = {
            "gd": pu.GradientDescent(S, "2/(L+ell)"),
            "chebyshev": pu.Chebyshev(S),
            "sobolev": pu.Sobolev(S, eta="1/100"),
        }[name]
        found = itd(problem, inner.outer, m, t, mode="forward")
        error = found.jacobian - J
        assert np.linalg.norm(error - found.predicted.jacobian) < 1e-8 * np.linalg.norm(error)
        assert np.linalg.norm(error) / np.linalg.norm(J) == pytest.approx(relative, rel=0.04 if t == 168 else 5e-4)

    def test_the_advised_split_keeps_fewer_vectors_and_errs_no_more(self, real):
        inner, S, problem, J = real
        whole = itd(problem, inner.outer, pu.Chebyshev(S), 261)
        found = truncated(problem, inner.outer, pu.Chebyshev(S), 261)
        assert np.linalg.norm(whole.predicted.jacobian) < 1e-3 * np.linalg.norm(J)
        assert np.linalg.norm(found.predicted.jacobian) < np.linalg.norm(whole.predicted.jacobian)
        assert found.costs.peak_vectors < 0.6 * whole.costs.peak_vectors
        target = inner.solution_jacobian().T @ inner.solution()
        gap = found.hypergradient - target
        assert np.linalg.norm(gap - found.predicted.hypergradient) < 1e-8 * np.linalg.norm(gap)
