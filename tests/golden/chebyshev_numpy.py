"""The method chebyshev, 50 steps: x near the minimiser of x^T H x / 2 + b^T x.

Written by polyunroll, which it runs without.
It needs NumPy and SciPy.
H, of shape (n, n), is symmetric with its eigenvalues in [ell, L]. Another function is
given by its gradient; nothing below is proved of that. The coefficients are constants,
made for exactly this number of steps.

solve(H, b, x0) gives x, shape (n,).

Parameters, exactly:
    ell = 1/100
    L = 1

Proved for every symmetric H with its eigenvalues in [ell, L] and x* the minimiser
(derivatives in Frobenius's norm):
    |x_50 - x*| <= 0.00008781 |x_0 - x*|
    |dx_50 - dx*| <= 0.00008781 |dx_0 - dx*| + 0.4435 |dH| |x_0 - x*|
        (split partial: for every dH)
    |dx_50 - dx*| <= 0.4434 |dx_0 - dx*| + 0.4435 |d(grad f(x_0))|
        (split total: only where each dH commutes with H)

To write it again:
    import polyunroll as pu
    from polyunroll.methods import method_from_data
    m = method_from_data(
        {"name": "chebyshev", "parameters": {"ell": "1/100", "L": "1"}}
    )
    pu.generate(m, 50, target="numpy")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy, dnrm2, dscal, dsymv

Array = NDArray[np.float64]

STEPS = 50


def _coefficients() -> list[tuple[float, ...]]:
    """The coefficients: one row for each step, from the method's own recurrence."""
    rho2 = 0.9607881580237232  # 9801/10201
    h = 1.9801980198019802  # 200/101
    rows: list[tuple[float, ...]] = [
        (1.0, 0.0, -1.9801980198019802),
        (1.9245354211866805, -0.9245354211866805, -3.8109612300726345),
    ]
    omega = 1.9245354211866805
    for _ in range(3, STEPS + 1):
        omega_1 = omega
        omega = 1.0 / (1.0 - rho2 * omega_1 / 4.0)
        momentum = rho2 * omega * omega_1 / 4.0
        rows.append((omega, -momentum, -omega * h))
    return rows


COEFFICIENTS = _coefficients()


