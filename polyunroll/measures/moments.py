"""Chebyshev moments ∫T_m dμ of the measures that have a short recurrence, in balls."""

from __future__ import annotations

from flint import arb

__all__ = ["jacobi_moments", "marchenko_pastur_moments"]


def jacobi_moments(alpha: arb, beta: arb, count: int) -> list[arb]:
    """∫T_m for the weight (1−s)^α(1+s)^β of mass 1, m = 0 … count − 1, at the precision in force.

    (α+β+m+2)M_{m+1} + 2(α−β)M_m + (α+β−m+2)M_{m−1} = 0, M_0 = 1, M_1 = (β−α)/(α+β+2).

    References
    ----------
    Piessens and Branders, J. Comput. Appl. Math. 13 (1985), on modified moments of Jacobi weights.
    """
    total = alpha + beta + 2
    found = [arb(1), (beta - alpha) / total]
    for m in range(1, count - 1):
        found.append(-(2 * (alpha - beta) * found[m] + (total - m) * found[m - 1]) / (total + m))
    return found[:count]


def marchenko_pastur_moments(root: arb, count: int, has_gap: bool) -> list[arb]:
    """∫T_m(σ) for the Marchenko–Pastur law with √ratio = root, σ the map of its hull to [−1, 1].

    Orthonormal for the law are U_n(u) + ρU_{n−1}(u) in u = (λ − 1 − r)/(2ρ), so that multiplication by u is the matrix
    J with −ρ/2 in its first place, 0 on the diagonal and 1/2 beside it, and ∫f dμ is the first entry of f(J)e_0. For
    r < 1 σ is u, and 1/(1+r+2ρu) = Σ (−ρ)^k U_k(u) gives M_m = ((−ρ)^m − (−ρ)^(m−2))/2 for m ≥ 2.
    """
    if not has_gap:
        powers = [arb(1)]
        for _ in range(count):
            powers.append(-root * powers[-1])
        return [arb(1), -root / 2, *((powers[m] - powers[m - 2]) / 2 for m in range(2, count))][:count]
    half = (1 + root) ** 2 / 2
    scale, shift = 2 * root / half, (1 + root * root - half) / half

    def times(v: list[arb]) -> list[arb]:
        """The vector multiplied by σ(J), one entry longer."""
        wide = [arb(0), *v, arb(0), arb(0)]
        found = [shift * wide[k + 1] + scale * (wide[k] + wide[k + 2]) / 2 for k in range(len(v) + 1)]
        found[0] -= scale * root / 2 * v[0]
        return found

    before, now = [arb(1)], times([arb(1)])
    found = [arb(1), now[0]]
    for m in range(2, count):
        after = [2 * x for x in times(now)]
        for k, x in enumerate(before):
            after[k] -= x
        before, now = now, after[: count - m]  # what lies further comes back too late
        found.append(now[0])
    return found[:count]
