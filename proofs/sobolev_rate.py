"""The least Sobolev norm for the Chebyshev weight, from both sides: its rate is exactly ξ²."""

import polyunroll as pu
from proofs.sobolev_least_norm import CLAIM as LOWER

LEAST = "square + eta_s*slope >= (1-xi**2)/2*X**2*value**2"
APART = "tau - tau[t-2] >= (1-xi**2)**2/(2*X)"

CLAIM = pu.Claim(
    id="sobolev_rate",
    title="For the Chebyshev weight of mass 1, ξ = (1−√κ)/(1+√κ) and t ≥ 3, the least ∫P² + η_s∫P'² among P of degree "
    "≤ t with P(0) = 1 is at least ξ^(2t)(1−ξ²)/2 and at most 4ξ^(2t)(1 + η_s(2t² + 4t − 8))/(1−ξ²)^4: the Sobolev "
    "method's norm decays with the rate ξ exactly, for every η_s ≥ 0.",
    statement=(
        LEAST,
        "tau = (X+1/X)/2",
        # for P = T_t − T_(t−2): P', and P(σ_0)
        "X <= xi**2",
        "derivative - derivative[t-2] = 2*t*T[t-1] + 2*U",
        "U*(z-1/z) = Z/z**2-z**2/Z",
        APART,
        "4*X**2*(tau-tau[t-2])**2 >= (1-xi**2)**4",
        "4*X**2*(tau-tau[t-2])**2*(1+eta_s*energy) >= (1-xi**2)**4*(1+eta_s*energy)",
        "energy = 2*t**2+4*t-8",
    ),
    kind="limit",
    variables={"xi": "(0, 1)", "eta_s": "[0, oo)", "slope": "[0, oo)", "z": "(0, 1)"},
    free={"c": "(-oo, oo)"},
    start=3,
    definitions={
        # ∫(2t T_(t−1) + 2U_(t−3))², from ∫T_(t−1)² = 1/2, ∫U_(t−3)² = t − 2 and ∫T_(t−1)U_(t−3) = 0
        "energy": "4*t**2/2+4*(t-2)",
    },
    exponentials={"X": "xi", "Z": "z"},
    programs={
        "sums": LOWER.programs["sums"],
        "at_zero": pu.Sequences(
            {
                "tau": ("1", "(xi+1/xi)/2", "(xi+1/xi)*tau[t-1]-tau[t-2]"),
            },
            parameters={"xi": "xi"},
            lam="0",
            names={"tau": ("tau", 0)},
            registers={"tau": "(X+1/X)/2"},
        ),
        "chebyshev": pu.Sequences(
            {
                "T": ("1", "(z+1/z)/2", "(z+1/z)*T[t-1]-T[t-2]"),
                "derivative": ("0", "1", "2*T[t-1]+(z+1/z)*derivative[t-1]-derivative[t-2]"),
                # U_(t−3)
                "U": ("-(z+1/z)", "-1", "(z+1/z)*U[t-1]-U[t-2]"),
            },
            parameters={"z": "z"},
            lam="0",
            names={"T": ("T", 0), "derivative": ("derivative", 0), "U": ("U", 0)},
            registers={
                "T": "(Z+1/Z)/2",
                "derivative": "t*(Z-1/Z)/(z-1/z)",
                "U": "(Z/z**2-z**2/Z)/(z-1/z)",
            },
        ),
    },
    cites={"least": ("sobolev_least_norm", {})},
    reference="polyunroll; the method is that of Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 5",
    rules=(
        {"rule": "sign", "using": {f"least: {LEAST}": "1"}},
        {"rule": "identity"},
        {"rule": "induction", "factor": "xi"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign", "using": {"X <= xi**2": "(1-xi**2)/2*(X+xi**2)/(xi**2*X)"}},
        {"rule": "sign", "using": {APART: "4*X*(1-xi**2)**2"}},
        {"rule": "sign", "using": {"4*X**2*(tau-tau[t-2])**2 >= (1-xi**2)**4": "1+eta_s*energy"}},
        {"rule": "identity"},
    ),
    remark="The first relation is `sobolev_least_norm`: for every P = Σ c_i (−1)^i T_i(σ) of degree ≤ t, square being "
    "∫P² and slope ∫P'². The others are about P = T_t − T_(t−2): at λ = 0 its modulus is τ_t − τ_(t−2), τ_t = "
    "|T_t(σ_0)| = (ξ^t + ξ^−t)/2; its derivative is 2tT_(t−1) + 2U_(t−3), and ∫P² = 1. σ = (z + 1/z)/2. That ∫T_n² = "
    "1/2, ∫U_n² = n + 1 and ∫T_nT_m = ∫T_(n+2)U_n = 0 is taken from DLMF 18.3. `kernel_minimiser` says that the "
    "method's norm is the least one. For η_s > 0 `sobolev_power` has the exact power.",
)
