"""The Jacobian error of every program without commuting, by divided differences."""

import polyunroll as pu

MAIN = "dx = m*dxs + p*(dx0-dxs) + slope*h11*(x0-xs) + divided*h12*(y0-ys)"

CLAIM = pu.Claim(
    id="master_identity_divided",
    title="For every program and every quadratic, in the eigenbasis of H, an iterate x_t with polynomial P has ∂x_t − "
    "∂x* = P(H)(∂x_0 − ∂x*) + 𝓛(x_0 − x*) with 𝓛_ij = P[λ_i, λ_j](∂H)_ij, P[λ, μ] the divided difference and P'(λ) "
    "where λ = μ: the row of one eigenvalue, with the two terms of it and of another one.",
    statement=(
        "(lam-mu)*divided = p-p_mu",
        "x = m*xs + p*(x0-xs)",
        "y = m*ys + p_mu*(y0-ys)",
        MAIN,
        "lam*xs + b1 = 0",
        "mu*ys + b2 = 0",
        "lam*dxs + h11*xs + h12*ys + db1 = 0",
    ),
    variables={
        "lam": "(0, oo)",
        "mu": "(0, oo)",
        **dict.fromkeys(("h11", "h12", "xs", "ys", "db1", "x0", "y0", "dx0"), "(-oo, oo)"),
    },
    definitions={"b1": "-lam*xs", "b2": "-mu*ys", "dxs": "-(h11*xs+h12*ys+db1)/lam"},
    vectors={
        "m": ("weight", "0"),
        "p": ("weight", "lam*p"),
        "p_mu": ("weight", "mu*p_mu"),
        "slope": ("0", "p+lam*slope"),
        # (λP)[λ, μ] = P(μ) + λP[λ, μ]
        "divided": ("0", "p_mu+lam*divided"),
        # one component each along an eigenvector for λ and for μ, and the derivative in θ of the first
        "x": ("weight*x0", "lam*x+m*b1"),
        "y": ("weight*y0", "mu*y+m*b2"),
        "dx": ("weight*dx0", "lam*dx+h11*x+h12*y+m*db1"),
    },
    reference="polyunroll; the divided differences are Daleckii and Krein's",
    rules=(
        {"rule": "structure", "from": {"(lam-mu)*divided = p-p_mu": "lam"}},
        {"rule": "structure", "from": {"x = m*xs + p*(x0-xs)": "lam"}},
        {"rule": "structure", "from": {"y = m*ys + p_mu*(y0-ys)": "mu"}},
        {
            "rule": "structure",
            "from": {MAIN: "lam", "x = m*xs + p*(x0-xs)": "h11", "y = m*ys + p_mu*(y0-ys)": "h12"},
        },
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "identity"},
    ),
    remark="The row of ∂x_t that belongs to λ, with the two entries h11 and h12 of ∂H in it that belong to λ and to μ; "
    "each further entry adds one more term like that of h12, to the derivative's gradient and to the result, since "
    "both are linear in ∂H. An iterate has weight m = 1.",
)
