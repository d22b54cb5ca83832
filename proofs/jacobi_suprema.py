"""The classical Jacobi methods' P_t' and E_t are largest at λ = L where α ≥ β."""

import polyunroll as pu
from proofs.jacobi_largest_at_one import CLAIM as LARGEST

B = "(beta-alpha)*(alpha+beta)/((2*t+alpha+beta)*(2*t+alpha+beta+2))"
GAMMA = "4*t*(t+alpha)*(t+beta)*(t+alpha+beta)/((2*t+alpha+beta)**2*(2*t+alpha+beta+1)*(2*t+alpha+beta-1))"
# p_t/p_t(1) in the polynomials of α + 1 and β + 1
W = "(2*(t+alpha+1)*(n-t+2)/(n+2)*c-t*(s-e/(n+2))*c[t-1])/(2*(alpha+1))"
W_BEFORE = "(2*(t+alpha)*(n-t+1)/n*c[t-1]-(t-1)*(s-e/n)*c[t-2])/(2*(alpha+1))"
P, P_BEFORE = f"P = S*A*{W}", f"P_before = -S*A[t-1]*{W_BEFORE}"
D, D_BEFORE = "r*D = S*A*k*c[t-1]", "r*D_before = -S*A[t-1]*k[t-1]*c[t-2]"
SIZE, THREE = "A = -v*rho*A[t-1]", "c = (rise*c[t-1]-fall*c[t-2])/below"
OWN = "varpi = v"


