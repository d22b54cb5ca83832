"""Inner products of polynomials from exact moments in λ; orthogonal polynomials and minimisers by linear algebra.

Nothing here knows of a recurrence: the Beta integral (DLMF 5.12.1) gives E[u^k] = (β+1)_k/(α+β+2)_k for the weight
(1−u)^α u^β on [0, 1]; the Marchenko–Pastur law with ratio r has E[λ^k] = Σ_j N(k, j+1) r^j, Narayana's numbers
N(k, j+1) = C(k, j)C(k, j+1)/k (Bai and Silverstein, Spectral Analysis of Large Dimensional Random Matrices, 3.1).
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

from flint import fmpq, fmpq_mat, fmpq_poly

LAMBDA = fmpq_poly([0, 1])


def rational(value):
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


class Measure:
    """A measure through ∫p dμ for polynomials p in λ: moments of u, λ = shift + scale·u."""

    def __init__(self, moments, shift, scale):
        self.moments, self.map = moments, fmpq_poly([shift, scale])

    def integral(self, p):
        return sum((c * self.moments[k] for k, c in enumerate(p(self.map).coeffs())), fmpq(0))


def jacobi(alpha, beta, ell, L, count=30):
    alpha, beta, ell, L = map(rational, (alpha, beta, ell, L))
    moments = [fmpq(1)]
    for k in range(count):
        moments.append(moments[-1] * (beta + 1 + k) / (alpha + beta + 2 + k))
    return Measure(moments, ell, L - ell)


def marchenko_pastur(ratio, scale=1, ridge=0, count=30):
    r = rational(ratio)
    moments = [fmpq(1)]
    moments += [sum((fmpq(comb(k, j) * comb(k, j + 1), k) * r**j for j in range(k)), fmpq(0)) for k in range(1, count)]
    return Measure(moments, rational(ridge), rational(scale))


class Atoms:
    """Finitely many atoms."""

    def __init__(self, nodes, weights):
        self.nodes, self.weights = [rational(x) for x in nodes], [rational(w) for w in weights]

    def integral(self, p):
        return sum((w * p(x) for x, w in zip(self.nodes, self.weights, strict=True)), fmpq(0)) / sum(self.weights)


def sobolev(measure, eta):
    """∫PQ dμ + η∫P'Q' dμ."""
    eta = rational(eta)
    return lambda p, q: measure.integral(p * q) + eta * measure.integral(p.derivative() * q.derivative())


def jacobian(measure, c):
    """∫(P−λP')(Q−λQ') dμ + c∫PQ dμ."""
    c = rational(c)

    def error(p):
        return p - LAMBDA * p.derivative()

    return lambda p, q: measure.integral(error(p) * error(q)) + c * measure.integral(p * q)


def minimiser(product, degree):
    """(P, ⟨P, P⟩) of the P of a degree with P(0) = 1 and the least norm, from the Gram matrix of the powers of λ."""
    powers = [fmpq_poly([0] * k + [1]) for k in range(degree + 1)]
    G = fmpq_mat([[product(p, q) for q in powers] for p in powers])
    column = G.solve(fmpq_mat([[1]] + [[0]] * degree))
    values = [column[k, 0] for k in range(degree + 1)]
    return fmpq_poly([v / values[0] for v in values]), 1 / values[0]


def monic(product, size):
    """Gram–Schmidt on 1, λ, λ², …"""
    found = []
    for n in range(size):
        p = fmpq_poly([0] * n + [1])
        for q in found:
            p -= product(p, q) / product(q, q) * q
        found.append(p)
    return found
