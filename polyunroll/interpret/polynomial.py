"""A program's states as exact polynomials in λ, by the plain recurrence.

This is the definition; `transfer` computes the same P_t faster at high degree, and a test ties the two.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq, fmpq_poly

__all__ = ["LAMBDA", "PolynomialModule", "WeightModule"]

LAMBDA = fmpq_poly([0, 1])


class PolynomialModule:
    """States in ℚ[λ] (FLINT) or ℚ(√d)[λ] (pairs of such)."""

    def start(self, weight: Any) -> Any:
        """The constant polynomial `weight`."""
        return weight * fmpq_poly([1])

    def gradient(self, query: Any) -> Any:
        """λ times the query's polynomial."""
        return query * LAMBDA

    def combine(self, terms: list[tuple[Any, Any]]) -> Any:
        """Σ coefficient·polynomial."""
        total = fmpq_poly([0])
        for coefficient, polynomial in terms:
            total = coefficient * polynomial + total
        return total


class WeightModule:
    """States as their affine weights: what is left of a polynomial at λ = 0, where a gradient is 0."""

    def start(self, weight: Any) -> Any:
        """The weight itself."""
        return weight

    def gradient(self, query: Any) -> Any:
        """A gradient has weight 0; it may be asked for at weight 1 only."""
        if query != 1:
            raise ArithmeticError(f"a gradient is queried at affine weight {query}, not 1")
        return fmpq(0)

    def combine(self, terms: list[tuple[Any, Any]]) -> Any:
        """Σ coefficient·weight."""
        total: Any = fmpq(0)
        for coefficient, weight in terms:
            total = coefficient * weight + total
        return total
