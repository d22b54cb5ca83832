"""Worst cases of families that know where their error polynomials are largest: two evaluations, any t."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import public
from polyunroll.bounds.enclosure import Enclosure, lower_fraction, upper_fraction
from polyunroll.bounds.mixture import Point, best_for, two_point_bound
from polyunroll.bounds.question import Question
from polyunroll.interpret.scalars import constants_of

__all__ = ["closed_form"]


def closed_form(question: Question, bits: int) -> Enclosure | None:
    """The enclosure by the method's own `Extremes`, to a relative width of 2^−bits; None if it has none to use."""
    facts = question.method.extremes
    if facts is None or question.estimator != "unrolled":
        return None
    if question.t == 0:  # E = P = 1, D = 0
        size = public(question.R)
        if isinstance(size, Fraction):
            return Enclosure(size, size, None, "P_0 = 1", question.note)
        return None
    constants = constants_of(question.method.program, dict(question.method.values))
    precision = bits + 64 + 2 * question.t.bit_length()
    while True:
        with ball_precision(precision):
            values = {name: ball(value) for name, value in constants.items()}
            points = [_point(question, facts.pair(values, question.t, values[name]), name) for name in facts.points]
            lower, upper, names = _worst(question.criterion, points, bits)
            if upper == 0 or upper <= lower * (1 + arb(2) ** (-bits)):
                low, high = lower_fraction(lower), upper_fraction(upper)
                break
        precision *= 2
        if precision > 64 * (bits + 256):
            return None
    places = tuple(public(constants[name]) for name in names)
    at = None if not places else places[0] if len(places) == 1 else places
    return Enclosure(low, high, at, f"closed form, at the end points {', '.join(facts.points)}", question.note)


def _point(question: Question, pair: tuple[Any, Any], name: str) -> Point:
    """|A|R and |B|G at a point, not yet squared."""
    P, D = pair
    A = P - ball(dict(question.method.values)[name]) * D if question.split == "total" else P
    return Point(abs(A) * ball(question.R), abs(D) * ball(question.G), name)


def _worst(criterion: str, points: list[Point], bits: int) -> tuple[arb, arb, tuple[str, ...]]:
    """(lower, upper, where) of the worst case over finitely many points."""
    if criterion == "separate":
        a, b = _maximum([point.x for point in points]), _maximum([point.y for point in points])
        return (a + b).lower(), (a + b).upper(), ()
    sums = [point.x + point.y for point in points]
    top = max(range(len(points)), key=lambda i: float(_share(sums, i)))
    pointwise = _maximum(sums)
    first = points[top]
    dominates = all(not point.x > first.x and not point.y > first.y for point in points)
    if criterion == "pointwise" or (len(points) == 1) or (dominates and _decided(points, top)):
        return pointwise.lower(), pointwise.upper(), (first.place,)
    squares = [Point(point.x * point.x, point.y * point.y, point.place) for point in points]
    s = best_for(squares, bits + 16)
    upper = _maximum([point.at(s) for point in squares]).sqrt().upper()
    lower, _, names = two_point_bound(squares, s)
    return lower, upper, names


def _decided(points: list[Point], top: int) -> bool:
    """Whether one point is proved to be at least as bad in both terms."""
    first = points[top]
    return all(point is first or (point.x <= first.x and point.y <= first.y) for point in points)


def _share(values: list[arb], i: int) -> arb:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return values[i] / total if total > 0 else arb(0)


def _maximum(values: list[arb]) -> arb:
    """A ball around the largest."""
    result = values[0]
    for value in values[1:]:
        result = result.max(value)
    return result
