"""`read_schedule`: a schedule from a file, checked against the exact method that the file names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from polyunroll.errors import InvalidInput, PolyunrollError
from polyunroll.output.checksums import sha256_of_data
from polyunroll.schedules.base import MOST_STEPS, SCHEMA, Schedule
from polyunroll.schedules.formats import Content, format_of
from polyunroll.schedules.make import FORMS, schedule
from polyunroll.schedules.method_data import built_from

__all__ = ["read_schedule"]

_MOST_BYTES = 1 << 30
_SHOWN = 40


def read_schedule(path: str | os.PathLike[str]) -> Schedule:
    """Read a schedule from a file, and check that it is as it was written.

    The numbers are computed again from the exact method in the file and compared, so that what is read back is the
    same schedule, of the same method, exactly. Nothing in a file is run: a `.py` file is parsed for its literals, an
    `.npz` file is read without pickle.

    Parameters
    ----------
    path : str or path
        The ending says the format: `.json`, `.csv`, `.npz` or `.py`; JSON if it has none.

    Returns
    -------
    Schedule

    Raises
    ------
    InvalidInput
        If the file cannot be read, is no schedule of this schema, has P(0) ≠ 1, or was changed; the sentence names the
        line or the key.
    """
    reader = format_of(path)
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > _MOST_BYTES:
        raise InvalidInput(f"{path} is not a schedule: it has more than {_MOST_BYTES} bytes")
    try:
        content = reader.decode(data)
    except InvalidInput as error:
        raise InvalidInput(f"{path} is not a schedule: {error}") from None
    try:
        return _checked(content)
    except PolyunrollError as error:
        raise InvalidInput(f"{path}: {error}") from None


def _checked(content: Content) -> Schedule:
    data = dict(content.data)
    if data.get("schema") != SCHEMA:
        raise InvalidInput(f"this is not a schedule of the schema {SCHEMA!r}")
    missing = [key for key in ("form", "method", "program", "spectrum", "steps", "sha256") if key not in data]
    if missing:
        raise InvalidInput(f"the key {missing[0]!r} is missing")
    form, steps = data["form"], data["steps"]
    if form not in FORMS:
        raise InvalidInput(f"the key 'form'{content.place('form')} is {form!r}; allowed are {', '.join(FORMS)}")
    if type(steps) is not int or not 1 <= steps <= MOST_STEPS:
        raise InvalidInput(f"the key 'steps'{content.place('steps')} is {steps!r}; it must be 1 to {MOST_STEPS}")
    _require_lengths(data, steps, form)
    made = schedule(built_from(data["method"], data["program"]), steps, form)
    expected = made.as_data()
    named = data.pop("sha256")
    if (difference := _difference(data, {k: v for k, v in expected.items() if k != "sha256"})) is not None:
        path, found, right = difference
        where = path[0] + "".join(f"[{part}]" if type(part) is int else f".{part}" for part in path[1:])
        raise InvalidInput(
            f"the file was changed: its {where}{content.place(*path)} {found}, "
            f"but the method that it names gives {right}"
        )
    if named != (checksum := sha256_of_data(data)):
        raise InvalidInput(
            f"the file was changed: its sha256{content.place('sha256')} is {_short(named)}, but that of its content is "
            f"{checksum}"
        )
    return made


def _require_lengths(data: Mapping[str, Any], steps: int, form: str) -> None:
    """Refuse tables that are not of the length the steps say, before anything is computed for so many."""
    for key in ("step_sizes", "momenta", "velocity_steps", "velocity_decays", "tails", "registers"):
        value = data.get(key, [])
        for table in value.values() if isinstance(value, Mapping) else [value] if key in data else []:
            entries = len(table) if isinstance(table, list) else 0
            if entries > steps or (entries < steps and form != "richardson"):
                raise InvalidInput(f"the key {key!r} has {entries} entries for {steps} steps")


def _difference(found: Any, right: Any, path: tuple[Any, ...] = ()) -> tuple[tuple[Any, ...], str, str] | None:
    """Where two plain data differ first, and what is there in each."""
    if isinstance(right, Mapping) and isinstance(found, Mapping):
        # the spectrum first: where the method's was edited, everything else differs too
        for key in sorted(set(found) | set(right), key=lambda key: (key != "spectrum", str(key))):
            if key not in found:
                return (*path, key), "is missing", _short(right[key])
            if key not in right:
                return (*path, key), f"is {_short(found[key])}", "no such key"
            if (inner := _difference(found[key], right[key], (*path, key))) is not None:
                return inner
        return None
    if isinstance(right, list) and isinstance(found, list):
        for i, (a, b) in enumerate(zip(found, right, strict=False)):
            if (inner := _difference(a, b, (*path, i))) is not None:
                return inner
        if len(found) != len(right):
            return path, f"has {len(found)} entries", str(len(right))
        return None
    # by their text: 0.0 == -0.0
    if type(found) is type(right) and repr(found) == repr(right):
        return None
    return path, f"is {_short(found)}", _short(right)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
