"""Enclosures: containment, the three-valued order, digits, and balls that survive a trip between processes."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError
from fractions import Fraction
from operator import ge, gt, le, lt

import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

import polyunroll as pu
from polyunroll.arithmetic.balls import ball_precision
from polyunroll.bounds.certificate import certificate
from polyunroll.bounds.enclosure import Enclosure, UndecidedComparison, lower_fraction, upper_fraction
from polyunroll.errors import PolyunrollError

third = Enclosure(Fraction(33, 100), Fraction(34, 100))
zero = Enclosure(Fraction(0), Fraction(0))
fractions = st.fractions(min_value=-3, max_value=3, max_denominator=4)


@st.composite
def enclosures(draw):
    lower, upper = sorted((draw(fractions), draw(fractions)))
    return Enclosure(lower, upper)


# -- the order ------------------------------------------------------------------------------------------
@given(enclosures(), st.one_of(enclosures(), fractions))
@pytest.mark.parametrize("compare", [lt, le, gt, ge])
def test_a_comparison_is_true_or_false_of_all_numbers_or_undecided(compare, a, b):
    others = (b.lower, b.upper) if isinstance(b, Enclosure) else (b,)
    verdicts = {compare(x, y) for x in (a.lower, a.upper) for y in others}  # both are linear: the ends tell
    if len(verdicts) == 1:
        assert compare(a, b) is verdicts.pop()
    else:
        with pytest.raises(UndecidedComparison, match="is undecided: the enclosures overlap; ask for more digits"):
            compare(a, b)


@pytest.mark.parametrize("value", [Fraction(1, 3), 0.335, fmpq(1, 3), third])
def test_overlapping_is_undecided_either_way_round(value):
    for compare in (lt, le, gt, ge):
        for pair in ((third, value), (value, third)):
            if isinstance(value, fmpq) and pair[0] is value:
                continue  # FLINT's own types compare with nothing they do not know
            with pytest.raises(UndecidedComparison):
                compare(*pair)


def test_what_is_proved_needs_no_sign_turned_round():
    assert third < Fraction(35, 100)
    assert Fraction(35, 100) > third
    assert third <= Fraction(34, 100)
    assert not third > Fraction(34, 100)
    assert third >= Fraction(33, 100)
    assert not third < Fraction(33, 100)
    assert 0 < third < 1
    assert zero <= 0 <= zero
    assert not zero < 0
    with pytest.raises(UndecidedComparison):
        _ = third < Fraction(34, 100)
    with pytest.raises(UndecidedComparison):
        _ = not third >= Fraction(34, 100)


def test_undecided_is_an_error_of_its_own():
    assert issubclass(UndecidedComparison, PolyunrollError)
    assert issubclass(UndecidedComparison, ArithmeticError)
    assert not issubclass(UndecidedComparison, ValueError)
    assert pu.UndecidedComparison is UndecidedComparison


@pytest.mark.parametrize("value", [float("nan"), "text", None, [1]])
def test_what_is_no_number_is_compared_with_nothing(value):
    with pytest.raises((ValueError, TypeError)):
        _ = value in third
    with pytest.raises((ValueError, TypeError)):
        _ = value > third


# -- what it holds --------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", [Fraction(33, 100), Fraction(34, 100), Fraction(1, 3), fmpq(1, 3), 1 / 3])
def test_containment(value):
    assert value in third


@pytest.mark.parametrize("value", [0, 1, Fraction(33, 100) - Fraction(1, 10**40), 0.34 + 1e-15, fmpq(7), -(10**400)])
def test_containment_is_exact(value):
    assert value not in third


def test_zero_is_exactly_zero():
    assert 0 in zero
    assert Fraction(1, 10**100) not in zero
    assert Fraction(-1, 10**100) not in zero


def test_width_and_middle():
    assert third.width == Fraction(1, 100)
    assert third.relative_width == Fraction(1, 34)
    assert float(third) == 0.335
    assert zero.width == zero.relative_width == float(zero) == 0
    tiny = Enclosure(Fraction(1, 10**400), Fraction(2, 10**400))
    assert float(tiny) == 0.0
    assert tiny.relative_width == Fraction(1, 2)


def test_ends_the_wrong_way_round_are_refused():
    with pytest.raises(ValueError, match=r"^an enclosure's lower end 2 is above its upper end 1$"):
        Enclosure(Fraction(2), Fraction(1))


def test_nothing_can_be_changed_and_evidence_does_not_count():
    with pytest.raises(FrozenInstanceError):
        third.lower = Fraction(0)
    assert Enclosure(Fraction(1), Fraction(2), evidence=object()) == Enclosure(Fraction(1), Fraction(2))
    assert hash(Enclosure(Fraction(1), Fraction(2), evidence=[])) == hash(Enclosure(Fraction(1), Fraction(2)))
    assert "evidence" not in repr(third)


# -- digits ---------------------------------------------------------------------------------------------
def enclosing(lower, upper):
    return Enclosure(Fraction(lower), Fraction(upper))


@pytest.mark.parametrize(
    ("lower", "upper", "digits", "text"),
    [
        ("0.33", "0.34", None, "0.3"),
        ("0.3331", "0.3334", None, "0.333"),
        ("2/3", "2/3", 5, "0.66667"),
        ("9996", "10004", None, "1.00e+04"),
        ("1.23e-28", "1.23e-28", 3, "1.23e-28"),
        ("0", "0", None, "0"),
        ("-1", "1", None, "[-1, 1]"),
        ("0.1236", "0.8764", None, "[0.123, 0.877]"),
        ("0", "1e-900", None, "[0, 1e-900]"),
        ("1.2345e-30", "7.77e+400", None, "[1.23e-30, 7.77e+400]"),
    ],
)
def test_decimals_are_those_both_ends_round_to(lower, upper, digits, text):
    assert enclosing(lower, upper).decimal(digits) == text


def test_texts_have_twenty_digits_at_most():
    assert str(enclosing("2/3", "2/3")) == "0.66666666666666666667"
    assert str(zero) == "0"


@given(st.fractions(min_value=Fraction(1, 1000), max_value=1000), st.integers(1, 60), st.integers(1, 40))
def test_decimals_are_right(value, digits, places):
    hair = value / 10**digits
    text = Enclosure(value - hair, value + hair).decimal(places)
    if text.startswith("["):
        return
    shown = Fraction(text)
    mantissa = text.split("e")[0].replace(".", "").lstrip("0")
    assert len(mantissa) <= places
    leading = Fraction(10) ** (len(str(int(shown))) - 1) if shown >= 1 else shown
    assert abs(shown - value) <= max(leading, shown) * Fraction(6, 10 ** len(mantissa)) + hair


def test_for_notebooks():
    assert Enclosure(Fraction(1, 10**30), Fraction(1, 10**30))._repr_latex_().endswith(r"\cdot 10^{-30}$")
    assert third._repr_latex_().startswith("$")


# -- ends from balls ------------------------------------------------------------------------------------
@given(st.integers(-(10**30), 10**30), st.integers(1, 10**30), st.integers(2, 300), st.integers(-900, 900))
def test_ends_enclose_the_ball(p, q, bits, power):
    exact = fmpq(p, q) * fmpq(2) ** power
    with ball_precision(bits):
        around = arb(exact)
        low, high = lower_fraction(around), upper_fraction(around)
    assert low <= Fraction(p, q) * Fraction(2) ** power <= high
    assert isinstance(low, Fraction)
    assert high - low <= abs(Fraction(p, q)) * Fraction(2) ** (power + 6 - bits)


@pytest.mark.parametrize("value", [arb(0), arb(7), arb((3, -5000)), arb((-3, 5000))])
def test_exact_balls_have_exact_ends(value):
    assert lower_fraction(value) == upper_fraction(value)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_what_is_not_finite_has_no_ends(value):
    for end in (lower_fraction, upper_fraction):
        with pytest.raises((ValueError, OverflowError)):
            end(arb(value))


# -- between processes ----------------------------------------------------------------------------------
@pytest.mark.parametrize("method", [pu.Chebyshev, pu.Sobolev])
@pytest.mark.parametrize("criterion", ["exact", "pointwise"])
def test_answers_can_be_pickled_and_copied(method, criterion):
    found = pu.worst_case(method(pu.Spectrum("1/100", 1)), 7, 1, "1/3", 25, criterion=criterion)
    for twin in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert twin == found
        assert certificate(twin) == certificate(found)
