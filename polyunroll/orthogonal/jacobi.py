"""Jacobi polynomials and the combinations with a short derivative: O(1) scalars a degree, as registers.

Weight w = (1−s)^α(1+s)^β on [−1, 1], normalised. Monic p_n, with p_{n+1} = (s − b_n)p_n − γ_n p_{n−1} and
‖p_n‖² = k_n, k_n/k_{n−1} = γ_n (DLMF 18.9.2 made monic). F_n = p_n + e_n p_{n−1} + f_n p_{n−2} has F_n' = n p_{n−1}
(DLMF 18.9.15 and the expansion of p_n in Jacobi polynomials of α+1, β+1; F_n is free up to a constant, which is 0 for
n ≤ 2). So every product of the form ∫ 𝓐P·𝓐Q w, 𝓐 made of 1, d/ds and s d/ds, has a Gram matrix in the F_n that
vanishes more than two places off its diagonal: see `kernel`. Constants used: alpha, beta, ab = alpha + beta.
"""

from __future__ import annotations

from polyunroll.program import Register

__all__ = ["JACOBIAN_KERNEL", "RECURRENCE", "SOBOLEV"]

RECURRENCE: tuple[Register, ...] = (
    Register.of("b", "(beta-alpha)*ab/((2*t+ab)*(2*t+ab+2))", "(beta-alpha)/(ab+2)", first=0),
    Register.of(
        "gamma",
        "4*t*(t+alpha)*(t+beta)*(t+ab)/((2*t+ab)**2*(2*t+ab+1)*(2*t+ab-1))",
        "0",
        "4*(1+alpha)*(1+beta)/((2+ab)**2*(3+ab))",
        first=0,
    ),
)
"""b_n and γ_n at step t = n."""

_COHERENCE: tuple[Register, ...] = (
    Register.of("e", "2*t*(alpha-beta)/((2*t+ab)*(2*t+ab-2))", "0", first=1),
    Register.of("f", "-t*gamma[t-1]/(t-1+ab)", "0", "0", first=1),
)

SOBOLEV: tuple[Register, ...] = (
    *RECURRENCE,
    *_COHERENCE,
    Register.of("g0", "1 + (e*e+eta_s*t**2)/gamma + f*f/(gamma*gamma[t-1])", "1", "1+eta_s/gamma", first=0),
    Register.of("g1", "e + f*e[t-1]/gamma[t-1]", "0", first=1),
    Register.of("g2", "f", "0", first=1),
)
"""With the Gram matrix of ∫PQ w + η_s∫P'Q' w in the F_n: ⟨F_n, F_{n−i}⟩/k_{n−i} is g_i. Constant used: eta_s."""

# 𝓐F_n = F_n − (s − z0)·n·p_{n−1} = (1−n)p_n + a1 p_{n−1} + a2 p_{n−2}, and λ d/dλ = (s − z0) d/ds.
JACOBIAN_KERNEL: tuple[Register, ...] = (
    *RECURRENCE,
    *_COHERENCE,
    Register.of("a1", "e - t*(b[t-1]-z0)", first=1),
    Register.of("a2", "f - t*gamma[t-1]", first=1),
    Register.of(
        "g0",
        "(1-t)**2 + c + (a1*a1+c*e*e)/gamma + (a2*a2+c*f*f)/(gamma*gamma[t-1])",
        "1+c",
        "c+a1*a1/gamma",
        first=0,
    ),
    Register.of("g1", "(2-t)*a1 + a2*a1[t-1]/gamma[t-1] + c*(e + f*e[t-1]/gamma[t-1])", "a1", first=1),
    Register.of("g2", "(3-t)*a2 + c*f", "0", first=1),
)
"""The same for ∫(P−λP')(Q−λQ') w + c∫PQ w. Constants used: z0 = σ(0) and c."""
