"""The error pair of implicit differentiation: N plain steps, then a linear solver."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="error_pair_implicit",
    title="N plain steps with polynomial P_N and then a linear solver with fixed coefficients and residual polynomial "
    "R_S from v = 0, for H v = −(∂H x_N + ∂b), have the error R_S(H)(0 − ∂x*) − (I − R_S(H))H⁻¹∂H P_N(H)(x_0 − x*).",
    statement=(
        "v = m*right/lam - R*right/lam",
        "v - m*dxs = R*(0-dxs) - (m-R)/lam*plain*dlam*(begin-xs)",
        "lam*dxs + dlam*xs + db = 0",
    ),
    variables={
        "lam": "(0, oo)",
        **dict.fromkeys(("dlam", "xs", "db", "begin", "plain"), "(-oo, oo)"),
    },
    definitions={
        "dxs": "-(dlam*xs+db)/lam",
        "x_N": "xs+plain*(begin-xs)",
        "right": "-(dlam*x_N+db)",
    },
    vectors={
        "m": ("weight", "0"),
        "R": ("weight", "lam*R"),
        # the solver's gradient is Hv minus the right-hand side
        "v": ("0", "lam*v-m*right"),
    },
    reference="Grazzi, Pontil, Salzo, ICML 2024 (approximate implicit differentiation); the pair is polyunroll's",
    rules=(
        {"rule": "structure", "from": {"v = m*right/lam - R*right/lam": "lam"}},
        {"rule": "identity", "using": {"v = m*right/lam - R*right/lam": "1"}},
        {"rule": "identity"},
    ),
    remark="Along an eigenvector of H; `plain` is P_N(λ), begin is x_0, and an iterate of the solver has weight m = 1. "
    "dlam·x stands for that component of ∂H x: nothing else is used of ∂H, so commuting is not needed if P_N(H) is "
    "applied before ∂H. R_S has fixed coefficients, so conjugate gradients is not one of these solvers.",
)
