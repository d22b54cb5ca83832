"""Worst cases of families that know where their error polynomials are largest: two evaluations, any t."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import public
from polyunroll.bounds.certificate import Evidence
from polyunroll.bounds.enclosure import Enclosure, lower_fraction, upper_fraction
from polyunroll.bounds.mixture import Point, best_for, two_point_bound
from polyunroll.bounds.question import Question
from polyunroll.bounds.values import end_points

__all__ = ["closed_form"]


def closed_form(question: Question, bits: int) -> Enclosure | None:
    """The enclosure by the method's own `Extremes`, to a relative width of 2^−bits; None if it has none to use."""
    facts = question.method.extremes
    if question.estimator != "unrolled":
        return None
    if question.t == 0:  # P_0 = E_0 = 1, D_0 = 0
        return _start(question, bits)
    if facts is None:
        return None
    precision = bits + 64 + 2 * question.t.bit_length()
    while precision <= 64 * (bits + 256):
        with ball_precision(precision):
            points = end_points(question)
            lower, upper, names, s, p = _worst(question.criterion, points, bits)
            if upper == 0 or upper <= lower * (1 + arb(2) ** (-bits)):
                hair = arb(2) ** (-bits - 3)  # room for a checker's own rounding
                low, high = lower_fraction(lower * (1 - hair)), upper_fraction(upper * (1 + hair))
                break
        precision *= 2
    else:
        return None
    ends = [getattr(question.method.spectrum, name) for name in names]
    return Enclosure(
        low,
        high,
        None if not ends else ends[0] if len(ends) == 1 else tuple(ends),
        f"closed form, at the end{'s' if len(facts.points) > 1 else ''} {' and '.join(facts.points)}",
        question.note,
        Evidence(question, "points", precision, (), s, p, names),
    )


def _start(question: Question, bits: int) -> Enclosure:
    evidence = Evidence(question, "start", bits + 16)
    with ball_precision(evidence.precision):
        size = ball(question.R)
        low, high = lower_fraction(size), upper_fraction(size)
    exactly = public(question.R)
    if isinstance(exactly, Fraction):
        low = high = exactly
    return Enclosure(low, high, None, "P_0 = 1", question.note, evidence)


def _worst(criterion: str, points: list[Point], bits: int) -> tuple[arb, arb, tuple[str, ...], arb | None, arb | None]:
    """(lower, upper, where, s, p) of the worst case over finitely many points."""
    if criterion == "separate":
        total = _maximum([point.x for point in points]) + _maximum([point.y for point in points])
        return total.lower(), total.upper(), (), None, None
    sums = [point.x + point.y for point in points]
    top = max(range(len(points)), key=lambda i: float(_share(sums, i)))
    if criterion == "pointwise" or _decided(points, top):
        largest = _maximum(sums)
        return largest.lower(), largest.upper(), (points[top].place,), None, None
    squares = [Point(point.x * point.x, point.y * point.y, point.place) for point in points]
    s = best_for(squares, bits + 16)
    upper = _maximum([point.at(s) for point in squares]).sqrt().upper()
    lower, p, names = two_point_bound(squares, s)
    return lower, upper, names, s, p


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
