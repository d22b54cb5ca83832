"""Rational functions over ℚ in named variables, with exact zero tests.

A Ratio is numerator/denominator, two FLINT multivariate polynomials without a common factor, the denominator's
leading coefficient 1: equal functions have equal parts. Two are equal as functions wherever both are defined exactly
if they are equal here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx


class Field:
    """ℚ(names). `divide` is told every divisor, so that it can be proved not to vanish."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._context = fmpq_mpoly_ctx.get(names or ("_",), Ordering.degrevlex)
        self._one = self._context.constant(1)
        pairs = zip(names, self._context.gens(), strict=False)
        self.variables = {name: Ratio(self, generator, self._one) for name, generator in pairs}
        self.divide: Callable[[Ratio], None] = lambda divisor: None

    def number(self, value: Any) -> Ratio:
        """A rational number of this field."""
        return Ratio(self, self._context.constant(fmpq(value)), self._one)

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
        """The polynomial with a Ratio in each variable's place."""
        power = cache(lambda name, exponent: values[name] ** exponent)
        total = self.number(0)
        for exponents, coefficient in polynomial.to_dict().items():
            term = self.number(coefficient)
            for name, exponent in zip(self.names, exponents, strict=False):
                term = term * power(name, int(exponent)) if exponent else term
            total = total + term
        return total


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
        above = self.numerator * other.denominator + other.numerator * self.denominator
        return self.field.ratio(above, self.denominator * other.denominator)

    def __neg__(self) -> Ratio:
        return Ratio(self.field, -self.numerator, self.denominator)

    def __sub__(self, value: Any) -> Ratio:
        return self + -self._other(value)

    def __mul__(self, value: Any) -> Ratio:
        other = self._other(value)
        return self.field.ratio(self.numerator * other.numerator, self.denominator * other.denominator)

    __rmul__ = __mul__

    def __truediv__(self, value: Any) -> Ratio:
        other = self._other(value)
        self.field.divide(other)
        return self.field.ratio(self.numerator * other.denominator, self.denominator * other.numerator)

    def __pow__(self, exponent: int) -> Ratio:
        base = self if exponent >= 0 else self.field.number(1) / self
        return Ratio(self.field, base.numerator ** abs(exponent), base.denominator ** abs(exponent))

    def __eq__(self, value: object) -> bool:
        other = self._other(value)
        return bool(self.numerator == other.numerator and self.denominator == other.denominator)

    @property
    def is_zero(self) -> bool:
        """Whether it is the function 0."""
        return bool(self.numerator.is_zero())

    def names(self) -> set[str]:
        """The variables that occur."""
        degrees = zip(self.field.names, self.numerator.degrees(), self.denominator.degrees(), strict=False)
        return {name for name, above, below in degrees if above > 0 or below > 0}

    def below(self) -> Ratio:
        """The denominator."""
        return Ratio(self.field, self.denominator, self.field.number(1).numerator)

    def substitute(self, values: Mapping[str, Ratio]) -> Ratio:
        """Variables replaced by rational functions of the same field; others stay.

        Raises
        ------
        ZeroDivisionError
            If the denominator becomes the function 0.
        """
        full = {**self.field.variables, **values}
        above, below = (self.field.compose(part, full) for part in (self.numerator, self.denominator))
        return self.field.ratio(above.numerator * below.denominator, above.denominator * below.numerator)

    def __str__(self) -> str:
        return str(self.numerator) if self.denominator.is_one() else f"({self.numerator})/({self.denominator})"
