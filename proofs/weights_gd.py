"""Gradient descent's residual polynomial is 1 at 0."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="weights_gd",
    title="Gradient descent with a constant step has P_t(0) = 1 and E_t(0) = 1.",
    statement=("P = 1", "P - lam*D = 1"),
    variables={"h": "(0, oo)"},
    definitions={"lam": "0"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 2",
    programs={
        "gd": pu.Sequences(
            pu.GradientDescent(pu.Spectrum("1/100", 1)),
            parameters={"ell": "1", "L": "1", "h": "h"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={"x": ("1", "-h*t")},
        )
    },
    remark="The program uses no other parameter than h. λ is 0.",
)
