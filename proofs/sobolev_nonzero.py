"""S_n(0) does not vanish for Gegenbauer weights with a ≥ 1/2."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="sobolev_nonzero",
    title="The Sobolev orthogonal polynomials of a Gegenbauer weight with a ≥ 1/2 do not vanish at λ = 0: "
    "S_t(0)/Q_t(0) > 0 for all t, every η ≥ 0 and every spectrum 0 < ℓ < L.",
    statement=("S > 0", "ell > 0", "L > ell"),
    kind="existence",
    variables={"sigma0": "(-oo, -1)", "r": "(0, oo)", "eta_s": "[0, oo)", "a": "[1/2, oo)"},
    definitions={
        "ell": "r*(-1-sigma0)",
        "L": "r*(1-sigma0)",
        "coherence": "-t*(t-1)/(4*(a+t-1)*(a+t-2))",
        "ratio": "2*(t+a-1)/(t+2*a-1)",
    },
    reference="polyunroll",
    programs={
        "sobolev": pu.Sequences(
            pu.Sobolev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "eta": "eta_s*r**2", "a": "a"},
            lam="0",
            names={"S": ("y", 0)},
            states={"x": ("1",), "q": ("1",), "q_previous": ("1",), "y": ("A",), "y_previous": ("A[t-1]",)},
            registers={"gamma": "t*(t+2*a-1)/(4*(t+a)*(t+a-1))", "c": "coherence"},
            bounds={
                "d": "[coherence, 0]",
                "sigma": "[1, oo)",
                "varpi": "(-ratio, 0)",
                "A": "(0, oo)",
                "kernel": "(0, oo)",
            },
            start=3,
        )
    },
    rules=({"rule": "sign"}, {"rule": "sign"}, {"rule": "sign"}),
    remark="S is the state y at λ = 0, that is S_t/Q_t(0), Q_t the monic Gegenbauer polynomial: its weight is 1 + c_t "
    "Q_(t−2)(0)/Q_t(0) − (something ≤ 0). The ratios Q_(t−1)/Q_t are largest at σ = 1, where 1 + c_t Q_(t−2)/Q_t = 1 "
    "− t(t−1)/((t+2a−1)(t+2a−2)), which is ≥ 0 exactly for a ≥ 1/2.",
)
