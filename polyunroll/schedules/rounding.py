"""Coefficients as the nearest doubles: ball arithmetic with more and more bits, exact numbers where no ball settles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from polyunroll.arithmetic.balls import ball_precision, midpoint
from polyunroll.arithmetic.systems import BALLS, EXACT, System
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.output.literals import nearest_double

__all__ = ["BALL_BITS", "TooWide", "nearest", "nearest_in_ball", "settled"]

BALL_BITS = (128, 512, 2048)
"""The precisions tried before exact arithmetic."""

Found = TypeVar("Found")


class TooWide(Exception):
    """A ball holds numbers that round to different doubles, or does not say whether it is zero."""


def nearest_in_ball(value: Any) -> float:
    """The double that everything in a ball rounds to.

    Raises
    ------
    TooWide
        If there is none.
    """
    if not value.is_finite():
        raise TooWide
    middle, radius = midpoint(value), midpoint(value.rad())
    low, high = (nearest_double(end) for end in (middle - radius, middle + radius))
    if low != high:
        raise TooWide
    return low


def nearest(value: Any, system: System) -> float:
    """The double nearest to a number of a field."""
    return nearest_double(value) if system is EXACT else nearest_in_ball(value)


def settled(method: Method, steps: int, compute: Callable[[System], Found]) -> Found:
    """What `compute` finds in balls of the first precision that suffices, or else in exact arithmetic.

    Raises
    ------
    InvalidInput
        If the program divides by zero.
    """
    for bits in BALL_BITS:
        try:
            with ball_precision(bits):
                return compute(BALLS)
        except (TooWide, ZeroDivisionError):
            continue
    try:
        return compute(EXACT)
    except ZeroDivisionError:
        raise InvalidInput(f"the program of {method!r} divides by zero within its first {steps} steps") from None
