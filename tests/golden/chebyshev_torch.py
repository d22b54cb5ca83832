"""The method chebyshev, 50 steps: x near the minimiser of x^T H x / 2 + b^T x.

Written by polyunroll, which it runs without.
It needs PyTorch.
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
    pu.generate(m, 50, target="torch")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

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
        raise ValueError(f"{name} is a {type(value).__name__}; give a tensor")
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


def _is_array(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _zeros(shape: tuple[int, ...], like: Any) -> Any:
    """Zeros of a tensor's dtype and device."""
    return torch.zeros(shape, dtype=like.dtype, device=like.device)


def _length(value: Any) -> float:
    """The Euclidean norm of all entries."""
    return float(torch.linalg.vector_norm(value.detach()))


def _check_finite(name: str, value: Any) -> None:
    entries = value.detach()
    if entries.layout == torch.sparse_coo:
        entries = entries.coalesce().values()
    elif entries.layout != torch.strided:
        entries = entries.values()
    try:
        # the extremes of a tensor are finite only if all of it is
        ends = torch.stack(torch.aminmax(entries)) if entries.numel() else entries
        good = bool(torch.isfinite(ends).all())
    except RuntimeError:  # within torch.func.vmap no value can be looked at
        return
    if not good:
        raise ValueError(f"{name} has entries that are not finite")
