"""The Chebyshev method never divides by 0 and its residual polynomial is 1 at 0."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="weights_chebyshev",
    title="The Chebyshev method never divides by 0, and has P_t(0) = 1, on every spectrum 0 < ℓ < L.",
    statement=("P = 1",),
    variables={"ell": "(0, oo)", "width": "(0, oo)"},
    definitions={"L": "ell+width"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 2",
    programs={
        "chebyshev": pu.Sequences(
            pu.Chebyshev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="0",
            names={"P": ("x", 0)},
            states={"x": ("1",), "previous": ("1",)},
            bounds={"omega": "[1, 2]"},
            start=1,
        )
    },
    remark="λ is 0. Of the method's coefficients only 1 ≤ ω_t ≤ 2 is needed: each step conserves the weights.",
)
