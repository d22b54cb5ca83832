"""Formulas ready to print: names given, constants folded exactly, each number rounded once."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.expression import Const, Name, Node, Op
from polyunroll.codegen.words import RESERVED
from polyunroll.errors import InvalidInput
from polyunroll.output.literals import nearest_double

__all__ = ["Formula", "Number", "Operation", "Variable", "evaluate", "fold", "names_in", "show", "unique_name"]


@dataclass(frozen=True)
class Number:
    """A number, exact until it is printed as the nearest double."""

    value: Any


@dataclass(frozen=True)
class Variable:
    """A constant (`lag` 0), t, or a register `lag` steps back, under the program's own name."""

    name: str
    lag: int = 0


@dataclass(frozen=True)
class Operation:
    """One of + − * / ^ (two arguments) or neg (one)."""

    kind: str
    args: tuple[Formula, ...]


Formula = Number | Variable | Operation

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z", re.ASCII)
_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "^": 4}
_ATOM = 5


def fold(node: Node, constants: Mapping[str, Any]) -> Formula:
    """A formula without what is constant in it: sums, products and powers of constants, 0 + x, 1·x and 0·x.

    A constant that stands alone keeps its name, unless it is 0, 1 or −1.
    """
    if isinstance(node, Const):
        return Number(node.value)
    if isinstance(node, Name):
        if node.id in constants and constants[node.id] in (0, 1, -1):
            return Number(constants[node.id])
        return Variable(node.id, node.lag)
    if node.kind == "^":
        assert isinstance(node.args[1], Const)
        exponent = node.args[1].value
        base = fold(node.args[0], constants)
        value = _value(base, constants)
        return Operation("^", (base, Number(exponent))) if value is None else Number(value ** int(exponent.p))
    return _folded(node, tuple(fold(argument, constants) for argument in node.args), constants)


def _value(formula: Formula, constants: Mapping[str, Any]) -> Any | None:
    """The exact value of a formula that is a number or a constant, else None."""
    if isinstance(formula, Number):
        return formula.value
    if isinstance(formula, Variable) and formula.name in constants:
        return constants[formula.name]
    return None


def _folded(node: Op, args: tuple[Formula, ...], constants: Mapping[str, Any]) -> Formula:
    values = [_value(argument, constants) for argument in args]
    if node.kind == "neg":
        return Operation("neg", args) if values[0] is None else Number(-values[0])
    if node.kind not in _LEVEL:
        raise InvalidInput(f"{node.kind} is allowed in constants only, not in a register's law")
    (f, g), (a, b) = args, values
    if a is not None and b is not None:
        return Number({"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[node.kind]())
    if node.kind == "*" and (_is(a, 0) or _is(b, 0)):
        return Number(fmpq(0))
    if node.kind == "/" and _is(a, 0):
        return Number(fmpq(0))
    if (node.kind in "+-" and _is(b, 0)) or (node.kind in "*/" and _is(b, 1)):
        return f
    if (node.kind == "+" and _is(a, 0)) or (node.kind == "*" and _is(a, 1)):
        return g
    if node.kind == "-" and _is(a, 0):
        return Operation("neg", (g,))
    return Operation(node.kind, args)


def _is(value: Any, number: int) -> bool:
    return value is not None and bool(value == number)


def names_in(formula: Formula) -> set[tuple[str, int]]:
    """All (name, lag) that occur."""
    if isinstance(formula, Variable):
        return {(formula.name, formula.lag)}
    if isinstance(formula, Operation):
        return set().union(*(names_in(argument) for argument in formula.args))
    return set()


def evaluate(formula: Formula, lookup: Callable[[str, int], float]) -> float:
    """The value in doubles, by the operations that `show` prints, in their order."""
    if isinstance(formula, Number):
        return nearest_double(formula.value)
    if isinstance(formula, Variable):
        return lookup(formula.name, formula.lag)
    first = evaluate(formula.args[0], lookup)
    if formula.kind == "neg":
        return -first
    if formula.kind == "^":
        assert isinstance(formula.args[1], Number)
        return float(first ** int(formula.args[1].value.p))
    second = evaluate(formula.args[1], lookup)
    if formula.kind == "+":
        return first + second
    if formula.kind == "-":
        return first - second
    return first * second if formula.kind == "*" else first / second


def show(formula: Formula, name: Callable[[str, int], str], power: Callable[[str, int, bool], str]) -> str:
    """The formula as text, in the notation that Python and C share.

    Parameters
    ----------
    formula : Formula
    name : callable
        (name, lag) ↦ the variable's name in the emitted text.
    power : callable
        (base in brackets where it needs them, exponent, whether the base is a name) ↦ the power.
    """
    return _show(formula, name, power)[0]


def _show(formula: Formula, name: Any, power: Any) -> tuple[str, int]:
    """The text, and how tightly its outermost operation binds."""
    if isinstance(formula, Number):
        literal = repr(nearest_double(formula.value))
        return literal, _LEVEL["neg"] if literal.startswith("-") else _ATOM
    if isinstance(formula, Variable):
        return name(formula.name, formula.lag), _ATOM
    level = _LEVEL[formula.kind]
    text, inner = _show(formula.args[0], name, power)
    if formula.kind == "neg":
        return "-" + _in_brackets(text, inner <= level), level
    if formula.kind == "^":
        exponent = formula.args[1]
        assert isinstance(exponent, Number)
        return power(_in_brackets(text, inner < _ATOM), int(exponent.value.p), inner == _ATOM), level
    left = _in_brackets(text, inner < level)
    right, inner = _show(formula.args[1], name, power)
    return f"{left} {formula.kind} {_in_brackets(right, inner <= level)}", level


def _in_brackets(text: str, wanted: bool) -> str:
    return f"({text})" if wanted else text


def unique_name(name: str, taken: Collection[str], otherwise: str, reserved: Collection[str] = RESERVED) -> str:
    """A name that may be printed as a variable in Python and in C: the given one, if it is a plain word.

    Parameters
    ----------
    name : str
    taken : collection of str
        What it may not be.
    otherwise : str
        What to begin with if the name is no plain ASCII word.
    reserved : collection of str
        Words that mean something else where the name stands.
    """
    found = name if _WORD.match(name) and len(name) <= 40 else otherwise
    while found in taken or found in reserved or keyword.iskeyword(found):
        found += "_"
    return found
