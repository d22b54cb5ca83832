"""The supremum of |f| on a small cell, from a Taylor polynomial there: exclusion, concavity, bisection.

On a cell θ = center + δu, |u| ≤ 1, a cosine sum of degree n and sup-norm ≤ B is its Taylor polynomial of order m
plus at most B(nδ)^(m+1)/(m+1)! (Bernstein: ‖f^(k)‖ ≤ n^k‖f‖). From there on nothing depends on n.

A piece of the cell, q(v) = Σ q_k v^k on |v| ≤ 1, is settled by one of three rules:

- *small*: |q| ≤ Σ|q_k|, not above what is known to be attained (or within the tolerance of it);
- *concave*: σq'' ≤ −κ < 0 on the piece, σ the sign of q_0; then σq ≤ σq(v_1) + q'(v_1)²/(2κ) for any v_1 in the piece,
  and σq ≤ σq(±1) where σq still rises towards that end;
- *split* in two otherwise, and where the bound of the second rule is neither narrow nor low.

A flat maximum ends in pieces that are small within the tolerance, so any width is reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from math import factorial
from typing import Any, NamedTuple

from flint import arb, arb_poly

from polyunroll.bounds.enclosure import Portable, TooWide

__all__ = ["LocalModel", "Piece", "larger", "order_for"]

_MAX_ORDER = 100_000


@dataclass(frozen=True)
class Piece(Portable):
    """A settled piece [low, high] of a cell (dyadic, in u), the rule that settled it, and the point it used."""

    low: tuple[int, int]
    high: tuple[int, int]
    rule: str
    point: tuple[int, int] | None
    bound: arb


def order_for(n: int, delta: arb, bound: arb, tolerance: arb) -> int:
    """The least Taylor order with remainder B(nδ)^(m+1)/(m+1)! ≤ tolerance."""
    order, remainder = 1, bound * (n * delta) ** 2 / 2
    while not remainder < tolerance:
        order += 1
        if order > _MAX_ORDER:
            raise TooWide("no Taylor order gives a small enough remainder")
        remainder = remainder * n * delta / (order + 1)
    return order


def _absolute_sum(coefficients: list[arb]) -> arb:
    total = arb(0)
    for value in coefficients:
        total += abs(value)
    return total


def _exact(value: arb) -> arb:
    """The midpoint, as an exact ball."""
    return value.mid()


def _pair(value: arb) -> tuple[int, int]:
    """An exact ball as mantissa and exponent of 2."""
    mantissa, exponent = value.man_exp()
    return int(mantissa), int(exponent)


class _Part(NamedTuple):
    """A piece not settled yet, with its polynomial q, Σ|q_k| over k ≥ 1 and a bound; the largest bound comes first."""

    low: arb
    middle: arb
    high: arb
    q: list[arb]
    rest: arb
    bound: arb

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        return bool(self.bound > other[-1])


class LocalModel:
    """A Taylor polynomial of f on one cell.

    Parameters
    ----------
    derivatives : list of arb
        f, f', …, f^(m) at the cell's centre.
    delta : arb
        The cell's half-width in θ.
    remainder : arb
        A bound on |f − Taylor polynomial| over the cell.
    """

    def __init__(self, derivatives: list[arb], delta: arb, remainder: arb) -> None:
        coefficients = []
        power = arb(1)
        for k, value in enumerate(derivatives):
            coefficients.append(value * power / factorial(k))
            power = power * delta
        self._polynomial = arb_poly(coefficients)
        self._remainder = remainder

    def bound(self) -> arb:
        """Σ|c_k| + remainder ≥ |f| on the cell."""
        return _absolute_sum(self._polynomial.coeffs()) + self._remainder

    def supremum(self, attained: arb, tolerance: arb, limit: int) -> tuple[arb, arb, arb, list[Piece]]:
        """(lower, upper, u, pieces): the supremum of |f| on the cell, or a proof that it is ≤ attained + tolerance.

        Parameters
        ----------
        attained : arb
            A value |f| is known to attain somewhere; pieces not above it are dropped.
        tolerance : arb
            How much a piece may stay above what is attained.
        limit : int
            How many pieces to look at before giving up (the widest bound then stands).

        Notes
        -----
        It always ends: where |q| varies less than its own uncertainty (the coefficients' radii and the remainder),
        a smaller piece would know no more, and is not made.
        """
        best, where, upper = attained, arb(0), arb(0)
        pending = [self._part(arb(-1), arb(1))]
        pieces: list[Piece] = []
        looked = 0
        while pending:
            part = heappop(pending)
            looked += 1
            reached = abs(part.q[0]) - self._remainder
            if reached.lower() > best.lower():
                best, where = reached, part.middle
            blurred = not part.rest > 2 * (part.q[0].rad() + self._remainder)
            if part.bound <= best.lower() + tolerance or blurred or looked > limit:
                pieces.append(Piece(_pair(part.low), _pair(part.high), "small", None, part.bound))
                upper = larger(upper, part.bound)
                continue
            settled = self._concave(part.q, part.rest, best, tolerance)
            if settled is None:
                heappush(pending, self._part(part.low, part.middle))
                heappush(pending, self._part(part.middle, part.high))
                continue
            value, v = settled
            u = _exact(part.middle + (part.high - part.low) / 2 * v)
            reached = abs(self._polynomial(u)) - self._remainder
            if reached.lower() > best.lower():
                best, where = reached, u
            pieces.append(Piece(_pair(part.low), _pair(part.high), "concave", _pair(v), value))
            upper = larger(upper, value)
        return best, upper, where, pieces

    def _part(self, low: arb, high: arb) -> _Part:
        middle, half = (low + high) / 2, (high - low) / 2
        q = self._polynomial(arb_poly([middle, half])).coeffs() or [arb(0)]
        rest = _absolute_sum(q[1:])
        return _Part(low, middle, high, q, rest, (abs(q[0]) + rest + self._remainder).upper())

    def _concave(self, q: list[arb], rest: arb, attained: arb, tolerance: arb) -> tuple[arb, arb] | None:
        """(bound, v_1) if the piece is strictly concave towards its sign and the bound narrow or low, else None."""
        if len(q) < 3 or q[0].contains(0):
            return None
        sign = 1 if q[0] > 0 else -1
        curvature = -(2 * sign * q[2] + sum((k * (k - 1) * abs(v) for k, v in enumerate(q) if k > 2), arb(0)))
        # what the remainder's own terms of order k > m may add to it is at most m(m+1) remainders, or little more
        slack = 2 * len(q) * (len(q) + 1) * self._remainder
        if not curvature > slack or not rest - abs(q[0]) + self._remainder <= attained.lower():
            return None
        p = arb_poly(q) * sign
        slope = p.derivative()
        for end in (arb(-1), arb(1)):
            if slope(end) * end >= 0:
                return p(end) + self._remainder, end
        v = _newton(slope, slope.derivative())
        tilt = slope(v)
        excess = tilt * tilt / (2 * curvature)
        bound = p(v) + excess + self._remainder
        return (bound, v) if 4 * excess <= tolerance or bound <= attained.lower() + tolerance else None


def _newton(slope: arb_poly, curvature: arb_poly) -> arb:
    """A zero in [−1, 1] of a falling slope, to working precision; only its usefulness is at stake."""
    low, high, v = arb(-1), arb(1), arb(0)
    for _ in range(80):
        tilt, below = slope(v), curvature(v)
        if tilt.contains(0):
            return v
        low, high = (v, high) if tilt > 0 else (low, v)
        moved = v if below.contains(0) else _exact(v - tilt / below)
        if not (moved > low and moved < high):
            moved = _exact((low + high) / 2)
        if moved == v:
            return v
        v = moved
    return v


def larger(a: arb, b: arb) -> arb:
    """The one with the larger upper end; an undefined one counts as larger, so that it is never lost."""
    return a if not a.is_finite() or b.upper() <= a.upper() else b
