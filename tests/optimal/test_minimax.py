"""Minimax polynomials: both bounds by other routes, degenerate optima, and the method they make."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import sympy
from click.testing import CliRunner
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.strategies import rational_spectra
from reference.suprema import bounded, exact_maximum, exact_ring
from scipy.optimize import linprog

import polyunroll as pu
from polyunroll.bounds.question import Question
from polyunroll.cli import main
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.methods import method_from_data
from polyunroll.optimal import constant, exchange
from polyunroll.optimal.problem import Problem, rounded

S = pu.Spectrum("1/100", 1)


def rational(value):
    return fmpq(value.numerator, value.denominator)


def power_rows(m, points, sides):
    """F_σ(λ) of 1, λ, …, λ^t, exactly."""
    R, G = (public(v) for v in (m.problem.R, m.problem.G))
    total = m.problem.split == "total"
    return [
        [
            R * x**k * ((1 - k) if total else 1) + (side * G * k * x ** (k - 1) if k else 0)
            for k in range(m.problem.t + 1)
        ]
        for x, side in zip(points, sides, strict=True)
    ]


def public(value):
    return Fraction(int(value.p), int(value.q))


def pointwise(m):
    """W of the polynomial found, by exact root isolation in powers of λ."""
    p = m.problem
    question = Question.of(m, p.t, p.R, p.G, criterion="pointwise", split=p.split)
    tops = [exact_maximum(F, S.low, S.high, 100) for F in bounded(question, exact_ring)]
    return max(float(v) for v in tops)


# -- values ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("t", "value"), [(10, "0.853288081571567"), (20, "0.289490893791785"), (50, "0.00177818059288328")]
)
def test_the_values_of_the_theory(t, value):
    best = pu.Minimax(S, t)
    assert best.limit.decimal(15) == value
    assert best.gap <= Fraction(1, 10**30)
    assert best.lower <= best.upper
    assert best.W.upper == best.upper
    assert best.V.lower <= best.upper  # G = 0: V is W
    assert best.V.upper >= best.lower


@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize("sizes", [(1, 0), (1, 1), (1, "1/2"), (3, "1/1000"), (1, 10)])
@pytest.mark.parametrize("t", [2, 3, 5, 8])
def test_a_programme_on_a_dense_grid(t, sizes, split):
    # minimise M with |F±| ≤ M, P(0) = 1, in powers of λ − 1: never above the limit, and nearly there
    best = pu.Minimax(S, t, *sizes, split)
    R, G = (float(Fraction(v)) for v in sizes)
    x = 0.505 - 0.495 * np.cos(np.pi * np.arange(2001) / 2000)
    k = np.arange(t + 1)
    V = (x[:, None] - 1) ** k
    D = np.hstack([np.zeros((x.size, 1)), k[1:] * V[:, :-1]])
    A = V - x[:, None] * D if split == "total" else V
    rows = np.vstack([s * (R * A + q * G * D) for s in (1, -1) for q in (1, -1)])
    found = linprog(
        np.append(np.zeros(t + 1), 1),
        A_ub=np.hstack([rows, -np.ones((rows.shape[0], 1))]),
        b_ub=np.zeros(rows.shape[0]),
        A_eq=[np.append((-1.0) ** k, 0)],
        b_eq=[1],
        bounds=(None, None),
    )
    assert found.status == 0
    assert found.fun <= float(best.upper) * (1 + 1e-7)
    assert found.fun >= float(best.lower) * (1 - 1e-4)


@pytest.mark.parametrize("sizes", [(1, 0), (1, "1/1000"), (1, "1/50")])
@pytest.mark.parametrize("t", [2, 4, 7, 10])
def test_the_upper_bound_by_isolated_roots(t, sizes):
    best = pu.Minimax(S, t, *sizes)
    assert pointwise(best) == pytest.approx(float(best.upper), rel=1e-14)


@pytest.mark.parametrize("t", [1, 2, 5, 12, 30])
def test_without_derivatives_it_is_chebyshev(t):
    best = pu.Minimax(S, t, 1, 0, "partial")
    sigma = Fraction(101, 99)
    values = [Fraction(1), sigma]
    while len(values) <= t:
        values.append(2 * sigma * values[-1] - values[-2])
    assert best.lower <= 1 / values[t] <= best.upper
    expected = pu.chebyshev_series(pu.Chebyshev(S), t)
    for a, b in zip(pu.chebyshev_series(best, t), expected, strict=True):
        assert abs(a - b) < Fraction(1, 10**25)


# -- lower bounds ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize("sizes", [(1, "1/1000"), (2, "1/50"), (1, 0)])
@pytest.mark.parametrize("t", [2, 3, 6, 9])
def test_weights_by_exact_elimination(t, sizes, split):
    best = pu.Minimax(S, t, *sizes, split)
    dual = best.dual
    rows = power_rows(best, dual.points, dual.sides)
    powers = [k for k in range(t + 1) if k != 1 or split == "partial" or sizes[1] != 0]
    assert len(dual.points) == len(powers)
    system = fmpq_mat([[rational(Fraction(row[k])) for row in rows] for k in powers])
    weights = system.solve(fmpq_mat([[1 if k == 0 else 0] for k in powers])).entries()
    for weight, enclosure in zip(weights, dual.weights, strict=True):
        assert public(weight) in enclosure
    assert dual.bound <= 1 / sum(abs(public(w)) for w in weights)
    assert best.lower == dual.bound


@pytest.mark.parametrize(("t", "sizes"), [(2, (1, 1)), (6, (1, 1)), (12, (1, 10)), (33, (1, 1)), (10, (1, "1/2"))])
def test_positive_weights_satisfy_the_equations(t, sizes):
    best = pu.Minimax(S, t, *sizes)
    dual = best.dual
    assert best.lower == best.upper == 1
    assert best.gap == 0
    assert all(w.lower > 0 for w in dual.weights)
    rows = power_rows(best, dual.points, dual.sides)
    for k in range(t + 1):
        terms = [(row[k] * w.lower, row[k] * w.upper) for row, w in zip(rows, dual.weights, strict=True)]
        low, high = sum(min(a) for a in terms), sum(max(a) for a in terms)
        assert low <= (k == 0) <= high
        assert high - low < Fraction(1, 10**20)
    assert len(dual.points) > t + 1


@pytest.mark.parametrize("t", [3, 10, 21])
def test_alternation(t):
    # E has no linear term, and 1, λ², …, λ^t is a Chebyshev system on [ℓ, L]: t alternations prove a bound (de la
    # Vallée-Poussin), here found by looking at E itself on a grid
    best = pu.Minimax(S, t)
    E, _ = pu.jacobian_error(best, t)
    values = [E.eval(sympy.Rational(x.numerator, x.denominator)) for x in sorted(best.dual.points)]
    assert len(values) == t
    assert all(a * b < 0 for a, b in pairwise(values))
    least = min(abs(Fraction(int(v.p), int(v.q))) for v in values)
    assert least <= best.upper
    assert least >= best.upper * (1 - Fraction(1, 10**25))


@given(st.lists(st.fractions(-3, 3, max_denominator=20), min_size=1, max_size=5), st.sampled_from(["total", "partial"]))
@settings(max_examples=25)
def test_no_polynomial_is_below_the_lower_bound(rest, split):
    other = pu.FixedPolynomial(S, [1, *rest])
    limit = _limit(len(rest), split)
    found = pu.worst_case(other, len(rest), 1, "1/50", 6, criterion="pointwise", split=split)
    assert found.upper >= limit.lower


_KNOWN = {}


def _limit(t, split):
    if (t, split) not in _KNOWN:
        _KNOWN[t, split] = pu.Minimax(S, t, 1, "1/50", split).limit
    return _KNOWN[t, split]


@pytest.mark.slow
@given(
    rational_spectra(), st.integers(2, 9), st.fractions(0, 3, max_denominator=9), st.sampled_from(["total", "partial"])
)
@settings(max_examples=12, deadline=None)
def test_any_spectrum(spectrum, t, G, split):
    try:
        best = pu.Minimax(spectrum, t, 1, G, split, digits=14)
    except pu.ExchangeFailed as failure:  # only where P ≡ 1 is nearly optimal, with a gap that it names
        best = nearly_constant(failure, spectrum, t, G, split)
        assert best.upper <= 1
        return
    assert 0 <= best.lower <= best.upper <= 1 + Fraction(1, 10**12)
    assert best.gap <= Fraction(1, 10**14)
    assert float(pu.sampled_worst_case(best, t, 1, G, "pointwise", split)) <= float(best.upper) + 1e-9


def nearly_constant(failure, spectrum, t, G, split):
    """What there is with fewer digits, where a failure says that P ≡ 1 is optimal up to a gap."""
    named = re.search(r"for P ≡ 1 it proves a gap of (\S+): ask for fewer digits", str(failure))
    assert named, failure
    gap = float(named[1])
    assert gap < 1e-6
    return pu.Minimax(spectrum, t, 1, G, split, digits=int(-np.log10(gap)))


@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize("t", [4, 7])
def test_around_the_least_size_at_which_standing_still_is_best(t, split):
    low, high = Fraction(0), Fraction(1)
    for _ in range(40):
        G = (low + high) / 2
        try:
            best = pu.Minimax(S, t, 1, G, split, digits=14)
        except pu.ExchangeFailed as failure:
            best = nearly_constant(failure, S, t, G, split)
        assert best.gap <= Fraction(1, 10**5)
        low, high = (low, G) if best.lower == best.upper == 1 else (G, high)
    assert low > 0


def test_a_failure_names_its_gap(monkeypatch):
    problem = Problem.of(S, 8, 1, "1/50")
    points = np.pi * (np.arange(9) + 0.25) / 9
    conditions = tuple(rounded(float(theta), 1 if i % 3 else -1) for i, theta in enumerate(points))

    def fails(*arguments):
        raise pu.ExchangeFailed("no luck", conditions)

    monkeypatch.setattr("polyunroll.optimal.minimax.polished", fails)
    with pytest.raises(pu.ExchangeFailed, match=r"^no luck; for P ≡ 1 it proves a gap of \S+: ask for fewer digits$"):
        pu.Minimax(S, problem.t, 1, "1/50")
    conditions = ()
    with pytest.raises(pu.ExchangeFailed, match=r"^no luck$"):
        pu.Minimax(S, problem.t, 1, "1/50")


def test_a_peak_hidden_next_to_an_end():
    # |F−| has a minimum at λ = L and, 0.02 from it in θ, a maximum, between the end and the next point of any grid
    best = pu.Minimax(pu.Spectrum("21/2", "173/10"), 5, 1, "1/3", "partial", digits=14)
    assert best.gap <= Fraction(1, 10**14)
    assert best.limit.decimal(8) == "0.00010435907"


def test_more_steps_are_never_worse():
    limits = [pu.Minimax(S, t, 1, "1/50").limit for t in range(13)]
    assert all(b.lower <= a.upper for a, b in pairwise(limits))
    assert all(pu.Minimax(S, t, 1, G).lower <= pu.Minimax(S, t, 1, 1).upper for t, G in ((36, "1/2"), (34, "9/10")))


# -- degenerate optima -------------------------------------------------------------------------------------------------
DEGENERATE = {
    "R = 0": ((S, 10, 0, 1), 0, "R = 0"),
    "R = 0, partial": ((S, 10, 0, 1, "partial"), 0, "R = 0"),
    "no steps": ((S, 0, 2, 1), 2, "t = 0"),
    "no steps, R = 0": ((S, 0, 0, 1), 0, "R = 0"),
    "one step": ((S, 1, 1, 0), 1, "E ≡ 1"),
    "one step, mixed": ((S, 1, "1/3", 5), Fraction(1, 3), "E ≡ 1"),
    "one eigenvalue": ((pu.Spectrum(2, 2), 3, 1, 1), 0, "one eigenvalue"),
    "one eigenvalue, one step": ((pu.Spectrum(2, 2), 1, 1, 1, "partial"), Fraction(1, 2), "one eigenvalue"),
    "one eigenvalue, large G": ((pu.Spectrum(2, 2), 1, 1, 3, "partial"), 1, "one eigenvalue"),
    "one eigenvalue, no G": ((pu.Spectrum(2, 2), 1, 1, 0, "partial"), 0, "one eigenvalue"),
    "P = 1": ((S, 33, 1, 1), 1, "P ≡ 1 is optimal"),
    "P = 1, partial": ((S, 20, 1, 1, "partial"), 1, "P ≡ 1 is optimal"),
}


@pytest.mark.parametrize(("arguments", "value", "words"), DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_optima(arguments, value, words):
    best = pu.Minimax(*arguments)
    assert best.lower == best.upper == value
    assert best.gap == 0
    assert words in best.proof
    assert best.horizon == arguments[1]
    V = best.V
    assert V.lower <= value <= V.upper


def test_weights_of_either_sign_prove_nothing_constant(monkeypatch):
    # at t = 36 no positive weights exist; the nearest to any given ones that satisfy the equations are of either sign
    problem = Problem.of(S, 36, 1, 1)
    assert constant.by_programme(problem, 60) is None
    assert constant.by_newton(problem, 60) is None
    theta, side = exchange.constant_points(problem)
    monkeypatch.setattr(constant, "positive_weights", lambda p: (theta, side, np.full(theta.size, 1 / theta.size)))
    assert constant.by_programme(problem, 60) is None


def test_just_beyond_the_constant():
    # at t = 34 fewer peaks than unknowns carry the optimum: one with the weight of two
    best = pu.Minimax(S, 34, 1, 1)
    assert best.limit.decimal(15) == "0.999158706408930"
    assert best.gap < Fraction(1, 10**30)


def test_a_free_multiple_of_the_eigenvalue():
    best = pu.Minimax(S, 10)
    assert "any multiple of λ" in best.proof
    shifted = pu.residual(best, 10) + sympy.Poly(sympy.Symbol("lambda") / 7, sympy.Symbol("lambda"))
    other = pu.FixedPolynomial(S, shifted)
    one, two = (pu.worst_case(m, 10, 1, 0, 30, criterion="pointwise") for m in (best, other))
    assert one.lower <= two.upper
    assert two.lower <= one.upper
    slopes = [float(pu.worst_case(m, 10, 0, 1)) for m in (best, other)]
    assert slopes[0] < slopes[1]


# -- the method --------------------------------------------------------------------------------------------------------
def test_it_is_a_method_with_a_table():
    best = pu.Minimax(S, 12, 1, "1/50")
    assert best.name == "minimax"
    assert best.horizon == 12
    twin = method_from_data(json.loads(json.dumps(best.as_data())))
    assert pu.residual(twin, 12) == pu.residual(best, 12)
    assert pu.residual(best, 12).eval(0) == 1
    assert pu.schedule(best).steps == 12
    lam = np.array([0.01, 0.3, 1.0])
    done = pu.run(best, np.diag(lam), np.ones(3))
    P = pu.jets(best, 12, lam.tolist(), digits=30).derivative()
    np.testing.assert_allclose(done.x, (1 - np.array([float(v) for v in P])) * (-1 / lam), rtol=1e-12)
    with pytest.raises(HorizonError, match="t = 13 is beyond this method's 12 steps"):
        pu.worst_case(best, 13)
    assert repr(best) == "Minimax([1/100, 1], t=12, R=1, G=1/50, split=total)"
    assert best.label == "minimax, t=12, R=1, G=1/50"


def test_v_is_at_most_root_two_above_the_limit():
    best = pu.Minimax(S, 40, 1, 1)
    assert best.lower <= best.V.upper
    assert best.V.upper**2 <= 2 * best.upper**2
    assert best.V.lower > best.upper  # two eigenvalues take part


@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize(
    "method", [pu.Chebyshev(S), pu.Sobolev(S), pu.GradientDescent(S), pu.HeavyBall(S)], ids=lambda m: m.name
)
def test_every_method_is_above_the_limit(method, split):
    gap = pu.minimax_gap(method, 10, 1, "1/50", split)
    assert gap.W_ratio.lower >= 1
    assert gap.V_ratio.upper >= gap.W_ratio.lower
    assert float(gap.W_ratio) == pytest.approx(float(gap.W) / float(gap.limit), rel=1e-12)


def test_the_limit_against_itself():
    best = pu.Minimax(S, 10)
    gap = pu.minimax_gap(best, 10)
    assert gap.limit == best.limit
    assert gap.W_ratio.upper < 1 + Fraction(1, 10**14)
    assert pu.minimax_gap(pu.Chebyshev(S), 10, 0, 1).W_ratio is None
    assert pu.minimax_gap(pu.Chebyshev(S), 10, 1, 0).V_ratio.lower > 50


def test_on_the_command_line():
    run = CliRunner().invoke(
        main, ["bound", "minimax", "--spectrum", "1/100,1", "-t", "10", "--horizon", "10", "-R", "1", "-G", "0"]
    )
    assert run.exit_code == 0, run.output
    assert "0.853288081571567" in run.output
    run = CliRunner().invoke(main, ["derive", "minimax", "--spectrum", "1/100,1", "-t", "3"])
    assert run.exit_code == 2
    assert "needs --horizon" in run.output


# -- what is refused ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((S, -1), "t = -1 is not allowed"),
        ((S, 2.5), "t = 2.5 is not allowed"),
        ((S, 10**6), "beyond what the search can do"),
        ((S, 5, 0, 0), "R = 0 and G = 0 leave nothing"),
        ((S, 5, -1, 0), "R = -1 is not allowed"),
        ((S, 5, 1, 0, "other"), "split = 'other' is not known"),
        ((S, 5, 1, 0, "total", 0), "digits = 0 is not allowed"),
        ((S, 5, 1, 0, "total", 10**4), "digits = 10000 is not allowed"),
        ((None, 5), "is not a Spectrum"),
        ((pu.Spectrum(sympy.Symbol("ell", positive=True), 1), 5), "has symbols"),
    ],
)
def test_bad_input(arguments, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.Minimax(*arguments)
    assert sentence in str(caught.value)


def test_a_programme_that_fails_is_said_to(monkeypatch):
    class Failed:
        status, message = 4, "numerical difficulties"

    monkeypatch.setattr(exchange, "linprog", lambda *a, **k: Failed())
    with pytest.raises(pu.LinearProgramFailed, match="for t = 40: numerical difficulties"):
        pu.Minimax(S, 40, 1, 1)
    assert issubclass(pu.LinearProgramFailed, pu.PolyunrollError)
    assert not issubclass(pu.LinearProgramFailed, InvalidInput)


def test_a_wrong_reference_is_exchanged(monkeypatch):
    # whatever conditions the search in doubles ends with, exact exchange finds the optimum
    def far(problem, unless_constant=False):
        n = len(problem.columns)
        return exchange.Reference(np.pi * (np.arange(n) + 0.25) / n, np.where(np.arange(n) % 3, 1.0, -1.0))

    expected = pu.Minimax(S, 8, 1, "1/50").limit
    monkeypatch.setattr("polyunroll.optimal.minimax.find_reference", far)
    found = pu.Minimax(S, 8, 1, "1/50").limit
    assert found.lower <= expected.upper
    assert expected.lower <= found.upper


# -- larger ------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(1, 0), (0, 1), (1, 1), (1, 10)])
def test_many_steps(sizes):
    assert pu.Minimax(S, 50, *sizes).gap <= Fraction(1, 10**30)
    best = pu.Minimax(pu.Spectrum("1e-4", 1), 200, *sizes, digits=12)
    assert best.gap <= Fraction(1, 10**12)
