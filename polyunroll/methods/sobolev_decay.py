"""How large a polynomial can be on [ℓ, L] whose mean square is known: what decays of Sobolev methods rest on.

With an integer m ≥ 0 and (1−s²)^m ds ≤ M dμ, μ of mass 1, every p of degree n has max|p|² ≤ K_n(1,1)·M·∫p² dμ, K_n the
kernel of the weight (1−s²)^m, which is largest at (1, 1) (Szegő, Theorem 7.32.1) and there

    2^(−2m−1)/(m!(m+1)!)·(n+1)(n+2)…(n+2m+1)·(n+m+1) ≤ 2^(−2m−1)/(m!(m+1)!)·(n+m+1)^(2m+2)    (4.5.8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import comb, factorial
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import sign
from polyunroll.methods.base import Decay, Envelope, chebyshev_rate

__all__ = [
    "end_power",
    "gegenbauer_mass",
    "jacobi_mass",
    "jacobian_kernel_envelopes",
    "larger",
    "marchenko_pastur_mass",
    "minimiser_decay",
    "polynomial_product",
    "size_of",
    "sobolev_envelopes",
]


def polynomial_product(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
    """The product of two polynomials."""
    total = [0 * a[0]] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            total[i + j] = total[i + j] + x * y
    return tuple(total)


def _shifted_power(shift: int, exponent: int) -> tuple[int, ...]:
    """(t + shift)^exponent."""
    return tuple(comb(exponent, k) * shift ** (exponent - k) for k in range(exponent + 1))


def larger(a: Any, b: Any) -> Any:
    """The larger of two exact numbers."""
    return a if sign(a - b) >= 0 else b


def jacobi_mass(alpha: Any, beta: Any) -> tuple[Any, int]:
    """(M, m) for the weight (1−s)^α(1+s)^β, in balls.

    M₀ dμ = (1−s)^α(1+s)^β ds, M₀ = 2^(α+β+1)B(α+1, β+1), and (1−s)^(m−α)(1+s)^(m−β) ≤ 2^(2m−α−β).
    """
    m = 0
    while not (alpha <= m and beta <= m):
        m += 1
    two = 0 * alpha + 2
    integral = two ** (alpha + beta + 1) * (alpha + 1).gamma() * (beta + 1).gamma() / (alpha + beta + 2).gamma()
    return integral * two ** (2 * m - alpha - beta), m


def marchenko_pastur_mass(values: Mapping[str, Any]) -> tuple[Any, int]:
    """(M, m) for ratio ≤ 1: dμ = (2/π)√(1−s²)/(1+r+2√r s) ds, the denominator at most (1+√r)²."""
    return (1 + values["root"]) ** 2 * values["ratio"].pi() / 2, 1


def size_of(mass: Any, m: int, less: int = 0) -> tuple[Any, ...]:
    """A polynomial in t that bounds max|p|/(∫p² dμ)^(1/2) for p of degree t − less ≥ 0."""
    factor = (mass / (2 ** (2 * m + 1) * factorial(m) * factorial(m + 1))).sqrt()
    return tuple(factor * v for v in _shifted_power(m + 1 - less, m + 1))


def gegenbauer_mass(a: Any) -> tuple[Any, int]:
    """(M, m) for the weight (1−s²)^(a−1/2): M dμ = (1−s²)^(a−1/2) ds ≥ (1−s²)^m ds, M = √π Γ(a+1/2)/Γ(a+1)."""
    half, m = 0 * a + 1 / (0 * a + 2), 0
    while not a <= half + m:
        m += 1
    return half.gamma() * (a + half).gamma() / (a + 1).gamma(), m


# In s = σ(λ), ' = d/ds, P_t is the least of ∫P² dμ + η_s∫P'² dμ among P of degree ≤ t that are 1 at λ = 0. Chebyshev's
# residual T_t/T_t(s0) is one of them, with |T_t| ≤ 1, |T_t'| ≤ t², 1/|T_t(s0)| ≤ 2ξ^t. So
#
#     ∫P_t² dμ + η_s∫P_t'² dμ ≤ (1 + η_s t⁴)·4ξ^(2t) ≤ (2(1 + √η_s t²)ξ^t)².
#
# That bounds P_t (n = t), and P_t' in two ways: by Markov's |P_t'| ≤ t² max|P_t|, and (n = t−1) by ∫P_t'² dμ itself.
def sobolev_envelopes(values: Mapping[str, Any], mass: Any, m: int) -> tuple[Envelope, ...]:
    """The bounds above, with that on P_t' which is smaller for t near 10/ln(1/ξ)."""
    ratio, width = chebyshev_rate(values, lambda x: x.sqrt()), values["L"] - values["ell"]
    root = 2 * values["eta"].sqrt() / width
    zero = 0 * root
    energy = (zero + 2, zero, 2 * root)
    P = polynomial_product(energy, size_of(mass, m))
    if root * (10 / ratio.log()) ** 2 > 1:
        D = tuple(v / root for v in polynomial_product(energy, size_of(mass, m, 1)))
    else:
        D = (zero, zero, *P)
    length = max(len(P), len(D))
    P, D = (tuple(p) + (zero,) * (length - len(p)) for p in (P, [2 * v / width for v in D]))
    return (Envelope(ratio, P, tuple(p + values["L"] * d for p, d in zip(P, D, strict=True)), D),)


