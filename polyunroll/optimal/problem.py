"""The best polynomial for a horizon, as a linear problem: minimise max|A|R + |B|G over P of degree ≤ t with P(0) = 1.

A and B are E = P − λP' and P' (split `total`) or P and P' (`partial`). |A|R + |B|G is the larger of |F₊| and |F₋|,
F± = RA ± GB, both linear in P; so 1/minimum is the largest P(0) with |F±| ≤ 1 on [ℓ, L]. Unknowns are Chebyshev
coefficients on [ℓ, L], points are s in [−1, 1] with λ = center + radius·s, and θ = arccos s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import acb, arb, fmpq
from numpy.typing import NDArray

from polyunroll.arithmetic.balls import ball, midpoint
from polyunroll.arithmetic.exact import sign, to_float, whole_number
from polyunroll.bounds.cosine import Cosine, derivative, error_pair
from polyunroll.bounds.question import sizes
from polyunroll.errors import InvalidInput
from polyunroll.jacobian import check_split
from polyunroll.methods.base import require_spectrum
from polyunroll.spectrum import Spectrum

__all__ = ["Condition", "Problem", "condition_at", "rounded"]

Doubles = NDArray[np.float64]
Balls = list[arb]

_MAX_DEGREE = 5_000


@dataclass(frozen=True)
class Condition:
    """The functional P ↦ F_σ(λ), at λ = center + radius·s, s exact; of order 1 P ↦ dF_σ/dθ."""

    s: fmpq
    side: int
    order: int = 0

    @property
    def at_end(self) -> bool:
        """Whether λ is ℓ or L."""
        return bool(abs(self.s) == 1)

    def theta(self) -> arb:
        """The angle arccos s, at the precision in force."""
        return arb(self.s).acos()


def condition_at(theta: arb, side: int, order: int = 0) -> Condition:
    """The condition at an angle, or at the end it is beyond."""
    if theta > 0 and theta < arb.pi():
        return Condition(midpoint(theta.cos()), side, order)
    return Condition(fmpq(-1 if theta > 1 else 1), side)


def rounded(theta: float, side: int) -> Condition:
    """A condition from doubles; ends exactly."""
    for end, s in ((0.0, 1), (3.141592653589793, -1)):
        if abs(theta - end) < 1e-12:
            return Condition(fmpq(s), side)
    return Condition(midpoint(arb(theta).cos()), side)


@dataclass(frozen=True)
class Problem:
    """What is to be minimised. Build it with `Problem.of`, which checks.

    Attributes
    ----------
    spectrum : Spectrum
        Without symbols.
    t : int
    R, G : exact numbers ≥ 0, not both 0
    split : {"total", "partial"}
    whole : bool
        Whether λ's own coefficient is an unknown even where it costs nothing.
    """

    spectrum: Spectrum
    t: int
    R: Any
    G: Any
    split: str
    whole: bool = False

    @property
    def residual(self) -> Problem:
        """The problem whose F is P itself, with the same unknowns where T_1 is one."""
        return Problem(self.spectrum, self.t, fmpq(1), fmpq(0), "partial")

    @staticmethod
    def of(spectrum: Spectrum, t: Any, R: Any = 1, G: Any = 0, split: str = "total") -> Problem:
        """Check everything.

        Raises
        ------
        InvalidInput
        """
        require_spectrum(spectrum)
        if spectrum.is_symbolic:
            raise InvalidInput(f"the spectrum {spectrum} has symbols; a minimax polynomial needs numbers")
        steps = whole_number(t, "t")
        if steps > _MAX_DEGREE:
            raise InvalidInput(f"t = {steps} is beyond what the search can do; give t <= {_MAX_DEGREE}")
        return Problem(spectrum, steps, *sizes(R, G), check_split(split))

    # -- the space ---------------------------------------------------------------------------------------------------
    @cached_property
    def columns(self) -> tuple[int, ...]:
        """The Chebyshev coefficients that are unknown.

        With G = 0 in the split `total` λ itself costs nothing, E = P − λP' having no linear term: then T_1 is left out.
        """
        free = self.split == "total" and sign(self.G) == 0 and not self.whole
        return tuple(k for k in range(self.t + 1) if k != 1 or not free)

    @property
    def unit(self) -> Any:
        """What F± are divided by in doubles: R, or G/radius for R = 0."""
        return self.R if sign(self.R) > 0 else self.G / self.spectrum.radius

    @cached_property
    def scales(self) -> tuple[float, float, float]:
        """Center/radius, G/(unit·radius) and log(2|T_t(σ(0))|) or nearly, as doubles."""
        center, radius = to_float(self.spectrum.center), to_float(self.spectrum.radius)
        ratio = center / radius
        size = np.arccosh(max(ratio, 1.0)) * self.t
        return ratio, to_float(self.G / self.unit) / radius, float(size)

    # -- in doubles --------------------------------------------------------------------------------------------------
    def rows(self, theta: Doubles, side: Doubles) -> Doubles:
        """F_σ(λ)/unit of T_k at each θ, one row a condition; shape (len(theta), len(columns))."""
        ratio, weight, _ = self.scales
        k = np.asarray(self.columns, dtype=float)
        T, D = np.cos(np.outer(theta, k)), _slopes(theta, k)
        A = T - (ratio + np.cos(theta))[:, None] * D if self.split == "total" else T
        return np.asarray((A if sign(self.R) > 0 else 0.0) + (side * weight)[:, None] * D)

    def at_zero(self) -> Doubles:
        """T_k(σ(0))/|T_t(σ(0))|."""
        ratio, _, size = self.scales
        k = np.asarray(self.columns, dtype=float)
        angle = np.arccosh(max(ratio, 1.0))
        values = np.exp(k * angle - size) * (1 + np.exp(-2 * k * angle)) / (1 + np.exp(-2 * size))
        return np.asarray(np.where(k % 2, -values, values))

    def free_point(self) -> float | None:
        """θ of λ = G/R, which is critical for F₊ whatever P is (split `total`), if it is inside."""
        ratio, weight, _ = self.scales
        s = weight - ratio
        return float(np.arccos(s)) if self.split == "total" and sign(self.R) > 0 and -1 < s < 1 else None

    # -- in balls ----------------------------------------------------------------------------------------------------
    def ball_rows(self, conditions: list[Condition]) -> list[Balls]:
        """F_σ(λ) of T_k for each condition, at the precision in force."""
        center, radius, R, G = (ball(v) for v in (self.spectrum.center, self.spectrum.radius, self.R, self.G))
        rows = []
        for condition in conditions:
            s, side = arb(condition.s), condition.side
            T, D = _waves(condition, self.t)
            weight = (side * G - (R * (center + radius * s) if self.split == "total" else 0)) / radius
            if condition.order == 0:
                rows.append([R * T[k] + weight * D[k] for k in self.columns])
                continue
            # dT_k/dθ = −sin θ D_k, dD_k/dθ = (k² T_k − s D_k)/sin θ; and dE/dθ has the second alone
            sine = ((1 - s) * (1 + s)).sqrt()
            first = 0 if self.split == "total" else -R * sine
            rows.append([first * D[k] + weight * (k * k * T[k] - s * D[k]) / sine for k in self.columns])
        return rows

    def ball_at_zero(self) -> Balls:
        """T_k(σ(0))."""
        at_zero = ball(-self.spectrum.center / self.spectrum.radius)
        return [at_zero.chebyshev_t(k) for k in self.columns]

    def series(self, values: Balls) -> Balls:
        """a_0 … a_t from the unknowns."""
        a = [arb(0)] * (self.t + 1)
        for k, value in zip(self.columns, values, strict=True):
            a[k] = value
        return a

    def functions(self, a: Balls) -> dict[int, Cosine]:
        """F₊ and F₋ as cosine sums in θ, from Chebyshev coefficients of P."""
        center, radius, R, G = (ball(v) for v in (self.spectrum.center, self.spectrum.radius, self.R, self.G))
        if self.split == "total":
            A, B = error_pair(a, center, radius)
        else:
            A, B = a, derivative(a, radius)
        B = B + [arb(0)] * (len(A) - len(B))
        return {
            side: Cosine([R * x + side * G * y for x, y in zip(A, B, strict=True)])
            for side in ((1, -1) if G > 0 else (1,))
        }

    def point(self, condition: Condition) -> Any:
        """λ of a condition, exactly."""
        return self.spectrum.center + self.spectrum.radius * condition.s


def _slopes(theta: Doubles, k: Doubles) -> Doubles:
    """dT_k/ds = k sin kθ / sin θ (DLMF 18.9.21), k²·(±1)^(k+1) at the ends."""
    sine = np.sin(theta)[:, None]
    inner = np.abs(sine) > 1e-9
    ends = k**2 * np.where(np.cos(theta)[:, None] > 0, 1.0, (-1.0) ** (k + 1))
    return np.asarray(np.where(inner, k * np.sin(np.outer(theta, k)) / np.where(inner, sine, 1.0), ends))


def _waves(condition: Condition, n: int) -> tuple[Balls, Balls]:
    """T_k(s) and T_k'(s) for k = 0 … n; z^k = z^⌊k/2⌋ z^⌈k/2⌉, so that errors grow with log k only."""
    if condition.at_end:
        up = condition.s > 0
        return [arb(1 if up or k % 2 == 0 else -1) for k in range(n + 1)], [
            arb(k * k if up or k % 2 else -k * k) for k in range(n + 1)
        ]
    s = arb(condition.s)
    sine = ((1 - s) * (1 + s)).sqrt()
    powers = [acb(1), acb(s, sine)]
    for k in range(2, n + 1):
        powers.append(powers[k // 2] * powers[k - k // 2])
    inverse = 1 / sine
    return [z.real for z in powers[: n + 1]], [k * z.imag * inverse for k, z in enumerate(powers[: n + 1])]
