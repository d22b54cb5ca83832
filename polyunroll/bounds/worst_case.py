"""Proved worst cases of the Jacobian error: `worst_case`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, overload

from flint import arb

from polyunroll.arithmetic.balls import ball, ball_precision, midpoint
from polyunroll.arithmetic.exact import public, whole_number
from polyunroll.arithmetic.systems import EXACT
from polyunroll.bounds.closed_form import closed_form
from polyunroll.bounds.cosine import Cosine
from polyunroll.bounds.enclosure import Enclosure, TooWide, lower_fraction, upper_fraction
from polyunroll.bounds.mixture import Mixture, mixture
from polyunroll.bounds.pairs import Pair, error_polynomials
from polyunroll.bounds.question import Question
from polyunroll.bounds.supremum import Supremum, supremum
from polyunroll.errors import InvalidInput
from polyunroll.interpret.jets import exact_jets
from polyunroll.methods.base import Method

__all__ = ["Answer", "answer", "worst_case"]

_BITS_PER_DIGIT = 3.3219280948873626
_MAX_DIGITS = 1000
_MAX_DEGREE = 200_000
_ATTEMPTS = 7


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
        return [_enclose(Question.of(method, step, R, G, **how), digits) for step in t]
    return _enclose(Question.of(method, t, R, G, **how), digits)


def _enclose(question: Question, digits: int) -> Enclosure:
    spectrum = question.method.spectrum
    if spectrum.radius == 0:
        return _one_point(question, digits)
    bits = int(digits * _BITS_PER_DIGIT) + 3
    found = closed_form(question, bits)
    if found is not None:
        return found
    if max(question.t, question.plain_steps) > _MAX_DEGREE:
        cost = (max(question.t, question.plain_steps) / 10_000) ** 1.2 * 10
        raise InvalidInput(
            f"t = {question.t} would take about {cost:.0f} s and gigabytes of memory; give t <= {_MAX_DEGREE}"
        )
    return answer(question, bits)[0]


def answer(question: Question, bits: int) -> tuple[Enclosure, Answer | None, int]:
    """(enclosure, what it rests on, working precision) by the generic engine, to a relative width of 2^−bits.

    Raises
    ------
    TooWide
    """
    guard = 48 + 6 * max(question.t, question.plain_steps, 1).bit_length()
    for _ in range(_ATTEMPTS):
        precision = bits + guard
        with ball_precision(precision):
            pair = error_polynomials(question, bits + guard // 2)
            try:
                result = _solve(question, pair, bits + 2)
            except TooWide:
                result = None
            if result is None:
                guard *= 2
                continue
            if result.upper == 0:
                return Enclosure(Fraction(0), Fraction(0), None, result.rule, question.note), None, precision
            if result.upper <= result.lower * (1 + arb(2) ** (-bits)):
                return _shown(question, result), result, precision
        guard *= 2
    raise TooWide(f"the worst case of {question.method!r} at t = {question.t} was not enclosed to {bits} bits")


def _shown(question: Question, result: Answer) -> Enclosure:
    places = [_place(question, place) for place in result.places]
    at = None if not places else places[0] if len(places) == 1 else tuple(places)
    return Enclosure(lower_fraction(result.lower), upper_fraction(result.upper), at, result.rule, question.note)


def _place(question: Question, place: Supremum) -> Any:
    """λ at a place: an end exactly, or the rational nearest to it in the precision in force."""
    spectrum = question.method.spectrum
    if place.end is not None:
        return spectrum.L if place.end == "L" else spectrum.ell
    return public(midpoint(ball(spectrum.center) + ball(spectrum.radius) * place.theta.cos()))


def _is_zero(a: list[arb]) -> bool:
    return all(v == 0 for v in a)


_NOTHING = Supremum(arb(0), arb(0), 0, arb(0), 0, 0, {})


def _supremum(a: list[arb], bits: int) -> Supremum:
    return _NOTHING if _is_zero(a) else supremum(Cosine(a), bits)


def _scaled(a: list[arb], size: arb) -> list[arb]:
    return [size * v for v in a]


def _solve(question: Question, pair: Pair, bits: int) -> Answer:
    R, G = ball(question.R), ball(question.G)
    A, factors = _scaled(pair[0], R), pair[1]
    if question.is_product or question.criterion == "separate":
        return _separate(A, factors, G, bits)
    B = _scaled(factors[0], G)
    if _is_zero(B) or _is_zero(A):
        top = _supremum(A if _is_zero(B) else B, bits)
        return Answer(top.lower, top.upper, (top,) if top.cells else (), "certified supremum", (top,))
    if question.criterion == "pointwise":
        width = max(len(A), len(B))
        A, B = A + [arb(0)] * (width - len(A)), B + [arb(0)] * (width - len(B))
        plus = _supremum([a + b for a, b in zip(A, B, strict=True)], bits)
        minus = _supremum([a - b for a, b in zip(A, B, strict=True)], bits)
        top, other = (plus, minus) if plus.lower >= minus.lower else (minus, plus)
        upper = top.upper if top.upper >= other.upper else other.upper
        return Answer(top.lower, upper, (top,), "certified suprema of RA + GB and RA − GB", (plus, minus))
    rough_a, rough_b = _supremum(A, 20), _supremum(B, 20)
    mix = mixture(A, B, rough_a.upper / (rough_a.upper + rough_b.upper), bits)
    rule = "certified supremum at one s; a problem with " + (
        "two eigenvalues" if len(mix.places) == 2 else "one eigenvalue"
    )
    return Answer(mix.lower, mix.upper, mix.places, rule, (mix.supremum,), mix)


def _separate(A: list[arb], factors: list[list[arb]], G: arb, bits: int) -> Answer:
    """max|A| + G·∏ max|factor|."""
    top = _supremum(A, bits)
    tops = [_supremum(factor, bits) for factor in factors]
    lower, upper = G, G
    for one in tops:
        lower, upper = lower * one.lower, upper * one.upper
    if top.upper == 0 and not upper > 0:
        return Answer(arb(0), arb(0), (), "certified suprema", ())
    return Answer((top.lower + lower).lower(), (top.upper + upper).upper(), (), "certified suprema", (top, *tops))


def _one_point(question: Question, digits: int) -> Enclosure:
    """A spectrum of one point: |A(ℓ)|R + |B(ℓ)|G, exactly."""
    point = question.method.spectrum.low
    P, D = exact_jets(question.solver, question.t, [point], 1)[0]
    if question.estimator == "unrolled":
        A, B = (P - point * D, D) if question.split == "total" else (P, D)
    else:
        plain = exact_jets(question.method, question.plain_steps, [point], 0)[0][0]
        A, B = P, (D if question.estimator == "truncated" else (P - 1) / point) * plain
    value = EXACT.convert(abs(A) * question.R + abs(B) * question.G)
    if value == 0:
        return Enclosure(Fraction(0), Fraction(0), public(point), "exact, at the only eigenvalue", question.note)
    with ball_precision(int(digits * _BITS_PER_DIGIT) + 16):
        around = ball(value)
        low, high = lower_fraction(around), upper_fraction(around)
    return Enclosure(low, high, public(point), "exact, at the only eigenvalue", question.note)
