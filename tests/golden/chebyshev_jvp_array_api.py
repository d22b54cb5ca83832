"""The method chebyshev, 50 steps: x near the minimiser of x^T H x / 2 + b^T x.

Written by polyunroll, which it runs without.
It needs no library but that of its arrays.
H, of shape (n, n), is symmetric with its eigenvalues in [ell, L]. Another function is
given by its gradient; nothing below is proved of that. The coefficients are constants,
made for exactly this number of steps.

solve(H, b, x0) gives x, shape (n,).
jvp(H, b, x0, dH, db, dx0) gives x and its derivatives in p parameters, shape (n, p).

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
    pu.generate(m, 50, target="array-api", derivative="jvp")
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

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
    callback: Callable[[Any, Any], object] | None = None,
    tolerance: float = 0.0,
) -> Any:
    """The iterate after 50 steps.

    Parameters
    ----------
    H : array, anything with @ and shape, or object with gradient(x), shape (..., n, n)
        Symmetric, with its eigenvalues in [ell, L].
    b : array, shape (..., n), optional
        0 by default; left out with an object that has gradient(x).
    x0 : array, shape (..., n), optional
        The start, 0 by default; needed with an object that has gradient(x).
    precondition : array, or anything with @, shape (n, n), optional
        Symmetric; multiplies each gradient. [ell, L] then has the eigenvalues of its
        product with H.
    callback : callable, optional
        Called as callback(t, x) after step t; if it returns something true, the run
        stops.
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
    start, offset = _read(H, b, x0, precondition)

    def gradient_at(x: Any) -> Any:
        if _is_oracle(H):
            value = _gradient(H, x)
        else:
            value = _multiply(H, x) if offset is None else _multiply(H, x) + offset
        return value if precondition is None else _multiply(precondition, value)

    def report(t: Any, x: Any) -> object:
        return callback is not None and callback(t, x)

    return _run(gradient_at, start, _length, report, tolerance)


def _is_oracle(H: Any) -> bool:
    return callable(getattr(H, "gradient", None))


def _gradient(H: Any, x: Any) -> Any:
    """The gradient that an object gives."""
    value = H.gradient(x)
    shape = tuple(getattr(value, "shape", ()))
    if shape != tuple(x.shape):
        raise ValueError(f"gradient(x) has shape {shape}; it must be {tuple(x.shape)}")
    return value


def _multiply(matrix: Any, x: Any) -> Any:
    """The product of a matrix with each vector of an array of shape (..., n)."""
    return matrix @ x if x.ndim == 1 else (matrix @ x[..., None])[..., 0]


def _read(H: Any, b: Any, x0: Any, precondition: Any) -> tuple[Any, Any]:
    """The start and b."""
    for name, value in (("b", b), ("x0", x0)):
        if value is not None:
            _check(name, value)
    if _is_oracle(H):
        if b is not None or x0 is None:
            raise ValueError("with an object that has gradient(x), give x0 and no b")
        n = x0.shape[-1] if x0.ndim == 1 else None
        if n is None or getattr(H, "dimension", n) != n:
            raise ValueError(f"x0 has shape {tuple(x0.shape)}; it must be (n,)")
    else:
        n = _order("H", H)
    if precondition is not None and _order("precondition", precondition) != n:
        shape = tuple(precondition.shape)
        raise ValueError(f"precondition has shape {shape}; it must be {(n, n)}")
    for name, value in (("b", b), ("x0", x0)):
        if value is not None:
            if value.ndim == 0 or value.shape[-1] != n:
                shape = tuple(value.shape)
                raise ValueError(f"{name} has shape {shape}; it must be (..., {n})")
    like = next((value for value in (x0, b, H) if _is_array(value)), None)
    if like is None:
        raise ValueError("give b or x0 as an array")
    shapes = [tuple(value.shape[:-1]) for value in (b, x0) if value is not None]
    if not _is_oracle(H):
        shapes.append(tuple(H.shape[:-2]))
    start = _zeros((*_broadcast(shapes), n), like)
    return (start if x0 is None else start + x0), b


