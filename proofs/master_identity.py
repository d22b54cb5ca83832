"""The Jacobian error of every program, where H and ∂H commute, in both splits."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="master_identity",
    title="For every program and every quadratic whose H and ∂H commute, an iterate x_t with polynomial P has x_t − x* "
    "= P(H)(x_0 − x*) and ∂x_t − ∂x* = P(H)(∂x_0 − ∂x*) + P'(H)∂H(x_0 − x*) = (P − λP')(H)(∂x_0 − ∂x*) + "
    "P'(H)∂_θ∇f(x_0).",
    statement=(
        "x = m*xs + p*(x0-xs)",
        "dx = m*dxs + p*(dx0-dxs) + slope*dlam*(x0-xs)",
        "dx = m*dxs + (p-lam*slope)*(dx0-dxs) + slope*start_gradient",
        "lam*xs + b = 0",
        "lam*dxs + dlam*xs + db = 0",
    ),
    variables={
        "lam": "(0, oo)",
        **dict.fromkeys(("dlam", "xs", "db", "x0", "dx0"), "(-oo, oo)"),
    },
    definitions={
        "b": "-lam*xs",
        "dxs": "-(dlam*xs+db)/lam",
        # ∂_θ∇f(x_0(θ), θ) = ∂H x_0 + ∂b + H ∂x_0
        "start_gradient": "dlam*x0+db+lam*dx0",
    },
    vectors={
        "m": ("weight", "0"),
        "p": ("weight", "lam*p"),
        "slope": ("0", "p+lam*slope"),
        # the gradient is Hx + b, and its derivative in θ is H ∂x + ∂H x + ∂b
        "x": ("weight*x0", "lam*x+m*b"),
        "dx": ("weight*dx0", "lam*dx+dlam*x+m*db"),
    },
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 1; for every program, polyunroll",
    rules=(
        {"rule": "structure", "from": {"x = m*xs + p*(x0-xs)": "lam"}},
        {
            "rule": "structure",
            "from": {
                "dx = m*dxs + p*(dx0-dxs) + slope*dlam*(x0-xs)": "lam",
                "x = m*xs + p*(x0-xs)": "dlam",
            },
        },
        {"rule": "identity", "using": {"dx = m*dxs + p*(dx0-dxs) + slope*dlam*(x0-xs)": "1"}},
        {"rule": "identity"},
        {"rule": "identity"},
    ),
    remark="Along one eigenvector that H and ∂H share: λ and dlam are their eigenvalues, the other names are "
    "components and derivatives in θ; x* and ∂x* are xs and dxs. An iterate has weight m = 1. The combinations' "
    "coefficients do not depend on θ. Stated for vectors of any weight, a gradient at one of weight m being Hx + mb.",
)
