"""The field ℚ(√d): its axioms, roots that come out, and fields that do not mix."""

from __future__ import annotations

import pickle
from fractions import Fraction

import pytest
import sympy
from flint import fmpq, fmpq_poly, fmpz
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from polyunroll.arithmetic.exact import sign, sqrt
from polyunroll.arithmetic.surd import Surd, rational_sqrt, split_square
from polyunroll.errors import OutsideField

D = 5
rationals = st.fractions(max_denominator=1000).map(lambda x: fmpq(x.numerator, x.denominator))


def number(a, b, d=D):
    return Surd(a, b, d) if b != 0 else a


elements = st.builds(number, rationals, rationals)
r5 = Surd(fmpq(0), fmpq(1), D)


@given(elements, elements, elements)
def test_the_axioms_of_a_field(x, y, z):
    assert x + y == y + x
    assert x * y == y * x
    assert (x + y) + z == x + (y + z)
    assert (x * y) * z == x * (y * z)
    assert x * (y + z) == x * y + x * z
    assert x - y == -(y - x)
    assert (x - y) + y == x
    assert x + 0 == x
    assert x * 1 == x
    assert x - x == 0
    if y != 0:
        assert x / y * y == x
        assert y / y == 1
        assert (1 / y) * y == 1


@given(elements, st.integers(-5, 5))
def test_powers_are_repeated_products(x, n):
    assume(x != 0)
    product = fmpq(1)
    for _ in range(abs(n)):
        product = product * x
    assert x**n == (product if n >= 0 else 1 / product)


@given(rationals, rationals, rationals, rationals)
def test_the_parts_of_sums_and_products(a, b, c, e):
    x, y = Surd(a, b, D), Surd(c, e, D)
    total, product = x + y, x * y
    if b + e != 0:
        assert (total.a, total.b) == (a + c, b + e)
    if a * e + b * c != 0:
        assert (product.a, product.b) == (a * c + D * b * e, a * e + b * c)


@given(elements)
def test_absolute_values_and_signs(x):
    assert sign(abs(x)) == (x != 0)
    assert abs(x) * abs(x) == x * x
    assert sign(-x) == -sign(x)


@pytest.mark.parametrize("other", [2, fmpz(2), fmpq(2), Fraction(2)])
def test_rationals_of_every_kind_on_both_sides(other):
    two = fmpq(2)
    assert r5 + other == other + r5 == Surd(two, fmpq(1), D)
    assert r5 - other == -(other - r5) == Surd(-two, fmpq(1), D)
    assert r5 * other == other * r5 == Surd(fmpq(0), two, D)
    assert r5 / other == Surd(fmpq(0), fmpq(1, 2), D)
    assert other / r5 == Surd(fmpq(0), fmpq(2, 5), D)
    assert r5 > other
    assert other < r5
    assert r5 != other
    assert other != r5


@pytest.mark.parametrize("other", [0.5, "1", None, 1j, [1]])
def test_other_things_do_not_combine(other):
    for operation in (
        lambda: r5 + other,
        lambda: other - r5,
        lambda: r5 * (0.5 if other == [1] else other),
        lambda: r5 / other,
        lambda: other / r5,
    ):
        with pytest.raises(TypeError):
            operation()
    assert r5 != other


def test_powers_take_whole_exponents_only():
    for exponent in (0.5, fmpq(1, 2), "2"):
        with pytest.raises(TypeError):
            r5**exponent


def test_numbers_drop_back_to_the_rationals():
    assert type(r5 * r5) is fmpq
    assert type(r5 - r5) is fmpq
    assert type(r5 / r5) is fmpq
    assert type(r5**0) is fmpq
    assert type(r5**2) is fmpq
    with pytest.raises(ZeroDivisionError):
        r5 / 0
    with pytest.raises(ZeroDivisionError):
        r5 / (r5 - r5)


# -- roots ---------------------------------------------------------------------------------------
def test_a_root_that_comes_out():
    assert sqrt(9 - 4 * r5) == r5 - 2
    assert sqrt(9 + 4 * r5) == r5 + 2
    assert sqrt((3 + r5) / 2) == (1 + r5) / 2
    assert str(sqrt(9 - 4 * r5)) == "-2 + sqrt(5)"


@given(elements)
def test_roots_of_squares(x):
    assert sqrt(x * x) == abs(x)


