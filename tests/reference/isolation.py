"""Real roots of exact polynomials on an interval: counted by Sturm's theorem, isolated by Descartes' rule of signs.

Both are exact, in whole numbers, and share nothing: neither with one another nor with the package.

References: Basu, Pollack, Roy, Algorithms in Real Algebraic Geometry (2006), Theorem 2.50 (Sturm), Theorem 2.33
(Descartes) and Algorithm 10.4 (isolation by bisection, each piece brought to [0, 1]).
"""

from __future__ import annotations

from itertools import pairwise
from math import isqrt

from flint import fmpq, fmpq_poly, fmpz, fmpz_poly


def primitive(p):
    """A rational polynomial without its content and denominator, as fmpz_poly; signs stay."""
    whole = fmpq_poly(p).numer() if not isinstance(p, fmpz_poly) else p
    content = fmpz(0)
    for c in whole.coeffs():
        content = content.gcd(c)
    return fmpz_poly([c // content for c in whole.coeffs()]) if content > 1 else whole


def squarefree(p):
    """The product of the different irreducible factors."""
    whole = primitive(p)
    common = whole.gcd(whole.derivative())
    return primitive(fmpq_poly(whole) // fmpq_poly(common)) if common.degree() > 0 else whole


def _changes(signs):
    signs = [s > 0 for s in signs if s != 0]
    return sum(a != b for a, b in pairwise(signs))


def sturm_count(p, low, high):
    """How many different real roots p has in [low, high]."""
    whole = squarefree(p)
    if whole.degree() < 1:
        return 0
    chain = [whole, primitive(whole.derivative())]
    while chain[-1].degree() > 0:
        rest = fmpq_poly(chain[-2]) % fmpq_poly(chain[-1])
        chain.append(primitive(-rest))
    at_low, at_high = ([q(x) for q in chain] for x in (fmpq(low), fmpq(high)))
    return _changes(at_low) - _changes(at_high) + int(whole(fmpq(low)) == 0)


def isolate(p, low, high):
    """The different real roots in [low, high]: pairs (a, b) with one root in the open interval, or a = b the root."""
    low, high = fmpq(low), fmpq(high)
    found = []
    whole = squarefree(p)
    if whole.degree() < 1:
        return found
    q = primitive(fmpq_poly(whole)(fmpq_poly([low, high - low])))
    for end, factor in ((0, fmpz_poly([0, 1])), (1, fmpz_poly([-1, 1]))):
        if q(end) == 0:
            found.append((low, low) if end == 0 else (high, high))
            q //= factor
    pending = [(q, 0, 0)]  # q on [0, 1] stands for p on low + (high − low)·[c, c+1]/2^k
    while pending:
        q, c, k = pending.pop()
        changes = _descartes(q)
        if changes == 0:
            continue
        if changes == 1:
            found.append(tuple(low + (high - low) * fmpq(i, 2**k) for i in (c, c + 1)))
            continue
        n = q.degree()
        left = fmpz_poly([v << (n - i) for i, v in enumerate(q.coeffs())])  # 2^n q(x/2)
        if left(1) == 0:
            middle = low + (high - low) * fmpq(2 * c + 1, 2 ** (k + 1))
            found.append((middle, middle))
            left //= fmpz_poly([-1, 1])
        pending.append((left, 2 * c, k + 1))
        pending.append((left(fmpz_poly([1, 1])), 2 * c + 1, k + 1))
    return sorted(found)


def _descartes(q):
    """A bound on the roots of q in the open (0, 1), of their parity: exact where it is 0 or 1."""
    coefficients = q.coeffs()
    return _changes(fmpz_poly(coefficients[::-1])(fmpz_poly([1, 1])).coeffs())


def refine(p, a, b, width):
    """A smaller pair (a, b) around the root isolated in (a, b): quadratic interval refinement.

    Reference: Abbott, Quadratic interval refinement for real roots, ISSAC poster (2006), arXiv 1203.1227.
    """
    p = squarefree(p)
    if a == b:
        return a, b
    falling = p(a) > 0 or (p(a) == 0 and p.derivative()(a) > 0)
    parts = 4
    while b - a > width:
        at_a, at_b = p(a), p(b)
        cell = (b - a) / parts
        i = (parts * at_a / (at_a - at_b)).round() if at_a * at_b < 0 else fmpz(parts // 2)
        middle = a + min(max(i, fmpz(1)), fmpz(parts - 1)) * cell
        at_middle = p(middle)
        if at_middle == 0:
            return middle, middle
        if (at_middle > 0) == falling:
            a, other = middle, middle + cell
        else:
            b, other = middle, middle - cell
        at_other = p(other)
        if a < other < b and at_other != 0 and (at_other > 0) == ((other < middle) == falling):
            a, b = min(middle, other), max(middle, other)
            parts *= parts
        else:
            parts = max(4, isqrt(parts))
    return a, b
