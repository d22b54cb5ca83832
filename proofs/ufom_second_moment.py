"""The second moment of the debiased first-order estimator."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="ufom_second_moment",
    title="With ξ = 1 with probability q in (0, 1] and 0 otherwise, U = F + (ξ/q)(G − F) has the second moment G² + "
    "(1/q − 1)(G − F)², at least G² and not increasing in q.",
    statement=(
        "q*U1**2 + (1-q)*U0**2 = G**2 + (1/q-1)*(G-F)**2",
        "q*U1**2 + (1-q)*U0**2 >= G**2",
        "(1/(s*q)-1)*(G-F)**2 >= (1/q-1)*(G-F)**2",
    ),
    variables={"q": "(0, 1]", "s": "(0, 1]", "F": "(-oo, oo)", "G": "(-oo, oo)"},
    definitions={"U0": "F", "U1": "F+(G-F)/q"},
    reference="Likhosherstov, Song, Choromanski, Davis, Weller, ICML 2021, Section 4",
    rules=({"rule": "identity"}, {"rule": "sign"}, {"rule": "sign"}),
    remark="F and G are one component of the first-order and of the exact hypergradient; summing over components "
    "gives E‖U‖² = ‖G‖² + (1/q − 1)‖G − F‖². sq is any smaller probability.",
)
