"""All roots of P_T, each in a ball that holds exactly one.

P is known by its Chebyshev coefficients a_0 … a_n as balls. The eigenvalues of the colleague matrix, in doubles, are
made better by Newton's method; where that fails, the roots that FLINT finds in powers of λ. Whatever the points
z_1 … z_n so found are, the discs about z_i of radius n|W_i|, W_i = P(z_i)/(c·∏_{j≠i}(z_i − z_j)) with c = 2^(n−1) a_n
the leading coefficient, hold all roots, and one that meets no other holds exactly one. So nothing rests on the doubles.
A disc about a real point that holds one root of a real polynomial holds a real one.

Where discs meet, P may have multiple roots: it is split into square-free factors, exactly, and each is treated so.

References
----------
B. T. Smith, Error bounds for zeros of a polynomial based upon Gerschgorin's theorems, J. ACM 17 (1970) 661–674;
Good, The colleague matrix, Quart. J. Math. 12 (1961) 61–68.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from flint import acb, acb_poly, arb, fmpq, fmpq_poly

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import InvalidInput, PolyunrollError
from polyunroll.interpret.series import chebyshev_balls
from polyunroll.interpret.transfer import chebyshev_coefficients, residual_polynomial
from polyunroll.methods.base import Method
from polyunroll.methods.chebyshev_series import FixedPolynomial

__all__ = ["MOST_ROOTS", "roots_of"]

MOST_ROOTS = 2000
"""The highest degree whose roots are looked for; the work grows with its cube."""
_NEWTON_STEPS = 60
_ATTEMPTS = 5
_MOST_BITS = 20_000
_BITS_PER_DEGREE = 3
"""Clenshaw's recurrence on balls loses less than 2 bits a degree on [−1, 1], and more beside it."""


class _NotIsolated(Exception):
    """Discs meet, or a Newton iteration went astray."""


def roots_of(method: Method, t: int, bits: int) -> list[Any]:
    """The roots of P_t in λ, as often as they are multiple.

    Parameters
    ----------
    method : Method
        On an interval, ℓ < L.
    t : int
    bits : int
        The relative accuracy wanted; what is found is usually much better.

    Returns
    -------
    list of arb and acb
        Real roots as `arb`; of each complex pair the root in the upper half plane, as `acb`.

    Raises
    ------
    InvalidInput
        If t is more than 2000, or the roots cannot be told apart.
    """
    if t > MOST_ROOTS:
        raise InvalidInput(f"steps = {t} is too many for the form 'richardson'; give at most {MOST_ROOTS}")
    with suppress(_NotIsolated):
        return _isolated(method, t, bits, exactly=False)
    found: list[Any] = []
    for factor, multiplicity in _square_free(residual_polynomial(method, t)):
        part = FixedPolynomial(method.spectrum, factor, normalise=True)
        try:
            found += _isolated(part, len(factor) - 1, bits, exactly=True) * multiplicity
        except _NotIsolated:
            raise InvalidInput(
                f"the roots of P_{t} of {method!r} cannot be told apart; use the form 'program' or 'chebyshev-series'"
            ) from None
    return found


def _isolated(method: Method, t: int, bits: int, exactly: bool) -> list[Any]:
    """The roots of a P_t whose roots are all simple; `exactly` where its exact coefficients may be used too."""
    for attempt in range(_ATTEMPTS if exactly else 1):
        precision = (bits + 64 + _BITS_PER_DEGREE * t) << attempt
        with ball_precision(precision), suppress(_NotIsolated):
            coefficients = chebyshev_balls(method, t, precision - 32)
            if coefficients[-1].contains(0):
                exact = chebyshev_coefficients(method, t)
                degree = max(k for k, value in enumerate(exact) if value != 0)
                coefficients = [ball(value) for value in exact[: degree + 1]]
            if len(coefficients) == 1:
                return []
            center, radius = ball(method.spectrum.center), ball(method.spectrum.radius)
            series = _Series(coefficients)
            if attempt == 0:
                starts = series.starts()
            else:
                starts = [((z - center) / radius).mid() for z in _power_roots(residual_polynomial(method, t))]
            points = [series.improved(z) for z in starts]
            return [center + radius * z for z in series.discs(points)]
    raise _NotIsolated


def _power_roots(P: Any) -> list[Any]:
    """Approximate roots of an exact polynomial in λ: the real ones, and the upper ones of pairs."""
    a, b = (P.a, P.b) if isinstance(P, Surd) else (P, fmpq_poly([0]))
    count = max(a.length(), b.length())
    values = [[*part.coeffs(), *[fmpq(0)] * count][:count] for part in (a, b)]
    root = arb(P.d).sqrt() if isinstance(P, Surd) else arb(0)
    try:
        found = acb_poly([arb(x) + root * arb(y) for x, y in zip(*values, strict=True)]).roots(maxprec=_MOST_BITS)
    except ValueError:
        raise _NotIsolated from None
    real = [z.real for z in found if z.imag.contains(0)]
    return [*real, *(z for z in found if z.imag > 0)]