def solve(
    H: Any,
    b: Any = None,
    x0: Any = None,
    *,
    precondition: Any = None,
    callback: Callable[[int, Array], object] | None = None,
    tolerance: float = 0.0,
) -> Array:
    """The iterate after 50 steps.

    Parameters
    ----------
    H : array, sparse matrix, LinearOperator or object with gradient(x), shape (n, n)
        Symmetric, with its eigenvalues in [ell, L]; of an array only one half is read.
    b : array, shape (..., n), optional
        0 by default; left out with an object that has gradient(x).
    x0 : array, shape (..., n), optional
        The start, 0 by default; needed with an object that has gradient(x).
    precondition : array, sparse matrix or LinearOperator, shape (n, n), optional
        Symmetric; multiplies each gradient. [ell, L] then has the eigenvalues of its
        product with H.
    callback : callable, optional
        Called as callback(t, x) after step t; if it returns something true, the run
        stops. It may not change x, and x changes when it has returned.
    tolerance : float
        The run stops where no gradient that a step takes is longer.

    Returns
    -------
    array, shape (..., n)

    Raises
    ------
    ValueError
        If a shape does not fit, or an entry is not finite.
    """
    start, offset, shape = _read(H, b, x0, precondition)
    n = shape[-1]
    if start.size == 0:
        return start.reshape(shape)
    product = None if _is_oracle(H) else _product(H, start.size // n, offset)

    def gradient(point: Array, out: Array) -> None:
        if product is None:
            out[:] = _gradient(H, point)
        else:
            product(point, out)
        if precondition is not None:
            _apply(precondition, out, n, out)

    def report(t: int, x: Array) -> object:
        return callback is not None and callback(t, x.reshape(shape))

    return _run(gradient, start, start.size, report, tolerance).reshape(shape)


def _read(
    H: Any, b: Any, x0: Any, precondition: Any
) -> tuple[Array, Array | None, tuple[int, ...]]:
    """The start, a copy, and b as flat vectors, and their shape."""
    if _is_oracle(H):
        if b is not None or x0 is None:
            raise ValueError("with an object that has gradient(x), give x0 and no b")
        n = np.shape(x0)[-1] if np.ndim(x0) == 1 else None
        if n is None or getattr(H, "dimension", n) != n:
            raise ValueError(f"x0 has shape {np.shape(x0)}; it must be (n,)")
    else:
        n = _order("H", H)
    if precondition is not None and _order("precondition", precondition) != n:
        size = precondition.shape
        raise ValueError(f"precondition has shape {size}; it must be {(n, n)}")
    given = {name: value for name, value in (("b", b), ("x0", x0)) if value is not None}
    arrays = {name: _real(name, value) for name, value in given.items()}
    for name, value in arrays.items():
        if value.ndim == 0 or value.shape[-1] != n:
            raise ValueError(f"{name} has shape {value.shape}; it must be (..., {n})")
    shape = np.broadcast_shapes((n,), *(value.shape for value in arrays.values()))
    start = np.zeros(shape)
    if "x0" in arrays:
        start[...] = arrays["x0"]
    offset = np.broadcast_to(arrays["b"], shape).ravel() if "b" in arrays else None
    return start.ravel(), offset, shape


def _is_oracle(H: Any) -> bool:
    return callable(getattr(H, "gradient", None))


def _gradient(H: Any, x: Array) -> Any:
    """The gradient that an object gives."""
    value = H.gradient(x)
    shape = np.shape(value)
    if shape != x.shape:
        raise ValueError(f"gradient(x) has shape {shape}; it must be {x.shape}")
    return value


def _order(name: str, matrix: Any) -> int:
    """The n of a matrix of shape (n, n)."""
    if not hasattr(matrix, "shape"):
        kind = type(matrix).__name__
        raise ValueError(f"{name} is a {kind}; give something with @ and shape")
    size: tuple[int, ...] = matrix.shape
    if len(size) != 2 or size[0] != size[1] or size[0] == 0:
        raise ValueError(f"{name} has shape {size}; it must be (n, n)")
    if np.iscomplexobj(matrix):
        raise ValueError(f"{name} has complex entries; they must be real")
    entries = matrix
    if not isinstance(matrix, np.ndarray):
        entries = getattr(matrix, "data", None)
    if getattr(matrix, "format", "") in ("dok", "lil"):
        entries = matrix.tocsr().data
    if isinstance(entries, np.ndarray):
        _real(name, entries)
    return size[0]


def _real(name: str, value: Any) -> Array:
    """An array of doubles, all of them finite."""
    if np.iscomplexobj(value):
        raise ValueError(f"{name} has complex entries; they must be real")
    found = np.asarray(value, dtype=np.float64)
    # the sum of squares may overflow; the extremes are finite only if all entries are
    if not np.isfinite(np.vdot(found, found)):
        if not (np.isfinite(found.min()) and np.isfinite(found.max())):
            raise ValueError(f"{name} has entries that are not finite")
    return found


def _apply(matrix: Any, vectors: Array, n: int, out: Array) -> None:
    """Write the products of a matrix with vectors that lie one after another."""
    for k in range(0, vectors.size, n):
        out[k : k + n] = matrix @ vectors[k : k + n]


def _run(
    gradient_at: Callable[[Array, Array], None],
    start: Array,
    size: int,
    report: Callable[[int, Array], object],
    tolerance: float,
) -> Array:
    """The steps, on flat vectors whose first `size` entries are the iterate's."""
    previous = start.copy()
    x = start
    gradient = np.zeros_like(x)
    for t, (c0, c1, c2) in enumerate(COEFFICIENTS, 1):
        gradient_at(x, gradient)
        if tolerance > 0.0 and dnrm2(gradient, n=size) <= tolerance:
            break
        # next_, in the place of previous
        dscal(c1, previous)
        daxpy(x, previous, a=c0)
        daxpy(gradient, previous, a=c2)
        x, previous = previous, x
        if report(t, x):
            break
    return x


def _product(
    H: Any, count: int, offset: Array | None
) -> Callable[[Array, Array], None]:
    """A function that writes H v + offset for vectors v, one after another."""
    n = H.shape[0]

    def by_operator(vectors: Array, out: Array) -> None:
        for k in range(0, count * n, n):
            value = H @ vectors[k : k + n]
            if offset is None:
                out[k : k + n] = value
            else:
                np.add(value, offset[k : k + n], out=out[k : k + n])

    if not isinstance(H, np.ndarray):
        return by_operator
    dense = np.asarray(H, dtype=np.float64)
    if not (dense.flags.c_contiguous or dense.flags.f_contiguous):
        dense = np.ascontiguousarray(dense)
    # Fortran's order without a copy: H is symmetric
    columns = dense.T if dense.flags.c_contiguous else dense

    def one_by_one(vectors: Array, out: Array) -> None:
        for k in range(0, count * n, n):
            dsymv(1.0, columns, vectors[k : k + n], y=out[k : k + n], overwrite_y=1)
        if offset is not None:
            daxpy(offset, out)

    def together(vectors: Array, out: Array) -> None:
        np.matmul(vectors.reshape(count, n), columns.T, out=out.reshape(count, n))
        if offset is not None:
            daxpy(offset, out)

    return one_by_one if count <= 4 else together
