"""The variables of a claim: their domains, the step t, and sequences z^t, all in one field with a shift.

Statements are about all integers t ≥ start and all values of the variables in a box. An exponential Z stands for
base^t: the shift t → t+1 takes it to base·Z. Sequences made of these are equal for all t if they are equal as rational
functions in t, Z and the variables.
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

__all__ = ["Interval", "Scope", "evaluate", "looks_back", "of_sequences"]


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
        body = text.strip()
        ends = [end.strip() for end in body[1:-1].split(",")]
        if len(ends) != 2 or body[0] not in "[(" or body[-1] not in ")]":
            raise InvalidInput(f"{text!r} is not an interval; write one like '[0, 1)' or '(0, oo)'")
        low = None if ends[0] == "-oo" else exact(ends[0])
        high = None if ends[1] == "oo" else exact(ends[1])
        if low is not None and high is not None and not low < high:
            raise InvalidInput(f"{text!r} is empty or one point; its ends must increase")
        return Interval(low, high, body[0] == "(", body[-1] == ")")


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


class Scope:
    """The field of a claim.

    Parameters
    ----------
    variables : mapping of name to interval text
    start : int
        Statements are about all t ≥ start.
    exponentials : mapping of name to text
        Z: base, for Z = base^t; the base in the variables.
    extra : tuple of str
        Further names of the field, without a domain (opaque registers).
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        start: int = 0,
        exponentials: Mapping[str, str] | None = None,
        extra: tuple[str, ...] = (),
    ) -> None:
        powers = dict(exponentials or {})
        self.domains = {name: Interval.of(text) for name, text in variables.items()}
        self.start, self.extra = start, extra
        self.field = Field((*variables, "t", *powers, *extra))
        self.divisors: list[Ratio] = []
        self.bases: dict[str, Ratio] = {}
        for name, text in powers.items():
            self.bases[name] = self.parse(text)
            if not self.bases[name].derivative("t").is_zero:
                raise InvalidInput(f"the base {text!r} of {name} depends on t")

    def parse(self, text: str, known: Mapping[str, Ratio] | None = None) -> Ratio:
        """A formula in the scope's names and in `known` ones; its divisors are kept in `divisors`."""

        def lookup(name: str, lag: int) -> Ratio:
            if lag == 0 and known is not None and name in known:
                return known[name]
            if lag or name not in self.field.variables:
                raise InvalidInput(f"the formula {text!r} names {name!r}, which the claim does not define")
            return self.field.variables[name]

        return evaluate(parse(text), lookup, self.field.number, self.divisors.append)  # type: ignore[no-any-return]

    def shift(self, value: Ratio, steps: int) -> Ratio:
        """The value at t + steps."""
        t = self.field.variables["t"]
        moved = {"t": t + steps}
        for name, base in self.bases.items():
            moved[name] = self.field.variables[name] * base**steps
        return value.substitute(moved)

    def at(self, value: Ratio, t: int) -> Ratio:
        """The value at a given t."""
        return value.substitute({"t": self.field.number(t), **{name: base**t for name, base in self.bases.items()}})


def of_sequences(text: str, claim: Mapping[str, Any]) -> bool:
    """Whether a definition speaks of a sequence, directly or through another definition."""
    speaking = set(claim["sequences"])
    for name, formula in claim["definitions"].items():
        if {n for n, _ in parse(formula).names()} & speaking:
            speaking.add(name)
    return bool({name for name, _ in parse(text).names()} & speaking)


def looks_back(text: str, claim: Mapping[str, Any]) -> int:
    """How many steps back a formula looks, through definitions too."""
    formulas = claim["definitions"]
    return max(
        (lag + (looks_back(formulas[name], claim) if name in formulas else 0) for name, lag in parse(text).names()),
        default=0,
    )
