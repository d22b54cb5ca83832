"""Exact numbers: every way of giving one, exact order, and correctly rounded doubles."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from flint import fmpq, fmpz
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from polyunroll.arithmetic.exact import exact, is_sympy, latex, public, sign, sqrt, to_float, whole_number
from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.symbols import Field, Symbolic, from_sympy, to_sympy
from polyunroll.errors import InvalidInput, OutsideField

ACCEPTED = [
    (3, fmpq(3)),
    (-7, fmpq(-7)),
    (10**5000, fmpq(fmpz(10) ** 5000)),
    (fmpz(4), fmpq(4)),
    (fmpq(1, 3), fmpq(1, 3)),
    (Fraction(-2, 6), fmpq(-1, 3)),
    ("1/100", fmpq(1, 100)),
    (" -1 / 100 ", fmpq(-1, 100)),
    ("6/4", fmpq(3, 2)),
    ("0.01", fmpq(1, 100)),
    (".5", fmpq(1, 2)),
    ("5.", fmpq(5)),
    ("+5", fmpq(5)),
    ("−5", fmpq(-5)),  # U+2212
    ("1e-8", fmpq(1, 10**8)),
    ("1.25E+3", fmpq(1250)),
    ("0e5", fmpq(0)),
    ("2e0", fmpq(2)),
    ("1e-100000", fmpq(fmpz(1), fmpz(10) ** 100000)),
    ("9" * 4000, fmpq(fmpz(10) ** 4000 - 1)),
    (0.1, fmpq(1, 10)),
    (1e-300, fmpq(1, 10**300)),
    (5e-324, fmpq(5, 10**324)),
    (1e300, fmpq(fmpz(10) ** 300)),
    (-0.0, fmpq(0)),
    (np.float64(0.1), fmpq(1, 10)),
    (np.float32(0.1), fmpq(1, 10)),
    (np.float16(0.1), fmpq(1, 10)),
    (np.longdouble("0.1"), fmpq(1, 10)),
    (np.array(0.1), fmpq(1, 10)),
    (np.array(0.1, dtype=np.float32), fmpq(1, 10)),
    (np.int8(-3), fmpq(-3)),
    (np.uint64(2**63), fmpq(2**63)),
    (np.array(7), fmpq(7)),
]

REFUSED = [
    *("", " ", "abc", "1/0", "0/0", "1/-2", "1/2/3", "1.5/2", "1e", "e5", ".", "1,5", "1_000", "0x10", "--1"),
    *("nan", "inf", "-inf", "1+1", "1e5.5", "sqrt(2)", "1\n2", "1 2", "½", "1e-100001", "1e999999999999", "1" * 4001),
    *(math.nan, math.inf, -math.inf, True, False, None, 1j, [1], (1,), {}, object(), b"1", Decimal(1)),
    *(np.float64("nan"), np.float32("inf"), np.longdouble("inf"), np.bool_(True), np.complex128(1), np.array([1.0])),
]


@pytest.mark.parametrize(("given_value", "expected"), ACCEPTED, ids=range(len(ACCEPTED)))
def test_numbers_are_taken_exactly(given_value, expected):
    value = exact(given_value)
    assert isinstance(value, fmpq)
    assert value == expected


@pytest.mark.parametrize("junk", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_number_is_refused_by_name(junk):
    with pytest.raises(InvalidInput, match="ell"):
        exact(junk, "ell")


def test_a_surd_passes_through():
    assert exact(sqrt(fmpq(2))) is not None
    root = sqrt(fmpq(2))
    assert exact(root) is root


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(0.1 + 0.2)
@example(9007199254740993.0)
def test_a_float_means_its_shortest_decimal(x):
    value = exact(x)
    assert public(value) == Fraction(repr(x))
    assert to_float(value) == x


@given(st.fractions())
def test_fractions_round_trip(x):
    assert public(exact(x)) == x
    assert public(exact(str(x))) == x


def test_whole_numbers():
    assert whole_number(np.int64(3), "t") == 3
    assert type(whole_number(fmpz(3), "t")) is int
    for junk in (-1, True, 1.0, "3", None, Fraction(2), 2.5):
        with pytest.raises(InvalidInput, match="t = "):
            whole_number(junk, "t")
    with pytest.raises(InvalidInput, match="≥ 2"):
        whole_number(1, "t", 2)


# -- roots ---------------------------------------------------------------------------------------
@given(st.fractions(min_value=0, max_denominator=10**6))
def test_the_root_squares_to_the_number(x):
    value = exact(x)
    root = sqrt(value)
    assert root * root == value
    assert sign(root) == sign(value)
    assert isinstance(root, fmpq) == (
        math.isqrt(x.numerator) ** 2 == x.numerator and math.isqrt(x.denominator) ** 2 == x.denominator
    )


def test_roots_of_negative_numbers_are_refused():
    for value in (fmpq(-1), fmpq(-1, 100), sqrt(fmpq(2)) - 2):
        with pytest.raises(OutsideField, match="not a real number"):
            sqrt(value)


def test_the_root_of_a_number_with_very_many_digits():
    tiny = exact("1e-5001")
    root = sqrt(tiny)
    assert root * root == tiny
    assert sqrt(tiny * tiny) == tiny


# -- order ---------------------------------------------------------------------------------------
rationals = st.fractions(max_denominator=10**9).map(exact)
square_free = st.sampled_from([2, 3, 5, 6, 7, 10, 10**9 + 7])


def surds(d):
    return st.builds(lambda a, b: Surd(a, b, d) if b != 0 else a, rationals, rationals)


@st.composite
def pairs_of_one_field(draw):
    d = draw(square_free)
    return draw(surds(d)), draw(surds(d))


def in_mpmath(value, context):
    if isinstance(value, Surd):
        return in_mpmath(value.a, context) + in_mpmath(value.b, context) * context.sqrt(value.d)
    return context.mpf(int(value.p)) / int(value.q)


@pytest.fixture(scope="module")
def context():
    private = mpmath.mp.clone()
    private.dps = 200
    return private


@given(pairs_of_one_field())
@settings(deadline=None)
def test_the_order_is_that_of_mpmath_at_200_digits(context, pair):
    x, y = pair
    difference = in_mpmath(x, context) - in_mpmath(y, context)
    expected = 0 if abs(difference) < context.mpf(10) ** -150 else int(context.sign(difference))
    assert sign(x - y) == expected
    assert (x < y, x > y, x == y) == (expected < 0, expected > 0, expected == 0)
    assert (x <= y, x >= y, x != y) == (expected <= 0, expected >= 0, expected != 0)


@pytest.mark.parametrize("n", [1, 5, 40, 200])
def test_the_order_near_equality(n):
    # convergents p/q of √2 lie on alternating sides of it, 1/(2√2 q²) away
    p, q = 1, 1
    for _ in range(n):
        p, q = p + 2 * q, p + q
    root, convergent = sqrt(fmpq(2)), fmpq(p, q)
    below = p * p < 2 * q * q
    assert (convergent < root, convergent > root) == (below, not below)
    assert (root > convergent, root < convergent) == (below, not below)
    assert (root >= convergent, root <= convergent) == (below, not below)
    assert sign(root - convergent) == (1 if below else -1)


def test_order_against_floats_is_exact():
    root = sqrt(fmpq(2))
    nearest = math.sqrt(2)
    assert (root < nearest) == (Fraction(nearest) ** 2 > 2)
    assert root < math.nextafter(nearest, 2)
    assert root > math.nextafter(nearest, 1)
    assert root < math.inf
    assert root > -math.inf
    assert not root < math.nan
    assert not root > math.nan


# -- doubles -------------------------------------------------------------------------------------
def is_nearest(x, value, context):
    """Whether no neighbour of the double x is nearer to the value."""
    target = in_mpmath(value, context)
    error = abs(context.mpf(x) - target)
    return all(error <= abs(context.mpf(math.nextafter(x, to)) - target) for to in (-math.inf, math.inf))


@given(square_free.flatmap(surds))
@settings(deadline=None)
def test_doubles_are_nearest(context, value):
    assert is_nearest(to_float(value), value, context)


@given(st.fractions(), st.integers(-300, 300))
def test_rationals_to_doubles(x, power):
    scaled = x * Fraction(10) ** power
    assume(abs(scaled) < Fraction(10) ** 308)
    assert to_float(exact(scaled)) == float(scaled)


@given(st.floats(1e-3, 1e3), st.integers(30, 60), st.sampled_from([1, -1]))
def test_doubles_next_to_a_tie(x, n, side):
    # a number a hair beside the middle of two doubles goes to that side
    above = math.nextafter(x, math.inf)
    middle = (Fraction(x) + Fraction(above)) / 2
    p, q = 1, 1
    for _ in range(n):
        p, q = p + 2 * q, p + q
    hair = sqrt(fmpq(2)) - fmpq(p, q)
    hair = hair * (side * sign(hair))
    assert to_float(exact(middle) + hair) == (above if side > 0 else x)


def test_doubles_survive_massive_cancellation(context):
    tiny = 10**40 - sqrt(exact(10**80 - 1))
    context.dps, before = 400, context.dps
    try:
        # 10⁴⁰ − √(10⁸⁰ − 1) = 1/(10⁴⁰ + √(10⁸⁰ − 1))
        assert to_float(tiny) == float(1 / (context.mpf(10) ** 40 + context.sqrt(context.mpf(10) ** 80 - 1)))
        assert to_float(-tiny) == -to_float(tiny)
    finally:
        context.dps = before
    assert to_float(tiny) == 5e-41


def test_doubles_at_the_ends_of_their_range():
    root = sqrt(fmpq(2))
    assert to_float(root * exact("1e-320")) == float(Fraction(math.isqrt(2 * 10**80), 10**40) * Fraction(1, 10**320))
    assert to_float(root * exact("1e-400")) == 0.0
    assert to_float(exact("1e-400")) == 0.0
    for large in (exact("1e400"), root * exact("1e400")):
        with pytest.raises(InvalidInput, match="too large for a double"):
            to_float(large)
    assert float(Surd(1 + fmpq(1, 2**53), fmpq(0), 2)) == 1.0  # a tie without a root


# -- shown ---------------------------------------------------------------------------------------
def test_latex():
    assert latex(fmpq(-1, 100)) == r"-\frac{1}{100}"
    assert latex(Fraction(3)) == "3"
    assert latex(Surd(fmpq(1), fmpq(-1, 2), 5)) == r"1 - \frac{1}{2}\sqrt{5}"
    assert latex(-sqrt(fmpq(2))) == r"-\sqrt{2}"


def test_public_values():
    assert type(public(fmpq(1, 2))) is Fraction
    root = sqrt(fmpq(2))
    assert public(root) is root
    assert not is_sympy(root)


# -- SymPy ---------------------------------------------------------------------------------------
x, y = sympy.symbols("x y")
p, q = sympy.symbols("p q", positive=True)
R = sympy.Rational


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (sympy.Integer(-3), fmpq(-3)),
        (R(2, 6), fmpq(1, 3)),
        (sympy.Float(0.1), fmpq(1, 10)),
        (sympy.Float("0.1", 50), fmpq(1, 10)),
        (sympy.Float(2**0.5), exact(repr(2**0.5))),
        (sympy.Float("1e-400"), exact("1e-400")),
        (sympy.Float(0), fmpq(0)),
        (sympy.sqrt(2), sqrt(fmpq(2))),
        (1 / sympy.sqrt(8), sqrt(fmpq(2)) / 4),
        (sympy.sqrt(R(9, 4)), fmpq(3, 2)),
        (sympy.sqrt(9 - 4 * sympy.sqrt(5)), sqrt(fmpq(5)) - 2),
        ((1 + sympy.sqrt(2)) ** 5, (1 + sqrt(fmpq(2))) ** 5),
        (2 ** R(-3, 2), sqrt(fmpq(2)) / 4),
        (sympy.Pow(1 + sympy.sqrt(3), -2, evaluate=False), (1 + sqrt(fmpq(3))) ** -2),
        ((x + 1) ** 2 - x**2 - 2 * x - 1, fmpq(0)),
        ((x**2 - 1) / (x - 1) - x, fmpq(1)),
        (x * sympy.sqrt(2) / x, sqrt(fmpq(2))),
        (sympy.sqrt(p * q) - sympy.sqrt(p) * sympy.sqrt(q), fmpq(0)),
        (sympy.sqrt(x**2 * 2) / x, sqrt(fmpq(2))),
    ],
    ids=str,
)
def test_numbers_come_in_exactly(expression, expected):
    value = from_sympy(expression, "v")
    assert type(value) is type(expected)
    assert value == expected
    assert exact(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [x, x / (x + y), 0.1 * x + 1, sympy.sqrt(x * y) / 3, sympy.sqrt(2) * x + 1, x * sympy.sqrt(9 - 4 * sympy.sqrt(5)),
     sympy.sqrt(p) * sympy.sqrt(q), sympy.sqrt(x - 1) * sympy.sqrt(x - 2), sympy.sqrt(x / y)],
    ids=str,
)  # fmt: skip
def test_expressions_keep_their_symbols(expression):
    value = from_sympy(expression, "v")
    assert isinstance(value, Symbolic)
    assert not value.expr.atoms(sympy.Float)
    point = {x: R(17, 3), y: R(5, 7), p: R(17, 3), q: R(5, 7)}
    assert abs(sympy.N((value.expr - expression).subs(point))) < 1e-12
    field = Field(expression.free_symbols)
    canonical = field.expression(field.element(value))
    assert abs(sympy.N((canonical - expression).subs(point), 30)) < 1e-14
    assert exact(value) is value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (sympy.pi, "contains pi"),
        (sympy.E * x, "contains E"),
        (sympy.I, "contains I"),
        (sympy.sqrt(-2), "contains I"),
        (sympy.sin(x), r"contains sin\(x\)"),
        (sympy.Abs(x), "contains Abs"),
        (sympy.Function("f")(x), r"contains f\(x\)"),
        (x**y, r"contains x\*\*y"),
        (x ** R(1, 3), r"contains x\*\*\(1/3\)"),
        (x**1001, r"contains x\*\*1001"),
        (sympy.sqrt(2) + sympy.sqrt(3), "different fields"),
        (sympy.sqrt(x) + sympy.sqrt(y), "different fields"),
        (sympy.sqrt(2) + sympy.sqrt(x), "different fields"),
        (sympy.sqrt(1 + sympy.sqrt(x)), "second root"),
        (sympy.sqrt(1 + sympy.sqrt(2)), "lies outside"),
        (sympy.sqrt((x - 1) ** 2), "not known to be a positive"),
        (sympy.sqrt(-(x**2) - 1), "not known to be a positive"),
        (sympy.oo, "not finite"),
        (-sympy.oo, "not finite"),
        (sympy.zoo, "not finite"),
        (sympy.nan, "not finite"),
        (1 / ((x + 1) ** 2 - x**2 - 2 * x - 1), "divides by zero"),
        (sympy.Pow(sympy.sqrt(2) ** 2 - 2, -1, evaluate=False), "divides by zero|not finite"),
        (sympy.Float((0, 1, -400000, 1)), "exponent"),
        (sympy.Symbol("lambda"), "stands for the eigenvalue"),
        (sympy.Symbol("lambda", positive=True) + 1, "stands for the eigenvalue"),
        (sympy.Symbol("c", commutative=False), "real number"),
        (sympy.Symbol("c", imaginary=True), "real number"),
        (sympy.Matrix([1]), "not a number"),
        (sympy.true, "not a number"),
        (sympy.Eq(x, 1), "not a number"),
        (sympy.Poly(x, x), "not a number"),
        (sympy.MatrixSymbol("M", 2, 2)[0, 0], "real number|contains M"),
    ],
    ids=str,
)
def test_what_lies_outside_is_refused_by_name(expression, message):
    with pytest.raises(InvalidInput, match=message) as caught:
        exact(expression, "eta")
    if "fields" not in message and "root" not in message and "positive" not in message and "lies" not in message:
        assert "eta" in str(caught.value)


def test_outside_the_field_has_its_own_error():
    for expression in (sympy.pi, sympy.sin(x), sympy.sqrt(x) + sympy.sqrt(y), sympy.I):
        with pytest.raises(OutsideField):
            from_sympy(expression)


@given(st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False))
@settings(deadline=None)
def test_a_sympy_float_means_the_decimal_that_python_prints(number):
    assert from_sympy(sympy.Float(number)) == exact(number)


def test_a_sympy_float_that_is_a_power_of_two():
    # the numbers that round to it reach half as far down as up
    for power in range(-1022, 1024):
        assert from_sympy(sympy.Float(2.0**power)) == exact(2.0**power)


@given(st.integers(1, 10**40), st.integers(-60, 60), st.integers(20, 60))
@settings(deadline=None)
def test_a_precise_float_means_its_shortest_decimal(digits, power, precision):
    # a decimal of fewer digits than the precision carries is found again
    decimal = exact(f"{str(digits)[: precision - 2]}e{power}")
    assert from_sympy(sympy.Float(to_sympy(decimal), precision)) == decimal
