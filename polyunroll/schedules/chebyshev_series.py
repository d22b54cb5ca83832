"""The Chebyshev series of any P_T, and how to run it in three vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flint import arb, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import sign
from polyunroll.arithmetic.systems import EXACT, System
from polyunroll.errors import InvalidInput
from polyunroll.interpret.series import chebyshev_balls
from polyunroll.interpret.transfer import chebyshev_coefficients
from polyunroll.methods.base import Method
from polyunroll.methods.chebyshev import Chebyshev
from polyunroll.methods.chebyshev_series import FixedPolynomial
from polyunroll.schedules.base import Schedule, common_data, largest_residual
from polyunroll.schedules.momentum import make as make_momentum
from polyunroll.schedules.rounding import BALL_BITS, TooWide, nearest, nearest_in_ball

__all__ = ["ChebyshevSeries"]


@dataclass(frozen=True, repr=False)
class ChebyshevSeries(Schedule):
    """The form `chebyshev-series`: P_T(λ) = Σ c_k T_k(σ(λ)), made for all steps as a whole.

    It is run in three vectors, whatever T is, from y = x = x_0 and move = 0: at t = 1 … T

        move ← m_t move − h_t ∇f(y),    y ← y + move,    x ← x + τ_t move,

    y being the Chebyshev method's iterate and x, in the end, x_T. See `methods.chebyshev_series`.

    Parameters
    ----------
    coefficients : tuple of float
        c_0 … c_T, correctly rounded.
    velocity_steps, velocity_decays : tuple of float
        h_t and m_t, correctly rounded.
    tails : tuple of float
        τ_t = Σ_{k≥t} c_k T_k(σ(0)), correctly rounded.
    """

    form: ClassVar[str] = "chebyshev-series"
    tables: ClassVar[tuple[str, ...]] = ("velocity_steps", "velocity_decays", "tails")

    coefficients: tuple[float, ...]
    velocity_steps: tuple[float, ...]
    velocity_decays: tuple[float, ...]
    tails: tuple[float, ...]

    def _error_after(self, t: int) -> float:
        method = self.as_method()
        if not isinstance(method, FixedPolynomial):
            method = FixedPolynomial(method.spectrum, chebyshev_coefficients(method, self.steps), basis="chebyshev")
        return largest_residual(method, t)


def make(method: Method, steps: int) -> ChebyshevSeries:
    """The Chebyshev series of a method's P_T.

    Raises
    ------
    InvalidInput
        If the spectrum is one point.
    """
    if sign(method.spectrum.radius) == 0:
        raise InvalidInput(f"the spectrum {method.spectrum} is one point and has no Chebyshev series")
    coefficients, tails = _series(method, steps)
    velocity = make_momentum(Chebyshev(method.spectrum), steps)
    return ChebyshevSeries(
        **common_data(method, steps, whole=True),
        coefficients=coefficients,
        velocity_steps=velocity.step_sizes,
        velocity_decays=velocity.momenta,
        tails=tails,
    )


def _series(method: Method, steps: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    for bits in BALL_BITS:
        with ball_precision(bits + 64):
            at_zero = ball(method.spectrum.center) / ball(method.spectrum.radius)
            # |T_T(σ(0))| < (2|σ(0)|)^T: so many bits of c_T count in τ_T
            precision = bits + 64 + int(steps * float((2 * at_zero).log().upper()) / 0.69)
        with ball_precision(precision):
            coefficients = chebyshev_balls(method, steps, precision - 32)
            if any(c.contains(0) for c in coefficients):
                break
            try:
                return tuple(map(nearest_in_ball, coefficients)), _rounded_tails(method, coefficients, None)
            except TooWide:
                continue
    exact = chebyshev_coefficients(method, steps)
    with ball_precision(precision):
        try:
            tails = _rounded_tails(method, list(map(ball, exact)), None)
        except TooWide:
            tails = _rounded_tails(method, exact, EXACT)
    return tuple(nearest(c, EXACT) for c in exact), tails


def _rounded_tails(method: Method, coefficients: list[Any], system: System | None) -> tuple[float, ...]:
    """τ_1 … τ_T, in balls or, with EXACT, exactly."""
    spectrum = method.spectrum
    center, radius = spectrum.center, spectrum.radius
    if system is not EXACT:
        center, radius = ball(center), ball(radius)
    at_zero = -center / radius
    values: list[Any] = [fmpq(1) if system is EXACT else arb(1), at_zero]
    while len(values) < len(coefficients):
        values.append(2 * at_zero * values[-1] - values[-2])
    total, tails = 0 * at_zero, []
    for c, value in zip(coefficients[:0:-1], values[len(coefficients) - 1 : 0 : -1], strict=True):
        total = total + c * value
        tails.append(nearest(total, EXACT) if system is EXACT else nearest_in_ball(total))
    return tuple(reversed(tails))
