"""Polynomials of a method over its spectrum in doubles, on a grid and in a scale that a picture can be drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf, isfinite

import numpy as np
from numpy.typing import NDArray

from polyunroll.arithmetic.exact import to_float
from polyunroll.errors import InvalidInput
from polyunroll.interpret.jets import jets
from polyunroll.methods.base import Method
from polyunroll.spectrum import Spectrum

__all__ = ["MOST_STEPS", "Curve", "common_scale", "error_size", "grid", "residual_values"]

Array = NDArray[np.float64]

MOST_STEPS = 5000
"""A polynomial of higher degree may have more oscillations than a picture has columns."""
_FEWEST, _PER_DEGREE = 1000, 16
"""Points of the grid: between two zeros of a polynomial of degree t, the largest is met to 0.5 %."""
_LARGEST = 200
"""Decimal exponents up to this size are drawn as they are."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Values mantissas·2^exponents at points."""

    points: Array
    mantissas: Array
    exponents: NDArray[np.int64]

    @property
    def top(self) -> float:
        """log10 of the largest absolute value; −inf where all are 0."""
        with np.errstate(divide="ignore"):
            return float(np.max(np.log10(np.abs(self.mantissas)) + self.exponents * np.log10(2.0)))

    def divided(self, power: int) -> Array:
        """The values divided by 10^power."""
        with np.errstate(under="ignore", over="ignore"):
            if power == 0:
                return np.asarray(np.ldexp(self.mantissas, self.exponents))
            return np.asarray(self.mantissas * 10.0 ** (self.exponents * np.log10(2.0) - power))


def grid(spectrum: Spectrum, t: int, logarithmic: bool) -> Array:
    """Points of [ℓ, L], ends included, that show every oscillation of a polynomial of degree t.

    Parameters
    ----------
    spectrum : Spectrum
        With ℓ < L.
    t : int
        At most `MOST_STEPS`.
    logarithmic : bool
        Whether they are for a logarithmic axis: then as many points in equal ratios are added.

    Returns
    -------
    array, shape (N,)
        Increasing.

    Raises
    ------
    InvalidInput
        If t is larger, or doubles do not tell ℓ from L or from 0.
    """
    if t > MOST_STEPS:
        raise InvalidInput(f"t = {t} is not allowed; a picture over the spectrum shows at most t = {MOST_STEPS} steps")
    low, high = to_float(spectrum.low), to_float(spectrum.high)
    if not 0 < low < high:
        raise InvalidInput(f"the spectrum {spectrum} cannot be drawn; its ends must be different doubles > 0")
    count = max(_FEWEST, _PER_DEGREE * t)
    angles = np.pi / 2 * np.arange(1, count) / count
    inner = low + (high - low) * np.sin(angles) ** 2  # not a difference: points near ℓ keep their digits
    if logarithmic:
        inner = np.concatenate([inner, np.geomspace(low, high, count + 1)[1:-1]])
    return np.concatenate([[low], np.unique(inner[(inner > low) & (inner < high)]), [high]])


def residual_values(method: Method, t: int, points: Array) -> Curve:
    """P_t at points."""
    found = jets(method, t, points, order=0)
    return Curve(found.points, found.mantissas[0], found.exponents)


def error_size(method: Method, t: int, R: float, G: float, split: str, points: Array) -> Curve:
    """|A|R + |B|G at points, with the pair (A, B) of the split."""
    found = jets(method, t, points, order=1)
    A, B = found.error_pair() if split == "total" else found.mantissas
    return Curve(found.points, np.abs(A) * R + np.abs(B) * G, found.exponents)


def common_scale(curves: Sequence[Curve]) -> int:
    """The power of ten to divide by: 0 unless the largest value is out of what doubles and axes can show."""
    top = max((curve.top for curve in curves), default=-inf)
    return floor(top) if isfinite(top) and abs(top) > _LARGEST else 0
