"""The variables of a claim: their domains, the step t, and sequences z^t, all in one field with a shift.

Statements are about all integers t ≥ start and all values of the variables in a box. An exponential Z stands for
base^t: the shift t → t+1 takes it to base·Z. Sequences made of these are equal for all t if they are equal as rational
functions in t, Z and the variables, wherever no division is by 0: every divisor is kept, to be proved ≠ 0. A register
without a closed form is opaque: one symbol for each step back, which the shift t → t−1 takes to the next older one.
A free sequence, whose terms are any numbers of an interval, is known by such symbols too, and by one for each early t.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flint import fmpq

from polyunroll.arithmetic.exact import exact
from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel.ratio import Field, Ratio
from polyunroll.errors import InvalidInput

Data = Mapping[str, Any]
_BITS = 10_000


class Failure(Exception):
    """A step of a proof that could not be verified."""


def demand(good: bool, reason: str, *values: Any) -> None:
    """Go on if something is verified; else fail for a reason, in which {} stands for the values in turn.

    Raises
    ------
    Failure
    """
    if not good:
        raise Failure(reason.format(*values))


def small(value: Any) -> Any:
    """A value, unless it is a number too large to go on with.

    Raises
    ------
    Failure
    """
    demand(not isinstance(value, fmpq) or value.height_bits() <= _BITS, "a number has more than {} bits", _BITS)
    return value


class Interval(NamedTuple):
    """An interval, None being ±∞; an end belongs to it unless it is open. Ends are rational numbers.

    A register's bounds have ends that are formulas, and then what these mean.
    """

    low: Any
    high: Any
    low_open: bool = False
    high_open: bool = False

    @staticmethod
    def of(text: str, read: Callable[[str], Any] = exact) -> Interval:
        """An interval such as `[0, 1)` or `(0, oo)`, `read` giving its ends from their texts.

        Raises
        ------
        InvalidInput
        """
        body = text.strip()
        ends = [end.strip() for end in body[1:-1].split(",")]
        if len(ends) != 2 or body[0] not in "[(" or body[-1] not in ")]":
            raise InvalidInput(f"{text!r} is not an interval; write one like '[0, 1)' or '(0, oo)'")
        low, high = (None if end == far else read(end) for end, far in zip(ends, ("-oo", "oo"), strict=True))
        if read is exact and not (low is None or high is None or low < high):
            raise InvalidInput(f"{text!r} is empty or one point; its ends must increase")
        return Interval(low, high, body[0] == "(", body[-1] == ")")

    def sides(self, value: Any) -> list[tuple[str, Any]]:
        """What must be > 0 or >= 0 for a value to belong to it."""
        low = [] if self.low is None else [(">" if self.low_open else ">=", value - self.low)]
        return low + ([] if self.high is None else [(">" if self.high_open else ">=", -value + self.high)])

    def has(self, value: fmpq) -> bool:
        """Whether a number belongs to it."""
        return all(side > 0 or (side == 0 and sign == ">=") for sign, side in self.sides(value))


class Meaning:
    """What a claim's formulas mean, given the meaning of all names but definitions.

    Parameters
    ----------
    definitions : mapping of name to text
        Each in names that the claim defines before it.
    names : function of (name, lag)
        The value of a variable, t, an exponential or a sequence, `lag` steps back.
    convert : function
        Embeds rational numbers.
    """

    def __init__(
        self, definitions: Mapping[str, str], names: Callable[[str, int], Any], convert: Callable[[Any], Any]
    ) -> None:
        self._definitions, self._names, self._convert = definitions, names, convert
        self._known: dict[tuple[str, int], Any] = {}

    def value(self, text: str, lag: int = 0) -> Any:
        """A formula's value, as a whole `lag` steps back; definitions are read anew there, divisions and all."""
        return parse(text).evaluate(lambda name, more: self.named(name, lag + more), self._convert)

    def named(self, name: str, lag: int) -> Any:
        """What one name means some steps back."""
        key = (name, lag)
        if key not in self._known:
            text = self._definitions.get(name)
            self._known[key] = small(self._names(name, lag) if text is None else self.value(text, lag))
        return self._known[key]


