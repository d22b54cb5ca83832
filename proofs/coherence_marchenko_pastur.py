"""Marchenko–Pastur: the combination of neighbours with a short derivative, and the Sobolev norms."""

import polyunroll as pu

U = "(Z*z-1/(Z*z))/(z-1/z)"
U_LAST = "(Z-1/Z)/(z-1/z)"
# U_n' = ((n+1)T_(n+1) − sU_n)/(s² − 1), and s² − 1 = ((z − 1/z)/2)²
U_SLOPE = f"((t+1)*(Z*z+1/(Z*z))/2-s*{U})/((z-1/z)/2)**2"
U_LAST_SLOPE = f"(t*(Z+1/Z)/2-s*{U_LAST})/((z-1/z)/2)**2"

CLAIM = pu.Claim(
    id="coherence_marchenko_pastur",
    title="For the Marchenko–Pastur law with ratio ρ² the orthonormal p_n = U_n + ρU_(n−1) have F_n = p_n + ρp_(n−1) − "
    "p_(n−2) − ρp_(n−3) with F_n' = 2n p_(n−1) + 2ρ(n−2)p_(n−2), n ≥ 4.",
    statement=(
        "p = U + rho*U_last",
        "q + rho*q[t-1] - q[t-2] - rho*q[t-3] = 2*t*p[t-1] + 2*rho*(t-2)*p[t-2]",
    ),
    start=4,
    variables={"z": "(0, 1)", "rho": "(0, 1)"},
    definitions={"s": "(z+1/z)/2", "U": U, "U_last": U_LAST},
    exponentials={"Z": "z"},
    programs={
        "law": pu.Sequences(
            {
                # p_n and p_n'
                "p": ("1", "2*s+rho", "2*s*p[t-1]-p[t-2]"),
                "q": ("0", "2", "2*p[t-1]+2*s*q[t-1]-q[t-2]"),
            },
            parameters={"s": "s", "rho": "rho"},
            lam="0",
            names={"p": ("p", 0), "q": ("q", 0)},
            registers={"p": f"{U}+rho*{U_LAST}", "q": f"{U_SLOPE}+rho*{U_LAST_SLOPE}"},
        )
    },
    reference="polyunroll; DLMF 18.5.2, 18.9.21",
    remark="s = (z + 1/z)/2, and both sides are polynomials in s. That the p_n are orthonormal is not "
    "part of this claim. λ = 1 + ρ² + 2ρs. `sobolev_recurrence` makes "
    "orthogonal polynomials of the F_n.",
)
