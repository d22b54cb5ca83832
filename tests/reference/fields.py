"""Numbers of ℚ and of one ℚ(√d), as polyunroll takes them and as SymPy's domains hold them.

SymPy's polynomials over these domains are the tests' second opinion: nothing of theirs goes through polyunroll.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import fmpq, fmpq_poly
from sympy import QQ, Poly

from polyunroll import Spectrum
from polyunroll.arithmetic.surd import Surd

X = sympy.Symbol("x")


@dataclass(frozen=True)
class Number:
    """a + b√d."""

    a: Fraction
    b: Fraction = Fraction(0)
    d: int = 1

    @staticmethod
    def of(a, b=0, d=1):
        return Number(Fraction(a), Fraction(b), d)

    @property
    def value(self):
        """As polyunroll's exact number."""
        a = fmpq(self.a.numerator, self.a.denominator)
        return a if self.b == 0 else Surd(a, fmpq(self.b.numerator, self.b.denominator), self.d)

    def __float__(self):
        return float(self.a) + float(self.b) * self.d**0.5


@dataclass(frozen=True)
class Interval:
    """A spectrum [ℓ, L], with √(ℓL) given beside it, and the field that holds all three."""

    name: str
    ell: Number
    L: Number
    root: Number

    @property
    def spectrum(self):
        return Spectrum(self.ell.value, self.L.value)

    @property
    def K(self):
        return field(max(n.d for n in (self.ell, self.L, self.root)))

    @property
    def is_rational(self):
        return self.ell.b == 0 == self.L.b

    @property
    def elements(self):
        """(ℓ, L, √(ℓL)) as elements of K."""
        K = self.K
        ell, L, root = (element(n, K) for n in (self.ell, self.L, self.root))
        assert root * root == ell * L
        return ell, L, root


INTERVALS = [
    Interval("1/100..1", Number.of("1/100"), Number.of(1), Number.of("1/10")),
    Interval("1/50..1", Number.of("1/50"), Number.of(1), Number.of(0, "1/10", 2)),
    Interval("2/7..5/3", Number.of("2/7"), Number.of("5/3"), Number.of(0, "1/21", 210)),
    Interval("1..1001/1000", Number.of(1), Number.of("1001/1000"), Number.of(0, "1/100", 10010)),
    Interval("3-2√2..3+2√2", Number.of(3, -2, 2), Number.of(3, 2, 2), Number.of(1)),
    Interval("1..9+4√5", Number.of(1), Number.of(9, 4, 5), Number.of(2, 1, 5)),
]


def field(d):
    """ℚ for d = 1, else ℚ(√d)."""
    return QQ if d == 1 else QQ.algebraic_field(sympy.sqrt(d))


def element(number, K):
    """A Number, Fraction, int, fmpq or Surd as an element of a SymPy domain."""
    if isinstance(number, Number):
        number = number.value
    if isinstance(number, Surd):
        assert K.ext.as_expr() == sympy.sqrt(number.d)
        return K([_rational(number.b), _rational(number.a)])
    return K.convert(_rational(number), QQ)


def _rational(number):
    if isinstance(number, fmpq):
        return QQ(int(number.p), int(number.q))
    number = Fraction(number)
    return QQ(number.numerator, number.denominator)


def poly(coefficients, K):
    """Σ coefficients[k]·x^k."""
    return Poly.from_list(list(reversed(coefficients)), X, domain=K)


def coefficients(P):
    """The coefficients of a polynomial as elements of its domain, ascending."""
    return list(reversed(P.rep.to_list()))


def poly_of(P, K):
    """An fmpq_poly, or a pair of them over √d, as a SymPy polynomial."""
    if isinstance(P, Surd):
        a, b = P.a.coeffs(), P.b.coeffs()
        length = max(len(a), len(b))
        a, b = (c + [fmpq(0)] * (length - len(c)) for c in (a, b))
        return poly([element(Surd(p, q, P.d), K) for p, q in zip(a, b, strict=True)], K)
    assert isinstance(P, fmpq_poly)
    return poly([element(c, K) for c in P.coeffs()], K)