def symbol(name: str, lag: int) -> str:
    """The field's name for an opaque register or a free sequence some steps back; no claim can use such a name."""
    return f"{name}[t{-lag:+d}]" if lag else f"{name}[t]"


class Scope:
    """The field of a claim.

    Parameters
    ----------
    claim : mapping
        Its variables and their intervals; exponentials Z = base^t, the base in the variables alone (see `shape`); free
        sequences, each of whose terms may be any number of an interval; and vectors' data.
    opaque : mapping of register to int
        Registers without a closed form, and how many steps back they are known by a symbol.
    reach, last : int
        A free sequence is known by symbols `reach` steps back and one ahead, and at t ≤ `last`.

    Attributes
    ----------
    now : dict of symbol to Ratio
        How the symbols of the programs verified so far change from step to step: what stands for time t, in symbols
        that stand for t−1, t−2, …; for t ≥ the programs' `settled`.
    laws : dict of symbol to Ratio
        What an opaque register's law says of it at time t, in the registers before it at t and all at t−1, t−2, …
    meant : list of dict of symbol to Ratio
        The symbols' values at t = 0, 1, …
    """

    def __init__(self, claim: Mapping[str, Any], opaque: Mapping[str, int], reach: int, last: int) -> None:
        self.domains = {name: Interval.of(text) for name, text in claim["variables"].items()}
        pairs = [(name, lag) for name, most in opaque.items() for lag in range(most + 1)]
        self.symbols = {symbol(*pair): pair for pair in pairs}
        pairs = [(name, lag) for name in claim["free"] for lag in range(-1, reach + 1)]
        self.moving = self.symbols | {symbol(*pair): pair for pair in pairs}
        self.terms = {(name, t): f"{name}[{t}]" for name in claim["free"] for t in range(-reach - 2, last + 2)}
        for (name, _), known in (*((pair, symbol(*pair)) for pair in pairs), *self.terms.items()):
            self.domains[known] = Interval.of(claim["free"][name])
        vectors = [f"{name}{mark}" for name in claim["vectors"] for mark in ("", "'")]
        plain = [*vectors, "weight", "'a", "'b"] if vectors else []
        powers = claim["exponentials"]
        self.field = Field((*claim["variables"], "t", *powers, *self.moving, *self.terms.values(), *plain))
        self.field.divide = self.divide
        self.divisions: list[tuple[Ratio, int, bool]] = []
        self.since, self.own = 0, False
        self.now: dict[str, Ratio] = {}
        self.laws: dict[str, Ratio] = {}
        self.meant: list[dict[str, Ratio]] = []
        still = Meaning({}, lambda name, _: self.named(name), self.field.number)
        self.bases: dict[str, Ratio] = {name: still.value(text) for name, text in powers.items()}

    def named(self, name: str) -> Ratio:
        """A variable, an exponential, or a free sequence's term at t."""
        return self.field.variables.get(name) or self.field.variables[symbol(name, 0)]

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
            moved[name] = self.field.variables[name] * self.bases[name] ** steps
        for name in used & self.moving.keys():
            register, lag = self.moving[name]
            aged = symbol(register, lag - steps)
            demand(aged in self.moving, "{} is not known and was looked at {} steps back", register, lag - steps)
            moved[name] = self.field.variables[aged]
        return value.substitute(moved)

    def at(self, value: Ratio, t: int) -> Ratio:
        """The value at a given t; opaque symbols stay."""
        used = value.names()
        fixed = {name: self.bases[name] ** t for name in used & self.bases.keys()}
        for name in used & (self.moving.keys() - self.symbols.keys()):
            sequence, lag = self.moving[name]
            fixed[name] = self.field.variables[self.terms[sequence, t - lag]]
        return value.substitute({"t": self.field.number(t), **fixed})
