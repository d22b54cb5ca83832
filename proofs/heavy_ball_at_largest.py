"""The heavy ball's polynomial and derivative at the largest eigenvalue, with the power of t in its errors."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="heavy_ball_at_largest",
    title="At λ = L the heavy ball has P_t = (−ξ)^t (1 + bt), P_t' = (−ξ)^t (2/(L−ℓ))(at² + bt(t+1)(t+2)/3) and E_t = "
    "−(−ξ)^t ((1+κ)/(1−κ)·(at² + bt(t+1)(t+2)/3) + a(t²−1) + b(t²−1)(t+3)/3), with a = 2β/(1+β), b = (1−β)/(1+β), β = "
    "ξ²: like t³ ξ^t.",
    statement=(
        "P = X*(1+b*t)",
        "D = X*slope",
        "slope >= b*t**3/(3*r)",
        "P - L*D = -X*((L+ell)/(L-ell)*r*slope + a*(t**2-1) + b*(t**2-1)*(t+3)/3)",
        "2*r = L-ell",
    ),
    variables={"low": "(0, oo)", "width": "(0, oo)"},
    definitions={
        "high": "low+width",
        "ell": "low**2",
        "L": "high**2",
        "xi": "(high-low)/(high+low)",
        "beta": "xi**2",
        "a": "2*beta/(1+beta)",
        "b": "(1-beta)/(1+beta)",
        "r": "(high**2-low**2)/2",
        "slope": "(a*t**2 + b*t*(t+1)*(t+2)/3)/r",
        "slope_before": "(a*(t-1)**2 + b*(t-1)*t*(t+1)/3)/r",
    },
    exponentials={"X": "-width/(2*low+width)"},
    reference="polyunroll",
    programs={
        "heavy_ball": pu.Sequences(
            pu.HeavyBall(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="L",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={
                "x": ("X*(1+b*t)", "X*slope"),
                "previous": ("-X*(1+b*(t-1))/xi", "-X*slope_before/xi"),
            },
            registers={"step": "4/(low+high)**2"},
            roots={"root": "low*high"},
            start=2,
        )
    },
    rules=({"rule": "identity"}, {"rule": "identity"}, {"rule": "sign"}, {"rule": "identity"}, {"rule": "identity"}),
    remark="low is √ℓ, high is √L, β = ξ²; r is (L−ℓ)/2. The worst case of the heavy ball, see `heavy_ball_suprema`, "
    "decays like t³ ξ^t where Chebyshev's decays like t² ξ^t.",
)
