"""Schedules as JSON: one object, its keys sorted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from polyunroll.errors import InvalidInput
from polyunroll.schedules.formats import Content

__all__ = ["SUFFIX", "decode", "encode", "parsed"]

SUFFIX = ".json"


def encode(data: Mapping[str, Any], tables: tuple[str, ...]) -> str:
    """The object, indented."""
    return json.dumps(data, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def decode(data: bytes) -> Content:
    """The object."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("it holds no text in UTF-8") from None
    found = parsed(text, "it holds no JSON text: ")
    if not isinstance(found, dict):
        raise InvalidInput("it holds no JSON object")
    return Content(found, lambda *path: "")


def parsed(text: str, before: str, line: int = 0) -> Any:
    """JSON text as plain data; a message names the line, counted from `line` + 1.

    Raises
    ------
    InvalidInput
        If it is no JSON, names a key twice, or holds a number that is not finite.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{before}{error.msg} in line {line + error.lineno}") from None
    except InvalidInput:
        raise
    except (ValueError, RecursionError):
        raise InvalidInput(f"{before}it is nested too deeply, or has too long a number") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise InvalidInput(f"the key {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _refuse(name: str) -> NoReturn:
    raise InvalidInput(f"it holds {name}, which is no finite number")
