"""Gradient descent's error polynomials are largest at an end of the spectrum."""

import polyunroll as pu


def _run(x: str, power: str) -> pu.Sequences:
    """Gradient descent at λ = x/h, where (1−x)^t is `power`."""
    return pu.Sequences(
        pu.GradientDescent(pu.Spectrum("1/100", 1)),
        parameters={"ell": "1", "L": "1", "h": "h"},
        lam=f"{x}/h",
        names={f"P_{x}": ("x", 0), f"D_{x}": ("x", 1)},
        states={"x": (power, f"-h*t*{power}/(1-{x})")},
    )


CLAIM = pu.Claim(
    id="gd_largest_at_an_end",
    title="For gradient descent with any step h, |P_t|, |P_t'| and |E_t| on [ℓ, L] are largest at ℓ or at L: up to "
    "1/h they are at most their values at ℓ, from 1/h on at most those at L; and E_t ≥ 0 up to 1/h.",
    statement=(
        # between ℓ and 1/h: x0 = hℓ < x1 = hλ < 1
        "s_power <= s",
        "P_x1 >= 0",
        "P_x1 <= P_x0",
        "D_x1 <= 0",
        "-D_x1 <= -D_x0",
        "E_x1 >= 0",
        "E_x1 <= E_x0",
        # between 1/h and L: 1 < x2 = hλ < x3 = hL
        "sign*sign = 1",
        "P_x2 = sign*P2",
        "P_x3 = sign*P3",
        "P2 >= 0",
        "P2 <= P3",
        "D_x2 = sign*D2",
        "D_x3 = sign*D3",
        "D2 >= 0",
        "D2 <= D3",
        "E_x2 = -sign*E2",
        "E_x3 = -sign*E3",
        "E2 >= 0",
        "E2 <= E3",
    ),
    kind="tight bound",
    variables={"p": "(0, 1)", "s": "(0, 1)", "v": "(0, oo)", "h": "(0, oo)"},
    start=1,
    definitions={
        "x0": "1-p",
        "x1": "1-p*s",
        "x2": "1+v*s",
        "x3": "1+v",
        "E_x0": "P_x0-x0/h*D_x0",
        "E_x1": "P_x1-x1/h*D_x1",
        "E_x2": "P_x2-x2/h*D_x2",
        "E_x3": "P_x3-x3/h*D_x3",
        "P2": "v_power*s_power",
        "P3": "v_power",
        "D2": "h*t*v_power*s_power/(v*s)",
        "D3": "h*t*v_power/v",
        "E2": "v_power*s_power/(v*s)*(t+(t-1)*v*s)",
        "E3": "v_power/v*(t+(t-1)*v)",
    },
    exponentials={"p_power": "p", "s_power": "s", "v_power": "v", "sign": "-1"},
    reference="polyunroll",
    programs={
        "x0": _run("x0", "p_power"),
        "x1": _run("x1", "p_power*s_power"),
        "x2": _run("x2", "sign*v_power*s_power"),
        "x3": _run("x3", "sign*v_power"),
    },
    rules=(
        {"rule": "induction", "factor": "0"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign", "using": {"s_power <= s": "h*t*p_power/(p*s)"}},
        {"rule": "sign"},
        {"rule": "induction", "factor": "p"},
        {"rule": "induction"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "sign", "using": {"s_power <= s": "h*t*v_power/(v*s)"}},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "induction", "factor": "v"},
    ),
    remark="hℓ = 1 − p, hλ = 1 − ps; hλ = 1 + vs, hL = 1 + v. sign is (−1)^t, so that P2 = |P_t|, D2 = |P_t'| and E2 "
    "= |E_t|. At hλ = 1 and at the ends themselves the bounds follow by continuity.",
)
