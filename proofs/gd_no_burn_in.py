"""Gradient descent with step 1/L never lets the R-term rise."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="gd_no_burn_in",
    title="Gradient descent with h ≤ 1/L has 0 ≤ E_t ≤ 1 for all t, and E_t does not increase with t.",
    statement=(
        "E = Z*(1+(t-1)*x)/(1-x)",
        "E >= 0",
        "E <= 1",
        "E <= E[t-1]",
    ),
    kind="upper bound",
    start=1,
    variables={"lam": "(0, oo)", "x": "(0, 1)"},
    definitions={"h": "x/lam", "E": "P-lam*D"},
    exponentials={"Z": "1-x"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 2 and its discussion",
    programs={
        "gd": pu.Sequences(
            pu.GradientDescent(pu.Spectrum("1/100", 1)),
            parameters={"ell": "1", "L": "1", "h": "h"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={"x": ("Z", "-h*t*Z/(1-x)")},
        )
    },
    rules=({"rule": "identity"}, {"rule": "sign"}, {"rule": "induction"}, {"rule": "sign"}),
    remark="x is hλ ≤ hL ≤ 1; at x = 0 and x = 1 the bounds follow by continuity.",
)
