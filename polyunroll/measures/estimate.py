"""The spectral density of a matrix too large to diagonalise, estimated by stochastic Lanczos quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import scipy.sparse.linalg
from numpy.typing import NDArray

from polyunroll.arithmetic.exact import whole_number
from polyunroll.eigenvalues import check_symmetric
from polyunroll.errors import InvalidInput
from polyunroll.measures.discrete import Discrete, discrete
from polyunroll.spectrum import Spectrum

__all__ = ["Estimate", "spectral_density"]

_MOMENTS = 8
_BREAKDOWN = 1e-13

Rule = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Estimate:
    """An estimated spectral density: the mean of one Gauss rule a probe. A sample, and no proof of anything.

    Attributes
    ----------
    measure : Discrete
        All probes' Ritz values with their weights.
    rules : tuple of (nodes, weights)
        Each probe's own.
    steps, seed : int
    """

    measure: Discrete
    rules: tuple[Rule, ...]
    steps: int
    seed: int

    def __str__(self) -> str:
        return f"estimate:{len(self.rules)} probes, {self.steps} steps"

    def atoms(self, spectrum: Spectrum, degree: int, digits: int | None) -> tuple[list[Any], list[Any]]:
        """The measure's atoms."""
        return self.measure.atoms(spectrum, degree, digits)

    def integral(self, function: Callable[[NDArray[np.float64]], Any]) -> tuple[float, float]:
        """∫f dμ and its standard error over the probes; f takes an array of eigenvalues.

        The error is that of sampling probes. Each rule is exact for polynomials of degree < 2·steps.
        """
        values = [float(np.sum(weights * function(nodes))) for nodes, weights in self.rules]
        return float(np.mean(values)), float(np.std(values, ddof=1) / sqrt(len(values)))

    @property
    def error(self) -> float:
        """The largest standard error of the integrals of T_1, …, T_8 on the range of the Ritz values, each ≤ 1."""
        low, high = (float(x) for x in (self.measure.spectrum.ell, self.measure.spectrum.L))
        if low == high:
            return 0.0

        def chebyshev(k: int) -> Callable[[NDArray[np.float64]], Any]:
            return lambda x: np.cos(k * np.arccos(np.clip((2 * x - low - high) / (high - low), -1, 1)))

        return max(self.integral(chebyshev(k))[1] for k in range(1, _MOMENTS + 1))


def spectral_density(H: Any, probes: int = 10, steps: int = 60, seed: int = 0) -> Estimate:
    """Estimate the spectral density of a symmetric positive definite matrix.

    Parameters
    ----------
    H : array, sparse matrix or LinearOperator, shape (n, n)
    probes : int ≥ 2
        Random start vectors.
    steps : int ≥ 1
        Lanczos steps, each with full reorthogonalisation (twice).
    seed : int ≥ 0

    Returns
    -------
    Estimate

    Raises
    ------
    InvalidInput
        If H is not square, real, finite and symmetric, or a Ritz value is not > 0.

    References
    ----------
    Ubaru, Chen, Saad, SIAM J. Matrix Anal. Appl. 38 (2017) 1075–1099; Golub and Welsch, Math. Comp. 23 (1969) 221–230.
    """
    probes, steps = whole_number(probes, "probes", 2), whole_number(steps, "steps", 1)
    seed = whole_number(seed, "seed")
    if not hasattr(H, "shape"):
        try:
            H = np.asarray(H, dtype=float)
        except (TypeError, ValueError):
            raise InvalidInput(
                "H is no matrix of numbers; give an array, a sparse matrix or a LinearOperator"
            ) from None
    check_symmetric(H, seed=seed)
    operator = scipy.sparse.linalg.aslinearoperator(H)
    generator = np.random.default_rng(seed)
    rules = tuple(_gauss(operator, generator.standard_normal(operator.shape[0]), steps) for _ in range(probes))
    least = min(float(nodes[0]) for nodes, _ in rules)
    if least <= 0:
        raise InvalidInput(f"H has a Ritz value of {least:.6g}; its eigenvalues must be > 0 (add a ridge)")
    nodes = np.concatenate([nodes for nodes, _ in rules])
    weights = np.concatenate([weights for _, weights in rules])
    return Estimate(discrete(nodes, weights), rules, steps, seed)


def _gauss(operator: Any, start: NDArray[np.float64], steps: int) -> Rule:
    """The Gauss rule of the measure that a start vector sees: Ritz values, and squared first components."""
    basis = [start / np.linalg.norm(start)]
    diagonal: list[float] = []
    off: list[float] = []
    for _ in range(min(steps, start.size)):
        image = np.asarray(operator.matvec(basis[-1]), dtype=float)
        diagonal.append(float(basis[-1] @ image))
        stack = np.array(basis)
        for _twice in range(2):
            image = image - stack.T @ (stack @ image)
        size = float(np.linalg.norm(image))
        if size <= _BREAKDOWN * max(map(abs, diagonal)) or len(diagonal) == start.size:
            break
        off.append(size)
        basis.append(image / size)
    k = len(diagonal)
    values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off[: k - 1], 1) + np.diag(off[: k - 1], -1))
    weights = vectors[0] ** 2
    kept = weights > 0
    return values[kept], weights[kept] / np.sum(weights[kept])
