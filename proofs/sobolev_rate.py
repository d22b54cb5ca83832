"""The Sobolev method's least norm decays like ξ^(2t), up to t⁴."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="sobolev_rate",
    title="With ξ = (1−√κ)/(1+√κ) and a measure of mass 1, the least Sobolev norm among P of degree ≤ t with P(0) = 1 "
    "is at most (1 + η_s t⁴)/T_t(σ_0)², which is between ξ^(2t)(1 + η_s t⁴) and 4ξ^(2t)(1 + η_s t⁴): its rate is at "
    "least as good as Chebyshev's.",
    statement=(
        "(S*P)**2*(1+eta_s*t**4) <= 4*X**2*(1+eta_s*t**4)",
        "(S*P)**2*(1+eta_s*t**4) >= X**2*(1+eta_s*t**4)",
    ),
    kind="limit",
    variables={"k": "(0, 1)", "L": "(0, oo)", "eta_s": "[0, oo)"},
    start=1,
    definitions={
        "xi": "(1-k)/(1+k)",
        "ell": "k**2*L",
        "sigma0": "-(xi+1/xi)/2",
        "T": "S*(X+1/X)/2",
        "T_before": "-S*(X/xi+xi/X)/2",
    },
    exponentials={"X": "(1-k)/(1+k)", "S": "-1"},
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
    cites={"rate": ("chebyshev_rate", {})},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 5; the bounds are polyunroll's",
    rules=(
        {"rule": "sign", "using": {"rate: S*P <= 2*X": "(2*X+S*P)*(1+eta_s*t**4)"}},
        {"rule": "sign", "using": {"rate: S*P >= X": "(X+S*P)*(1+eta_s*t**4)"}},
    ),
    remark="P is Chebyshev's P_t(L) = 1/T_t(σ_0) and S P its modulus. Its residual T_t(σ)/T_t(σ_0) is one of the P of "
    "degree t with P(0) = 1, with |T_t| ≤ 1 and |T_t'| ≤ t² on [−1, 1] (`chebyshev_suprema`), so `kernel_minimiser` "
    "bounds 1/K_t by its norm, at most (1 + η_s t⁴)/T_t(σ_0)². A lower bound of the Sobolev norm for every η and the "
    "exact powers of t are not part of this claim.",
)
