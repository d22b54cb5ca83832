"""Nesterov's polynomial and its derivative are largest at λ = ℓ, for every t."""

import polyunroll as pu

SLOPE_BOUND = "(t-1)*t*(t+1)/3"


def _combination(up: str, down: str, other: str, factor: str) -> dict[str, str]:
    """(1+s)/2 times one fact and (1−s)/2 times another, and a third one."""
    return {up: "(1+s)/2", down: "(1-s)/2", other: factor}


CLAIM = pu.Claim(
    id="nesterov_suprema",
    title="On [ℓ, L) Nesterov's method with constant momentum has |P_t| ≤ ρ^t(1 + √κ t) and |P_t'| ≤ ρ^t((1 + 2√κ/3)t "
    "+ (1 + √κ)t² + √κ t³/3)/(2L(1−κ)) for t ≥ 2, ρ = 1 − √κ: its values at λ = ℓ.",
    statement=(
        # bounds on T_t(u), U_{t−1}(u), U_{t−1}'(u) on (0, 1]
        "T*T + (1-s*s)*U*U = 1",
        "T*T <= 1",
        "T <= 1",
        "T >= -1",
        "U <= t",
        "U >= -t",
        f"dU <= {SLOPE_BOUND}",
        f"dU >= -{SLOPE_BOUND}",
        "power <= s*s",
        # Nesterov's method
        "P = Y*power*w",
        "D*2*L*(1-kappa)*s*s = -Y*power*slope",
        "w <= 1+k*t",
        "w >= -(1+k*t)",
        "slope <= largest",
        "slope >= -largest",
        "power*(1+k*t) <= 1+k*t",
        "power/(s*s)*largest <= largest",
    ),
    kind="tight bound",
    variables={"s": "(0, 1]", "xi": "(0, 1)", "k": "(0, 1)", "b": "(0, oo)"},
    start=2,
    definitions={
        "L": "b**2",
        "ell": "k**2*b**2",
        "kappa": "k**2",
        "lam": "L*(1-(1-kappa)*s**2)",
        "sigma0": "-(xi+1/xi)/2",
        "T0": "S*(X+1/X)/2",
        "T0p": "-S*(X/xi+xi/X)/2",
        "T": "Pc*T0",
        "U": "Dc*T0/t",
        "dU": "Sc*T0/t",
        "w": "T+k*s*U",
        "slope": "t*w+s*(t*U+k*U+k*s*dU)",
        "largest": "(1+2*k/3)*t+(1+k)*t**2+k*t**3/3",
    },
    exponentials={"X": "xi", "S": "-1", "Y": "1-k", "power": "s"},
    reference="polyunroll; DLMF 18.5.1, 18.5.2, 18.9.21",
    programs={
        "chebyshev": pu.Sequences(
            pu.Chebyshev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "-1-sigma0", "L": "1-sigma0"},
            lam="s-sigma0",
            names={
                "Pc": ("x", 0),
                "Dc": ("x", 1),
                "Sc": ("x", 2),
                "Pcp": ("previous", 0),
                "Dcp": ("previous", 1),
                "Scp": ("previous", 2),
            },
            states={
                # in U_{t−1}' = T0 x_2/t and U_{t−2}' = T0p previous_2/(t−1):
                # (t−1)U_{t−1} = σU_{t−1}' − U_{t−2}', tU_{t−2} = U_{t−1}' − σU_{t−2}', T_t = σU_{t−1} − U_{t−2}
                "x": (
                    "((s*s*T0*x_2/t-s*T0p*previous_2/(t-1))/(t-1)-(T0*x_2/t-s*T0p*previous_2/(t-1))/t)/T0",
                    "t*(s*T0*x_2/t-T0p*previous_2/(t-1))/((t-1)*T0)",
                    "x_2",
                ),
                "previous": (
                    "((s*T0*x_2/t-T0p*previous_2/(t-1))/(t-1)-s*(T0*x_2/t-s*T0p*previous_2/(t-1))/t)/T0p",
                    "(t-1)*(T0*x_2/t-s*T0p*previous_2/(t-1))/(t*T0p)",
                    "previous_2",
                ),
            },
            registers={"omega": "2*sigma0*T0p/T0", "momentum": "2*sigma0*T0p/T0-1"},
            start=2,
        ),
        "nesterov": pu.Sequences(
            pu.Nesterov(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={
                "x": (
                    "Y*power*(Pc*T0+k*s*Dc*T0/t)",
                    "-Y*power*(t*(Pc*T0+k*s*Dc*T0/t)/s+Dc*T0+k*Dc*T0/t+k*s*Sc*T0/t)/(2*L*(1-kappa)*s)",
                ),
                "previous": (
                    "Y*power*(Pcp*T0p+k*s*Dcp*T0p/(t-1))/((1-k)*s)",
                    "-Y*power*((t-1)*(Pcp*T0p+k*s*Dcp*T0p/(t-1))/s+Dcp*T0p+k*Dcp*T0p/(t-1)+k*s*Scp*T0p/(t-1))"
                    "/((1-k)*s*2*L*(1-kappa)*s)",
                ),
            },
            roots={"root": "k*b**2"},
            start=2,
        ),
    },
    rules=(
        {"rule": "induction"},
        {"rule": "sign", "using": {"T*T + (1-s*s)*U*U = 1": "-1"}},
        {"rule": "sign", "using": {"T*T <= 1": "1/2"}},
        {"rule": "sign", "using": {"T*T <= 1": "1/2"}},
        {"rule": "induction", "from": _combination("U <= t", "U >= -t", "T <= 1", "1")},
        {"rule": "induction", "from": _combination("U >= -t", "U <= t", "T >= -1", "1")},
        {
            "rule": "induction",
            "from": _combination(f"dU <= {SLOPE_BOUND}", f"dU >= -{SLOPE_BOUND}", "U <= t", "t+1"),
        },
        {
            "rule": "induction",
            "from": _combination(f"dU >= -{SLOPE_BOUND}", f"dU <= {SLOPE_BOUND}", "U >= -t", "t+1"),
        },
        {"rule": "induction", "factor": "s"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign", "using": {"T <= 1": "1", "U <= t": "k*s"}},
        {"rule": "sign", "using": {"T >= -1": "1", "U >= -t": "k*s"}},
        {"rule": "sign", "using": {"w <= 1+k*t": "t", "U <= t": "s*(t+k)", f"dU <= {SLOPE_BOUND}": "k*s*s"}},
        {"rule": "sign", "using": {"w >= -(1+k*t)": "t", "U >= -t": "s*(t+k)", f"dU >= -{SLOPE_BOUND}": "k*s*s"}},
        {"rule": "sign"},
        {"rule": "sign", "using": {"power <= s*s": "largest/(s*s)"}},
    ),
    remark="s is u = √((1 − λ/L)/(1 − κ)), which runs over (0, 1] as λ runs from L (left out) to ℓ; k is √κ, b is √L, "
    "Y = ρ^t and power = u^t. |P_t| = Y·power·|w| and |P_t'| = Y·(power/u²)·|slope|/(2L(1−κ)). T and U stand for "
    "T_t(u) and U_{t−1}(u), taken from the Chebyshev method on some spectrum. At λ = L both follow by continuity; "
    "`nesterov_at_smallest` has the values at ℓ.",
)
