"""Jacobi weights (1−s)^α(1+s)^β; those with α = β are Gegenbauer weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.balls import ball
from polyunroll.arithmetic.exact import exact, is_symbolic, sign
from polyunroll.errors import InvalidInput
from polyunroll.measures.gegenbauer import Gegenbauer
from polyunroll.measures.moments import jacobi_moments
from polyunroll.output.literals import fraction_literal
from polyunroll.spectrum import Spectrum

__all__ = ["Jacobi", "exponent", "jacobi"]


@dataclass(frozen=True)
class Jacobi:
    """The weight (1−s)^α(1+s)^β on [−1, 1], normalised to mass 1; s = 1 is λ = L, and s = −1 is λ = ℓ.

    Parameters
    ----------
    alpha, beta : exact numbers or symbols > −1

    References
    ----------
    DLMF 18.3 (Table 18.3.1).
    """

    alpha: Any
    beta: Any

    def __str__(self) -> str:
        shown = (x if is_symbolic(x) else fraction_literal(x) for x in (self.alpha, self.beta))
        return f"jacobi:{','.join(map(str, shown))}"

    def chebyshev_moments(self, count: int, spectrum: Spectrum) -> list[Any]:
        """∫T_m(σ(λ))dμ for m = 0 … count − 1, in balls at the precision in force."""
        return jacobi_moments(ball(self.alpha), ball(self.beta), count)

    def require_hull(self, spectrum: Spectrum) -> None:
        """Any spectrum with ℓ < L will do: the weight lives on [−1, 1], which is mapped to it."""


def exponent(value: Any, name: str) -> Any:
    """An exponent of a Jacobi weight: an exact number > −1, or a symbol.

    Raises
    ------
    InvalidInput
        If it is ≤ −1: the weight is not integrable.
    """
    number = exact(value, name)
    if type(number).__name__ != "Symbolic" and sign(number + 1) <= 0:
        raise InvalidInput(
            f"{name} = {value} is not allowed; the Jacobi weight (1-s)^alpha*(1+s)^beta needs alpha > -1 and beta > -1"
        )
    return number


def jacobi(alpha: Any, beta: Any) -> Jacobi | Gegenbauer:
    """The Jacobi weight with exponents α at λ = L and β at λ = ℓ; for α = β the Gegenbauer weight a = α + 1/2.

    Raises
    ------
    InvalidInput
        If α ≤ −1 or β ≤ −1: the weight is not integrable.
    """
    at_largest, at_smallest = exponent(alpha, "alpha"), exponent(beta, "beta")
    if at_largest == at_smallest:
        return Gegenbauer(at_largest + fmpq(1, 2))
    return Jacobi(at_largest, at_smallest)
