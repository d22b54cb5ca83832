"""The least exact worst case V_t: both bounds by other routes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import polyunroll as pu
from polyunroll.bounds.sampled import _exact_worst_case
from polyunroll.errors import InvalidInput

S = pu.Spectrum("1/100", 1)
CASES = [(3, 1, "1/50", "partial"), (6, 1, "1/50", "total"), (10, 1, "1/50", "total"), (8, 2, "1/1000", "total")]


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request):
    return pu.Minimax(S, *request.param, criterion="exact"), pu.Minimax(S, *request.param)


def test_between_the_limit_and_root_two_of_it(case):
    best, pointwise = case
    assert best.gap <= Fraction(1, 10**6)
    assert best.lower <= best.upper == best.V.upper
    assert best.upper >= pointwise.lower
    assert best.lower <= pointwise.V.upper
    assert best.lower**2 <= 2 * pointwise.upper**2
    assert best.W.lower <= best.upper
    assert best.W.upper >= pointwise.lower
    p = best.problem
    again = pu.worst_case(pu.FixedPolynomial.from_tails(S, best.tails), p.t, p.R, p.G, split=p.split)
    assert again.lower <= best.upper
    assert best.V.lower <= again.upper


def test_weights_in_powers(case):
    # Σ p RA(λ) + q GB(λ) = P(0) for P = 1, λ, …, in intervals; and the bound from N on many s
    best, _ = case
    dual, problem = best.dual, best.problem
    R, G = (Fraction(int(v.p), int(v.q)) for v in (problem.R, problem.G))
    for k in range(problem.t + 1):
        low = high = Fraction(0)
        for x, p, q in zip(dual.points, dual.p, dual.q, strict=True):
            a = R * x**k * (1 - k if problem.split == "total" else 1)
            b = G * k * x ** (k - 1) if k else Fraction(0)
            for factor, weight in ((a, p), (b, q)):
                ends = factor * weight.lower, factor * weight.upper
                low, high = low + min(ends), high + max(ends)
        assert low <= (k == 0) <= high
        assert high - low < Fraction(1, 10**6)
    s = np.linspace(0, 1, 4001)
    p, q = (np.array([float(v) for v in part]) for part in (dual.p, dual.q))
    N = np.sqrt(np.outer(s, p**2) + np.outer(1 - s, q**2)).sum(axis=1)
    assert float(dual.bound) <= (1 + 1e-12) / N.max()
    assert float(dual.bound) >= (1 - 1e-4) / N.max()


@pytest.mark.parametrize(("G", "split"), [("1/1000", "total"), ("1/50", "total"), ("1/30", "partial")])
def test_a_direct_search(G, split):
    x = 0.505 - 0.495 * np.cos(np.pi * np.arange(401) / 400)
    g = float(Fraction(G))

    def V(c):
        P, D = 1 + c[0] * x + c[1] * x * x, c[0] + 2 * c[1] * x
        return _exact_worst_case(np.abs(P - x * D if split == "total" else P), g * np.abs(D))[0]

    found = min(
        minimize(V, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 600}).fun
        for start in ([-1.0, 0.3], [-0.1, 0.0])
    )
    best = pu.Minimax(S, 2, 1, G, split, criterion="exact")
    assert found >= float(best.lower) * (1 - 1e-6)
    assert found <= float(best.upper) * (1 + 1e-4)


_BEST = []


@given(st.lists(st.fractions(-3, 3, max_denominator=20), min_size=6, max_size=6))
@settings(max_examples=20)
def test_no_polynomial_is_below_the_lower_bound(rest):
    if not _BEST:
        _BEST.append(pu.Minimax(S, 6, 1, "1/50", criterion="exact"))
    other = pu.FixedPolynomial(S, [1, *rest])
    assert pu.worst_case(other, 6, 1, "1/50", 6).upper >= _BEST[0].lower


@pytest.mark.parametrize(
    ("arguments", "value"),
    [((S, 10, 1, 1), 1), ((S, 7, 0, 1), 0), ((S, 0, 3, 1), 3), ((pu.Spectrum(1, 1), 4, 1, 1), 0)],
)
def test_where_it_is_the_pointwise_one(arguments, value):
    best = pu.Minimax(*arguments, criterion="exact")
    assert best.lower == best.upper == value


def test_without_one_size_they_are_equal():
    exact, pointwise = pu.Minimax(S, 10, criterion="exact"), pu.Minimax(S, 10)
    assert exact.lower <= pointwise.upper
    assert pointwise.lower <= exact.upper


def test_what_is_refused():
    with pytest.raises(InvalidInput, match="criterion = 'separate' is not known; give pointwise or exact"):
        pu.Minimax(S, 5, 1, 1, criterion="separate")
    with pytest.raises(InvalidInput, match="digits = 9 is not allowed; give 1 to 8"):
        pu.Minimax(S, 5, 1, "1/50", criterion="exact", digits=9)


@pytest.mark.slow
@pytest.mark.parametrize("G", [1, 10])
@pytest.mark.parametrize("split", ["total", "partial"])
def test_fifty_steps(G, split):
    best, pointwise = pu.Minimax(S, 50, 1, G, split, criterion="exact"), pu.Minimax(S, 50, 1, G, split)
    assert best.gap <= Fraction(1, 10**6)
    assert pointwise.lower <= best.upper <= pointwise.V.upper