class _Series:
    """Σ a_k T_k(s), real, of degree n ≥ 1."""

    def __init__(self, coefficients: list[Any]) -> None:
        self.a = coefficients
        self.n = len(coefficients) - 1

    def starts(self) -> list[Any]:
        """Approximate roots, in doubles: those that are not real in pairs, the upper one alone."""
        exponent = max(_exponent(a) for a in self.a)
        values = [float((a * arb(2) ** (-exponent)).mid()) for a in self.a]
        if values[-1] == 0:
            raise _NotIsolated
        with np.errstate(all="ignore"):
            try:
                roots = np.polynomial.chebyshev.chebroots(values)
            except np.linalg.LinAlgError:
                raise _NotIsolated from None
        if not np.isfinite(roots).all():
            raise _NotIsolated
        real = [arb(float(z.real)) for z in roots if z.imag == 0]
        upper = [acb(float(z.real), float(z.imag)) for z in roots if z.imag > 0]
        if len(real) + 2 * len(upper) != self.n:
            raise _NotIsolated
        return [*real, *upper]

    def value_and_slope(self, s: Any) -> tuple[Any, Any]:
        """P and P' at s, by Clenshaw's recurrence and its derivative."""
        b1 = b2 = d1 = d2 = arb(0)
        twice = 2 * s
        for a in self.a[:0:-1]:
            b1, b2, d1, d2 = a + twice * b1 - b2, b1, 2 * b1 + twice * d1 - d2, d1
        return self.a[0] + s * b1 - b2, b1 + s * d1 - d2

    def value(self, s: Any) -> Any:
        """P at s."""
        b1 = b2 = arb(0)
        twice = 2 * s
        for a in self.a[:0:-1]:
            b1, b2 = a + twice * b1 - b2, b1
        return self.a[0] + s * b1 - b2

    def improved(self, z: Any) -> Any:
        """A point near a root, by Newton's method; not a proof of anything."""
        last = None
        for _ in range(_NEWTON_STEPS):
            value, slope = self.value_and_slope(z)
            step = (value / slope).mid()
            if not step.is_finite():
                raise _NotIsolated
            z = (z - step).mid()
            size = abs(step).mid()
            if last is not None and (size == 0 or size >= last):
                break
            last = size if size < arb(2) ** -20 else None
        return z

    def discs(self, points: list[Any]) -> list[Any]:
        """Balls about the points (and the conjugates of complex ones), each with one root; the upper ones alone."""
        pairs = [p for p in points if isinstance(p, acb)]
        all_points = [*points, *(p.conjugate() for p in pairs)]
        leading = self.a[-1] * arb(2) ** (self.n - 1)
        radii = []
        for i, z in enumerate(points):
            product: Any = leading
            for j, w in enumerate(all_points):
                if j != i:
                    product = product * (z - w)
            radius = abs(self.n * self.value(z) / product).upper() if product != 0 else arb("inf")
            if not radius.is_finite():
                raise _NotIsolated
            radii.append(radius)
        radii += [r for p, r in zip(points, radii, strict=True) if isinstance(p, acb)]
        for i, z in enumerate(points):
            for j in range(i + 1, len(all_points)):
                if not abs(z - all_points[j]) > radii[i] + radii[j]:
                    raise _NotIsolated
        return [_widened(p, r) for p, r in zip(points, radii, strict=False)]


def _exponent(value: Any) -> int:
    """About log2 of a ball's size; very small for zero."""
    middle = value.mid()
    if middle == 0:
        return -(1 << 40)
    mantissa, exponent = middle.man_exp()
    return int(mantissa).bit_length() + int(exponent)


def _widened(point: Any, radius: Any) -> Any:
    if isinstance(point, acb):
        return acb(point.real + arb(0, radius), point.imag + arb(0, radius))
    return point + arb(0, radius)


# -- square-free factors -----------------------------------------------------------------------------------------------
def _square_free(P: Any) -> Iterator[tuple[list[Any], int]]:
    """(ascending coefficients, multiplicity) of factors whose product is P up to a constant.

    In ℚ[λ] each factor is square-free. In ℚ(√d)[λ] the rational content is split so, and what is left is one factor,
    whose roots are simple or are found not to be.
    """
    if isinstance(P, Surd):
        content = P.a.gcd(P.b)
        yield from _square_free(content)
        a, b = ([*(part / content).coeffs(), *[fmpq(0)] * P.a.length()] for part in (P.a, P.b))
        rest = [x if y == 0 else Surd(x, y, P.d) for x, y in zip(a, b, strict=False)]
        while rest and rest[-1] == 0:
            rest.pop()
        if len(rest) > 1:
            yield rest, 1
        return
    # Yun's algorithm
    common = P.gcd(P.derivative())
    w, multiplicity = _quotient(P, common), 1
    while w.degree() > 0:
        y = w.gcd(common)
        factor = _quotient(w, y)
        if factor.degree() > 0:
            yield factor.coeffs(), multiplicity
        w, common, multiplicity = y, _quotient(common, y), multiplicity + 1


def _quotient(a: fmpq_poly, b: fmpq_poly) -> fmpq_poly:
    whole, rest = divmod(a, b)
    if rest.degree() >= 0:
        raise PolyunrollError("an exact division of polynomials left a rest")
    return whole
