"""The Sobolev method's states have the affine weights its program declares, and its residual polynomial is 1 at 0."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="weights_sobolev",
    title="The Sobolev method for a Gegenbauer weight with a ≥ 0 never divides by 0, and has P_t(0) = 1, for every η "
    "≥ 0 and every spectrum 0 < ℓ < L.",
    statement=("P = 1", "q = 1", "ell > 0", "L > ell"),
    variables={"sigma0": "(-oo, -1)", "r": "(0, oo)", "eta_s": "[0, oo)", "a": "[0, oo)"},
    definitions={
        "ell": "r*(-1-sigma0)",
        "L": "r*(1-sigma0)",
        "coherence": "-t*(t-1)/(4*(a+t-1)*(a+t-2))",
        "ratio": "2*(t+a-1)/(t+2*a-1)",
    },
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 5; polyunroll",
    programs={
        "sobolev": pu.Sequences(
            pu.Sobolev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "eta": "eta_s*r**2", "a": "a"},
            lam="0",
            names={"P": ("x", 0), "q": ("q", 0)},
            states={"x": ("1",), "q": ("1",), "q_previous": ("1",), "y": ("A",), "y_previous": ("A[t-1]",)},
            registers={"gamma": "t*(t+2*a-1)/(4*(t+a)*(t+a-1))", "c": "coherence"},
            bounds={
                "d": "[coherence, 0]",
                "sigma": "[1, oo)",
                "varpi": "(-ratio, 0)",
                "A": "(-oo, oo)",
                "kernel": "(0, oo)",
            },
            start=3,
        )
    },
    rules=({"rule": "identity"}, {"rule": "identity"}, {"rule": "sign"}, {"rule": "sign"}),
    remark="λ is 0, σ_0 = −(L+ℓ)/(L−ℓ), r = (L−ℓ)/2 and η = η_s r². A_t is the weight of S_t's state and may have any "
    "sign; x is an average with weights that add up to 1. The divisors are σ_t ≥ 1, the average's weight > 0, and "
    "Q_t(0)/Q_(t−1)(0), in modulus more than it is at σ = 1.",
)
