"""Fixed-point problems x*(θ) = Φ(x*(θ), θ), seen through Φ and products with its two derivatives."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from polyunroll.problems.checks import Array

__all__ = ["Contraction", "SampledContraction"]


@runtime_checkable
class Contraction(Protocol):
    """A map Φ(·, θ) at one fixed θ; its fixed point is the solution of the inner problem.

    Where Φ is not smooth, its derivatives are elements of a conservative Jacobian (Bolte, Pauwels, *Mathematical
    Programming* 2021). Two more names are looked at if they are there: `modulus`, a Lipschitz constant of Φ in x
    (`None` where none is known), and `support(x)`, a boolean array that says which entries of x are not held at 0.
    """

    @property
    def dimension(self) -> int:
        """n, the length of x."""

    @property
    def parameters(self) -> int:
        """p, the number of outer parameters."""

    def map(self, x: Array) -> Array:
        """Φ(x), shape (n,)."""

    def jvp(self, x: Array, v: Array) -> Array:
        """∂_xΦ(x) v, of the shape of v: (n,) or (n, k)."""

    def vjp(self, x: Array, u: Array) -> Array:
        """∂_xΦ(x)ᵀ u, shape (n,)."""

    def parameter_jacobian(self, x: Array) -> Array:
        """∂_θΦ(x), shape (n, p)."""

    def parameter_vjp(self, x: Array, u: Array) -> Array:
        """∂_θΦ(x)ᵀ u, shape (p,)."""


@runtime_checkable
class SampledContraction(Contraction, Protocol):
    """A contraction Φ = G∘T whose inner part T(x) = E T̂(x; i) is seen through samples i.

    `batch` is an integer array of sample indices with repetitions, and T̂(x; batch) the mean over it. The points at
    which G is asked are values u of T.
    """

    @property
    def samples(self) -> int:
        """m: T is the mean of T̂(·; i) over i = 0 … m − 1."""

    def sampled_map(self, x: Array, batch: Array) -> Array:
        """T̂(x; batch), shape (n,)."""

    def sampled_vjp(self, x: Array, w: Array, batch: Array) -> Array:
        """∂_xT̂(x; batch)ᵀ w, shape (n,)."""

    def sampled_parameter_vjp(self, x: Array, w: Array, batch: Array) -> Array:
        """∂_θT̂(x; batch)ᵀ w, shape (p,)."""

    def last_vjp(self, u: Array, w: Array) -> Array:
        """∂_uG(u)ᵀ w, shape (n,)."""

    def last_parameter_vjp(self, u: Array, w: Array) -> Array:
        """∂_θG(u)ᵀ w, shape (p,)."""
