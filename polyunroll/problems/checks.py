"""Reading what the caller passed: real, finite arrays of a stated shape, or one clear sentence.

Every function here returns NumPy doubles that nobody else can change (a read-only copy), or raises
`InvalidInput` with one sentence that names the value and what is allowed.
"""

from __future__ import annotations

import numbers
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from polyunroll.errors import InvalidInput

Array: TypeAlias = Any
"""An array of any library that knows ``@``, ``*``, ``+``, ``.T`` and ``.shape``."""

Doubles: TypeAlias = npt.NDArray[np.float64]
"""A NumPy array of doubles."""

Shape: TypeAlias = tuple[int | None, ...]
"""A wanted shape; `None` leaves that length free."""


def shape_of(value: Array) -> tuple[int, ...]:
    """Shape of any array as a tuple of ints.

    Parameters
    ----------
    value
        Anything with ``.shape``.

    Returns
    -------
    tuple of int
    """
    return tuple(int(length) for length in value.shape)


def require_shape(name: str, value: Array, *allowed: Shape) -> Array:
    """Refuse an array whose shape is none of the allowed ones.

    Parameters
    ----------
    name
        How the sentence calls the value.
    value
        Anything with ``.shape``.
    allowed
        One or several shapes; `None` in a shape leaves that length free.

    Returns
    -------
    array
        The value itself.

    Raises
    ------
    InvalidInput
        If no allowed shape matches.
    """
    found = shape_of(value)
    for wanted in allowed:
        if len(found) == len(wanted) and all(w is None or w == f for w, f in zip(wanted, found, strict=True)):
            return value
    choices = " or ".join(_written(wanted) for wanted in allowed)
    raise InvalidInput(f"{name} has shape {found}; allowed is {choices}")


def real_array(name: str, value: Array, *allowed: Shape) -> Doubles:
    """Read a finite real array.

    Parameters
    ----------
    name
        How the sentence calls the value.
    value
        A NumPy array, nested sequences of numbers, or an array of another library that NumPy can read.
    allowed
        The allowed shapes, as for `require_shape`.

    Returns
    -------
    ndarray of float64
        A read-only copy.

    Raises
    ------
    InvalidInput
        If the value is no array of real finite numbers of an allowed shape.
    """
    found = as_numpy(name, value)
    require_shape(name, found, *allowed)
    result = np.array(found, dtype=np.float64)
    wrong = np.argwhere(~np.isfinite(result))
    if len(wrong):
        place = tuple(int(i) for i in wrong[0])
        where = ", ".join(str(i) for i in place)
        raise InvalidInput(f"{name}[{where}] is {result[place]}; allowed are finite numbers only")
    result.flags.writeable = False
    return result


def as_numpy(name: str, value: Array) -> npt.NDArray[Any]:
    """View any real array as a NumPy array, keeping its precision.

    Parameters
    ----------
    name
        How the sentence calls the value.
    value
        An array of any library, or nested sequences of numbers.

    Returns
    -------
    ndarray
        Boolean, integer or floating.

    Raises
    ------
    InvalidInput
        If NumPy cannot read the value, or its entries are not real numbers.
    """
    try:
        found: npt.NDArray[Any] = np.asarray(value)
        if found.dtype.kind == "O":
            found = found.astype(np.float64)
    except Exception:  # each library has errors of its own for what it will not convert
        raise InvalidInput(
            f"{name} of type {type(value).__name__} cannot be read as an array of real numbers; "
            "allowed are arrays and nested lists of real numbers"
        ) from None
    if found.dtype.kind not in "biuf":
        raise InvalidInput(f"{name} has dtype {found.dtype}; allowed are real numbers")
    return found


def positive_number(name: str, value: object) -> float:
    """Read a finite number above zero.

    Parameters
    ----------
    name
        How the sentence calls the value.
    value
        An int, float, Fraction or NumPy scalar.

    Returns
    -------
    float

    Raises
    ------
    InvalidInput
        If the value is not a real number, not finite, or not above zero.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InvalidInput(f"{name} is {value!r}; allowed is a number above 0")
    result = float(value)
    if not np.isfinite(result) or result <= 0:
        raise InvalidInput(f"{name} is {value}; allowed is a finite number above 0")
    return result


def weights_of(weights: Array, count: int) -> Doubles:
    """Read weights at or above zero.

    Parameters
    ----------
    weights
        Shape (count,); `None` means 1 each.
    count
        How many there are.

    Returns
    -------
    ndarray of float64
        A read-only copy.

    Raises
    ------
    InvalidInput
        If the value is no array of that shape, or an entry is not finite or below zero.
    """
    found = real_array("weights", np.ones(count) if weights is None else weights, (count,))
    if count and found.min() < 0:
        i = int(found.argmin())
        raise InvalidInput(f"weights[{i}] is {found[i]}; allowed are weights at or above 0")
    return found


def _written(shape: Shape) -> str:
    lengths = ["any" if length is None else str(length) for length in shape]
    return f"({', '.join(lengths)}{',' if len(lengths) == 1 else ''})"
