"""The checker of burn-in certificates: tail, blocks of steps, and single steps, without the search.

A block [first, last, rule] says that V_t stays below a limit for first ≤ t ≤ last:

    decay         the family's decay bound over the block is below it
    coefficients  bounds from P_t's Chebyshev coefficients are, for each t
    value         the certificate of V_t's enclosure, verified by `check`, says so
    exact         V_t is an exact number that is
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import whole_number
from polyunroll.bounds.burn_in import SCHEMA
from polyunroll.bounds.check import check
from polyunroll.bounds.pairs import scaled_pair
from polyunroll.bounds.question import Question
from polyunroll.bounds.rate import Tail
from polyunroll.bounds.sequence import coefficient_sequence, quick_bounds, rough_bounds
from polyunroll.bounds.values import at_ends_exactly
from polyunroll.errors import InvalidInput
from polyunroll.methods import exact_from_text, method_from_data

__all__ = ["check_burn_in", "check_certificate"]

_SWEEP_BITS = 64
_MOST_STEPS = 100_000


class _Fails(Exception):
    """The first thing that could not be verified."""


def check_certificate(data: Any) -> tuple[bool, str]:
    """Verify the certificate of a bound or of a burn-in, without the search that found it.

    The method's polynomials are derived anew, and every inequality of the certificate is verified in balls.

    Parameters
    ----------
    data : mapping
        `Enclosure.certificate` or `BurnIn.certificate`, or one read back from JSON.

    Returns
    -------
    tuple of (bool, str)
        Whether all is verified, and a sentence: what was verified, or the first thing that was not.

    Raises
    ------
    InvalidInput
        If the data are no such certificate.

    Examples
    --------
    >>> from polyunroll import Chebyshev, Spectrum, check_certificate, worst_case
    >>> bound = worst_case(Chebyshev(Spectrum("1/100", 1)), 20, digits=4)
    >>> check_certificate(bound.certificate)[0]
    True
    """
    if isinstance(data, Mapping) and data.get("schema") == SCHEMA:
        return check_burn_in(data)
    return check(data)


def check_burn_in(data: Mapping[str, Any]) -> tuple[bool, str]:
    """Verify a burn-in certificate: its length, its peak and where, and the tail.

    Parameters
    ----------
    data : mapping
        As `BurnIn.certificate` gives it, or as read back from JSON.

    Returns
    -------
    tuple of (bool, str)
        Whether all is verified, and a sentence: what was verified, or the first thing that was not.

    Raises
    ------
    InvalidInput
        If the data are no such certificate.
    """
    if data.get("schema") != SCHEMA:
        raise InvalidInput(f"this is no burn-in certificate: its schema must be {SCHEMA!r}")
    try:
        return True, _Checker(data).run()
    except _Fails as failure:
        return False, str(failure)
    except InvalidInput:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
        raise InvalidInput(f"the certificate is malformed: {type(error).__name__}: {error}") from None


class _Checker:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        method = method_from_data(data["method"])
        self._question = Question.of(
            method, 0, exact_from_text(data["R"]), exact_from_text(data["G"]), "exact", data["split"]
        )
        self._tail = Tail(method, self._question.R, self._question.G, data["split"])
        self._end = whole_number(data["tail_from"], "tail_from", 1)
        if self._end > _MOST_STEPS * 100:
            raise InvalidInput(f"tail_from = {self._end} is beyond what is checked, {_MOST_STEPS * 100}")

    def run(self) -> str:
        """Verify everything; the sentence that says so."""
        R = self._question.R
        if not self._tail.holds_from(self._end, R):
            raise _Fails(f"the decay bound does not prove V_t <= R for all t >= {self._end}")
        last = 0
        if self._data["last"] is not None:
            last, rule = whole_number(self._data["last"][0], "last", 1), self._data["last"][1]
            self._above(last, rule, R)
        self._covered(self._data["length"], last + 1, self._end - 1)
        for block in self._data["length"]:
            self._below(block, R)
        at = whole_number(self._data["peak_at"], "peak_at")
        _, upper = self._enclosed(self._data["peak_value"], at)
        if last:
            self._covered(self._data["peak"], 1, last)
            for block in self._data["peak"]:
                self._below(block, upper)
        elif at:
            raise _Fails(f"the peak is said to be at t = {at}, but V_t never rises above its start")
        if not upper >= R and at:
            raise _Fails("the peak is below the start")
        return (
            f"verified: V_t <= R for all t >= {last + 1 if last else 0}"
            + (f", V_{last} > R" if last else "")
            + f", and no V_t is above the enclosure of V_{at}"
        )

    @staticmethod
    def _covered(blocks: Any, first: int, last: int) -> None:
        """The blocks must be [first … last] without a gap."""
        reached = first
        for low, high, _ in sorted(blocks):
            if not (isinstance(low, int) and isinstance(high, int) and low <= reached <= high + 1):
                raise _Fails(f"the blocks leave a gap at t = {reached}")
            reached = high + 1
        if reached <= last:
            raise _Fails(f"the blocks leave a gap at t = {reached}")

    def _enclosed(self, data: Any, t: int) -> tuple[Any, Any]:
        """The ends of V_t's verified enclosure."""
        asked = {
            "method": self._data["method"],
            "t": t,
            "R": self._data["R"],
            "G": self._data["G"],
            "split": self._data["split"],
            "criterion": "exact",
            "estimator": "unrolled",
        }
        for name, value in asked.items():
            if data[name] != value:
                raise _Fails(f"the certificate for V_{t} is for {name} = {data[name]}")
        good, reason = check(data)
        if not good:
            raise _Fails(f"the enclosure of V_{t}: {reason}")
        return exact_from_text(data["lower"]), exact_from_text(data["upper"])

    def _exactly(self, t: int) -> Any:
        value = at_ends_exactly(replace(self._question, t=t))
        if value is None:
            raise _Fails(f"V_{t} is not to be had as an exact number")
        return value

    def _above(self, t: int, rule: str, limit: Any) -> None:
        low = self._exactly(t) if rule == "exact" else self._enclosed(self._data["values"][str(t)], t)[0]
        if not low > limit:
            raise _Fails(f"V_{t} is not shown to be above the start")

    def _below(self, block: Any, limit: Any) -> None:
        first, last, rule = block
        if rule == "exact" and first == last:
            good = self._exactly(first) <= limit
        elif rule == "value" and first == last:
            good = self._enclosed(self._data["values"][str(first)], first)[1] <= limit
        elif rule == "decay" and first >= 1:
            with ball_precision(self._tail.precision):
                good = not self._tail.vanishes and bool(self._tail.over(first, last) <= ball(limit))
        elif rule == "coefficients" and first >= 1 and last <= _MOST_STEPS:
            good = all(self._rough_below(t, limit) for t in range(first, last + 1))
        else:
            raise _Fails(f"the rule {rule!r} does not settle the steps {first} to {last}")
        if not good:
            raise _Fails(f"the steps {first} to {last} are not shown to stay below the limit, by {rule}")

    def _rough_below(self, t: int, limit: Any) -> bool:
        with ball_precision(_SWEEP_BITS):
            size = ball(limit)
            quick = quick_bounds(*self._pairs[t])
            return bool(quick.upper <= size) or bool(rough_bounds(*self._pairs[t]).upper <= size)

    @property
    def _pairs(self) -> list[Any]:
        """(R·A, G·B) for t = 0, 1, …, as far as blocks by coefficients go; made once."""
        if not hasattr(self, "_made"):
            blocks = [*self._data["length"], *self._data["peak"]]
            steps = max((last for _, last, rule in blocks if rule == "coefficients"), default=0)
            self._made: list[Any] = [None]
            for P in coefficient_sequence(self._question.method, min(steps, _MOST_STEPS), _SWEEP_BITS):
                with ball_precision(_SWEEP_BITS):
                    self._made.append(scaled_pair(self._question, P))
        return self._made
