"""Schedules as a Python module of literals, which imports nothing; read back by its syntax tree, never run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from polyunroll.errors import InvalidInput
from polyunroll.schedules.formats import Content

__all__ = ["SUFFIX", "decode", "encode"]

SUFFIX = ".py"
DOCSTRING = '"""A schedule of a first-order method: plain data, exact numbers as text."""'


def encode(data: Mapping[str, Any], tables: tuple[str, ...]) -> str:
    """A docstring and one assignment for each key."""
    lines = [DOCSTRING, ""]
    for key, value in sorted(data.items()):
        lines.append(f"{key} = {_literal(value)}")
    return "\n".join(lines) + "\n"


def _literal(value: Any, indent: int = 0) -> str:
    """A literal, an entry a line; of plain data, so that nothing but literals can come out."""
    if isinstance(value, (dict, list)) and value:
        space = " " * (indent + 4)
        pairs = value.items() if isinstance(value, dict) else ((None, entry) for entry in value)
        entries = [(f"{key!a}: " if key is not None else "") + _literal(entry, indent + 4) for key, entry in pairs]
        left, right = "{}" if isinstance(value, dict) else "[]"
        return "\n".join((left, *(f"{space}{entry}," for entry in entries), " " * indent + right))
    return ascii(value)


def decode(data: bytes) -> Content:
    """The assignments."""
    try:
        tree = ast.parse(data)
    except SyntaxError as error:
        raise InvalidInput(f"it is no Python module: {error.msg} in line {error.lineno}") from None
    except (ValueError, MemoryError, RecursionError):
        raise InvalidInput("it is no Python module: it holds null bytes or is nested too deeply") from None
    found: dict[str, Any] = {}
    nodes: dict[str, ast.expr] = {}
    for i, node in enumerate(tree.body):
        if i == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            raise InvalidInput(f"line {node.lineno} is not 'key = literal'")
        key = node.targets[0].id
        if key in found:
            raise InvalidInput(f"the key {key!r} is there twice, in line {node.lineno} again")
        try:
            found[key], nodes[key] = ast.literal_eval(node.value), node.value
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            raise InvalidInput(f"line {node.lineno} is not 'key = literal'") from None
    return Content(found, lambda *path: _place(nodes.get(path[0]), path[1:]))


def _place(node: ast.expr | None, path: tuple[Any, ...]) -> str:
    """The line of an entry, as far down as it goes."""
    for part in path:
        inner: ast.expr | None = None
        if isinstance(node, ast.List) and type(part) is int and part < len(node.elts):
            inner = node.elts[part]
        if isinstance(node, ast.Dict):
            inner = next(
                (
                    v
                    for k, v in zip(node.keys, node.values, strict=True)
                    if isinstance(k, ast.Constant) and k.value == part
                ),
                None,
            )
        if inner is None:
            break
        node = inner
    return "" if node is None else f" in line {node.lineno}"
