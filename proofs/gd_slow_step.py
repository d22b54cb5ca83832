"""Gradient descent with the step 1/L: its worst error."""

import polyunroll as pu


def _run(end: str, name: str, power: str, derivative: str) -> pu.Sequences:
    return pu.Sequences(
        pu.GradientDescent(pu.Spectrum("1/100", 1)),
        parameters={"ell": "ell", "L": "L", "h": "1/L"},
        lam=end,
        names={f"P_{name}": ("x", 0), f"D_{name}": ("x", 1)},
        states={"x": (power, derivative)},
        start=2,
    )


CLAIM = pu.Claim(
    id="gd_slow_step",
    title="Gradient descent with h = 1/L has E_t(L) = 0 ≤ E_t(ℓ) = (1−κ)^(t−1)(1 + (t−1)κ) ≤ 1 for t ≥ 2, and E_t(ℓ) "
    "decreases with t.",
    statement=(
        "E_high = 0",
        "E_low = size",
        "size > 0",
        "size - size[t-1] < 0",
    ),
    kind="tight bound",
    variables={"kappa": "(0, 1)", "L": "(0, oo)"},
    start=2,
    definitions={
        "ell": "kappa*L",
        "E_high": "P_high-L*D_high",
        "E_low": "P_low-ell*D_low",
        "size": "X/(1-kappa)*(1+(t-1)*kappa)",
    },
    exponentials={"X": "1-kappa"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 2 and its discussion",
    programs={
        "high": _run("L", "high", "0", "0"),
        "low": _run("ell", "low", "X", "-t*X/(L*(1-kappa))"),
    },
    rules=({"rule": "identity"}, {"rule": "identity"}, {"rule": "sign"}, {"rule": "sign"}),
    remark="`gd_largest_at_an_end` shows that the largest |E_t| is at ℓ or at L, hence at ℓ; E_1 = 1.",
)
