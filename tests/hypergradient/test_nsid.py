"""NSID: the deterministic case is implicit differentiation, and the stochastic error decays like 1/K."""

from __future__ import annotations

import numpy as np
import pytest

from polyunroll.errors import InvalidInput
from polyunroll.hypergradient import NotFinite, aid, nsid
from polyunroll.problems import Bilevel, FunctionContraction, Loss, Poisoning, SampledContraction, SquaredDistance


def poisoned():
    """A problem whose T(x*) keeps away from the kinks of G, so that few draws tell on which side it is."""
    rng = np.random.default_rng(57)
    A = 1.5 * rng.uniform(-1, 1, (40, 6))
    y = A @ np.array([2.0, -3, 0, 0, 1.5, 0]) + 0.1 * rng.standard_normal(40)
    inner = Poisoning(A, y, 3, 0.7, 0.3)
    return inner, Bilevel(inner, SquaredDistance(np.linspace(-1, 1, 6)))


def solved(inner):
    x = np.zeros(inner.dimension)
    for _ in range(2000):
        x = inner.map(x)
    assert 0 < np.count_nonzero(x) < len(x)
    return x


@pytest.mark.parametrize("K", [1, 2, 9, 50])
def test_the_deterministic_case_is_the_fixed_point_iteration(K):
    inner, problem = poisoned()
    for steps in (1, 12):
        one = nsid(problem, inner.outer, steps=steps, solver_steps=K, batch=None)
        two = aid(problem, inner.outer, steps=steps, solver="fixed-point", solver_steps=K)
        np.testing.assert_allclose(one.hypergradient, two.hypergradient, rtol=1e-12, atol=1e-14)
        assert one.identified_at == two.identified_at
    assert one.info["draws"] == 1


def test_the_iteration_written_out():
    """The same with the sampling done here, from the same source of random numbers."""
    inner, problem = poisoned()
    x, K, B, theta = solved(inner), 7, 3, inner.outer
    for c, (beta, gamma) in ((1.0, (None, None)), (0.6, (9.0, 12.0))):
        found = nsid(problem, theta, steps=0, solver_steps=K, seed=3, batch=B, draws=c, beta=beta, gamma=gamma, x0=x)
        base = 2 / (1 - inner.modulus**2)
        beta, gamma = beta or base, gamma or base
        assert (found.info["beta"], found.info["gamma"]) == (beta, gamma)
        rng = np.random.default_rng(3)
        J = int(np.ceil(c * (K + 1)))
        assert found.info["draws"] == J
        kept = rng.integers(40, size=J * B)
        mean = np.mean([inner.sampled_map(x, kept[i : i + 1]) for i in range(J * B)], axis=0)
        D = np.diag((np.abs(mean) > inner.step * inner.alpha).astype(float))
        g, v = problem.outer.gradients(x, theta)[0], np.zeros(6)
        for k in range(K):
            zeta = rng.integers(40, size=B)
            jacobian = np.mean(
                [np.eye(6) - inner.step * (np.outer(inner.A[i], inner.A[i]) + inner.beta * np.eye(6)) for i in zeta], 0
            )
            eta = beta / (gamma + k)
            v = (1 - eta) * v + eta * (jacobian.T @ D.T @ v + g)
        last = np.mean([inner.sampled_parameter_vjp(x, D.T @ v, kept[i : i + 1]) for i in range(J * B)], axis=0)
        np.testing.assert_allclose(found.hypergradient, last, rtol=1e-12, atol=1e-15)


def squared_errors(problem, inner, x, K, seeds, **how):
    true = aid(problem, inner.outer, steps=0, x0=x, solver="cg", tolerance=1e-12).hypergradient
    found = [nsid(problem, inner.outer, steps=0, x0=x, solver_steps=K, seed=s, **how) for s in seeds]
    return np.array([np.sum((f.hypergradient - true) ** 2) for f in found]), true


def test_a_constant_step_is_a_rule_that_hardly_shrinks():
    inner, problem = poisoned()
    how = {"steps": 12, "solver_steps": 30, "seed": 4, "batch": 3}
    one = nsid(problem, inner.outer, step=0.25, **how)
    two = nsid(problem, inner.outer, beta=0.25e13, gamma=1e13, **how)
    np.testing.assert_allclose(one.hypergradient, two.hypergradient, rtol=1e-10)
    assert (one.info["step"], one.info["draws"]) == (0.25, 31)


