"""The fields that scalars are computed in: how an exact number enters each of them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from polyunroll.arithmetic.balls import ball, ball_precision, midpoint, relative_bits
from polyunroll.arithmetic.exact import exact, sign, sqrt
from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.systems import BALLS, DOUBLES, EXACT, MPSystem
from polyunroll.errors import InvalidInput

rationals = st.fractions(max_denominator=10**12).map(exact)
surds = st.builds(lambda a, b, d: Surd(a, b, d) if b != 0 else a, rationals, rationals, st.sampled_from([2, 3, 5, 7]))
ROOT = Path(__file__).resolve().parents[2]
CANCELLING = 10**40 - sqrt(exact(10**80 - 1))


@pytest.fixture(scope="module")
def reference():
    context = mpmath.mp.clone()
    context.dps = 300
    return context


def at_300_digits(value, context):
    if isinstance(value, Surd):
        return at_300_digits(value.a, context) + at_300_digits(value.b, context) * context.sqrt(value.d)
    return context.mpf(int(value.p)) / int(value.q)


def test_exact_numbers_stay_what_they_are():
    root = sqrt(fmpq(2))
    assert EXACT.convert(root) is root
    assert EXACT.convert(fmpq(1, 3)) == fmpq(1, 3)


@given(st.fractions())
def test_doubles(x):
    assert DOUBLES.convert(exact(x)) == float(x)


def test_doubles_of_numbers_with_roots():
    assert DOUBLES.convert(sqrt(fmpq(2))) == math.sqrt(2)
    assert DOUBLES.convert(CANCELLING) == 5e-41


# -- balls ---------------------------------------------------------------------------------------
@given(surds, st.sampled_from([30, 53, 200]))
@settings(deadline=None)
def test_balls_contain_the_number_and_are_narrow(value, bits):
    with ball_precision(bits):
        found = BALLS.convert(value)
        width = relative_bits(found)
    middle, radius = midpoint(found), midpoint(found.rad())
    assert sign(value - (middle - radius)) >= 0
    assert sign((middle + radius) - value) >= 0
    assert width > bits - 12


def test_a_ball_stays_narrow_when_its_parts_cancel():
    for value in (CANCELLING, -CANCELLING, 1 / CANCELLING):
        with ball_precision(64):
            found = ball(value)
        assert relative_bits(found) > 50
        middle, radius = midpoint(found), midpoint(found.rad())
        assert middle - radius < value < middle + radius


def test_the_ball_of_zero_is_zero():
    assert BALLS.convert(fmpq(0)).is_zero()


# -- mpmath --------------------------------------------------------------------------------------
@given(surds, st.sampled_from([3, 15, 60]))
@settings(deadline=None)
def test_mpmath_numbers_are_nearest(reference, value, digits):
    system = MPSystem(digits)
    found = system.convert(value)
    target = at_300_digits(value, reference)
    mantissa, exponent = found.man_exp
    if found == 0:
        assert value == 0
        return
    # half a unit in the last place of the working precision
    unit = reference.mpf(2) ** (exponent + int(abs(mantissa)).bit_length() - system.context.prec)
    assert abs(reference.mpf(found) - target) <= unit / 2


def test_mpmath_numbers_survive_cancellation(reference):
    system = MPSystem(15)
    found = system.convert(CANCELLING)
    target = 1 / (reference.mpf(10) ** 40 + reference.sqrt(reference.mpf(10) ** 80 - 1))
    assert found == system.context.mpf(target)
    assert system.convert(-CANCELLING) == -found


def test_a_rational_is_rounded_once():
    # numerator and denominator are longer than the precision; rounding both first goes wrong
    system = MPSystem(5)
    for p in range(10**12 + 1, 2**40, 777_777_777):
        quotient = Fraction(p, 3 * 10**11 + 7)
        got = system.convert(exact(quotient))
        mantissa, exponent = got.man_exp
        value = Fraction(int(mantissa)) * Fraction(2) ** exponent
        unit = Fraction(2) ** (1 - system.context.prec + 1)  # the quotients lie between 2 and 4
        assert 2 < quotient < 4
        assert abs(value - quotient) <= unit / 2


def test_mpmath_numbers_pass_through():
    system = MPSystem(30)
    third = system.convert(fmpq(1, 3))
    assert system.convert(third) == third
    assert system.convert(2) == 2
    assert type(system.convert(2)) is type(third)


def test_systems_do_not_disturb_each_other():
    systems = [MPSystem(digits) for digits in (5, 50, 500)]
    thirds = [system.convert(fmpq(1, 3)) for system in systems]
    assert [len(str(third)) - 2 for third in thirds] == [5, 50, 500]
    assert MPSystem(50) == MPSystem(50)
    assert hash(MPSystem(50)) == hash(MPSystem(50))
    assert MPSystem(50) != MPSystem(51)


@pytest.mark.parametrize("digits", [0, -1, 1_000_001])
def test_digits_out_of_range_are_refused(digits):
    with pytest.raises(InvalidInput, match="digits = "):
        MPSystem(digits)


# -- the fields of SymPy -------------------------------------------------------------------------
GROUND = """
import sympy, warnings
import polyunroll as pu
from flint import fmpq, fmpq_poly
from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.symbols import to_poly
from polyunroll.interpret.symbolic import residual_symbolic
ell, L, eta = sympy.symbols("ell L eta")
S = pu.Spectrum(ell, L)
print(residual_symbolic(pu.Sobolev(S, pu.measures.legendre(), eta=eta), 2))
print(residual_symbolic(pu.HeavyBall(S), 2))
print(to_poly(fmpq_poly([1, fmpq(2, 3)])), to_poly(Surd(fmpq_poly([1]), fmpq_poly([0, fmpq(1, 3)]), 5)))
print(pu.Spectrum(sympy.Float(0.1), sympy.sqrt(2)).kappa)
"""


def test_the_numbers_sympy_computes_with_do_not_matter():
    def printed(ground):
        environment = {**os.environ, "SYMPY_GROUND_TYPES": ground}
        done = subprocess.run(
            [sys.executable, "-c", GROUND],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    python = printed("python")
    assert python == printed("flint")
    assert "1.0" not in python
