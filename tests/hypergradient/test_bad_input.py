"""Whatever cannot be answered is refused in a sentence; nothing comes back as a silent zero."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import sympy
from hypergradient.cases import METHODS, quadratic

import polyunroll as pu
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.hypergradient import NotConverged, NotFinite, aid, best_split, itd, truncated
from polyunroll.problems import Bilevel, FunctionContraction, FunctionOracle, LinearLoss, Loss, SquaredDistance

GD = METHODS["gd"]
SYMBOLIC = pu.GradientDescent(pu.Spectrum(*sympy.symbols("ell L", positive=True)))


@pytest.fixture(scope="module")
def problem():
    return Bilevel(quadratic("family")[0], SquaredDistance(np.ones(5)))


THETA = np.zeros(3)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda p: itd(p, THETA, GD, 0),
            r"steps = 0 leaves nothing to differentiate, and the answer would be a silent",
        ),
        (lambda p: itd(p, THETA, GD), r"steps is missing"),
        (lambda p: itd(p, THETA, GD, -1), r"steps = -1"),
        (lambda p: itd(p, THETA, GD, 2.5), r"steps = 2\.5"),
        (lambda p: itd(p, THETA, None, 5), r"m is missing; give a method"),
        (lambda p: itd(p, THETA, "gd", 5), r"m is a str; give a method"),
        (lambda p: itd(p, THETA, SYMBOLIC, 5), r"is symbolic and cannot be run"),
        (lambda p: itd(p, THETA, GD, 5, mode="both"), r"mode = 'both' is not known; give reverse or forward"),
        (lambda p: itd(p, THETA, GD, 5, checkpoints=0), r"checkpoints = 0"),
        (lambda p: itd(p, THETA, GD, 5, checkpoints=2, mode="forward"), r"checkpoints are for reverse mode"),
        (lambda p: itd(p, np.zeros(2), GD, 5), r"outer has shape \(2,\); allowed is \(3,\)"),
        (lambda p: itd(p, np.zeros((3, 1)), GD, 5), r"theta has shape \(3, 1\); it must be \(p,\)"),
        (lambda p: itd(p, [0, np.nan, 0], GD, 5), r"theta has entries that are not finite"),
        (lambda p: itd(p, ["a"], GD, 5), r"theta has dtype <U1; allowed are real numbers"),
        (lambda p: itd(p, THETA + 1j, GD, 5), r"theta has dtype complex128; allowed are real numbers"),
        (lambda p: itd(p, None, GD, 5), r"theta is missing; give an array of shape \(p,\)"),
        (lambda p: itd(p, THETA, GD, 5, x0=["a"] * 5), r"x0 has dtype <U1; allowed are real numbers"),
        (lambda p: itd(p, THETA, GD, 5, x0=[[1], [2, 3]]), r"x0 of type list cannot be read as an array"),
        (lambda p: itd(p, THETA, GD, 5, x0=np.ones(5) * 1j), r"x0 has dtype complex128"),
        (lambda p: itd(p, THETA, GD, 5, dx0=[["a"]]), r"dx0 has dtype <U1; allowed are real numbers"),
        (lambda p: itd(p, THETA, GD, 5, x0=np.zeros(4)), r"x0 has shape \(4,\); it must be \(5,\)"),
        (lambda p: itd(p, THETA, GD, 5, x0=[np.inf] * 5), r"x0 has entries that are not finite"),
        (lambda p: itd(p, THETA, GD, 5, dx0=np.zeros(5)), r"dx0 has shape \(5,\); it must be \(5, 3\)"),
        (lambda p: itd(object(), THETA, GD, 5), r"problem is of type object; allowed is a Bilevel"),
        (lambda p: itd(Bilevel(lambda t: 3, p.outer), THETA, GD, 5), r"the inner problem is of type int; allowed"),
        (lambda p: truncated(p, THETA, GD, 5, plain_steps=5), r"leaves K = 0 to differentiate"),
        (lambda p: truncated(p, THETA, GD, 5, plain_steps=-1), r"plain_steps = -1"),
        (lambda p: truncated(p, THETA, GD, 5, plain_steps=1, extra=-1), r"extra = -1"),
        (lambda p: truncated(p, THETA, GD, 5, plain_steps=1, mode="x"), r"mode = 'x'"),
        (lambda p: truncated(p, THETA, GD, 5, mode="forward", checkpoints=2), r"checkpoints are for reverse mode"),
        (
            lambda p: aid(p, THETA, GD, 5, solver="lu"),
            r"solver = 'lu' is not known; give cg, normal-cg, fixed-point or",
        ),
        (lambda p: aid(p, THETA, GD, 5, solver="fixed-point"), r"'fixed-point' needs a Contraction"),
        (lambda p: aid(p, THETA, GD, 5, solver_steps=0), r"solver_steps = 0"),
        (lambda p: aid(p, THETA, GD, 5, tolerance=0), r"tolerance is 0\.0; it must be above 0 and below 1"),
        (lambda p: aid(p, THETA, GD, 5, tolerance="1e-3"), r"tolerance is '1e-3'; give a number"),
        (lambda p: aid(p, THETA, GD), r"steps is missing; give a whole number"),
        (lambda p: aid(p, THETA, GD, 0), r"steps = 0"),
        (lambda p: aid(p, THETA, GD, 5, solver=SYMBOLIC), r"is symbolic"),
        (lambda p: best_split(GD, 5, 0, 0), r"R = 0 and G = 0 leave nothing to bound"),
        (lambda p: best_split(GD, 5, -1, 0), r"R is -1; it must be a finite number at or above 0"),
        (lambda p: best_split(GD, 5, "a", 0), r"R is 'a'; give a number"),
        (lambda p: best_split("gd", 5, 1, 0), r"m is a str; give a method"),
        (lambda p: best_split(GD, 0, 1, 1), r"steps = 0"),
    ],
)
def test_bad_arguments(ask, sentence, problem):
    with pytest.raises(InvalidInput, match=sentence):
        ask(problem)


def test_a_horizon_is_a_horizon(problem):
    m = METHODS["minimax"]
    for ask in (
        lambda: itd(problem, THETA, m, 13),
        lambda: truncated(problem, THETA, m, 25, plain_steps=13),
        lambda: aid(problem, THETA, GD, 5, solver=m, solver_steps=13),
    ):
        with pytest.raises(HorizonError, match="beyond this method's 12 steps"):
            ask()
    assert itd(problem, THETA, m).costs.gradients == 12


def oracle(**change):
    parts = {"gradient": lambda x: x - 1, "hvp": lambda x, v: v, "cross": lambda x: x[:, None]}
    return FunctionOracle(2, 1, **{**parts, **change})


def on(inner, outer=None):
    return Bilevel(lambda theta: inner, outer or SquaredDistance(np.zeros(2)))


ONE = pu.GradientDescent(pu.Spectrum("1/2", 2))


@pytest.mark.parametrize(
    ("inner", "outer", "sentence"),
    [
        (oracle(gradient=lambda x: np.ones(3)), None, r"what the problem's gradient gives has shape \(3,\)"),
        (oracle(gradient=lambda x: 1j * x), None, r"what the problem's gradient gives has dtype complex128"),
        (oracle(gradient=lambda x: ["a", "b"]), None, r"what the problem's gradient gives has dtype <U1"),
        (oracle(hvp=lambda x, v: np.ones(3)), None, r"what the problem's hvp gives has shape \(3,\)"),
        (oracle(cross=lambda x: np.ones((2, 2))), None, r"what the problem's cross_T gives has shape \(2,\)"),
        (oracle(), LinearLoss(np.ones(2)), None),
        (oracle(), SquaredDistance(np.ones(3)), r"x has shape \(2,\); allowed is \(3,\)"),
        (oracle(), Loss(lambda x, t: 0, lambda x, t: np.ones(3)), r"outer loss's gradient in x has shape \(3,\)"),
        (
            oracle(),
            Loss(lambda x, t: 0, lambda x, t: x, lambda x, t: np.ones(2)),
            r"gradient in theta has shape \(2,\)",
        ),
        (oracle(), Loss(lambda x, t: 0, lambda x, t: x * np.nan), r"gradient in x has entries that are not finite"),
    ],
)
def test_what_the_problem_returns_is_checked(inner, outer, sentence):
    if sentence is None:
        itd(on(inner, outer), 1.0, ONE, 3)
        return
    with pytest.raises(InvalidInput, match=sentence):
        itd(on(inner, outer), 1.0, ONE, 3)


def test_an_outer_loss_gives_two_gradients():
    loss = SimpleNamespace(value=lambda x, t: 0, gradients=lambda x, t: (x,))
    with pytest.raises(InvalidInput, match="the outer loss gives 1 gradients; it must give two, in x and in theta"):
        itd(on(oracle(), loss), 1.0, ONE, 3)


def test_dimensions_and_parts_are_checked():
    empty = oracle()
    empty._n = 0
    with pytest.raises(InvalidInput, match="the inner problem's dimension is 0; allowed is a whole number >= 1"):
        itd(on(empty), 1.0, ONE, 3)
    with pytest.raises(InvalidInput, match="theta has 2 entries; the inner problem has 1 outer parameters"):
        itd(on(oracle()), np.ones(2), ONE, 3)
    with pytest.raises(InvalidInput, match="cross and cross_T are missing"):
        FunctionOracle(2, 1, lambda x: x, lambda x, v: v)
    with pytest.raises(InvalidInput, match="parameter_jacobian and parameter_vjp are missing"):
        FunctionContraction(2, 1, *(lambda x, *_: x,) * 3)
    only_T = FunctionOracle(2, 1, lambda x: x - 1, lambda x, v: v, cross_T=lambda x, u: np.array([x @ u]))
    itd(on(only_T), 1.0, ONE, 3)
    with pytest.raises(InvalidInput, match="cross is missing, which forward mode needs"):
        itd(on(only_T), 1.0, ONE, 3, mode="forward")
    one_way = FunctionContraction(2, 1, *(lambda x, *v: (v or [x])[0] / 2,) * 3, parameter_vjp=lambda x, u: u[:1])
    itd(on(one_way), 1.0, steps=3)
    with pytest.raises(InvalidInput, match="parameter_jacobian is missing"):
        itd(on(one_way), 1.0, steps=3, mode="forward")
    for inner, outer in ((3, SquaredDistance([1.0])), (oracle, 3)):
        with pytest.raises(InvalidInput, match="is of type int; allowed is a"):
            Bilevel(inner, outer)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_stop_the_run(mode, bad):
    asked = []

    def gradient(x):
        asked.append(1)
        return x - 1 if len(asked) < 4 else np.array([bad, 0.0])

    with pytest.raises(NotFinite, match=r"the iterate is not finite at step 4 of 9; the run stopped there") as caught:
        itd(on(oracle(gradient=gradient)), 1.0, ONE, 9, mode=mode)
    assert caught.value.step == 4
    assert len(asked) == 4
    assert caught.value.costs.gradients == 4
    x = np.zeros(2)
    for _ in range(3):
        x = x - (x - 1) / 2
    np.testing.assert_allclose(caught.value.x, x)
    assert (caught.value.dx is None) == (mode == "reverse")
    if mode == "forward":
        assert caught.value.dx.shape == (2, 1)


def test_overflow_is_found_where_it_happens():
    # h = 2 on an eigenvalue of 1e10: |1 − hλ| = 2e10, so 308/10.3 = 29.9 steps from 1 to overflow
    inner = FunctionOracle(1, 1, lambda x: 1e10 * x - 1, lambda x, v: 1e10 * v, cross=lambda x: x[:, None])
    problem = Bilevel(lambda theta: inner, SquaredDistance([0.0]))
    for mode in ("forward", "reverse"):
        with pytest.raises(NotFinite) as caught:
            itd(problem, 1.0, pu.GradientDescent(pu.Spectrum(1, 2), 2), 100, mode=mode)
        assert 28 <= caught.value.step <= 32
    finite = FunctionOracle(1, 1, lambda x: x - 1, lambda x, v: 1e200 * v, cross=lambda x: x[:, None])
    problem = Bilevel(lambda theta: finite, SquaredDistance([5.0]))
    with pytest.raises(NotFinite, match="the derivative is not finite at step 4 of the backward sweep"):
        itd(problem, 1.0, ONE, 5)
    with pytest.raises(NotFinite, match=r"the derivative is not finite at step [345] of 5"):
        itd(problem, 1.0, ONE, 5, mode="forward")


def test_a_linear_solver_that_stalls_says_so_and_hands_over_what_it_had(problem):
    for solver, most in (("cg", 2), ("normal-cg", 2), (METHODS["chebyshev"], 15), (METHODS["gd"], 7)):
        with pytest.raises(
            NotConverged, match=r"stopped after \d+ steps at relative residual .* above the tol"
        ) as caught:
            aid(problem, THETA, GD, 50, solver=solver, solver_steps=most, tolerance=1e-9)
        had = caught.value.result
        assert had.converged is False
        assert had.residual > 1e-9
        assert had.info["solver_steps"] == most
        free = aid(problem, THETA, GD, 50, solver=solver, solver_steps=most)
        assert free.converged is None
        assert free.residual == had.residual
        np.testing.assert_array_equal(free.hypergradient, had.hypergradient)
    # a singular system whose right side is out of reach
    flat = FunctionOracle(
        2, 1, lambda x: np.array([x[0], 0]), lambda x, v: np.array([1, 0]) * v, cross=lambda x: x[:, None]
    )
    outer = SquaredDistance(np.array([1.0, 2.0]))
    for solver in ("normal-cg", ONE):
        with pytest.raises(NotConverged):
            aid(on(flat, outer), 1.0, ONE, 3, solver=solver, solver_steps=300, tolerance=1e-8)
    with pytest.raises(
        InvalidInput, match=r"conjugate gradients met dᵀAd = 0 at step 2; allowed is a positive definite"
    ):
        aid(on(flat, outer), 1.0, ONE, 3)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-9])
def test_a_polynomial_solver_stops_at_its_tolerance(problem, tolerance):
    m = METHODS["chebyshev"]
    found = aid(problem, THETA, GD, 30, solver=m, tolerance=tolerance)
    S = found.info["solver_steps"]
    assert found.converged
    assert found.residual <= tolerance
    assert S % 10 == 0
    assert S < 150
    assert found.costs.matvecs == S + S // 10 + 1  # a look every 10 steps, and the residual at the end
    before = aid(problem, THETA, GD, 30, solver=m, solver_steps=S - 10) if S > 10 else None
    assert before is None or before.residual > tolerance
    same = aid(problem, THETA, GD, 30, solver=m, solver_steps=S)
    np.testing.assert_array_equal(same.hypergradient, found.hypergradient)
    np.testing.assert_array_equal(same.predicted.hypergradient, found.predicted.hypergradient)


def test_conjugate_gradients_refuse_what_is_not_symmetric():
    M = np.array([[0.2, 0.5], [-0.1, 0.3]])
    inner = FunctionContraction(
        2, 1, lambda x: M @ x + 1, lambda x, v: M @ v, lambda x, u: M.T @ u, lambda x: x[:, None]
    )
    problem = Bilevel(lambda theta: inner, SquaredDistance(np.array([1.0, 3.0])))
    with pytest.raises(InvalidInput, match="solver = 'cg' needs a symmetric system"):
        aid(problem, 1.0, steps=50, solver="cg")
    x = np.linalg.solve(np.eye(2) - M, np.ones(2))
    true = np.linalg.solve(np.eye(2) - M, x) @ (x - np.array([1.0, 3.0]))
    for solver in ("normal-cg", "fixed-point"):
        found = aid(problem, 1.0, steps=200, solver=solver).hypergradient[0]
        assert found == pytest.approx(true, rel=1e-9)
    assert itd(problem, 1.0, steps=200).hypergradient[0] == pytest.approx(true, rel=1e-12)


def test_an_outer_gradient_of_zero_is_a_true_zero(problem):
    flat = Bilevel(problem.inner, Loss(lambda x, t: 0, lambda x, t: 0 * x))
    for solver in ("cg", "normal-cg", METHODS["chebyshev"]):
        found = aid(flat, THETA, GD, 5, solver=solver)
        assert not found.hypergradient.any()
        assert found.converged
    assert not itd(flat, THETA, GD, 5).hypergradient.any()


def test_the_advised_split_is_the_best_of_all(problem):
    inner = problem.at(THETA)
    for name in ("gd", "gd fast", "chebyshev", "sobolev"):
        m, T = METHODS[name], 12
        found = truncated(problem, THETA, m, T)
        split = found.info["split"]
        assert (found.info["plain_steps"], found.info["steps"]) == (split.plain, split.steps)
        assert split.plain + split.steps == T
        assert np.linalg.norm(found.predicted.jacobian) <= split.bound
        grid = np.linspace(1 / 20, 9 / 2, 4001)
        values = {t: pu.jets(m, t, grid, order=1) for t in range(T + 1)}
        sizes = {t: [np.abs(values[t].derivative(k)).max() for k in (0, 1)] for t in values}
        bounds = [sizes[K][0] * split.R + sizes[K][1] * sizes[T - K][0] * split.G for K in range(1, T + 1)]
        assert split.bound == pytest.approx(min(bounds), rel=1e-3)
    whole = truncated(problem, THETA, METHODS["gd steps"], 24).info["split"]
    assert (whole.plain, whole.steps) == (12, 12)  # the only split that a method of 12 steps has
    with pytest.raises(HorizonError, match="no split of 30 steps and 0 extra ones fits the method's horizon 12"):
        truncated(problem, THETA, METHODS["gd steps"], 30)
    extra = truncated(problem, THETA, METHODS["chebyshev"], 12, extra=30)
    assert extra.info["plain_steps"] >= 30
    assert extra.info["split"].bound < truncated(problem, THETA, METHODS["chebyshev"], 12).info["split"].bound
    assert inner.parameters == 3


def test_constants_are_measured_where_there_is_no_quadratic():
    inner = quadratic("family")[0].at(THETA)
    plain = FunctionOracle(5, 3, inner.gradient, inner.hvp, inner.cross, inner.cross_T)
    known, measured = (
        truncated(Bilevel(lambda theta, one=one: one, SquaredDistance(np.ones(5))), THETA, METHODS["chebyshev"], 60)
        for one in (inner, plain)
    )
    assert 0.3 < measured.info["split"].R / known.info["split"].R < 1.7
    assert measured.info["split"].G <= known.info["split"].G  # ‖∂H(x_0 − x*)‖ ≤ ‖∂H‖ ‖x_0 − x*‖
    assert measured.info["split"].G > known.info["split"].G / 10
    assert measured.costs.gradients > known.costs.gradients
