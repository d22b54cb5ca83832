"""Reverse mode is the transpose of forward mode, whatever the program, the problem and the memory."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest
from hypergradient.cases import METHODS, quadratic, steps_for

import polyunroll as pu
from polyunroll.hypergradient import aid, itd, truncated
from polyunroll.hypergradient.sweep import _leap
from polyunroll.problems import (
    Bilevel,
    ElasticNet,
    FunctionOracle,
    LogisticLoss,
    LogisticPenalty,
    LogisticSampleWeights,
    SquaredDistance,
)


def logistic(kind, rng):
    A, y = rng.standard_normal((12, 4)), np.sign(rng.standard_normal(12))
    inner = kind(A, y, 0.2, rng.uniform(0.5, 2, 12))
    return Bilevel(inner, LogisticLoss(A[:5] + 0.1, -y[:5])), inner.outer


@pytest.fixture
def rng():
    return np.random.default_rng(31415)


@pytest.mark.parametrize("name", list(METHODS))
@pytest.mark.parametrize("kind", [LogisticPenalty, LogisticSampleWeights])
def test_modes_agree_on_a_problem_that_is_no_quadratic(name, kind, rng):
    problem, theta = logistic(kind, rng)
    m, n, p = METHODS[name], 4, len(theta)
    x0, dx0 = rng.standard_normal(n), rng.standard_normal((n, p))
    forward = itd(problem, theta, m, steps_for(m), mode="forward", x0=x0, dx0=dx0)
    for checkpoints in (None, 1, 2, 30):
        reverse = itd(problem, theta, m, steps_for(m), x0=x0, dx0=dx0, checkpoints=checkpoints)
        np.testing.assert_allclose(reverse.hypergradient, forward.hypergradient, rtol=1e-11, atol=1e-13)
        assert reverse.predicted is None
        assert reverse.jacobian is None
    # the derivative by the start, by central differences of the whole run: truncation 1e-10, rounding 1e-11
    step = 1e-5
    for i, e in enumerate(np.eye(n)):
        values = [
            problem.outer.value(itd(problem, theta, m, steps_for(m), x0=x0 + s * e).x, theta) for s in (step, -step)
        ]
        assert reverse.start_gradient[i] == pytest.approx((values[0] - values[1]) / (2 * step), abs=2e-8)


@pytest.mark.parametrize("name", ["gd", "chebyshev", "nesterov", "sobolev", "polynomial"])
def test_any_program_runs_on_a_contraction(name, rng):
    A, y = rng.standard_normal((20, 6)), rng.standard_normal(20)
    inner = ElasticNet(A, y, 0.1, 0.2)
    problem, m = Bilevel(inner, SquaredDistance(np.ones(6))), METHODS[name]
    forward = itd(problem, inner.outer, m, steps_for(m), mode="forward")
    for checkpoints in (None, 2):
        reverse = itd(problem, inner.outer, m, steps_for(m), checkpoints=checkpoints)
        np.testing.assert_allclose(reverse.hypergradient, forward.hypergradient, rtol=1e-11)
    if name == "gd":
        by_hand, dx = np.zeros(6), np.zeros((6, 2))
        h = 1 / 4.5  # the step of gradient descent on x − Φ(x)
        for _ in range(12):
            by_hand, dx = (
                by_hand - h * (by_hand - inner.map(by_hand)),
                dx - h * (dx - inner.jvp(by_hand, dx) - inner.parameter_jacobian(by_hand)),
            )
        np.testing.assert_allclose(forward.jacobian, dx, atol=1e-14)


def test_no_method_on_a_contraction_means_its_own_iteration(rng):
    inner = ElasticNet(rng.standard_normal((20, 6)), rng.standard_normal(20), 0.1, 0.2)
    problem = Bilevel(inner, SquaredDistance(np.ones(6)))
    found = itd(problem, inner.outer, steps=7, mode="forward")
    x, dx = np.zeros(6), np.zeros((6, 2))
    for _ in range(7):
        x, dx = inner.map(x), inner.jvp(x, dx) + inner.parameter_jacobian(x)
    np.testing.assert_allclose(found.x, x, atol=1e-15)
    np.testing.assert_allclose(found.jacobian, dx, atol=1e-14)


def test_costs_are_what_the_modes_need():
    family, theta = quadratic("family")
    problem, m, t, p = Bilevel(family, SquaredDistance(np.ones(5))), METHODS["chebyshev"], 20, 3
    forward = itd(problem, theta, m, t, mode="forward").costs
    reverse = itd(problem, theta, m, t).costs
    assert (forward.gradients, forward.matvecs, forward.jvps, forward.vjps, forward.outer) == (t, t * p, t * p, 0, 1)
    assert (reverse.gradients, reverse.matvecs, reverse.jvps, reverse.vjps, reverse.outer) == (t, t, 0, t, 1)
    short = truncated(problem, theta, m, t, plain_steps=15).costs
    assert (short.gradients, short.matvecs, short.vjps) == (t, 5, 5)
    assert short.peak_vectors < reverse.peak_vectors - 10
    solved = aid(problem, theta, m, t, solver=m, solver_steps=6).costs
    assert (solved.gradients, solved.matvecs, solved.vjps) == (t, 7, 1)  # 6 steps and the residual at the end
    # the problem's own count says the same
    inner = family.at(theta)
    itd(Bilevel(lambda _: inner, SquaredDistance(np.ones(5))), theta, m, t)
    assert (inner.calls.gradient, inner.calls.hvp, inner.calls.cross_T) == (t, t, t)


@pytest.mark.parametrize("slots", [1, 2, 3, 5])
def test_no_step_is_computed_more_often_than_the_checkpoints_allow(slots):
    from math import comb

    family, theta = quadratic("penalty")
    problem, m = Bilevel(family, SquaredDistance(np.ones(5))), METHODS["gd"]
    for t in (1, 2, 7, 40):
        r = next(r for r in range(t + 1) if comb(slots + r, slots) >= t)
        found = itd(problem, theta, m, t, checkpoints=slots)
        assert found.costs.matvecs == found.costs.vjps == t
        assert found.costs.gradients <= t + r * t
    assert all(1 <= _leap(length, slots) < length for length in range(2, 200))


def large(n):
    """A diagonal problem with n variables."""
    d, b = np.linspace(0.1, 1, n), np.ones(n)

    def scaled(x, v):
        return d * v if v.ndim == 1 else d[:, None] * v

    return FunctionOracle(
        n, 1, lambda x: d * x - b, scaled, cross_T=lambda x, u: np.array([x @ u]), cross=lambda x: x[:, None]
    )


def test_peak_memory_with_checkpoints_does_not_grow_with_the_steps():
    # Measured by the allocator and by the meter: vectors of 400 kB, against lists of coefficients.
    n = 50_000
    inner, m = large(n), pu.Chebyshev(pu.Spectrum("1/10", 1))
    problem = Bilevel(lambda theta: inner, SquaredDistance(np.ones(n)))
    peaks, counted = {}, {}
    for checkpoints, t in ((4, 20), (4, 160), (None, 20), (None, 160)):
        gc.collect()
        tracemalloc.start()
        found = itd(problem, 1.0, m, t, checkpoints=checkpoints)
        peaks[checkpoints, t] = tracemalloc.get_traced_memory()[1] / (8 * n)
        tracemalloc.stop()
        counted[checkpoints, t] = found.costs.peak_vectors
    assert counted[4, 160] <= 2 * (4 + 2) + 6  # two states for each checkpoint, the start and the step under way
    assert counted[4, 160] <= counted[4, 20] + 1
    assert peaks[4, 160] < peaks[4, 20] + 3
    assert counted[None, 160] == counted[None, 20] + 140
    assert peaks[None, 160] > peaks[None, 20] + 139
    # the meter leaves out scratch of the problem and of one expression only
    assert all(counted[key] <= peaks[key] < counted[key] + 4 for key in peaks)


def test_the_examples_in_the_docstrings_are_right():
    import doctest
    import importlib
    import pkgutil

    tried = 0
    for room in (pu.hypergradient, pu.problems):
        for found in pkgutil.iter_modules(room.__path__):
            result = doctest.testmod(importlib.import_module(f"{room.__name__}.{found.name}"))
            assert result.failed == 0, found.name
            tried += result.attempted
    assert tried > 20
