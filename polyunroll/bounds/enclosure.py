"""Two-sided enclosures with rational ends, and the three-valued comparisons they allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import arb, fmpq, fmpz

from polyunroll.errors import PolyunrollError

__all__ = ["Enclosure", "TooWide", "UndecidedComparison", "lower_fraction", "upper_fraction"]


class TooWide(PolyunrollError, ArithmeticError):
    """An enclosure could not be made as narrow as asked."""


class UndecidedComparison(PolyunrollError, ArithmeticError):
    """Two enclosures overlap, so neither order is proved."""


@dataclass(frozen=True)
class Enclosure:
    """A number known to lie in [lower, upper].

    Attributes
    ----------
    lower, upper : Fraction
    at : object
        Where the value is attained (to many digits): a number λ, a pair of them for a two-point worst case, or None.
    proved : str
        Which rule proved it.
    note : str
        What the number is and under which hypotheses it says something about the Jacobian error.
    evidence : object
        What `certificate` writes down for a checker; not shown or compared.

    Notes
    -----
    `a < b` is True when proved, False when its contrary is proved, and raises `UndecidedComparison` otherwise:
    `not (a < b)` is never taken for `a >= b`.
    """

    lower: Fraction
    upper: Fraction
    at: Any = None
    proved: str = ""
    note: str = ""
    evidence: Any = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.lower > self.upper:
            raise ValueError(f"an enclosure's lower end {self.lower} is above its upper end {self.upper}")

    @property
    def width(self) -> Fraction:
        """Upper − lower."""
        return self.upper - self.lower

    @property
    def relative_width(self) -> Fraction:
        """Width over upper; 0 for [0, 0]."""
        return self.width / self.upper if self.upper else Fraction(0)

    def __contains__(self, value: Any) -> bool:
        return self.lower <= _fraction(value) <= self.upper

    def __float__(self) -> float:
        middle = (self.lower + self.upper) / 2
        return middle.numerator / middle.denominator

    def _ends(self, other: Any) -> tuple[Fraction, Fraction]:
        return (other.lower, other.upper) if isinstance(other, Enclosure) else (_fraction(other),) * 2

    def __lt__(self, other: Any) -> bool:
        low, high = self._ends(other)
        return self._decide(self.upper < low, self.lower >= high, "<", other)

    def __le__(self, other: Any) -> bool:
        low, high = self._ends(other)
        return self._decide(self.upper <= low, self.lower > high, "<=", other)

    def __gt__(self, other: Any) -> bool:
        low, high = self._ends(other)
        return self._decide(self.lower > high, self.upper <= low, ">", other)

    def __ge__(self, other: Any) -> bool:
        low, high = self._ends(other)
        return self._decide(self.lower >= high, self.upper < low, ">=", other)

    def _decide(self, yes: bool, no: bool, sign: str, other: Any) -> bool:
        if yes or no:
            return yes
        raise UndecidedComparison(f"{self} {sign} {other} is undecided: the enclosures overlap; ask for more digits")

    def decimal(self, digits: int | None = None) -> str:
        """The decimal digits both ends share (at most `digits`), as a number anyone can read."""
        from polyunroll.output.literals import decimal_literal

        for places in range(digits or 1100, 0, -1):
            low, high = decimal_literal(self.lower, places), decimal_literal(self.upper, places)
            if low == high:
                return low
        return f"[{decimal_literal(self.lower, 3)}, {decimal_literal(self.upper, 3)}]"

    def __str__(self) -> str:
        return self.decimal(20)

    def _repr_latex_(self) -> str:
        mantissa, _, exponent = str(self).partition("e")
        return f"${mantissa} \\cdot 10^{{{int(exponent)}}}$" if exponent else f"${mantissa}$"


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q)) if isinstance(value, fmpq) else Fraction(value)


def _dyadic(value: arb) -> Fraction:
    """An exact ball as a Fraction."""
    mantissa, exponent = value.man_exp()
    number, power = int(fmpz(mantissa)), int(exponent)
    return Fraction(number << power) if power >= 0 else Fraction(number, 1 << -power)


def lower_fraction(value: arb) -> Fraction:
    """A rational not above anything in the ball."""
    return _dyadic(value.lower())


def upper_fraction(value: arb) -> Fraction:
    """A rational not below anything in the ball."""
    return _dyadic(value.upper())
