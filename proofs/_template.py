"""A first example to copy: one gradient step more multiplies the residual by 1 − hλ.

The name begins with an underscore, so this file is not among the claims.
"""

import polyunroll as pu

CLAIM = pu.Claim(
    # What `polyunroll verify` and the table call it; the file has the same name.
    id="template",
    # One sentence with all hypotheses; the statement below is what is proved.
    title="Gradient descent with a constant step has P_t = (1 − hλ)P_(t−1), and 0 ≤ P_t ≤ 1 for 0 < hλ < 1.",
    # Relations, each with exactly one of = != < <= > >=. P[t-1] is P one step back.
    statement=("P = (1-x)*P[t-1]", "P >= 0", "P <= 1"),
    # Where the variables range; the statement is about all their values. Products of variables replace square roots.
    variables={"lam": "(0, oo)", "x": "(0, 1)"},
    # The first t; with until=T the statement is about start <= t <= T only, and no closed form is needed.
    start=1,
    # Abbreviations, in variables, t, exponentials, sequences and abbreviations before them.
    definitions={"h": "x/lam"},
    # Z = (1-x)^t. A base is a formula in the variables.
    exponentials={"Z": "1-x"},
    # A paper and a theorem's number, or "polyunroll".
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 2",
    programs={
        "gd": pu.Sequences(
            # The method itself: what is proved is what runs. Only its program is used, not this spectrum.
            pu.GradientDescent(pu.Spectrum("1/100", 1)),
            # The program's parameters, and λ, in the variables.
            parameters={"ell": "1", "L": "1", "h": "h"},
            lam="lam",
            # P is the polynomial of the state x; ("x", 1) is its derivative in λ.
            names={"P": ("x", 0)},
            # Proof: each state's closed form, verified by induction over the program.
            states={"x": ("Z",)},
        )
    },
    # Proof: for each relation the rule that settles it.
    rules=({"rule": "identity"}, {"rule": "sign"}, {"rule": "sign"}),
    # How the formulas relate to the sentence, where that needs saying.
    remark="x is hλ.",
)
