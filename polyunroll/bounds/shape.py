"""The shape of a certificate: every key that it must have, and the type of every value, used or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from polyunroll.errors import InvalidInput

__all__ = ["require_shape"]

_MAX_EXPONENT = 10**9  # of a dyadic number; an exponent takes no room
_MAX_MANTISSA = 10**6  # bits

Test = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return type(value) is int


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_dyadic(value: Any) -> bool:
    """[m, e] for m·2^e."""
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_whole, value)):
        return False
    return bool(value[0].bit_length() <= _MAX_MANTISSA and abs(value[1]) <= _MAX_EXPONENT)


def _is_dyadic_or_none(value: Any) -> bool:
    return value is None or _is_dyadic(value)


_CERTIFICATE: dict[str, Test] = {
    **dict.fromkeys(("schema", "R", "G", "criterion", "split", "estimator", "lower", "upper", "kind"), _is_text),
    **dict.fromkeys(("t", "plain_steps", "precision"), _is_whole),
    **dict.fromkeys(("method", "solver"), _is_mapping),
    **dict.fromkeys(("suprema", "places"), _is_list),
    **dict.fromkeys(("s", "p"), _is_dyadic_or_none),
}
_PLACE: dict[str, Test] = {"N": _is_whole, "j": _is_whole, "u": _is_dyadic}
_SUPREMUM: dict[str, Test] = {
    **_PLACE,
    "order": _is_whole,
    "lower": _is_dyadic,
    "upper": _is_dyadic,
    "cells": _is_mapping,
}


def require_shape(data: Mapping[str, Any]) -> None:
    """Refuse data that have not the keys and types of a certificate.

    Raises
    ------
    InvalidInput
    """
    _require(data, _CERTIFICATE, "")
    for one in data["suprema"]:
        _require(one, _SUPREMUM, "a supremum's ")
        for cell, pieces in one["cells"].items():
            if not (_is_text(cell) and cell.isascii() and cell.isdecimal() and len(cell) < 20 and _is_list(pieces)):
                raise InvalidInput("the certificate is malformed: a cell is no list with a whole number for its name")
            if not all(map(_is_piece, pieces)):
                raise InvalidInput(f"the certificate is malformed: cell {cell} has a piece that is none")
    for place in data["places"]:
        if not _is_text(place):
            _require(place, _PLACE, "a place's ")


def _is_piece(value: Any) -> bool:
    """[low, high, rule, point or None]."""
    if not isinstance(value, list) or len(value) != 4:
        return False
    return _is_dyadic(value[0]) and _is_dyadic(value[1]) and _is_text(value[2]) and _is_dyadic_or_none(value[3])


def _require(data: Any, tests: Mapping[str, Test], where: str) -> None:
    if not isinstance(data, Mapping) or set(data) != set(tests):
        raise InvalidInput(f"the certificate is malformed: {where or 'its '}keys must be {', '.join(sorted(tests))}")
    for name, test in tests.items():
        if not test(data[name]):
            raise InvalidInput(f"the certificate is malformed: {where}{name} is not of its kind")
