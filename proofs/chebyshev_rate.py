"""The Chebyshev method's rate is ξ = (1−√κ)/(1+√κ)."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="chebyshev_rate",
    title="With ξ = (1−√κ)/(1+√κ) the Chebyshev method has, at λ = L, ξ^t ≤ |P_t| ≤ 2ξ^t and ξ^t (2t²/(1−κ) − 1) ≤ "
    "|E_t| ≤ 2ξ^t (2t²/(1−κ) − 1), both equal to 1/|T_t(σ_0)| times what multiplies ξ^t, with |T_t(σ_0)| = (ξ^t + "
    "ξ^−t)/2.",
    statement=(
        "sigma0 = -(L+ell)/(L-ell)",
        "S*S = 1",
        "S*P*(X+1/X)/2 = 1",
        "S*E*(X+1/X)/2 = -(2*t**2/(1-kappa)-1)",
        "S*P >= X",
        "S*P <= 2*X",
        "-S*E >= X*(2*t**2/(1-kappa)-1)",
        "-S*E <= 2*X*(2*t**2/(1-kappa)-1)",
    ),
    kind="limit",
    variables={"k": "(0, 1)", "L": "(0, oo)"},
    start=1,
    definitions={
        "xi": "(1-k)/(1+k)",
        "kappa": "k**2",
        "ell": "kappa*L",
        "sigma0": "-(xi+1/xi)/2",
        "T": "S*(X+1/X)/2",
        "T_before": "-S*(X/xi+xi/X)/2",
        "E": "P-L*D",
    },
    exponentials={"X": "(1-k)/(1+k)", "S": "-1"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 3",
    programs={
        "chebyshev": pu.Sequences(
            pu.Chebyshev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="L",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={
                "x": ("1/T", "2*t**2/((L-ell)*T)"),
                "previous": ("1/T_before", "2*(t-1)**2/((L-ell)*T_before)"),
            },
            registers={"omega": "2*sigma0*T_before/T", "momentum": "2*sigma0*T_before/T-1"},
            start=2,
        )
    },
    rules=(
        {"rule": "identity"},
        {"rule": "induction"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign"},
    ),
    remark="k is √κ, X = ξ^t, S = (−1)^t, so that |P_t| = S P_t and |E_t| = −S E_t. `chebyshev_suprema` shows that "
    "these are the largest values on [ℓ, L]: the worst case decays like t² ξ^t.",
)
