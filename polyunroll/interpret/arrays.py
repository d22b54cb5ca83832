"""Arrays of whatever library: which one it is, what it is made of, and its values where they can be read.

Beyond operators, `shape` and `dtype`, only functions of the array API standard are used. PyTorch goes by the
same names without having `__array_namespace__`. Nothing here imports a library that the caller did not.
"""

from __future__ import annotations

import sys
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import LinearOperator

from polyunroll.errors import InvalidInput

__all__ = [
    "Array",
    "dtype_name",
    "is_jax",
    "is_real_floating",
    "library",
    "namespace",
    "one_library",
    "readable",
    "require_finite",
    "require_shape",
    "weighted_sum",
    "zeros",
]

Array: TypeAlias = Any
"""An array of any library."""

_FOREIGN = {"torch": "torch", "jax": "jax.numpy", "jaxlib": "jax.numpy"}


def namespace(value: Any) -> Any:
    """The module with the functions for an array, or None for what is no array."""
    if isinstance(value, np.ndarray):
        return np
    if hasattr(value, "__array_namespace__"):
        return value.__array_namespace__()
    roots = (cls.__module__.split(".", 1)[0] for cls in type(value).__mro__)
    return next((sys.modules.get(_FOREIGN[root]) for root in roots if root in _FOREIGN), None)


def library(value: Any) -> str:
    """What messages call an array's library; SciPy's matrices go with NumPy."""
    name = (namespace(value) or np).__name__
    return {"numpy": "NumPy", "jax.numpy": "JAX", "torch": "PyTorch"}.get(name, name)


def is_jax(value: Array) -> bool:
    """Whether an array, or what stands for one while JAX traces, is JAX's."""
    return library(value) == "JAX"


def dtype_name(value: Array) -> str:
    """The name of an array's dtype, the same in every library."""
    return str(value.dtype).rsplit(".", 1)[-1]


def is_real_floating(value: Array) -> bool:
    """Whether an array holds real floating-point numbers."""
    if hasattr(value.dtype, "is_floating_point"):  # PyTorch
        return bool(value.dtype.is_floating_point)
    return bool((namespace(value) or np).isdtype(value.dtype, "real floating"))


def readable(value: Array) -> npt.NDArray[Any] | None:
    """An array's values in NumPy, or None where they cannot be read.

    They cannot while a function is traced (JAX's `jit` and `grad`, PyTorch's function transforms), on a device
    that NumPy does not reach, and in dtypes that it does not know (bfloat16).
    """
    if isinstance(value, np.ndarray):
        return value
    try:
        found = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except Exception:  # each library has errors of its own for what it will not convert
        return None
    return found if found.dtype.kind == "f" else None


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros of the library, dtype and device of another array."""
    xp = namespace(like)
    if xp is np or is_jax(like):  # JAX moves zeros to where they are needed, and knows no device while it traces
        return xp.zeros(shape, dtype=like.dtype)
    return xp.zeros(shape, dtype=like.dtype, device=like.device)


def weighted_sum(terms: list[tuple[float, Array]]) -> Array:
    """Σ coefficient·array. A coefficient 1 costs no product, a coefficient 0 nothing at all."""
    total = None
    for coefficient, array in terms:
        if coefficient != 0:
            part = array if coefficient == 1 else coefficient * array
            total = part if total is None else total + part
    return 0.0 * terms[0][1] if total is None else total


def require_shape(name: str, value: Array, shape: tuple[int | str, ...]) -> None:
    """Refuse an array of another shape; a letter in `shape` leaves that length free."""
    found = tuple(value.shape)
    if len(found) != len(shape) or any(isinstance(w, int) and w != f for f, w in zip(found, shape, strict=True)):
        wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise InvalidInput(f"{name} has shape {found}; it must be ({wanted})")


def require_finite(name: str, value: Array) -> None:
    """Refuse an array with infinities or NaNs, if its values can be read."""
    values = readable(value)
    if values is not None and not np.all(np.isfinite(values)):
        raise InvalidInput(f"{name} has entries that are not finite; every entry must be a finite number")


def one_library(given: dict[str, Any]) -> dict[str, Any]:
    """The same arrays, all of one library and dtype.

    NumPy arrays beside JAX ones become JAX's; nothing else is converted. Sparse matrices and LinearOperators
    go with NumPy; a LinearOperator's dtype, often a guess of SciPy's, is not looked at.

    Raises
    ------
    InvalidInput
        If they are of different libraries or dtypes.
    """
    libraries = {name: library(value) for name, value in given.items()}
    leader = next((name for name, found in libraries.items() if found != "NumPy"), next(iter(given)))
    for name, found in libraries.items():
        convertible = libraries[leader] == "JAX" and isinstance(given[name], np.ndarray)
        if found != libraries[leader] and not convertible:
            raise InvalidInput(
                f"{name} belongs to {found} and {leader} to {libraries[leader]}; give arrays of one library"
            )
    dtypes = {name: dtype_name(value) for name, value in given.items() if not isinstance(value, LinearOperator)}
    for name, found in dtypes.items():
        first, expected = next(iter(dtypes.items()))
        if found != expected:
            raise InvalidInput(f"{name} has dtype {found} and {first} has {expected}; give arrays of one dtype")
    if libraries[leader] != "JAX":
        return given
    return {name: namespace(given[leader]).asarray(value) for name, value in given.items()}
