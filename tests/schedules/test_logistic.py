"""Beyond quadratics: what the schedules do on logistic regression, through an oracle and both adapters."""

from __future__ import annotations

import numpy as np
import pytest
from schedules.logistic import Logistic

import polyunroll as pu

pytest.importorskip("sklearn", reason="scikit-learn is not installed")


@pytest.fixture(scope="module")
def problem():
    return Logistic()


@pytest.fixture(scope="module")
def solution(problem):
    return problem.solution()


def test_the_oracle_is_right(problem):
    rng = np.random.default_rng(0)
    x, v = 0.1 * rng.normal(size=30), rng.normal(size=30)
    step = 1e-5
    slope = (problem.gradient(x + step * v) - problem.gradient(x - step * v)) / (2 * step)
    assert problem.hvp(x, v) == pytest.approx(slope, rel=1e-6, abs=1e-7)
    values = np.linalg.eigvalsh(problem.hvp(x, np.eye(30)))
    assert float(problem.spectrum().ell) <= values[0] * (1 + 1e-12)
    assert values[-1] <= float(problem.spectrum().L)


@pytest.mark.parametrize("name", ["Chebyshev", "HeavyBall", "Nesterov", "GradientDescent", "Sobolev"])
def test_methods_find_the_minimum(problem, solution, name):
    # measured, not proved: nothing guarantees this for a function that is no quadratic
    method = getattr(pu, name)(problem.spectrum())
    steps = 5000 if name == "GradientDescent" else 300
    x = pu.run(method, problem, x0=np.zeros(30), steps=steps).x
    assert np.linalg.norm(x - solution) < 1e-6 * np.linalg.norm(solution)


def test_near_the_minimum_the_quadratic_bound_holds_to_first_order(problem, solution):
    # what the local spectrum says about the distance after T steps, from nearer and nearer starts
    method = pu.Chebyshev(problem.spectrum_at(solution))
    steps = 40
    allowed = pu.schedule(method, steps).error_after(steps)
    direction = np.random.default_rng(1).normal(size=30)
    excess = []
    for distance in (1e-1, 1e-2, 1e-3):
        start = solution + distance * direction / np.linalg.norm(direction)
        x = pu.run(method, problem, x0=start, steps=steps).x
        excess.append(max(0.0, np.linalg.norm(x - solution) / distance - allowed))
    assert excess[-1] <= 1e-3
    assert excess[-1] <= excess[0] or excess[0] == 0


@pytest.mark.parametrize("form", ["momentum", "richardson", "chebyshev-series", "program"])
def test_optax_on_logistic_regression(problem, solution, form):
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    optax = pytest.importorskip("optax", reason="optax is not installed")
    from polyunroll.schedules.optax import gradient_transformation
    from polyunroll.schedules.optax import solution as iterate

    A, y = np.asarray(problem.A, np.float32), np.asarray(problem.y, np.float32)

    def loss(x):
        return jax.numpy.logaddexp(0, -y * (A @ x)).mean() + problem.theta / 2 * (x @ x)

    steps = 120
    transformation = gradient_transformation(pu.schedule(pu.Chebyshev(problem.spectrum()), steps, form))

    @jax.jit
    def run(x):
        def step(_, carry):
            x, state = carry
            change, state = transformation.update(jax.grad(loss)(x), state, x)
            return optax.apply_updates(x, change), state

        return jax.lax.fori_loop(0, steps, step, (x, transformation.init(x)))

    x, state = run(jax.numpy.zeros(30, jax.numpy.float32))
    found = np.asarray(iterate(x, state))
    assert np.linalg.norm(found - solution) < 1e-3 * np.linalg.norm(solution)


def test_torch_on_logistic_regression(problem, solution):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from polyunroll.schedules.torch import ProgramOptimizer, optimizer_and_scheduler

    A, y = torch.tensor(problem.A), torch.tensor(problem.y)
    method = pu.Chebyshev(problem.spectrum())

    def run(make):
        x = torch.zeros(30, dtype=torch.float64, requires_grad=True)
        optimizer, scheduler = make(x)
        for _ in range(300):
            optimizer.zero_grad()
            loss = torch.nn.functional.softplus(-y * (A @ x)).mean() + problem.theta / 2 * (x @ x)
            loss.backward()
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
        return x.detach().numpy()

    reference = pu.run(method, problem, x0=np.zeros(30), steps=300).x
    momentum = run(lambda x: optimizer_and_scheduler([x], pu.schedule(method, 300, "momentum")))
    program = run(lambda x: (ProgramOptimizer([x], pu.schedule(pu.Nesterov(problem.spectrum()), 300)), None))
    assert momentum == pytest.approx(reference, abs=1e-9)
    for found in (momentum, program):
        assert np.linalg.norm(found - solution) < 1e-6 * np.linalg.norm(solution)
