"""Elements a + b√d of one quadratic extension, over any ring of characteristic 0 that FLINT or SymPy offers.

The parts may be rationals (a number of ℚ(√d)) or rational polynomials (an element of ℚ(√d)[λ]):
the arithmetic is the same pair arithmetic. Only numbers are ordered, inverted and rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isfinite, isqrt
from numbers import Integral
from typing import Any

from flint import fmpq, fmpq_poly, fmpz

from polyunroll.errors import OutsideField
from polyunroll.output.literals import nearest_double

__all__ = ["Surd", "rational_sqrt", "split_square"]

_TRIAL_DIVISION_BELOW = 10_000


def rational_sqrt(value: fmpq) -> fmpq | None:
    """The rational square root of a rational ≥ 0, or None if there is none."""
    p, q = int(value.p), int(value.q)
    if p < 0:
        return None
    root_p, root_q = isqrt(p), isqrt(q)
    return fmpq(root_p, root_q) if root_p * root_p == p and root_q * root_q == q else None


def split_square(value: fmpq) -> tuple[fmpq, int]:
    """Write √value, value > 0, as (s, d) with √value = s√d and d free of squares.

    A d left with more than 40 digits after the small primes are taken out is not factored
    further: it may then keep a square factor, and two such fields are told apart by their ratio.
    """
    p, q = int(value.p), int(value.q)
    n, s = p * q, fmpq(1, q)
    if n.bit_length() <= 132:
        factors = [(int(prime), power) for prime, power in fmpz(n).factor()]
    else:
        factors, rest = [], n
        for prime in range(2, _TRIAL_DIVISION_BELOW):
            power = 0
            while rest % prime == 0:
                rest, power = rest // prime, power + 1
            if power:
                factors.append((prime, power))
        root = isqrt(rest)
        factors.append((root, 2) if root * root == rest else (rest, 1))
    d = 1
    for prime, power in factors:
        s = s * prime ** (power // 2)
        if power % 2:
            d *= prime
    return s, d


class Surd:
    """The element a + b√d, d > 1 a whole number that is not a square.

    Parameters
    ----------
    a, b : fmpq or fmpq_poly
        The parts; any ring elements with +, − and × that accept `fmpq`.
    d : int, or an element of the ring of the parts
        What is under the root; two elements combine only if they share it.
    """

    __slots__ = ("a", "b", "d")

    def __init__(self, a: Any, b: Any, d: Any) -> None:
        self.a, self.b, self.d = a, b, d

    def _parts(self, other: Any) -> tuple[Any, Any] | None:
        """The parts of `other` in this field, or None if it is not an exact element."""
        if isinstance(other, Surd):
            if other.d == self.d:
                return other.a, other.b
            ratio = rational_sqrt(fmpq(other.d, self.d))  # √(other.d) = ratio·√d when both are one field
            if ratio is None:
                raise OutsideField(
                    f"√{self.d} and √{other.d} lie in different fields; exact numbers must stay in ℚ or one ℚ(√d)"
                )
            return other.a, other.b * ratio
        if isinstance(other, Fraction):
            return fmpq(other.numerator, other.denominator), 0
        if isinstance(other, Integral):
            return int(other), 0
        return (other, 0) if isinstance(other, (fmpq, fmpz, fmpq_poly, type(self.a))) else None

    @staticmethod
    def _number(a: Any, b: Any, d: int) -> Any:
        """Drop back to the base ring when the irrational part vanishes and the element is a number."""
        return a if isinstance(b, fmpq) and b == 0 and isinstance(a, fmpq) else Surd(a, b, d)

    def __add__(self, other: Any) -> Any:
        parts = self._parts(other)
        return NotImplemented if parts is None else self._number(self.a + parts[0], self.b + parts[1], self.d)

    __radd__ = __add__

    def __neg__(self) -> Surd:
        return Surd(-self.a, -self.b, self.d)

    def __pos__(self) -> Surd:
        return self

    def __sub__(self, other: Any) -> Any:
        parts = self._parts(other)
        return NotImplemented if parts is None else self._number(self.a - parts[0], self.b - parts[1], self.d)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other

    def __mul__(self, other: Any) -> Any:
        parts = self._parts(other)
        if parts is None:
            return NotImplemented
        c, e = parts
        if not isinstance(other, Surd):
            return self._number(self.a * c, self.b * c, self.d)
        return self._number(self.a * c + self.b * e * self.d, self.a * e + self.b * c, self.d)

    __rmul__ = __mul__

    def inverse(self) -> Any:
        """1/(a + b√d), by the conjugate; the norm a² − b²d of a non-zero number is not zero."""
        norm = self.a * self.a - self.b * self.b * self.d
        return self._number(self.a / norm, -self.b / norm, self.d)

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Surd):
            return self * other.inverse()
        parts = self._parts(other)
        return NotImplemented if parts is None else self._number(self.a / parts[0], self.b / parts[0], self.d)

    def __rtruediv__(self, other: Any) -> Any:
        return self.inverse() * other

    def __pow__(self, exponent: int) -> Any:
        if not isinstance(exponent, int):
            return NotImplemented
        base, result, n = self.inverse() if exponent < 0 else self, None, abs(exponent)
        while n:
            if n & 1:
                result = base if result is None else base * result
            base, n = base * base, n >> 1
        return fmpq(1) if result is None else result

    def __abs__(self) -> Any:
        return -self if self.sign() < 0 else self

    def sign(self) -> int:
        """The exact sign of a number: −1, 0 or 1."""
        sign_a, sign_b = int(self.a > 0) - int(self.a < 0), int(self.b > 0) - int(self.b < 0)
        if sign_a == sign_b or sign_b == 0:
            return sign_a
        if sign_a == 0:
            return sign_b
        return sign_a if self.a * self.a > self.b * self.b * self.d else sign_b

    def _compare(self, other: Any, test: Callable[[int], bool]) -> Any:
        if isinstance(other, float) and not isfinite(other):
            return other == other and test(-1 if other > 0 else 1)
        difference = self - (fmpq(*other.as_integer_ratio()) if isinstance(other, float) else other)
        return test(difference.sign() if isinstance(difference, Surd) else (difference > 0) - (difference < 0))

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, lambda s: s < 0)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, lambda s: s <= 0)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, lambda s: s > 0)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, lambda s: s >= 0)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Surd):
            if self.d == other.d:
                return bool(self.a == other.a and self.b == other.b)
            ratio = rational_sqrt(fmpq(other.d, self.d))  # √18 may be written with d = 2 or d = 18
            return bool(ratio is not None and self.a == other.a and self.b == other.b * ratio)
        return False if isinstance(self.b, fmpq) and self.b != 0 else bool(self.b == 0 and self.a == other)

    def __hash__(self) -> int:
        return hash((self.a, self.b * abs(self.b) * self.d)) if self.b else hash(self.a)

    def __float__(self) -> float:
        """The nearest double."""
        return nearest_double(self)

    def scaled_floor(self, bits: int) -> int:
        """⌊(a + b√d)·2^bits⌋ exactly, for b ≠ 0."""
        denominator = int(self.a.q) * int(self.b.q)
        p, r = int(self.a.p) * int(self.b.q), int(self.b.p) * int(self.a.q)
        square = r * r * self.d << (2 * bits)
        root = isqrt(square)
        # r√d 2^bits is irrational, so a negative one has floor −root − 1
        return ((p << bits) + (root if r >= 0 else -root - 1)) // denominator

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if not isinstance(self.b, fmpq):
            return f"({self.a}) + ({self.b})*sqrt({self.d})"
        size = abs(self.b)
        root = f"sqrt({self.d})" if size.p == 1 else f"{size.p}*sqrt({self.d})"
        if size.q != 1:
            root += f"/{size.q}"
        if self.a == 0:
            return root if self.b > 0 else f"-{root}"
        return f"{self.a} {'+' if self.b > 0 else '-'} {root}"

    def _sympy_(self) -> Any:
        """What SymPy makes of a number: the exact one, where it would otherwise take the nearest float."""
        if not isinstance(self.a, fmpq):
            raise TypeError(f"{self} is not a number")
        from polyunroll.arithmetic.symbols import to_sympy

        return to_sympy(self)

    def _repr_latex_(self) -> str:
        from polyunroll.arithmetic.exact import latex

        return f"${latex(self)}$"
