"""Bilevel problems: an inner problem for every outer parameter θ, and an outer loss E(x, θ) at its solution.

What is wanted is the hypergradient d/dθ E(x*(θ), θ) = ∇_θE + (∂x*)ᵀ∇_xE.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, real_array, require_shape

__all__ = ["Bilevel", "LinearLoss", "Loss", "OuterLoss", "SquaredDistance", "ValidationLoss"]


@runtime_checkable
class OuterLoss(Protocol):
    """An outer loss E(x, θ), seen through its value and its two partial gradients."""

    def value(self, x: Array, theta: Array) -> float:
        """E(x, θ)."""

    def gradients(self, x: Array, theta: Array) -> tuple[Array, Array]:
        """∇_xE of shape (n,) and ∇_θE of shape (p,), each with the other argument held fixed."""


class Bilevel:
    """min_θ E(x*(θ), θ), x*(θ) being the solution of an inner problem.

    Parameters
    ----------
    inner
        A problem with a method `at(theta)` that gives the problem at other outer parameters, or a function of θ.
        What it gives is an `Oracle` (an inner loss) or a `Contraction` (a fixed-point map).
    outer
        An `OuterLoss`.

    Raises
    ------
    InvalidInput
        If `inner` is neither, or `outer` has no `value` and `gradients`.

    Examples
    --------
    >>> import numpy as np
    >>> from polyunroll.problems import RidgePenalty
    >>> ridge = RidgePenalty(np.eye(2), [1.0, 2.0], 0.5)
    >>> problem = Bilevel(ridge, SquaredDistance([1.0, 2.0]))
    >>> problem.at([0.5]).theta
    0.5
    """

    def __init__(self, inner: Any, outer: OuterLoss) -> None:
        if not (callable(getattr(inner, "at", None)) or callable(inner)):
            raise InvalidInput(
                f"inner is of type {type(inner).__name__}; allowed is a problem with at(theta), or a function of theta"
            )
        if not isinstance(outer, OuterLoss):
            raise InvalidInput(
                f"outer is of type {type(outer).__name__}; allowed is a loss with value(x, theta) and "
                "gradients(x, theta)"
            )
        self.inner, self.outer = inner, outer

    def at(self, theta: Array) -> Any:
        """Give the inner problem at the outer parameters θ, shape (p,)."""
        return self.inner.at(theta) if hasattr(self.inner, "at") else self.inner(theta)


class Loss:
    """An outer loss made of functions.

    Parameters
    ----------
    value
        (x, θ) ↦ E.
    x_gradient
        (x, θ) ↦ ∇_xE, shape (n,).
    theta_gradient
        (x, θ) ↦ ∇_θE, shape (p,); `None` where E does not depend on θ itself.
    """

    def __init__(
        self,
        value: Callable[[Array, Array], Any],
        x_gradient: Callable[[Array, Array], Array],
        theta_gradient: Callable[[Array, Array], Array] | None = None,
    ) -> None:
        self._value, self._x, self._theta = value, x_gradient, theta_gradient

    def value(self, x: Array, theta: Array) -> float:
        """E(x, θ)."""
        return float(self._value(x, theta))

    def gradients(self, x: Array, theta: Array) -> tuple[Array, Array]:
        """∇_xE and ∇_θE."""
        return self._x(x, theta), 0.0 * theta if self._theta is None else self._theta(x, theta)


class LinearLoss(Loss):
    """E(x) = cᵀx, whose hypergradient is a row of the Jacobian where c is a unit vector.

    Parameters
    ----------
    c
        Shape (n,).
    """

    def __init__(self, c: Array) -> None:
        self.c = real_array("c", c, (None,))
        super().__init__(lambda x, theta: self.c @ _as_long("x", x, self.c), lambda x, theta: self.c)


class SquaredDistance(Loss):
    """E(x) = ½‖x − target‖².

    Parameters
    ----------
    target
        Shape (n,).
    """

    def __init__(self, target: Array) -> None:
        self.target = real_array("target", target, (None,))

        def apart(x: Array, theta: Array) -> Array:
            return _as_long("x", x, self.target) - self.target

        super().__init__(lambda x, theta: apart(x, theta) @ apart(x, theta) / 2, apart)


class ValidationLoss(Loss):
    """E(x) = 1/(2m) ‖Ax − y‖², the mean squared error on m samples kept for validation.

    Parameters
    ----------
    A
        Shape (m, n).
    y
        Shape (m,).
    """

    def __init__(self, A: Array, y: Array) -> None:
        self.A = real_array("A", A, (None, None))
        m = len(self.A)
        if m == 0:
            raise InvalidInput("A has no rows; allowed is at least one validation sample")
        self.y = real_array("y", y, (m,))

        def residual(x: Array) -> Array:
            return self.A @ require_shape("x", x, (self.A.shape[1],)) - self.y

        super().__init__(
            lambda x, theta: np.sum(residual(x) ** 2) / (2 * m), lambda x, theta: self.A.T @ residual(x) / m
        )


def _as_long(name: str, x: Array, other: Array) -> Array:
    return require_shape(name, x, other.shape)
