"""For every program P_t(0) = 1."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="weights_every_program",
    title="Every first-order method that a Program can describe has P_t(0) = 1: the polynomial of each vector it forms "
    "is, at λ = 0, the vector's affine weight, which is 1 for an iterate.",
    statement=("at_zero = m",),
    vectors={
        # p(0), and the affine weight: a state starts as weight·x_0, a gradient has weight 0
        "at_zero": ("weight", "lam*at_zero"),
        "m": ("weight", "0"),
    },
    variables={},
    definitions={"lam": "0"},
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 2; for every program, polyunroll",
    rules=({"rule": "structure"},),
    remark="A program's vectors are what it starts with, gradients, and combinations with any coefficients that depend "
    "on neither x_0 nor θ, those of registers included: so the number of states and the laws of registers do not "
    "matter. That queries and iterates have weight 1 is what `Program` demands.",
)
