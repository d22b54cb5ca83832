"""The debiased first-order estimator is unbiased."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="ufom_unbiased",
    title="With ξ = 1 with probability q in (0, 1] and 0 otherwise, U = F + (ξ/q)(G − F) has mean G.",
    statement=("q*U1 + (1-q)*U0 = G",),
    variables={"q": "(0, 1]", "F": "(-oo, oo)", "G": "(-oo, oo)"},
    definitions={"U0": "F", "U1": "F+(G-F)/q"},
    reference="Likhosherstov, Song, Choromanski, Davis, Weller, ICML 2021, Section 4",
    remark="F and G are one component of the first-order and of the exact hypergradient.",
)
