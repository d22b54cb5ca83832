"""The exact worst case V bounds the Jacobian error and lies between W and √2 W."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="worst_case_bounds",
    title="V² = min over s in (0, 1) of the maximum over λ of E²R²/s + D²G²/(1−s) bounds the squared norm of E(H)u + "
    "D(H)v for all ‖u‖ ≤ R and ‖v‖ ≤ G, and W ≤ V ≤ √2 W for W = max(|E|R + |D|G); √2 cannot be improved.",
    statement=(
        # one eigenvalue's component; summed over the eigenvectors it gives ‖E(H)u + D(H)v‖² ≤ the maximum, for every s
        "(E*u + D*v)**2 <= (E**2*R**2/s + D**2*G**2/(1-s))*(s*u**2/R**2 + (1-s)*v**2/G**2)",
        # W ≤ V: at the λ where W is attained, with a = |E|R and b = |D|G, for every s …
        "a**2/s + b**2/(1-s) >= (a+b)**2",
        # … and with equality for the best s there
        "a**2/best + b**2/(1-best) = (a+b)**2",
        # V ≤ √2 W: at every λ, with s = 1/2
        "a**2/(1/2) + b**2/(1-1/2) <= 2*(a+b)**2",
        # √2 is attained: (a, 0) at one λ and (0, a) at another have W = a; for every s one of a²/s, a²/(1−s) is ≥ 2a²
        "(a**2/s-2*a**2)*s + (a**2/(1-s)-2*a**2)*(1-s) = 0",
    ),
    variables={
        "s": "(0, 1)",
        "R": "(0, oo)",
        "G": "(0, oo)",
        "a": "(0, oo)",
        "b": "(0, oo)",
        "E": "(-oo, oo)",
        "D": "(-oo, oo)",
        "u": "(-oo, oo)",
        "v": "(-oo, oo)",
    },
    definitions={"best": "a/(a+b)"},
    kind="tight bound",
    reference="polyunroll",
    rules=(
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "identity"},
    ),
    remark="Σu² ≤ R² and Σv² ≤ G² over the eigenvectors, so the second factors of the first relation add up to at "
    "most s + (1 − s) = 1. In the last relation two numbers with positive weights add up to 0, so one of them is ≥ 0: "
    "the maximum over the two eigenvalues is at least 2a² = 2W² for every s. `worst_case_attained` says when "
    "V is attained.",
)
