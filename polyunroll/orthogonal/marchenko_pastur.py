"""Marchenko–Pastur polynomials and their combinations with a short derivative: O(1) scalars a degree, as registers.

Ratio r = features/samples, 0 < r ≤ 1, mass 1. In z = λ − 1 − r, the law's support is |z| ≤ 2√r, and everything is
rational in r: monic p_n with p_{n+1} = z p_n − r p_{n−1} and p_1 = z + r, so b_0 = −r, b_n = 0, ‖p_n‖² = r^n
(that is p_n = r^(n/2)(U_n + √r U_{n−1}) at z/(2√r)). The combinations

    F_n = p_n + r p_{n−1} − r p_{n−2} − r² p_{n−3}    have    F_n' = n p_{n−1} + r(n−2) p_{n−2}    in z,

terms of negative index left out. So a product made of 1, d/dz and z d/dz has a Gram matrix in the F_n that vanishes
more than three places off its diagonal: see `kernel`. Constants used: ratio, and e = ratio.
"""

from __future__ import annotations

from polyunroll.program import Register

__all__ = ["JACOBIAN_KERNEL", "SOBOLEV"]

_RECURRENCE: tuple[Register, ...] = (
    Register.of("b", "0", "-ratio", first=0),
    Register.of("gamma", "ratio", "0", first=0),
    Register.of("f", "-ratio", "0", first=1),
    Register.of("g", "-ratio**2", "0", "0", first=1),
)

SOBOLEV: tuple[Register, ...] = (
    *_RECURRENCE,
    Register.of(
        "g0",
        "2 + 2*ratio + eta_z*(t**2/ratio + (t-2)**2)",
        "1",
        "1 + ratio + eta_z/ratio",
        "2 + ratio + 4*eta_z/ratio",
        first=0,
    ),
    Register.of("g1", "ratio + eta_z*(t-1)*(t-2)", "ratio", "0", first=1),
    Register.of("g2", "-ratio - ratio**2", "0", "-ratio", first=1),
    Register.of("g3", "-ratio**2", "0", "0", first=1),
)
"""With the Gram matrix of ∫PQ dμ + η_z∫(dP/dz)(dQ/dz) dμ: ⟨F_n, F_{n−i}⟩/k_{n−i} is g_i. Constant used: eta_z."""

# F_n − (z − z0)F_n' = (1−n)p_n + a1 p_{n−1} + a2 p_{n−2} + a3 p_{n−3}, m = r(n−2), and λ d/dλ = (z − z0) d/dz.
JACOBIAN_KERNEL: tuple[Register, ...] = (
    *_RECURRENCE,
    Register.of("m", "ratio*(t-2)", "0", first=1),
    Register.of("a1", "ratio + t*z0 - m", "2*ratio + z0", first=1),
    Register.of("a2", "f - t*gamma[t-1] + m*z0", "0", first=1),
    Register.of("a3", "g - m*ratio", "0", "0", first=1),
    Register.of(
        "g0",
        "(1-t)**2 + (a1*a1 + (a2*a2 + a3*a3/ratio)/ratio)/ratio + 2*c*(1+ratio)",
        "1 + c",
        "a1*a1/ratio + c*(1+ratio)",
        "1 + (a1*a1 + a2*a2/ratio)/ratio + c*(2+ratio)",
        first=0,
    ),
    Register.of(
        "g1",
        "(2-t)*a1 + (a2*a1[t-1] + a3*a2[t-1]/ratio)/ratio + c*ratio",
        "a1 + c*ratio",
        "a2*a1[t-1]/ratio",
        first=1,
    ),
    Register.of("g2", "(3-t)*a2 + a3*a1[t-2]/ratio - c*(ratio+ratio**2)", "0", "a2 - c*ratio", first=1),
    Register.of("g3", "(4-t)*a3 - c*ratio**2", "0", "0", first=1),
)
"""The same for ∫(P−λP')(Q−λQ') dμ + c∫PQ dμ. Constants used: z0, the z of λ = 0, and c."""
