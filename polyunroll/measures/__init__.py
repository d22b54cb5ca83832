"""Weights on a spectrum, in the coordinate s of the map of [ℓ, L] to [−1, 1]."""

from polyunroll.measures.gegenbauer import Gegenbauer, chebyshev, gegenbauer, legendre, parse_measure

__all__ = ["Gegenbauer", "chebyshev", "gegenbauer", "legendre", "parse_measure"]
