"""Measures on a spectrum: weights in the coordinate s of the map of [ℓ, L] to [−1, 1], atoms and densities in λ."""

from polyunroll.measures.density import Density, density
from polyunroll.measures.discrete import Discrete, discrete, empirical
from polyunroll.measures.estimate import Estimate, spectral_density
from polyunroll.measures.gegenbauer import Gegenbauer, chebyshev, gegenbauer, legendre
from polyunroll.measures.jacobi import Jacobi, jacobi
from polyunroll.measures.marchenko_pastur import MarchenkoPastur, marchenko_pastur
from polyunroll.measures.mixture import Mixture, mixed
from polyunroll.measures.parse import from_values, parse_measure

__all__ = [
    "Density",
    "Discrete",
    "Estimate",
    "Gegenbauer",
    "Jacobi",
    "MarchenkoPastur",
    "Mixture",
    "chebyshev",
    "density",
    "discrete",
    "empirical",
    "from_values",
    "gegenbauer",
    "jacobi",
    "legendre",
    "marchenko_pastur",
    "mixed",
    "parse_measure",
    "spectral_density",
]
