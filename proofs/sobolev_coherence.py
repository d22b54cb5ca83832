"""The coherence relation of Gegenbauer weights, as the Sobolev method runs it."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="sobolev_coherence",
    title="For Gegenbauer weights F_n = Q_n + c_n Q_(n−2) has F_n' = nQ_(n−1), for symbolic n ≥ 3 and a ≥ 0, and the "
    "Sobolev method's states carry it: (S_n + d_n S_(n−2))' = nQ_(n−1), everything over Q_n(0).",
    statement=(
        # (1−σ²)Q_n' = −nσQ_n + n(n+2a−1)/(2(n+a−1)) Q_{n−1}
        "(1-s**2)*r*Q_slope = -t*s*Q + structure*varpi*Qp",
        # F_n' = n Q_{n−1}
        "r*Q_slope + r*varpi*varpi[t-1]*c*Qp_slope[t-1] = t*varpi*Qp",
        # (S_n + d_n S_{n−2})' = n Q_{n−1}
        "r*S_slope + r*varpi*varpi[t-1]*d*Sp_slope[t-1] = t*varpi*Qp",
    ),
    variables={
        "s": "(-1, 1)",
        "sigma0": "(-oo, -1)",
        "r": "(0, oo)",
        "eta_s": "[0, oo)",
        "a": "[0, oo)",
    },
    start=3,
    definitions={
        "ell": "r*(-1-sigma0)",
        "L": "r*(1-sigma0)",
        "coherence": "-t*(t-1)/(4*(a+t-1)*(a+t-2))",
        "structure": "t*(t+2*a-1)/(2*(t+a-1))",
        "ratio": "2*(t+a-1)/(t+2*a-1)",
    },
    reference="polyunroll; DLMF 18.9.19, 18.9.20",
    programs={
        "sobolev": pu.Sequences(
            pu.Sobolev(pu.Spectrum("1/100", 1)),
            parameters={"ell": "ell", "L": "L", "eta": "eta_s*r**2", "a": "a"},
            lam="r*(s-sigma0)",
            names={
                "Q": ("q", 0),
                "Q_slope": ("q", 1),
                "Qp": ("q_previous", 0),
                "Qp_slope": ("q_previous", 1),
                "S_slope": ("y", 1),
                "Sp_slope": ("y_previous", 1),
                "varpi": ("varpi", 0),
                "c": ("c", 0),
                "d": ("d", 0),
            },
            states={
                "q": ("q", "(structure*varpi*q_previous-t*s*q)/(r*(1-s**2))"),
                "q_previous": (
                    "q_previous",
                    "((t+2*a-1)*s*q_previous-2*(t+a-1)*q/varpi)/(r*(1-s**2))",
                ),
                "x": ("x", "x_1"),
                "y": ("y", "y_1"),
                "y_previous": ("y_previous", "y_previous_1"),
            },
            registers={"gamma": "t*(t+2*a-1)/(4*(t+a)*(t+a-1))", "c": "coherence"},
            bounds={
                "d": "[coherence, 0]",
                "sigma": "[1, oo)",
                "varpi": "(-ratio, 0)",
                "A": "(-oo, oo)",
                "kernel": "(0, oo)",
            },
            start=3,
        )
    },
    remark="",
)
