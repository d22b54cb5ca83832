"""When the Sobolev norm is the expected squared Jacobian error."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="sobolev_expected_error",
    title="If, given H, the components of ∂x_0 − ∂x* and of ∂H(x_0 − x*) along H's eigenvectors are uncorrelated with "
    "variances v and ηv, then the expected squared component of the Jacobian error at an eigenvalue is v(P² + "
    "ηP'²) there: what the kernel polynomial for their expected density minimises in the mean.",
    statement=(
        "error = P**2*aa + 2*P*D*ac + D**2*cc",
        "error - v*(P**2 + eta*D**2) = P**2*(aa-v) + 2*P*D*ac + D**2*(cc-eta*v)",
    ),
    kind="optimality",
    variables=dict.fromkeys(("P", "D", "v", "eta"), "(-oo, oo)"),
    free={"w": "[0, oo)", "a": "(-oo, oo)", "c": "(-oo, oo)"},
    programs={
        "moments": pu.Sequences(
            {
                "error": ("w*(P*a+D*c)**2", "error[t-1] + w*(P*a+D*c)**2"),
                "aa": ("w*a**2", "aa[t-1] + w*a**2"),
                "ac": ("w*a*c", "ac[t-1] + w*a*c"),
                "cc": ("w*c**2", "cc[t-1] + w*c**2"),
            },
            parameters={name: name for name in ("w", "a", "c", "P", "D")},
            lam="0",
            names={name: (name, 0) for name in ("error", "aa", "ac", "cc")},
        )
    },
    reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 5",
    rules=(
        {"rule": "induction"},
        {"rule": "identity", "using": {"error = P**2*aa + 2*P*D*ac + D**2*cc": "1"}},
    ),
    remark="a and c are the components at one eigenvalue, P and D the values of P and P' there, w_0, …, w_t the "
    "probabilities of t + 1 outcomes. With aa = v, ac = 0 and cc = ηv the right-hand side is 0: these are the "
    "hypotheses, met by independent, zero-mean vectors that are isotropic given H. H and ∂H commute, or the second "
    "term is 𝓛 of `master_identity_divided`. `kernel_minimiser` has the minimum over P.",
)
