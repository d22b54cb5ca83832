"""No Sobolev norm for the Chebyshev weight decays faster than ξ^(2t)."""

import polyunroll as pu

SQUARE = "(2*tau*value[t-1] - c*bound[t-1])**2 >= 0"
MEAN = "square - value**2/bound >= 0"

CLAIM = pu.Claim(
    id="sobolev_least_norm",
    title="For the Chebyshev weight of mass 1 and ξ = (1−√κ)/(1+√κ) every P of degree ≤ t has ∫P² ≥ ξ^(2t) P(0)² "
    "(1−ξ²)/2, for all t ≥ 1, and so has ∫P² + η_s∫P'².",
    statement=(
        "x = X",
        SQUARE,
        MEAN,
        "square + eta_s*slope >= (1-xi**2)/2*X**2*value**2",
    ),
    kind="limit",
    variables={"xi": "(0, 1)", "eta_s": "[0, oo)", "slope": "[0, oo)"},
    free={"c": "(-oo, oo)"},
    start=1,
    definitions={"tau": "(X+1/X)/2", "bound": "2/((1-xi**2)*X**2)"},
    exponentials={"X": "xi"},
    programs={
        "sums": pu.Sequences(
            {
                # ξ^t, ∫P² and P(0) for P = Σ c_i (−1)^i T_i
                "x": ("1", "xi*x[t-1]"),
                "square": ("c**2", "square[t-1]+c**2/2"),
                "value": ("c", "value[t-1]+c*(x+1/x)/2"),
            },
            parameters={"c": "c", "xi": "xi"},
            lam="0",
            names={"x": ("x", 0), "square": ("square", 0), "value": ("value", 0)},
            registers={"x": "X"},
        ),
    },
    reference="polyunroll",
    rules=(
        {"rule": "identity"},
        {"rule": "sign"},
        {
            "rule": "induction",
            "base": {SQUARE: "1/(2*bound[t-1]*bound)"},
            "using": {SQUARE: "1/(2*bound[t-1]*bound)"},
        },
        {"rule": "sign", "using": {MEAN: "1"}},
    ),
    remark="The c_i are any numbers: every P of degree ≤ t is Σ c_i (−1)^i T_i(σ), with ∫P² = c_0² + Σ c_i²/2, and "
    "|T_i| at λ = 0 is (ξ^i + ξ^−i)/2. slope stands for ∫P'² ≥ 0.",
)
