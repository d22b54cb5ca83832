"""Rational functions over ℚ in named variables, with exact zero tests.

A Ratio is numerator/denominator, two FLINT multivariate polynomials without a common factor, the denominator's
leading coefficient 1: equal functions have equal parts. Two are equal as functions wherever both are defined exactly
if they are equal here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

_WORK = 20_000_000  # pairs of terms in all products


class Field:
    """ℚ(names). `divide` is told every divisor, so that it can be proved not to vanish."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._context = fmpq_mpoly_ctx.get(names or ("_",), Ordering.degrevlex)
        self._one, self.work = self._context.constant(1), 0
        self.variables = dict(zip(names, map(self.polynomial, self._context.gens()), strict=False))
        self.divide: Callable[[Ratio], None] = lambda divisor: None

    def number(self, value: Any) -> Ratio:
        """A rational number of this field."""
        return self.polynomial(self._context.constant(fmpq(value)))

    def polynomial(self, value: fmpq_mpoly) -> Ratio:
        """A polynomial over 1."""
        return Ratio(self, value, self._one)

    def ratio(self, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> Ratio:
        """The canonical form of numerator/denominator.

        Raises
        ------
        ZeroDivisionError
        """
        if denominator.is_zero():
            raise ZeroDivisionError("division by the rational function 0")
        common = numerator.gcd(denominator)
        if not common.is_one():
            numerator, denominator = numerator // common, denominator // common
        lead = denominator.leading_coefficient()
        return Ratio(self, numerator / lead, denominator / lead)

    def compose(self, polynomial: fmpq_mpoly, values: Mapping[str, Ratio]) -> Ratio:
        """The polynomial with a Ratio in some variables' places."""
        places = [(i, values[name]) for i, name in enumerate(self.names) if name in values]
        parts: dict[tuple[int, ...], dict[tuple[int, ...], fmpq]] = {}
        for exponents, coefficient in polynomial.to_dict().items():
            others = tuple(0 if name in values else k for name, k in zip(self.names, exponents, strict=False))
            parts.setdefault(tuple(int(exponents[i]) for i, _ in places), {})[others or exponents] = coefficient
        total = self.number(0)
        for powers, rest in parts.items():
            term = self.polynomial(self._context.from_dict(rest))
            for (_, value), power in zip(places, powers, strict=True):
                term = term * value**power if power else term
            total = total + term
        return total

    def times(self, left: fmpq_mpoly, right: fmpq_mpoly) -> fmpq_mpoly:
        """A product, if all so far are not too much work.

        Raises
        ------
        OverflowError
        """
        self.work += _size(left) * _size(right)
        if self.work > _WORK:
            raise OverflowError(f"the formulas grow too large: products of more than {_WORK} pairs of terms")
        return left * right

    def power(self, base: fmpq_mpoly, exponent: int) -> fmpq_mpoly:
        """A power, if it is not too much work."""
        return reduce(self.times, [base] * exponent, self._one)


def _size(polynomial: fmpq_mpoly) -> int:
    """How many terms, large numbers counting as many."""
    middle = polynomial.coefficient(len(polynomial) // 2) if polynomial else fmpq(0)
    return len(polynomial) * (1 + middle.height_bits() // 64)


class Ratio:
    """An element of a Field; make it from the field's variables and numbers."""

    __slots__ = ("denominator", "field", "numerator")

    def __init__(self, field: Field, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> None:
        self.field, self.numerator, self.denominator = field, numerator, denominator

    def _other(self, value: Any) -> Ratio:
        return value if isinstance(value, Ratio) else self.field.number(value)

    def __add__(self, value: Any) -> Ratio:
        other = self._other(value)
        if self.denominator == other.denominator:
            return self.field.ratio(self.numerator + other.numerator, self.denominator)
        times = self.field.times
        above = times(self.numerator, other.denominator) + times(other.numerator, self.denominator)
        return self.field.ratio(above, times(self.denominator, other.denominator))

    def __neg__(self) -> Ratio:
        return Ratio(self.field, -self.numerator, self.denominator)

    def __sub__(self, value: Any) -> Ratio:
        return self + -self._other(value)

    def __mul__(self, value: Any) -> Ratio:
        other = self._other(value)
        times = self.field.times
        return self.field.ratio(times(self.numerator, other.numerator), times(self.denominator, other.denominator))

    __rmul__ = __mul__

    def __truediv__(self, value: Any) -> Ratio:
        other = self._other(value)
        self.field.divide(other)
        return self * Ratio(self.field, other.denominator, other.numerator)

    def __pow__(self, exponent: int) -> Ratio:
        base = self if exponent >= 0 else self.field.number(1) / self
        above, below = (self.field.power(part, abs(exponent)) for part in (base.numerator, base.denominator))
        return Ratio(self.field, above, below)

    def __eq__(self, value: object) -> bool:
        other = self._other(value)
        return bool(self.numerator == other.numerator and self.denominator == other.denominator)

    def names(self) -> set[str]:
        """The variables that occur."""
        degrees = zip(self.field.names, self.numerator.degrees(), self.denominator.degrees(), strict=False)
        return {name for name, above, below in degrees if above > 0 or below > 0}

    def below(self) -> Ratio:
        """The denominator."""
        return self.field.polynomial(self.denominator)

    def substitute(self, values: Mapping[str, Ratio]) -> Ratio:
        """Variables replaced by rational functions of the same field; others stay.

        Raises
        ------
        ZeroDivisionError
            If the denominator becomes the function 0.
        """
        above, below = (self.field.compose(part, values) for part in (self.numerator, self.denominator))
        return above * Ratio(self.field, below.denominator, below.numerator)

    def __str__(self) -> str:
        return str(self.numerator) if self.denominator.is_one() else f"({self.numerator})/({self.denominator})"
