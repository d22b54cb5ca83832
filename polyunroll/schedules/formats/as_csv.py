"""Schedules as CSV: a row for each step, after lines `# key: JSON` with all the rest.

Readers that skip comments take the table alone: `pandas.read_csv(path, comment="#")`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from polyunroll.errors import InvalidInput
from polyunroll.schedules.formats import Content, columns_of, with_columns
from polyunroll.schedules.formats.as_json import parsed

__all__ = ["SUFFIX", "decode", "encode"]

SUFFIX = ".csv"
COUNT = "t"
"""The first column: 1, 2, …"""


def encode(data: Mapping[str, Any], tables: tuple[str, ...]) -> str:
    """The comment lines, the names of the columns, the rows."""
    columns, rest = columns_of(data, tables)
    lines = [f"# {key}: {json.dumps(value, sort_keys=True)}" for key, value in sorted(rest.items())]
    lines.append(",".join((COUNT, *columns)))
    rows = zip(*columns.values(), strict=True)
    lines += [",".join((str(t), *map(repr, row))) for t, row in enumerate(rows, 1)]
    return "\n".join(lines) + "\n"


def decode(data: bytes) -> Content:
    """The comment lines as keys, the columns as lists."""
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise InvalidInput("it holds no text in UTF-8") from None
    rest: dict[str, Any] = {}
    places: dict[str, int] = {}
    top = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    for i, line in enumerate(lines[:top]):
        key, colon, text = line.removeprefix("#").strip().partition(": ")
        if not colon or key in rest:
            raise InvalidInput(f"line {i + 1} is not '# key: JSON' with a key of its own")
        rest[key], places[key] = parsed(text, "", i), i + 1
    if top == len(lines):
        raise InvalidInput(f"it ends after line {top}, before the table")
    names = lines[top].split(",")
    if names[0] != COUNT or len(set(names)) < len(names):
        raise InvalidInput(f"line {top + 1} does not name the columns: {COUNT}, then the others, each once")
    columns = _columns(lines[top + 1 :], names, top + 2)

    def place(*path: Any) -> str:
        name = ".".join(part for part in path if type(part) is str)
        if name in columns:
            row = path[-1] if type(path[-1]) is int else -1
            return f" in line {top + 2 + row}"
        return f" in line {places[path[0]]}" if path[0] in places else ""

    return Content(with_columns(rest, columns), place)


def _columns(rows: list[str], names: list[str], first: int) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {name: [] for name in names[1:]}
    for t, row in enumerate(rows, 1):
        count, *entries = row.split(",")
        if count != str(t) or len(entries) != len(columns):
            raise InvalidInput(f"line {first + t - 1} is not the row {t}: {len(names)} entries, the first of them {t}")
        for values, entry in zip(columns.values(), entries, strict=True):
            try:
                values.append(float(entry))
            except ValueError:
                raise InvalidInput(f"line {first + t - 1} holds {entry[:40]!r}, which is no number") from None
    return columns