def _broadcast(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that arrays of these shapes have together."""
    length = max(map(len, shapes))
    padded = [(1,) * (length - len(shape)) + shape for shape in shapes]
    sizes = [set(axis) - {1} for axis in zip(*padded, strict=True)]
    if any(len(found) > 1 for found in sizes):
        raise ValueError(f"the leading axes {shapes} do not fit together")
    return tuple(max(found, default=1) for found in sizes)


def _order(name: str, matrix: Any) -> int:
    """The n of a matrix of shape (..., n, n)."""
    if not hasattr(matrix, "shape"):
        kind = type(matrix).__name__
        raise ValueError(f"{name} is a {kind}; give something with @ and shape")
    size = tuple(matrix.shape)
    if len(size) < 2 or size[-1] != size[-2] or size[-1] == 0:
        raise ValueError(f"{name} has shape {size}; it must be (..., n, n)")
    if _is_array(matrix):
        _check(name, matrix)
    return int(size[-1])


def _check(name: str, value: Any) -> None:
    """Refuse what is not an array of finite real numbers."""
    if not _is_array(value):
        raise ValueError(f"{name} is a {type(value).__name__}; give an array")
    kind = getattr(value.dtype, "name", str(value.dtype))
    if "float" not in kind:
        raise ValueError(f"{name} is of {kind}; give real floating numbers")
    _check_finite(name, value)


def _run(
    gradient_at: Callable[[Any], Any],
    start: Any,
    length: Callable[[Any], Any],
    report: Callable[[int, Any], object],
    tolerance: float,
) -> Any:
    """The steps, on arrays of the start's shape."""
    x = start
    previous = start
    for t, (c0, c1, c2) in enumerate(COEFFICIENTS, 1):
        gradient = gradient_at(x)
        if tolerance > 0.0 and length(gradient) <= tolerance:
            break
        next_ = c0 * x + c1 * previous + c2 * gradient
        x, previous = next_, x
        if report(t, x):
            break
    return x


def _namespace(value: Any) -> Any:
    """The module with the functions for an array, None for what is no array."""
    if hasattr(value, "__array_namespace__"):
        return value.__array_namespace__()
    root = type(value).__module__.partition(".")[0]
    return sys.modules.get({"torch": "torch", "dask": "dask.array"}.get(root, ""))


def _is_array(value: Any) -> bool:
    return _namespace(value) is not None


def _zeros(shape: tuple[int, ...], like: Any) -> Any:
    """Zeros of an array's library, dtype and device."""
    where = {"device": like.device} if hasattr(like, "device") else {}
    return _namespace(like).zeros(shape, dtype=like.dtype, **where)


def _length(value: Any) -> float:
    """The Euclidean norm of all entries."""
    return math.sqrt(float(_namespace(value).sum(value * value)))


def _check_finite(name: str, value: Any) -> None:
    xp = _namespace(value)
    if 0 in value.shape:
        return
    # the extremes of an array are finite only if all of it is
    low, high = float(xp.min(value)), float(xp.max(value))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name} has entries that are not finite")


