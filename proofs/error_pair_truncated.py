"""The error pair of truncated differentiation: N plain steps, then K differentiated ones."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="error_pair_truncated",
    title="N plain steps with polynomial P_N, a restart, and then K differentiated steps of any program from ∂x = 0 "
    "have the error P_K(H)(0 − ∂x*) + P_K'(H)P_N(H)∂H(x_0 − x*) where H and ∂H commute: the pair (P_K, P_K'P_N).",
    statement=(
        "x = m*xs + p*plain*(begin-xs)",
        "dx = m*dxs + p*(0-dxs) + slope*plain*dlam*(begin-xs)",
    ),
    variables={
        "lam": "(0, oo)",
        **dict.fromkeys(("dlam", "xs", "db", "begin", "plain"), "(-oo, oo)"),
    },
    definitions={
        "b": "-lam*xs",
        "dxs": "-(dlam*xs+db)/lam",
        # where the N plain steps lead
        "x_N": "xs+plain*(begin-xs)",
    },
    vectors={
        "m": ("weight", "0"),
        "p": ("weight", "lam*p"),
        "slope": ("0", "p+lam*slope"),
        "x": ("weight*x_N", "lam*x+m*b"),
        "dx": ("0", "lam*dx+dlam*x+m*db"),
    },
    cites={"unrolled": ("master_identity", {"x0": "x_N", "dx0": "0"})},
    reference="Mehmood, Knoll, Ochs, 2026 (truncated unrolling); the pair is polyunroll's",
    rules=(
        {"rule": "identity", "using": {"unrolled: x = m*xs + p*(x0-xs)": "1"}},
        {"rule": "identity", "using": {"unrolled: dx = m*dxs + p*(dx0-dxs) + slope*dlam*(x0-xs)": "1"}},
    ),
    remark="`plain` is P_N(λ) and p is P_K(λ), along one eigenvector that H and ∂H share; begin is x_0. An iterate has "
    "weight m = 1. Without commuting the second term is 𝓛[P_K]P_N(H)(x_0 − x*), by `master_identity_divided` from x_N.",
)