# Chebyshev's residual has |E_t| ≤ (2t²/(1−κ))·2ξ^t. So the least ∫E² dμ + c∫P² dμ is at most (2(2t²/(1−κ) + √c)ξ^t)²,
# which bounds E_t and √c P_t, both of degree ≤ t, and λD_t = P_t − E_t.
def jacobian_kernel_envelopes(values: Mapping[str, Any], mass: Any, m: int) -> tuple[Envelope, ...]:
    """The bounds above."""
    root, ell = values["c"].sqrt(), values["ell"]
    energy = (2 * root, 0 * root, 4 / (1 - ell / values["L"]))
    E = polynomial_product(energy, size_of(mass, m))
    P = tuple(v / root for v in E)
    D = tuple((p + e) / ell for p, e in zip(P, E, strict=True))
    return (Envelope(chebyshev_rate(values, lambda x: x.sqrt()), P, E, D),)


def minimiser_decay(
    envelopes: Callable[[Mapping[str, Any]], tuple[Envelope, ...]], power: Callable[[Mapping[str, Any]], Any], norm: str
) -> Decay:
    """What a family of minimisers declares."""
    return Decay(
        lambda values, sqrt: (chebyshev_rate(values, sqrt),),
        power,
        envelopes,
        upper=f"P_t minimises {norm}; max|p|² is at most the kernel at (1, 1) times ∫p² for a weight (1−s²)^m below a "
        "multiple of μ (Szegő 4.5.8, 7.32)",
        lower="max|E_t| ≥ 1/|T_t(σ(0))| ≥ ξ^t for every method",
        power_source="asymptotic analysis: orthonormal polynomials of a weight like (1−s)^α are of size t^(α+1/2) at 1",
        power_proved=False,
    )


def end_power(values: Mapping[str, Any], largest_exponent: Any) -> Any:
    """The power of t of a minimiser's error, for a weight like (1∓s)^α at its ends, α at most `largest_exponent`.

    With a derivative in the norm, P_t' is like an orthonormal polynomial of the weight, of size t^(α+1/2) at an end and
    t^0 inside, times t ξ^t. Without one (η = 0) P_t is like one times ξ^t, and its derivative is t² times larger there.
    """
    a = largest_exponent + fmpq(1, 2)
    if "eta" in values and sign(values["eta"]) == 0:
        return a + 2
    return a + 1 if sign(a) > 0 else fmpq(1)
