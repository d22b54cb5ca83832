"""The classical Jacobi methods never divide by 0 and their residual polynomials are 1 at 0."""

import polyunroll as pu

GAMMA = "4*t*(t+alpha)*(t+beta)*(t+alpha+beta)/((2*t+alpha+beta)**2*(2*t+alpha+beta+1)*(2*t+alpha+beta-1))"

CLAIM = pu.Claim(
    id="weights_jacobi",
    title="The classical Jacobi methods with α, β > −1 never divide by 0, and have P_t(0) = 1, on every spectrum 0 < "
    "ℓ < L.",
    statement=("P = 1", "P_before = 1", "ell > 0", "L > ell"),
    variables={"alpha": "(-1, oo)", "beta": "(-1, oo)", "sigma0": "(-oo, -1)", "r": "(0, oo)"},
    definitions={
        "ell": "r*(-1-sigma0)",
        "L": "r*(1-sigma0)",
        # |p_t(−1)/p_(t−1)(−1)| of the monic polynomials
        "least": "2*(t+beta)*(t+alpha+beta)/((2*t+alpha+beta)*(2*t+alpha+beta-1))",
    },
    programs={
        "jacobi": pu.Sequences(
            pu.Jacobi(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "alpha": "alpha", "beta": "beta"},
            lam="0",
            names={"P": ("x", 0), "P_before": ("previous", 0)},
            states={"x": ("1",), "previous": ("1",)},
            registers={
                "b": "(beta-alpha)*(alpha+beta)/((2*t+alpha+beta)*(2*t+alpha+beta+2))",
                "gamma": GAMMA,
            },
            bounds={"varpi": "(-1/least, 0)"},
            start=2,
        )
    },
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 2; DLMF 18.6.1, 18.9.2",
    rules=({"rule": "identity"}, {"rule": "identity"}, {"rule": "sign"}, {"rule": "sign"}),
    remark="λ is 0, σ_0 = −(L+ℓ)/(L−ℓ), r = (L−ℓ)/2. Of the monic Jacobi polynomials p_t only that "
    "p_t(σ_0)/p_(t−1)(σ_0) is in modulus more than p_t(−1)/p_(t−1)(−1) is needed.",
)
