"""Jacobi polynomials are largest at 1 where α ≥ β and α + β > −1."""

import polyunroll as pu

DOWN = "(1-s**2)*d = up*c + down*c[t-1]"
C = "((n*s+e)*c[t-1]-n/(t+u-1)*(1-s**2)*d[t-1])/m"
D = "t*(n*c[t-1]+(n*s-e)/(t+u-1)*d[t-1])/m"
TURN, SLOPE = f"c = {C}", f"d = {D}"
SQUARE = "(size_d*d + both*c)**2 >= 0"
SONIN = "c**2 + (1-s**2)*d**2/(t*(t+u)) <= 1"

# `BELOW` times a polynomial is `RISE` times the last one minus `FALL` times the one before (DLMF 18.9.2)
RISE = "(2*t+u-2)*((2*t+u-3)*(2*t+u-1)*s+(u-1)*e)"
SLOPE_OF_RISE = "(2*t+u-2)*(2*t+u-3)*(2*t+u-1)"
FALL = "(t-1)*(2*t+u-e-3)*(2*t+u-1)"
BELOW = "((t+u-1)*(2*t+u-3)*(2*t+u+e-1))"

CLAIM = pu.Claim(
    id="jacobi_largest_at_one",
    title="For α ≥ β with α + β > −1 the Jacobi polynomials c_n = P_n^(α,β)/P_n^(α,β)(1) have c_n² + (1−s²)c_n'²/(n(n "
    "+ α + β + 1)) ≤ 1 on [−1, 1], and so |c_n| ≤ 1, for all n ≥ 1.",
    statement=(
        DOWN,
        TURN,
        SLOPE,
        SQUARE,
        SONIN,
        "c**2 <= 1",
        "c <= 1",
        "c >= -1",
    ),
    kind="tight bound",
    variables={"s": "(-1, 1)", "u": "(0, oo)", "e": "[0, oo)"},
    start=1,
    definitions={
        "n": "2*t+u-1",
        # n + α, twice
        "m": "2*t+u+e-1",
        "up": "t*(e/n-s)",
        "down": "t*(2*t+u-e-1)/n",
        # the form c_n² + (1−s²)c_n'²/(n(n+u)) less the next one, divided by 1−s² but for the square of c
        "a": "((n+2)*s+e)/(m+2)",
        "b": "-(n+2)/((m+2)*(t+u))",
        "p": "(t+1)*(n+2)/(m+2)",
        "q": "(t+1)*((n+2)*s-e)/((m+2)*(t+u))",
        "next": "(t+1)*(t+1+u)",
        "size_c": "1-a**2-(1-s**2)*p**2/next",
        "both": "-a*b-p*q/next",
        "size_d": "1/(t*(t+u))-(1-s**2)*b**2-q**2/next",
    },
    programs={
        "jacobi": pu.Sequences(
            {
                # c_n and c_n'
                "c": ("1", "((u+1)*s+e)/(u+e+1)", f"({RISE}*c[t-1]-{FALL}*c[t-2])/{BELOW}"),
                "d": ("0", "(u+1)/(u+e+1)", f"({RISE}*d[t-1]+{SLOPE_OF_RISE}*c[t-1]-{FALL}*d[t-2])/{BELOW}"),
            },
            parameters={"s": "s", "u": "u", "e": "e"},
            lam="0",
            names={"c": ("c", 0), "d": ("d", 0)},
        )
    },
    reference="polyunroll; Szegő, Orthogonal Polynomials, Theorem 7.32.1 (the largest values); DLMF 18.9.2, 18.9.17",
    rules=(
        {
            "rule": "induction",
            "from": {
                DOWN: "(2*t+u)*((n**2+2*n)*s+e*(u-1))/((t+u)*n*(m+2))",
                TURN: "-t*(t+u-1)*(n+2)*(n-e)*m/((t+u)*n**2*(m+2))",
            },
        },
        {"rule": "induction", "from": {DOWN: "(n+2)/((t+u)*(m+2))"}},
        {"rule": "identity", "using": {DOWN: "1/(1-s**2)", TURN: "up/(1-s**2)"}},
        {"rule": "sign"},
        {
            "rule": "induction",
            "from": {SONIN: "1", SQUARE: "(1-s**2)/size_d"},
            "using": {TURN: f"-(c+{C})", SLOPE: f"-(d+{D})*(1-s**2)/(t*(t+u))"},
        },
        {"rule": "sign", "using": {SONIN: "1"}},
        {"rule": "sign", "using": {"c**2 <= 1": "1/2"}},
        {"rule": "sign", "using": {"c**2 <= 1": "1/2"}},
    ),
    remark="t is n, c is c_n(s) and d is c_n'(s), by the three-term recurrence; u = α + β + 1, e = α − β. c_n² + "
    "(1−s²)c_n'²/(n(n+u)), Sonin's function, does not increase with n: what it loses is a form in c_n and c_n' with "
    "the determinant u(u(1+s) + 2e) times something positive. s = ±1 and u = 0 follow by continuity. It is not needed "
    "that β > −1. For α ≥ −1/2 and α + β < −1 the largest value is at 1 too (Szegő), but this form may increase.",
)
