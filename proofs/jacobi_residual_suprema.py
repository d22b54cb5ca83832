"""The classical Jacobi methods' residual polynomial is largest at λ = L where α ≥ β and α + β > −1."""

import polyunroll as pu
from proofs.jacobi_largest_at_one import CLAIM as LARGEST

B = "(beta-alpha)*(u-1)/((2*t+u-1)*(2*t+u+1))"
GAMMA = "4*t*(t+alpha)*(t+beta)*(t+u-1)/((2*t+u-1)**2*(2*t+u)*(2*t+u-2))"
SIZE, THREE = "A = -v*rho*A[t-1]", "c = (rise*c[t-1]-fall*c[t-2])/below"
OWN, P, P_BEFORE = "varpi = v", "P = S*A*c", "P_before = -S*A[t-1]*c[t-1]"

CLAIM = pu.Claim(
    id="jacobi_residual_suprema",
    title="The classical Jacobi methods with α ≥ β > −1 and α + β > −1 have |P_t| on [ℓ, L] at most its value at λ = "
    "L, for all t ≥ 2.",
    statement=(
        "S*S = 1",
        SIZE,
        THREE,
        OWN,
        P,
        P_BEFORE,
        "S*P <= A",
        "S*P >= -A",
        "alpha >= beta",
        "beta > -1",
        "ell > 0",
        "2*r = L-ell",
    ),
    kind="tight bound",
    variables={"s": "(-1, 1)", "u": "(0, oo)", "share": "[0, 1)", "sigma0": "(-oo, -1)", "r": "(0, oo)"},
    start=2,
    definitions={
        "e": "share*(u+1)",
        "alpha": "(u-1+e)/2",
        "beta": "(u-1-e)/2",
        "ell": "r*(-1-sigma0)",
        "L": "r*(1-sigma0)",
        "n": "2*t+u-1",
        "b": B,
        "gamma": GAMMA,
        # |p_t(−1)/p_(t−1)(−1)| and p_t(1)/p_(t−1)(1) of the monic polynomials
        "least": "2*(t+beta)*(t+u-1)/(n*(n-1))",
        "rho": "2*(t+alpha)*(t+u-1)/(n*(n-1))",
        "v_next": "1/(sigma0-b-gamma*v)",
        "varpi_next": "1/(sigma0-b-gamma*varpi)",
        "rise": "(n-1)*((n-2)*n*s+(u-1)*e)",
        "fall": "2*(t-1)*(t-1+beta)*n",
        "below": "2*(t+u-1)*(n-2)*(t+alpha)",
    },
    exponentials={"S": "-1"},
    programs={
        "polynomial": pu.Sequences(
            LARGEST.programs["jacobi"].program,
            parameters={"s": "s", "u": "u", "e": "e"},
            lam="0",
            names={"c": ("c", 0), "d": ("d", 0)},
        ),
        "size": pu.Sequences(
            {
                "b": ("(beta-alpha)/(alpha+beta+2)", B.replace("u", "(alpha+beta+1)")),
                "gamma": (
                    "0",
                    "4*(1+alpha)*(1+beta)/((2+alpha+beta)**2*(3+alpha+beta))",
                    GAMMA.replace("u", "(alpha+beta+1)"),
                ),
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
            start=1,
        ),
        "jacobi": pu.Sequences(
            pu.Jacobi(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "alpha": "alpha", "beta": "beta"},
            lam="r*(s-sigma0)",
            names={"P": ("x", 0), "P_before": ("previous", 0), "varpi": ("varpi", 0)},
            states={"x": ("x",), "previous": ("previous",)},
            registers={"b": B, "gamma": GAMMA},
            bounds={"varpi": "(-1/least, 0)"},
            start=1,
        ),
    },
    cites={"largest": ("jacobi_largest_at_one", {})},
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
                OWN: "S*gamma*v_next*A[t-1]*c[t-1]",
                SIZE: "S*gamma*v_next*c[t-1]/rho",
            },
            "using": {OWN: "(s-b[t-1])*P[t-1]-gamma[t-1]*varpi[t-1]*P_before[t-1]"},
        },
        {"rule": "induction", "from": {P: "1"}},
        {"rule": "sign", "using": {P: "-S", "S*S = 1": "-A*c", "largest: c <= 1": "A"}},
        {"rule": "sign", "using": {P: "S", "S*S = 1": "A*c", "largest: c >= -1": "A"}},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "identity"},
    ),
    remark="S is (−1)^t, σ_0 = −(L+ℓ)/(L−ℓ), r = (L−ℓ)/2, u = α + β + 1 and α − β is any share of u + 1 less than 1. "
    "c is P_t^(α,β)(s)/P_t^(α,β)(1), so A is |P_t| at λ = L. s = σ(λ) runs over the open interval; the ends follow by "
    "continuity, and so does α + β = −1. With α ≥ −1/2 and α + β < −1 the same holds by Szegő's theorem, which is not "
    "proved here.",
)
