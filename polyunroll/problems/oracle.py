"""What a method may ask of a problem, and the counting of what it asked.

An inner problem min_x f(x, θ) is seen only through four questions, ∇f, ∇²f·v, ∂_θ∇f and its transpose.
Unrolled differentiation needs the second and third (the tangent of ∇f(x(θ), θ) is ∇²f ∂x + ∂_θ∇f), implicit
differentiation the second and fourth.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Protocol, runtime_checkable

import numpy as np

from polyunroll.problems.checks import Array, require_shape


@runtime_checkable
class Oracle(Protocol):
    """A differentiable inner problem f(x, θ) at one fixed θ, seen through its derivatives.

    Notation: n is the dimension of x, p the number of outer parameters θ_1 … θ_p.
    """

    @property
    def dimension(self) -> int:
        """n, the length of x."""

    @property
    def parameters(self) -> int:
        """p, the number of outer parameters."""

    def gradient(self, x: Array) -> Array:
        """∇f(x), shape (n,), at x of shape (n,)."""

    def hvp(self, x: Array, v: Array) -> Array:
        """∇²f(x) v, of the shape of v: (n,) or (n, k)."""

    def cross(self, x: Array) -> Array:
        """∂_θ∇f(x, θ), shape (n, p): one column for each outer parameter, x held fixed."""

    def cross_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        """(∂_θ∇f(x, θ))ᵀu, shape (p,) for u of shape (n,), (p, k) for (n, k)."""


@dataclass(frozen=True)
class Calls:
    """How often an oracle was asked; a snapshot, so two of them can be subtracted.

    Attributes
    ----------
    gradient
        Gradients ∇f(x).
    hvp
        Hessian-vector products, counted by column: a call with v of shape (n, k) counts k.
    cross
        Calls of ∂_θ∇f; each gives all p columns and counts 1.
    cross_T
        Products with (∂_θ∇f)ᵀ, counted by column like `hvp`.
    """

    gradient: int = 0
    hvp: int = 0
    cross: int = 0
    cross_T: int = 0  # noqa: N815

    def __sub__(self, earlier: Calls) -> Calls:
        """Count what was asked since `earlier`."""
        return Calls(*(getattr(self, f.name) - getattr(earlier, f.name) for f in fields(self)))


class CountingOracle(ABC):
    """Base of every problem: checks shapes, counts the call, and hands it to `_gradient` and its like.

    A subclass defines `dimension`, `parameters`, `_gradient`, `_hvp` and `_cross`; `_cross_T` has a
    default that forms ∂_θ∇f, to be replaced where the transpose is cheaper. Calls are counted where
    Python runs: inside a traced and compiled function they are counted once, while it is traced.
    """

    _calls: Calls = Calls()

    @property
    @abstractmethod
    def dimension(self) -> int:
        """n, the length of x."""

    @property
    @abstractmethod
    def parameters(self) -> int:
        """p, the number of outer parameters."""

    @abstractmethod
    def _gradient(self, x: Array) -> Array: ...

    @abstractmethod
    def _hvp(self, x: Array, v: Array) -> Array: ...

    @abstractmethod
    def _cross(self, x: Array) -> Array: ...

    def _cross_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        return self._cross(x).T @ u

    @property
    def calls(self) -> Calls:
        """Questions asked so far, as a `Calls` snapshot."""
        return self._calls

    def reset_calls(self) -> None:
        """Set every counter back to 0."""
        self._calls = Calls()

    def gradient(self, x: Array) -> Array:
        """∇f(x).

        Parameters
        ----------
        x
            Shape (n,).

        Returns
        -------
        array
            Shape (n,).

        Raises
        ------
        InvalidInput
            If x has another shape.
        """
        x = self._vector("x", x)
        self._calls = replace(self._calls, gradient=self._calls.gradient + 1)
        return self._gradient(x)

    def hvp(self, x: Array, v: Array) -> Array:
        """∇²f(x) v; counts one for each column of v.

        Parameters
        ----------
        x
            Shape (n,).
        v
            Shape (n,) or (n, k).

        Returns
        -------
        array
            The shape of v.

        Raises
        ------
        InvalidInput
            If x or v has another shape.
        """
        x, v = self._vector("x", x), self._block("v", v)
        self._calls = replace(self._calls, hvp=self._calls.hvp + _columns(v))
        return self._hvp(x, v)

    def cross(self, x: Array) -> Array:
        """∂_θ∇f(x, θ), x held fixed.

        Parameters
        ----------
        x
            Shape (n,).

        Returns
        -------
        array
            Shape (n, p), one column for each outer parameter.

        Raises
        ------
        InvalidInput
            If x has another shape.
        """
        x = self._vector("x", x)
        self._calls = replace(self._calls, cross=self._calls.cross + 1)
        return self._cross(x)

    def cross_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        """(∂_θ∇f(x, θ))ᵀ u; counts one for each column of u.

        Parameters
        ----------
        x
            Shape (n,).
        u
            Shape (n,) or (n, k).

        Returns
        -------
        array
            Shape (p,) or (p, k).

        Raises
        ------
        InvalidInput
            If x or u has another shape.
        """
        x, u = self._vector("x", x), self._block("u", u)
        self._calls = replace(self._calls, cross_T=self._calls.cross_T + _columns(u))
        return self._cross_T(x, u)

    def _vector(self, name: str, value: Array) -> Array:
        value = value if hasattr(value, "shape") else np.asarray(value)
        return require_shape(name, value, (self.dimension,))

    def _block(self, name: str, value: Array) -> Array:
        value = value if hasattr(value, "shape") else np.asarray(value)
        return require_shape(name, value, (self.dimension,), (self.dimension, None))


def _columns(v: Array) -> int:
    return int(v.shape[1]) if len(v.shape) == 2 else 1