def jvp(
    H: Any,
    b: Any,
    x0: Any,
    dH: Any = None,
    db: Any = None,
    dx0: Any = None,
    *,
    precondition: Any = None,
    callback: Callable[[Any, Any, Any], object] | None = None,
    tolerance: float = 0.0,
) -> tuple[Any, Any]:
    """The iterate after 50 steps and its derivatives in p parameters.

    Parameters
    ----------
    H, b, x0, precondition, tolerance
        As in `solve`, for one problem: b and x0 have shape (n,), and precondition does
        not depend on the parameters. An object that has gradient(x) needs hvp(x, V),
        the Hessian's product with V of shape (n, p), and cross(x), the derivatives of
        the gradient in the parameters, shape (n, p); it is given without dH and db.
    dH : callable or pair of arrays, optional
        The derivatives of H, 0 by default: a function that takes x to the columns
        (d_i H) x, shape (n, p); or U, shape (n, r), and W, shape (r, p), with
        d_i H = sum_k W[k, i] U[:, k] U[:, k]^T.
    db : array, shape (n, p), optional
        The derivatives of b, 0 by default.
    dx0 : array, shape (n, p), optional
        The derivatives of x0, 0 by default.
    callback : callable, optional
        As in `solve`, but called as callback(t, x, dx).

    Returns
    -------
    x : array, shape (n,)
    dx : array, shape (n, p)

    Raises
    ------
    ValueError
        If a shape does not fit, or an entry is not finite.
    """
    x, offset = _read(H, b, x0, precondition)
    if x.ndim != 1:
        raise ValueError(f"the problem has shape {tuple(x.shape)}; it must be (n,)")
    n = x.shape[0]
    oracle = _is_oracle(H)
    if oracle and (dH is not None or db is not None):
        raise ValueError("an object that has gradient(x) is given without dH and db")
    if dH is not None and not callable(dH):
        dH = _low_rank(dH, n)
    p = _tangents(H, dH, db, dx0, x)
    if dH is not None and tuple(dH(x).shape) != (n, p):
        raise ValueError(f"dH gives shape {tuple(dH(x).shape)}; it must be {(n, p)}")
    for name, value in (("db", db), ("dx0", dx0)):
        if value is not None:
            _check(name, value)
            if tuple(value.shape) != (n, p):
                shape = tuple(value.shape)
                raise ValueError(f"{name} has shape {shape}; it must be {(n, p)}")
    tangents = _zeros((n, p), x) if dx0 is None else dx0
    start = _beside(x[:, None], tangents)

    def gradient_at(block: Any) -> Any:
        x = block[:, 0]
        if oracle:
            moved = H.hvp(x, block[:, 1:]) + H.cross(x)
            value = _beside(_gradient(H, x)[:, None], moved)
        else:
            value = _columns(H, block)
            moved = None if dH is None else dH(x)
            if db is not None:
                moved = db if moved is None else moved + db
            if moved is None:
                moved = _zeros((n, p), x)
            first = _zeros((n,), x) if offset is None else offset
            value = value + _beside(first[:, None], moved)
        if precondition is not None:
            value = _columns(precondition, value)
        return value

    def length(value: Any) -> Any:
        return _length(value[:, 0])

    def report(t: Any, block: Any) -> object:
        return callback is not None and callback(t, block[:, 0], block[:, 1:])

    found = _run(gradient_at, start, length, report, tolerance)
    return found[:, 0], found[:, 1:]


def _columns(matrix: Any, block: Any) -> Any:
    """The products of a matrix with a block's columns; a few go faster one by one."""
    count = block.shape[1]
    if count > 4:
        return matrix @ block
    return _beside(*((matrix @ block[:, k])[:, None] for k in range(count)))


def _low_rank(dH: Any, n: int) -> Callable[[Any], Any]:
    """The function x -> (d_i H) x of a pair U, W."""
    if not isinstance(dH, (tuple, list)) or len(dH) != 2:
        raise ValueError("dH must be a function or a pair of arrays U, W")
    U, W = dH
    for factor in (U, W):
        _check("dH", factor)
    if U.ndim != 2 or W.ndim != 2 or tuple(U.shape) != (n, W.shape[0]):
        shapes = f"{tuple(U.shape)}, {tuple(W.shape)}"
        raise ValueError(f"dH has shapes {shapes}; give ({n}, r), (r, p)")
    return lambda x: U @ ((x @ U)[:, None] * W)


def _tangents(H: Any, dH: Any, db: Any, dx0: Any, x: Any) -> int:
    """The number p of parameters."""
    for name, given in (("db", db), ("dx0", dx0)):
        if given is not None:
            shape = tuple(getattr(given, "shape", ()))
            if len(shape) != 2:
                raise ValueError(f"{name} has shape {shape}; it must be (n, p)")
            return int(shape[1])
    if _is_oracle(H):
        return int(H.cross(x).shape[1])
    if dH is None:
        raise ValueError("give dH, db or dx0")
    return int(dH(x).shape[-1])


def _beside(*blocks: Any) -> Any:
    """Blocks of columns as one."""
    xp = _namespace(blocks[0])
    join = xp.concat if hasattr(xp, "concat") else xp.concatenate
    return join(list(blocks), axis=1)
