"""Kernel polynomials at λ = 0 of products with a banded Gram matrix: an overflow-free program for any of them.

Given are the monic orthogonal polynomials of a weight, p_{n+1} = (z − b_n)p_n − γ_n p_{n−1}, ‖p_n‖² = k_n, in a
coordinate z = z0 + hλ, and monic combinations F_n = p_n + e_n p_{n−1} + f_n p_{n−2} (+ g_n p_{n−3}) for which a second
product has ⟨F_n, F_m⟩ = 0 whenever |n − m| is more than their width w, 2 or 3. The Cholesky factors of a banded matrix
are banded: the second product's monic orthogonal polynomials S_n satisfy

    F_n = S_n + Σ_{i=1…w} d_i S_{n−i},    d_i = ⟨F_n, S_{n−i}⟩/s_{n−i},    s_n = ‖S_n‖² = σ_n k_n,

with d_w, …, d_1 and σ_n from the Gram matrix by forward substitution (Golub and Van Loan, Matrix Computations, 4.3.5).

The program holds q = p_n/p_n(0), which exists because 0 lies outside the support; y = S_n/p_n(0) with weight A_n, which
may vanish; and x, the running average K_n(λ,0)/K_n(0,0), K_n(λ,0) = Σ_{i≤n} S_i(0)S_i(λ)/s_i. ϖ_n is p_{n−1}(0)/p_n(0),
`kernel` is K_n(0,0)k_n/p_n(0)². No number grows or decays with n, and nothing is divided by S_n(0).
"""

from __future__ import annotations

from collections.abc import Mapping

from polyunroll.program import Program, Register, State

__all__ = ["kernel_program"]

# n_i is ⟨F_n, S_{n−i}⟩/k_{n−i} = d_i σ_{n−i}.
_VARPI = "1/(z0 - b[t-1] - gamma[t-1]*varpi[t-1])"
_WIDTH_2 = (
    Register.of("d2", "g2/sigma[t-2]", "0", first=1),
    Register.of("n1", "g1 - d1[t-1]*g2/gamma[t-1]", "g1", first=1),
    Register.of("d1", "n1/sigma[t-1]", first=1),
    Register.of("sigma", "g0 - (d1*n1 + d2*g2/gamma[t-1])/gamma", "g0", "g0 - d1*n1/gamma", first=0),
    Register.of("varpi", _VARPI, "0", first=0),
    Register.of("A", "1 + varpi*(e - d1*A[t-1] + varpi[t-1]*(f - d2*A[t-2]))", "1", "1", first=-1),
)
_WIDTH_3 = (
    Register.of("d3", "g3/sigma[t-3]", "0", "0", first=1),
    Register.of("n2", "g2 - d1[t-2]*g3/gamma[t-2]", "0", "g2", first=1),
    Register.of("d2", "n2/sigma[t-2]", "0", first=1),
    Register.of(
        "n1", "g1 - (d1[t-1]*n2 + d2[t-1]*g3/gamma[t-2])/gamma[t-1]", "g1", "g1 - d1[t-1]*n2/gamma[t-1]", first=1
    ),
    Register.of("d1", "n1/sigma[t-1]", first=1),
    Register.of(
        "sigma",
        "g0 - (d1*n1 + (d2*n2 + d3*g3/gamma[t-2])/gamma[t-1])/gamma",
        "g0",
        "g0 - d1*n1/gamma",
        "g0 - (d1*n1 + d2*n2/gamma[t-1])/gamma",
        first=0,
    ),
    Register.of("varpi", _VARPI, "0", "0", first=-1),
    Register.of(
        "A",
        "1 + varpi*(e - d1*A[t-1] + varpi[t-1]*(f - d2*A[t-2] + varpi[t-2]*(g - d3*A[t-3])))",
        "1",
        "1",
        "1",
        first=-2,
    ),
)


def kernel_program(
    width: int, parameters: tuple[str, ...], constants: Mapping[str, str], registers: tuple[Register, ...]
) -> Program:
    """The program whose P_t is the kernel polynomial K_t(λ,0)/K_t(0,0) of a product.

    Parameters
    ----------
    width : {2, 3}
    parameters, constants : as of a Program
        Among them z0 and h.
    registers : tuple of Register
        b, gamma, e, f (and g), and the Gram matrix g0, …, g_width with ⟨F_n, F_{n−i}⟩ = g_i k_{n−i}.

    Returns
    -------
    Program
    """
    y_next = {
        "q_next": "1",
        "q": "varpi*e",
        "q_previous": "varpi*varpi[t-1]*f",
        "y": "-varpi*d1",
        "y_previous": "-varpi*varpi[t-1]*d2",
    }
    states: tuple[State, ...] = (
        State.of("x"),
        State.of("q"),
        State.of("q_previous"),
        State.of("y", "A"),
        State.of("y_previous", "A[t-1]"),
    )
    before: dict[str, dict[str, str]] = {}
    if width == 3:
        y_next["q_before"] = "varpi*varpi[t-1]*varpi[t-2]*g"
        y_next["y_before"] = "-varpi*varpi[t-1]*varpi[t-2]*d3"
        states = (*states, State.of("q_before"), State.of("y_before", "A[t-2]"))
        before = {"q_before": {"q_previous": "1"}, "y_before": {"y_previous": "1"}}
    return Program.of(
        parameters=parameters,
        constants=constants,
        registers=(
            *registers,
            *(_WIDTH_2 if width == 2 else _WIDTH_3),
            Register.of("kernel", "gamma*varpi**2*kernel[t-1] + A*A/sigma", "1/sigma", first=0),
        ),
        states=states,
        query={"q": "1"},
        assignments={
            "q_next": {
                "q": "varpi*(z0-b[t-1])",
                "q_previous": "-varpi*gamma[t-1]*varpi[t-1]",
                "gradient": "varpi*h",
            },
            "y_next": y_next,
            "x": {"x": "gamma*varpi**2*kernel[t-1]/kernel", "y_next": "A/(sigma*kernel)"},
            **before,
            "q_previous": {"q": "1"},
            "q": {"q_next": "1"},
            "y_previous": {"y": "1"},
            "y": {"y_next": "1"},
        },
    )
