"""Polynomials on [ℓ, L] as cosine sums f(θ) = Σ a_k cos kθ, λ = center + radius·cos θ, with ball coefficients.

Chebyshev coefficients in λ are Fourier coefficients in θ, so nothing is ever expanded in powers of λ (which loses 2.55
bits a degree). All functions work at the precision in force.
"""

from __future__ import annotations

from flint import acb, arb, arb_mat, arb_poly

__all__ = ["Cosine", "derivative", "error_pair", "product", "times_lambda"]

Balls = list[arb]

_BLOCK = 2048
"""Coefficients a matrix takes at a time, for the sake of memory."""


def derivative(a: Balls, radius: arb) -> Balls:
    """Chebyshev coefficients of dP/dλ: c_{k−1} = c_{k+1} + 2k a_k, halved at 0 (DLMF 18.9.21 and 18.7)."""
    n = len(a) - 1
    c = [arb(0)] * (n + 2)
    for k in range(n, 0, -1):
        c[k - 1] = c[k + 1] + 2 * k * a[k]
    c[0] = c[0] / 2
    scale = 1 / radius
    return [v * scale for v in c[: max(n, 1)]]


def times_lambda(a: Balls, center: arb, radius: arb) -> Balls:
    """Chebyshev coefficients of λP: x T_k = (T_{k+1} + T_{|k−1|})/2."""
    out = [center * v for v in a] + [arb(0)]
    half = radius / 2
    for k, v in enumerate(a):
        w = half * v
        out[k + 1] += w
        out[abs(k - 1)] += w
    return out


def error_pair(a: Balls, center: arb, radius: arb) -> tuple[Balls, Balls]:
    """(E, D) = (P − λP', P') from P, all in the Chebyshev basis."""
    if len(a) == 1:
        return [a[0]], [arb(0)]
    D = derivative(a, radius)
    shifted = times_lambda(D, center, radius)
    return [p - q for p, q in zip(a, shifted, strict=True)], D


def product(a: Balls, b: Balls) -> Balls:
    """Chebyshev coefficients of a product, by one fast multiplication of symmetric Laurent polynomials."""
    m, n = len(a) - 1, len(b) - 1
    p = arb_poly([v / 2 for v in reversed(a[1:])] + [a[0]] + [v / 2 for v in a[1:]])
    q = p if a is b else arb_poly([v / 2 for v in reversed(b[1:])] + [b[0]] + [v / 2 for v in b[1:]])
    r = (p * q).coeffs()
    r += [arb(0)] * (2 * (m + n) + 1 - len(r))
    return [r[m + n], *(2 * r[m + n + k] for k in range(1, m + n + 1))]


class Cosine:
    """f(θ) = Σ a_k cos kθ of degree n, its derivatives at points and on a grid.

    Parameters
    ----------
    a : list of arb
        a_0 … a_n.
    """

    def __init__(self, a: Balls) -> None:
        self.a = a
        self.n = len(a) - 1

    def derivatives(self, thetas: list[arb], order: int) -> list[Balls]:
        """f^(0) … f^(order) at each θ, by a product of matrices: f^(m)(θ) = Re i^m Σ k^m a_k z^k, z = e^iθ.

        With z^k = z^⌊k/2⌋ z^⌈k/2⌉ errors grow with log k; Horner's scheme would lose half a bit a degree, for the ball
        of a product with z is up to √2 times as wide.
        """
        waves: list[Balls] = []
        for theta in thetas:
            powers = [acb(1), acb(theta.cos(), theta.sin())]
            for k in range(2, self.n + 1):
                powers.append(powers[k // 2] * powers[k - k // 2])
            waves += [[z.real for z in powers[: self.n + 1]], [z.imag for z in powers[: self.n + 1]]]
        total = arb_mat(order + 1, len(waves))
        for start in range(0, self.n + 1, _BLOCK):
            stop = min(start + _BLOCK, self.n + 1)
            terms, entries = arb_poly(self.a[start:stop]), []
            for _ in range(order + 1):
                row = terms.coeffs()
                entries += row + [arb(0)] * (stop - start - len(row))
                terms = start * terms + terms.derivative().left_shift(1)  # k^m a_k z^k to k^(m+1) a_k z^k
            columns = [v for pair in zip(*(wave[start:stop] for wave in waves), strict=True) for v in pair]
            total += arb_mat(order + 1, stop - start, entries) * arb_mat(stop - start, len(waves), columns)
        return [
            [-total[m, 2 * i + m % 2] if m % 4 in (1, 2) else total[m, 2 * i + m % 2] for m in range(order + 1)]
            for i in range(len(thetas))
        ]

    def taylor(self, theta: arb, order: int) -> Balls:
        """f^(0)(θ) … f^(order)(θ)."""
        return self.derivatives([theta], order)[0]

    def value(self, theta: arb) -> arb:
        """f(θ)."""
        return self.taylor(theta, 0)[0]

    def grid(self, N: int, start: int = 0) -> list[Balls]:
        """f^(m)/n^m for m = start … start + 3 at θ_j = jπ/N, j = 0 … N, by one discrete Fourier transform in balls.

        S(θ) = Σ u_k cos kθ − i Σ w_k sin kθ with u = p_0 − ip_2, w = −p_3 − ip_1 and p_m = (k/n)^(start+m) a_k: the
        even part of S is f + if″ and its odd part f′ + if‴, scaled so that all four are of one size.

        Parameters
        ----------
        N : int
            At least n.
        start : int
            A multiple of 4.
        """
        size = 2 * N
        spectrum = [acb(0)] * size
        for k, value in enumerate(self.a):
            x = arb(k) / max(self.n, 1)
            p0 = value * x**start if start else value
            p1 = x * p0
            p2 = x * p1
            u, w = acb(p0, -p2) / 2, acb(-x * p2, -p1) / 2
            spectrum[k] += u + w
            spectrum[-k] += u - w
        transform = acb.dft(spectrum)  # S_j = Σ c_k e^{−2πi jk/size}
        found: list[Balls] = [[], [], [], []]
        for j in range(N + 1):
            plus, minus = transform[j % size], transform[-j]  # at +θ_j and −θ_j
            even, odd = (plus + minus) / 2, (plus - minus) / 2
            for values, value in zip(found, (even.real, odd.real, even.imag, odd.imag), strict=True):
                values.append(value)
        return found
