"""Gradient descent's residual polynomial and its derivative."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="gd_residual",
    title="Gradient descent with a constant step has P_t = (1 − hλ)^t, P_t' = −ht(1 − hλ)^(t−1) and E_t = (1 − "
    "hλ)^(t−1)(1 + (t−1)hλ).",
    statement=(
        "P = Z",
        "D*(1-x) = -h*t*Z",
        "E*(1-x) = Z*(1+(t-1)*x)",
    ),
    variables={"lam": "(0, oo)", "x": "(0, 1)"},
    definitions={"h": "x/lam", "E": "P-lam*D"},
    exponentials={"Z": "1-x"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 2",
    programs={
        "gd": pu.Sequences(
            pu.GradientDescent(pu.Spectrum("1/100", 1)),
            parameters={"ell": "1", "L": "1", "h": "h"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={"x": ("Z", "-h*t*Z/(1-x)")},
        )
    },
    remark="x is hλ. For each t both sides are polynomials in x, so equality on (0, 1) is equality for all x.",
)
