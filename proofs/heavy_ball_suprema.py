"""The heavy ball's error polynomials are largest at λ = L, for every t."""

import polyunroll as pu

SLOPE_BOUND = "(t-1)*t*(t+1)/3"
NEXT_BOUND = "t*(t+1)*(t+2)/3"


def _combination(up: str, down: str, size: str, other: str, factor: str) -> dict[str, str]:
    """(1+s)/2 times one fact and (1−s)/2 times another, of the given size, and a third one."""
    return {up: f"({size})*(1+s)/2", down: f"({size})*(1-s)/2", other: factor}


CLAIM = pu.Claim(
    id="heavy_ball_suprema",
    title="On [ℓ, L] Polyak's heavy ball has |P_t|, |P_t'| and |E_t| at most ξ^t(1 + bt), ξ^t(2/(L−ℓ))(at² + "
    "bt(t+1)(t+2)/3) and ξ^t((1+κ)/(1−κ)·(at² + bt(t+1)(t+2)/3) + a(t²−1) + b(t²−1)(t+3)/3), its values at λ = L, "
    "where a = 2β/(1+β), b = (1−β)/(1+β), β = ξ².",
    statement=(
        # bounds on T_t, U_{t−1}, T_{t−1}' and U_{t−1}' on [−1, 1], with the Chebyshev method's P_t T_t(σ_0) = T_t
        "T*T + (1-s*s)*u*u = 1",
        "T*T <= 1",
        "T <= 1",
        "T >= -1",
        "u <= t",
        "u >= -t",
        "dTp <= (t-1)**2",
        "dTp >= -(t-1)**2",
        f"du <= {SLOPE_BOUND}",
        f"du >= -{SLOPE_BOUND}",
        # U_t = σU_{t−1} + T_t and U_t' = (t+1)U_{t−1} + σU_{t−1}'
        "U <= t+1",
        "U >= -(t+1)",
        f"dU <= {NEXT_BOUND}",
        f"dU >= -{NEXT_BOUND}",
        # the heavy ball
        "P = S*X*p",
        "r*D = S*X*d",
        "E = S*X*e",
        "p = a*T + b*U",
        "d = a*t*u + b*dU",
        "p <= 1+b*t",
        "p >= -(1+b*t)",
        f"d <= a*t**2+b*{NEXT_BOUND}",
        f"d >= -(a*t**2+b*{NEXT_BOUND})",
        "e <= worst",
        "e >= -worst",
    ),
    kind="tight bound",
    variables={"s": "[-1, 1]", "xi": "(0, 1)", "r": "(0, oo)"},
    start=1,
    definitions={
        "sigma0": "-(xi+1/xi)/2",
        "L": "r*(1-sigma0)",
        "ell": "r*(-1-sigma0)",
        "lam": "r*(s-sigma0)",
        "root": "r*(1/xi-xi)/2",
        "a": "2*xi**2/(1+xi**2)",
        "b": "(1-xi**2)/(1+xi**2)",
        "T0": "S*(X+1/X)/2",
        "T0p": "-S*(X/xi+xi/X)/2",
        "T": "Pc*T0",
        "u": "r*Dc*T0/t",
        "dTp": "r*Dcp*T0p",
        "du": "r**2*Sc*T0/t",
        "U": "s*u+T",
        "dU": "(t+1)*u+s*du",
        "p": "a*T+b*U",
        "d": "a*t*u+b*dU",
        "e": "p-(s-sigma0)*d",
        "E": "P-lam*D",
        "worst": f"-sigma0*(a*t**2+b*{NEXT_BOUND})+a*(t**2-1)+b*(t**2-1)*(t+3)/3",
    },
    exponentials={"X": "xi", "S": "-1"},
    reference="polyunroll; DLMF 18.5.1, 18.5.2, 18.9.21",
    programs={
        "chebyshev": pu.Sequences(
            pu.Chebyshev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="lam",
            names={
                "Pc": ("x", 0),
                "Dc": ("x", 1),
                "Sc": ("x", 2),
                "Pcp": ("previous", 0),
                "Dcp": ("previous", 1),
            },
            states={
                # in U_{t−1}' = r²T0 x_2/t and U_{t−2}' = r²T0p previous_2/(t−1):
                # (t−1)U_{t−1} = σU_{t−1}' − U_{t−2}', tU_{t−2} = U_{t−1}' − σU_{t−2}', T_t = σU_{t−1} − U_{t−2}
                "x": (
                    "r**2*((s*s*T0*x_2/t-s*T0p*previous_2/(t-1))/(t-1)-(T0*x_2/t-s*T0p*previous_2/(t-1))/t)/T0",
                    "r*t*(s*T0*x_2/t-T0p*previous_2/(t-1))/((t-1)*T0)",
                    "x_2",
                ),
                "previous": (
                    "r**2*((s*T0*x_2/t-T0p*previous_2/(t-1))/(t-1)-s*(T0*x_2/t-s*T0p*previous_2/(t-1))/t)/T0p",
                    "r*(t-1)*(T0*x_2/t-s*T0p*previous_2/(t-1))/(t*T0p)",
                    "previous_2",
                ),
            },
            registers={"omega": "2*sigma0*T0p/T0", "momentum": "2*sigma0*T0p/T0-1"},
            start=2,
        ),
        "heavy_ball": pu.Sequences(
            pu.HeavyBall(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L"},
            lam="lam",
            names={"P": ("x", 0), "D": ("x", 1)},
            states={
                "x": (
                    "S*X*(a*Pc*T0+b*(s*r*Dc*T0/t+Pc*T0))",
                    "S*X*(a*Dc*T0+b*((t+1)*Dc*T0/t+s*r*Sc*T0/t))",
                ),
                "previous": (
                    "-S*X/xi*(a*Pcp*T0p+b*r*Dc*T0/t)",
                    "-S*X/xi*(a*Dcp*T0p+b*r*Sc*T0/t)",
                ),
            },
            registers={"step": "4/(L+ell+2*root)"},
            roots={"root": "root"},
            start=2,
        ),
    },
    rules=(
        {"rule": "induction"},
        {"rule": "sign", "using": {"T*T + (1-s*s)*u*u = 1": "-1"}},
        {"rule": "sign", "using": {"T*T <= 1": "1/2"}},
        {"rule": "sign", "using": {"T*T <= 1": "1/2"}},
        {"rule": "induction", "from": _combination("u <= t", "u >= -t", "1", "T <= 1", "1")},
        {"rule": "induction", "from": _combination("u >= -t", "u <= t", "1", "T >= -1", "1")},
        {"rule": "induction", "from": {"u <= t": "t"}},
        {"rule": "induction", "from": {"u >= -t": "t"}},
        {
            "rule": "induction",
            "from": _combination(f"du <= {SLOPE_BOUND}", f"du >= -{SLOPE_BOUND}", "1", "u <= t", "t+1"),
        },
        {
            "rule": "induction",
            "from": _combination(f"du >= -{SLOPE_BOUND}", f"du <= {SLOPE_BOUND}", "1", "u >= -t", "t+1"),
        },
        {"rule": "sign", "using": _combination("u <= t", "u >= -t", "1", "T <= 1", "1")},
        {"rule": "sign", "using": _combination("u >= -t", "u <= t", "1", "T >= -1", "1")},
        {
            "rule": "sign",
            "using": _combination(f"du <= {SLOPE_BOUND}", f"du >= -{SLOPE_BOUND}", "1", "u <= t", "t+1"),
        },
        {
            "rule": "sign",
            "using": _combination(f"du >= -{SLOPE_BOUND}", f"du <= {SLOPE_BOUND}", "1", "u >= -t", "t+1"),
        },
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign", "using": {"T <= 1": "a", "U <= t+1": "b"}},
        {"rule": "sign", "using": {"T >= -1": "a", "U >= -(t+1)": "b"}},
        {"rule": "sign", "using": {"u <= t": "a*t", f"dU <= {NEXT_BOUND}": "b"}},
        {"rule": "sign", "using": {"u >= -t": "a*t", f"dU >= -{NEXT_BOUND}": "b"}},
        {
            "rule": "sign",
            "using": {
                "T >= -1": "a*(t-1)",
                "dTp >= -(t-1)**2": "a*t/(t-1)",
                "u >= -t": "-sigma0*a*t",
                f"du >= -{SLOPE_BOUND}": "b",
                "U >= -(t+1)": "b*(t-1)",
                f"dU >= -{NEXT_BOUND}": "-sigma0*b",
            },
        },
        {
            "rule": "sign",
            "using": {
                "T <= 1": "a*(t-1)",
                "dTp <= (t-1)**2": "a*t/(t-1)",
                "u <= t": "-sigma0*a*t",
                f"du <= {SLOPE_BOUND}": "b",
                "U <= t+1": "b*(t-1)",
                f"dU <= {NEXT_BOUND}": "-sigma0*b",
            },
        },
    ),
    remark="s = σ(λ) runs over [−1, 1]; X = ξ^t and S = (−1)^t, so |P_t| = X|p|, |P_t'| = X|d|/r and |E_t| = X|e|, "
    "with r = (L−ℓ)/2 and −σ_0 = (1+κ)/(1−κ). `heavy_ball_at_largest` has the values at λ = L. T, u, du stand for "
    "T_t, U_{t−1}, U_{t−1}', taken from the Chebyshev method on the same spectrum.",
)
