"""The kernel polynomial has the least norm among the polynomials that are 1 at 0."""

import polyunroll as pu


def _sums(coefficient: str, first: str, name: str) -> pu.Sequences:
    """⟨P, P⟩ and P(0) for P = Σ c_i S_i, and K_t(0, 0) = Σ S_i(0)²/s_i; S_0 = 1."""
    return pu.Sequences(
        {
            "norm": (f"({first})**2*s", "norm[t-1] + c**2*s"),
            "value": (first, "value[t-1] + c*S"),
            "kernel": ("1/s", "kernel[t-1] + S**2/s"),
        },
        parameters={"c": coefficient, "S": "S", "s": "s"},
        lam="0",
        names={f"norm{name}": ("norm", 0), f"value{name}": ("value", 0), f"kernel{name}": ("kernel", 0)},
        bounds={"kernel": "(0, oo)"},
    )


CLAIM = pu.Claim(
    id="kernel_minimiser",
    title="For every positive inner product, with orthogonal polynomials S_i, s_i = ⟨S_i, S_i⟩ and K_t = Σ_{i≤t} "
    "S_i(0)²/s_i, every P of degree ≤ t has ⟨P, P⟩ ≥ P(0)²/K_t, with equality for the kernel polynomial Σ "
    "S_i(0)S_i/s_i: the least norm with P(0) = 1 is 1/K_t.",
    statement=(
        "(value[t-1]*S - c*s*kernel[t-1])**2 >= 0",
        "norm >= value**2/kernel",
        # c_i = S_i(0)/s_i
        "norm_best = kernel_best",
        "value_best = kernel_best",
        "kernel_best = kernel",
    ),
    kind="optimality",
    start=1,
    variables={},
    free={"c": "(-oo, oo)", "S": "(-oo, oo)", "s": "(0, oo)"},
    programs={"any": _sums("c", "c", ""), "best": _sums("S/s", "1/s", "_best")},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 5; Szegő, Orthogonal Polynomials, 3.1.3",
    rules=(
        {"rule": "sign"},
        {
            "rule": "induction",
            "base": {"(value[t-1]*S - c*s*kernel[t-1])**2 >= 0": "1/(s*kernel*kernel[t-1])"},
            "using": {"(value[t-1]*S - c*s*kernel[t-1])**2 >= 0": "1/(s*kernel*kernel[t-1])"},
        },
        {"rule": "induction"},
        {"rule": "induction"},
        {"rule": "induction"},
    ),
    remark="c_i, S_i(0) and s_i > 0 are any numbers; S_0 = 1. Every P of degree ≤ t is Σ c_i S_i with ⟨P, P⟩ = Σ c_i² "
    "s_i. Nothing is divided by S_i(0). `sobolev_expected_error` says when the Sobolev norm is an expected error.",
)
