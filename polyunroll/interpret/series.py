"""P_t in the Chebyshev basis of its spectrum, exactly or to any number of digits."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from polyunroll.arithmetic.balls import BITS_PER_DIGIT, ball, ball_precision, mp_from_ball
from polyunroll.arithmetic.exact import public, whole_number
from polyunroll.arithmetic.systems import MPSystem
from polyunroll.errors import InvalidInput, PolyunrollError
from polyunroll.interpret.transfer import chebyshev_coefficients
from polyunroll.methods.base import Method

__all__ = ["chebyshev_balls", "chebyshev_series", "remembered"]

_ATTEMPTS = 12


def chebyshev_balls(method: Method, t: int, bits: int) -> list[Any]:
    """Arb balls around a_0 … a_t, the largest of them right to `bits` bits; call it inside `ball_precision`.

    The product tree loses about 62 bits at t = 1000 and 110 at t = 10 000; the working precision is doubled
    until the widest ball is narrow enough against the largest coefficient.

    Raises
    ------
    PolyunrollError
        If no precision helps, as where a program divides by a ball that holds 0.
    """
    return list(remembered(method, t, bits))


@lru_cache(maxsize=4)  # one P_t is asked for in both splits, and for V and W
def remembered(method: Method, t: int, bits: int) -> tuple[Any, ...]:
    """What `chebyshev_balls` gives, the last ones being kept."""
    if method.spectrum.radius == 0:  # P_t at its only point, often exactly 0: nothing to be relative to
        values = chebyshev_coefficients(method, t)
        with ball_precision(bits + 64):
            return tuple(ball(value) for value in values)
    guard = 64 + 4 * max(t, 1).bit_length()
    for _ in range(_ATTEMPTS):
        with ball_precision(bits + guard):
            values = chebyshev_coefficients(method, t, balls=True)
            widest, largest = max(v.rad() for v in values), max(abs(v) for v in values)
            if largest.lower() > 0 and widest * 2**bits < largest.lower():
                return tuple(values)
        guard *= 2
    raise PolyunrollError(f"the Chebyshev coefficients of {method!r} at t = {t} cannot be enclosed in balls")


def chebyshev_series(method: Method, t: int, digits: int | None = None) -> tuple[Any, ...]:
    """The coefficients a_0 … a_t of P_t(λ) = Σ a_k T_k(σ(λ)), σ the map of [ℓ, L] to [−1, 1].

    Parameters
    ----------
    method : Method
    t : int
        Number of gradient evaluations, ≥ 0.
    digits : int, optional
        None for exact numbers (Fractions, or numbers of ℚ(√d)); else mpmath numbers, computed in Arb balls and
        right to this many digits relative to the largest coefficient.

    Returns
    -------
    tuple of length t + 1

    Raises
    ------
    InvalidInput
        If t is no whole number ≥ 0, or the method has symbols.
    HorizonError
        If t is beyond the method's horizon.
    """
    t = whole_number(t, "t")
    method.require_steps(t)
    if method.is_symbolic:
        raise InvalidInput(f"{method!r} has symbols; a Chebyshev series needs numbers")
    if digits is None:
        return tuple(public(value) for value in chebyshev_coefficients(method, t))
    system = MPSystem(whole_number(digits, "digits", 1) + 3)
    return tuple(mp_from_ball(v, system) for v in chebyshev_balls(method, t, int(digits * BITS_PER_DIGIT) + 8))
