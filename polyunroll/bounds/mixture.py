"""The exact worst case V: two error polynomials whose vectors may sit on different eigenvectors.

With X = R²A² and Y = G²B², V² = min over s in (0,1) of max over λ of F_s = X/s + Y/(1−s), convex in s. Any s gives an
upper bound, by the certified supremum of F_s. Any two points with weights p, 1−p give the lower bound

    √(pX_1 + (1−p)X_2) + √(pY_1 + (1−p)Y_2) ≤ V,

the error of an explicit problem with two eigenvalues. Cutting planes bring the two together: the maximiser of F_s joins
a finite set of points, and the next s is the best for that set. Two points suffice, s being one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import arb

from polyunroll.bounds.cosine import Cosine, product
from polyunroll.bounds.supremum import Supremum, supremum

__all__ = ["Mixture", "Point", "best_for", "mixture", "two_point_bound"]

_ROUNDS = 60
_ROUGH_BITS = 30


@dataclass(frozen=True)
class Mixture:
    """V in [lower, upper]: the s of the upper bound with its supremum, the points and weight p of the lower."""

    lower: arb
    upper: arb
    s: arb
    p: arb
    places: tuple[Supremum, ...]
    supremum: Supremum


@dataclass(frozen=True)
class Point:
    """X and Y at one place λ."""

    x: arb
    y: arb
    place: Any

    def at(self, s: arb) -> arb:
        """F_s there."""
        return self.x / s + self.y / (1 - s)

    def slope(self, s: arb) -> arb:
        """dF_s/ds there."""
        return self.y / ((1 - s) * (1 - s)) - self.x / (s * s)

    def best(self) -> arb:
        """The s at which this point alone is least bad."""
        a, b = self.x.sqrt(), self.y.sqrt()
        return a / (a + b)


def _inside(s: arb, bits: int) -> arb:
    """The midpoint of s, kept away from 0 and 1."""
    edge = arb(2) ** (-bits)
    middle = s.mid()
    if not middle.is_finite() or middle < edge:
        return edge
    return 1 - edge if middle > 1 - edge else middle


def best_for(points: list[Point], bits: int) -> arb:
    """The s with the least maximum over a finite set: a point's own minimiser, or where two points cross."""
    candidates = [_inside(point.best(), bits) for point in points]
    for i, one in enumerate(points):
        for other in points[:i]:
            # (x_1−x_2)(1−s) = (y_2−y_1)s
            dx, dy = one.x - other.x, other.y - one.y
            if not (dx + dy).contains(0):
                s = dx / (dx + dy)
                if s > 0 and s < 1:
                    candidates.append(_inside(s, bits))
    return min(candidates, key=lambda s: _Key(max((point.at(s).mid() for point in points), key=_Key)))


class _Key:
    """Orders exact balls."""

    def __init__(self, value: arb) -> None:
        self.value = value

    def __lt__(self, other: _Key) -> bool:
        return bool(self.value < other.value)


def two_point_bound(points: list[Point], s: arb) -> tuple[arb, arb, tuple[Any, ...]]:
    """The two-point bound at the points active at s: (V's lower bound, p, their places)."""
    active = sorted(points, key=lambda point: _Key(point.at(s).mid()))
    first = active[-1]
    alone = (first.x.sqrt() + first.y.sqrt()).lower()
    best: tuple[arb, arb, tuple[Any, ...]] = (alone, arb(1), (first.place,))
    for second in active[:-1]:
        d1, d2 = first.slope(s).mid(), second.slope(s).mid()
        if not d1 * d2 < 0:
            continue
        p = (d2 / (d2 - d1)).mid()
        if not (p >= 0 and p <= 1):
            continue
        value = (p * first.x + (1 - p) * second.x).sqrt() + (p * first.y + (1 - p) * second.y).sqrt()
        if value.lower() > best[0]:
            best = (value.lower(), p, (first.place, second.place))
    return best


def mixture(A: list[arb], B: list[arb], start: arb, bits: int) -> Mixture:
    """Enclose V for the pair (A, B), R and G already multiplied in; call it inside `ball_precision`.

    Parameters
    ----------
    A, B : lists of arb
        Chebyshev coefficients of R·A and G·B, neither identically 0.
    start : arb
        A first s in (0, 1), such as max|A|/(max|A| + max|B|).
    bits : int
        The relative width asked for is 2^−bits.

    Returns
    -------
    Mixture
        Wider than asked if the coefficients are too wide: the caller looks.
    """
    size = 2 * max(len(A), len(B)) - 1
    X, Y = product(A, A), product(B, B)
    X, Y = X + [arb(0)] * (size - len(X)), Y + [arb(0)] * (size - len(Y))
    fx, fy = Cosine(X), Cosine(Y)
    points: list[Point] = []
    s, work = _inside(start, bits), _ROUGH_BITS
    gap = arb(2) ** (-bits)
    best: Mixture | None = None
    for _ in range(_ROUNDS):
        top = supremum(Cosine([x / s + y / (1 - s) for x, y in zip(X, Y, strict=True)]), work)
        theta = top.theta.mid() if top.end is None else top.theta
        points.append(Point(_positive(fx.value(theta)), _positive(fy.value(theta)), top))
        upper = top.upper.sqrt().upper()
        lower, p, places = two_point_bound(points, s)
        best = Mixture(lower, upper, s, p, places, top)
        if upper <= lower * (1 + gap):
            return best
        s_next = best_for(points, bits + 16)
        if work < bits + 4 and upper <= lower * (1 + arb(2) ** (4 - work)):
            work = min(bits + 4, 3 * work)
        elif s_next == s:
            if work >= bits + 4:
                break
            work = min(bits + 4, 3 * work)
        s = s_next
    assert best is not None
    return best


def _positive(value: arb) -> arb:
    """A square's enclosure, without what rounding left below 0."""
    return value.nonnegative_part() if not value >= 0 else value
