"""A divided difference of a program's polynomial is at most the largest slope in between."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="divided_difference_bound",
    title="For every program's polynomial P and all λ and μ, |P[λ, μ]| ≤ M if |P'| ≤ M between λ and μ.",
    statement=("divided <= M", "divided >= -M", "(nu-lam)*(nu-mu) <= 0"),
    kind="upper bound",
    variables={"lam": "(-oo, oo)", "mu": "(-oo, oo)", "nu": "(-oo, oo)", "M": "[0, oo)"},
    vectors={
        "p": ("weight", "lam*p"),
        "p_mu": ("weight", "mu*p_mu"),
        "divided": ("0", "p_mu+lam*divided"),
        "p_nu": ("weight", "nu*p_nu"),
        "slope": ("0", "p_nu+nu*slope"),
    },
    hypotheses=("slope <= M", "slope >= -M"),
    cites={
        "mean value": (
            "mean_value",
            {"at_lam": "p", "at_mu": "p_mu", "difference": "divided", "at_nu": "p_nu"},
        )
    },
    reference="polyunroll",
    rules=(
        {"rule": "sign", "using": {"mean value: difference = slope": "-1", "slope <= M": "1"}},
        {"rule": "sign", "using": {"mean value: difference = slope": "1", "slope >= -M": "1"}},
        {"rule": "sign", "using": {"mean value: (nu - lam)*(nu - mu) <= 0": "1"}},
    ),
    remark="ν is some point between λ and μ, so a bound M on |P'| on an interval with both in it is one there. With "
    "`master_identity_divided` this bounds the entries of 𝓛, for any H(θ).",
)
