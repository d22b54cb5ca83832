"""The Chebyshev series of P_T, and its run in three vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import chebyshev
from reference.strategies import methods, rational_spectra

import polyunroll as pu
from polyunroll.arithmetic.exact import exact, to_float
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import InvalidInput
from polyunroll.interpret.transfer import residual_polynomial
from polyunroll.output.literals import nearest_double
from polyunroll.schedules import rounding

S = pu.Spectrum("1/100", 1)


def value(P, point):
    return to_float(P.a(point) + P.b(point) * Surd(exact(0), exact(1), P.d) if isinstance(P, Surd) else P(point))


@given(methods(rational_spectra()), st.integers(1, 9), st.integers(0, 4))
def test_the_three_vectors_end_at_the_residual(method, steps, place):
    made = pu.schedule(method, steps, "chebyshev-series")
    point = method.spectrum.low + exact(place) / 4 * (method.spectrum.high - method.spectrum.low)
    y = x = 1.0
    move = 0.0
    for h, m, tail in zip(made.velocity_steps, made.velocity_decays, made.tails, strict=True):
        move = m * move - h * to_float(point) * y
        y += move
        x += tail * move
    expected = value(residual_polynomial(method, steps), point)
    scale = max(1.0, *map(abs, made.tails))
    assert x == pytest.approx(expected, abs=1e-12 * scale, rel=1e-9)
    s = to_float((point - method.spectrum.center) / method.spectrum.radius)
    size = max(map(abs, made.coefficients))
    assert chebyshev.chebval(s, made.coefficients) == pytest.approx(expected, abs=1e-13 * size, rel=1e-9)


@pytest.mark.parametrize("method", [pu.Chebyshev(S), pu.Sobolev(S), pu.HeavyBall(pu.Spectrum("1/3", 2))], ids=repr)
def test_every_double_is_the_nearest(method):
    made = pu.schedule(method, 12, "chebyshev-series")
    series = pu.chebyshev_series(method, 12)
    assert made.coefficients == tuple(nearest_double(exact(c)) for c in series)
    tails = pu.FixedPolynomial(method.spectrum, list(series), basis="chebyshev").tails
    assert made.tails == tuple(map(nearest_double, tails))


def test_exact_numbers_where_balls_do_not_settle(monkeypatch):
    expected = pu.schedule(pu.Sobolev(S), 8, "chebyshev-series")
    monkeypatch.setattr("polyunroll.schedules.chebyshev_series.BALL_BITS", (40,))
    monkeypatch.setattr(rounding, "BALL_BITS", (40,))
    assert pu.schedule(pu.Sobolev(S), 8, "chebyshev-series") == expected


def test_tails_of_the_chebyshev_method_are_one():
    made = pu.schedule(pu.Chebyshev(S), 30, "chebyshev-series")
    assert made.tails == (1.0,) * 30
    assert made.coefficients[:-1] == (0.0,) * 30
    assert (made.velocity_steps, made.velocity_decays) == (
        pu.schedule(pu.Chebyshev(S), 30, "momentum").step_sizes,
        pu.schedule(pu.Chebyshev(S), 30, "momentum").momenta,
    )


def test_it_is_made_for_all_steps():
    method = pu.Sobolev(S)
    made = pu.schedule(method, 20, "chebyshev-series")
    assert made.horizon == 20
    assert made.as_method() == method
    assert made.error_after(20) == pytest.approx(pu.schedule(method, 20).error_after(20), rel=1e-6)
    # stopped early it is another method
    points = np.linspace(0.01, 1, 2001)
    y, move, x = np.ones(2001), np.zeros(2001), np.ones(2001)
    for t in range(7):
        move = made.velocity_decays[t] * move - made.velocity_steps[t] * points * y
        y, x = y + move, x + made.tails[t] * move
    assert np.abs(x).max() <= made.error_after(7) <= np.abs(x).max() * (1 + 1e-5)
    assert "stopped after 10 at most" in made.horizon_note


def test_one_point_is_refused():
    with pytest.raises(InvalidInput, match="one point"):
        pu.schedule(pu.Chebyshev(pu.Spectrum(1, 1)), 3, "chebyshev-series")
