"""Jacobi weights on any interval, over its field: λ = ℓ + (L−ℓ)u with E[u^k] = (β+1)_k/(α+β+2)_k (DLMF 5.12.1)."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import comb

from reference.fields import element, poly
from reference.moments import minimiser
from sympy.polys.matrices import DomainMatrix


@cache
def moments(alpha, beta, interval, count):
    """E[λ^k] for k = 0 … count−1, in the interval's field."""
    K = interval.K
    ell, L, _ = interval.elements
    of_u = [Fraction(1)]
    for k in range(count):
        of_u.append(of_u[-1] * (beta + 1 + k) / (alpha + beta + 2 + k))
    of_u = [element(m, K) for m in of_u]
    return [
        sum((comb(k, j) * ell ** (k - j) * (L - ell) ** j * of_u[j] for j in range(k + 1)), K.zero)
        for k in range(count)
    ]


def orthogonal(alpha, beta, interval, t):
    """The P of degree t with P(0) = 1 that is orthogonal to all lower degrees: a linear system."""
    K, m = interval.K, moments(Fraction(alpha), Fraction(beta), interval, 2 * t + 1)
    if t == 0:
        return poly([K.one], K)
    system = DomainMatrix([[m[i + j] for j in range(1, t + 1)] for i in range(t)], (t, t), K).to_field()
    right = DomainMatrix([[-m[i]] for i in range(t)], (t, 1), K).to_field()
    return poly([K.one, *(row[0] for row in system.lu_solve(right).to_list())], K)


def jacobian_kernel(alpha, beta, c, interval, t):
    """The P of degree t with P(0) = 1 and the least ∫(P−λP')² + c∫P²; λ^i − λ(λ^i)' = (1−i)λ^i."""
    K, m = interval.K, moments(Fraction(alpha), Fraction(beta), interval, 2 * t + 1)
    c = element(Fraction(c), K)
    rows = [[((1 - i) * (1 - j) * K.one + c) * m[i + j] for j in range(t + 1)] for i in range(t + 1)]
    coefficients, _ = minimiser(DomainMatrix(rows, (t + 1, t + 1), K), t)
    return poly(coefficients, K)
