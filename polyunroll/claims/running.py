"""Programs and formulas once more, for the second opinion on claims: it shares no code with the kernel."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import isqrt, perm
from typing import Any

__all__ = ["Run", "Undefined", "derivative", "evaluate"]

Data = Mapping[str, Any]
Polynomial = list[Fraction]

_TIMES: dict[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class Undefined(Exception):
    """A formula has no value here: a division by 0, a root that is not rational, a step before the first."""


_number = cache(Fraction)


@cache
def _tree(text: str) -> ast.expr:
    return ast.parse(text.strip().replace("−", "-").replace("^", "**"), mode="eval").body


def evaluate(text: str, lookup: Callable[[str, int], Fraction]) -> Fraction:
    """A formula's value, `lookup(name, lag)` giving those of names.

    Raises
    ------
    Undefined
    """

    def walk(node: ast.AST) -> Fraction:
        match node:
            case ast.Constant():
                return _number(str(node.value))
            case ast.Name():
                return lookup(node.id, 0)
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                steps = index.right.value if isinstance(index, ast.BinOp) else 0  # type: ignore[attr-defined]
                return lookup(name, steps)
            case ast.UnaryOp(op=sign, operand=inner):
                return -walk(inner) if isinstance(sign, ast.USub) else walk(inner)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return walk(left) ** int(walk(right))
            case ast.BinOp(left=left, op=sign, right=right):
                return _TIMES[type(sign)](walk(left), walk(right))
            case ast.Call(args=[inner]):
                return _root(walk(inner))
        raise Undefined(ast.dump(node))

    try:
        return walk(_tree(text))
    except ZeroDivisionError:
        raise Undefined(f"{text} divides by 0") from None


def _root(value: Fraction) -> Fraction:
    above, below = isqrt(max(value.numerator, 0)), isqrt(value.denominator)
    if value < 0 or above * above != value.numerator or below * below != value.denominator:
        raise Undefined(f"the root of {value} is not rational")
    return Fraction(above, below)


@dataclass
class Run:
    """A program's registers and its states' polynomials in λ, step by step."""

    program: Data
    known: Callable[[int], Mapping[str, Fraction]]
    registers: dict[tuple[str, int], Fraction] = field(default_factory=dict)
    states: list[dict[str, Polynomial]] = field(default_factory=list)

    def at(self, t: int) -> dict[str, Polynomial]:
        """The states after t steps."""
        if not self.states:
            for earlier in range(min([0, *(r.get("first", 0) for r in self.program["registers"])]), 1):
                self._update(earlier)
            self.states.append({name: [self._scalar(text, 0)] for name, text in self.program["states"].items()})
        while len(self.states) <= t:
            now = len(self.states)
            self._update(now)
            self.states.append(self._step(now))
        return self.states[t]

    def _scalar(self, text: str, t: int) -> Fraction:
        return evaluate(text, lambda name, lag: self.scalar(name, t - lag))

    def scalar(self, name: str, t: int) -> Fraction:
        """What a name means in the step that leads to t."""
        if name == "t":
            return Fraction(t)
        if name in self.known(t):
            return self.known(t)[name]
        if (name, t) not in self.registers:
            raise Undefined(f"{name} has no value at t = {t}")
        return self.registers[name, t]

    def _update(self, t: int) -> None:
        for register in self.program["registers"]:
            if "table" in register:
                if 0 < t <= len(register["table"]):
                    self.registers[register["name"], t] = Fraction(register["table"][t - 1])
                continue
            place = t - register["first"]
            if place >= 0:
                starts = register["starts"]
                text = starts[place] if place < len(starts) else register["law"]
                self.registers[register["name"], t] = self._scalar(text, t)

    def _step(self, t: int) -> dict[str, Polynomial]:
        values = dict(self.states[-1])
        gradient = self._combination(self.program["query"], values, t)
        values["gradient"] = [Fraction(0), *gradient]
        for assignment in self.program["assignments"]:
            values[assignment["target"]] = self._combination(assignment["terms"], values, t)
        return {name: values[name] for name in self.program["states"]}

    def _combination(self, terms: Mapping[str, str], values: Mapping[str, Polynomial], t: int) -> Polynomial:
        total: Polynomial = []
        for name, text in terms.items():
            factor = self._scalar(text, t)
            total += [Fraction(0)] * (len(values[name]) - len(total))
            for power, value in enumerate(values[name]):
                total[power] += factor * value
        return total


def derivative(polynomial: Polynomial, order: int, at: Fraction) -> Fraction:
    """A polynomial's derivative of some order at a number."""
    return sum(
        (perm(k, order) * value * at ** (k - order) for k, value in enumerate(polynomial) if k >= order), Fraction(0)
    )
