"""What a run is given, read and refused: a gradient, its derivative along x(θ), and where they start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from numbers import Integral
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


class Oracle(Protocol):
    """What a run asks of a problem that is more than a matrix and a vector."""

    def gradient(self, x: Array) -> Array:
        """∇f(x), shape (n,)."""

    def hvp(self, x: Array, v: Array) -> Array:
        """∇²f(x) v, shape (n, p) for v of that shape."""

    def cross(self, x: Array) -> Array:
        """∂_θ∇f(x), shape (n, p)."""


@dataclass(frozen=True)
class Gradients:
    """A gradient, its derivative along x(θ), and the start of both.

    Attributes
    ----------
    start : tuple of arrays
        Copies of x_0, shape (n,), and with tangents ∂x_0, shape (n, p).
    gradient : callable
        x ↦ ∇f(x).
    tangent : callable or None
        (x, X) ↦ ∇²f(x) X + ∂_θ∇f(x), the derivative of ∇f(x(θ), θ) where X is that of x(θ).
    """

    start: tuple[Array, ...]
    gradient: Callable[[Array], Array]
    tangent: Callable[[Array, Array], Array] | None = None


def read(spectrum: Spectrum, H: Any, b: Any, x0: Any, tangents: Any, dx0: Any, check: bool) -> Gradients:
    """Read the arguments of `vectors.run`, which says what they are.

    Raises
    ------
    InvalidInput
        If one of them is not allowed.
    """
    tangents = None if tangents is False else tangents
    if tangents is None and dx0 is not None:
        raise InvalidInput("dx0 is given without tangents; leave it out, or give tangents as well")
    if callable(getattr(H, "gradient", None)):
        return _read_oracle(H, b, x0, tangents, dx0, check)
    if tangents is not None and not (isinstance(tangents, (tuple, list)) and len(tangents) == 2):
        shown = "True" if tangents is True else f"a {type(tangents).__name__}"
        raise InvalidInput(f"tangents is {shown}, which a matrix H does not allow; give None or a pair (dH, db)")
    return _read_matrix(spectrum, H, b, x0, tangents, dx0, check)


# -- a matrix and a vector -----------------------------------------------------------------------
def _read_matrix(
    spectrum: Spectrum, H: Any, b: Any, x0: Any, tangents: Sequence[Any] | None, dx0: Any, check: bool
) -> Gradients:
    dH, db = (None, None) if tangents is None else tangents
    given = {"H": _matrix("H", H)}
    n = given["H"].shape[0]
    given |= _derivatives(dH, n)
    vectors = {"b": (b, (n,)), "x0": (x0, (n,)), "db": (db, (n, "p")), "dx0": (dx0, (n, "p"))}
    given |= {name: _array(name, value, shape) for name, (value, shape) in vectors.items() if value is not None}
    given = one_library(given)
    if check:
        _check_values(spectrum, given)

    H, b, db = given["H"], given.get("b"), given.get("db")
    like = next((value for value in given.values() if namespace(value) is not None), None)
    if like is None:  # SciPy's matrices alone
        like = np.empty(0, H.dtype if H.dtype is not None and is_real_floating(H) else np.float64)
    start = 1.0 * given["x0"] if x0 is not None else zeros((n,), like)

    def gradient(x: Array) -> Array:
        return H @ x if b is None else H @ x + b

    if tangents is None:
        return Gradients((start,), gradient)
    columns = _columns(dH, given)
    p = _parameters(given, columns, start)
    for name in ("db", "dx0"):
        if name in given:
            require_shape(name, given[name], (n, p))

    def tangent(x: Array, X: Array) -> Array:
        total = H @ X
        if columns is not None:
            part = columns(x)
            require_shape("what dH gives", part, (n, p))
            total = total + part
        return total if db is None else total + db

    return Gradients((start, 1.0 * given["dx0"] if dx0 is not None else zeros((n, p), like)), gradient, tangent)


def _derivatives(dH: Any, n: int) -> dict[str, Any]:
    """The matrices of dH by name: an array of all of them, or one by one; none if dH is a function."""
    if dH is None or (callable(dH) and not hasattr(dH, "shape")):
        return {}
    if isinstance(dH, (list, tuple)) and any(hasattr(member, "shape") for member in dH):
        members = {f"dH[{i}]": _matrix(f"dH[{i}]", member) for i, member in enumerate(dH)}
        for name, member in members.items():
            require_shape(name, member, (n, n))
        return members
    return {"dH": _array("dH", dH, ("p", n, n))}


def _columns(dH: Any, given: Mapping[str, Any]) -> Callable[[Array], Array] | None:
    """A function from x to the columns (∂_iH) x, or None if ∂H = 0."""
    if dH is None:
        return None
    if "dH" in given:
        stack = given["dH"]
        return lambda x: (stack @ x).T
    members = [value for name, value in given.items() if name.startswith("dH[")]
    if members:
        return lambda x: namespace(x).stack([member @ x for member in members]).T
    return dH  # type: ignore[no-any-return]


def _parameters(given: Mapping[str, Any], columns: Callable[[Array], Array] | None, start: Array) -> int:
    """p, asking a function dH at x_0 only if nothing else tells."""
    if "dH" in given:
        return int(given["dH"].shape[0])
    if members := [name for name in given if name.startswith("dH[")]:
        return len(members)
    for name in ("db", "dx0"):
        if name in given:
            return int(given[name].shape[1])
    if columns is None:
        raise InvalidInput("tangents = (None, None) says nothing; give dH, db or dx0")
    found = columns(start)
    require_shape("what dH gives", found, (start.shape[0], "p"))
    return int(found.shape[1])


# -- an oracle -----------------------------------------------------------------------------------
def _read_oracle(oracle: Any, b: Any, x0: Any, tangents: Any, dx0: Any, check: bool) -> Gradients:
    if b is not None:
        raise InvalidInput("b is given with an Oracle, which has its own linear term; leave b out")
    if x0 is None:
        raise InvalidInput("x0 is missing; with an Oracle give the start, shape (n,)")
    n = getattr(oracle, "dimension", None)
    given = {"x0": _array("x0", x0, (int(n) if isinstance(n, Integral) else "n",))}
    n = given["x0"].shape[0]

    def gradient(x: Array) -> Array:
        found = oracle.gradient(x)
        require_shape("the Oracle's gradient", found, (n,))
        return found

    if tangents is None:
        _check_finite(given, check)
        return Gradients((1.0 * given["x0"],), gradient)
    if tangents is not True:
        raise InvalidInput("tangents is not True; an Oracle has its own derivatives, so give True or None")
    if not (callable(getattr(oracle, "hvp", None)) and callable(getattr(oracle, "cross", None))):
        raise InvalidInput("tangents = True needs an Oracle with hvp(x, v) and cross(x); this one lacks them")
    p = getattr(oracle, "parameters", None)
    p = int(p) if isinstance(p, Integral) else int(oracle.cross(given["x0"]).shape[1])
    if dx0 is not None:
        given["dx0"] = _array("dx0", dx0, (n, p))
    given = one_library(given)
    _check_finite(given, check)

    def tangent(x: Array, X: Array) -> Array:
        product, cross = oracle.hvp(x, X), oracle.cross(x)
        require_shape("the Oracle's hvp", product, (n, p))
        require_shape("the Oracle's cross", cross, (n, p))
        return product + cross

    start = 1.0 * given["x0"]
    return Gradients((start, 1.0 * given["dx0"] if dx0 is not None else zeros((n, p), start)), gradient, tangent)


# -- one argument --------------------------------------------------------------------------------
def _array(name: str, value: Any, shape: tuple[int | str, ...] | None) -> Array:
    """An array of real floating-point numbers; nested lists become NumPy's."""
    if isinstance(value, (list, tuple)):
        try:
            value = np.asarray(value, dtype=float)
        except (TypeError, ValueError, RuntimeError):
            raise InvalidInput(f"{name} has entries that are no real numbers; give an array of real numbers") from None
    if namespace(value) is None:
        raise InvalidInput(
            f"{name} is a {type(value).__name__}; give an array of NumPy, JAX, PyTorch or the array API"
            + {"H": ", a sparse matrix, a LinearOperator or an Oracle", "dH": ", or a sequence of matrices"}.get(
                name, ""
            )
        )
    _require_real(name, value)
    if shape is not None:
        require_shape(name, value, shape)
    return np.asarray(value) if isinstance(value, np.ndarray) else value  # an np.matrix multiplies differently


