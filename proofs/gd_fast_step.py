"""Gradient descent with the step 2/(L+ℓ): its worst error, and when that is largest."""

import polyunroll as pu


def _run(end: str, name: str, power: str, derivative: str) -> pu.Sequences:
    return pu.Sequences(
        pu.GradientDescent(pu.Spectrum("1/100", 1)),
        parameters={"ell": "ell", "L": "L", "h": "h"},
        lam=end,
        names={f"P_{name}": ("x", 0), f"D_{name}": ("x", 1)},
        states={"x": (power, derivative)},
    )


CLAIM = pu.Claim(
    id="gd_fast_step",
    title="Gradient descent with h = 2/(L+ℓ) has |E_t(ℓ)| ≤ |E_t(L)| = q^(t−1)(2t−1+κ)/(1+κ) with q = (1−κ)/(1+κ), "
    "and this grows from t−1 to t exactly when 2κ(t−1) < 1 − κ²: its peak is at the first t ≥ (1−κ²)/(2κ).",
    statement=(
        "E_high = -S*size",
        "S*S = 1",
        "size > 0",
        "E_low >= 0",
        "E_low <= size",
        "size - size[t-1] = X/q*2*(1-kappa**2-2*kappa*(t-1))/((1-kappa)*(1+kappa))",
    ),
    kind="tight bound",
    variables={"kappa": "(0, 1)", "L": "(0, oo)"},
    start=1,
    definitions={
        "ell": "kappa*L",
        "q": "(1-kappa)/(1+kappa)",
        "h": "2/(L+ell)",
        "E_high": "P_high-L*D_high",
        "E_low": "P_low-ell*D_low",
        "size": "X/q*(2*t-1+kappa)/(1+kappa)",
    },
    exponentials={"X": "(1-kappa)/(1+kappa)", "S": "-1"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 2 and its discussion; the peak is "
    "polyunroll's",
    programs={
        "high": _run("L", "high", "S*X", "h*t*S*X/q"),
        "low": _run("ell", "low", "X", "-h*t*X/q"),
    },
    rules=(
        {"rule": "identity"},
        {"rule": "induction"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "identity"},
    ),
    remark="S is (−1)^t and X = q^t. `gd_largest_at_an_end` shows that the largest |E_t| is at ℓ or at L.",
)