@given(elements)
@settings(max_examples=300)
def test_a_root_is_right_or_refused(x):
    if sign(x) < 0:
        with pytest.raises(OutsideField):
            sqrt(x)
        return
    try:
        root = sqrt(x)
    except OutsideField:
        assert isinstance(x, Surd)  # of a rational there is always one
        return
    assert root * root == x
    assert sign(root) >= 0


def test_a_root_that_needs_a_second_one_is_refused():
    with pytest.raises(OutsideField, match=r"ℚ\(√5\)"):
        sqrt(1 + r5)
    with pytest.raises(OutsideField):
        sqrt(r5)


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_squares_are_split_off(p, q):
    s, d = split_square(fmpq(p, q))
    assert s > 0
    assert s * s * d == fmpq(p, q)
    assert all(exponent == 1 for exponent in sympy.factorint(d).values())


def test_large_numbers_are_split_without_being_factored():
    prime = 2**89 - 1
    s, d = split_square(fmpq(prime * prime * 12))
    assert (s, d) == (2 * prime, 3)
    s, d = split_square(fmpq(prime * prime * 10007**2 * 3))  # the square factor hides behind the 3
    assert s * s * d == fmpq(prime * prime * 10007**2 * 3)
    assert split_square(fmpq(fmpz(10) ** 20000)) == (fmpq(fmpz(10) ** 10000), 1)


@given(st.fractions(min_value=0))
def test_rational_roots(x):
    value = fmpq(x.numerator, x.denominator)
    assert rational_sqrt(value * value) == value
    assert rational_sqrt(-value * value - 1) is None
    assert rational_sqrt(value * value * 2) == (0 if value == 0 else None)


# -- fields --------------------------------------------------------------------------------------
def test_two_fields_do_not_mix():
    two, three = sqrt(fmpq(2)), sqrt(fmpq(3))
    for operation in (
        lambda: two + three,
        lambda: two - three,
        lambda: two * three,
        lambda: two / three,
        lambda: two < three,
    ):
        with pytest.raises(OutsideField, match="different fields"):
            operation()
    assert two != three


def test_one_field_written_in_two_ways():
    two = Surd(fmpq(0), fmpq(1), 2)
    eight = Surd(fmpq(0), fmpq(1), 8)
    assert sqrt(fmpq(8)) == 2 * two
    assert two + eight == 3 * two
    assert eight - two == two
    assert two * eight == 4
    assert eight / two == 2
    assert two < eight
    assert eight == 2 * two
    assert hash(eight) == hash(2 * two)
    assert eight != -2 * two
    assert len({eight, 2 * two, -eight}) == 2


def test_equal_numbers_have_equal_hashes():
    plain = Surd(fmpq(3), fmpq(0), 2)
    assert plain == fmpq(3)
    assert hash(plain) == hash(fmpq(3))


# -- polynomials as parts ------------------------------------------------------------------------
def test_polynomials_over_the_field():
    x = fmpq_poly([0, 1])
    p = r5 * x + 1  # 1 + √5 x
    q = p * p
    assert isinstance(q, Surd)
    assert (q.a, q.b) == (1 + 5 * x * x, 2 * x)
    assert (p * fmpq(2)).b == 2 * x
    assert (x * p).a == x
    assert (p - p).b == 0
    assert "sqrt(5)" in str(p)


# -- what it looks like --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (r5, "sqrt(5)"),
        (-r5, "-sqrt(5)"),
        (r5 / 3, "sqrt(5)/3"),
        (2 * r5 / 3, "2*sqrt(5)/3"),
        (1 - 2 * r5, "1 - 2*sqrt(5)"),
        (r5 + fmpq(-1, 2), "-1/2 + sqrt(5)"),
    ],
)
def test_text(value, text):
    assert str(value) == repr(value) == text
    assert sympy.parse_expr(text).equals(sympy.S(value))


def test_sympy_takes_the_exact_number():
    # without a rule of its own SymPy would take the nearest float
    assert sympy.S(r5) == sympy.sqrt(5)
    assert sympy.Symbol("x") * (1 + r5) == sympy.Symbol("x") * (1 + sympy.sqrt(5))


def test_pickling():
    value = (1 + r5) / 3
    assert pickle.loads(pickle.dumps(value)) == value
