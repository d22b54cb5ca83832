"""Gram matrices of Sobolev products, from exact moments; minimisers from linear systems.

The normalised weight (1−s²)^(a−1/2) on [−1, 1] has the moments E[s^(2k)] = (1/2)_k/(a+1)_k: the beta integral,
DLMF 5.12.1 and 5.2.5. Odd ones vanish.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import comb

from reference.fields import element
from sympy.polys.matrices import DomainMatrix


def weight_moments(a, count):
    """E[s^k] for k = 0 … count−1, s on [−1, 1]."""
    values, last = [], Fraction(1)
    for k in range((count + 1) // 2):
        values += [last, Fraction(0)]
        last *= (Fraction(1, 2) + k) / (a + 1 + k)
    return values[:count]


def interval_moments(a, interval, count):
    """E[λ^k], λ = center + radius·s, in the interval's field."""
    K = interval.K
    ell, L, _ = interval.elements
    center, radius = (L + ell) / 2, (L - ell) / 2
    of_s = [element(m, K) for m in weight_moments(a, count)]
    return [
        sum((comb(k, j) * center ** (k - j) * radius**j * of_s[j] for j in range(k + 1)), K.zero) for k in range(count)
    ]


@cache
def gram(a, interval, eta, degree):
    """⟨λ^i, λ^j⟩ = E[λ^(i+j)] + η·i·j·E[λ^(i+j−2)], i, j ≤ degree."""
    K = interval.K
    m, eta = interval_moments(a, interval, 2 * degree + 1), element(eta, K)
    rows = [
        [m[i + j] + (eta * i * j * m[i + j - 2] if i and j else K.zero) for j in range(degree + 1)]
        for i in range(degree + 1)
    ]
    return DomainMatrix(rows, (degree + 1, degree + 1), K)


def minimiser(G, degree):
    """(coefficients, value) of the P of a degree with P(0) = 1 and the least ⟨P, P⟩: G·p = value·e_0."""
    K = G.domain
    corner = G.extract(list(range(degree + 1)), list(range(degree + 1))).to_field()
    e0 = DomainMatrix([[K.one]] + [[K.zero]] * degree, (degree + 1, 1), K)
    column = [row[0] for row in corner.lu_solve(e0).to_list()]
    return [c / column[0] for c in column], K.one / column[0]
