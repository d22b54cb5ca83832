"""Gradient descent with hL ≤ √2 never lets the R-term rise above its start."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="gd_no_burn_in_sqrt2",
    title="Gradient descent has |E_t(λ)| ≤ 1 for all t ≥ 1 wherever 1 < hλ ≤ √2; with `gd_no_burn_in` there is no "
    "burn-in in the R-term when hL ≤ √2.",
    statement=(
        "S*S = 1",
        "E = -S*A",
        "A >= 0",
        "A <= 1",
        "A[t-1] - A >= 0",
    ),
    kind="upper bound",
    variables={"x": "(1, 3/2)", "lam": "(0, oo)"},
    hypotheses=("x**2 <= 2",),
    start=2,
    definitions={"h": "x/lam", "u": "x-1", "E": "P-lam*D", "A": "X/u*(t+(t-1)*u)"},
    exponentials={"X": "x-1", "S": "-1"},
    reference="polyunroll",
    programs={
        "gd": pu.Sequences(
            pu.GradientDescent(pu.Spectrum("1/100", 1)),
            parameters={"ell": "1", "L": "1", "h": "h"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={"x": ("S*X", "h*t*S*X/u")},
        )
    },
    rules=(
        {"rule": "induction"},
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "induction", "base": {"x**2 <= 2": "1"}},
        {"rule": "sign", "using": {"x**2 <= 2": "X/u**2*(t-1)"}},
    ),
    remark="x is hλ and S is (−1)^t, so that A = |E_t|. |E_1| = 1, |E_2| = (hλ)² − 1, and from there on |E_t| "
    "decreases.",
)
