"""Gegenbauer polynomials are largest at an end, and with them P_t' and E_t of their methods."""

import polyunroll as pu

TURN = "c = s*c[t-1] - (1-s**2)*part*w[t-1]"

CLAIM = pu.Claim(
    id="gegenbauer_largest_at_one",
    title="For b ≥ 0 the Gegenbauer polynomials c_n = C_n^(b)/C_n^(b)(1) have |c_n| ≤ 1 on [−1, 1] for n ≥ 1, and "
    "(n−1)·(n+2b−1)/n·c_n + (n+2b−1)·(n−1)/(n+2b−2)·c_(n−2) is in modulus at most its value at 1, n ≥ 3.",
    statement=(
        TURN,
        "c**2 + (1-s**2)*w**2 <= 1",
        "c**2 <= 1",
        "c <= 1",
        "c >= -1",
        "c[t-1] <= 1",
        "c[t-1] >= -1",
        "c[t-2] <= 1",
        "c[t-2] >= -1",
        "high*c + low*c[t-2] <= high + low",
        "high*c + low*c[t-2] >= -(high + low)",
    ),
    kind="tight bound",
    variables={"s": "[-1, 1]", "b": "[0, oo)"},
    start=3,
    definitions={
        "part": "(t-1)/(t+2*b-1)",
        "turn": "s*c[t-1]-(1-s**2)*part*w[t-1]",
        "high": "(t-1)*(t+2*b-1)/t",
        "low": "(t+2*b-1)*(t-1)/(t+2*b-2)",
    },
    programs={
        "gegenbauer": pu.Sequences(
            {
                "c": ("1", "s", "(2*(t-1+b)*s*c[t-1]-(t-1)*c[t-2])/(t-1+2*b)"),
                # c_n'/n
                "w": ("0", "1", "c[t-1]+s*(t-1)/(t+2*b-1)*w[t-1]"),
            },
            parameters={"s": "s", "b": "b"},
            lam="0",
            names={"c": ("c", 0), "w": ("w", 0)},
        )
    },
    reference="polyunroll; DLMF 18.9.1, 18.9.7, 18.9.19, 18.14.4",
    rules=(
        {"rule": "induction", "from": {TURN: "t*s/(t+2*b)"}},
        {"rule": "induction", "using": {TURN: "-(c+turn)"}},
        {"rule": "sign", "using": {"c**2 + (1-s**2)*w**2 <= 1": "1"}},
        {"rule": "sign", "using": {"c**2 <= 1": "1/2"}},
        {"rule": "sign", "using": {"c**2 <= 1": "1/2"}},
        {"rule": "induction", "from": {"c <= 1": "1"}},
        {"rule": "induction", "from": {"c >= -1": "1"}},
        {"rule": "induction", "from": {"c[t-1] <= 1": "1"}},
        {"rule": "induction", "from": {"c[t-1] >= -1": "1"}},
        {"rule": "sign", "using": {"c <= 1": "high", "c[t-2] <= 1": "low"}},
        {"rule": "sign", "using": {"c >= -1": "high", "c[t-2] >= -1": "low"}},
    ),
    remark="t is n, c is c_n(s) and w is c_n'(s)/n. For the method P_t = C_t^(a)(σ)/C_t^(a)(σ_0), a > −1/2, take b = "
    "a + 1: the derivative of C_n^(a) is 2aC_(n−1)^(b), and s times it minus C_n^(a) is a/(n+a)·((n−1)C_n^(b) + "
    "(n+2a+1)C_(n−2)^(b)), which is the last combination times C_(n−1)^(b)(1). So |P_t'| and |σP_t' − P_t|, ' = d/dσ, "
    "are largest at λ = L, and with them E_t = P_t − (σ − σ_0)P_t', σ_0 < −1. `jacobi_suprema` has Jacobi weights "
    "with α ≥ β.",
)
