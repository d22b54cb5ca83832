"""Residual polynomials in closed form, over SymPy's domains.

Chebyshev's recurrence R_{t+1} = 2u·R_t − R_{t−1} has the solutions A·T_t(u) + B·U_t(u), A + B = R_0 and
(A + 2B)u = R_1. Gradient descent with momentum comes to it, each with P_t = scale^t·R_t:

- Heavy ball P_{t+1} = (1+β−hλ)P_t − βP_{t−1}, with ξ² = β and 1+β−hλ = −2ξσ(λ): scale = −ξ, u = σ, R_1 = 2σ/(1+β).
- Nesterov P_{t+1} = w((1+β)P_t − βP_{t−1}), w = 1−λ/L: scale = √(βw), u = (1+β)w/(2·scale), R_1 = 2u/(1+β).

So A = 2β/(1+β) and B = (1−β)/(1+β) in both. T_t and U_t have the parity of t: no root remains in scale^t·T_t(u).
"""

from __future__ import annotations

from functools import reduce

import sympy
from reference.fields import X, coefficients, poly


def _classical(name, t, K):
    """T_t or U_t over K."""
    make = {"T": sympy.chebyshevt_poly, "U": sympy.chebyshevu_poly}[name]
    return make(t, X, polys=True).set_domain(K)


def sigma(interval):
    """σ(λ), which maps [ℓ, L] to [−1, 1]."""
    ell, L, _ = interval.elements
    return poly([-(L + ell) / (L - ell), interval.K(2) / (L - ell)], interval.K)


def gradient_descent(interval, steps):
    """∏(1 − h_iλ), h_i in the interval's field."""
    K = interval.K
    factors = [poly([K.one, -h], K) for h in steps]
    return reduce(lambda p, q: p * q, factors, poly([K.one], K))


def chebyshev(interval, t):
    """T_t(σ)/T_t(σ(0))."""
    T = _classical("T", t, interval.K).compose(sigma(interval))
    return T.quo_ground(T.nth(0))


def _momentum_mix(t, beta, K):
    """A·T_t + B·U_t as a polynomial in u."""
    A, B = 2 * beta / (K.one + beta), (K.one - beta) / (K.one + beta)
    return _classical("T", t, K).mul_ground(A) + _classical("U", t, K).mul_ground(B)


def heavy_ball(interval, t):
    """(−ξ)^t(A·T_t(σ) + B·U_t(σ)), β = ξ²."""
    ell, L, root = interval.elements
    xi = (L + ell - 2 * root) / (L - ell)
    return _momentum_mix(t, xi * xi, interval.K).compose(sigma(interval)).mul_ground((-xi) ** t)


def nesterov(interval, t):
    """√(βw)^t(A·T_t(u) + B·U_t(u)), u = (1+β)w/(2√(βw)), term by term."""
    K = interval.K
    _, L, root = interval.elements
    beta = (L - root) / (L + root)
    mix = coefficients(_momentum_mix(t, beta, K))
    w, total = poly([K.one, -K.one / L], K), poly([K.zero], K)
    for k in range(t % 2, t + 1, 2):
        # u^k·√(βw)^t = ((1+β)/2)^k·β^((t−k)/2)·w^((t+k)/2)
        factor = mix[k] * ((K.one + beta) / 2) ** k * beta ** ((t - k) // 2)
        total += (w ** ((t + k) // 2)).mul_ground(factor)
    return total
