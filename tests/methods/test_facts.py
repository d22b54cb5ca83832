"""What families declare about themselves: checked against jets at many points, which know nothing of it."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.cases import CASES
from reference.fields import INTERVALS
from reference.members import OPTIONS
from reference.points import derivatives, high_precision
from reference.strategies import methods

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import exact, sqrt
from polyunroll.interpret.scalars import constants_of
from polyunroll.interpret.transfer import residual_polynomial
from polyunroll.methods import families

every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)


def logs(method, t, count=401):
    """log2 of |P|, |E|, |D| at sample points, as rows; the two ends are the first and the last."""
    points = np.array([float(high_precision(point)) for point in method.spectrum.points(count)])
    found = pu.jets(method, t, points, order=1)
    E, D = found.error_pair()
    with np.errstate(divide="ignore"):
        return np.log2(np.abs([found.mantissas[0], E, D])) + found.exponents


# -- where the error polynomials are largest ------------------------------------------------------------
@settings(max_examples=60)
@given(methods(), st.integers(1, 40), st.floats(0.01, 0.99), st.floats(-8, 8))
def test_the_largest_values_are_where_they_are_said_to_be(method, t, s, weight):
    if method.extremes is None:
        return
    P, E, D = logs(method, t, 101)
    top = max(P.max(), E.max(), D.max())
    X, Y = (np.exp2(2 * (row - top)) for row in (E, D))
    Z = np.exp2(2 * (P - top))
    ends = [{"ell": 0, "L": -1}[name] for name in method.extremes.points]
    for values in (Z, X, Y, X / s + Y * 2**weight / (1 - s), Z / s + Y * 2**weight / (1 - s)):
        # jets in doubles are right to about t² units in the last place of the largest
        assert values.max() <= values[ends].max() * (1 + 1e-9) + 1e-18


@every_case
@pytest.mark.parametrize("interval", INTERVALS, ids=lambda i: i.name)
def test_values_at_the_ends(case, interval):
    method = case.make(interval)
    if method.extremes is None:
        return
    constants = constants_of(method.program, dict(method.values))
    for t in (1, 2, 9):
        P = residual_polynomial(method, t)
        for name in method.extremes.points:
            point = constants[name]
            exact = derivatives(P, point, 1)
            with ball_precision(300):
                balls = {key: ball(value) for key, value in constants.items()}
                found = method.extremes.pair(balls, t, ball(point))
            with ball_precision(2000):
                for a, b in zip(found, exact, strict=True):
                    assert a.contains(ball(b))
                    assert a.rad() < arb(2) ** -200


def test_who_knows_where():
    known = {case.name: case.make(INTERVALS[0]).extremes is not None for case in CASES}
    assert known["chebyshev"]
    assert known["gd 1/L"]
    assert not known["gd list"]  # a product of different factors may be largest anywhere
    assert not known["sobolev chebyshev 1"]
    assert known["chebyshev"] == (pu.Chebyshev.extremes is not None)


# -- how fast they decay --------------------------------------------------------------------------------
@settings(max_examples=40)
@given(methods(), st.sampled_from([1, 2, 3, 7, 30, 200]))
def test_envelopes_lie_above(method, t):
    if method.decay is None:
        return
    if method.horizon is not None:
        return
    with ball_precision(200):
        values = {k: ball(v) for k, v in constants_of(method.program, dict(method.values)).items()}
        envelopes = method.decay.envelopes(values)

        def bound(name):
            values = [
                envelope.ratio**t * sum((c * arb(t) ** k for k, c in enumerate(getattr(envelope, name))), arb(0))
                for envelope in envelopes
            ]
            return max(
                (float((v.upper().log() / arb(2).log()).upper()) for v in values if v.upper() > 0), default=-np.inf
            )

        bounds = [bound(name) for name in "PED"]
    for row, above in zip(logs(method, t, 101), bounds, strict=True):
        assert row.max() <= above + 1e-6


@every_case
@pytest.mark.parametrize("interval", INTERVALS[:2], ids=lambda i: i.name)
def test_rates_and_powers_are_what_long_runs_show(case, interval):
    method = case.make(interval)
    if method.horizon is not None:
        assert method.decay is None
        return
    constants = constants_of(method.program, dict(method.values))
    ratio = max(float(high_precision(exact(v))) for v in method.decay.moduli(constants, sqrt))
    power = float(high_precision(exact(method.decay.power(constants))))
    # log2 max|E_t| = t·log2(ρ) + p·log2(t) + const + o(1)
    first, second = (logs(method, t, 201)[1].max() for t in (2000, 4000))
    assert second - first - 2000 * np.log2(ratio) == pytest.approx(power, abs=0.05)


def test_every_family_declares_its_decay():
    endless = {name: family for name, family in families().items() if name not in OPTIONS}
    assert all(family.decay is not None for family in endless.values())
    # between the atom of this law and the rest nothing is known
    gap = pu.Sobolev(pu.Spectrum.marchenko_pastur(2, 1, "1/3"), pu.measures.marchenko_pastur(2))
    assert gap.decay is None
