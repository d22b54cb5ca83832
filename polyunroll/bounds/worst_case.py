"""Proved worst cases of the Jacobian error: `worst_case`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, overload

from flint import arb

from polyunroll.arithmetic.balls import BITS_PER_DIGIT, ball, ball_precision, midpoint
from polyunroll.arithmetic.exact import public, whole_number
from polyunroll.bounds.certificate import Evidence
from polyunroll.bounds.closed_form import closed_form
from polyunroll.bounds.cosine import Cosine
from polyunroll.bounds.enclosure import Enclosure, TooWide, lower_fraction, upper_fraction
from polyunroll.bounds.local import larger
from polyunroll.bounds.mixture import Mixture, mixture
from polyunroll.bounds.pairs import Pair, error_polynomials, functions
from polyunroll.bounds.question import Question
from polyunroll.bounds.sequence import coefficient_sequence
from polyunroll.bounds.supremum import Supremum, supremum
from polyunroll.bounds.values import at_only_point
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method

__all__ = ["Answer", "answer", "answers", "worst_case"]

_MAX_DIGITS = 1000
_MAX_DEGREE = 200_000
_ATTEMPTS = 7
_ROUGH_BITS = 20
_PASS_FACTOR = 4
"""One pass over the steps up to T costs less than T/4 of them one by one …"""
_LONGEST_PASS = 2_000
"""… up to here: the pass works with 1.3 bits more for each step."""


@dataclass(frozen=True)
class Answer:
    """A proved worst case with the suprema behind it, at the precision it was found with."""

    lower: arb
    upper: arb
    places: tuple[Supremum, ...]
    rule: str
    suprema: tuple[Supremum, ...] = ()
    mix: Mixture | None = None


@overload
def worst_case(method: Method, t: int, R: Any = ..., G: Any = ..., digits: int = ..., **how: Any) -> Enclosure: ...


@overload
def worst_case(
    method: Method, t: Iterable[int], R: Any = ..., G: Any = ..., digits: int = ..., **how: Any
) -> list[Enclosure]: ...


def worst_case(
    method: Method, t: int | Iterable[int], R: Any = 1, G: Any = 0, digits: int = 15, **how: Any
) -> Enclosure | list[Enclosure]:
    """Enclose the worst Jacobian error after t steps, over all problems with this spectrum, R and G.

    Parameters
    ----------
    method : Method
        Without symbols.
    t : int or iterable of int
        Steps; several give a list.
    R, G : exact numbers ≥ 0, not both 0
        Bounds on ‖∂x_0−∂x*‖, and on ‖∂_θ∇f(x_0)‖ (split `total`, unrolled) or ‖∂H‖_F‖x_0−x*‖ (all others).
    digits : int
        The relative width is at most 10^−digits, 1 to 1000.
    criterion : {"exact", "pointwise", "separate"}
        V_t, the exact worst case; W_t = max(|A|R + |B|G), no bound in general; max|A|R + max|B|G.
    split : {"total", "partial"}
        The pair (E, D), for ∂H that commutes with H only; or (P, P'), for all.
    estimator : {"unrolled", "truncated", "implicit"}
        The last two take `plain_steps` (steps made before), and implicit a `solver` (default: the method). Their
        `total` assumes that ∂H commutes with H; their `partial` multiplies the maxima of the factors.

    Returns
    -------
    Enclosure
        Rational ends; [0, 0] where the value is 0; `at` where it is attained, a pair for a two-point worst case.

    Raises
    ------
    InvalidInput
        If an argument is none of these, or the request is beyond what is feasible.
    HorizonError
        If t is beyond the method's horizon.
    TooWide
        If the width could not be reached.

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 1 (the pair); the three quantities and their
    relation W ≤ V ≤ √2 W are polyunroll's.
    """
    digits = whole_number(digits, "digits", 1)
    if digits > _MAX_DIGITS:
        raise InvalidInput(f"digits = {digits} is not allowed; give 1 to {_MAX_DIGITS}")
    if isinstance(t, Iterable):
        return _enclose_all([Question.of(method, step, R, G, **how) for step in t], digits)
    return _enclose(Question.of(method, t, R, G, **how), digits)


def _enclose(question: Question, digits: int) -> Enclosure:
    name, degree = max((("t", question.t), ("plain_steps", question.plain_steps)), key=lambda pair: pair[1])
    spectrum = question.method.spectrum
    if spectrum.radius == 0:
        return _one_point(question, digits)
    bits = int(digits * BITS_PER_DIGIT) + 3
    found = closed_form(question, bits)
    if found is not None:
        return found
    if degree > _MAX_DEGREE:
        cost = 10 * (Decimal(degree) / 10_000) ** Decimal("1.2")
        raise InvalidInput(
            f"{name} = {_short(Decimal(degree))} would take about {_short(cost)} s and gigabytes of memory; "
            f"give {name} <= {_MAX_DEGREE}"
        )
    return answer(question, bits)[0]


def _short(value: Decimal) -> str:
    return f"{value:.0f}" if value < 10**12 else f"{value:.2e}"


def _enclose_all(questions: list[Question], digits: int) -> list[Enclosure]:
    """Many t at once: the generic engine makes one pass over the steps where they are close together."""
    steps = {question.t for question in questions if question.t}
    last = max(steps, default=0)
    one_pass = len(steps) > 2 and last <= _PASS_FACTOR * len(steps) and last <= _LONGEST_PASS
    if one_pass:
        method = questions[0].method
        known = method.extremes is not None or method.spectrum.radius == 0
        one_pass = questions[0].estimator == "unrolled" and not known
    found = answers(questions[0], steps, int(digits * BITS_PER_DIGIT) + 3) if one_pass else {}
    return [found[question.t] if question.t in found else _enclose(question, digits) for question in questions]


def answers(question: Question, steps: set[int], bits: int) -> dict[int, Enclosure]:
    """What `answer` finds for the question at each t ≥ 1 of `steps`, by one pass over the method's steps."""
    last = max(steps, default=0)
    found = {}
    for t, P in enumerate(coefficient_sequence(question.method, last, bits + 24 + 3 * last.bit_length()), 1):
        if t in steps:
            found[t] = answer(replace(question, t=t), bits, P)[0]
    return found


def answer(question: Question, bits: int, P: list[arb] | None = None) -> tuple[Enclosure, Answer]:
    """The enclosure and what it rests on, by the generic engine, to a relative width of 2^−bits and a little.

    P are Chebyshev coefficients of P_t, where they are known already; others are taken if they are too wide.

    Raises
    ------
    TooWide
    """
    guard = 48 + 6 * max(question.t, question.plain_steps, 1).bit_length()
    for _ in range(_ATTEMPTS):
        precision = bits + guard
        with ball_precision(precision):
            pair = error_polynomials(question, bits + guard // 2, P)
            try:
                result = _solve(question, pair, bits + 2)
            except TooWide:
                result = None
            if result is not None and result.upper <= result.lower * (1 + arb(2) ** (-bits)):
                return _shown(question, result, bits, precision), result
        guard, P = (2 * guard, None) if P is None else (guard, None)
    raise TooWide(f"the worst case of {question.method!r} at t = {question.t} was not enclosed to {bits} bits")


def _shown(question: Question, result: Answer, bits: int, precision: int) -> Enclosure:
    """The answer with rational ends, a hair wider than found so that a checker's own rounding fits in."""
    places = [_place(question, place) for place in result.places]
    hair = arb(2) ** (-bits - 3)
    s, p = (None, None) if result.mix is None else (result.mix.s, result.mix.p)
    return Enclosure(
        lower_fraction(result.lower * (1 - hair)),
        upper_fraction(result.upper * (1 + hair)),
        None if not places else places[0] if len(places) == 1 else tuple(places),
        result.rule,
        question.note,
        Evidence(question, "suprema", precision, result.suprema, s, p, result.places),
    )


def _place(question: Question, place: Supremum) -> Any:
    """λ at a place: an end exactly, or the rational nearest to it in the precision in force."""
    spectrum = question.method.spectrum
    if place.end is not None:
        return spectrum.L if place.end == "L" else spectrum.ell
    return public(midpoint(ball(spectrum.center) + ball(spectrum.radius) * place.theta.cos()))


def _solve(question: Question, pair: Pair, bits: int) -> Answer:
    """Enclose the question's value from its error polynomials, at the precision in force."""
    rule, parts = functions(question, pair)
    if rule == "zero":
        return Answer(arb(0), arb(0), (), "the error polynomials are 0")
    if rule == "exact":
        A, B = parts
        rough_a, rough_b = supremum(Cosine(A), _ROUGH_BITS), supremum(Cosine(B), _ROUGH_BITS)
        mix = mixture(A, B, rough_a.upper / (rough_a.upper + rough_b.upper), bits)
        how = "two eigenvalues" if len(mix.places) == 2 else "one eigenvalue"
        how = f"certified supremum at one s; a problem with {how}"
        return Answer(mix.lower, mix.upper, mix.places, how, (mix.supremum,), mix)
    tops = _two_suprema(parts, bits) if rule == "pointwise" else tuple(supremum(Cosine(a), bits) for a in parts)
    if rule in ("separate", "product"):
        lower, upper = ball(question.G), ball(question.G)
        for one in tops[rule == "separate" :]:
            lower, upper = lower * one.lower, upper * one.upper
        if rule == "separate":
            lower, upper = tops[0].lower + lower, tops[0].upper + upper
        return Answer(lower.lower(), upper.upper(), (), "certified suprema", tops)
    first = tops[0] if tops[0].lower >= tops[-1].lower else tops[-1]
    upper = tops[0].upper
    for one in tops[1:]:
        upper = larger(upper, one.upper)
    how = "certified supremum" if rule == "single" else "certified suprema of RA + GB and RA − GB"
    return Answer(first.lower, upper, (first,), how, tops)


def _two_suprema(parts: list[list[arb]], bits: int) -> tuple[Supremum, ...]:
    """Suprema of RA + GB and RA − GB, of which the smaller matters only where it is above the larger, and may be 0."""
    sizes = [sum((abs(v) for v in a), arb(0)).mid() for a in parts]
    large, small = (0, 1) if sizes[0] >= sizes[1] else (1, 0)
    tops = {large: supremum(Cosine(parts[large]), bits)}
    tops[small] = supremum(Cosine(parts[small]), bits, tops[large].lower)
    return tops[0], tops[1]


def _one_point(question: Question, digits: int) -> Enclosure:
    evidence = Evidence(question, "one point", int(digits * BITS_PER_DIGIT) + 16)
    with ball_precision(evidence.precision):
        around = ball(at_only_point(question))
        low, high = lower_fraction(around), upper_fraction(around)
    return Enclosure(low, high, question.method.spectrum.ell, "exact, at the only eigenvalue", question.note, evidence)
