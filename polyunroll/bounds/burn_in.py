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

from polyunroll.arithmetic.balls import BITS_PER_DIGIT, ball, ball_precision
from polyunroll.arithmetic.exact import exact, is_symbolic, public, sign
from polyunroll.bounds.certificate import certificate as write_down
from polyunroll.bounds.closed_form import closed_form
from polyunroll.bounds.enclosure import Enclosure, UndecidedComparison
from polyunroll.bounds.pairs import scaled_pair
from polyunroll.bounds.question import Question
from polyunroll.bounds.rate import Tail, decay_of, largest
from polyunroll.bounds.sequence import Rough, coefficient_sequence, quick_bounds, rough_bounds
from polyunroll.bounds.values import at_ends_exactly
from polyunroll.bounds.worst_case import answers, worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.output.literals import fraction_literal

__all__ = ["BurnIn", "burn_in", "steps_to"]

_LADDER = (24, 64, 128, 384)
"""Bits of the enclosures that decide a comparison, in turn."""
_EXACT_AT = 128
"""Exact arithmetic is tried where so many bits did not decide."""
_MANY = 8
"""So many values come from one pass, fewer one by one."""
_SWEEP_BITS = 64
_LONGEST_SWEEP = 6_000
SCHEMA = "polyunroll/burn-in-certificate/1"

Blocks = list[tuple[int, int, str]]


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
    if sign(question.R) == 0:
        raise InvalidInput("R = 0 is not allowed: the error starts at 0, and a burn-in needs a start > 0")
    peak, at = worst_case(method, 0, R, G, digits, split=split), 0
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
    certificate["last"] = [last, search.witness(last)] if last else None
    if last:
        at, certificate["peak"] = search.peak(last)
        peak = search.value(at, int(digits * BITS_PER_DIGIT) + 3)
    certificate["peak_at"] = at
    certificate["peak_value"] = write_down(peak)
    certificate["values"] = search.values([*settled, *certificate["peak"], (last, last, "value")])
    return BurnIn(last + 1 if last else 0, peak, at, search.end, search.sentence(last), certificate)


def steps_to(method: Method, level: Any, R: Any = 1, G: Any = 0, split: str = "total") -> int:
    """The least n with V_t ≤ level for all t ≥ n, proved: after so many steps the error is guaranteed to be that small.

    Parameters
    ----------
    method : Method
        Without symbols or horizon, and with a rate < 1.
    level : exact number > 0
    R, G, split
        As for `burn_in`, which is the case level = R.

    Returns
    -------
    int

    Raises
    ------
    InvalidInput, UndecidedComparison
        As `burn_in`.

    Examples
    --------
    >>> from polyunroll import Chebyshev, Spectrum, steps_to
    >>> steps_to(Chebyshev(Spectrum("1/100", 1)), "1e-3")
    86
    """
    decay_of(method)
    size = exact(level, "level")
    if is_symbolic(size) or sign(size) <= 0:
        raise InvalidInput(f"level = {level} is not allowed; give a number > 0")
    question = Question.of(method, 0, R, G, split=split)
    if sign(question.R) == 0:
        raise InvalidInput("R = 0 is not allowed: the error starts at 0")
    last, _ = _Search(question, Tail(method, question.R, question.G, split), size).last_above()
    return last + 1 if last or size < question.R else 0


