"""S_3(0) = 0 for the Chebyshev weight at L/ℓ = 9 + 4√5."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="sobolev_zero_at_three",
    title="For the Chebyshev weight and η_s = 1, S_3(0)/Q_3(0) = (σ_0² − 5/4)/(σ_0² − 3/4), which vanishes for C² − "
    "18C + 1 = 0, C = L/ℓ > 1, that is for L/ℓ = 9 + 4√5; so S_t/S_t(0) need not exist, while P_3 does.",
    statement=(
        "S*(sigma0**2-3/4) = sigma0**2-5/4",
        "S*(sigma0**2-3/4)*4*(C-1)**2 = -(C**2-18*C+1)",
        "sigma0**2 - 3/4 > 0",
        "P = 1",
        "C**2 - 18*C + 1 = (C-9)**2 - 16*5",
    ),
    kind="existence",
    variables={"ell": "(0, oo)", "C": "(1, oo)"},
    start=3,
    until=3,
    definitions={"L": "C*ell", "sigma0": "-(L+ell)/(L-ell)", "eta": "(L-ell)**2/4"},
    reference="polyunroll",
    programs={
        "sobolev": pu.Sequences(
            pu.Sobolev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "eta": "eta", "a": "0"},
            lam="0",
            names={"S": ("y", 0), "P": ("x", 0)},
        )
    },
    rules=(
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "identity"},
        {"rule": "identity"},
    ),
    remark="S is the state y of the Sobolev method at λ = 0. η = η_s (L−ℓ)²/4 with η_s = 1; C = 9 + 4√5 is the root "
    "of (C−9)² = 16·5 beyond 1.",
)
