"""Where gradient descent's burn-in with the step 2/(L+ℓ) peaks, and how high."""

import polyunroll as pu

# partial sums of e^u and e^−u
UP = "(1+{0}+({0})**2/2+({0})**3/6+({0})**4/24+({0})**5/120)"
DOWN = "(1-{0}+({0})**2/2-({0})**3/6+({0})**4/24-({0})**5/120)"
SIZE = "size = X/q*(2*t-1+kappa)/(1+kappa)"
ABOVE = f"X*{UP.format('2*kappa*t')} <= 1"
BELOW = f"X >= {DOWN.format('y*t')}"
CURVE = "curve: s/(1-kappa) - kappa <= (0.3695+kappa**2/2)*(1+s+s**2/2+s**3/6+s**4/24+s**5/120)"

CLAIM = pu.Claim(
    id="gd_peak",
    title="Gradient descent with h = 2/(L+ℓ), κ ≤ 1/10, has max|E_t| = |E_t(L)| rising from t to t + 1 exactly while "
    "t < (1−κ²)/(2κ), and its largest value is between (0.366 − κ²)/κ and (0.3695 + κ²/2)/κ: about 1/(eκ), near t = "
    "1/(2κ).",
    statement=(
        "S*S = 1",
        SIZE,
        # from t to t + 1; positive exactly for t < (1−κ²)/(2κ)
        "size_next - size = X*2*(1-kappa**2-2*kappa*t)/((1-kappa)*(1+kappa))",
        # 1/e^(2κ(t+1)) and e^(−ys): two bounds on ((1−κ)/(1+κ))^t
        ABOVE,
        BELOW,
        "kappa*size <= high",
        f"kappa*size >= kappa*(2*t-1+kappa)/(1-kappa)*{DOWN.format('y*t')}",
        # the right-hand side at t_0 = (1−κ²)/(2κ) + θ
        f"kappa*(2*t0-1+kappa)/(1-kappa)*{DOWN.format('y*t0')} >= low",
    ),
    kind="limit",
    variables={"kappa": "(0, 1/10]", "L": "(0, oo)", "theta": "[0, 1]"},
    start=1,
    definitions={
        "q": "(1-kappa)/(1+kappa)",
        "ell": "kappa*L",
        "h": "2/(L+ell)",
        "y": "2*(kappa+kappa**3/3+kappa**5/4)",
        "t0": "(1-kappa**2)/(2*kappa)+theta",
        "high": "0.3695+kappa**2/2",
        "low": "0.366-kappa**2",
        "size": "S*(L*D-P)",
        "size_next": "X*(2*t+1+kappa)/(1+kappa)",
        "up": UP.format("2*kappa*t"),
        "up_next": UP.format("2*kappa*(t+1)"),
    },
    exponentials={"X": "(1-kappa)/(1+kappa)", "S": "-1"},
    reference="polyunroll; the curve is that of Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 2",
    programs={
        "gd": pu.Sequences(
            pu.GradientDescent(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "h": "h"},
            lam="L",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={"x": ("S*X", "h*t*S*X/q")},
        )
    },
    cites={"curve": ("exponential_curve", {"s": "2*kappa*t"})},
    rules=(
        {"rule": "induction"},
        {"rule": "identity", "using": {"S*S = 1": "X/q*(2*t-1+kappa)/(1+kappa)"}},
        {"rule": "identity", "using": {SIZE: "-1"}},
        {"rule": "induction", "factor": "q*up_next/up"},
        {"rule": "induction", "factor": "q"},
        {
            "rule": "sign",
            "using": {SIZE: "-kappa", ABOVE: "kappa*(2*t-1+kappa)/((1-kappa)*up)", CURVE: "1/up"},
        },
        {"rule": "sign", "using": {SIZE: "kappa", BELOW: "kappa*(2*t-1+kappa)/(1-kappa)"}},
        {"rule": "sign"},
    ),
    remark="S is (−1)^t, X = ((1−κ)/(1+κ))^t and size is |E_t(L)|; `gd_fast_step` has |E_t(ℓ)| ≤ |E_t(L)| and "
    "`gd_largest_at_an_end` that one of the two is the largest. The peak is at the first integer t ≥ (1−κ²)/(2κ), "
    "which is (1−κ²)/(2κ) + θ with 0 ≤ θ < 1. 1/e = 0.36788.",
)
