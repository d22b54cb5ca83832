"""How far a list of steps can be from its goal on the way, and how much it enlarges rounding errors: upper bounds.

The largest modulus of a polynomial q of degree k over the spectrum is at most its largest on the N + 1 points
λ_j = center + radius·cos(jπ/N) divided by cos(kπ/2N) (M. Riesz), k < N. On the points everything is computed in
doubles from above: each factor's modulus is taken larger by more than its rounding error, and a product that could
underflow is held up. So the bounds hold, whatever the doubles did, and are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from math import cos, fsum, inf, isfinite, pi

import numpy as np
import numpy.typing as npt
from flint import arb, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision, to_double
from polyunroll.spectrum import Spectrum

__all__ = ["Growth", "growth"]

Doubles = npt.NDArray[np.float64]
_POINTS_PER_STEP = 8
_HAIR = 16 * 2.0**-53
_LEAST = 1e-290


@dataclass(frozen=True)
class Growth:
    """Bounds on a run of steps x_t = x_{t−1} − h_t ∇f(x_{t−1}) + m_t (x_{t−1} − x_{t−2}).

    Attributes
    ----------
    errors : tuple of float
        For t = 1, 2, …: ‖x_t − x*‖ is at most that times ‖x_0 − x*‖.
    rounding : float
        Γ = Σ_t M_t (1 + 2|m_t| + 2|h_t|L) max(1, ‖x_s − x*‖/‖x_0 − x*‖ for s < t), M_t bounding what the later steps
        make of an error in x_t. If the computed ∇f(x) errs by at most c·u·L(‖x‖ + ‖x*‖), u = 2⁻⁵³, then rounding, that
        of the step sizes too, moves the end by at most (c + 4)·u·Γ·(‖x*‖ + ‖x_0 − x*‖), to first order in u. For
        f = ½xᵀHx + bᵀx with a dense H of n rows c ≤ (n + 1)√n, and in practice about 1. May be infinite.
    """

    errors: tuple[float, ...]
    rounding: float


def growth(spectrum: Spectrum, step_sizes: Sequence[float], momenta: Sequence[float]) -> Growth:
    """Bounds for steps of which one with a momentum m_t ≠ 0 comes just after one with m = 0.

    Parameters
    ----------
    spectrum : Spectrum
    step_sizes, momenta : sequences of float

    Returns
    -------
    Growth
    """
    n = len(step_sizes)
    if n == 0:
        return Growth((), 0.0)
    count = _POINTS_PER_STEP * n
    points = _points(spectrum, count)
    largest = float(points.max())
    riesz = [1 / (cos(k * pi / (2 * count)) * (1 - _HAIR)) for k in range(n + 1)]
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = [_top(values) * riesz[t] for t, values in enumerate(_forward(points, step_sizes, momenta))]
        tails = [_top(values) for values in _backward(points, step_sizes, momenta)]
    total, seen = [], 1.0
    for t in range(1, n + 1):
        seen = max(seen, sizes[t - 1])
        weight = 1 + 2 * abs(momenta[t - 1]) + 2 * abs(step_sizes[t - 1]) * largest
        total.append(tails[t] * riesz[n - t] * weight * seen * (1 + _HAIR))
    return Growth(tuple(map(_up, sizes[1:])), _up(fsum(total)) if all(map(isfinite, total)) else inf)


def _points(spectrum: Spectrum, count: int) -> Doubles:
    """The points λ_j, each the double next to it."""
    with ball_precision(128):
        center, radius = ball(spectrum.center), ball(spectrum.radius)
        angles = (arb.pi() * arb(fmpq(j, count)) for j in range(count + 1))
        return np.array([to_double(center + radius * angle.cos()) for angle in angles])


def _top(values: Doubles) -> float:
    top = float(np.nanmax(values)) if not np.isnan(values).all() else inf
    return inf if np.isnan(values).any() else top


def _factor(points: Doubles, h: float, m: float = 0.0) -> Doubles:
    """|1 + m − hλ|, from above."""
    size = np.abs(h * points)
    return np.abs((1 + m) - h * points) + _HAIR * (1 + abs(m) + size)


def _pair(points: Doubles, h: Sequence[float], m: float) -> Doubles:
    """|(1 + m − h_2λ)(1 − h_1λ) − m|, from above."""
    first, second = 1 - h[0] * points, (1 + m) - h[1] * points
    sizes = (1 + np.abs(h[0] * points)) * (1 + abs(m) + np.abs(h[1] * points)) + abs(m)
    return np.abs(first * second - m) + 2 * _HAIR * sizes


def _times(a: Doubles, b: Doubles) -> Doubles:
    return np.maximum(a * b * (1 + _HAIR), _LEAST)


def _forward(points: Doubles, h: Sequence[float], m: Sequence[float]) -> Iterator[Doubles]:
    """Moduli of the residuals after 0, 1, 2, … steps."""
    before = now = np.ones(len(points))
    yield now
    for t in range(len(h)):
        if m[t] == 0:
            before, now = now, _times(now, _factor(points, h[t]))
        else:
            now = _times(before, _pair(points, h[t - 1 : t + 1], m[t]))
        yield now


def _backward(points: Doubles, h: Sequence[float], m: Sequence[float]) -> list[Doubles]:
    """Moduli of what an error in x_t is multiplied by until the end, t = 0, 1, …, n."""
    n = len(h)
    whole: list[Doubles] = [np.ones(len(points))] * (n + 1)
    for t in range(n - 1, -1, -1):
        if m[t] != 0:
            # step t − 1 is the first of a pair: an error between the two meets no more than the second
            whole[t] = _times(whole[t + 1], _factor(points, h[t], m[t]))
            whole[t - 1] = _times(whole[t + 1], _pair(points, h[t - 1 : t + 1], m[t]))
        elif t + 1 == n or m[t + 1] == 0:
            whole[t] = _times(whole[t + 1], _factor(points, h[t]))
    return whole


def _up(value: float) -> float:
    """Three digits, rounded up."""
    return float(Context(prec=3, rounding=ROUND_CEILING).create_decimal(Decimal(value))) if isfinite(value) else inf
