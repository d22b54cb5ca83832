"""Formulas as data: the laws of a program and the step sizes users type.

A formula is parsed with `ast` into a small tree of numbers, names and + − × ÷ ^ √; nothing is ever
evaluated as Python. `name[t-2]` is a register two steps back, `name` (or `name[t]`) its present value.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import exact
from polyunroll.errors import InvalidInput

__all__ = ["Const", "Expression", "Name", "Node", "Op", "parse", "parse_step"]

_MAX_LENGTH = 2_000
_MAX_POWER = 1_000
_MAX_DEPTH = 200
_MAX_BITS = 4_000_000  # of a value, a name counting as 64
_OPERATORS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


@dataclass(frozen=True, slots=True)
class Const:
    """A rational constant."""

    value: fmpq


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, constant or register; `lag` steps back."""

    id: str
    lag: int = 0


@dataclass(frozen=True, slots=True)
class Op:
    """One of + − * / (two arguments), ^ (second argument a whole Const), neg, sqrt (one)."""

    kind: str
    args: tuple[Node, ...]


Node = Const | Name | Op


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula: its text and its tree."""

    text: str
    tree: Node

    def names(self) -> set[tuple[str, int]]:
        """All (name, lag) pairs that occur."""
        return {(node.id, node.lag) for node in _walk(self.tree) if isinstance(node, Name)}

    @property
    def has_sqrt(self) -> bool:
        """Whether a square root occurs."""
        return any(isinstance(node, Op) and node.kind == "sqrt" for node in _walk(self.tree))

    @property
    def constant(self) -> fmpq | None:
        """The value of a formula that is a bare number (or minus one), else None."""
        if isinstance(self.tree, Const):
            return self.tree.value
        if isinstance(self.tree, Op) and self.tree.kind == "neg" and isinstance(self.tree.args[0], Const):
            return -self.tree.args[0].value
        return None

    def evaluate(
        self,
        lookup: Callable[[str, int], Any],
        convert: Callable[[fmpq], Any],
        sqrt: Callable[[Any], Any] | None = None,
    ) -> Any:
        """Evaluate in any field: `lookup(name, lag)` gives values, `convert` embeds rationals."""
        return _evaluate(self.tree, lookup, convert, sqrt)

    def __str__(self) -> str:
        return self.text


def _walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Op):
        for argument in node.args:
            yield from _walk(argument)


def _bits(node: Node) -> int:
    """A bound on the size of a formula's value, so that towers of powers are refused before they are computed."""
    if isinstance(node, Const):
        return max(int(node.value.p).bit_length(), int(node.value.q).bit_length())
    if isinstance(node, Name):
        return 64
    if node.kind == "^":
        assert isinstance(node.args[1], Const)
        return _bits(node.args[0]) * abs(int(node.args[1].value.p))
    return 1 + sum(map(_bits, node.args))


def _evaluate(node: Node, lookup: Any, convert: Any, sqrt: Any) -> Any:
    if isinstance(node, Const):
        return convert(node.value)
    if isinstance(node, Name):
        return lookup(node.id, node.lag)
    first = _evaluate(node.args[0], lookup, convert, sqrt)
    if node.kind == "neg":
        return -first
    if node.kind == "sqrt":
        if sqrt is None:
            raise InvalidInput("sqrt is allowed in constants and step sizes only, not in a register's law")
        return sqrt(first)
    if node.kind == "^":
        exponent = node.args[1]
        assert isinstance(exponent, Const)
        return first ** int(exponent.value.p)
    second = _evaluate(node.args[1], lookup, convert, sqrt)
    if node.kind == "+":
        return first + second
    if node.kind == "-":
        return first - second
    if node.kind == "*":
        return first * second
    return first / second


class _Builder:
    """Turns an `ast` tree into a Node, refusing all that is not arithmetic."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0

    def refuse(self, what: str) -> InvalidInput:
        return InvalidInput(
            f"the expression {self.text!r} {what}; allowed are numbers, names, + - * / **, brackets and sqrt(...)"
        )

    def build(self, node: ast.AST) -> Node:
        """The Node of an `ast` node."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise InvalidInput(f"the expression {self.text[:40]!r}… is nested too deeply")
        built = self.convert(node)
        self.depth -= 1
        return built

    def convert(self, node: ast.AST) -> Node:
        """The Node of an `ast` node whose depth is allowed."""
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
                raise self.refuse(f"contains {node.value!r}")
            # the literal's own digits, so that no decimal passes through a double
            segment = ast.get_source_segment(self.text, node) or repr(node.value)
            return Const(exact(segment.replace("_", ""), f"a number in {self.text!r}"))
        if isinstance(node, ast.Name):
            return Name(node.id)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            return Name(node.value.id, self.lag(node.slice))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = self.build(node.operand)
            return Op("neg", (inner,)) if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return Op(_OPERATORS[type(node.op)], (self.build(node.left), self.build(node.right)))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            power = Expression("", self.build(node.right)).constant
            if power is None or power.q != 1 or abs(int(power.p)) > _MAX_POWER:
                raise self.refuse(f"has an exponent that is not a whole number within ±{_MAX_POWER}")
            return Op("^", (self.build(node.left), Const(power)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sqrt":
            if len(node.args) != 1 or node.keywords:
                raise self.refuse("calls sqrt with other than one argument")
            return Op("sqrt", (self.build(node.args[0]),))
        raise self.refuse(f"contains {ast.get_source_segment(self.text, node) or type(node).__name__!r}")

    def lag(self, index: ast.AST) -> int:
        """The k of `name[t-k]`."""
        if isinstance(index, ast.Name) and index.id == "t":
            return 0
        if (
            isinstance(index, ast.BinOp)
            and isinstance(index.op, ast.Sub)
            and isinstance(index.left, ast.Name)
            and index.left.id == "t"
            and isinstance(index.right, ast.Constant)
            and type(index.right.value) is int
        ):
            return index.right.value
        raise self.refuse("has an index that is not t or t-k")


@lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """Parse a formula.

    Raises
    ------
    InvalidInput
        If the text is not arithmetic in numbers, names and sqrt, or is longer than 2000 characters.
    """
    text = text.strip().replace("−", "-").replace("^", "**")
    if len(text) > _MAX_LENGTH:
        raise InvalidInput(f"the expression has {len(text)} characters; at most {_MAX_LENGTH} are allowed")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise InvalidInput(
            f"{text!r} is not an expression; allowed are numbers, names, + - * / **, brackets and sqrt(...)"
        ) from None
    expression = Expression(text, _Builder(text).build(tree))
    if _bits(expression.tree) > _MAX_BITS:
        raise InvalidInput(f"the expression {text[:40]!r} has too large powers")
    return expression


def parse_step(text: str, allowed: Collection[str]) -> Expression:
    """Parse an expression a user typed, which may name only `allowed` (and sqrt)."""
    expression = parse(text)
    for name, lag in sorted(expression.names()):
        if name not in allowed or lag:
            raise InvalidInput(
                f"the expression {text!r} names {name!r}; it may name only {', '.join(allowed)} and sqrt"
            )
    return expression
