"""The classical Jacobi methods' residual polynomials: their recurrence and their differential equation."""

import polyunroll as pu

AB = "(alpha+beta)"
GAMMA = f"4*t*(t+alpha)*(t+beta)*(t+{AB})/((2*t+{AB})**2*(2*t+{AB}+1)*(2*t+{AB}-1))"

CLAIM = pu.Claim(
    id="jacobi_residual",
    title="The classical Jacobi methods' P_t, p_t in s = σ(λ), have (1−s²)p_t'' + (β−α−(α+β+2)s)p_t' + t(t+α+β+1)p_t "
    "= 0 for all t and α, β > −1, the equation of the Jacobi polynomials, and p_t = ϖ_t((s−b_(t−1))p_(t−1) − "
    "γ_(t−1)ϖ_(t−1)p_(t−2)), ϖ_t = 1/(σ_0 − b_(t−1) − γ_(t−1)ϖ_(t−1)).",
    statement=(
        "(1-s**2)*r**2*P2 + (beta-alpha-(alpha+beta+2)*s)*r*P1 + t*(t+alpha+beta+1)*P = 0",
        "P_before = P[t-1]",
        "P = varpi*((s-b[t-1])*P[t-1] - gamma[t-1]*varpi[t-1]*P_before[t-1])",
        "varpi*(sigma0-b[t-1]-gamma[t-1]*varpi[t-1]) = 1",
        "(1-s**2)*r*P1 = t*((alpha-beta)/(2*t+alpha+beta)-s)*P + (2*t+alpha+beta+1)*gamma*varpi*P_before",
        "ell > 0",
        "L > ell",
    ),
    variables={
        "alpha": "(-1, oo)",
        "beta": "(-1, oo)",
        "s": "(-1, 1)",
        "sigma0": "(-oo, -1)",
        "r": "(0, oo)",
    },
    start=1,
    definitions={
        "ell": "r*(-1-sigma0)",
        "L": "r*(1-sigma0)",
        # |p_t(−1)/p_(t−1)(−1)| of the monic polynomials
        "least": f"2*(t+beta)*(t+{AB})/((2*t+{AB})*(2*t+{AB}-1))",
        "up": f"t*((alpha-beta)/(2*t+{AB})-s)",
        "slope_of_up": "-t",
        "N": f"t*(t+{AB}+1)",
        "N_before": f"(t-1)*(t+{AB})",
        "first": f"beta-alpha-({AB}+2)*s",
        "down": f"4*t*(t+alpha)*(t+beta)*(t+{AB})/((2*t+{AB})**2*(2*t+{AB}-1))",
    },
    programs={
        "jacobi": pu.Sequences(
            pu.Jacobi(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "alpha": "alpha", "beta": "beta"},
            lam="r*(s-sigma0)",
            names={
                "P": ("x", 0),
                "P1": ("x", 1),
                "P2": ("x", 2),
                "P_before": ("previous", 0),
                "b": ("b", 0),
                "gamma": ("gamma", 0),
                "varpi": ("varpi", 0),
            },
            states={
                "x": ("x", "x_1", "-(first*r*x_1+N*x)/(r**2*(1-s**2))"),
                "previous": (
                    "((1-s**2)*r*x_1-up*x)/(down*varpi)",
                    f"((alpha-beta+{AB}*s-up)*r*x_1-(N+slope_of_up)*x)/(r*down*varpi)",
                    f"-(first*((alpha-beta+{AB}*s-up)*r*x_1-(N+slope_of_up)*x)"
                    "+N_before*((1-s**2)*r*x_1-up*x))/(down*varpi*r**2*(1-s**2))",
                ),
            },
            registers={"b": f"(beta-alpha)*{AB}/((2*t+{AB})*(2*t+{AB}+2))", "gamma": GAMMA},
            bounds={"varpi": "(-1/least, 0)"},
            start=2,
        )
    },
    reference="DLMF 18.8.1, 18.9.2, 18.9.17",
    rules=(*({"rule": "identity"},) * 5, {"rule": "sign"}, {"rule": "sign"}),
    remark="P is P_t, P1 and P2 are its derivatives in λ, and p_t' is rP_t'; σ_0 = −(L+ℓ)/(L−ℓ), r = (L−ℓ)/2. b_t and "
    "γ_t are the monic Jacobi polynomials' coefficients (DLMF 18.9.2), of which `weights_jacobi` shows that no "
    "division by 0 occurs. Both sides are polynomials in s, so they agree for all s.",
)
