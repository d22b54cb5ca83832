"""Taylor models on one cell: peaks of every shape against isolated roots, and coefficients that are too wide."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import pytest
from flint import arb, fmpq, fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.suprema import exact_maximum

from polyunroll.arithmetic.balls import ball_precision
from polyunroll.bounds.cosine import Cosine
from polyunroll.bounds.enclosure import TooWide
from polyunroll.bounds.local import LocalModel, larger, order_for

ONE = fmpq(1)
numbers = st.fractions(min_value=-9, max_value=9, max_denominator=7).map(lambda x: fmpq(x.numerator, x.denominator))


def model(coefficients, remainder=0):
    """The model whose polynomial in u has these coefficients."""
    return LocalModel([arb(c) * factorial(k) for k, c in enumerate(coefficients)], arb(1), arb(remainder))


def rational(value):
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


def value_of(pair):
    m, e = pair
    return fmpq(m) * fmpq(2) ** e


def check_pieces(pieces):
    """They must cover [−1, 1] without a gap."""
    ends = sorted((value_of(p.low), value_of(p.high)) for p in pieces)
    reached = -ONE
    for low, high in ends:
        assert low == reached
        reached = high
    assert reached == 1


# -- right and narrow -----------------------------------------------------------------------------------
@given(st.lists(numbers, min_size=1, max_size=9), st.sampled_from([1, 20, 60, 150]))
@settings(max_examples=60)
def test_suprema_of_polynomials(coefficients, bits):
    F = fmpq_poly(coefficients)
    with ball_precision(bits + 80):
        tolerance = arb(2) ** -bits
        lower, upper, u, pieces = model(coefficients).supremum(arb(0), tolerance, 10_000)
        true = exact_maximum(F, -ONE, ONE, bits + 40) if F.degree() >= 0 else arb(0)
        assert not lower.lower() > true
        assert not upper.upper() < true
        assert upper.upper() <= lower.lower() + 2 * tolerance
        assert abs(u) <= 1
        assert abs(arb_value(F, u)).upper() >= lower.lower()
    check_pieces(pieces)


def arb_value(F, u):
    return sum((arb(c) * u**k for k, c in enumerate(F.coeffs())), arb(0))


PEAKS = {
    "inside": [1, 1, -2],
    "in the middle": [1, 0, -1],
    "at the lower end": [1, -1, Fraction(1, 5)],
    "at the upper end": [1, 1, Fraction(1, 5)],
    "at the upper end, level": [1, 1, Fraction(-1, 2)],
    "flat to fourth order": [1, 0, 0, 0, -1],
    "flat to sixth order": [1, 0, 0, 0, 0, 0, -1],
    "flat, off the middle": [Fraction(80, 81), Fraction(4, 27), Fraction(-2, 3), Fraction(4, 3), -1],  # 1 − (u − 1/3)⁴
    "two that tie": [1, 0, 2, 0, -4],
    "of either sign that tie": [0, 3, 0, -4],
    "constant": [Fraction(1, 3)],
    "nearly constant": [1, Fraction(1, 10**40)],
    "a hair apart": [1, Fraction(1, 10**25), 2, 0, -4],
    "zero": [0],
    "tiny": [Fraction(1, 10**800), 0, Fraction(-1, 10**801)],
}


@pytest.mark.parametrize("name", PEAKS)
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("bits", [10, 100, 400])
def test_peaks_of_every_shape(name, sign, bits):
    coefficients = [rational(c) * sign for c in PEAKS[name]]
    scale = abs(coefficients[0]) if name == "tiny" else ONE
    with ball_precision(bits + 60):
        tolerance = arb(scale) * arb(2) ** -bits
        lower, upper, _, pieces = model(coefficients).supremum(arb(0), tolerance, 10_000)
        true = exact_maximum(fmpq_poly(coefficients), -ONE, ONE, bits + 30) if coefficients != [0] else arb(0)
        assert lower.lower() <= true.upper()
        assert upper.upper() >= true.lower()
        assert upper.upper() - lower.lower() <= 2 * tolerance
    check_pieces(pieces)
    assert len(pieces) <= 40 + 4 * bits


def test_an_end_that_is_the_peak_is_named_exactly():
    for coefficients, end in (([1, 2, -fmpq(1, 9)], 1), ([1, -2, -fmpq(1, 9)], -1), ([-1, 1, fmpq(1, 9)], -1)):
        _, _, u, _ = model(coefficients).supremum(arb(0), arb(2) ** -30, 1000)
        assert u == end


# -- the remainder, and what is already attained --------------------------------------------------------
def test_the_remainder_widens_both_ends():
    lower, upper, _, _ = model([1, 0, -1], remainder=fmpq(1, 1024)).supremum(arb(0), arb(2) ** -30, 1000)
    assert lower.lower() <= 1 - fmpq(1, 1024)
    assert upper.upper() >= 1 + fmpq(1, 1024)
    assert upper - lower < fmpq(3, 1024)


def test_a_cell_below_what_is_attained_is_one_piece():
    lower, upper, u, pieces = model([1, 0, -1]).supremum(arb(2), arb(2) ** -30, 1000)
    assert lower == 2
    assert upper <= 2
    assert u == 0
    assert len(pieces) == 1


def test_pieces_stay_below_what_is_attained_and_the_tolerance():
    tolerance = arb(2) ** -40
    _, upper, _, pieces = model([1, fmpq(1, 3), -1]).supremum(arb(fmpq(37, 36)), tolerance, 1000)
    assert upper <= arb(fmpq(37, 36)) + tolerance
    assert all(piece.bound <= arb(fmpq(37, 36)) + tolerance for piece in pieces)


@given(st.lists(numbers, min_size=3, max_size=7), numbers.filter(lambda x: x > 0))
def test_a_bound_on_the_cell(coefficients, remainder):
    F = fmpq_poly(coefficients)
    bound = model(coefficients, remainder).bound()
    for k in range(-8, 9):
        assert bound.upper() >= arb(abs(F(fmpq(k, 8))) + remainder).lower()


# -- wide and broken coefficients -----------------------------------------------------------------------
@pytest.mark.parametrize("name", sorted(set(PEAKS) - {"zero", "tiny"}))
@pytest.mark.parametrize("radius", [1e-3, 1e-12, 1e-30])
def test_wide_coefficients_end_in_a_wide_answer(name, radius):
    coefficients = [rational(c) for c in PEAKS[name]]
    with ball_precision(200):
        wide = LocalModel([arb(c, radius) * factorial(k) for k, c in enumerate(coefficients)], arb(1), arb(0))
        lower, upper, _, pieces = wide.supremum(arb(0), arb(2) ** -150, 10_000)
        true = exact_maximum(fmpq_poly(coefficients), -ONE, ONE, 150)
        assert lower.lower() <= true - radius / 2
        assert upper.upper() >= true + radius / 2
        assert upper.upper() - lower.lower() <= 40 * radius
    check_pieces(pieces)
    assert len(pieces) < 1000


def test_a_limit_on_the_pieces_leaves_a_wide_answer_that_holds():
    flat = model([1, 0, 0, 0, 0, 0, -1])
    lower, upper, _, pieces = flat.supremum(arb(0), arb(2) ** -45, 3)
    assert lower <= 1 <= upper.upper()
    check_pieces(pieces)
    assert len(pieces) < 12


@pytest.mark.parametrize("k", [0, 1, 3])
@pytest.mark.parametrize("broken", ["nan", "inf"])
def test_what_is_not_finite_bounds_nothing(k, broken):
    coefficients = [arb(1), arb(0), arb(-2), arb(0), arb(1)]
    coefficients[k] = arb(broken)
    _, upper, _, _ = LocalModel(coefficients, arb(1), arb(0)).supremum(arb(0), arb(2) ** -30, 500)
    assert not upper.is_finite()


def test_the_larger_never_loses_what_is_undefined():
    assert larger(arb(1), arb(2)) == 2
    assert larger(arb(2), arb(1)) == 2
    assert larger(arb(1, 0.5), arb(1)).upper() >= 1.5
    assert larger(arb(1), arb("nan")).is_nan()
    assert larger(arb("nan"), arb(1)).is_nan()
    assert not larger(arb("inf"), arb(1)).is_finite()
    assert not larger(arb(1), arb("inf")).is_finite()


# -- orders ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("tolerance", [1e-2, 1e-9, 1e-100])
def test_orders_are_the_least_that_do(tolerance):
    with ball_precision(200):
        n, delta, bound = 10, arb.pi() / 50, arb(3)
        m = order_for(n, delta, bound, arb(tolerance))
        remainder = [bound * (n * delta) ** (k + 1) / factorial(k + 1) for k in range(m + 1)]
        assert remainder[m] < tolerance
        assert m == 1 or not remainder[m - 1] < tolerance


@pytest.mark.parametrize("tolerance", [arb(0), arb("nan"), arb(-1)])
def test_a_tolerance_that_no_order_reaches(tolerance):
    with pytest.raises(TooWide):
        order_for(10, arb.pi() / 50, arb(3), tolerance)


def test_a_model_of_a_cosine_sum_stays_within_its_remainder():
    f = Cosine([arb(1), arb(fmpq(1, 3)), arb(0), arb(-2), arb(fmpq(1, 5))])
    bound, delta, theta = arb(4), arb(fmpq(1, 8)), arb(fmpq(9, 10))
    for order in (1, 2, 5, 12):
        remainder = bound * (f.n * delta) ** (order + 1) / factorial(order + 1)
        derivatives = f.taylor(theta, order)
        cell = LocalModel(derivatives, delta, remainder)
        for k in range(-4, 5):
            u = arb(fmpq(k, 4))
            taylor = sum((v * (u * delta) ** i / factorial(i) for i, v in enumerate(derivatives)), arb(0))
            assert abs(f.value(theta + delta * u) - taylor) <= remainder + arb(2) ** -40
        assert cell.bound() >= abs(f.value(theta)) - arb(2) ** -40
