"""The Chebyshev method is T_t(σ(λ))/T_t(σ(0)), and its derivative."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="chebyshev_closed_form",
    title="The Chebyshev method's recurrence has P_t = T_t(σ(λ))/T_t(σ_0) and P_t' = 2t U_{t−1}(σ(λ))/((L−ℓ)T_t(σ_0)).",
    statement=(
        "P*(W+1/W) = Z+1/Z",
        "D*(z-1/z)*(L-ell)*(W+1/W) = 4*t*(Z-1/Z)",
        "ell > 0",
        "L > ell",
    ),
    variables={"z": "(0, 1)", "w": "(-1, 0)", "r": "(0, oo)"},
    definitions={
        "sigma": "(z+1/z)/2",
        "sigma0": "(w+1/w)/2",
        "L": "r*(1-sigma0)",
        "ell": "r*(-1-sigma0)",
        "lam": "r*(sigma-sigma0)",
    },
    exponentials={"Z": "z", "W": "w"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 3; DLMF 18.5.1, 18.5.2",
    programs={
        "chebyshev": pu.Sequences(
            pu.Chebyshev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={
                "x": ("(Z+1/Z)/(W+1/W)", "2*t*(Z-1/Z)/((z-1/z)*r*(W+1/W))"),
                "previous": (
                    "(Z/z+z/Z)/(W/w+w/W)",
                    "2*(t-1)*(Z/z-z/Z)/((z-1/z)*r*(W/w+w/W))",
                ),
            },
            registers={
                "omega": "2*sigma0*(W/w+w/W)/(W+1/W)",
                "momentum": "2*sigma0*(W/w+w/W)/(W+1/W) - 1",
            },
            start=2,
        )
    },
    rules=({"rule": "identity"}, {"rule": "identity"}, {"rule": "sign"}, {"rule": "sign"}),
    remark="σ = (z + 1/z)/2 and T_t(σ) = (z^t + z^−t)/2, U_{t−1}(σ) = (z^t − z^−t)/(z − 1/z); r is (L−ℓ)/2 and λ = "
    "r(σ − σ_0). z in (0, 1) is σ > 1; both sides are polynomials in λ, so equality there is equality everywhere.",
)
