"""For the Chebyshev weight the Sobolev method's auxiliary state is the Chebyshev method."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="sobolev_chebyshev_weight",
    title="For the Chebyshev weight the Sobolev method's state q is T_t(σ)/T_t(σ_0), the Chebyshev method's residual, "
    "for every η ≥ 0.",
    statement=("q*(W+1/W) = Z+1/Z", "q_slope*(z-1/z)*(W+1/W)*r = 2*t*(Z-1/Z)", "ell > 0", "L > ell"),
    variables={"z": "(0, 1)", "w": "(-1, 0)", "r": "(0, oo)", "eta_s": "[0, oo)"},
    definitions={
        "sigma": "(z+1/z)/2",
        "sigma0": "(w+1/w)/2",
        "L": "r*(1-sigma0)",
        "ell": "r*(-1-sigma0)",
    },
    exponentials={"Z": "z", "W": "w"},
    reference="polyunroll; DLMF 18.5.1",
    programs={
        "sobolev": pu.Sequences(
            pu.Sobolev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "eta": "eta_s*r**2", "a": "0"},
            lam="r*(sigma-sigma0)",
            names={"q": ("q", 0), "q_slope": ("q", 1)},
            states={
                "q": ("(Z+1/Z)/(W+1/W)", "2*t*(Z-1/Z)/((z-1/z)*r*(W+1/W))"),
                "q_previous": (
                    "(Z/z+z/Z)/(W/w+w/W)",
                    "2*(t-1)*(Z/z-z/Z)/((z-1/z)*r*(W/w+w/W))",
                ),
                "x": ("x", "x_1"),
                "y": ("y", "y_1"),
                "y_previous": ("y_previous", "y_previous_1"),
            },
            registers={"gamma": "1/4", "c": "-t/(4*(t-2))", "varpi": "2*(W/w+w/W)/(W+1/W)"},
            bounds={"d": "[-t/(4*(t-2)), 0]", "sigma": "[1, oo)", "A": "(-oo, oo)", "kernel": "(0, oo)"},
            start=3,
        )
    },
    rules=({"rule": "identity"}, {"rule": "identity"}, {"rule": "sign"}, {"rule": "sign"}),
    remark="σ = (z + 1/z)/2, σ_0 = (w + 1/w)/2, r = (L−ℓ)/2 and η = η_s r². What the state y and the average x are "
    "stays unknown here.",
)
