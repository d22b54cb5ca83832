"""Error polynomials at single points: the only eigenvalue of a one-point spectrum, and the ends of closed forms."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from polyunroll.arithmetic.balls import ball
from polyunroll.arithmetic.surd import Surd
from polyunroll.bounds.at_end import exact_at_end
from polyunroll.bounds.mixture import Point
from polyunroll.bounds.question import Question
from polyunroll.errors import InvalidInput, OutsideField
from polyunroll.interpret.jets import exact_jets
from polyunroll.interpret.scalars import constants_of
from polyunroll.output.literals import fraction_literal

__all__ = ["at_ends_exactly", "at_only_point", "end_points"]

_EXACT_STEPS = 300
_EXACT_BITS = 10**8

_MAX_COST = 10**10
_SECONDS = Fraction(15, 10**9)  # for a cost of 1: t steps on numbers that grow by a constant number of bits a step


def at_only_point(question: Question) -> Any:
    """|A(ℓ)|R + |B(ℓ)|G for a spectrum of one point: exactly, or in a ball where two fields ℚ(√d) meet.

    Raises
    ------
    InvalidInput
        If that would take minutes: the exact numbers grow with every step.
    """
    _require_feasible(question)
    point = question.method.spectrum.low
    P, D = exact_jets(question.solver, question.t, [point], 1)[0]
    if question.estimator == "unrolled":
        A, B = (P - point * D, D) if question.split == "total" else (P, D)
    else:
        plain = exact_jets(question.method, question.plain_steps, [point], 0)[0][0]
        A, B = P, (D if question.estimator == "truncated" else (P - 1) / point) * plain
    try:
        return abs(A) * question.R + abs(B) * question.G
    except OutsideField:
        return ball(abs(A)) * ball(question.R) + ball(abs(B)) * ball(question.G)


def _require_feasible(question: Question) -> None:
    steps = max(question.t, question.plain_steps)
    bits = max(sum(map(_bits, dict(method.values).values())) for method in (question.method, question.solver))
    cost = steps * steps * bits
    if cost > _MAX_COST:
        seconds = fraction_literal(int(cost * _SECONDS))
        raise InvalidInput(
            f"t = {fraction_literal(steps)} on a spectrum of one point would take about {seconds} s in exact numbers;"
            f" give t <= {isqrt(_MAX_COST // bits)}"
        )


def _bits(value: Any) -> int:
    """How many bits an exact number takes."""
    if isinstance(value, Surd):
        return _bits(value.a) + _bits(value.b) + int(value.d).bit_length()
    return int(value.p).bit_length() + int(value.q).bit_length()


def end_points(question: Question) -> list[Point]:
    """|A|R and |B|G, in balls, at the points where the method's `Extremes` say that all maxima are.

    Raises
    ------
    InvalidInput
        If the method declares none.
    """
    facts = question.method.extremes
    if facts is None or question.estimator != "unrolled" or question.t < 1:
        raise InvalidInput(f"{question.method!r} declares no end points for t = {question.t}, {question.estimator}")
    constants = constants_of(question.method.program, dict(question.method.values))
    values = {name: ball(value) for name, value in constants.items()}
    found = []
    for name in facts.points:
        P, D = facts.pair(values, question.t, values[name])
        A = P - values[name] * D if question.split == "total" else P
        found.append(Point(abs(A) * ball(question.R), abs(D) * ball(question.G), name))
    return found


def at_ends_exactly(question: Question) -> Any:
    """V_t as an exact number, where it is known to be attained at an end; else None.

    P_1 is linear, so that D_1 is constant and |E_1| and |P_1| are largest at an end; other t need the method's
    `Extremes`, with both largest at the same end, or what `exact_at_end` proves. Very long numbers are not tried.
    """
    method, t = question.method, question.t
    names = ("ell", "L") if t == 1 else () if method.extremes is None else method.extremes.points
    if not names or question.estimator != "unrolled":
        return exact_at_end(question)
    ends = [method.spectrum.low if name == "ell" else method.spectrum.high for name in names]
    try:
        pairs = _pairs(question, ends)
        if pairs is None:
            return None
        a = [
            abs(P - e * D if question.split == "total" else P) * question.R
            for e, (P, D) in zip(ends, pairs, strict=True)
        ]
        b = [abs(D) * question.G for _, D in pairs]
        top = (max(a), max(b))
        return sum(top) if top in zip(a, b, strict=True) else exact_at_end(question)
    except OutsideField:
        return None


def _pairs(question: Question, ends: list[Any]) -> list[Any] | None:
    """(P_t, P_t') at exact points, or None if the numbers would be too long."""
    method, t = question.method, question.t
    if t <= _EXACT_STEPS:
        return exact_jets(method, t, ends, 1)
    values = constants_of(method.program, dict(method.values))
    if method.extremes is None or not method.extremes.is_rational or t * sum(map(_bits, values.values())) > _EXACT_BITS:
        return None
    return [method.extremes.pair(values, t, end) for end in ends]
