"""Schedules as NumPy's NPZ: each list of doubles an array, all the rest one JSON text named `metadata`; no pickle."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from polyunroll.errors import InvalidInput
from polyunroll.schedules.formats import Content, columns_of, with_columns
from polyunroll.schedules.formats.as_json import parsed

__all__ = ["SUFFIX", "decode", "encode"]

SUFFIX = ".npz"
METADATA = "metadata"
_MOST_BYTES = 1 << 30


def encode(data: Mapping[str, Any], tables: tuple[str, ...]) -> bytes:
    """The arrays and the text, uncompressed."""
    columns, rest = columns_of(data, tables)
    arrays: dict[str, Any] = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    arrays[METADATA] = np.array(json.dumps(rest, sort_keys=True))
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def decode(data: bytes) -> Content:
    """The arrays as lists, the text's keys."""
    try:
        found = _arrays(data)
    except (OSError, EOFError, KeyError, ValueError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput("it is no whole NPZ file of arrays without pickled objects") from None
    if METADATA not in found or found[METADATA].dtype.kind != "U" or found[METADATA].ndim:
        raise InvalidInput(f"the key {METADATA!r} is missing, or is no text")
    rest = parsed(str(found.pop(METADATA)), f"the key {METADATA!r} holds no JSON: ")
    if not isinstance(rest, dict):
        raise InvalidInput(f"the key {METADATA!r} holds no JSON object")
    for name, values in found.items():
        if values.dtype != np.float64 or values.ndim != 1:
            raise InvalidInput(
                f"the key {name!r} is an array of {values.dtype} in {values.ndim} dimensions, not a list"
            )
    return Content(with_columns(rest, {name: values.tolist() for name, values in found.items()}), lambda *path: "")


def _arrays(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
            raise InvalidInput(f"it unpacks to more than {_MOST_BYTES} bytes")
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
