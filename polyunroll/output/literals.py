"""Exact numbers as text: the nearest double, a correctly rounded decimal, or the fraction itself.

A number is known here by its parts alone: `p` and `q` (or `numerator` and `denominator`) of a rational,
and `a`, `b`, `d` of a + b√d with rational a and b. All rounding is done on whole numbers, so no literal
depends on a working precision.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from math import isqrt
from typing import Any, NamedTuple

from polyunroll.errors import InvalidInput

__all__ = ["counted", "decimal_literal", "directed_decimal", "double_literal", "fraction_literal", "nearest_double"]

_GUARD_BITS = 64  # more than the 53 bits of a double and the digits of a machine word
_FIXED_ABOVE = -5  # the least power of ten that is written without an exponent


class _Real(NamedTuple):
    """(p + r√d)/q with whole p, r, d and q > 0; r = 0 for a rational."""

    p: int
    r: int
    d: int
    q: int

    @property
    def sign(self) -> int:
        """−1, 0 or 1, exactly: x ↦ x|x| keeps order, and takes √d to d."""
        total = self.p * abs(self.p) + self.r * abs(self.r) * self.d
        return (total > 0) - (total < 0)

    def __abs__(self) -> _Real:
        return self if self.sign >= 0 else _Real(-self.p, -self.r, self.d, self.q)

    def floor(self, numerator: int = 1, denominator: int = 1) -> int:
        """⌊self·numerator/denominator⌋ for positive whole numbers."""
        square = (self.r * numerator) ** 2 * self.d
        root = isqrt(square) if self.r >= 0 else -(isqrt(square - 1) + 1)
        return (self.p * numerator + root) // (self.q * denominator)

    def leading_bits(self) -> tuple[int, int]:
        """(m, k) with m = ⌊self·2^k⌋ of more than 64 bits, for a positive number."""
        bits = _GUARD_BITS
        while (m := self.floor(1 << bits)).bit_length() <= _GUARD_BITS:
            bits *= 2
        return m, bits


def _ratio(value: Any) -> tuple[int, int] | None:
    """Numerator and denominator of a rational, None of anything else."""
    for top, bottom in (("p", "q"), ("numerator", "denominator")):
        if hasattr(value, top) and hasattr(value, bottom):
            return int(getattr(value, top)), int(getattr(value, bottom))
    return None


def _real(value: Any) -> _Real:
    if (ratio := _ratio(value)) is not None:
        return _Real(ratio[0], 0, 0, ratio[1])
    if all(hasattr(value, name) for name in "abd"):
        a, b = _ratio(value.a), _ratio(value.b)
        if a is not None and b is not None:
            return _Real(a[0] * b[1], b[0] * a[1], int(value.d), a[1] * b[1])
    raise InvalidInput(f"{value!r} is not an exact number; give a rational or a number a + b*sqrt(d)")


def nearest_double(value: Any) -> float:
    """The double nearest to an exact number, ties to even.

    Parameters
    ----------
    value : int, Fraction, fmpq or Surd

    Returns
    -------
    float
        Zero where the number is smaller than half the least double.

    Raises
    ------
    InvalidInput
        If the number is beyond the largest double, or is not exact.
    """
    number = _real(value)
    try:
        if number.r == 0:
            return number.p / number.q  # Python divides whole numbers with one correct rounding
        size, bits = abs(number).leading_bits()
        # the number lies between size and size+1, where there is no double and no middle of two doubles
        return number.sign * ((2 * size + 1) / (1 << (bits + 1)))
    except OverflowError:
        raise InvalidInput(
            f"{decimal_literal(value, 5)} is too large for a double, of which the largest is 1.7977e+308"
        ) from None


def double_literal(value: Any) -> str:
    """The shortest decimal that reads back as the double nearest to an exact number.

    Parameters
    ----------
    value : int, Fraction, fmpq or Surd

    Returns
    -------
    str

    Raises
    ------
    InvalidInput
        If the number is beyond the largest double, or is not exact.

    Examples
    --------
    >>> double_literal(Fraction(1, 3))
    '0.3333333333333333'
    """
    return repr(nearest_double(value))


def decimal_literal(value: Any, digits: int) -> str:
    """An exact number as a correctly rounded decimal, ties to even.

    Parameters
    ----------
    value : int, Fraction, fmpq or Surd
    digits : int
        Significant digits, at least 1; all of them are written.

    Returns
    -------
    str
        With an exponent where the number is below 1e-5, or where its digits do not reach the decimal point;
        "0" for zero, and for no other number.

    Raises
    ------
    InvalidInput
        If `digits` is not a whole number ≥ 1, or the number is not exact.

    Examples
    --------
    >>> decimal_literal(Fraction(2, 3), 5), decimal_literal(Fraction(1, 3 * 10**21), 3)
    ('0.66667', '3.33e-22')
    """
    if type(digits) is not int or digits < 1:
        raise InvalidInput(f"digits = {digits!r} is not allowed; give a whole number >= 1")
    number = _real(value)
    if number.sign == 0:
        return "0"
    whole, exponent = _rounded(abs(number), digits)
    minus, text = "-" if number.sign < 0 else "", _whole(whole)
    if not _FIXED_ABOVE <= exponent < digits:
        return f"{minus}{text[0]}{'.' if digits > 1 else ''}{text[1:]}e{exponent:+03d}"
    if exponent < 0:
        return f"{minus}0.{'0' * (-exponent - 1)}{text}"
    point = exponent + 1
    return f"{minus}{text[:point]}{'.' if point < digits else ''}{text[point:]}"


def directed_decimal(value: Any, digits: int, rounding: str) -> Decimal:
    """A rational to so many digits, rounded so that it stays a bound: by ROUND_FLOOR or ROUND_CEILING of `decimal`."""
    context = Context(prec=digits, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def _rounded(number: _Real, digits: int) -> tuple[int, int]:
    """(n, e) with n·10^(e−digits+1) nearest to a positive number and n of exactly `digits` digits."""
    size, bits = number.leading_bits()
    # log10 of 2 is a little more than 30102999566/10^11; what the estimate misses, the loop mends
    exponent = (size.bit_length() - bits) * 30_102_999_566 // 10**11
    low, high = 10 ** (digits - 1), 10**digits
    while True:
        shift = digits - 1 - exponent
        scale = (10**shift, 1) if shift >= 0 else (1, 10**-shift)
        doubled = number.floor(2 * scale[0], scale[1])
        if doubled >= 2 * high:
            exponent += 1
        elif doubled < 2 * low:
            exponent -= 1
        else:
            break
    whole, upper_half = divmod(doubled, 2)
    tie = number.r == 0 and 2 * number.p * scale[0] % (number.q * scale[1]) == 0
    if upper_half and not (tie and whole % 2 == 0):
        whole += 1
    return (low, exponent + 1) if whole == high else (whole, exponent)


def _whole(value: int) -> str:
    """A whole number in decimal; Python's own `str` refuses more than 4300 digits."""
    return str(Decimal(value))


def fraction_literal(value: Any) -> str:
    """An exact number as text: `p/q` or `p` for a rational, the number's own text for a + b√d or a symbol.

    Parameters
    ----------
    value : int, Fraction, fmpq, Surd or symbolic

    Returns
    -------
    str
        Of any length: no digit is left out.
    """
    ratio = _ratio(value)
    if ratio is None:
        return str(value)
    numerator = _whole(ratio[0])
    return numerator if ratio[1] == 1 else f"{numerator}/{_whole(ratio[1])}"


def counted(count: int, thing: str) -> str:
    """A number of things: "1 step", "2 steps"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
