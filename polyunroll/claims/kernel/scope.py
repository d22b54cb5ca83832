"""The variables of a claim: their domains, the step t, and sequences z^t, all in one field with a shift.

Statements are about all integers t ≥ start and all values of the variables in a box. An exponential Z stands for
base^t: the shift t → t+1 takes it to base·Z. Sequences made of these are equal for all t if they are equal as rational
functions in t, Z and the variables, wherever no division is by 0: every divisor is kept, to be proved ≠ 0. A register
without a closed form is opaque: one symbol for each step back, which the shift t → t−1 takes to the next older one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import exact
from polyunroll.arithmetic.expression import Expression, Name, Op, parse
from polyunroll.claims.kernel.ratio import Field, Ratio
from polyunroll.errors import InvalidInput

__all__ = ["Failure", "Interval", "Meaning", "Scope", "evaluate", "interval_ends", "symbol"]


class Failure(Exception):
    """A step of a proof that could not be verified."""


@dataclass(frozen=True)
class Interval:
    """An interval with rational ends, None for ±∞; an end belongs to it unless it is open."""

    low: fmpq | None
    high: fmpq | None
    low_open: bool = False
    high_open: bool = False

    @staticmethod
    def of(text: str) -> Interval:
        """Read an interval such as `[0, 1)` or `(0, oo)`.

        Raises
        ------
        InvalidInput
        """
        left, right, low_open, high_open = interval_ends(text)
        low, high = (None if end is None else exact(end) for end in (left, right))
        if low is not None and high is not None and not low < high:
            raise InvalidInput(f"{text!r} is empty or one point; its ends must increase")
        return Interval(low, high, low_open, high_open)

    def has(self, value: fmpq) -> bool:
        """Whether a number belongs to it."""
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        return above and (self.high is None or value < self.high or (value == self.high and not self.high_open))


def interval_ends(text: str) -> tuple[str | None, str | None, bool, bool]:
    """An interval's ends as text, None for ±∞, and whether they are open.

    Raises
    ------
    InvalidInput
    """
    body = text.strip()
    ends = [end.strip() for end in body[1:-1].split(",")]
    if len(ends) != 2 or body[0] not in "[(" or body[-1] not in ")]":
        raise InvalidInput(f"{text!r} is not an interval; write one like '[0, 1)' or '(0, oo)'")
    low, high = (None if ends[0] == "-oo" else ends[0]), (None if ends[1] == "oo" else ends[1])
    return low, high, body[0] == "(", body[-1] == ")"


def evaluate(
    expression: Expression,
    lookup: Callable[[str, int], Any],
    convert: Callable[[Any], Any],
    divide: Callable[[Any], None],
    root: Callable[[Expression], Any] | None = None,
) -> Any:
    """A formula's value in any field; `divide` is told every divisor, `root` resolves sqrt(...)."""

    def walk(node: Any) -> Any:
        if isinstance(node, Name):
            return lookup(node.id, node.lag)
        if not isinstance(node, Op):
            return convert(node.value)
        if node.kind == "sqrt":
            if root is None:
                raise InvalidInput(f"{expression.text!r} has a square root where none is allowed")
            return root(Expression("", node.args[0]))
        first = walk(node.args[0])
        if node.kind == "neg":
            return -first
        if node.kind == "^":
            exponent = int(node.args[1].value.p)  # type: ignore[union-attr]
            if exponent < 0:
                divide(first)
            return first**exponent
        second = walk(node.args[1])
        if node.kind == "+":
            return first + second
        if node.kind == "-":
            return first - second
        if node.kind == "*":
            return first * second
        divide(second)
        return first / second

    return walk(expression.tree)


class Meaning:
    """What a claim's formulas mean, given the meaning of all names but definitions.

    Parameters
    ----------
    definitions : mapping of name to text
        Each in names that the claim defines before it.
    names : function of (name, lag)
        The value of a variable, t, an exponential or a sequence, `lag` steps back.
    convert, divide
        As for `evaluate`.
    """

    def __init__(
        self,
        definitions: Mapping[str, str],
        names: Callable[[str, int], Any],
        convert: Callable[[Any], Any],
        divide: Callable[[Any], None],
    ) -> None:
        self._definitions, self._names, self._convert, self._divide = definitions, names, convert, divide
        self._known: dict[tuple[str, int], Any] = {}

    def value(self, text: str, lag: int = 0) -> Any:
        """A formula's value, as a whole `lag` steps back; definitions are read anew there, divisions and all."""
        return evaluate(parse(text), lambda name, more: self.named(name, lag + more), self._convert, self._divide)

    def named(self, name: str, lag: int) -> Any:
        """What one name means some steps back."""
        key = (name, lag)
        if key not in self._known:
            if name in self._definitions:
                self._known[key] = self.value(self._definitions[name], lag)
            else:
                self._known[key] = self._names(name, lag)
        return self._known[key]


def symbol(register: str, lag: int) -> str:
    """The field's name for an opaque register some steps back; no claim can use such a name."""
    return f"{register}[t-{lag}]" if lag else f"{register}[t]"


class Scope:
    """The field of a claim.

    Parameters
    ----------
    variables : mapping of name to interval text
    exponentials : mapping of name to text
        Z: base, for Z = base^t; the base in the variables alone (see `shape`).
    opaque : mapping of register to int
        Registers without a closed form, and how many steps back they are known by a symbol.
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        exponentials: Mapping[str, str] | None = None,
        opaque: Mapping[str, int] | None = None,
    ) -> None:
        powers = dict(exponentials or {})
        self.domains = {name: Interval.of(text) for name, text in variables.items()}
        pairs = [(name, lag) for name, most in (opaque or {}).items() for lag in range(most + 1)]
        self.symbols = {symbol(*pair): pair for pair in pairs}
        self.field = Field((*variables, "t", *powers, *self.symbols))
        self.divisions: list[tuple[Ratio, int, bool]] = []
        self.since, self.own = 0, False
        self.bases: dict[str, Ratio] = {}
        variable = self.field.variables
        for name, text in powers.items():
            self.bases[name] = evaluate(parse(text), lambda one, _: variable[one], self.field.number, self.divide)

    def divide(self, divisor: Ratio) -> None:
        """Keep a divisor, to be proved not to vanish from t = `since` on; `own`: it is a program that divides."""
        self.divisions.append((divisor, self.since, self.own))

    def shift(self, value: Ratio, steps: int) -> Ratio:
        """The value at t + steps.

        Raises
        ------
        Failure
            If it has an opaque register of which the field has no symbol at that step.
        """
        used = value.names()
        moved = {"t": self.field.variables["t"] + steps}
        for name in used & self.bases.keys():
            moved[name] = self.field.variables[name] * self._power(name, steps)
        for name in used & self.symbols.keys():
            register, lag = self.symbols[name]
            aged = symbol(register, lag - steps)
            if aged not in self.symbols:
                raise Failure(f"{register} is opaque and was looked at {lag - steps} steps back")
            moved[name] = self.field.variables[aged]
        return value.substitute(moved)

    def at(self, value: Ratio, t: int) -> Ratio:
        """The value at a given t; opaque symbols stay."""
        fixed = {name: self._power(name, t) for name in value.names() & self.bases.keys()}
        return value.substitute({"t": self.field.number(t), **fixed})

    def _power(self, name: str, exponent: int) -> Ratio:
        if exponent < 0:
            self.divide(self.bases[name])
        return self.bases[name] ** exponent