CLAIM = pu.Claim(
    id="jacobi_suprema",
    title="The classical Jacobi methods with α ≥ β > −1 have |P_t'| and |E_t| on [ℓ, L] at most their values at λ = L, "
    "which are A_t t(t+α+β+1)/((α+1)(L−ℓ)) and A_t (t(t+α+β+1)/((α+1)(1−κ)) − 1) with A_t = |P_t(L)|, for all t ≥ 2.",
    statement=(
        "S*S = 1",
        SIZE,
        THREE,
        OWN,
        P,
        P_BEFORE,
        D,
        D_BEFORE,
        # the polynomials of α + 1 and β + 1
        "c <= 1",
        "c >= -1",
        "c[t-1] <= 1",
        "c[t-1] >= -1",
        "c[t-2] <= 1",
        "c[t-2] >= -1",
        "r*S*D <= A*k",
        "r*S*D >= -A*k",
        "-S*E <= A*(L/r*k-1)",
        "-S*E >= -A*(L/r*k-1)",
        "ell > 0",
        "2*r = L-ell",
    ),
    kind="tight bound",
    variables={"s": "(-1, 1)", "beta": "(-1, oo)", "e": "[0, oo)", "sigma0": "(-oo, -1)", "r": "(0, oo)"},
    start=2,
    definitions={
        "alpha": "beta+e",
        "ell": "r*(-1-sigma0)",
        "L": "r*(1-sigma0)",
        "lam": "r*(s-sigma0)",
        "n": "2*t+alpha+beta",
        "b": B,
        "gamma": GAMMA,
        # |p_t(−1)/p_(t−1)(−1)| and p_t(1)/p_(t−1)(1) of the monic polynomials
        "least": "2*(t+beta)*(t+alpha+beta)/(n*(n-1))",
        "rho": "2*(t+alpha)*(t+alpha+beta)/(n*(n-1))",
        "v_next": "1/(sigma0-b-gamma*v)",
        "varpi_next": "1/(sigma0-b-gamma*varpi)",
        # p_t'(1)/p_t(1)
        "k": "t*(t+alpha+beta+1)/(2*(alpha+1))",
        "E": "P-lam*D",
        # the three-term recurrence of the polynomials of α + 1 and β + 1
        "rise": "(n+1)*(n*(n+2)*s+(alpha+beta+2)*e)",
        "fall": "2*(t-1)*(t+beta)*(n+2)",
        "below": "2*(t+alpha+beta+2)*n*(t+alpha+1)",
        # 2(α+1)((1+σ)k c[t−1] − w) in c, c[t−1] and c[t−2]
        "high": "2*(t-1)*(t+alpha+1)*(n-t+1)*(n-t+2)/((n+1)*(n+2))",
        "mid": "2*t*(n-t+1)*(2*beta**2+beta*e+4*beta*t+2*beta+2*e*t-e+2*t**2+2*t)/(n*(n+2))",
        "low": "2*t*(t+beta)*(t-1)*(n-t+2)/(n*(n+1))",
    },
    exponentials={"S": "-1"},
    programs={
        "derivative": pu.Sequences(
            LARGEST.programs["jacobi"].program,
            parameters={"s": "s", "u": "alpha+beta+3", "e": "e"},
            lam="0",
            names={"c": ("c", 0), "d": ("d", 0)},
        ),
        "size": pu.Sequences(
            {
                "b": ("(beta-alpha)/(alpha+beta+2)", B),
                "gamma": ("0", "4*(1+alpha)*(1+beta)/((2+alpha+beta)**2*(3+alpha+beta))", GAMMA),
                # ϖ_t, and |P_t| at λ = L
                "v": ("0", "1/(sigma0-b[t-1]-gamma[t-1]*v[t-1])"),
                "A": (
                    "1",
                    "-v*2*(1+alpha)/(2+alpha+beta)",
                    "-v*2*(t+alpha)*(t+alpha+beta)/((2*t+alpha+beta)*(2*t+alpha+beta-1))*A[t-1]",
                ),
            },
            parameters={"alpha": "alpha", "beta": "beta", "sigma0": "sigma0"},
            lam="0",
            names={"v": ("v", 0), "A": ("A", 0)},
            registers={"b": B, "gamma": GAMMA},
            bounds={"v": "(-1/least, 0)", "A": "(0, oo)"},
            start=2,
        ),
        "jacobi": pu.Sequences(
            pu.Jacobi(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "alpha": "alpha", "beta": "beta"},
            lam="lam",
            names={
                "P": ("x", 0),
                "D": ("x", 1),
                "P_before": ("previous", 0),
                "D_before": ("previous", 1),
                "varpi": ("varpi", 0),
            },
            states={"x": ("x", "x_1"), "previous": ("previous", "previous_1")},
            registers={"b": B, "gamma": GAMMA},
            bounds={"varpi": "(-1/least, 0)"},
            start=2,
        ),
    },
    cites={"largest": ("jacobi_largest_at_one", {"u": "alpha+beta+3"})},
    reference="polyunroll; Szegő, Orthogonal Polynomials, Theorem 7.32.1",
    rules=(
        {"rule": "induction"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "induction", "factor": "gamma*v_next*varpi_next"},
        {
            "rule": "induction",
            "from": {
                P: "v_next*(s-b)",
                P_BEFORE: "-v_next*gamma*varpi",
                OWN: f"S*gamma*v_next*A[t-1]*{W_BEFORE}",
                SIZE: f"S*gamma*v_next*{W_BEFORE}/rho",
                THREE: "S*gamma*v_next*A*(t-1)*(s-e/n)/(2*(alpha+1)*rho)*below/fall",
            },
            "using": {OWN: "(s-b[t-1])*P[t-1]-gamma[t-1]*varpi[t-1]*P_before[t-1]"},
        },
        {"rule": "induction", "from": {P: "1"}},
        {
            "rule": "induction",
            "from": {
                D: "v_next*(s-b)",
                P: "v_next",
                D_BEFORE: "-v_next*gamma*varpi",
                OWN: "S*gamma*v_next*A[t-1]*k[t-1]*c[t-2]",
                SIZE: "S*gamma*v_next*k[t-1]*c[t-2]/rho",
                THREE: "-S*gamma*v_next*A*k[t-1]/rho*below/fall",
            },
            "using": {OWN: "P[t-1]+r*(s-b[t-1])*D[t-1]-gamma[t-1]*varpi[t-1]*r*D_before[t-1]"},
        },
        {"rule": "induction", "from": {D: "1"}},
        {"rule": "sign", "using": {"largest: c <= 1": "1"}},
        {"rule": "sign", "using": {"largest: c >= -1": "1"}},
        {"rule": "induction", "from": {"c <= 1": "1"}},
        {"rule": "induction", "from": {"c >= -1": "1"}},
        {"rule": "induction", "from": {"c[t-1] <= 1": "1"}},
        {"rule": "induction", "from": {"c[t-1] >= -1": "1"}},
        {"rule": "sign", "using": {D: "-S", "S*S = 1": "-A*k*c[t-1]", "c[t-1] <= 1": "A*k"}},
        {"rule": "sign", "using": {D: "S", "S*S = 1": "A*k*c[t-1]", "c[t-1] >= -1": "A*k"}},
        {
            "rule": "sign",
            "using": {
                D: "-S*lam/r",
                P: "S",
                "S*S = 1": f"A*({W}-lam/r*k*c[t-1])",
                THREE: "A*t*below/(2*(alpha+1))*(n-t+2)/(n*(n+1)*(n+2))",
                "c <= 1": "A*high/(2*(alpha+1))",
                "c[t-1] <= 1": "A*(mid/(2*(alpha+1))-(1+sigma0)*k)",
                "c[t-2] <= 1": "A*low/(2*(alpha+1))",
            },
        },
        {
            "rule": "sign",
            "using": {
                D: "S*lam/r",
                P: "-S",
                "S*S = 1": f"-A*({W}-lam/r*k*c[t-1])",
                THREE: "-A*t*below/(2*(alpha+1))*(n-t+2)/(n*(n+1)*(n+2))",
                "c >= -1": "A*high/(2*(alpha+1))",
                "c[t-1] >= -1": "A*(mid/(2*(alpha+1))-(1+sigma0)*k)",
                "c[t-2] >= -1": "A*low/(2*(alpha+1))",
            },
        },
        {"rule": "sign"},
        {"rule": "identity"},
    ),
    remark="S is (−1)^t, σ_0 = −(L+ℓ)/(L−ℓ), r = (L−ℓ)/2; c and c[t−1], c[t−2] are the polynomials of α + 1 and β + 1 "
    "of degrees t, t − 1, t − 2, divided by their values at 1: P_t = S A_t w with w a combination of the first two "
    "that is 1 where they are 1, P_t' is a multiple of the second, and −E_t a combination of all three with "
    "coefficients ≥ 0. s = σ(λ) runs over the open interval; at its ends, λ = ℓ and λ = L, everything follows by "
    "continuity, and at s = 1 the bounds are equalities. r/L = (1−κ)/2. For t = 1 P_1' is constant and E_1 = 1.",
)
