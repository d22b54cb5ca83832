"""Gradient descent with hL > √2 has a burn-in."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="gd_burn_in_beyond_sqrt2",
    title="Gradient descent with hL > √2 has E_2(L) = 1 − (hL)² < −1: a burn-in in the R-term, so hL ≤ √2 is "
    "necessary for there to be none.",
    statement=("E = 1-x**2", "E < -1"),
    kind="existence",
    variables={"x": "(0, oo)", "L": "(0, oo)"},
    hypotheses=("x**2 > 2",),
    start=2,
    until=2,
    definitions={"h": "x/L", "E": "P-L*D"},
    reference="polyunroll",
    programs={
        "gd": pu.Sequences(
            pu.GradientDescent(pu.Spectrum("1/100", 1)),
            parameters={"ell": "L", "L": "L", "h": "h"},
            lam="L",
            names={"P": ("x", 0), "D": ("x", 1)},
        )
    },
    rules=({"rule": "identity"}, {"rule": "sign", "using": {"x**2 > 2": "1"}}),
    remark="x is hL.",
)
