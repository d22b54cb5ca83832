"""Gegenbauer weights (1−s²)^(a−1/2): Chebyshev (a = 0) and Legendre (a = 1/2) are cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.balls import ball
from polyunroll.arithmetic.exact import exact, public, sign
from polyunroll.errors import InvalidInput
from polyunroll.measures.moments import jacobi_moments
from polyunroll.spectrum import Spectrum

__all__ = ["Gegenbauer", "chebyshev", "gegenbauer", "legendre"]


@dataclass(frozen=True)
class Gegenbauer:
    """The weight (1−s²)^(a−1/2) on [−1, 1], normalised to mass 1.

    Parameters
    ----------
    a : exact number or symbol, a > −1/2

    References
    ----------
    DLMF 18.3 (Table 18.3.1).
    """

    a: Any

    @property
    def alpha(self) -> Any:
        """The exponent of 1−s, a − 1/2, as a Jacobi weight has it."""
        return self.a - fmpq(1, 2)

    @property
    def beta(self) -> Any:
        """The exponent of 1+s, a − 1/2."""
        return self.a - fmpq(1, 2)

    def chebyshev_moments(self, count: int, spectrum: Spectrum) -> list[Any]:
        """∫T_m(σ(λ))dμ for m = 0 … count − 1, in balls at the precision in force."""
        return jacobi_moments(ball(self.alpha), ball(self.beta), count)

    def require_hull(self, spectrum: Spectrum) -> None:
        """Any spectrum with ℓ < L will do: the weight lives on [−1, 1], which is mapped to it."""

    def __str__(self) -> str:
        names = {fmpq(0): "chebyshev", fmpq(1, 2): "legendre"}
        return names.get(self.a, f"gegenbauer:{public(self.a)}") if isinstance(self.a, fmpq) else f"gegenbauer:{self.a}"


def gegenbauer(a: Any) -> Gegenbauer:
    """The Gegenbauer weight with parameter a.

    Raises
    ------
    InvalidInput
        If a ≤ −1/2: the weight is not integrable.
    """
    number = exact(a, "a")
    if type(number).__name__ != "Symbolic" and sign(number + fmpq(1, 2)) <= 0:
        raise InvalidInput(f"a = {a} is not allowed; the Gegenbauer weight (1-s^2)^(a-1/2) needs a > -1/2")
    return Gegenbauer(number)


def chebyshev() -> Gegenbauer:
    """The Chebyshev weight (1−s²)^(−1/2)."""
    return gegenbauer(0)


def legendre() -> Gegenbauer:
    """The Legendre weight, ds."""
    return gegenbauer("1/2")
