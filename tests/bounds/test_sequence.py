"""One pass over the steps: its coefficients against single steps, and its quick bounds against sampled values."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial import chebyshev as C
from reference.cases import CASES
from reference.fields import INTERVALS
from reference.strategies import methods

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.bounds.sequence import coefficient_sequence, quick_bounds, rough_bounds
from polyunroll.errors import HorizonError
from polyunroll.interpret.transfer import chebyshev_coefficients

S = pu.Spectrum("1/100", 1)


# -- coefficients --------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
@pytest.mark.parametrize("interval", INTERVALS, ids=lambda i: i.name)
def test_coefficients_are_the_exact_ones(case, interval):
    method, steps = case.make(interval), 12
    found = list(coefficient_sequence(method, steps, 80))
    assert len(found) == steps
    for t, balls in enumerate(found, 1):
        exact = chebyshev_coefficients(method, t)
        assert len(balls) == t + 1
        with ball_precision(2000):
            values = [ball(value) for value in exact]
            largest = max(abs(value).lower() for value in values)
            for a, b in zip(balls, values, strict=True):
                assert a.contains(b) or a.overlaps(b)
                assert a.rad() * arb(2) ** 79 < largest


@pytest.mark.parametrize("method", [pu.HeavyBall(S), pu.Nesterov(S), pu.Sobolev(S), pu.GradientDescent(S, "sqrt(2)")])
def test_long_passes_keep_their_bits(method):
    found = list(coefficient_sequence(method, 300, 64))
    assert len(found) == 300
    for balls in found:
        widest, largest = max(v.rad() for v in balls), max(abs(v).lower() for v in balls)
        assert widest * arb(2) ** 64 < largest
    with ball_precision(800):
        single = chebyshev_coefficients(method, 300, balls=True)
        assert all(a.overlaps(b) for a, b in zip(found[-1], single, strict=True))


def test_a_pass_that_loses_too_much_is_made_again(monkeypatch):
    wanted = [[v.mid() for v in balls] for balls in coefficient_sequence(pu.Nesterov(S), 60, 64)]
    monkeypatch.setattr("polyunroll.bounds.sequence._LOSS_PER_STEP", 0.1)
    found = list(coefficient_sequence(pu.Nesterov(S), 60, 64))
    assert len(found) == 60
    for balls, middles in zip(found, wanted, strict=True):
        largest = max(abs(v) for v in middles)
        assert all(abs(a - b) < largest * arb(2) ** -60 for a, b in zip(balls, middles, strict=True))


def test_a_pass_leaves_the_precision_alone():
    before = ctx.prec
    for _ in coefficient_sequence(pu.Sobolev(S), 5, 200):
        assert ctx.prec == before
    assert ctx.prec == before
    assert list(coefficient_sequence(pu.Sobolev(S), 0, 64)) == []


def test_a_pass_ends_at_the_horizon():
    method = pu.GradientDescent(S, [1, "1/2"])
    assert len(list(coefficient_sequence(method, 2, 64))) == 2
    with pytest.raises(HorizonError):
        list(coefficient_sequence(method, 3, 64))


# -- many t at once ------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", [pu.Nesterov(S), pu.Sobolev(S, pu.measures.legendre(), "1/10"), pu.Chebyshev(S)])
@pytest.mark.parametrize("how", [{}, {"G": 1}, {"G": 2, "criterion": "separate"}, {"G": 1, "split": "partial"}])
def test_many_steps_are_each_what_one_is(method, how):
    steps = [*range(18), 5, 40, 33]
    together = pu.worst_case(method, steps, digits=30, **how)
    assert len(together) == len(steps)
    for t, found in zip(steps, together, strict=True):
        alone = pu.worst_case(method, t, digits=30, **how)
        assert found.lower <= alone.upper
        assert alone.lower <= found.upper
        assert found.relative_width <= Fraction(1, 10**30)
        assert (found.note, found.proved) == (alone.note, alone.proved)


def test_no_steps_and_steps_of_other_kinds():
    assert pu.worst_case(pu.Sobolev(S), []) == []
    assert [float(v) for v in pu.worst_case(pu.Sobolev(S), [0, 0])] == [1, 1]
    one = pu.worst_case(pu.Nesterov(pu.Spectrum(2, 2)), range(5), G=1)
    assert [v.lower for v in one] == [1, Fraction(3, 2), 0, 0, 0]
    late = pu.worst_case(pu.Nesterov(S), range(4), estimator="truncated", plain_steps=3)
    assert late[2].lower == pu.worst_case(pu.Nesterov(S), 2, estimator="truncated", plain_steps=3).lower


# -- quick bounds --------------------------------------------------------------------------------------
series = st.lists(st.integers(-20, 20), min_size=1, max_size=12)


def sampled(a, b):
    """V by brute force over s, on points of [−1, 1]."""
    x = np.cos(np.linspace(0, np.pi, 4001))
    A, B = np.abs(C.chebval(x, a)), np.abs(C.chebval(x, b))
    s = np.concatenate([np.logspace(-8, -2, 30), np.linspace(0.01, 0.99, 197), 1 - np.logspace(-8, -2, 30)])
    return np.sqrt(min((A**2 / v + B**2 / (1 - v)).max() for v in s))


@settings(max_examples=60)
@given(series, series)
def test_quick_and_rough_bounds_are_bounds(a, b):
    b = b[: len(a)]
    value = sampled(a, b)
    with ball_precision(64):
        A, B = [arb(v) for v in a], [arb(v) for v in b]
        for bounds in (quick_bounds(A, B), rough_bounds(A, B)):
            assert float(bounds.lower) <= value * (1 + 1e-3) + 1e-9
            assert float(bounds.upper) >= value * (1 - 1e-3) - 1e-9
    # Riesz on 5n points, the separate bound against V, and V against W
    assert float(bounds.upper) <= 1.12 * 2**0.5 * value + 1e-9
    assert float(bounds.lower) >= value / 2**0.5 / 1.06 - 1e-9


def test_quick_bounds_are_sharp_at_an_end():
    with ball_precision(64):
        bounds = quick_bounds([arb(1), arb(2), arb(3)], [arb(4)])
        assert (bounds.lower, bounds.upper) == (10, 10)
        alternating = quick_bounds([arb(1), arb(-2), arb(3)], [arb(0), arb(5)])
        assert (alternating.lower, alternating.upper) == (11, 11)


@settings(max_examples=20)
@given(methods(), st.integers(1, 25))
def test_rough_bounds_of_methods(method, steps):
    if method.spectrum.radius == 0:
        return
    points = np.array([float(v) for v in method.spectrum.points(600)])
    for t, P in enumerate(coefficient_sequence(method, steps, 64), 1):
        size = np.abs(pu.jets(method, t, points, 0).derivative()).max()
        with ball_precision(64):
            rough = rough_bounds(P, [arb(0)])
        assert float(rough.lower) <= size * (1 + 1e-2) + 1e-12
        assert float(rough.upper) >= size * (1 - 1e-9) - 1e-12
        assert float(rough.upper) <= 1.06 * float(rough.lower)
