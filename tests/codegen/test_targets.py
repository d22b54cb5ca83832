"""Every target, every method: what is emitted does what the vector interpreter does."""

from __future__ import annotations

import numpy as np
import pytest
from codegen.conforming import (
    NAMES,
    TARGETS,
    Problem,
    apart,
    every_method,
    every_target,
    load,
    method,
    reference,
    require,
)

import polyunroll as pu
from polyunroll.codegen.generate import targets
from polyunroll.methods import families

lengths = pytest.mark.parametrize(
    "steps", [pytest.param(10, marks=pytest.mark.slow), 100, pytest.param(1000, marks=pytest.mark.slow)]
)
CLOSE = 1e-13


def test_every_target_and_every_family_is_here():
    assert {target.name for target in TARGETS} == set(targets())
    assert set(families()) <= set(NAMES)


@every_target
@every_method
@lengths
def test_solve(target, name, steps):
    given = Problem().given(target)
    solver = load(target, method(name, steps), steps, "jvp")  # what it has beside solve changes nothing in that
    assert apart(solver.solve(given.H, given.b, given.x0), reference(name, steps).x) < CLOSE


@every_target
@every_method
@lengths
def test_jvp(target, name, steps):
    given = Problem().given(target)
    solver = load(target, method(name, steps), steps, "jvp")
    done = reference(name, steps)
    x, dx = solver.jvp(given.H, given.b, given.x0, (given.U, given.W), given.db, given.dx0)
    assert apart(x, done.x) < CLOSE
    assert apart(dx, done.dx) < CLOSE


@every_target
@every_method
@lengths
def test_vjp(target, name, steps):
    problem = Problem()
    given = problem.given(target)
    solver = load(target, method(name, steps), steps, "vjp")
    done = reference(name, steps)
    x, *bars = solver.vjp(given.H, given.b, given.x0, given.u, (given.U, given.W))
    theta_bar, b_bar, x0_bar = map(np.asarray, bars)
    assert apart(x, done.x) < CLOSE
    backward = theta_bar + problem.db.T @ b_bar + problem.dx0.T @ x0_bar
    assert apart(backward, done.dx.T @ problem.u) < CLOSE


@every_target
@every_method
def test_the_reverse_sweep_is_the_transpose(target, name):
    problem = Problem(seed=3)
    given, steps = problem.given(target), 100
    m = method(name, steps)
    _, dx = load(target, m, steps, "jvp").jvp(
        given.H, given.b, given.x0, (given.U, given.W), given.db, given.dx0
    )  # fmt: skip
    _, *bars = load(target, m, steps, "vjp").vjp(given.H, given.b, given.x0, given.u, (given.U, given.W))
    theta_bar, b_bar, x0_bar = map(np.asarray, bars)
    forward = problem.u @ (np.asarray(dx) @ problem.v)
    parts = [theta_bar @ problem.v, b_bar @ (problem.db @ problem.v), x0_bar @ (problem.dx0 @ problem.v)]
    assert abs(forward - sum(parts)) <= 1e-12 * sum(map(abs, parts))


class Bowl:
    """f(x, θ) = Σ log cosh(a_iᵀx) + ½ θ_1 xᵀx + θ_2 cᵀx in any library: no quadratic; Hessian in [1, 1 + ‖A‖²]."""

    dimension = 5

    def __init__(self, array, xp, theta=(1.0, 0.5)):
        rng = np.random.default_rng(7)
        A = rng.standard_normal((8, 5))
        self.A, self.c = array(A / np.linalg.norm(A, 2) * 2), array(rng.standard_normal(5))
        self.AT, self.xp, self.theta = array((A / np.linalg.norm(A, 2) * 2).T), xp, theta

    def gradient(self, x):
        return self.AT @ self.xp.tanh(self.A @ x) + self.theta[0] * x + self.theta[1] * self.c

    def hvp(self, x, v):
        s = 1 - self.xp.tanh(self.A @ x) ** 2
        inner = self.A @ v
        return self.AT @ ((s if len(v.shape) == 1 else s[:, None]) * inner) + self.theta[0] * v

    def cross(self, x):
        return self.xp.stack([x, self.c]).T

    def cross_T(self, x, v):  # noqa: N802
        return self.xp.stack([x, self.c]) @ v


BOWL = pu.Spectrum(1, 5)


def library(target):
    if target.name == "jax":
        import jax.numpy

        return jax.numpy
    return __import__({"torch": "torch", "array-api": "array_api_strict"}.get(target.name, "numpy"))


@every_target
@pytest.mark.parametrize("family", [pu.Chebyshev, pu.Nesterov, pu.Sobolev])
def test_a_function_that_is_no_quadratic(target, family):
    require(target)
    m, steps, x0 = family(BOWL), 40, np.linspace(-1, 1, 5)
    with_jvp, with_vjp = load(target, m, steps, "jvp"), load(target, m, steps, "vjp")
    dx0 = np.outer(x0, [1.0, 2.0])
    done = pu.run(m, Bowl(np.asarray, np), None, x0, steps, True, dx0=dx0)
    oracle = Bowl(target.array, library(target))
    start = target.array(x0)
    assert apart(with_jvp.solve(oracle, None, start), done.x) < CLOSE
    x, dx = with_jvp.jvp(oracle, None, start, None, None, target.array(dx0))
    assert apart(x, done.x) < CLOSE
    assert apart(dx, done.dx) < CLOSE
    u = np.array([1.0, -1.0, 0.5, 2.0, 0.0])
    x, theta_bar, _, x0_bar = with_vjp.vjp(oracle, None, start, target.array(u))
    assert apart(x, done.x) < CLOSE
    assert apart(np.asarray(theta_bar) + dx0.T @ np.asarray(x0_bar), done.dx.T @ u) < CLOSE
