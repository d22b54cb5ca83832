"""Gegenbauer polynomials and their Sobolev companions: O(1) scalars a degree, as registers.

Weight w = (1−s²)^(a−1/2) on [−1, 1], normalised; product ⟨P, Q⟩ = ∫PQw + η_s∫P'Q'w. Monic Q_n, with
Q_{n+1} = sQ_n − γ_nQ_{n−1} and ‖Q_n‖² = k_n, k_n/k_{n−1} = γ_n (DLMF 18.9.1 made monic). The combination
F_n = Q_n + c_nQ_{n−2} has F_n' = nQ_{n−1}, so it is Sobolev orthogonal to all degrees below n−2, and

    Q_n + c_nQ_{n−2} = S_n + d_nS_{n−2},    d_n = c_n/σ_{n−2},    ‖S_n‖² = σ_n k_n

gives the monic Sobolev orthogonal S_n. Constants used: a, eta_s.
"""

from __future__ import annotations

from polyunroll.program import Register

__all__ = ["REGISTERS"]

REGISTERS: tuple[Register, ...] = (
    Register.of("gamma", "t*(t+2*a-1)/(4*(t+a)*(t+a-1))", "0", "1/(2*(1+a))", first=0),
    Register.of("c", "-t*(t-1)/(4*(a+t-1)*(a+t-2))", "0", "0", first=1),
    Register.of("d", "c/sigma[t-2]", "0", "0", first=1),
    Register.of(
        "sigma",
        "1 + eta_s*t**2/gamma + c*(c-d)/(gamma*gamma[t-1])",
        "1",
        "1 + eta_s/gamma",
        first=0,
    ),
)
"""γ_n, c_n, d_n and σ_n at step t = n."""
