"""Literals against exact arithmetic: Fractions for rationals, exact comparison for numbers of ℚ(√d)."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from flint import fmpq
from hypothesis import assume, example, given
from hypothesis import strategies as st

from polyunroll.arithmetic.exact import exact, sqrt, to_float
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import InvalidInput
from polyunroll.output.literals import decimal_literal, double_literal, fraction_literal, nearest_double

LARGEST = Fraction(float.fromhex("0x1.fffffffffffffp+1023"))
LEAST = Fraction(1, 2**1074)

fractions = st.fractions() | st.builds(
    lambda m, e: m * Fraction(10) ** e, st.fractions(max_denominator=10**6), st.integers(-340, 300)
)
digit_counts = st.integers(1, 40)
roots = st.sampled_from([2, 3, 5, 99, 10**12 + 39])


@st.composite
def surds(draw):
    parts = st.fractions(max_denominator=10**9, min_value=-(10**6), max_value=10**6)
    a, b = draw(parts), draw(parts.filter(bool))
    return Surd(exact(a), exact(b), draw(roots))


def distance(x, y):
    return abs(Fraction(x) - Fraction(y))


def is_nearest(number: float, value) -> bool:
    """Whether no neighbouring double is strictly nearer to an exact value, by exact arithmetic."""
    here = abs(value - exact(Fraction(number)))
    neighbours = (math.nextafter(number, math.inf), math.nextafter(number, -math.inf))
    return all(here <= abs(value - exact(Fraction(x))) for x in neighbours if math.isfinite(x))


# -- doubles -------------------------------------------------------------------------------------------------
@given(fractions)
@example(Fraction(0))
@example(LARGEST)
@example(-LEAST)
@example(LEAST / 2)  # a tie: to even, that is to 0
@example(3 * LEAST / 2)  # a tie: to 2·LEAST
@example(Fraction(2**53 + 1))  # a tie
@example(Fraction(2**53 + 3))
def test_a_rational_gives_the_nearest_double(value):
    assume(abs(value) <= LARGEST)
    number = float(double_literal(value))
    assert is_nearest(number, exact(value))
    assert number == float(value)
    assert double_literal(value) == repr(number)


@given(surds())
@example(Surd(fmpq(-1), fmpq(1), 2))
@example(Surd(fmpq(0), fmpq(-1, 10**320), 2))
@example(Surd(fmpq(17), fmpq(-12), 2))
@example(Surd(fmpq(665857), fmpq(-470832), 2))  # ≈ 7.5e-7, nearly all digits cancel
def test_a_surd_gives_the_nearest_double(value):
    number = float(double_literal(value))
    assert is_nearest(number, value)
    assert number == to_float(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_its_own_literal(number):
    assert float(double_literal(Fraction(number))) == number


@pytest.mark.parametrize("value", [Fraction(2) ** 1024, Fraction(-(10**400)), Surd(fmpq(0), fmpq(10) ** 309, 2)])
def test_a_number_beyond_the_doubles_is_refused(value):
    with pytest.raises(InvalidInput, match="too large for a double"):
        double_literal(value)


def test_what_rounds_to_infinity_is_refused_and_what_rounds_to_the_largest_double_is_not():
    limit = LARGEST + Fraction(2) ** 970  # half a unit of the last place above the largest double
    assert nearest_double(limit - 1) == float(LARGEST)
    with pytest.raises(InvalidInput):
        nearest_double(limit)


@pytest.mark.parametrize("value", ["1/2", None, 0.5 + 1j, object()])
def test_what_is_no_exact_number_is_refused(value):
    for literal in (double_literal, lambda v: decimal_literal(v, 5)):
        with pytest.raises(InvalidInput, match="not an exact number"):
            literal(value)


# -- decimals ------------------------------------------------------------------------------------------------
@given(fractions, digit_counts)
@example(Fraction(25, 10), 1)  # ties go to even
@example(Fraction(35, 10), 1)
@example(Fraction(-12345, 100), 4)
@example(Fraction(99999, 10), 4)  # rounding adds a digit
@example(Fraction(1, 3 * 10**21), 3)
@example(Fraction(10**30), 5)
@example(Fraction(-1, 10**1000), 7)
def test_a_decimal_is_correctly_rounded(value, digits):
    text = decimal_literal(value, digits)
    if value == 0:
        assert text == "0"
        return
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN, Emin=-(10**6), Emax=10**6)
    expected = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    assert Fraction(text) == Fraction(expected)
    mantissa = text.lstrip("-").partition("e")[0]
    assert len(mantissa.replace(".", "").lstrip("0")) == digits, "all significant digits are written"


@given(fractions.filter(bool), digit_counts)
def test_the_error_of_a_decimal_is_at_most_half_a_unit_of_its_last_digit(value, digits):
    text = decimal_literal(value, digits)
    mantissa, _, exponent = text.lstrip("-").partition("e")
    unit = Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    error = distance(text, value)
    assert error <= unit / 2
    if error == unit / 2:
        assert Fraction(text) / unit % 2 == 0


@given(surds(), digit_counts)
@example(Surd(fmpq(665857), fmpq(-470832), 2), 30)
@example(Surd(fmpq(0), fmpq(1, 10**50), 2), 3)
def test_a_decimal_of_a_surd_is_correctly_rounded(value, digits):
    text = decimal_literal(value, digits)
    mantissa, _, exponent = text.lstrip("-").partition("e")
    unit = Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    assert abs(value - exact(Fraction(text))) < exact(unit / 2)
    assert text.startswith("-") == (value < 0)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (Fraction(1, 4), 5, "0.25000"),
        (Fraction(-1, 3), 3, "-0.333"),
        (100, 3, "100"),
        (100, 5, "100.00"),
        (100, 2, "1.0e+02"),
        (Fraction(1, 10**5), 2, "0.000010"),
        (Fraction(1, 10**6), 2, "1.0e-06"),
        (Fraction(1, 10**21), 1, "1e-21"),
        (Fraction(1, 7 * 10**300), 4, "1.429e-301"),
        (Fraction(10**400, 3), 4, "3.333e+399"),
        (fmpq(2, 3), 5, "0.66667"),
        (sqrt(fmpq(2)), 10, "1.414213562"),
        (Fraction(9995, 1000), 3, "10.0"),
    ],
)
def test_the_form_of_a_decimal(value, digits, text):
    assert decimal_literal(value, digits) == text


@pytest.mark.parametrize("digits", [0, -1, 2.5, True, "5"])
def test_a_number_of_digits_that_is_not_allowed(digits):
    with pytest.raises(InvalidInput, match="digits = "):
        decimal_literal(Fraction(1, 3), digits)


def test_the_least_and_the_greatest_are_quick_and_right():
    assert decimal_literal(Fraction(1, 10**100_000), 3) == "1.00e-100000"
    assert decimal_literal(10**100_000, 3) == "1.00e+100000"


# -- fractions -----------------------------------------------------------------------------------------------
@given(st.fractions())
def test_a_fraction_reads_back(value):
    assert Fraction(fraction_literal(value)) == value
    assert fraction_literal(exact(value)) == fraction_literal(value) == str(value)


def test_a_fraction_of_any_length():
    text = fraction_literal(Fraction(10**6000 + 1, 7**9000))
    top, bottom = text.split("/")
    assert (len(top), top[0], top[-1]) == (6001, "1", "1")
    assert Decimal(bottom) == Decimal(7**9000)


def test_a_surd_is_given_by_its_own_text():
    value = Surd(fmpq(1, 2), fmpq(-3, 4), 5)
    assert fraction_literal(value) == str(value) == "1/2 - 3*sqrt(5)/4"
