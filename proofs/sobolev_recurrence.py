"""Sobolev orthogonal polynomials from combinations whose products vanish off a band: the recurrences are right."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="sobolev_recurrence",
    title="The O(1) recurrences for Jacobi weights (any e_n, f_n and norms k_n > 0, with F_n = p_n + e_n p_(n−1) + f_n "
    "p_(n−2) and F_n' = np_(n−1)) and for Marchenko–Pastur (any ρ) are Cholesky's decomposition of the products of the "
    "F_n for n ≥ 4, by which S_n is orthogonal to all S_m before it and has the squared norm s_n.",
    statement=(
        # Jacobi, F_n = S_n + d'S_(n−1) + d''S_(n−2): ⟨F_n, S_(n−2)⟩, ⟨F_n, S_(n−1)⟩ and ⟨S_n, S_n⟩
        "two*s2 = f*k2",
        "one*s1 = (e*k1 + f*e1*k2) - one1*(two*s2)",
        "s = (k + e**2*k1 + f**2*k2 + eta*t**2*k1) - one**2*s1 - two**2*s2",
        # Marchenko–Pastur, F_n = S_n + A S_(n−1) + B S_(n−2) + C S_(n−3), with orthonormal p_n
        "C*s3 = -rho",
        "B*s2 = (-1 - rho**2) - A2*(C*s3)",
        "A*s1 = (rho + 4*rho*eta*(t-1)*(t-2)) - A1*(B*s2) - B1*(C*s3)",
        "S = (2 + 2*rho**2 + eta*(4*t**2 + 4*rho**2*(t-2)**2)) - A**2*s1 - B**2*s2 - C**2*s3",
    ),
    start=4,
    variables={
        "eta": "[0, oo)",
        "rho": "(0, 1)",
        **dict.fromkeys(("k", "k1", "k2", "s1", "s2", "s3"), "(0, oo)"),
        **dict.fromkeys(("e", "e1", "f", "one1", "A1", "A2", "B1"), "(-oo, oo)"),
    },
    definitions={
        # the recurrences as they are run
        "two": "f*k2/s2",
        "u1": "e1-one1",
        "one": "(e*k1+f*k2*u1)/s1",
        "u": "e-one",
        "v": "f-one*u1-two",
        "s": "k+eta*t**2*k1+e*u*k1+f*v*k2",
        "U1": "rho-A1",
        "U2": "rho-A2",
        "V1": "-1-A1*U2-B1",
        "C": "-rho/s3",
        "B": "(-1-rho*U2)/s2",
        "A": "(rho-U1-rho*V1+4*rho*eta*(t-1)*(t-2))/s1",
        "U": "rho-A",
        "V": "-1-A*U1-B",
        "W": "-rho-A*V1-B*U2-C",
        "g": "2*rho*(t-2)-2*(t-1)*A",
        "S": "1+rho*U-V-rho*W+eta*(4*t**2+2*rho*(t-2)*g)",
    },
    reference="polyunroll",
    remark="t is n. k1 and s1 are k_(n−1) and s_(n−1), and so on; they and the coefficients of the steps before may "
    "be any numbers. In brackets stand ⟨F_n, F_(n−i)⟩, from ∫p_n p_m = 0 for n ≠ m and the coherence relations "
    "`coherence_jacobi` and `coherence_marchenko_pastur`; for Marchenko–Pastur they are 2 + 2ρ² + …, ρ + …, −1 − ρ² "
    "and −ρ. That the S_n are orthogonal is Cholesky's decomposition, not a relation here; the first steps, where "
    "terms are missing, are not part of this claim.",
)
