"""Nesterov's polynomial and derivative at the smallest eigenvalue, with the power of t in its errors."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="nesterov_at_smallest",
    title="At λ = ℓ Nesterov's method has P_t = ρ^t (1 + √κ t) and E_t = ρ^t (1 + √κ t + (κ/(2(1−κ)))((1 + 2√κ/3)t + "
    "(1 + √κ)t² + √κ t³/3)), with ρ = 1 − √κ.",
    statement=(
        "P = Y*(1+k*t)",
        "D*2*L*(1-kappa) = -Y*slope",
        "P - ell*D = Y*(1+k*t+kappa/(2*(1-kappa))*slope)",
        "kappa*L = ell",
        "P - ell*D >= Y*kappa*k*t**3/(6*(1-kappa))",
    ),
    variables={"k": "(0, 1)", "b": "(0, oo)"},
    definitions={
        "L": "b**2",
        "ell": "k**2*b**2",
        "kappa": "k**2",
        "slope": "(1+2*k/3)*t+(1+k)*t**2+k*t**3/3",
        "slope_before": "(1+2*k/3)*(t-1)+(1+k)*(t-1)**2+k*(t-1)**3/3",
    },
    exponentials={"Y": "1-k"},
    reference="polyunroll",
    programs={
        "nesterov": pu.Sequences(
            pu.Nesterov(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="ell",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={
                "x": ("Y*(1+k*t)", "-Y*slope/(2*L*(1-kappa))"),
                "previous": ("Y*(1+k*(t-1))/(1-k)", "-Y*slope_before/((1-k)*2*L*(1-kappa))"),
            },
            roots={"root": "k*b**2"},
            start=1,
        )
    },
    rules=({"rule": "identity"},) * 4 + ({"rule": "sign"},),
    remark="k is √κ and b is √L. E_t = P_t − ℓP_t' at ℓ, of one sign, so the worst case of Nesterov's method does not "
    "decay faster than t³ (1−√κ)^t.",
)