class _Search:
    """V_t against a level, R by default, for all t ≥ 1: settled by the tail from `end` on, step by step before."""

    def __init__(self, question: Question, tail: Tail, level: Any = None) -> None:
        method = question.method
        self._question, self._tail = question, tail
        self._level = question.R if level is None else level
        with ball_precision(tail.precision):
            self._size = ball(self._level)
        self.end = tail.below(self._level)
        self._known: dict[int, tuple[int, Enclosure]] = {}
        self._exact: set[int] = set()
        swept = method.extremes is None and method.spectrum.radius != 0
        self._rough: list[Rough] = self._sweep() if swept else []
        self._rule = "coefficients" if swept else "decay"
        self._bits = _LADDER[0] if swept else _LADDER[1] + 2 * self.end.bit_length()

    # -- what is known of V_t ------------------------------------------------------------------------------------------
    def _sweep(self) -> list[Rough]:
        """Bounds for t = 0 … end − 1, narrower ones where R, or the largest value so far, lies between them."""
        method, steps = self._question.method, self.end - 1
        if steps > _LONGEST_SWEEP:
            minutes = max(1, round((steps / 2000) ** 3 / 4))
            raise InvalidInput(
                f"that the worst error stays below {public(self._level)} is proved from t = {self.end} on, and the "
                f"{steps} steps before that would take about {minutes} minutes; at most {_LONGEST_SWEEP} are looked at"
            )
        with ball_precision(_SWEEP_BITS):
            R, level = ball(self._question.R), ball(self._level)
            found, best = [Rough(R.lower(), R.upper())], R.lower()
        for P in coefficient_sequence(method, steps, _SWEEP_BITS):
            with ball_precision(_SWEEP_BITS):
                A, B = scaled_pair(self._question, P)
                rough = quick_bounds(A, B)
                wide = not rough.upper < rough.lower * arb("1.05")
                if (wide and rough.upper > best) or (rough.upper > level and not rough.lower > level):
                    rough = rough_bounds(A, B)
                best = best.max(rough.lower)
                found.append(rough)
        return found

    def _bound(self, first: int, last: int) -> arb:
        """An upper bound on V_t for first ≤ t ≤ last."""
        if self._rough:
            return largest([rough.upper for rough in self._rough[first : last + 1]])
        return self._tail.over(first, last)

    def value(self, t: int, bits: int) -> Enclosure:
        """V_t to a relative width of 2^−bits."""
        if t not in self._known or self._known[t][0] < bits:
            question = replace(self._question, t=t)
            found = None if self._tail.vanishes else closed_form(question, bits)
            if found is None:
                digits = int(bits / BITS_PER_DIGIT) + 1
                found = worst_case(question.method, t, question.R, question.G, digits, split=question.split)
            self._known[t] = bits, found
        return self._known[t][1]

    def _prefetch(self, steps: set[int]) -> None:
        """Find the values for many t in one pass."""
        steps -= self._known.keys()
        if len(steps) > _MANY:
            found = answers(self._question, steps, _LADDER[0])
            self._known |= {t: (_LADDER[0], value) for t, value in found.items()}

    def exactly(self, t: int) -> Any:
        """V_t as an exact number, or None where that is not to be had."""
        return at_ends_exactly(replace(self._question, t=t))

    def _exceeds(self, t: int) -> bool:
        """Whether V_t > R, proved either way."""
        if self._rough and self._rough[t].lower > self._size:
            return True
        if t == 1 and (value := self.exactly(1)) is not None:  # V_1 is R exactly for G = 0, split total
            self._exact.add(1)
            return bool(value > self._level)
        for bits in _LADDER:
            found = self.value(t, bits)
            if exact(found.upper) <= self._level:
                return False
            if exact(found.lower) > self._level:
                return True
            if bits == _EXACT_AT and (value := self.exactly(t)) is not None:
                self._exact.add(t)
                return bool(value > self._level)
        raise UndecidedComparison(
            f"V_{t} agrees with {public(self._level)} to {_LADDER[-1]} bits; neither that it is larger nor that it is "
            "not is proved"
        )

    # -- length and peak -----------------------------------------------------------------------------------------------
    def last_above(self) -> tuple[int, Blocks]:
        """(the last t with V_t > R, or 0; the blocks that prove V_t ≤ R from there to the tail)."""
        pending = [(1, self.end - 1)] if self.end > 1 else []
        settled: Blocks = []
        if self._rough:
            above = max((t for t, rough in enumerate(self._rough) if rough.lower > self._size), default=0)
            self._prefetch({t for t in range(above + 1, self.end) if not self._rough[t].upper <= self._size})
        while pending:
            first, last = pending.pop()
            with ball_precision(self._tail.precision):
                passed = not self._tail.vanishes and bool(self._bound(first, last) <= self._size)
            if passed:
                settled.append((first, last, self._rule))
            elif first < last:
                middle = (first + last) // 2
                pending += [(first, middle), (middle + 1, last)]
            elif self._exceeds(first):
                return first, settled[::-1]
            else:
                settled.append((first, first, "exact" if first in self._exact else "value"))
        return 0, settled[::-1]

    def witness(self, t: int) -> str:
        """The rule that shows V_t > R, which is known: an enclosure, or exact arithmetic."""
        if t in self._exact:
            return "exact"
        next(bits for bits in _LADDER if exact(self.value(t, bits).lower) > self._level)
        return "value"

    def values(self, blocks: Blocks) -> dict[str, Any]:
        """The certificates of the enclosures that single steps were settled by."""
        steps = sorted({first for first, _, rule in blocks if rule == "value" and first in self._known})
        return {str(t): write_down(self._known[t][1]) for t in steps}

    def peak(self, last: int) -> tuple[int, Blocks]:
        """(the t ≤ last with the largest V_t; the blocks that prove it), V_last > R being known."""
        candidates: dict[int, Enclosure] = {}
        best, best_ball = Fraction(0), arb(0)
        settled: Blocks = []
        if self._rough:
            known = largest([rough.lower for rough in self._rough[1 : last + 1]])
            self._prefetch({t for t in range(1, last + 1) if not self._rough[t].upper < known})
        heap = [(0.0, 1, last)]
        while heap:
            _, first, end = heapq.heappop(heap)
            with ball_precision(self._tail.precision):
                if first < end and not self._bound(first, end) < best_ball:
                    middle = (first + end) // 2
                    for block in ((first, middle), (middle + 1, end)):
                        heapq.heappush(heap, (-_size_of(self._bound(*block)), *block))
                    continue
                passed = bool(self._bound(first, end) < best_ball)
            if passed:
                settled.append((first, end, self._rule))
                continue
            found = candidates[first] = self.value(first, self._bits)
            settled.append((first, first, "value"))
            if found.lower > best:
                best = found.lower
                with ball_precision(self._tail.precision):
                    best_ball = ball(exact(best))
        return self._largest(candidates), sorted(settled)

    def _largest(self, candidates: dict[int, Enclosure]) -> int:
        """The t with the largest value, the least if some are proved equal."""
        for bits in _LADDER:
            candidates = {t: self.value(t, bits) for t in candidates}
            best = max(found.lower for found in candidates.values())
            candidates = {t: found for t, found in candidates.items() if found.upper >= best}
            if len(candidates) == 1:
                return min(candidates)
            if bits == _EXACT_AT:
                values = {t: self.exactly(t) for t in sorted(candidates)}
                if None not in values.values():
                    return max(values, key=lambda t: values[t])
        raise UndecidedComparison(
            f"the peak is at one of t = {sorted(candidates)}, whose values agree to {_LADDER[-1]} bits"
        )

    def sentence(self, last: int) -> str:
        """What proves the length."""
        method, V = self._question.method, "V_t <= V_0 = R"
        if self._tail.vanishes:
            return f"V_t = 0 for t >= 2: P_t = (1−λ/L)^t at the only eigenvalue, and V_1 exactly for {method.label}"
        text = f"{V} for t >= {self.end} by the decay bound ({method.decay.upper})" if method.decay else V
        if self.end - 1 > last:
            how = "bounds from P_t's Chebyshev coefficients" if self._rule == "coefficients" else "the same over blocks"
            text += f", for t = {last + 1} … {self.end - 1} by {how} and enclosures of single V_t"
        return f"{text}; V_{last} > R" if last else text


def _size_of(value: arb) -> float:
    """The logarithm of a bound, to order blocks by; no proof rests on it."""
    return float(value.mid().log()) if value.mid() > 0 else -float("inf")
