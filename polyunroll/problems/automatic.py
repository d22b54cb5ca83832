"""Problems written in JAX or PyTorch: every derivative is that library's, none is ours.

Either library is imported by the function that needs it. Arrays come back in the library they came in: with NumPy
arrays an estimator runs in NumPy and each question crosses over and back, with JAX or PyTorch arrays it runs there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.problems.bilevel import Bilevel
from polyunroll.problems.callables import FunctionContraction, FunctionOracle
from polyunroll.problems.checks import Array

__all__ = ["jax_problem", "torch_problem"]

KINDS = ("loss", "map")

Function = Callable[..., Any]


@dataclass(frozen=True)
class _Library:
    """What is asked of a library: function transforms, compilation, and the way in and out."""

    grad: Function
    jvp: Function
    vjp: Function
    jacobian: Function
    vmap: Function
    compiled: Function
    enter: Callable[[Array], Array]
    leave: Callable[[Array], Array]


def jax_problem(
    inner: Function, outer: Function, dimension: int, kind: str = "loss", modulus: float | None = None
) -> Bilevel:
    """A bilevel problem from functions written in JAX.

    Parameters
    ----------
    inner
        (x, θ) ↦ f, a scalar, for kind "loss"; (x, θ) ↦ Φ, shape (n,), for kind "map".
    outer
        (x, θ) ↦ E, a scalar.
    dimension
        n.
    kind
        "loss" or "map".
    modulus
        Of a map: a Lipschitz constant in x, or `None`.

    Returns
    -------
    Bilevel

    Raises
    ------
    InvalidInput
        If kind or dimension is not allowed; later, if NumPy doubles meet a JAX that is set to single precision.
    ImportError
        If JAX is not installed.
    """
    try:
        import jax
    except ImportError:
        raise ImportError('jax_problem needs JAX; install it with pip install "polyunroll[jax]"') from None

    def enter(value: Array) -> Array:
        if isinstance(value, np.ndarray) and value.dtype == np.float64 and not jax.config.jax_enable_x64:
            raise InvalidInput(
                "JAX is set to single precision, which would round NumPy's doubles; allowed are float32 arrays, or "
                'jax.config.update("jax_enable_x64", True)'
            )
        return jax.numpy.asarray(value)

    library = _Library(
        jax.grad, jax.jvp, jax.vjp, jax.jacfwd, lambda f: jax.vmap(f, 1, 1), jax.jit, enter, lambda v: np.asarray(v)
    )
    return _problem(library, inner, outer, dimension, kind, modulus)


def torch_problem(
    inner: Function, outer: Function, dimension: int, kind: str = "loss", modulus: float | None = None
) -> Bilevel:
    """A bilevel problem from functions written in PyTorch; parameters, results and errors as for `jax_problem`.

    Raises
    ------
    InvalidInput
        If kind or dimension is not allowed.
    ImportError
        If PyTorch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise ImportError('torch_problem needs PyTorch; install it with pip install "polyunroll[torch]"') from None

    def enter(value: Array) -> Array:
        # a copy, because PyTorch shares memory with NumPy and dislikes arrays that are read-only
        return torch.tensor(value) if isinstance(value, np.ndarray) else value

    func = torch.func
    library = _Library(
        func.grad,
        func.jvp,
        func.vjp,
        func.jacfwd,
        lambda f: func.vmap(f, 1, 1),
        lambda f: f,
        enter,
        lambda value: value.detach().numpy(),
    )
    return _problem(library, inner, outer, dimension, kind, modulus)


class _Family:
    """The inner problem for every θ."""

    def __init__(self, library: _Library, dimension: int, kind: str, function: Function, modulus: float | None) -> None:
        self._in, self._out = library.enter, library.leave
        self._n, self._kind, self._modulus = dimension, kind, modulus
        F = library.grad(function) if kind == "loss" else function
        compiled = library.compiled

        def push(x: Array, theta: Array, v: Array) -> Array:
            return library.jvp(lambda point: F(point, theta), (x,), (v,))[1]

        def pull(x: Array, theta: Array, u: Array) -> Array:
            return library.vjp(lambda point: F(point, theta), x)[1](u)[0]

        def pull_theta(x: Array, theta: Array, u: Array) -> Array:
            return library.vjp(lambda t: F(x, t), theta)[1](u)[0]

        def columns(x: Array, theta: Array, v: Array) -> Array:
            return library.vmap(lambda column: push(x, theta, column))(v)

        def many(x: Array, theta: Array, u: Array) -> Array:
            return library.vmap(lambda column: pull_theta(x, theta, column))(u)

        self._F, self._push, self._columns = compiled(F), compiled(push), compiled(columns)
        self._pull, self._pull_theta, self._many = compiled(pull), compiled(pull_theta), compiled(many)
        self._cross = compiled(lambda x, theta: library.jacobian(lambda t: F(x, t))(theta))

    def at(self, theta: Array) -> Any:
        """The inner problem at θ, shape (p,)."""
        inside = self._in(theta)

        def asked(f: Function) -> Function:
            def answer(x: Array, *rest: Array) -> Array:
                found = f(self._in(x), inside, *map(self._in, rest))
                return self._out(found) if isinstance(x, np.ndarray) else found

            return answer

        push, columns = asked(self._push), asked(self._columns)
        turn, many = asked(self._pull_theta), asked(self._many)

        def products(x: Array, v: Array) -> Array:
            return push(x, v) if len(v.shape) == 1 else columns(x, v)

        def turned(x: Array, u: Array) -> Array:
            return turn(x, u) if len(u.shape) == 1 else many(x, u)

        sizes = self._n, int(theta.shape[0])
        if self._kind == "loss":
            return FunctionOracle(*sizes, asked(self._F), products, asked(self._cross), turned)
        return FunctionContraction(
            *sizes, asked(self._F), products, asked(self._pull), asked(self._cross), turned, self._modulus
        )


class _OuterLoss:
    def __init__(self, library: _Library, function: Function) -> None:
        self._in, self._out = library.enter, library.leave
        self._function = library.compiled(function)
        self._x, self._theta = (library.compiled(library.grad(function, argnums=i)) for i in (0, 1))

    def value(self, x: Array, theta: Array) -> float:
        """E(x, θ)."""
        return float(self._function(self._in(x), self._in(theta)))

    def gradients(self, x: Array, theta: Array) -> tuple[Array, Array]:
        """∇_xE and ∇_θE."""
        found = [f(self._in(x), self._in(theta)) for f in (self._x, self._theta)]
        if isinstance(x, np.ndarray):
            found = [self._out(value) for value in found]
        return found[0], found[1]


def _problem(
    library: _Library, inner: Function, outer: Function, dimension: int, kind: str, modulus: float | None
) -> Bilevel:
    if kind not in KINDS:
        raise InvalidInput(f"kind = {kind!r} is not known; give loss or map")
    family = _Family(library, whole_number(dimension, "dimension", 1), kind, inner, modulus)
    return Bilevel(family, _OuterLoss(library, outer))
