"""Legendre's weight: the combination of two neighbours whose derivative is one polynomial, and the Sobolev norms."""

import polyunroll as pu

UP = "(1-s**2)*q = t*(p[t-1]-s*p)"
LAST = "(1-s**2)*q[t-1] = t*(s*p[t-1]-p)"
BEFORE = "(t-1)*q[t-2] = (2*t-1)*(p[t-1]+s*q[t-1]) - t*q"

CLAIM = pu.Claim(
    id="coherence_legendre",
    title="The Legendre polynomials have (P_n − P_(n−2))' = (2n−1)P_(n−1), and with b_n = −2/((2n−3)t_(n−2)), t_n = "
    "2/(2n+1) + (4n−2)η + 2(1+b_n)/(2n−3), n ≥ 3, the Y_n with Y_n + b_n Y_(n−2) = P_n − P_(n−2) are orthogonal for "
    "∫PQ + η∫P'Q' and have the squared norms t_n.",
    statement=(
        UP,
        LAST,
        BEFORE,
        "q - q[t-2] = (2*t-1)*p[t-1]",
        # b_n t_(n−2) and t_n from the products of F_n = P_n − P_(n−2)
        "b*norm[t-2] = product",
        "norm = square - b**2*norm[t-2]",
        "norm > 0",
    ),
    start=3,
    variables={"s": "(-1, 1)", "eta": "[0, oo)"},
    definitions={
        # ⟨F_n, F_(n−2)⟩ and ⟨F_n, F_n⟩, from ∫P_n² = 2/(2n+1)
        "product": "-2/(2*t-3)",
        "square": "2/(2*t+1) + 2/(2*t-3) + eta*(2*t-1)**2*2/(2*t-1)",
    },
    programs={
        "legendre": pu.Sequences(
            {
                # P_n and P_n'
                "p": ("1", "s", "((2*t-1)*s*p[t-1]-(t-1)*p[t-2])/t"),
                "q": ("0", "1", "((2*t-1)*(p[t-1]+s*q[t-1])-(t-1)*q[t-2])/t"),
                "b": ("0", "0", "0", "-2/((2*t-3)*norm[t-2])"),
                "norm": ("2", "2/3+2*eta", "2/5+6*eta", "2/(2*t+1)+(4*t-2)*eta+2*(1+b)/(2*t-3)"),
            },
            parameters={"s": "s", "eta": "eta"},
            lam="0",
            names={"p": ("p", 0), "q": ("q", 0), "b": ("b", 0), "norm": ("norm", 0)},
            bounds={"b": "[-1, 0]", "norm": "[2/(2*t+1), oo)"},
            start=2,
        )
    },
    reference="polyunroll; DLMF 18.9.1, 18.9.7, 18.9.17",
    rules=(
        {"rule": "induction", "from": {UP: "(2*t+1)*s/(t+1)", LAST: "-t/(t+1)"}},
        {"rule": "induction", "from": {UP: "1"}},
        {"rule": "identity"},
        {
            "rule": "identity",
            "using": {
                BEFORE: "-1/(t-1)",
                UP: "(2*t-1)/((t-1)*(1-s**2))",
                LAST: "-s*(2*t-1)/((t-1)*(1-s**2))",
            },
        },
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign"},
    ),
    remark="p is P_n(s) and q is P_n'(s), by the three-term recurrence. ⟨F_n, F_m⟩ = 0 for F_n = P_n − P_(n−2) "
    "unless m is n or n ± 2, since ∫P_nP_m = 2/(2n+1) if n = m, else 0. The last relations are then Cholesky's "
    "decomposition of these products: they make Y_n orthogonal to all Y_m before it. b is b_n and norm t_n.",
)
