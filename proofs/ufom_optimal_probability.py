"""The probability of the exact branch that makes the debiased first-order estimator cheapest."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="ufom_optimal_probability",
    title="For the cost (c_0 + c_1 q)(V + (1/q − 1)D)^p, D = ‖G − F‖², V = ‖G‖², the derivative in q has the sign of "
    "c_1(V−D)q² + (1−p)c_1 D q − p c_0 D, and for p = 1 and p = 2 a root of this in (0, 1] is where the cost is least.",
    statement=(
        # c_1 M + p (c_0 + c_1 q) M', which is the derivative divided by M^(p−1); M' = −D/q²
        "(c1*M + p*(c0+c1*q)*slope)*q**2 = c1*(V-D)*q**2 + (1-p)*c1*D*q - p*c0*D",
        # p = 1: V − D is what makes r the root
        "c1*(V1-D)*r**2 - c0*D = 0",
        "(c0+c1*q)*(V1-D+D/q) >= (c0+c1*r)*(V1-D+D/r)",
        # p = 2
        "c1*(V2-D)*r**2 - c1*D*r - 2*c0*D = 0",
        "(c0+c1*q)*(V2-D+D/q)**2 >= (c0+c1*r)*(V2-D+D/r)**2",
    ),
    kind="optimality",
    variables={
        "q": "(0, 1]",
        "r": "(0, 1]",
        "p": "[1, oo)",
        "c0": "(0, oo)",
        "c1": "(0, oo)",
        "D": "(0, oo)",
        "V": "(0, oo)",
    },
    definitions={
        "M": "V+(1/q-1)*D",
        "slope": "-D/q**2",
        "V1": "D+c0*D/(c1*r**2)",
        "V2": "D+(c1*r+2*c0)*D/(c1*r**2)",
    },
    reference="polyunroll; the cost is that of Likhosherstov, Song, Choromanski, Davis, Weller, ICML 2021, Section 4",
    rules=(
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "identity"},
        {"rule": "sign"},
    ),
    remark="The number of iterations is taken to grow like the second moment to the power p. V1 and V2 are the V for "
    "which r is the root.",
)
