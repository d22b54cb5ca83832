"""Registers that vanish, in balls: a square of a ball around 0 is finite."""

from __future__ import annotations

import pytest
from flint import fmpq
from reference.fields import INTERVALS

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.surd import Surd
from polyunroll.interpret.series import chebyshev_balls
from polyunroll.interpret.transfer import chebyshev_coefficients
from polyunroll.measures import Jacobi

METHODS = {
    "e_n = 0": pu.JacobianKernel(pu.Spectrum(2, 3), pu.measures.jacobi("1/6", "1/6"), "7/29"),
    "S_3(0) = 0": pu.Sobolev(INTERVALS[-1].spectrum, None, Surd(fmpq(36), fmpq(16), 5)),
    "both": pu.Sobolev(INTERVALS[-1].spectrum, Jacobi(fmpq(-1, 3), fmpq(-1, 4)), Surd(fmpq(36), fmpq(16), 5)),
    "an irrational ratio": pu.JacobianKernel(pu.Spectrum.marchenko_pastur("1/2"), pu.measures.marchenko_pastur("1/2")),
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("t", [3, 4, 12])
def test_balls_hold_the_exact_coefficients(method, t):
    # a ball that is not a number would never be narrow enough
    with ball_precision(60):
        assert all(value.is_finite() for value in chebyshev_coefficients(method, t, balls=True))
    found, exact = chebyshev_balls(method, t, 50), chebyshev_coefficients(method, t)
    with ball_precision(1000):
        assert all(a.contains(ball(b)) for a, b in zip(found, exact, strict=True))
