"""Nesterov's method in Chebyshev polynomials of both kinds."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="nesterov_closed_form",
    title="Nesterov's method with constant momentum has P_t = (ρu)^t w_t with w_t = T_t(u) + √κ u U_{t−1}(u), u² = (1 "
    "− λ/L)/(1 − κ), ρ = 1 − √κ, and P_t' = −(ρ^t/(2L(1−κ)u)) (t u^(t−1) w_t + u^t w_t'(u)).",
    statement=(
        "P = Y*w",
        "D*2*L*(1-kappa)*u = -Y*(t*w/u + dw)",
        "L*(1-kappa)*u**2 = L - lam",
        "kappa*L = ell",
    ),
    variables={"z": "(0, 1)", "a": "(0, oo)", "width": "(0, oo)"},
    definitions={
        "b": "a+width",
        "ell": "a**2",
        "L": "b**2",
        "kappa": "ell/L",
        "root_kappa": "a/b",
        "u": "(z+1/z)/2",
        "lam": "L*(1-(1-kappa)*u**2)",
        "T": "(Z+1/Z)/2",
        "U": "(Z-1/Z)/(z-1/z)",
        "w": "T+root_kappa*u*U",
        "dw": "t*U+root_kappa*U+root_kappa*u*(t*T-u*U)/(u**2-1)",
        "Tp": "(Z/z+z/Z)/2",
        "Up": "(Z/z-z/Z)/(z-1/z)",
        "wp": "Tp+root_kappa*u*Up",
        "dwp": "(t-1)*Up+root_kappa*Up+root_kappa*u*((t-1)*Tp-u*Up)/(u**2-1)",
        "rho": "1-root_kappa",
    },
    exponentials={"Z": "z", "Y": "width*(z+1/z)/(2*(a+width))"},
    reference="polyunroll; DLMF 18.5.1, 18.5.2, 18.9.21",
    programs={
        "nesterov": pu.Sequences(
            pu.Nesterov(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={
                "x": ("Y*w", "-Y*(t*w/u+dw)/(2*L*(1-kappa)*u)"),
                "previous": (
                    "Y*wp/(rho*u)",
                    "-Y*((t-1)*wp/u+dwp)/(rho*u*2*L*(1-kappa)*u)",
                ),
            },
            roots={"root": "a*b"},
            start=1,
        )
    },
    remark="a is √ℓ, b is √L, and ρu = (1−a/b)u is the base of Y; u = (z + 1/z)/2, T_t = (z^t + z^−t)/2, U_{t−1} = "
    "(z^t − z^−t)/(z − 1/z), T_t' = t U_{t−1} and (u²−1)U_{t−1}' = t T_t − u U_{t−1}. z in (0, 1) is u > 1, that is λ "
    "< ℓ; both sides are polynomials in λ, so equality there is equality everywhere.",
)
