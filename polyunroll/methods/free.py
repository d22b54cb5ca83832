"""The free parameters of a family of methods, for those who search for the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from polyunroll.arithmetic.exact import exact

__all__ = ["WEIGHT", "Free", "Range"]


@dataclass(frozen=True)
class Range:
    """Where a family's free parameter may lie.

    Attributes
    ----------
    name : str
    low, high : float
    is_logarithmic : bool
        Whether its size matters, not its distance.
    start : float
        Where a search begins, between 0 (low) and 1 (high).
    """

    name: str
    low: float
    high: float
    is_logarithmic: bool = False
    start: float = 0.5

    def at(self, x: float) -> Any:
        """The short rational at x between 0 and 1: three decimals, or three digits."""
        if self.is_logarithmic:
            return exact(f"{self.low * (self.high / self.low) ** x:.2e}", self.name)
        return exact(f"{self.low + (self.high - self.low) * x:.3f}", self.name)


@dataclass(frozen=True)
class Free:
    """A family's free parameters, and the method they make on a spectrum.

    Attributes
    ----------
    ranges : tuple of Range
    build : function of (Spectrum, mapping of name to exact number)
        The method with these values of all parameters.
    """

    ranges: tuple[Range, ...]
    build: Callable[[Any, Mapping[str, Any]], Any]


WEIGHT = (Range("alpha", -0.95, 1, start=0.23), Range("beta", -0.95, 1, start=0.23))
"""The exponents of a Jacobi weight; a search begins near the Chebyshev weight."""