def test_larger_batches_are_closer():
    inner, problem = poisoned()
    x = solved(inner)
    means = [squared_errors(problem, inner, x, 100, range(20), batch=B)[0].mean() for B in (1, 16)]
    assert means[1] < means[0] / 6


@pytest.mark.slow
def test_the_squared_error_decays_like_one_over_the_steps():
    # Least squares on log E‖error‖² against log K, 100 seeds; 95 % interval by resampling the seeds.
    inner, problem = poisoned()
    x, seeds = solved(inner), range(100)
    Ks = np.array([64, 128, 256, 512, 1024, 2048])
    errors = np.stack([squared_errors(problem, inner, x, int(K), seeds, batch=4)[0] for K in Ks])
    rng = np.random.default_rng(0)

    def slope(columns):
        return np.polyfit(np.log(Ks), np.log(errors[:, columns].mean(1)), 1)[0]

    slopes = np.sort([slope(rng.integers(100, size=100)) for _ in range(2000)])
    low, high = slopes[50], slopes[-50]
    print(f"slope {slope(np.arange(100)):.3f}, 95 % interval [{low:.3f}, {high:.3f}]")
    assert -1.2 < low < -1 < high < -0.8
    # what an x that is not x* leaves does not decay
    away = nsid(problem, inner.outer, steps=1, solver_steps=2048, seed=0).hypergradient
    true = squared_errors(problem, inner, x, 1, [0])[1]
    assert np.sum((away - true) ** 2) > 10 * errors[-1].mean()


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"solver_steps": 0}, r"solver_steps = 0"),
        ({"solver_steps": None}, r"solver_steps is missing; give a whole number >= 1"),
        ({"steps": None}, r"steps is missing; give a whole number >= 1"),
        ({"beta": "a"}, r"beta is 'a'; give a number"),
        ({"draws": "a"}, r"draws is 'a'; give a number"),
        (
            {"batch": None, "beta": 9},
            r"beta, gamma and step are for drawn samples; with batch = None",
        ),
        ({"steps": 0}, r"steps = 0"),
        ({"seed": None}, r"seed is None"),
        ({"batch": 0}, r"batch = 0"),
        ({"draws": 0}, r"draws is 0"),
        ({"beta": 0.5}, r"beta is 0\.5; it must be above 1/\(1 − q²\)"),
        ({"step": 0}, r"step is 0\.0; it must be above 0 and at most 1"),
        ({"step": 1.5}, r"step is 1\.5; it must be above 0 and at most 1"),
        ({"step": 0.5, "gamma": 9}, r"step = 0\.5 is a constant, and beta and gamma are for steps that shrink"),
        ({"beta": 9, "gamma": 2}, r"gamma is 2\.0; it must be at least beta = 9\.0"),
        ({"x0": np.ones(5)}, r"x0 has shape \(5,\)"),
    ],
)
def test_bad_input_is_refused(how, sentence):
    inner, problem = poisoned()
    with pytest.raises(InvalidInput, match=sentence):
        nsid(problem, inner.outer, **{"steps": 3, "solver_steps": 5, "seed": 0, **how})


def test_a_problem_without_samples_is_refused():
    inner = FunctionContraction(1, 1, *(lambda x, *_: x / 2,) * 3, parameter_vjp=lambda x, u: u)
    assert not isinstance(inner, SampledContraction)
    with pytest.raises(InvalidInput, match="allowed is a SampledContraction"):
        nsid(Bilevel(lambda t: inner, SquaredDistance([1.0])), 1.0, steps=3, solver_steps=5, seed=0)


def test_an_unknown_contraction_constant_needs_the_rule():
    inner, problem = poisoned()
    inner.modulus = None
    problem = Bilevel(lambda theta: inner, problem.outer)
    with pytest.raises(InvalidInput, match="the contraction constant is not known"):
        nsid(problem, inner.outer, steps=3, solver_steps=5, seed=0)
    nsid(problem, inner.outer, steps=3, solver_steps=5, seed=0, beta=3, gamma=3)


def test_overflow_stops_the_run():
    inner, problem = poisoned()
    huge = Bilevel(inner, Loss(lambda x, t: 0, lambda x, t: np.full(6, 1e308)))
    with pytest.raises(NotFinite, match=r"not finite at step \d+ of 400; it stopped there") as caught:
        nsid(huge, inner.outer, steps=3, solver_steps=400, seed=0, beta=300, gamma=300)
    assert 1 <= caught.value.step <= 400
    assert np.isfinite(caught.value.x).all()
    assert caught.value.costs.gradients > 3
    assert isinstance(problem, Bilevel)
