"""A schedule's plain data as a file, one format a module; each is found by being here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

from polyunroll.errors import InvalidInput
from polyunroll.output.files import file_path

__all__ = ["Content", "Format", "columns_of", "format_of", "with_columns"]

DEFAULT = ".json"


@dataclass(frozen=True)
class Content:
    """What a file holds: plain data, and where in the file an entry stands.

    Attributes
    ----------
    data : dict
    place : function of a key and what follows it
        Text such as " in line 12", or empty where the format has no lines.
    """

    data: dict[str, Any]
    place: Callable[..., str]


class Format(Protocol):
    """A module of this folder."""

    SUFFIX: str

    def encode(self, data: Mapping[str, Any], tables: tuple[str, ...]) -> str | bytes:
        """The file's content; `tables` are the keys with a number, or several, for each step."""

    def decode(self, data: bytes) -> Content:
        """What is in the file; InvalidInput, naming the line or the key, if it is none of this format."""


@cache
def _formats() -> dict[str, Format]:
    modules: list[Any] = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.SUFFIX: module for module in modules}


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format that a file's name ends in.

    Raises
    ------
    InvalidInput
        If it ends in another, or is no name.
    """
    suffix = file_path(path).suffix.lower() or DEFAULT
    if suffix not in _formats():
        raise InvalidInput(f"{path} ends in {suffix!r}; a schedule's file ends in {', '.join(_formats())}")
    return _formats()[suffix]


def columns_of(data: Mapping[str, Any], tables: tuple[str, ...]) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """The tables as columns, `registers.omega` being the entry omega of registers, and the rest of the data."""
    columns: dict[str, list[float]] = {}
    for name in tables:
        value = data[name]
        columns |= (
            {f"{name}.{key}": entry for key, entry in value.items()} if isinstance(value, dict) else {name: value}
        )
    rest = {key: value for key, value in data.items() if key not in tables}
    return columns, rest | {name: {} for name in tables if data[name] == {}}


def with_columns(rest: Mapping[str, Any], columns: Mapping[str, list[float]]) -> dict[str, Any]:
    """The data of which `columns_of` gave the parts."""
    data = dict(rest)
    for name, values in columns.items():
        table, dot, key = name.partition(".")
        if dot:
            inner = data.setdefault(table, {})
            if not isinstance(inner, dict):
                raise InvalidInput(f"the key {table!r} is there twice")
            inner[key] = values
        elif table in data:
            raise InvalidInput(f"the key {table!r} is there twice")
        else:
            data[table] = values
    return data
