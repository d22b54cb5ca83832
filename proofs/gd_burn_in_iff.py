"""Gradient descent's R-term has no burn-in exactly where hL ≤ √2."""

import polyunroll as pu


def _run(x: str, power: str) -> pu.Sequences:
    """Gradient descent at λ = x/h, where (1−x)^t is `power`."""
    return pu.Sequences(
        pu.GradientDescent(pu.Spectrum("1/100", 1)),
        parameters={"ell": "1", "L": "1", "h": "h"},
        lam=f"{x}/h",
        names={f"P_{x}": ("x", 0), f"D_{x}": ("x", 1)},
        states={"x": (power, f"-h*t*{power}/(1-{x})")},
    )


def _cite(claim: str, x: str, **powers: str) -> tuple[str, dict[str, str]]:
    return claim, {"x": x, "lam": f"{x}/h", "P": f"P_{x}", "D": f"D_{x}", **powers}


CLAIM = pu.Claim(
    id="gd_burn_in_iff",
    title="Gradient descent has |E_t| ≤ 1 on [ℓ, L] for all t exactly if hL ≤ √2: then |E_t(λ)| ≤ 1 wherever hλ ≤ √2, "
    "t ≥ 1, and otherwise E_2(L) = 1 − (hL)² < −1.",
    statement=(
        # hλ = low < 1 and 1 < hλ = high ≤ √2
        "E_low <= 1",
        "E_low >= -1",
        "E_high**2 <= 1",
        # hL = far > √2, and t = 2
        "E_far*(1-far) = F*(1+(t-1)*far)",
        "(1-far)**2*(1+(2-1)*far) = (1-far)*(1-far**2)",
        "1-far**2 < -1",
    ),
    hypotheses=("high**2 <= 2", "far**2 > 2"),
    kind="tight bound",
    variables={"h": "(0, oo)", "low": "(0, 1)", "high": "(1, 3/2)", "far": "(1, oo)"},
    start=2,
    definitions={
        "E_low": "P_low-low/h*D_low",
        "E_high": "P_high-high/h*D_high",
        "E_far": "P_far-far/h*D_far",
        "size": "X/(high-1)*(t+(t-1)*(high-1))",
    },
    exponentials={"Z": "1-low", "X": "high-1", "S": "-1", "F": "1-far"},
    programs={"low": _run("low", "Z"), "high": _run("high", "S*X"), "far": _run("far", "F")},
    cites={
        "slow": _cite("gd_no_burn_in", "low"),
        "fast": _cite("gd_no_burn_in_sqrt2", "high"),
    },
    reference="polyunroll",
    rules=(
        {"rule": "sign", "using": {"slow: E <= 1": "1"}},
        {"rule": "sign", "using": {"slow: E >= 0": "1"}},
        {
            "rule": "sign",
            "using": {"fast: S*S = 1": "-size**2", "fast: E = -S*A": "-(E_high-S*size)", "fast: A <= 1": "1+size"},
        },
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign", "using": {"far**2 > 2": "1"}},
    ),
    remark="low and high are hλ for λ in [ℓ, L], far is hL; S is (−1)^t. hλ = 1 follows by continuity, and E_1 = 1. "
    "The fourth relation holds for all t, and the fifth is its right-hand side at t = 2, divided by 1 − hL. It is "
    "about the R-term (G = 0).",
)
