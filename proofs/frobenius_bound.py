"""The bound on the Jacobian error by Frobenius norms."""

import polyunroll as pu

ROW = "A**2*a_i**2/s + M**2*row*size/(1-s)"

CLAIM = pu.Claim(
    id="frobenius_bound",
    title="If |P| ≤ A and all |P[λ_i, λ_j]| ≤ M, then each component of P(H)a + 𝓛r, 𝓛_ij = P[λ_i, λ_j](∂H)_ij, has a "
    "square of at most A²a_i²/s + M²‖(∂H)_i‖²‖r‖²/(1−s) for every s in (0, 1), and their sum over i is at most "
    "A²‖a‖²/s + M²‖∂H‖_F²‖r‖²/(1−s), with the best s (A‖a‖ + M‖∂H‖_F‖r‖)²: ‖∂x_t − ∂x*‖ ≤ A‖∂x_0 − ∂x*‖ + M‖∂H‖_F‖x_0 "
    "− x*‖.",
    statement=(
        "(V[t-1]*r - q*h*K[t-1])**2 >= 0",
        "N - V**2/K >= 0",
        "N*K - V**2 >= 0",
        "(A*p*a + M*V)**2 <= (A*p*a)**2/s + (M*V)**2/(1-s)",
        "(A*p*a + M*V)**2 <= A**2*a**2/s + M**2*N*K/(1-s)",
        # the sum over i, each square being any share of its bound
        "total <= A**2*all_a/s + M**2*all_h*size/(1-s)",
        # the best s: with R and G for ‖a‖ and ‖∂H‖_F‖r‖
        "A**2*R**2/best + M**2*G**2/(1-best) = (A*R+M*G)**2",
    ),
    kind="upper bound",
    start=1,
    variables={
        "s": "(0, 1)",
        "p": "[-1, 1]",
        "a": "(-oo, oo)",
        **dict.fromkeys(("A", "M", "R", "G", "size"), "(0, oo)"),
    },
    definitions={"best": "A*R/(A*R+M*G)"},
    # P[λ_i, λ_j]/M, (∂H)_ij and r_j, j = 0, 1, …
    free={"q": "[-1, 1]", "h": "(-oo, oo)", "r": "(0, oo)", "a_i": "(-oo, oo)", "row": "[0, oo)", "share": "[0, 1]"},
    programs={
        "sums": pu.Sequences(
            {
                "V": ("q*h*r", "V[t-1] + q*h*r"),
                "N": ("h**2", "N[t-1] + h**2"),
                "K": ("r**2", "K[t-1] + r**2"),
            },
            parameters={"q": "q", "h": "h", "r": "r"},
            lam="0",
            names={"V": ("V", 0), "N": ("N", 0), "K": ("K", 0)},
            bounds={"K": "(0, oo)", "N": "[0, oo)"},
        ),
        "rows": pu.Sequences(
            {
                "all_a": ("a_i**2", "all_a[t-1] + a_i**2"),
                "all_h": ("row", "all_h[t-1] + row"),
                "total": (f"share*({ROW})", f"total[t-1] + share*({ROW})"),
            },
            parameters={name: name for name in ("a_i", "row", "share", "A", "M", "s", "size")},
            lam="0",
            names={name: (name, 0) for name in ("all_a", "all_h", "total")},
        ),
    },
    reference="polyunroll",
    rules=(
        {"rule": "sign"},
        {
            "rule": "induction",
            "base": {"(V[t-1]*r - q*h*K[t-1])**2 >= 0": "1/(K*K[t-1])"},
            "using": {"(V[t-1]*r - q*h*K[t-1])**2 >= 0": "1/(K*K[t-1])"},
        },
        {"rule": "sign", "using": {"N - V**2/K >= 0": "K"}},
        {"rule": "sign"},
        {
            "rule": "sign",
            "using": {
                "N*K - V**2 >= 0": "M**2/(1-s)",
                "(A*p*a + M*V)**2 <= (A*p*a)**2/s + (M*V)**2/(1-s)": "1",
            },
        },
        {"rule": "induction"},
        {"rule": "identity"},
    ),
    remark="t + 1 is the number of eigenvalues. Ap = P(λ_i); the r_j are taken positive, their signs being those of "
    "q, and 0 by continuity. a_i and row are the i-th a and ‖(∂H)_i‖², size is ‖r‖². `divided_difference_bound` "
    "allows M = max|P'|, `master_identity_divided` says that the Jacobian error is this. Several outer parameters: "
    "the same with one more sum.",
)
