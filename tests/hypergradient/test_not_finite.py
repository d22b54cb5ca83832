"""Wherever a value stops being finite, or a part of a problem has the wrong shape, the estimator says so and ends."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.hypergradient import NotConverged, NotFinite, aid, itd, nsid, truncated, ufom
from polyunroll.problems import Bilevel, FunctionContraction, FunctionOracle, LinearLoss, Poisoning, SquaredDistance

GD = pu.GradientDescent(pu.Spectrum("1/2", 2))
DIAGONAL = np.array([1.0, 0.5])


def hvp(x, v):
    return (DIAGONAL * v.T).T


class Late:
    """Like `hvp`, but its n-th answer is not finite."""

    def __init__(self, n, bad=np.nan):
        self.left, self.bad = n, bad

    def __call__(self, x, v):
        self.left -= 1
        return np.array([self.bad, 0.0]) if self.left == 0 else hvp(x, v)


def oracle(**change):
    parts = {"gradient": lambda x: DIAGONAL * x - 1, "hvp": hvp, "cross": lambda x: x[:, None]}
    return FunctionOracle(2, 1, **{**parts, **change})


def on(inner):
    return Bilevel(lambda theta: inner, SquaredDistance(np.zeros(2)))


@pytest.mark.parametrize("how", [{}, {"solver_steps": 2}])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("solver", "steps"),
    # two steps and the residual; CGLS asks once before its first step and twice in each
    [("cg", [1, 2, 2]), ("normal-cg", [1, 1, 1, 2, 2, 2]), (GD, [1, 2])],
)
def test_products_that_are_not_finite_stop_a_linear_solver(solver, steps, how, bad):
    plain = aid(on(oracle()), [1.0], GD, 3, solver=solver, **how)
    assert np.isfinite(plain.hypergradient).all()
    for n, step in enumerate(steps, 1):
        with pytest.raises(NotFinite, match=f"not finite at step {step}") as caught:
            aid(on(oracle(hvp=Late(n, bad))), [1.0], GD, 3, solver=solver, **how)
        assert caught.value.step == step
        assert np.isfinite(caught.value.x).all()
        assert caught.value.costs.gradients == 3


def test_the_backward_sweep_says_at_which_step():
    for n in (1, 2, 3):
        with pytest.raises(NotFinite, match=f"the derivative is not finite at step {4 - n} of the backward sweep"):
            itd(on(oracle(hvp=Late(n))), [1.0], GD, 3)
    free = FunctionOracle(2, 0, lambda x: DIAGONAL * x - 1, Late(3))
    with pytest.raises(NotFinite, match="at step 1 of the backward sweep"):
        ufom(on(free), np.ones(2), GD, 3, q=1.0, seed=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_parameter_derivative_that_is_not_finite_is_no_answer(bad):
    inner = oracle(cross=lambda x: np.full((2, 1), bad))
    with pytest.raises(NotFinite, match="at step 3 of the backward sweep"):
        itd(on(inner), [1.0], GD, 3)
    with pytest.raises(NotFinite, match="the hypergradient is not finite after step 3") as caught:
        aid(on(inner), [1.0], GD, 3)
    np.testing.assert_allclose(caught.value.x, itd(on(oracle()), [1.0], GD, 3).x)
    with pytest.raises(NotFinite, match="the derivative of the gradient in theta is not finite after step 3"):
        truncated(on(inner), [1.0], GD, 3)


def test_a_product_at_the_end_may_overflow():
    # ∂x_3 ≈ 1e200 and ∇E = 1e150 are finite, their product is not
    inner = oracle(cross=lambda x: np.full((2, 1), 1e200))
    loss = LinearLoss(np.full(2, 1e150))
    for mode in ("forward", "reverse"):
        with pytest.raises(NotFinite):
            itd(Bilevel(lambda theta: inner, loss), [1.0], GD, 3, mode=mode)


def test_a_system_without_solution_is_no_silent_zero():
    # Aᵀg = 0 for g = (0, 1): the normal equations end at v = 0 before their first step.
    flat = oracle(gradient=lambda x: np.array([x[0], 0.0]), hvp=lambda x, v: np.array([1.0, 0.0]) * v)
    problem = Bilevel(lambda theta: flat, LinearLoss([0.0, 1.0]))
    for how in ({}, {"solver_steps": 5}):
        with pytest.raises(NotConverged, match="stopped after 0 steps at relative residual 1, above") as caught:
            aid(problem, [1.0], GD, 3, solver="normal-cg", **how)
        assert caught.value.result.converged is False


NAMES = (
    *("dimension", "parameters", "modulus", "samples", "map", "jvp", "vjp", "parameter_jacobian", "parameter_vjp"),
    *("sampled_map", "sampled_vjp", "sampled_parameter_vjp", "last_vjp", "last_parameter_vjp"),
)


def sampled(**change):
    A = np.random.default_rng(0).standard_normal((20, 4))
    known = Poisoning(A, A[:, 0], 2, 0.1, 0.3)
    inner = SimpleNamespace(**{**{name: getattr(known, name) for name in NAMES}, **change})
    return nsid(Bilevel(lambda theta: inner, SquaredDistance(np.ones(4))), known.outer, steps=5, solver_steps=6, seed=0)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        # |NaN| > threshold is false: D would be 0, and so would the answer
        ({"sampled_map": lambda x, b: x * np.nan}, NotFinite, "the mean of the drawn maps is not finite after step 5"),
        ({"sampled_vjp": lambda x, w, b: w * np.nan}, NotFinite, "linear solver is not finite at step 1 of 6"),
        ({"sampled_parameter_vjp": lambda x, w, b: np.full(8, np.nan)}, NotFinite, "the hypergradient is not finite"),
        ({"sampled_map": lambda x, b: np.ones(5)}, InvalidInput, r"sampled_map gives has shape \(5,\); it must be"),
        ({"sampled_vjp": lambda x, w, b: np.ones(1)}, InvalidInput, r"sampled_vjp gives has shape \(1,\)"),
        ({"last_vjp": lambda u, w: np.ones((4, 1))}, InvalidInput, r"last_vjp gives has shape \(4, 1\)"),
        ({"sampled_parameter_vjp": lambda x, w, b: np.ones(1)}, InvalidInput, r"sampled_parameter_vjp gives has shape"),
        ({"last_parameter_vjp": lambda u, w: 0.0}, InvalidInput, r"last_parameter_vjp gives has shape \(\)"),
        ({"samples": 0}, InvalidInput, r"the inner problem's samples = 0"),
        ({"samples": 2.5}, InvalidInput, r"the inner problem's samples = 2\.5"),
        ({"modulus": 1.0}, InvalidInput, r"the contraction constant is 1\.0; it must be at least 0 and below 1"),
        ({"modulus": "a"}, InvalidInput, r"the contraction constant is 'a'; give a number"),
    ],
)
def test_what_a_sampled_problem_returns_is_checked(change, error, sentence):
    assert np.any(sampled().hypergradient)
    with pytest.raises(error, match=sentence) as caught:
        sampled(**change)
    if error is NotFinite:
        assert np.isfinite(caught.value.x).all()


def test_lists_are_as_good_as_arrays():
    A = np.random.default_rng(0).standard_normal((20, 4))
    known = Poisoning(A, A[:, 0], 2, 0.1, 0.3)

    def listed(name):
        return lambda *a: getattr(known, name)(*map(np.asarray, a)).tolist()

    lists = {name: listed(name) for name in NAMES[-5:]}
    np.testing.assert_array_equal(sampled(**lists).hypergradient, sampled().hypergradient)


def test_a_map_that_expands_is_found_out_by_its_iterates():
    grows = FunctionContraction(1, 1, *(lambda x, *v: 2 * (v or [x])[0] + (not v),) * 3, lambda x: np.ones((1, 1)))
    problem = Bilevel(lambda theta: grows, SquaredDistance([0.0]))
    with pytest.raises(NotFinite, match="the iterate is not finite at step 1024 of 5000") as caught:
        itd(problem, [1.0], steps=5000)
    assert caught.value.x[0] == pytest.approx(2.0**1023)
    with pytest.raises(NotFinite, match=r"the iterate of the linear solver is not finite at step 10\d\d"):
        aid(problem, [1.0], steps=5, solver="fixed-point")
