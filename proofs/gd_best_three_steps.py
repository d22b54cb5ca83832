"""The constant step that makes gradient descent's error polynomial smallest after three steps."""

import polyunroll as pu

# the error polynomial after three steps, which the first relations take from the program
CUBIC = "1-3*({x})**2+2*({x})**3"


def _run(x: str, h: str, lam: str) -> pu.Sequences:
    """Gradient descent with step h at λ."""
    return pu.Sequences(
        pu.GradientDescent(pu.Spectrum("1/100", 1)),
        parameters={"ell": "ell", "L": "L", "h": h},
        lam=lam,
        names={f"P_{x}": ("x", 0), f"D_{x}": ("x", 1)},
    )


CLAIM = pu.Claim(
    id="gd_best_three_steps",
    title="Of all constant steps h > 0, h = (3/2)(L+ℓ)/(L²+Lℓ+ℓ²) makes the maximum of |E_3| on [ℓ, L] least, which is "
    "then attained at both ends.",
    statement=(
        "P_low-ell*D_low = E_low",
        "P_high-L*D_high = E_high",
        "P_best_low-ell*D_best_low = least",
        "P_best_high-L*D_best_high = least",
        "least > 0",
        "M >= least",
    ),
    hypotheses=("M >= E_low", "M >= E_high"),
    kind="optimality",
    variables={"ell": "(0, oo)", "e": "(0, oo)", "h": "(0, oo)", "M": "(0, oo)"},
    start=3,
    until=3,
    definitions={
        "L": "ell+e",
        "best": "3*(L+ell)/(2*(L**2+L*ell+ell**2))",
        "E_low": CUBIC.format(x="h*ell"),
        "E_high": CUBIC.format(x="h*L"),
        "least": CUBIC.format(x="best*ell"),
    },
    programs={
        "low": _run("low", "h", "ell"),
        "high": _run("high", "h", "L"),
        "best_low": _run("best_low", "best", "ell"),
        "best_high": _run("best_high", "best", "L"),
    },
    reference="polyunroll",
    rules=(
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign"},
        {
            "rule": "cases",
            "of": "h-best",
            # hL and best·L lie beyond 1, where E_3 increases
            "above": {
                "rule": "sign",
                "using": {"M >= E_high": "1", "h-best >= 0": "3*L*(h*L+best*L)*(best*L-1)"},
            },
            # hℓ and best·ℓ lie before 1, where it decreases
            "below": {
                "rule": "sign",
                "using": {"M >= E_low": "1", "h-best <= 0": "6*ell*h*ell*(1-best*ell)"},
            },
        },
    ),
    remark="M is any bound of |E_3| at both ends, so it is at least the best step's maximum; that E_3 is largest at an "
    "end, for every step, is `gd_largest_at_an_end`.",
)
