"""The fields a program's scalars are computed in: exact numbers, doubles, mpmath numbers and Arb balls.

A System says how an exact number enters the field; the field's own operators do the rest. Constants with
square roots are always computed exactly first and enter the field rounded once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import mpmath
from flint import fmpq
from mpmath.libmp import from_man_exp, from_rational

from polyunroll.arithmetic.balls import ball
from polyunroll.arithmetic.exact import Exact, to_float
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import InvalidInput

__all__ = ["BALLS", "DOUBLES", "EXACT", "MPSystem", "System"]


class System(Protocol):
    """A field with an embedding of the exact numbers."""

    def convert(self, value: Exact) -> Any:
        """The exact number as an element of this field."""


class _Exact:
    def convert(self, value: Exact) -> Exact:
        return value


class _Doubles:
    def convert(self, value: Exact) -> float:
        return to_float(value)


class _Balls:
    """Balls at the precision in force (see `balls.ball_precision`)."""

    def convert(self, value: Exact) -> Any:
        return ball(value)


@dataclass(frozen=True)
class MPSystem:
    """mpmath numbers of a private context: mpmath's global precision is never touched.

    Parameters
    ----------
    digits : int
        Working precision in decimal digits.
    """

    digits: int

    def __post_init__(self) -> None:
        if not 1 <= self.digits <= 1_000_000:
            raise InvalidInput(f"digits = {self.digits} is not allowed; give 1 to 1000000")
        context = mpmath.mp.clone()
        context.dps = self.digits
        object.__setattr__(self, "context", context)

    def convert(self, value: Any) -> Any:
        """The nearest mpf; values already in mpmath pass through."""
        context = self.context  # type: ignore[attr-defined]
        if isinstance(value, Surd) and value.b != 0:
            return context.make_mpf(self._rounded(value, context.prec))
        if isinstance(value, (fmpq, Surd)):
            number = value.a if isinstance(value, Surd) else value
            return context.make_mpf(from_rational(int(number.p), int(number.q), context.prec, "n"))
        return context.convert(value)

    @staticmethod
    def _rounded(value: Surd, precision: int) -> Any:
        """An irrational number to the nearest, however much a and b√d cancel."""
        bits = precision + 64
        while True:
            lower = value.scaled_floor(bits)
            low, high = (from_man_exp(end, -bits, precision, "n") for end in (lower, lower + 1))
            if low == high:
                return low
            bits *= 2


EXACT: System = _Exact()
DOUBLES: System = _Doubles()
BALLS: System = _Balls()
