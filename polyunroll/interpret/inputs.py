"""What a run is given, read and refused: the gradient with its tangents, and where they start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import LinearOperator

from polyunroll.arithmetic.exact import to_float
from polyunroll.eigenvalues import check_symmetric, extremes
from polyunroll.errors import InvalidInput
from polyunroll.interpret.arrays import (
    Array,
    dtype_name,
    is_real_floating,
    namespace,
    one_library,
    readable,
    require_finite,
    require_shape,
    zeros,
)
from polyunroll.spectrum import Spectrum

__all__ = ["Gradients", "Oracle", "read"]

TANGENTS = "None, True (with an Oracle), or a pair (dH, db)"


class Oracle(Protocol):
    """What a run asks of a problem that is more than a matrix and a vector."""

    def gradient(self, x: Array) -> Array:
        """∇f(x), shape (n,)."""

    def hvp(self, x: Array, v: Array) -> Array:
        """∇²f(x) v for v of shape (n, p)."""

    def cross(self, x: Array) -> Array:
        """∂_θ∇f(x), shape (n, p)."""


@dataclass(frozen=True)
class Gradients:
    """A gradient, the derivative of it along x(θ), and the start of both.

    Attributes
    ----------
    gradient : callable
        x ↦ ∇f(x).
    start : array, shape (n,)
        x_0, a copy.
    tangent : callable or None
        (x, X) ↦ ∇²f(x) X + ∂_θ∇f(x), both of shape (n, p).
    tangent_start : array, shape (n, p), or None
        ∂x_0, a copy.
    """

    gradient: Callable[[Array], Array]
    start: Array
    tangent: Callable[[Array, Array], Array] | None
    tangent_start: Array | None


def read(
    spectrum: Spectrum, H: Any, b: Any, x0: Any, tangents: Any, dx0: Any, check: bool
) -> Gradients:
    """Read the arguments of `vectors.run`, which says what they are.

    Raises
    ------
    InvalidInput
    """
    tangents = None if tangents is False else tangents
    if tangents is None and dx0 is not None:
        raise InvalidInput("dx0 is given without tangents; leave it out, or give tangents as well")
    if callable(getattr(H, "gradient", None)):
        return _read_oracle(H, b, x0, tangents, dx0, check)
    if tangents is not None and not (isinstance(tangents, (tuple, list)) and len(tangents) == 2):
        given = "tangents = True" if tangents is True else f"tangents of type {type(tangents).__name__}"
        raise InvalidInput(f"{given} cannot be used with a matrix H; give {TANGENTS}")
    return _read_matrix(spectrum, H, b, x0, tangents, dx0, check)


def _array(name: str, value: Any) -> Array:
    """An array of real floating-point numbers; nested lists become NumPy's."""
    if isinstance(value, (list, tuple)):
        try:
            value = np.asarray(value, dtype=float)
        except (TypeError, ValueError, RuntimeError):
            raise InvalidInput(f"{name} is no array of real numbers; its entries must be real numbers") from None
    if namespace(value) is None:
        raise InvalidInput(
            f"{name} is of type {type(value).__name__}; give an array of NumPy, JAX, PyTorch or another library "
            f"that follows the array API{' , or a sparse matrix, LinearOperator or Oracle' if name == 'H' else ''}"
        )
    _require_real(name, value)
    return np.asarray(value) if isinstance(value, np.ndarray) else value  # np.matrix is none of these


def _require_real(name: str, value: Any) -> None:
    if not is_real_floating(value):
        raise InvalidInput(f"{name} has dtype {dtype_name(value)}; give real floating-point numbers")


def _matrix(name: str, value: Any) -> Any:
    """A square matrix: dense, sparse or an operator."""
    if isinstance(value, LinearOperator):  # its dtype is often a guess of SciPy's, integers included
        if value.dtype is not None and np.dtype(value.dtype).kind == "c":
            raise InvalidInput(f"{name} has dtype {value.dtype}; give real floating-point numbers")
    elif scipy.sparse.issparse(value):
        _require_real(name, value)
    else:
        value = _array(name, value)
    if len(value.shape) != 2 or value.shape[0] != value.shape[1] or value.shape[0] == 0:
        raise InvalidInput(f"{name} has shape {tuple(value.shape)}; it must be square, with at least one row")
    return value


def _read_matrix(
    spectrum: Spectrum, H: Any, b: Any, x0: Any, tangents: Sequence[Any] | None, dx0: Any, check: bool
) -> Gradients:
    given: dict[str, Any] = {"H": _matrix("H", H)}
    n = given["H"].shape[0]
    dH, db = tangents if tangents is not None else (None, None)
    for name, value, shape in (("b", b, (n,)), ("x0", x0, (n,)), ("db", db, (n, None)), ("dx0", dx0, (n, None))):
        if value is not None:
            given[name] = _array(name, value)
            require_shape(name, given[name], shape)
    members = [] if dH is None or callable(dH) else _derivatives(dH, n)
    given |= members
    # an operator has no entries, so neither library nor dtype of its own
    whole = {name: value for name, value in given.items() if isinstance(value, LinearOperator)}
    given = one_library({name: value for name, value in given.items() if name not in whole}) | whole
    H, b, db = given["H"], given.get("b"), given.get("db")
    stacked = given.get("dH")
    sequence = [given[name] for name in members if name != "dH"]
    if check:
        _check_values(spectrum, given)

    like = next((a for a in given.values() if namespace(a) is not None), None)
    if like is None:
        like = np.empty(0, H.dtype if H.dtype is not None and is_real_floating(H) else float)
    start = zeros((n,), like) if x0 is None else 1.0 * given["x0"]
    if tangents is None:
        return Gradients(_affine(H, b), start, None, None)

    columns = _columns(dH, stacked, sequence)
    p = _count(stacked, sequence, given, columns, start)
    if callable(dH):
        columns = _of_shape("the callable dH", columns, (n, p))
    for name in ("db", "dx0"):
        if name in given:
            require_shape(name, given[name], (n, p))
    tangent_start = zeros((n, p), like) if dx0 is None else 1.0 * given["dx0"]

    def tangent(x: Array, X: Array) -> Array:
        total = H @ X
        if columns is not None:
            total = total + columns(x)
        return total if db is None else total + db

    return Gradients(_affine(H, b), start, tangent, tangent_start)
