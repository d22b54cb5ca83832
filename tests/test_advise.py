"""Advice: every bound is a worst case and holds on a problem that is run, and limits on cost and memory are kept."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

import polyunroll as pu
from polyunroll.advice.advise import ridge_on
from polyunroll.cli import main
from polyunroll.hypergradient import aid, itd, truncated
from polyunroll.problems import (
    Bilevel,
    LinearLoss,
    QuadraticProblem,
    RidgePenalty,
    RidgeSampleWeights,
    error_bound,
    jacobian_error,
)
from polyunroll.report.advice import advice_page

S = pu.Spectrum("1/100", 1)


def ridge(cls, m=12, n=4):
    rng = np.random.default_rng(5)
    A = rng.standard_normal((m, n)) * np.array([1.0, 0.7, 0.4, 0.2])
    return cls(A, rng.standard_normal(m), 0.02)


@pytest.fixture(scope="module")
def total():
    return pu.advise(S, 20)


@pytest.fixture(scope="module")
def partial():
    return pu.advise(S, 20, None, 1, "1/10", "partial")


@pytest.fixture(scope="module")
def weights():
    problem = ridge(RidgeSampleWeights)
    return problem, pu.advise(problem, 24)


@pytest.fixture(scope="module")
def penalty():
    problem = ridge(RidgePenalty)
    return problem, pu.advise(problem, 24)


@pytest.mark.parametrize("which", ["total", "partial"])
def test_every_bound_is_the_worst_case(which, request):
    advice = request.getfixturevalue(which)
    assert advice.split == which
    assert {one.estimator for one in advice.candidates} == {"unrolled", "truncated", "implicit"}
    for one in advice.candidates:
        V = pu.worst_case(one.method, one.steps, one.R, one.G, 9, split=which, **one.how)
        assert one.bound.lower <= V.upper
        assert V.lower <= one.bound.upper
        assert one.bound.upper <= V.lower * (1 + Fraction(1, 10**5))


def test_the_advised_one_is_the_least(total, partial):
    for advice in (total, partial):
        uppers = [one.bound.upper for one in advice.candidates]
        assert uppers == sorted(uppers)
        assert advice.best is advice.candidates[0]
        assert advice.best.bound.upper < 1
        # against the table of `compare`, made by other code
        others = pu.compare(advice.spectrum, [20], None, advice.R, advice.G, advice.split)
        assert advice.best.bound.lower <= min(row[0].upper for row in others.V)
        assert others.limit[0].lower <= advice.limit.upper
        assert advice.limit.lower <= others.limit[0].upper


def test_no_split_of_the_budget_does_better(partial):
    # all of them, proved one by one
    for estimator in ("truncated", "implicit"):
        found = next(
            one for one in partial.candidates if one.estimator == estimator and one.label == pu.Chebyshev(S).label
        )
        method = found.method
        values = [
            pu.worst_case(method, K, 1, "1/10", 6, split="partial", estimator=estimator, plain_steps=20 - K)
            for K in range(1, 20)
        ]
        assert found.bound.lower <= min(value.upper for value in values)


def test_fewer_steps_than_the_budget_where_the_curse_makes_them_better():
    # Chebyshev at κ = 1/100 is above its start until long after t = 10, and E_1 = 1
    chebyshev = [
        one for one in pu.advise(S, 10).candidates if one.method == pu.Chebyshev(S) and one.estimator == "unrolled"
    ]
    assert [one.steps for one in chebyshev] == [1, 10]
    assert chebyshev[1].bound.lower > 50


def test_the_best_constant_step_is_a_candidate(total):
    best = pu.best_step(S, 20)
    found = min(
        (one for one in total.candidates if one.method.label.startswith("GD") and one.estimator == "unrolled"),
        key=lambda one: one.bound.upper,
    )
    assert best.limit <= found.bound.upper <= best.worst_case.upper * (1 + Fraction(1, 10**4))


@pytest.mark.parametrize("memory", [1, 4, 9])
def test_budget_and_memory_are_kept(memory):
    advice = pu.advise(S, 12, memory, 1, 0, parameters=3)
    assert advice.candidates
    for one in advice.candidates:
        assert one.cost == one.plain_steps + one.steps <= 12
        assert 1 <= one.memory <= memory
        states = len(one.method.program.states)
        if one.estimator == "implicit":
            assert (one.memory, one.products) == (1 + len(one.solver.program.states), one.steps)
        else:
            kept, products = {"reverse": (one.steps, one.steps), "forward": (3 * states, 3 * one.steps)}[one.mode]
            assert (one.memory, one.products) == (kept, products)
        assert one.estimator == "unrolled" or one.cost == 12
    # forward mode lets gradient descent make all steps once its tangents fit
    whole = any(one.mode == "forward" and one.cost == 12 for one in advice.candidates)
    assert whole == (memory >= 3)


def test_one_parameter_is_carried_forward():
    modes = {(one.mode, one.memory) for one in pu.advise(S, 6, parameters=1).candidates if one.steps == 6}
    assert all(memory < 6 for mode, memory in modes if mode == "forward")
    assert ("forward", 1) in modes


def test_a_problem_gives_its_own_numbers(weights, penalty):
    for (problem, advice), split in ((weights, "partial"), (penalty, "total")):
        assert advice.split == split
        assert advice.parameters == problem.parameters
        own = np.linalg.eigvalsh(problem.dense_hessian())
        assert float(advice.spectrum.ell) <= own[0]
        assert own[-1] <= float(advice.spectrum.L)
        assert float(advice.R) == pytest.approx(np.linalg.norm(problem.solution_jacobian()), rel=1e-12)
        for one in advice.candidates[::5]:
            bound = error_bound(problem, one.method, one.steps, np.zeros(4), None, split, 9, **one.how)
            assert float(one.bound.upper) == pytest.approx(float(bound.upper), rel=1e-5)


def measured(problem, one):
    """The Jacobian error of a run, from hypergradients of the losses e_iᵀx: rows of ∂x̂."""
    rows = []
    for unit in np.eye(problem.dimension):
        bilevel = Bilevel(problem, LinearLoss(unit))
        if one.estimator == "unrolled":
            result = itd(bilevel, problem.outer, one.method, one.steps, mode=one.mode)
        elif one.estimator == "truncated":
            result = truncated(bilevel, problem.outer, one.method, one.cost, plain_steps=one.plain_steps, mode=one.mode)
        else:
            result = aid(bilevel, problem.outer, one.method, one.plain_steps, solver=one.solver, solver_steps=one.steps)
        assert one.plain_steps + (one.estimator != "implicit") * one.steps <= result.costs.gradients <= one.cost + 1
        rows.append(result.hypergradient)
    return np.linalg.norm(np.array(rows) - problem.solution_jacobian())


@pytest.mark.parametrize("which", ["weights", "penalty"])
def test_every_bound_holds_on_the_problem(which, request):
    problem, advice = request.getfixturevalue(which)
    best = advice.best
    assert best is not None
    assert measured(problem, best) <= float(best.bound.upper)
    for one in advice.candidates[::3]:
        error = measured(problem, one)
        assert error <= float(one.bound.upper) * (1 + 1e-9), str(one)
        assert error > 1e-3 * float(one.bound.lower), "a bound a thousand times too large advises on nothing"


def test_real_data():
    problem = ridge_on("diabetes")
    theta = np.linalg.eigvalsh(problem.A.T @ problem.A / len(problem.y))[-1] / 1000
    assert problem.theta == pytest.approx(theta, rel=1e-10)
    advice = pu.advise(problem, 60, 20)
    assert advice.split == "partial"
    assert advice.best is not None
    assert advice.best.memory <= 20
    assert measured(problem, advice.best) <= float(advice.best.bound.upper)


@pytest.mark.parametrize(("outer", "split", "parameters"), [("penalty", "total", 1), ("penalties", "partial", 10)])
def test_real_data_in_other_parameters(outer, split, parameters):
    problem = ridge_on(f"diabetes:{outer}")
    advice = pu.advise(problem, 40)
    assert (advice.split, advice.parameters) == (split, parameters)
    assert advice.best is not None
    assert measured(problem, advice.best) <= float(advice.best.bound.upper)


def test_what_is_read_is_a_bound():
    advice = pu.advise(S, 5, None, 1, "1/3")
    for one in advice.candidates:
        assert one.bound.upper <= Fraction(one.at_most) <= one.bound.upper * (1 + Fraction(1, 10**4))
    assert advice.limit is not None
    assert advice.limit.lower * (1 - Fraction(1, 10**4)) <= Fraction(advice.at_least) <= advice.limit.lower
    said = str(advice_page(advice))
    assert all(one.at_most in said for one in advice.candidates)
    assert f"limit        {advice.at_least}," in said.replace("  limit", "limit")


def test_on_a_spectrum_the_restarted_second_vector_is_bounded():
    # ∂H(x_0−x*) = ∂_θ∇f(x_0) − H(∂x_0−∂x*): on commuting problems with exactly these R and G nothing is larger
    advice = pu.advise(S, 8, None, 1, "1/2")
    assert advice.G_restarted == Fraction(3, 2)
    rng = np.random.default_rng(7)
    eigenvalues = np.array([0.01, 0.2, 1.0])
    restarted = [one for one in advice.candidates if one.estimator == "truncated"]
    for _ in range(20):
        # x_0 = 0: ∂_θ∇f(x_0) = ∂b, and ∂x* = −H⁻¹(∂H x* + ∂b); both are given their size
        g, r = rng.standard_normal((2, 3))
        g, r = g / np.linalg.norm(g) / 2, r / np.linalg.norm(r)
        dH = np.diag((g - eigenvalues * r) / np.array([-1.0, 2.0, 0.5]))
        problem = QuadraticProblem(np.diag(eigenvalues), -eigenvalues * np.array([1.0, -2.0, -0.5]), [dH], g[:, None])
        x_star, J = problem.solution(), problem.solution_jacobian()
        np.testing.assert_allclose(np.linalg.norm(J), 1)
        assert np.linalg.norm(dH @ x_star) <= 1.5
        for one in restarted:
            jets = pu.jets(one.method, one.steps, eigenvalues, order=1)
            P, D = jets.derivative(0), jets.derivative(1)
            N = pu.jets(one.method, one.plain_steps, eigenvalues, order=0).derivative(0)
            error = P * -J[:, 0] + D * N * (np.diag(dH) * -x_star)
            assert np.linalg.norm(error) <= float(one.bound.upper)
    assert jacobian_error(problem, np.ones(3), np.zeros((3, 3)), np.zeros(3)) == pytest.approx(-J)


def test_where_nothing_is_better_than_nothing():
    advice = pu.advise(S, 3, None, 1, 5)
    assert advice.best is None
    assert advice.candidates[0].bound.lower > 1
    assert str(advice).startswith("Nothing within 3 gradient evaluations is guaranteed to beat doing nothing")
    assert "Nothing within" in str(advice_page(advice))
    assert json.loads(str(advice_page(advice, "json")))["best"] is None
    alone = pu.advise(S, 1, None, 0, 1)  # ∂x = 0 is exact
    assert alone.best is None
    assert "1 gradient evaluation is" in str(alone)


def test_a_limit_that_is_not_searched_is_left_out(monkeypatch):
    monkeypatch.setattr("polyunroll.advice.advise._MOST_LIMIT_STEPS", 4)
    advice = pu.advise(S, 5)
    assert advice.limit is None
    assert "up to 4 steps, so it is left out" in str(advice_page(advice))
    assert json.loads(str(advice_page(advice, "json")))["limit"] is None


def test_pages(partial, total):
    text = str(advice_page(partial))
    assert str(partial) in text
    for one in partial.candidates:
        assert one.label in text
    data = json.loads(str(advice_page(partial, "json")))
    assert data["best"] == data["candidates"][0]
    assert [Fraction(row["bound"]["upper"]) for row in data["candidates"]] == [
        c.bound.upper for c in partial.candidates
    ]
    assert str(advice_page(total, "latex")).count(r"\\") == 1 + len(total.candidates)
    assert "G restarted  1, for truncated and implicit" in str(advice_page(total))
    assert "G restarted" not in text
    sentence = str(total)
    assert sentence.startswith(f"Unroll 20 steps of {total.best.method.label} (reverse mode)")
    assert Fraction(sentence.split("at most ")[1].split(",")[0]) >= total.best.bound.upper
    assert str(replace(total, candidates=())).startswith("Nothing within")


def call(*args):
    return CliRunner().invoke(main, ["advise", *args])


def test_the_command():
    result = call("--spectrum", "1/100,1", "--budget", "10", "--memory", "5", "-G", "1/10", "--split", "partial")
    assert result.exit_code == 0
    advice = pu.advise(S, 10, 5, 1, "1/10", "partial")
    assert result.stdout == str(advice_page(advice))
    result = call("--problem", "diabetes", "--budget", "5", "--format", "json")
    assert json.loads(result.stdout)["split"] == "partial"
    assert json.loads(result.stdout)["parameters"] == 442


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    result = call("--problem", "diabetes", "--budget", "5")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "needs scikit-learn; install it with pip install" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--budget", "5"), "either --spectrum ELL,L or --problem NAME"),
        (("--budget", "5", "--spectrum", "1/100,1", "--problem", "digits"), "and not both"),
        (("--budget", "0", "--spectrum", "1/100,1"), "budget = '0' is not allowed"),
        (("--budget", "5", "--memory", "0", "--spectrum", "1/100,1"), "memory = '0' is not allowed"),
        (("--budget", "5", "--problem", "iris"), "data set 'iris' is unknown"),
        (("--budget", "5", "--problem", "diabetes:"), "'' in 'diabetes:' is unknown; after the colon give weights"),
        (("--budget", "5", "--problem", "diabetes", "-R", "2"), "R = 2 is for a spectrum"),
        (("--budget", "5", "--problem", "diabetes", "--split", "total"), "∂H does not commute with H"),
    ],
)
def test_bad_input_of_the_command(arguments, said):
    result = call(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert said in result.stderr


@pytest.mark.parametrize(
    ("arguments", "named", "said"),
    [
        ((S, 0), {}, "budget = 0 is not allowed"),
        ((S, 2.5), {}, "budget = 2.5 is not allowed"),
        ((S, 1001), {}, "budget = 1001 is not allowed; give 1 to 1000"),
        ((S, 5, 0), {}, "memory = 0 is not allowed"),
        ((S, 5, "6"), {}, "memory = '6' is not allowed"),
        ((S, 5, None, -1), {}, "R = -1 is not allowed"),
        ((S, 5, None, 0, 0), {}, "R = 0 and G = 0 leave nothing to bound"),
        ((S, 5, None, 1, 0, "both"), {}, "split = 'both' is not known"),
        ((S, 5), {"parameters": 0}, "parameters = 0 is not allowed"),
        ((S, 5), {"digits": 0}, "digits = 0 is not allowed"),
        ((S, 5), {"x0": [0.0]}, "x0 is for a problem"),
        ((pu.Spectrum(1, 1), 5), {}, "is one point; advice needs ell < L"),
        ((object(), 5), {}, "an object of object is neither a quadratic problem"),
        (("1/100,1", 5), {}, "'1/100,1' is neither a quadratic problem nor a spectrum"),
        ((ridge(RidgePenalty), 5, None, None, 1), {}, "G = 1 is for a spectrum; a problem has its own"),
        ((ridge(RidgePenalty), 5), {"parameters": 2}, "parameters = 2 is for a spectrum"),
        ((ridge(RidgePenalty), 5), {"x0": [0.0]}, "x0"),
        ((QuadraticProblem(np.diag([1.0, 2.0]), [1.0, 1.0]), 5), {}, "the problem has no outer parameters"),
        ((ridge(RidgeSampleWeights), 5, None, None, None, "total"), {}, "∂H does not commute with H"),
    ],
)
def test_bad_input(arguments, named, said):
    with pytest.raises(pu.InvalidInput) as caught:
        pu.advise(*arguments, **named)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_symbols_are_refused():
    import sympy

    with pytest.raises(pu.InvalidInput, match="has symbols; advice needs numbers"):
        pu.advise(pu.Spectrum(sympy.Symbol("ell"), 1), 5)
