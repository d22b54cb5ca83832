"""Measures with a density given as a function of λ, by quadrature with error control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from polyunroll.arithmetic.balls import ball, ball_precision, midpoint, to_double
from polyunroll.arithmetic.exact import to_float
from polyunroll.arithmetic.systems import MPSystem
from polyunroll.errors import InvalidInput
from polyunroll.spectrum import Spectrum

__all__ = ["Density", "density"]

_MOST = 8_192
"""Most quadrature nodes."""

_ROUGHEST = 1e-8
"""What integrals may still change by in doubles: a density singular at an end loses digits in its own formula."""


@dataclass(frozen=True)
class Density:
    """A density on the spectrum, to be normalised to mass 1.

    Attributes
    ----------
    function : callable
        f(λ) ≥ 0, of one number: a double, or an mpmath number where digits are asked for.
    """

    function: Callable[[Any], Any]

    def __str__(self) -> str:
        return f"density:{getattr(self.function, '__name__', type(self.function).__name__)}"

    def atoms(self, spectrum: Spectrum, degree: int, digits: int | None) -> tuple[list[Any], list[Any]]:
        """Nodes and weights that integrate polynomials of degree ≤ 2·degree to working accuracy, mass 1.

        Gauss–Legendre in θ, λ = center − radius·cos θ, so that a density like a power of the distance to an end, half
        powers included, still converges geometrically. The number of nodes is doubled until the mass and the integrals
        of T_0, …, T_{2·degree} change by at most 2e-13 of the mass (with digits, 10^−digits); where rounding prevents
        that, the rule with the least change is taken, if that is ≤ 1e-8.

        Returns
        -------
        nodes, weights : lists of double, or of fmpq with `digits`

        Raises
        ------
        InvalidInput
            If f is negative, not finite or no number at a node, zero at all, or its integrals do not settle.
        """
        count = max(64, 2 * degree + 32)
        before, best = self._rule(spectrum, count, degree, digits), None
        tolerance = 2e-13 if digits is None else 10.0 ** (-min(digits, 290))
        least = 1.0
        while 2 * count <= _MOST:
            count *= 2
            after = self._rule(spectrum, count, degree, digits)
            change = _change(before, after, digits)
            if change < least:
                least, best = change, after
            if change <= tolerance:
                break
            before = after
        if best is None or least > (tolerance if digits is not None else _ROUGHEST):
            raise InvalidInput(
                f"the integrals of {self} have not settled with {count} nodes (they still change by {least:.2g} of its "
                "mass): it is too rough or not integrable"
            )
        return best.nodes, best.weights

    def _rule(self, spectrum: Spectrum, count: int, degree: int, digits: int | None) -> _Rule:
        if digits is None:
            theta, factors = _legendre(count)
            s = -np.cos(theta)
            low, high = to_float(spectrum.low), to_float(spectrum.high)
            # from the nearer end, so that a density that is singular there is evaluated at the right distance
            half = np.sin(theta / 2) ** 2
            nodes = np.where(s < 0, low + (high - low) * half, high - (high - low) * np.cos(theta / 2) ** 2)
            values = np.array([self._value(x) for x in nodes.tolist()])
            weights = factors * np.sin(theta) * values
            total = float(np.sum(weights))
            self._require_mass(total > 0)
            weights = weights / total
            moments = np.cos(np.arange(2 * degree + 1)[:, None] * np.arccos(s)[None, :]) @ weights
            return _Rule(nodes.tolist(), weights.tolist(), moments, total)
        system = MPSystem(digits + 10)
        with ball_precision(int((digits + 20) * 3.33)):
            center, radius = ball(spectrum.center), ball(spectrum.radius)
            nodes_, weights_, total_ = [], [], arb(0)
            sums = [arb(0)] * (2 * degree + 1)
            for u, factor in _legendre_balls(count):
                angle = (u + 1) * arb.pi() / 2
                s_ = -angle.cos()
                node = midpoint(center + radius * s_)
                weight = factor * angle.sin() * self._ball(system, node)
                nodes_.append(node)
                weights_.append(weight)
                total_ += weight
                last, value = arb(1), s_
                sums[0] += weight
                for k in range(1, len(sums)):
                    sums[k] += weight * value
                    last, value = value, 2 * s_ * value - last
            self._require_mass(bool(total_ > 0))
            return _Rule(nodes_, [midpoint(w / total_) for w in weights_], [m / total_ for m in sums], total_)

    def _value(self, x: Any) -> float:
        """f(x) as a double ≥ 0."""
        try:
            value = float(self.function(x))
        except (TypeError, ArithmeticError, ValueError) as error:
            raise InvalidInput(f"{self} fails at {x!r}: {error}; it must give a number for every eigenvalue") from None
        self._require(value, x)
        return value

    def _ball(self, system: MPSystem, x: Any) -> arb:
        """f(x) as an exact ball ≥ 0."""
        point = system.convert(x)
        try:
            value = system.convert(self.function(point))
        except (TypeError, ArithmeticError, ValueError) as error:
            raise InvalidInput(f"{self} fails at {point}: {error}; with digits it is given mpmath numbers") from None
        self._require(float(value), float(point))
        sign, mantissa, exponent, _ = value._mpf_
        return arb((-1) ** sign * int(mantissa)) * arb(2) ** int(exponent)

    def _require(self, value: float, x: float) -> None:
        if not np.isfinite(value):
            raise InvalidInput(f"{self} is {value} at {x!r}; a density must be finite inside the spectrum")
        if value < 0:
            raise InvalidInput(f"{self} is {value} at {x!r}; a density must be >= 0")

    def _require_mass(self, positive: bool) -> None:
        if not positive:
            raise InvalidInput(f"{self} is 0 on the whole spectrum; its mass must be > 0")


@dataclass(frozen=True)
class _Rule:
    nodes: list[Any]
    weights: list[Any]
    moments: Any  # divided by the mass
    mass: Any


def _change(before: _Rule, after: _Rule, digits: int | None) -> float:
    """The most that an integral changes by, relative to the mass, which must settle too: it may have no limit."""
    mass = abs((before.mass - after.mass) / after.mass)
    if digits is None:
        return max(float(mass), float(np.max(np.abs(before.moments - after.moments))))
    changes = [mass, *(abs(a - b) for a, b in zip(before.moments, after.moments, strict=True))]
    return max(float(change.upper()) for change in changes)


def _legendre_balls(count: int) -> list[tuple[arb, arb]]:
    """Gauss–Legendre nodes and weights on [−1, 1] (Johansson and Mezzarobba, SIAM J. Sci. Comput. 40, 2018)."""
    return [arb.legendre_p_root(count, k, weight=True) for k in range(count)]


@lru_cache(maxsize=16)
def _legendre(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same in doubles, each correctly rounded, with the nodes moved to [0, π]."""
    with ball_precision(100):
        pairs = [((u + 1) * arb.pi() / 2, w) for u, w in _legendre_balls(count)]
        return np.array([to_double(u) for u, _ in pairs]), np.array([to_double(w) for _, w in pairs])


def density(function: Callable[[Any], Any]) -> Density:
    """The measure f(λ) dλ on a spectrum, divided by its mass.

    Parameters
    ----------
    function : callable
        f(λ) ≥ 0 for one number λ. It need not be normalised. It may be infinite at the ends only, no worse than
        (λ−ℓ)^(−1/2); anything rougher than powers of the distances to the ends, half ones included, is refused when
        its integrals do not settle.

    Raises
    ------
    InvalidInput
        If it is not callable.
    """
    if not callable(function):
        raise InvalidInput(f"the density is a {type(function).__name__}; give a function of one number")
    return Density(function)
