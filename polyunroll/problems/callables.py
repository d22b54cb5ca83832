"""Problems made of plain functions: the derivatives come from whoever wrote the problem."""

from __future__ import annotations

from collections.abc import Callable

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array
from polyunroll.problems.oracle import CountingOracle

__all__ = ["FunctionContraction", "FunctionOracle"]

Unary = Callable[[Array], Array]
Binary = Callable[[Array, Array], Array]


class FunctionOracle(CountingOracle):
    """An inner loss f(x, θ) at one θ, given by functions.

    Parameters
    ----------
    dimension, parameters
        n ≥ 1 and p ≥ 0.
    gradient
        x ↦ ∇f(x), shape (n,).
    hvp
        (x, v) ↦ ∇²f(x) v, of the shape of v: (n,) or (n, k).
    cross
        x ↦ ∂_θ∇f(x), shape (n, p). Needed where p > 0 and a whole Jacobian is propagated.
    cross_T
        (x, u) ↦ (∂_θ∇f(x))ᵀ u; by default formed from `cross`.

    Raises
    ------
    InvalidInput
        If n or p is no whole number or out of range, or a needed function is missing.
    """

    def __init__(
        self,
        dimension: int,
        parameters: int,
        gradient: Unary,
        hvp: Binary,
        cross: Unary | None = None,
        cross_T: Binary | None = None,
    ) -> None:
        self._n, self._p = whole_number(dimension, "dimension", 1), whole_number(parameters, "parameters")
        self._functions = (gradient, hvp, cross, cross_T)
        if self._p and cross is None and cross_T is None:
            raise InvalidInput(f"parameters is {self._p} while cross and cross_T are missing; give one of them")

    @property
    def dimension(self) -> int:
        """Length n of x."""
        return self._n

    @property
    def parameters(self) -> int:
        """Number p of outer parameters."""
        return self._p

    def _gradient(self, x: Array) -> Array:
        return self._functions[0](x)

    def _hvp(self, x: Array, v: Array) -> Array:
        return self._functions[1](x, v)

    def _cross(self, x: Array) -> Array:
        if self._functions[2] is None:
            raise InvalidInput("cross is missing, which forward mode needs; give it, or use reverse mode")
        return self._functions[2](x)

    def _cross_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        return super()._cross_T(x, u) if self._functions[3] is None else self._functions[3](x, u)


class FunctionContraction:
    """A fixed-point map Φ(x, θ) at one θ, given by functions; see `Contraction`.

    Parameters
    ----------
    dimension, parameters
        n ≥ 1 and p ≥ 0.
    map
        x ↦ Φ(x), shape (n,).
    jvp
        (x, v) ↦ ∂_xΦ v, of the shape of v.
    vjp
        (x, u) ↦ ∂_xΦᵀ u.
    parameter_jacobian
        x ↦ ∂_θΦ, shape (n, p); `None` if only `parameter_vjp` is known, which leaves out forward mode.
    parameter_vjp
        (x, u) ↦ ∂_θΦᵀ u; by default formed from `parameter_jacobian`.
    modulus
        A Lipschitz constant of Φ in x, or `None`.

    Raises
    ------
    InvalidInput
        If n or p is no whole number or out of range, or a needed function is missing.
    """

    def __init__(
        self,
        dimension: int,
        parameters: int,
        map: Unary,
        jvp: Binary,
        vjp: Binary,
        parameter_jacobian: Unary | None = None,
        parameter_vjp: Binary | None = None,
        modulus: float | None = None,
    ) -> None:
        self.dimension, self.parameters = (
            whole_number(dimension, "dimension", 1),
            whole_number(parameters, "parameters"),
        )
        if self.parameters and parameter_jacobian is None and parameter_vjp is None:
            raise InvalidInput(
                f"parameters is {self.parameters} while parameter_jacobian and parameter_vjp are missing; give one"
            )
        self.modulus = modulus
        self._functions = (map, jvp, vjp)
        self._jacobian, self._vjp = parameter_jacobian, parameter_vjp

    def map(self, x: Array) -> Array:
        """Φ(x)."""
        return self._functions[0](x)

    def jvp(self, x: Array, v: Array) -> Array:
        """∂_xΦ v."""
        return self._functions[1](x, v)

    def vjp(self, x: Array, u: Array) -> Array:
        """∂_xΦᵀ u."""
        return self._functions[2](x, u)

    def parameter_jacobian(self, x: Array) -> Array:
        """∂_θΦ.

        Raises
        ------
        InvalidInput
            If it was not given.
        """
        if self._jacobian is None:
            raise InvalidInput("parameter_jacobian is missing, which forward mode needs; give it, or use reverse mode")
        return self._jacobian(x)

    def parameter_vjp(self, x: Array, u: Array) -> Array:
        """∂_θΦᵀ u."""
        return self.parameter_jacobian(x).T @ u if self._vjp is None else self._vjp(x, u)
