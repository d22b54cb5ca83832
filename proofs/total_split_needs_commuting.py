"""Without commuting, R = G = 0 in the total split does not make the Jacobian error 0."""

import polyunroll as pu


def _run(name: str, lam: str, power: str, derivative: str) -> pu.Sequences:
    return pu.Sequences(
        pu.GradientDescent(pu.Spectrum("1/100", 1)),
        parameters={"ell": "kappa", "L": "1", "h": "1"},
        lam=lam,
        names={f"x{name}": ("x", 0), f"D{name}": ("x", 1)},
        states={"x": (power, derivative)},
        start=2,
    )


CLAIM = pu.Claim(
    id="total_split_needs_commuting",
    title="For H = diag(κ, 1), ∂H = uuᵀ with u = (1, −1)/√2, b = 0, ∂b = 0, x_0 = (1, 1)/√2 and ∂x_0 = 0, both ‖∂x_0 "
    "− ∂x*‖ and ‖∂_θ∇f(x_0)‖ are 0, and yet gradient descent with h = 1/L has the squared Jacobian error "
    "(1−κ)^(2(t−1)) ((t−1)² + 1)/8 for t ≥ 2; so the bound by E_t and P_t' needs H and ∂H to commute.",
    statement=(
        # ∂_θ∇f(x_0) = ∂H x_0 + H ∂x_0
        "1/2*1 - 1/2*1 = 0",
        # the method differentiated: ∂x_t = ∂x_{t−1} − h(H ∂x_{t−1} + ∂H x_{t−1})
        "dx1 = dx1[t-1] - (kappa*dx1[t-1] + (x1[t-1]-x2[t-1])/2)",
        "dx2 = dx2[t-1] - (dx2[t-1] + (x2[t-1]-x1[t-1])/2)",
        "(t-1)*(dx1**2 + dx2**2)/2 = (t-1)*(Z/(1-kappa))**2*((t-1)**2+1)/8",
    ),
    kind="existence",
    variables={"kappa": "(0, 1)"},
    start=1,
    definitions={
        # the divided difference of P_t at κ and 1; vectors are in units of 1/√2, and x* = ∂x* = 0
        "difference": "(x1-x2)/(kappa-1)",
        "dx1": "(D1-difference)/2",
        "dx2": "(D2-difference)/2",
    },
    exponentials={"Z": "1-kappa"},
    reference="polyunroll",
    programs={
        "slow": _run("1", "kappa", "Z", "-t*Z/(1-kappa)"),
        "fast": _run("2", "1", "0", "0"),
    },
    remark="x1 and x2 are √2 times the iterate's components, P_t(κ) and P_t(1); dx1 and dx2 are √2 times ∂x_t's, "
    "which are 0 at t = 0 and are given by the divided differences of P_t. At κ = 1/100 and t = 100 the error is "
    "12.94.",
)
