"""The burn-in of a method, proved: from when on the worst error stays below its start, and how far it rises before.

1. *Tail*: the family's `Decay` bounds V_t for all t ≥ N by a decreasing function that is ≤ R at N.
2. *Length*: from N − 1 down, blocks of steps are passed over whose bound is ≤ R, and halved where it is not; a single
   step is decided by an enclosure of V_t, and by exact arithmetic where V_t may be R itself. The first step found with
   V_t > R is the last of the burn-in.
3. *Peak*: among the steps of the burn-in, the block with the largest bound is looked at first, and halved; blocks
   below a value that is attained are passed over.

The bound over a block is the decay's where the family knows where its error polynomials are largest. Elsewhere one pass
over the steps gives a bound for each (`sequence`).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from flint import arb

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import exact, public, sign, whole_number
from polyunroll.bounds.closed_form import closed_form
from polyunroll.bounds.cosine import derivative, error_pair
from polyunroll.bounds.enclosure import Enclosure, UndecidedComparison
from polyunroll.bounds.question import Question
from polyunroll.bounds.rate import Tail, decay_of, largest
from polyunroll.bounds.sequence import Rough, coefficient_sequence, quick_bounds, rough_bounds
from polyunroll.bounds.worst_case import answer, worst_case
from polyunroll.errors import InvalidInput, OutsideField
from polyunroll.interpret.jets import exact_jets
from polyunroll.methods.base import Method
from polyunroll.output.literals import fraction_literal

__all__ = ["BurnIn", "burn_in"]

_LADDER = (40, 110, 330)
"""Bits of the enclosures that decide a comparison, in turn; exact arithmetic comes after the second."""
_EXACT_STEPS = 300
_SWEEP_BITS = 64
_LONGEST_SWEEP = 6_000
SCHEMA = "polyunroll/burn-in-certificate/1"


@dataclass(frozen=True)
class BurnIn:
    """How long the worst Jacobian error V_t stays, or comes back, above its start V_0 = R.

    Attributes
    ----------
    length : int
        The least n with V_t ≤ R for all t ≥ n; 0 if V_t never rises above R.
    peak : Enclosure
        max over t ≥ 0 of V_t.
    peak_at : int
        The t of the peak, the least if there are several; 0 if V_t never rises above R.
    tail_from : int
        From here on V_t ≤ R by the decay bound alone.
    proved : str
        What proves the length.
    certificate : dict
        The blocks of steps [first, last, rule] that the proof went through, as JSON data.
    """

    length: int
    peak: Enclosure
    peak_at: int
    tail_from: int
    proved: str
    certificate: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        if self.length == 0:
            return "no burn-in: the worst error never rises above its start"
        return f"burn-in length {self.length}, peak {self.peak} at t = {self.peak_at}"


def burn_in(method: Method, R: Any = 1, G: Any = 0, split: str = "total", digits: int = 15) -> BurnIn:
    """The burn-in of the worst-case Jacobian error V_t (criterion "exact"), proved for all t.

    Parameters
    ----------
    method : Method
        Without symbols or horizon, and with a rate < 1.
    R, G : exact numbers, R > 0, G ≥ 0
        As for `worst_case`; V_0 = R.
    split : {"total", "partial"}
        The pair (E, D), for ∂H that commutes with H only; or (P, P'), for all.
    digits : int
        The relative width of the peak's enclosure is at most 10^−digits.

    Returns
    -------
    BurnIn

    Raises
    ------
    InvalidInput
        If R = 0 (the error starts at 0), the method has symbols or a horizon, diverges, or declares no decay; or if
        the answer would take too long.
    UndecidedComparison
        If some V_t could not be told from R, or two candidates for the peak from each other.

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 3 (the burn-in phase).
    """
    decay_of(method)
    question = Question.of(method, 0, R, G, split=split)
    digits = whole_number(digits, "digits", 1)
    if sign(question.R) == 0:
        raise InvalidInput("R = 0 is not allowed: the error starts at 0, and a burn-in needs a start > 0")
    search = _Search(question, Tail(method, question.R, question.G, split))
    last, settled = search.last_above()
    certificate: dict[str, Any] = {
        "schema": SCHEMA,
        "method": method.as_data(),
        "R": fraction_literal(question.R),
        "G": fraction_literal(question.G),
        "split": split,
        "tail_from": search.end,
        "length": settled,
        "peak": [],
    }
    if last == 0:
        peak, at = worst_case(method, 0, R, G, digits, split=split), 0
    else:
        at, certificate["peak"] = search.peak(last, int(digits * 3.33) + 8)
        peak = worst_case(method, at, R, G, digits, split=split)
    return BurnIn(last + 1 if last else 0, peak, at, search.end, search.sentence(last), certificate)


class _Search:
    """V_t against R for all t ≥ 1: settled from `end` on, and step by step before."""

    def __init__(self, question: Question, tail: Tail) -> None:
        self._question, self._tail = question, tail
        self._size = ball(question.R)
        self.end = tail.below(question.R)
        method = question.method
        self._sweeps = method.extremes is None and method.spectrum.radius != 0
        self._rough: list[Rough] = self._sweep() if self._sweeps else []
        self._known: dict[int, tuple[int, Enclosure]] = {}

    # -- what is known of V_t ------------------------------------------------------------------------------------------
    def _sweep(self) -> list[Rough]:
        """Bounds for t = 0 … end − 1, narrower where R or the largest value so far lies between them."""
        method, steps = self._question.method, self.end - 1
        if steps > _LONGEST_SWEEP:
            minutes = max(1, round((steps / 2000) ** 3 / 4))
            raise InvalidInput(
                f"the worst case is proved to stay below its start from t = {self.end} on only, and the {steps} steps "
                f"before would take about {minutes} minutes; at most {_LONGEST_SWEEP} are looked at"
            )
        with ball_precision(_SWEEP_BITS):
            R, G = ball(self._question.R), ball(self._question.G)
            center, radius = ball(method.spectrum.center), ball(method.spectrum.radius)
            found, best = [Rough(R.lower(), R.upper())], R.lower()
        for P in coefficient_sequence(method, steps, _SWEEP_BITS):
            with ball_precision(_SWEEP_BITS):
                A, B = (P, derivative(P, radius)) if self._question.split == "partial" else error_pair(P, center, radius)
                A, B = [R * v for v in A], [G * v for v in B]
                rough = quick_bounds(A, B)
                if not (rough.upper <= best or rough.upper < rough.lower * arb("1.05")):
                    rough = rough_bounds(A, B)
                best = best.max(rough.lower)
                found.append(rough)
        return found

    def _bound(self, first: int, last: int) -> arb:
        """An upper bound on V_t for first ≤ t ≤ last."""
        if self._rough:
            return largest([rough.upper for rough in self._rough[first : last + 1]])
        return self._tail.over(first, last)

    def _value(self, t: int, bits: int) -> Enclosure:
        """V_t to a relative width of 2^−bits."""
        if t not in self._known or self._known[t][0] < bits:
            question = replace(self._question, t=t)
            found = closed_form(question, bits)
            if found is None:
                found = answer(question, bits)[0]
            self._known[t] = bits, found
        return self._known[t][1]

    def _exactly(self, t: int) -> Any:
        """V_t as an exact number, where both error polynomials are known to be largest at one end; else None.

        P_1 is linear, so D_1 is constant and |E_1|, |P_1| are largest at an end.
        """
        facts = self._question.method.extremes
        if t > _EXACT_STEPS or (facts is None and t > 1):
            return None
        spectrum = self._question.method.spectrum
        ends = [spectrum.low, spectrum.high]
        if facts is not None and t > 1:
            ends = [spectrum.low if name == "ell" else spectrum.high for name in facts.points]
        try:
            sizes = []
            for point, (P, D) in zip(ends, exact_jets(self._question.method, t, ends, 1), strict=True):
                A = P - point * D if self._question.split == "total" else P
                sizes.append((abs(A) * self._question.R, abs(D) * self._question.G))
            a, b = max(x for x, _ in sizes), max(y for _, y in sizes)
            return a + b if any(x == a and y == b for x, y in sizes) else None
        except OutsideField:
            return None

    def _exceeds(self, t: int) -> bool:
        """Whether V_t > R, proved either way."""
        if self._rough and self._rough[t].lower > self._size:
            return True
        if t == 1 and self._question.split == "total" and sign(self._question.G) == 0:
            return False  # E_1 = 1
        if self._tail.vanishes and t > 1:
            return False
        for bits in _LADDER:
            found = self._value(t, bits)
            if exact(found.upper) <= self._question.R:
                return False
            if exact(found.lower) > self._question.R:
                return True
            if bits == _LADDER[1]:
                value = self._exactly(t)
                if value is not None:
                    return bool(value > self._question.R)
        raise UndecidedComparison(
            f"V_{t} is R = {public(self._question.R)} to {_LADDER[-1]} bits, and neither V_{t} <= R nor V_{t} > R is proved"
        )

    # -- length and peak -----------------------------------------------------------------------------------------------
    def last_above(self) -> tuple[int, list[list[Any]]]:
        """(the last t with V_t > R, or 0; the blocks that prove V_t ≤ R after it)."""
        pending, settled = [(1, self.end - 1)] if self.end > 1 else [], []
        while pending:
            first, last = pending.pop()
            with ball_precision(self._tail.precision):
                passed = bool(self._bound(first, last) <= self._size)
            if passed:
                settled.append([first, last, self._rule])
            elif first < last:
                middle = (first + last) // 2
                pending += [(first, middle), (middle + 1, last)]
            elif self._exceeds(first):
                return first, settled
            else:
                settled.append([first, first, "value"])
        return 0, settled

    @property
    def _rule(self) -> str:
        return "coefficients" if self._sweeps else "decay"
