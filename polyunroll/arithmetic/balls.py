"""Arb balls: the working precision, and exact numbers as balls.

`flint.ctx` is one object for the whole process. It is changed only here, under a lock that is held for
as long as the changed precision is in force, so two threads never compute under each other's precision;
on the way out the old value is put back, whatever happened. Parallel work belongs in processes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from math import copysign
from typing import TYPE_CHECKING, Any

from flint import arb, ctx, fmpq, fmpz

from polyunroll.arithmetic.exact import Exact
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import InvalidInput

if TYPE_CHECKING:
    from polyunroll.arithmetic.systems import MPSystem

__all__ = [
    "BITS_PER_DIGIT",
    "ball",
    "ball_precision",
    "midpoint",
    "mp_from_ball",
    "precision",
    "relative_bits",
    "to_double",
]

BITS_PER_DIGIT = 3.3219280948873626  # log2(10)
_LOCK = threading.RLock()
_MAX_BITS = 4_000_000


@contextmanager
def ball_precision(bits: int) -> Iterator[None]:
    """Compute with `bits` bits inside the block; nested blocks and exceptions restore what was there.

    Raises
    ------
    InvalidInput
        If `bits` is not between 2 and 4 000 000.
    """
    if not 2 <= bits <= _MAX_BITS:
        raise InvalidInput(f"a working precision of {bits} bits is not allowed; give 2 to {_MAX_BITS}")
    with _LOCK:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def precision() -> int:
    """The working precision in force, in bits."""
    return int(ctx.prec)


def ball(value: Exact) -> arb:
    """A ball that contains the exact number, at the precision in force."""
    if isinstance(value, Surd):
        a, b = arb(value.a), arb(value.b) * arb(value.d).sqrt()
        if int(value.a > 0) - int(value.a < 0) == int(value.b < 0) - int(value.b > 0) != 0:
            # a and b√d cancel: a + b√d = (a² − b²d)/(a − b√d), where nothing does
            return arb(value.a * value.a - value.b * value.b * value.d) / (a - b)
        return a + b
    return arb(value)


def midpoint(value: arb) -> fmpq:
    """The exact midpoint of a ball."""
    mantissa, exponent = value.mid().man_exp()
    return fmpq(fmpz(mantissa)) * fmpq(2) ** int(exponent)


def relative_bits(value: arb) -> int:
    """How many bits of a ball are right (a large number for an exact one)."""
    return int(value.rel_accuracy_bits())


def to_double(value: arb) -> float:
    """The double nearest to the midpoint; OverflowError beyond the range of doubles."""
    if value.mid().is_zero():
        return 0.0
    mantissa, exponent = value.mid().man_exp()
    number, power = int(mantissa), int(exponent)
    size = number.bit_length() + power
    if size > 1100:
        raise OverflowError(f"2^{size} is too large for a double")
    if size < -1100:
        return copysign(0.0, number)
    # an exact ratio of integers: one correct rounding, subnormals included
    return float(Fraction(number << power, 1) if power >= 0 else Fraction(number, 1 << -power))


def mp_from_ball(value: arb, system: MPSystem) -> Any:
    """The ball's midpoint as an mpmath number of a private context."""
    mantissa, exponent = value.mid().man_exp()
    return system.convert(int(mantissa)) * system.convert(2) ** int(exponent)
