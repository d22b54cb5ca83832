"""A published Sobolev–Chebyshev recurrence is not Sobolev orthogonal."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="published_recurrence_not_orthogonal",
    title="The residual polynomials that google-research's folder sobolev publishes for the Chebyshev weight are not "
    "Sobolev orthogonal: on (1/10, 2) with η = 1 those of degrees 1 and 3 have the normalised product 0.1306.",
    statement=(
        "gram = alpha*xi*(eta_s-3)/(7*T1**2)",
        "gram = 246563/254457",
        "gram**2 = 1865956/109321437*norm1*norm3",
        "1865956/109321437 > 0.13**2",
    ),
    kind="existence",
    variables={},
    definitions={
        "sigma0": "-(2+1/10)/(2-1/10)",
        "eta_s": "4/(2-1/10)**2",
        "T1": "sigma0",
        "T3": "4*sigma0**3-3*sigma0",
        # the published coefficients for degree 3
        "xi": "T1/T3*3/(3-2)",
        "gamma": "-xi/(1+2*1*1*3)",
        "alpha": "1/(1-xi-gamma)",
        "beta": "1-alpha+xi*alpha",
        # degree 1: p1 σ; degree 3: β times that + α T_3(σ)/T_3(σ_0) − ξα T_1(σ)/T_1(σ_0) = q1 σ + q3 σ³
        "p1": "1/T1",
        "q1": "beta/T1-3*alpha/T3-xi*alpha/T1",
        "q3": "4*alpha/T3",
        # moments of the Chebyshev weight of mass 1: of σ², σ⁴ and σ⁶
        "m2": "1/2",
        "m4": "3/8",
        "m6": "5/16",
        "gram": "p1*(q1*m2+q3*m4)+eta_s*p1*(q1+3*q3*m2)",
        "norm1": "p1**2*(m2+eta_s)",
        "norm3": "q1**2*m2+2*q1*q3*m4+q3**2*m6+eta_s*(q1**2+6*q1*q3*m2+9*q3**2*m4)",
    },
    reference="polyunroll; github.com/google-research/google-research, sobolev/sobolev.py; moments: DLMF 18.3.1, "
    "5.12.1",
    rules=({"rule": "identity"}, {"rule": "identity"}, {"rule": "identity"}, {"rule": "sign"}),
    remark="The product is ∫PQ dμ + η_s ∫P'Q' dμ in σ = (2λ−L−ℓ)/(L−ℓ), with μ the Chebyshev weight and η_s = "
    "4η/(L−ℓ)². Neighbouring degrees are orthogonal by parity; degrees 1 and 3 are only for η_s = 3.",
)
