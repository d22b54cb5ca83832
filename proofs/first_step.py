"""After one step the R-term's polynomial is 1, for six families of methods."""

import polyunroll as pu

SPECTRUM = pu.Spectrum("1/100", 1)


def _run(method: pu.Method, parameters: dict[str, str], name: str) -> pu.Sequences:
    return pu.Sequences(
        method,
        parameters={"ell": "low**2", "L": "high**2", **parameters},
        lam="lam",
        names={f"P_{name}": ("x", 0), f"D_{name}": ("x", 1)},
        roots={"root": "low*high"},
    )


NAMES = ("gd", "chebyshev", "heavy_ball", "nesterov", "jacobi", "sobolev")

CLAIM = pu.Claim(
    id="first_step",
    title="Gradient descent, Chebyshev, heavy ball, Nesterov, Jacobi and the Sobolev methods of Gegenbauer weights "
    "have E_1 ≡ 1: the worst case of the R-term does not change in the first step.",
    statement=tuple(f"P_{name} - lam*D_{name} = 1" for name in NAMES),
    variables={
        "lam": "(-oo, oo)",
        "low": "(0, oo)",
        "width": "(0, oo)",
        "h": "(0, oo)",
        "eta": "[0, oo)",
        "a": "(-1/2, oo)",
        "alpha": "(-1, oo)",
        "beta": "(-1, oo)",
    },
    start=1,
    until=1,
    definitions={"high": "low+width"},
    reference="polyunroll",
    programs={
        "gd": _run(pu.GradientDescent(SPECTRUM), {"h": "h"}, "gd"),
        "chebyshev": _run(pu.Chebyshev(SPECTRUM), {}, "chebyshev"),
        "heavy_ball": _run(pu.HeavyBall(SPECTRUM), {}, "heavy_ball"),
        "nesterov": _run(pu.Nesterov(SPECTRUM), {}, "nesterov"),
        "jacobi": _run(pu.Jacobi(SPECTRUM), {"alpha": "alpha", "beta": "beta"}, "jacobi"),
        "sobolev": _run(pu.Sobolev(SPECTRUM), {"eta": "eta", "a": "a"}, "sobolev"),
    },
    remark="√ℓ is low and √L is high. A polynomial of degree 1 with P(0) = 1 is 1 + λP', so E_1 = P_1 − λP_1' = 1.",
)
