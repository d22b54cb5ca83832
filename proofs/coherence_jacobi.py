"""Jacobi weights: a combination of three neighbours whose derivative is one polynomial."""

import polyunroll as pu

UP = "(1-s**2)*q = up*p + down*p[t-1]"
LAST = "(1-s**2)*q[t-1] = up_last*p[t-1] + down_last*rest/gamma_last"
BEFORE = "(1-s**2)*q[t-2] = ((1-s**2)*p[t-1] + (s-b_last)*(1-s**2)*q[t-1] - (1-s**2)*q)/gamma_last"
GAMMA = "4*t*(t+alpha)*(t+beta)*(t+alpha+beta)/((2*t+alpha+beta)**2*(2*t+alpha+beta+1)*(2*t+alpha+beta-1))"

CLAIM = pu.Claim(
    id="coherence_jacobi",
    title="For the weight (1−s)^α(1+s)^β with any α, β > −1 the monic Jacobi polynomials p_n have (p_n + e_n p_(n−1) + "
    "f_n p_(n−2))' = n p_(n−1) for every n ≥ 3, e_n = 2n(α−β)/((2n+α+β)(2n+α+β−2)) and f_n = "
    "−4n(n−1)(n−1+α)(n−1+β)/((2n+α+β−1)(2n+α+β−2)²(2n+α+β−3)).",
    statement=(UP, LAST, BEFORE, "q + e*q[t-1] + f*q[t-2] = t*p[t-1]"),
    start=3,
    variables={"alpha": "(-1, oo)", "beta": "(-1, oo)", "s": "(-1, 1)"},
    definitions={
        "n": "2*t+alpha+beta",
        "up": "t*((alpha-beta)/n-s)",
        "down": "4*t*(t+alpha)*(t+beta)*(t+alpha+beta)/(n**2*(n-1))",
        "up_last": "(t-1)*((alpha-beta)/(n-2)-s)",
        "down_last": "4*(t-1)*(t-1+alpha)*(t-1+beta)*(t-1+alpha+beta)/((n-2)**2*(n-3))",
        # b_n and γ_n, of the recurrence from n to n + 1
        "b_next": "(beta-alpha)*(alpha+beta)/(n*(n+2))",
        "gamma_now": "4*t*(t+alpha)*(t+beta)*(t+alpha+beta)/(n**2*(n+1)*(n-1))",
        "b_last": "(beta-alpha)*(alpha+beta)/((n-2)*n)",
        "gamma_last": "4*(t-1)*(t-1+alpha)*(t-1+beta)*(t-1+alpha+beta)/((n-2)**2*(n-1)*(n-3))",
        # γ_(n−1) p_(n−2)
        "rest": "(s-b_last)*p[t-1]-p",
        "e": "2*t*(alpha-beta)/(n*(n-2))",
        "f": "-4*t*(t-1)*(t-1+alpha)*(t-1+beta)/((n-1)*(n-2)**2*(n-3))",
    },
    programs={
        "jacobi": pu.Sequences(
            {
                "b": (
                    "(beta-alpha)/(alpha+beta+2)",
                    "(beta-alpha)*(alpha+beta)/((2*t+alpha+beta)*(2*t+alpha+beta+2))",
                ),
                "gamma": ("0", "4*(1+alpha)*(1+beta)/((2+alpha+beta)**2*(3+alpha+beta))", GAMMA),
                # p_n and p_n'
                "p": ("1", "s-b[t-1]", "(s-b[t-1])*p[t-1]-gamma[t-1]*p[t-2]"),
                "q": ("0", "1", "p[t-1]+(s-b[t-1])*q[t-1]-gamma[t-1]*q[t-2]"),
            },
            parameters={"alpha": "alpha", "beta": "beta", "s": "s"},
            lam="0",
            names={"p": ("p", 0), "q": ("q", 0)},
            registers={
                "b": "(beta-alpha)*(alpha+beta)/((2*t+alpha+beta)*(2*t+alpha+beta+2))",
                "gamma": GAMMA,
            },
            start=2,
        )
    },
    reference="polyunroll; DLMF 18.9.1, 18.9.2, 18.9.17, 18.9.18",
    rules=(
        {"rule": "induction", "from": {UP: "s-b_next", LAST: "-gamma_now"}},
        {"rule": "induction", "from": {UP: "1"}},
        {"rule": "identity"},
        {
            "rule": "identity",
            "using": {
                UP: "(1-f/gamma_last)/(1-s**2)",
                LAST: "(e+f*(s-b_last)/gamma_last)/(1-s**2)",
                BEFORE: "f/(1-s**2)",
            },
        },
    ),
    remark="t is n, p is p_n(s) and q is p_n'(s), by the three-term recurrence that defines them. The first three "
    "relations say what (1−s²)p_n', (1−s²)p_(n−1)' and (1−s²)p_(n−2)' are; both sides are polynomials in s, so they "
    "agree for all s. For α = β this is the relation of Gegenbauer weights, α = a − 1/2.",
)
