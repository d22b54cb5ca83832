"""The Chebyshev method's error polynomials are largest at λ = L, for every t."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="chebyshev_suprema",
    title="On [ℓ, L] the Chebyshev method has |P_t| ≤ 1/|T_t(σ_0)|, |P_t'| ≤ 2t²/((L−ℓ)|T_t(σ_0)|) and |E_t| ≤ "
    "(2t²/(1−κ) − 1)/|T_t(σ_0)|, its values at λ = L, for t ≥ 1.",
    statement=(
        "P*P*T0*T0 + (1-s*s)*(r*D*T0/t)**2 = 1",
        "P*P*T0*T0 <= 1",
        "P*T0 <= 1",
        "P*T0 >= -1",
        "r*D*T0 <= t**2",
        "r*D*T0 >= -t**2",
        "r*Dp*T0p <= (t-1)**2",
        "r*Dp*T0p >= -(t-1)**2",
        "E*T0 <= 2*t**2/(1-kappa)-1",
        "E*T0 >= -(2*t**2/(1-kappa)-1)",
        "ell > 0",
        "2*r = L-ell",
    ),
    kind="tight bound",
    variables={"s": "[-1, 1]", "xi": "(0, 1)", "r": "(0, oo)"},
    start=1,
    definitions={
        "sigma0": "-(xi+1/xi)/2",
        "L": "r*(1-sigma0)",
        "ell": "r*(-1-sigma0)",
        "kappa": "ell/L",
        "lam": "r*(s-sigma0)",
        "T0": "S*(X+1/X)/2",
        "T0p": "-S*(X/xi+xi/X)/2",
        "E": "P-lam*D",
    },
    exponentials={"X": "xi", "S": "-1"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 3",
    programs={
        "chebyshev": pu.Sequences(
            pu.Chebyshev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1), "Dp": ("previous", 1)},
            states={
                "x": ("r*(s*x_1/t - previous_1*T0p/(T0*(t-1)))", "x_1"),
                "previous": ("r*(x_1*T0/(T0p*t) - s*previous_1/(t-1))", "previous_1"),
            },
            registers={"omega": "2*sigma0*T0p/T0", "momentum": "2*sigma0*T0p/T0-1"},
            start=2,
        )
    },
    rules=(
        {"rule": "induction"},
        {"rule": "sign", "using": {"P*P*T0*T0 + (1-s*s)*(r*D*T0/t)**2 = 1": "-1"}},
        {"rule": "sign", "using": {"P*P*T0*T0 <= 1": "1/2"}},
        {"rule": "sign", "using": {"P*P*T0*T0 <= 1": "1/2"}},
        {
            "rule": "induction",
            "from": {
                "r*D*T0 <= t**2": "(t+1)/t*(1+s)/2",
                "r*D*T0 >= -t**2": "(t+1)/t*(1-s)/2",
                "P*T0 <= 1": "t+1",
            },
        },
        {
            "rule": "induction",
            "from": {
                "r*D*T0 >= -t**2": "(t+1)/t*(1+s)/2",
                "r*D*T0 <= t**2": "(t+1)/t*(1-s)/2",
                "P*T0 >= -1": "t+1",
            },
        },
        {"rule": "induction", "from": {"r*D*T0 <= t**2": "1"}},
        {"rule": "induction", "from": {"r*D*T0 >= -t**2": "1"}},
        {
            "rule": "sign",
            "using": {"P*T0 >= -1": "t-1", "r*Dp*T0p >= -(t-1)**2": "t/(t-1)", "r*D*T0 >= -t**2": "-sigma0"},
        },
        {
            "rule": "sign",
            "using": {"P*T0 <= 1": "t-1", "r*Dp*T0p <= (t-1)**2": "t/(t-1)", "r*D*T0 <= t**2": "-sigma0"},
        },
        {"rule": "sign"},
        {"rule": "identity"},
    ),
    remark="s = σ(λ) runs over [−1, 1], σ_0 = −(ξ + 1/ξ)/2, T0 = T_t(σ_0) = (−1)^t (ξ^t + ξ^−t)/2, and Dp is "
    "P_{t−1}'. The proof leaves P_t' and P_{t−1}' unknown and uses that P_t is a combination of them: T_t = σU_{t−1} "
    "− U_{t−2}. Then T_t² + (1−σ²)U_{t−1}² = 1 bounds T_t, and U_t = σU_{t−1} + T_t bounds U_t by t + 1. "
    "`chebyshev_at_largest` has the values at λ = L, which are equal to the bounds.",
)
