"""The exact worst case V is attained by a problem with two eigenvalues."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="worst_case_attained",
    title="If at some s in (0, 1) two eigenvalues both have E²R²/s + D²G²/(1−s) = V², and a convex combination of the "
    "two has slope 0 in s, then some vectors on their eigenvectors with ‖u‖ = R and ‖v‖ = G have ‖E(H)u + D(H)v‖ = V: "
    "there V is the exact worst case, by `worst_case_bounds`.",
    statement=(
        "part1*E1**2*R**2/s**2 + part2*E2**2*R**2/s**2 = V**2",
        "part1*D1**2*G**2/(1-s)**2 + part2*D2**2*G**2/(1-s)**2 = V**2",
        "u1**2 + u2**2 = R**2",
        "v1**2 + v2**2 = G**2",
        "(E1*u1+D1*v1)**2 + (E2*u2+D2*v2)**2 = V**2",
    ),
    hypotheses=(
        "E1**2*R**2/s + D1**2*G**2/(1-s) = V**2",
        "E2**2*R**2/s + D2**2*G**2/(1-s) = V**2",
        "part1*(D1**2*G**2/(1-s)**2-E1**2*R**2/s**2) + part2*(D2**2*G**2/(1-s)**2-E2**2*R**2/s**2) = 0",
    ),
    kind="tight bound",
    variables={
        "s": "(0, 1)",
        "angle": "[0, 1]",
        "V": "(0, oo)",
        "R": "(0, oo)",
        "G": "(0, oo)",
        **dict.fromkeys(("E1", "D1", "E2", "D2"), "(-oo, oo)"),
    },
    definitions={
        # weights that add up to 1, with rational square roots
        "root1": "(1-angle**2)/(1+angle**2)",
        "root2": "2*angle/(1+angle**2)",
        "part1": "root1**2",
        "part2": "root2**2",
        "u1": "root1*E1*R**2/(s*V)",
        "u2": "root2*E2*R**2/(s*V)",
        "v1": "root1*D1*G**2/((1-s)*V)",
        "v2": "root2*D2*G**2/((1-s)*V)",
    },
    reference="polyunroll",
    rules=(
        {
            "rule": "identity",
            "using": {
                "E1**2*R**2/s + D1**2*G**2/(1-s) = V**2": "part1",
                "E2**2*R**2/s + D2**2*G**2/(1-s) = V**2": "part2",
                "part1*(D1**2*G**2/(1-s)**2-E1**2*R**2/s**2) + part2*(D2**2*G**2/(1-s)**2-E2**2*R**2/s**2) = 0": "s-1",
            },
        },
        {
            "rule": "identity",
            "using": {
                "E1**2*R**2/s + D1**2*G**2/(1-s) = V**2": "part1",
                "E2**2*R**2/s + D2**2*G**2/(1-s) = V**2": "part2",
                "part1*(D1**2*G**2/(1-s)**2-E1**2*R**2/s**2) + part2*(D2**2*G**2/(1-s)**2-E2**2*R**2/s**2) = 0": "s",
            },
        },
        {"rule": "identity", "using": {"part1*E1**2*R**2/s**2 + part2*E2**2*R**2/s**2 = V**2": "R**2/V**2"}},
        {"rule": "identity", "using": {"part1*D1**2*G**2/(1-s)**2 + part2*D2**2*G**2/(1-s)**2 = V**2": "G**2/V**2"}},
        {
            "rule": "identity",
            "using": {
                "E1**2*R**2/s + D1**2*G**2/(1-s) = V**2": "part1*((E1**2*R**2/s+D1**2*G**2/(1-s))+V**2)/V**2",
                "E2**2*R**2/s + D2**2*G**2/(1-s) = V**2": "part2*((E2**2*R**2/s+D2**2*G**2/(1-s))+V**2)/V**2",
            },
        },
    ),
    point={
        "s": "1/2",
        "angle": "1/2",
        "V": "2",
        **dict.fromkeys(("R", "G", "E1", "D1", "E2", "D2"), "1"),
    },
    remark="The minimum over s of the larger of several convex functions, infinite at 0 and 1, is where one alone has "
    "slope 0 (angle = 0, or both eigenvalues equal) or two that are equal have slopes of opposite sign: the "
    "hypotheses. That there is such an s is this argument, not a relation here. part1 and part2 are any weights ≥ 0 "
    "with sum 1 whose roots are rational in a parameter.",
)
