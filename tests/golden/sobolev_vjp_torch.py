"""The method sobolev, 20 steps: x near the minimiser of x^T H x / 2 + b^T x.

Written by polyunroll, which it runs without.
It needs PyTorch.
H, of shape (n, n), is symmetric with its eigenvalues in [ell, L]. Another function is
given by its gradient; nothing below is proved of that. The coefficients are constants,
made for exactly this number of steps.

solve(H, b, x0) gives x, shape (n,).
vjp(H, b, x0, u, dH) gives x and the derivatives of u^T x in parameters, b and x0.

Parameters, exactly:
    ell = 1/100
    L = 1
    eta = 1
    a = 1/2

Proved for every symmetric H with its eigenvalues in [ell, L] and x* the minimiser
(derivatives in Frobenius's norm):
    |x_20 - x*| <= 0.8010 |x_0 - x*|
    |dx_20 - dx*| <= 0.8010 |dx_0 - dx*| + 6.890 |dH| |x_0 - x*|
        (split partial: for every dH)
    |dx_20 - dx*| <= 0.8699 |dx_0 - dx*| + 6.890 |d(grad f(x_0))|
        (split total: only where each dH commutes with H)

To write it again:
    import polyunroll as pu
    from polyunroll.methods import method_from_data
    m = method_from_data(
        {"name": "sobolev", "parameters": {"ell": "1/100", "L": "1", "eta": "1",
        "a": "1/2"}}
    )
    pu.generate(m, 20, target="torch", derivative="vjp")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

STEPS = 20


def _coefficients() -> list[tuple[float, ...]]:
    """The coefficients: one row for each step, from the method's own recurrence."""
    a = 0.5  # 1/2
    s0 = -1.02020202020202  # -101/99
    eta_s = 4.081216202428323  # 40000/9801
    h = 2.0202020202020203  # 200/99
    rows: list[tuple[float, ...]] = [
        (
            1.0,
            0.0,
            -1.9801980198019802,
            0.0,
            0.0,
            0.8092129872073016,
            0.19078701279269844,
        ),
        (
            1.471156619555812,
            -0.47115661955581195,
            -2.913181424862994,
            0.0,
            0.0,
            0.9317615278471277,
            0.06823847215287221,
        ),
    ]
    gamma = 0.26666666666666666
    sigma = 62.21824303642485
    sigma_1 = 13.243648607284971
    varpi = -1.442024805307182
    A = 1.0
    A_1 = 1.0
    kernel = 0.23553365011312627
    for t in range(3, STEPS + 1):
        gamma_1 = gamma
        sigma_2 = sigma_1
        sigma_1 = sigma
        varpi_1 = varpi
        A_2 = A_1
        A_1 = A
        kernel_1 = kernel
        gamma = t * (t + 1.0 - 1.0) / (4.0 * (t + a) * (t + a - 1.0))
        c = -t * (t - 1.0) / (4.0 * (a + t - 1.0) * (a + t - 2.0))
        d = c / sigma_2
        sigma = 1.0 + eta_s * t**2 / gamma + c * (c - d) / (gamma * gamma_1)
        varpi = 1.0 / (s0 - gamma_1 * varpi_1)
        A = 1.0 + varpi * varpi_1 * (c - d * A_2)
        kernel = gamma * varpi**2 * kernel_1 + A * A / sigma
        c0 = varpi * s0
        c1 = -varpi * gamma_1 * varpi_1
        c2 = varpi * h
        c3 = varpi * varpi_1 * c
        c4 = -varpi * varpi_1 * d
        c5 = gamma * varpi**2 * kernel_1 / kernel
        c6 = A / (sigma * kernel)
        rows.append((c0, c1, c2, c3, c4, c5, c6))
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
    """The iterate after 20 steps.

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
    q = start
    q_previous = start
    y_ = start
    y_previous = start
    for t, (c0, c1, c2, c3, c4, c5, c6) in enumerate(COEFFICIENTS, 1):
        gradient = gradient_at(q)
        if tolerance > 0.0 and length(gradient) <= tolerance:
            break
        q_next = c0 * q + c1 * q_previous + c2 * gradient
        y_next = q_next + c3 * q_previous + c4 * y_previous
        x_ = c5 * x + c6 * y_next
        x, q, q_previous, y_, y_previous = x_, q_next, q, y_next, y_
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


def vjp(
    H: Any,
    b: Any,
    x0: Any,
    u: Any,
    dH: Any = None,
    *,
    precondition: Any = None,
) -> tuple[Any, Any, Any, Any]:
    """The iterate after 20 steps, and the derivatives of its product with u.

    The steps are run again backwards from vectors that were kept every 5 steps, so
    that memory grows like the square root of the number of steps. The recurrence itself
    is not run backwards: it would magnify rounding by as much as the steps contract.

    Parameters
    ----------
    H, b, x0, precondition
        As in `solve`, for one problem: b and x0 have shape (n,). An object that has
        gradient(x) needs hvp(x, v), the Hessian's product with v of shape (n,), and
        cross_T(x, v), the product with v of the transposed derivatives of the gradient
        in the parameters, shape (p,).
    u : array, shape (n,)
    dH : callable or pair of arrays, optional
        The derivatives of H: a function that takes x and v to the p numbers
        v^T (d_i H) x; or U, shape (n, r), and W, shape (r, p), with
        d_i H = sum_k W[k, i] U[:, k] U[:, k]^T.

    Returns
    -------
    x : array, shape (n,)
    theta_bar : array, shape (p,), or None
        The derivatives of u^T x in the parameters, by way of H (all of them for an
        object that has gradient(x)); None without dH.
    b_bar, x0_bar : arrays, shape (n,)
        The derivatives by b and x0.

    Raises
    ------
    ValueError
        If a shape does not fit, or an entry is not finite.
    """
    start, offset = _read(H, b, x0, precondition)
    if start.ndim != 1:
        raise ValueError(f"the problem has shape {tuple(start.shape)}; it must be (n,)")
    n = start.shape[0]
    _check("u", u)
    if tuple(u.shape) != (n,):
        raise ValueError(f"u has shape {tuple(u.shape)}; it must be {(n,)}")
    oracle = _is_oracle(H)
    if oracle and dH is not None:
        raise ValueError("an object that has gradient(x) is given without dH")
    collect = H.cross_T if oracle else dH
    if collect is not None and not callable(collect):
        collect = _low_rank(collect, n)

    def gradient_at(x: Any) -> Any:
        if oracle:
            value = _gradient(H, x)
        else:
            value = H @ x if offset is None else H @ x + offset
        return value if precondition is None else precondition @ value

    def hessian(query: Any, bar: Any) -> Any:
        return H.hvp(query, bar) if oracle else H @ bar

    def condition(bar: Any) -> Any:
        return bar if precondition is None else precondition @ bar

    x = start
    q = start
    q_previous = start
    y_ = start
    y_previous = start
    states: tuple[Any, ...] = (x, q, q_previous, y_, y_previous)
    x = u
    q = _zeros((n,), start)
    q_previous = _zeros((n,), start)
    y_ = _zeros((n,), start)
    y_previous = _zeros((n,), start)
    bars: tuple[Any, ...] = (x, q, q_previous, y_, y_previous)
    return _reverse(gradient_at, hessian, condition, collect, states, bars, start)


def _low_rank(dH: Any, n: int) -> Callable[[Any, Any], Any]:
    """The function x, v -> v^T (d_i H) x of a pair U, W."""
    if not isinstance(dH, (tuple, list)) or len(dH) != 2:
        raise ValueError("dH must be a function or a pair of arrays U, W")
    U, W = dH
    for factor in (U, W):
        _check("dH", factor)
    if U.ndim != 2 or W.ndim != 2 or tuple(U.shape) != (n, W.shape[0]):
        shapes = f"{tuple(U.shape)}, {tuple(W.shape)}"
        raise ValueError(f"dH has shapes {shapes}; give ({n}, r), (r, p)")
    return lambda x, v: ((x @ U) * (v @ U)) @ W


def _reverse(
    gradient_at: Callable[[Any], Any],
    hessian: Callable[[Any, Any], Any],
    condition: Callable[[Any], Any],
    collect: Callable[[Any, Any], Any] | None,
    states: tuple[Any, ...],
    bars: tuple[Any, ...],
    start: Any,
) -> tuple[Any, Any, Any, Any]:
    """The steps, and their transposes in the opposite order."""
    gap = 5 if collect is not None else STEPS
    kept: list[tuple[int, tuple[Any, ...]]] = []
    for first in range(1, STEPS + 1, gap):
        kept.append((first, states))
        states, _ = _advance(gradient_at, states, first, min(first + gap, STEPS + 1))
    result = states[0]
    b_bar = _zeros(start.shape, start)
    theta_bar = None
    while kept:
        first, states = kept.pop()
        last = min(first + gap, STEPS + 1)
        queries: list[Any] = [None] * (last - first)
        if collect is not None:
            _, queries = _advance(gradient_at, states, first, last)
        x, q, q_previous, y_, y_previous = bars
        for t in range(last - 1, first - 1, -1):
            c0, c1, c2, c3, c4, c5, c6 = COEFFICIENTS[t - 1]
            y_next_bar = y_ + c6 * x
            q_next_bar = q + y_next_bar
            gradient = c2 * q_next_bar
            gradient = condition(gradient)
            b_bar = b_bar + gradient
            query = queries.pop()
            if collect is not None:
                part = collect(query, gradient)
                theta_bar = part if theta_bar is None else theta_bar + part
            product = hessian(query, gradient)
            x_before = c5 * x
            q_before = q_previous + c0 * q_next_bar + product
            q_previous_before = c3 * y_next_bar + c1 * q_next_bar
            y_previous_before = c4 * y_next_bar
            x, q, q_previous, y_, y_previous = (
                x_before,
                q_before,
                q_previous_before,
                y_previous,
                y_previous_before,
            )
        bars = (x, q, q_previous, y_, y_previous)
    x, q, q_previous, y_, y_previous = bars
    x0_bar = x + q + q_previous + y_ + y_previous
    return result, theta_bar, b_bar, x0_bar


def _advance(
    gradient_at: Callable[[Any], Any], states: tuple[Any, ...], first: int, last: int
) -> tuple[tuple[Any, ...], list[Any]]:
    """Steps first, ..., last - 1, and the points where they take the gradient."""
    x, q, q_previous, y_, y_previous = states
    queries = []
    for t in range(first, last):
        c0, c1, c2, c3, c4, c5, c6 = COEFFICIENTS[t - 1]
        queries.append(q)
        gradient = gradient_at(q)
        q_next = c0 * q + c1 * q_previous + c2 * gradient
        y_next = q_next + c3 * q_previous + c4 * y_previous
        x_ = c5 * x + c6 * y_next
        x, q, q_previous, y_, y_previous = x_, q_next, q, y_next, y_
    return (x, q, q_previous, y_, y_previous), queries
