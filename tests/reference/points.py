"""Exact values of polynomials and of their differences at exact points."""

from __future__ import annotations

from fractions import Fraction

import mpmath
from flint import fmpq

from polyunroll.arithmetic.surd import Surd

EPS = 2.0**-52


def rational(value):
    """A Fraction, a double or an int as fmpq, exactly."""
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


def _at(p, point):
    """A rational polynomial at an exact point."""
    if not isinstance(point, Surd):
        return p(point)
    total = fmpq(0)
    for c in reversed(p.coeffs()):
        total = total * point + c
    return total


def derivatives(P, point, order):
    """P, P', … at an exact point, as fmpq or Surd."""
    found = []
    for _ in range(order + 1):
        if isinstance(P, Surd):
            found.append(_at(P.a, point) + Surd(fmpq(0), fmpq(1), P.d) * _at(P.b, point))
            P = Surd(P.a.derivative(), P.b.derivative(), P.d)
        else:
            found.append(_at(P, point))
            P = P.derivative()
    return found


def difference(P, x, y):
    """P[x, y], that is P'(x) where y = x."""
    if x == y:
        return derivatives(P, x, 1)[1]
    return (derivatives(P, x, 0)[0] - derivatives(P, y, 0)[0]) / (x - y)


def high_precision(value, digits=60):
    """An exact number in mpmath, right to `digits` digits however its two parts cancel."""
    if not isinstance(value, Surd):
        with mpmath.workdps(digits):
            return mpmath.mpf(int(value.p)) / int(value.q)
    working = 2 * digits
    while True:
        with mpmath.workdps(working):
            a, b = high_precision(value.a, working), high_precision(value.b, working) * mpmath.sqrt(value.d)
            if abs(a) < abs(a + b) * mpmath.mpf(10) ** (working - digits - 2):
                return a + b
        working *= 2


def condition(method):
    """What roundings of a method's coefficients are enlarged by on its spectrum.

    A step multiplies by 1 − hλ, of size ρ = (L−ℓ)/(L+ℓ) where h = 2/(L+ℓ); the Chebyshev method also by
    1 − ω_t, of size ρ²/4, which is rounded with ω_t. The Jacobian kernel adds up to five terms a state.
    """
    low, high = float(high_precision(method.spectrum.low)), float(high_precision(method.spectrum.high))
    rho = (high - low) / (high + low)
    terms = 5 if method.name == "jacobian-kernel" else 1
    return terms * rho ** (-2 if method.name == "chebyshev" else -1)
