"""Checksums of texts and of plain data."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from polyunroll.errors import InvalidInput

__all__ = ["canonical_json", "sha256_of_data", "sha256_of_text"]


def canonical_json(data: Any) -> str:
    """Plain data as the one JSON text that its checksum is taken of: keys sorted, ASCII, no white space.

    Raises
    ------
    InvalidInput
        If the data is not plain JSON data, or holds a number that is not finite.
    """
    try:
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"the data cannot be written as JSON: {error}") from None


def sha256_of_text(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in 64 hexadecimal digits."""
    return sha256(text.encode("utf-8")).hexdigest()


def sha256_of_data(data: Any) -> str:
    """The SHA-256 of plain data, taken of its canonical JSON.

    Raises
    ------
    InvalidInput
        If the data is not plain JSON data, or holds a number that is not finite.
    """
    return sha256_of_text(canonical_json(data))
