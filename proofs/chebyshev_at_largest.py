"""The Chebyshev method's error polynomials at the largest eigenvalue."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="chebyshev_at_largest",
    title="At λ = L the Chebyshev method has P_t = 1/T_t(σ_0), P_t' = 2t²/((L−ℓ)T_t(σ_0)) and E_t = −(2t²/(1−κ) − "
    "1)/T_t(σ_0), with ω_t = 2σ_0 T_{t−1}(σ_0)/T_t(σ_0).",
    statement=(
        "P*T = 1",
        "D*T*(L-ell) = 2*t**2",
        "E*T = -(2*t**2/(1-kappa)-1)",
        "2*t**2/(1-kappa) - 1 > 0",
        "ell > 0",
        "L > ell",
    ),
    variables={"w": "(-1, 0)", "r": "(0, oo)"},
    start=1,
    definitions={
        "sigma0": "(w+1/w)/2",
        "L": "r*(1-sigma0)",
        "ell": "r*(-1-sigma0)",
        "kappa": "ell/L",
        "T": "(W+1/W)/2",
        "T_before": "(W/w+w/W)/2",
        "E": "P-L*D",
    },
    exponentials={"W": "w"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 3; DLMF 18.5.1, 18.5.2",
    programs={
        "chebyshev": pu.Sequences(
            pu.Chebyshev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="L",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={"x": ("1/T", "t**2/(r*T)"), "previous": ("1/T_before", "(t-1)**2/(r*T_before)")},
            registers={"omega": "2*sigma0*T_before/T", "momentum": "2*sigma0*T_before/T-1"},
            start=2,
        )
    },
    rules=({"rule": "identity"},) * 3 + ({"rule": "sign"},) * 3,
    remark="σ_0 = −(L+ℓ)/(L−ℓ) = (w + 1/w)/2, T_t(σ_0) = (w^t + w^−t)/2; T_t(1) = 1, T_t'(1) = t². "
    "`chebyshev_suprema` shows that these are the largest values on [ℓ, L].",
)
