"""Real roots of exact polynomials on an interval: counted by Sturm's theorem, isolated by Descartes' rule of signs.

Both are exact, in whole numbers, and share nothing: neither with one another nor with the package.

References: Basu, Pollack, Roy, Algorithms in Real Algebraic Geometry (2006), Theorem 2.50 (Sturm), Theorem 2.33
(Descartes) and Algorithm 10.4 (isolation by bisection, each piece brought to [0, 1]).
"""

from __future__ import annotations

from itertools import pairwise

from flint import arb, fmpq, fmpq_poly, fmpz, fmpz_poly


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
    """The root of p isolated in (a, b), as a ball whose radius is at most `width`, a power of 2, or so."""
    if a == b:
        return arb(a)
    p = fmpq_poly(squarefree(p))
    slope, rising = p.derivative(), _above(p, b)
    x, step = (a + b) / 2, b - a
    while step > width:
        # Newton's step, rounded; wherever it does not at least halve the interval, bisection
        bits = 2 * int((1 / step).p // (1 / step).q).bit_length() + 16
        below = slope(x)
        guess = x if below == 0 else _rounded(x - p(x) / below, bits)
        near = [guess - step**2, guess + step**2] if step < 1 else []
        ends = [e for e in (*near, (a + b) / 2) if a < e < b]
        for end in ends:
            if a < end < b:
                value = p(end)
                if value == 0:
                    return arb(end)
                if (value > 0) == rising:
                    b = end
                else:
                    a = end
        x, step = _rounded((a + b) / 2, bits), b - a
    return arb(a).union(arb(b))


def _above(p, b):
    """Whether p is positive just below b, inside the interval of its one root."""
    value = p(b)
    return value > 0 if value != 0 else p.derivative()(b) < 0


def _rounded(x, bits):
    return fmpq(int(x * fmpq(2) ** bits).__floor__() if False else (x * fmpq(2) ** bits).floor(), 1) / fmpq(2) ** bits
