"""Gradient descent's second derivative, and with it the slope of E_t."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="gd_second_derivative",
    title="Gradient descent has P_t'' = t(t−1)h²(1 − hλ)^(t−2) and E_t' = −λP_t'' = −t(t−1)h²λ(1 − hλ)^(t−2), so for "
    "hλ < 1 E_t does not increase with λ.",
    statement=(
        "S*(1-x)**2 = t*(t-1)*h**2*Z",
        "slope*(1-x)**2 = -t*(t-1)*h**2*lam*Z",
        "slope <= 0",
    ),
    variables={"lam": "(0, oo)", "x": "(0, 1)"},
    start=1,
    definitions={"h": "x/lam", "slope": "D-(D+lam*S)"},
    exponentials={"Z": "1-x"},
    reference="polyunroll",
    programs={
        "gd": pu.Sequences(
            pu.GradientDescent(pu.Spectrum("1/100", 1)),
            parameters={"ell": "1", "L": "1", "h": "h"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1), "S": ("x", 2)},
            states={"x": ("Z", "-h*t*Z/(1-x)", "t*(t-1)*h**2*Z/(1-x)**2")},
        )
    },
    rules=({"rule": "identity"}, {"rule": "identity"}, {"rule": "sign"}),
    remark="x is hλ, S is P_t'', and the slope of E_t = P_t − λP_t' is P_t' − (P_t' + λP_t''). For each t both sides "
    "of the identities are polynomials in x, so equality on (0, 1) is equality for all x.",
)
