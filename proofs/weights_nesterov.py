"""Nesterov's residual polynomial is 1 at 0."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="weights_nesterov",
    title="Nesterov's method has P_t(0) = 1 on every spectrum 0 < ℓ < L.",
    statement=("P = 1", "previous = 1"),
    variables={"a": "(0, oo)", "width": "(0, oo)"},
    definitions={"b": "a+width"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 2; Nesterov 2004, scheme 2.2.11",
    programs={
        "nesterov": pu.Sequences(
            pu.Nesterov(pu.Spectrum("1/100", 1)),
            parameters={"ell": "a**2", "L": "b**2"},
            lam="0",
            names={"P": ("x", 0), "previous": ("previous", 0)},
            states={"x": ("1",), "previous": ("1",)},
            roots={"root": "a*b"},
        )
    },
    remark="a is √ℓ and b is √L; λ is 0.",
)
