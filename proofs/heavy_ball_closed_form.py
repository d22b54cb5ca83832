"""Polyak's heavy ball in Chebyshev polynomials of both kinds."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="heavy_ball_closed_form",
    title="Polyak's heavy ball has P_t = (−ξ)^t (2β T_t(σ) + (1−β) U_t(σ))/(1+β) with β = ξ², and P_t' = (−ξ)^t "
    "(2/(L−ℓ)) (2β t U_{t−1}(σ) + (1−β) U_t'(σ))/(1+β).",
    statement=(
        "P = X*(2*beta*T + (1-beta)*U)/(1+beta)",
        "D = X*(2*beta*dT + (1-beta)*dU)/((1+beta)*r)",
        "2*r = L-ell",
        "lam = r*sigma + (L+ell)/2",
    ),
    variables={"z": "(0, 1)", "a": "(0, oo)", "width": "(0, oo)"},
    definitions={
        "b": "a+width",
        "ell": "a**2",
        "L": "b**2",
        "xi": "(b-a)/(b+a)",
        "beta": "xi**2",
        "r": "(b**2-a**2)/2",
        "sigma": "(z+1/z)/2",
        "lam": "r*sigma+(a**2+b**2)/2",
        "T": "(Z+1/Z)/2",
        "U": "(z*Z-1/(z*Z))/(z-1/z)",
        "dT": "t*(Z-1/Z)/(z-1/z)",
        "dU": "((t+1)*(z*Z+1/(z*Z))/2-sigma*U)/(sigma**2-1)",
        "Tp": "(Z/z+z/Z)/2",
        "Up": "(Z-1/Z)/(z-1/z)",
        "dTp": "(t-1)*(Z/z-z/Z)/(z-1/z)",
        "dUp": "(t*(Z+1/Z)/2-sigma*Up)/(sigma**2-1)",
    },
    exponentials={"Z": "z", "X": "-width/(2*a+width)"},
    reference="polyunroll; DLMF 18.5.1, 18.5.2, 18.9.21",
    programs={
        "heavy_ball": pu.Sequences(
            pu.HeavyBall(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={
                "x": ("X*(2*beta*T + (1-beta)*U)/(1+beta)", "X*(2*beta*dT + (1-beta)*dU)/((1+beta)*r)"),
                "previous": (
                    "-X*(2*beta*Tp + (1-beta)*Up)/((1+beta)*xi)",
                    "-X*(2*beta*dTp + (1-beta)*dUp)/((1+beta)*r*xi)",
                ),
            },
            registers={"step": "4/(a+b)**2"},
            roots={"root": "a*b"},
            start=2,
        )
    },
    remark="a is √ℓ, b is √L, ξ = (b−a)/(b+a) = (1−√κ)/(1+√κ); σ = (2λ−L−ℓ)/(L−ℓ) = (z + 1/z)/2, T_t = (z^t + "
    "z^−t)/2, U_t = (z^(t+1) − z^−(t+1))/(z − 1/z), T_t' = t U_{t−1} and (σ²−1)U_t' = (t+1)T_{t+1} − σU_t. z in (0, "
    "1) is σ > 1; both sides are polynomials in λ, so equality there is equality everywhere.",
)
