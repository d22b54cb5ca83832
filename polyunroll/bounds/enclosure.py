"""Two-sided enclosures with rational ends, and the three-valued comparisons they allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from flint import arb, fmpq, fmpz

from polyunroll.errors import InvalidInput, PolyunrollError
from polyunroll.output.literals import decimal_literal, directed_decimal

__all__ = ["Enclosure", "Portable", "TooWide", "UndecidedComparison", "enclosed", "lower_fraction", "upper_fraction"]

_MAX_EXPONENT = 2**32
"""Bits of a fraction's numerator or denominator: half a gigabyte."""


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
        What `certificate` writes down for the checker; not shown or compared.

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
    def certificate(self) -> dict[str, Any]:
        """What `check_certificate` verifies without a search, as JSON data.

        Raises
        ------
        InvalidInput
            If it was not made by `worst_case`.
        """
        from polyunroll.bounds.certificate import certificate

        return certificate(self)

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
        """The number both ends round to, with as many digits as that allows (at most `digits`).

        Where not even one digit is shared, an interval of three digits, rounded outwards.
        """
        for places in range(digits or 1100, 0, -1):
            low, high = decimal_literal(self.lower, places), decimal_literal(self.upper, places)
            if low == high:
                return low
        down, up = directed_decimal(self.lower, 3, ROUND_FLOOR), directed_decimal(self.upper, 3, ROUND_CEILING)
        return f"[{down}, {up}]".lower()

    def __str__(self) -> str:
        return self.decimal(20)

    def _repr_latex_(self) -> str:
        mantissa, _, exponent = str(self).partition("e")
        return f"${mantissa} \\cdot 10^{{{int(exponent)}}}$" if exponent else f"${mantissa}$"


class Portable:
    """A mixin: balls among the attributes survive pickling and copying, which FLINT's own type refuses."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: _Ball.of(value) if isinstance(value, arb) else value for name, value in self.__dict__.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(
            {name: value.ball() if isinstance(value, _Ball) else value for name, value in state.items()}
        )


class _Ball(NamedTuple):
    """A ball as whole numbers, m·2^e each."""

    middle: tuple[int, int]
    radius: tuple[int, int]

    @staticmethod
    def of(value: arb) -> _Ball:
        (m, e), (r, f) = value.mid().man_exp(), value.rad().man_exp()
        return _Ball((int(m), int(e)), (int(r), int(f)))

    def ball(self) -> arb:
        return arb(self.middle, arb(self.radius))


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q)) if isinstance(value, fmpq) else Fraction(value)


def _dyadic(value: arb) -> Fraction:
    """An exact ball as a Fraction."""
    mantissa, exponent = value.man_exp()
    number, power = int(fmpz(mantissa)), int(exponent)
    if abs(power) > _MAX_EXPONENT:
        size = f"10^{Decimal(power) * Decimal(2).log10():.3g}"
        raise InvalidInput(
            f"the bound is near {size}, and fractions of that size do not fit into memory; give fewer steps"
        )
    return Fraction(number << power) if power >= 0 else Fraction(number, 1 << -power)


def lower_fraction(value: arb) -> Fraction:
    """A rational not above anything in the ball."""
    return _dyadic(value.lower())


def upper_fraction(value: arb) -> Fraction:
    """A rational not below anything in the ball."""
    return _dyadic(value.upper())


def enclosed(values: Iterable[arb]) -> tuple[Enclosure, ...]:
    """Balls as enclosures."""
    return tuple(Enclosure(lower_fraction(value), upper_fraction(value)) for value in values)
