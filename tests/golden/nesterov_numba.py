"""The method nesterov, 30 steps: x near the minimiser of x^T H x / 2 + b^T x.

Written by polyunroll, which it runs without.
It needs Numba and NumPy.
H, of shape (n, n), is symmetric with its eigenvalues in [ell, L]. Another function is
given by its gradient; nothing below is proved of that. The coefficients are constants,
made for exactly this number of steps.

solve(H, b, x0) gives x, shape (n,).

Parameters, exactly:
    ell = 1/100
    L = 1

Proved for every symmetric H with its eigenvalues in [ell, L] and x* the minimiser
(derivatives in Frobenius's norm):
    |x_30 - x*| <= 0.1696 |x_0 - x*|
    |dx_30 - dx*| <= 0.1696 |dx_0 - dx*| + 41.15 |dH| |x_0 - x*|
        (split partial: for every dH)
    |dx_30 - dx*| <= 0.5811 |dx_0 - dx*| + 41.15 |d(grad f(x_0))|
        (split total: only where each dH commutes with H)

To write it again:
    import polyunroll as pu
    from polyunroll.methods import method_from_data
    m = method_from_data(
        {"name": "nesterov", "parameters": {"ell": "1/100", "L": "1"}}
    )
    pu.generate(m, 30, target="numba")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEPS = 30
ROWS = np.zeros((STEPS, 0))


def solve(
    H: Any,
    b: Any = None,
    x0: Any = None,
    *,
    precondition: Any = None,
    callback: Callable[[int, Array], object] | None = None,
    tolerance: float = 0.0,
) -> Array:
    """The iterate after 30 steps.

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
    kernel = None if _is_oracle(H) else _compiled(H, start.size // n)
    if kernel is not None and callback is None and precondition is None:
        constant = np.zeros(0) if offset is None else offset
        none = np.zeros((n, 0)), np.zeros((0, 0))
        found = _loop(*kernel, constant, *none, start, n, start.size, tolerance)
        return np.asarray(found).reshape(shape)
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


@njit(fastmath={"contract", "reassoc"})
def _dense(matrix: Any, vectors: Any, out: Any, n: int) -> None:
    """Products of H with vectors one after another, of which it reads one half."""
    H = matrix[0]
    count = vectors.size // n
    for k in range(0, (count - 1) * n, 2 * n):
        _dense_two(H, vectors[k:], vectors[k + n :], out[k:], out[k + n :])
    if count % 2 == 1:
        _dense_one(H, vectors[(count - 1) * n :], out[(count - 1) * n :])


@njit(fastmath={"contract", "reassoc"})
def _dense_one(H: Any, x: Any, g: Any) -> None:
    """Write H x into g, four rows at a time."""
    n = H.shape[0]
    for i in range(n):
        g[i] = 0.0
    for i in range(0, n - 3, 4):
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        a0 = a1 = a2 = a3 = 0.0
        for j in range(i):
            h0, h1, h2, h3 = H[i, j], H[i + 1, j], H[i + 2, j], H[i + 3, j]
            a0 += h0 * x[j]
            a1 += h1 * x[j]
            a2 += h2 * x[j]
            a3 += h3 * x[j]
            g[j] += (h0 * x0 + h1 * x1) + (h2 * x2 + h3 * x3)
        g[i] += a0
        g[i + 1] += a1
        g[i + 2] += a2
        g[i + 3] += a3
    for i in range(n):
        first = i - i % 4 if i < n - n % 4 else 0
        for j in range(first, i):
            g[i] += H[i, j] * x[j]
            g[j] += H[i, j] * x[i]
        g[i] += H[i, i] * x[i]


@njit(fastmath={"contract", "reassoc"})
def _dense_two(H: Any, x: Any, y: Any, g: Any, h: Any) -> None:
    """Write H x and H y into g and h, four rows at a time, reading H once for both."""
    n = H.shape[0]
    for i in range(n):
        g[i] = 0.0
        h[i] = 0.0
    for i in range(0, n - 3, 4):
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        y0, y1, y2, y3 = y[i], y[i + 1], y[i + 2], y[i + 3]
        a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = 0.0
        for j in range(i):
            h0, h1, h2, h3 = H[i, j], H[i + 1, j], H[i + 2, j], H[i + 3, j]
            a0 += h0 * x[j]
            a1 += h1 * x[j]
            a2 += h2 * x[j]
            a3 += h3 * x[j]
            b0 += h0 * y[j]
            b1 += h1 * y[j]
            b2 += h2 * y[j]
            b3 += h3 * y[j]
            g[j] += (h0 * x0 + h1 * x1) + (h2 * x2 + h3 * x3)
            h[j] += (h0 * y0 + h1 * y1) + (h2 * y2 + h3 * y3)
        g[i] += a0
        g[i + 1] += a1
        g[i + 2] += a2
        g[i + 3] += a3
        h[i] += b0
        h[i + 1] += b1
        h[i + 2] += b2
        h[i + 3] += b3
    for i in range(n):
        first = i - i % 4 if i < n - n % 4 else 0
        for j in range(first, i):
            g[i] += H[i, j] * x[j]
            g[j] += H[i, j] * x[i]
            h[i] += H[i, j] * y[j]
            h[j] += H[i, j] * y[i]
        g[i] += H[i, i] * x[i]
        h[i] += H[i, i] * y[i]


@njit
def _sparse(matrix: Any, vectors: Any, out: Any, n: int) -> None:
    """Products of H in compressed rows with vectors one after another."""
    data, indices, indptr = matrix
    for i in range(n):
        for k in range(0, vectors.size, n):
            x = vectors[k : k + n]
            total = 0.0
            for position in range(indptr[i], indptr[i + 1]):
                # an unsigned index is not looked at for its sign
                total += data[position] * x[np.uintp(indices[position])]
            out[k + i] = total


def _compiled(H: Any, count: int) -> tuple[Any, tuple[Any, ...]] | None:
    """The kernel for a matrix and its arrays; None where there is no such kernel."""
    if isinstance(H, np.ndarray) and count <= 4:
        return _dense, (np.ascontiguousarray(H, dtype=np.float64),)
    if getattr(H, "format", "") == "csr":
        return _sparse, (np.asarray(H.data, dtype=np.float64), H.indices, H.indptr)
    return None


def _product(
    H: Any, count: int, offset: Array | None
) -> Callable[[Array, Array], None]:
    """A function that writes H v + offset for vectors v, one after another."""
    n = H.shape[0]
    kernel = _compiled(H, count)
    dense = np.asarray(H, dtype=np.float64) if isinstance(H, np.ndarray) else None

    def product(vectors: Array, out: Array) -> None:
        if kernel is not None:
            kernel[0](kernel[1], vectors, out, n)
        elif dense is not None:
            np.matmul(vectors.reshape(count, n), dense, out=out.reshape(count, n))
        else:
            _apply(H, vectors, n, out)
        if offset is not None:
            out += offset

    return product


@njit
def _before(row: Any, previous: Any, x: Any) -> None:
    """The vectors before the gradient, in one pass."""
    for i in range(previous.size):
        previous[i] = -0.8181818181818182 * previous[i] + 1.8181818181818181 * x[i]


@njit
def _after(row: Any, previous: Any, gradient: Any) -> None:
    """The vectors after the gradient, in one pass."""
    for i in range(previous.size):
        previous[i] = previous[i] - gradient[i]


@njit
def _loop(
    multiply: Any,
    matrix: Any,
    offset: Any,
    U: Any,
    W: Any,
    start: Any,
    n: int,
    size: int,
    tolerance: float,
) -> Any:
    """The steps, compiled; the first `size` entries of a vector are the iterate's."""
    previous = start.copy()
    x = start
    gradient = np.zeros_like(x)
    inner = np.zeros(U.shape[1])
    for t in range(STEPS):
        _before(ROWS[t], previous, x)
        multiply(matrix, previous, gradient, n)
        for i in range(offset.size):
            gradient[i] += offset[i]
        _add_low_rank(U, W, previous, inner, gradient, n)
        if tolerance > 0.0:
            total = 0.0
            for i in range(size):
                total += gradient[i] * gradient[i]
            if total <= tolerance * tolerance:
                break
        _after(ROWS[t], previous, gradient)
        x, previous = previous, x
    return x


@njit
def _add_low_rank(U: Any, W: Any, x: Any, inner: Any, out: Any, n: int) -> None:
    """Add the columns U diag(U^T x) W to those after the first."""
    for k in range(U.shape[1]):
        inner[k] = 0.0
        for i in range(n):
            inner[k] += U[i, k] * x[i]
    for p in range(W.shape[1]):
        for i in range(n):
            total = 0.0
            for k in range(U.shape[1]):
                total += U[i, k] * (inner[k] * W[k, p])
            out[(1 + p) * n + i] += total


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
    for t in range(STEPS):
        _before(ROWS[t], previous, x)
        gradient_at(previous, gradient)
        if tolerance > 0.0 and np.linalg.norm(gradient[:size]) <= tolerance:
            break
        _after(ROWS[t], previous, gradient)
        x, previous = previous, x
        if report(t + 1, x):
            break
    return x
