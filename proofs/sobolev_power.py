"""The power of t in the Sobolev norm for the Chebyshev weight, and what it says of the error polynomials."""

import polyunroll as pu

# bounds on the sums of squares of g_n(σ_0), of g_n(s) and of T_(n−1)(s), each times 2/η_s or 2, and 1
FAR, NEAR, SLOPES = "M/((t+t0)**2*X**2)", "(1+16/eta_s-16/(eta_s*(2*t+1)))", "(2*t+1)"
FAR_LAST, NEAR_LAST, SLOPES_LAST = "M*xi**2/((t-1+t0)**2*X**2)", "(1+16/eta_s-16/(eta_s*(2*t-1)))", "(2*t-1)"
FAR_SQUARE = f"(3*q/(t*X)*at_zero[t-1] - eta_s*b*{FAR_LAST})**2 >= 0"
NEAR_SQUARE = f"(4*w/t*value[t-1] - eta_s*b*{NEAR_LAST})**2 >= 0"
SLOPE_SQUARE = f"(2*q*slope[t-1] - b*{SLOPES_LAST})**2 >= 0"
LOWER = f"norm - at_zero**2/({FAR}) >= 0"
INSIDE = f"norm - value**2/{NEAR} >= 0"
SLOPE = f"norm - eta_s*slope**2/{SLOPES} >= 0"

CLAIM = pu.Claim(
    id="sobolev_power",
    title="For the Chebyshev weight and η_s > 0 every P of degree ≤ t has N = ∫P² + η_s∫P'² ≥ P(0)² ξ^(2t)(t+t_0)²/M "
    "with t_0 = 6/(1−ξ²), M = t_0² + 9(1+t_0)²/(η_s(1−ξ²)): with `sobolev_rate` the least norm is between two "
    "multiples of t² ξ^(2t). And at every s in [−1, 1] P² ≤ (1 + 16/η_s)N and (dP/ds)² ≤ (2t+1)N/η_s, so the Sobolev "
    "method's max|E_t| is at most a multiple of t^(3/2) ξ^t where Chebyshev's is one of t² ξ^t.",
    statement=(
        "x = X",
        FAR_SQUARE,
        NEAR_SQUARE,
        SLOPE_SQUARE,
        LOWER,
        INSIDE,
        SLOPE,
        f"(value - l*slope)**2 <= norm*(2*{NEAR} + 2*l**2*{SLOPES}/eta_s)",
        # n = t + 2, and (n−2)|T_n| − n|T_(n−2)| at λ = 0 is 2n(n−2)|g_n|
        "t*tau_next - (t+2)*tau <= 3*t/(X*xi**2)",
        "t*tau_next - (t+2)*tau >= -3*t/(X*xi**2)",
    ),
    kind="limit",
    variables={"xi": "(0, 1)", "eta_s": "(0, oo)", "a": "(-oo, oo)", "l": "[0, oo)"},
    free={"b": "(-oo, oo)", "q": "[-1, 1]", "w": "[-1, 1]"},
    start=1,
    definitions={
        "t0": "6/(1-xi**2)",
        "M": "t0**2+9*(1+t0)**2/(eta_s*(1-xi**2))",
        "tau": "(X+1/X)/2",
        "tau_next": "(X*xi**2+1/(X*xi**2))/2",
    },
    exponentials={"X": "xi"},
    programs={
        "sums": pu.Sequences(
            {
                "x": ("1", "xi*x[t-1]"),
                "norm": ("a**2", "norm[t-1]+eta_s*b**2/2"),
                "at_zero": ("a", "at_zero[t-1]+b*3*q/(2*t*x)"),
                "value": ("a", "value[t-1]+b*2*w/t"),
                "slope": ("0", "slope[t-1]+b*q"),
            },
            parameters={name: name for name in ("a", "b", "q", "w", "eta_s", "xi")},
            lam="0",
            names={name: (name, 0) for name in ("x", "norm", "at_zero", "value", "slope")},
            registers={"x": "X"},
        )
    },
    reference="polyunroll",
    rules=(
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign"},
        {
            "rule": "induction",
            "base": {FAR_SQUARE: f"1/(2*eta_s*({FAR_LAST})*({FAR}))"},
            "using": {FAR_SQUARE: f"1/(2*eta_s*({FAR_LAST})*({FAR}))"},
        },
        {
            "rule": "induction",
            "base": {NEAR_SQUARE: f"1/(2*eta_s*{NEAR_LAST}*{NEAR})"},
            "using": {NEAR_SQUARE: f"1/(2*eta_s*{NEAR_LAST}*{NEAR})"},
        },
        {
            "rule": "induction",
            "base": {SLOPE_SQUARE: f"eta_s/(2*{SLOPES_LAST}*{SLOPES})"},
            "using": {SLOPE_SQUARE: f"eta_s/(2*{SLOPES_LAST}*{SLOPES})"},
        },
        {"rule": "sign", "using": {INSIDE: f"2*{NEAR}", SLOPE: f"2*l**2*{SLOPES}/eta_s"}},
        {"rule": "sign"},
        {"rule": "sign"},
    ),
    remark="P = a + Σ b_n g_n, n = 1, …, t, where g_n is the primitive of T_(n−1) with mean 0: g_1 = T_1, g_2 = "
    "T_2/4, g_n = T_n/(2n) − T_(n−2)/(2(n−2)) (`coherence_chebyshev`). So ∫P'² = b_1² + Σ b_n²/2, ∫P² ≥ a², and norm, "
    "with b_1²/2, is at most N. |g_n| is at most 2/n on [−1, 1], as |T_n| ≤ 1, and 3/(2nξ^n) at λ = 0 by the last two "
    "relations: 2wn/n and 3q/(2nξ^n) with |w|, |q| ≤ 1, and likewise |T_(n−1)(s)| ≤ 1 is |q| ≤ 1. −E_t = l dP/ds − P "
    "with l = s − σ_0. A lower bound of max|E_t| that has the power 3/2 is not part of this claim.",
)
