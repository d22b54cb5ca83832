"""The size of the Jacobian error that the total split misses, at κ = 1/100 and t = 100."""

import polyunroll as pu


def _run(name: str, lam: str) -> pu.Sequences:
    return pu.Sequences(
        pu.GradientDescent(pu.Spectrum("1/100", 1)),
        parameters={"ell": "1/100", "L": "1", "h": "1"},
        lam=lam,
        names={f"x{name}": ("x", 0), f"D{name}": ("x", 1)},
    )


CLAIM = pu.Claim(
    id="total_split_error",
    title="In the example of `total_split_needs_commuting` with κ = 1/100 the Jacobian error at t = 100 lies between "
    "12.94 and 12.95, although R = G = 0.",
    statement=("(dx1**2 + dx2**2)/2 > 12.94**2", "(dx1**2 + dx2**2)/2 < 12.95**2"),
    kind="existence",
    variables={},
    start=100,
    until=100,
    definitions={
        "difference": "(x1-x2)/(1/100-1)",
        "dx1": "(D1-difference)/2",
        "dx2": "(D2-difference)/2",
    },
    reference="polyunroll",
    programs={"slow": _run("1", "1/100"), "fast": _run("2", "1")},
    rules=({"rule": "sign"}, {"rule": "sign"}),
)