def _matrix(name: str, value: Any) -> Any:
    """A square matrix: dense, sparse or an operator."""
    if isinstance(value, LinearOperator):  # SciPy guesses its dtype, as an integer one too
        if value.dtype is not None and np.dtype(value.dtype).kind == "c":
            _require_real(name, value)
    elif scipy.sparse.issparse(value):
        _require_real(name, value)
    else:
        value = _array(name, value, None)
    if len(value.shape) != 2 or value.shape[0] != value.shape[1] or value.shape[0] == 0:
        raise InvalidInput(f"{name} has shape {tuple(value.shape)}; it must be square, with at least one row")
    return value


def _require_real(name: str, value: Any) -> None:
    if not is_real_floating(value):
        raise InvalidInput(f"{name} has dtype {dtype_name(value)}; give real floating-point numbers")


# -- values, where they can be read --------------------------------------------------------------
def _check_finite(given: Mapping[str, Array], check: bool) -> None:
    if check:
        for name, value in given.items():
            require_finite(name, value)


def _check_values(spectrum: Spectrum, given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        values = readable(value) if namespace(value) is not None else value
        if values is None:
            continue
        if name == "dH":
            for i, member in enumerate(values):
                check_symmetric(member, name=f"dH[{i}]")
        elif name == "H" or name.startswith("dH["):
            check_symmetric(values, name=name)
        else:
            require_finite(name, value)
        if name == "H":
            _require_inside(spectrum, values)


def _require_inside(spectrum: Spectrum, H: Any) -> None:
    """Refuse H with an eigenvalue outside the spectrum by more than rounding explains."""
    low, high, slack, direct = extremes(H)
    size = max(abs(low), abs(high))
    if H.dtype is not None and H.dtype.kind == "f":
        slack = max(slack, 4 * sqrt(H.shape[0]) * float(np.finfo(H.dtype).eps) * size)
    ell, L = to_float(spectrum.low), to_float(spectrum.high)
    if low < ell - slack or high > L + slack:
        worst = low if low < ell - slack else high
        known = f"an eigenvalue {worst:.8g}" if direct else f"by a randomised check an eigenvalue near {worst:.8g}"
        raise InvalidInput(
            f"H has {known} outside the method's spectrum {spectrum}, by more than a rounding of {slack:.1g}; "
            "give a method whose spectrum holds them all, such as Spectrum.of(H)"
        )
