"""V_t as an exact number where it is attained at an end of the spectrum: a proof by polynomials, for small t.

At the end e of [ℓ, L] where it is larger, let a = R|A(e)| and b = G|B(e)|: a + b ≤ V. With s = a/(a+b) an upper bound
on V² is the maximum over λ of R²A²/s + G²B²/(1−s), which is (a+b)² at e. So V = a + b if

    q(λ) = a + b − R²A(λ)²/a − G²B(λ)²/b ≥ 0    on [ℓ, L],

a term being left out where R·A or G·B is 0 identically. All zeros of q at ℓ and at L are divided out, exactly, and the
cofactor is > 0 on [ℓ, L]: its Taylor polynomials on ever smaller pieces have a constant term larger than all others.
"""

from __future__ import annotations

from typing import Any

from flint import arb, arb_poly, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import sign
from polyunroll.arithmetic.surd import Surd
from polyunroll.bounds.question import Question
from polyunroll.errors import OutsideField
from polyunroll.interpret.transfer import residual_polynomial

__all__ = ["exact_at_end"]

Polynomial = list[Any]
"""Exact coefficients, ascending."""

_LARGEST_DEGREE = 48
_PIECES = 4_000


def exact_at_end(question: Question) -> Any:
    """V_t of the unrolled method, criterion "exact", as an exact number; None where this is not proved.

    Parameters
    ----------
    question : Question
        On a spectrum of more than one point; t ≤ 48.
    """
    if question.t > _LARGEST_DEGREE or question.estimator != "unrolled" or question.method.spectrum.radius == 0:
        return None
    try:
        return _at_end(question)
    except OutsideField:
        return None


def _at_end(question: Question) -> Any:
    low, high = question.method.spectrum.low, question.method.spectrum.high
    P = _coefficients(residual_polynomial(question.method, question.t))
    D = [k * v for k, v in enumerate(P)][1:] or [fmpq(0)]
    # E = P − λP'
    A = [(1 - k) * v for k, v in enumerate(P)] if question.split == "total" else P
    A, B = [question.R * v for v in A], [question.G * v for v in D]
    a, b = max(((abs(_value(A, end)), abs(_value(B, end))) for end in (low, high)), key=sum)
    q = [a + b]
    for f, size in ((A, a), (B, b)):
        if any(v != 0 for v in f):
            if size == 0:
                return None
            q = _minus(q, [v / size for v in _square(f)])
    while len(q) > 1 and _value(q, low) == 0:
        q = _divide(q, low)
    while len(q) > 1 and _value(q, high) == 0:
        q = [-v for v in _divide(q, high)]  # by L − λ
    return a + b if all(v == 0 for v in q) or _is_positive(q, low, high) else None


def _coefficients(polynomial: Any) -> Polynomial:
    if not isinstance(polynomial, Surd):
        return list(polynomial.coeffs())
    a, b = polynomial.a.coeffs(), polynomial.b.coeffs()
    a, b = a + [fmpq(0)] * (len(b) - len(a)), b + [fmpq(0)] * (len(a) - len(b))
    return [x if y == 0 else Surd(x, y, polynomial.d) for x, y in zip(a, b, strict=True)]


def _value(p: Polynomial, point: Any) -> Any:
    total: Any = fmpq(0)
    for coefficient in reversed(p):
        total = total * point + coefficient
    return total


def _square(p: Polynomial) -> Polynomial:
    total: Polynomial = [fmpq(0)] * (2 * len(p) - 1)
    for i, x in enumerate(p):
        for j, y in enumerate(p):
            total[i + j] = total[i + j] + x * y
    return total


def _minus(p: Polynomial, q: Polynomial) -> Polynomial:
    size = max(len(p), len(q))
    p, q = ([*v, *[fmpq(0)] * (size - len(v))] for v in (p, q))
    return [x - y for x, y in zip(p, q, strict=True)]


def _divide(p: Polynomial, root: Any) -> Polynomial:
    """p/(λ − root), the remainder being 0."""
    quotient: Polynomial = []
    carry: Any = fmpq(0)
    for coefficient in reversed(p[1:]):
        carry = carry * root + coefficient
        quotient.append(carry)
    return quotient[::-1]


def _is_positive(q: Polynomial, low: Any, high: Any) -> bool:
    """Whether q > 0 on [low, high], proved; False may mean that it was not."""
    if any(sign(_value(q, end)) <= 0 for end in (low, high)):
        return False
    with ball_precision(64 + 16 * len(q)):
        polynomial = arb_poly([ball(v) for v in q])
        ends = ball(low), ball(high)
        pending = [(ends[0].lower(), ends[1].upper())]
        for _ in range(_PIECES):
            if not pending:
                return True
            left, right = pending.pop()
            middle = (left + right) / 2
            constant, *rest = polynomial(arb_poly([middle, (right - left) / 2])).coeffs() or [arb(0)]
            if constant > sum(map(abs, rest), arb(0)):
                continue
            if constant < 0:
                return False
            pending += [(left, middle.mid()), (middle.mid(), right)]
    return False
