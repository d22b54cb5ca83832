"""Exact worst cases at an end of the spectrum: against enclosures, and where there is none to be had."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.cases import CASES
from reference.fields import INTERVALS
from reference.strategies import methods

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import exact
from polyunroll.bounds.at_end import _is_positive, exact_at_end
from polyunroll.bounds.question import Question
from polyunroll.bounds.values import at_ends_exactly

S = pu.Spectrum("1/100", 1)


def inside(value, enclosure):
    with ball_precision(2000):
        number = ball(value)
        low, high = ball(exact(enclosure.lower)), ball(exact(enclosure.upper))
        return bool(low.lower() <= number.upper()) and bool(number.lower() <= high.upper())


@settings(max_examples=120)
@given(
    methods(),
    st.integers(1, 12),
    st.fractions(0, 9, max_denominator=9),
    st.fractions(0, 9, max_denominator=9),
    st.sampled_from(["total", "partial"]),
)
def test_exact_values_lie_in_the_enclosures(method, t, R, G, split):
    if R == G == 0:
        return
    question = Question.of(method, t, R, G, split=split)
    value = exact_at_end(question)
    if value is None:
        return
    enclosure = pu.worst_case(method, t, R, G, digits=60, split=split)
    assert inside(value, enclosure)
    assert at_ends_exactly(question) == value


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
@pytest.mark.parametrize("interval", INTERVALS, ids=lambda i: i.name)
def test_found_wherever_the_engine_names_one_end(case, interval):
    method = case.make(interval)
    for t in (2, 3, 6, 11):
        for G, split in ((0, "total"), (1, "total"), (1, "partial")):
            enclosure = pu.worst_case(method, t, 1, G, digits=30, split=split)
            value = exact_at_end(Question.of(method, t, 1, G, split=split))
            at_end = enclosure.at in (method.spectrum.ell, method.spectrum.L)
            assert (value is not None) == at_end
            if at_end:
                assert inside(value, enclosure)


def test_known_values():
    # |E_2(L)| = |1 − 2| for h = √2, and (t²(1+σ)−1)/T_t(σ) for Chebyshev
    root = pu.GradientDescent(S, "sqrt(2)/L")
    assert exact_at_end(Question.of(root, 2)) == 1
    s = Fraction(101, 99)
    value = exact_at_end(Question.of(pu.Chebyshev(S), 4))
    assert value == exact((16 * (1 + s) - 1) / (8 * s**4 - 8 * s**2 + 1))
    assert exact_at_end(Question.of(pu.Chebyshev(S), 1)) == 1  # E_1 = 1 everywhere
    assert exact_at_end(Question.of(pu.Sobolev(pu.Spectrum("1/2", 1)), 2, 1, 1)) == fmpq(25, 17)


def test_where_there_is_none():
    assert exact_at_end(Question.of(pu.Chebyshev(S), 49)) is None
    assert exact_at_end(Question.of(pu.Chebyshev(S), 48)) is not None
    assert exact_at_end(Question.of(pu.GradientDescent(pu.Spectrum(1, 1), "1/2"), 2)) is None
    assert exact_at_end(Question.of(pu.Sobolev(S), 5)) is None  # the maximum is inside
    assert exact_at_end(Question.of(pu.Sobolev(S, pu.measures.legendre(), 0), 5, 1, 1)) is None  # two eigenvalues
    assert exact_at_end(Question.of(pu.Chebyshev(S), 3, estimator="truncated", plain_steps=1)) is None
    # three fields: √(ℓL) = √2/10, R = √3
    fields = Question.of(pu.HeavyBall(pu.Spectrum("1/50", 1)), 3, sympy.sqrt(3), 1)
    assert exact_at_end(fields) is None


def test_positivity():
    low, high = fmpq(0), fmpq(1)
    assert _is_positive([fmpq(1)], low, high)
    assert _is_positive([fmpq(1, 10**9), fmpq(-1), fmpq(1, 4) * fmpq(1), fmpq(2)], low, high) is False  # dips below
    assert _is_positive([fmpq(26, 100), fmpq(-1), fmpq(1)], low, high)  # (x−½)² + 1/100
    assert not _is_positive([fmpq(1, 4), fmpq(-1), fmpq(1)], low, high)  # touches 0: not proved
    assert not _is_positive([fmpq(0), fmpq(1)], low, high)
    assert not _is_positive([fmpq(1), fmpq(-1)], low, high)
    nearly = [fmpq(1, 4) + fmpq(1, 10**20), fmpq(-1), fmpq(1)]
    assert _is_positive(nearly, low, high)
