"""The pointwise maximum of |E_t|R + |P_t'|G is not a bound on the error."""

import polyunroll as pu


def _run(name: str, lam: str) -> pu.Sequences:
    return pu.Sequences(
        pu.GradientDescent(pu.Spectrum("1/100", 1)),
        parameters={"ell": "1/100", "L": "1", "h": "9/5"},
        lam=lam,
        names={f"P{name}": ("x", 0), f"D{name}": ("x", 1)},
    )


CLAIM = pu.Claim(
    id="pointwise_is_no_bound",
    title="Gradient descent with h = 9/5 on H = diag(1/100, 1), b = 0, x_0 = (1, 1), ∂H = diag(1/2, −1), ∂b = (0, 1), "
    "∂x_0 = 0, where R = ‖∂x_0 − ∂x*‖ = 1 and G = ‖∂_θ∇f(x_0)‖ = 1/2, has at t = 5 a larger Jacobian error than W = "
    "16256/3125, the maximum of |E_5|R + |P_5'|G over [1/100, 1].",
    statement=(
        # R and G
        "r1**2 + r2**2 = R**2",
        "g1**2 + g2**2 = G**2",
        # the error in both splits
        "error1 = E1*r1 + D1*g1",
        "error2 = E2*r2 + D2*g2",
        "error1**2 + error2**2 > W**2",
        # |E|R + |P'|G ≤ W for every λ, and equal to W at λ = 1
        "E*R + D*G <= W",
        "E*R - D*G <= W",
        "-E*R + D*G <= W",
        "-E*R - D*G <= W",
        "E2*R - D2*G = W",
    ),
    kind="existence",
    variables={"lam": "[1/100, 1]"},
    start=5,
    until=5,
    definitions={
        "W": "16256/3125",
        "R": "1",
        "G": "1/2",
        # x* = 0 and ∂x* = −H⁻¹(∂H x* + ∂b) = (0, −1); r = ∂x_0 − ∂x*, g = ∂H x_0 + ∂b + H ∂x_0
        "r1": "0",
        "r2": "1",
        "g1": "1/2*1 + 0 + 1/100*0",
        "g2": "-1*1 + 1 + 1*0",
        "E": "P-lam*D",
        "E1": "P1-D1/100",
        "E2": "P2-D2",
        # x_t − x* = P_t(H)(x_0 − x*), differentiated along each eigenvector
        "error1": "P1*r1 + D1*(1/2)*1",
        "error2": "P2*r2 + D2*(-1)*1",
    },
    reference="polyunroll",
    programs={"any": _run("", "lam"), "slow": _run("1", "1/100"), "fast": _run("2", "1")},
    rules=(
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "identity"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "sign"},
        {"rule": "identity"},
    ),
    remark="The error is 5.36584…, W is 5.20192. H and ∂H commute; what fails is that the two vectors that R and G "
    "bound sit on different eigenvectors. The valid bound is V, see `worst_case_bounds`.",
)
