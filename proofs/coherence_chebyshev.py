"""The Chebyshev weight: the combination of two neighbours whose derivative is one polynomial, and the Sobolev norms."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="coherence_chebyshev",
    title="T_n − (n/(n−2))T_(n−2) has the derivative 2nT_(n−1), and with b_n = −(n/(n−2))/h_(n−2), h_n = 1 + 4n²η + "
    "(n/(n−2))² + (n/(n−2))b_n, n ≥ 3, the Z_n with Z_n + b_n Z_(n−2) = T_n − (n/(n−2))T_(n−2) are orthogonal for "
    "∫PQ + η∫P'Q' and have the squared norms (π/2)h_n.",
    statement=(
        "slope - t/(t-2)*slope[t-2] = 2*t*T[t-1]",
        "T = (Z+1/Z)/2",
        "slope*(z-1/z) = t*(Z-1/Z)",
        # b_n h_(n−2) and h_n from the products of F_n = T_n − (n/(n−2))T_(n−2)
        "b*norm[t-2] = product",
        "norm = square - b**2*norm[t-2]",
        "norm > 0",
    ),
    start=3,
    variables={"z": "(0, 1)", "eta": "[0, oo)"},
    definitions={
        "s": "(z+1/z)/2",
        # ⟨F_n, F_(n−2)⟩ and ⟨F_n, F_n⟩, from ∫T_n² = π/2 in units of π/2
        "product": "-t/(t-2)",
        "square": "1 + (t/(t-2))**2 + eta*(2*t)**2",
    },
    exponentials={"Z": "z"},
    programs={
        "chebyshev": pu.Sequences(
            {
                "T": ("1", "s", "2*s*T[t-1]-T[t-2]"),
                "slope": ("0", "1", "2*T[t-1]+2*s*slope[t-1]-slope[t-2]"),
                "b": ("0", "0", "0", "-t/((t-2)*norm[t-2])"),
                "norm": ("2", "1+2*eta", "1+16*eta", "1+4*t**2*eta+(t/(t-2))**2+t/(t-2)*b"),
            },
            parameters={"s": "s", "eta": "eta"},
            lam="0",
            names={"T": ("T", 0), "slope": ("slope", 0), "b": ("b", 0), "norm": ("norm", 0)},
            registers={"T": "(Z+1/Z)/2", "slope": "t*(Z-1/Z)/(z-1/z)"},
            bounds={"b": "[-t/(t-2), 0]", "norm": "[1, oo)"},
            start=3,
        )
    },
    reference="polyunroll; DLMF 18.5.1, 18.9.21",
    rules=(*({"rule": "identity"},) * 5, {"rule": "sign"}),
    remark="s = (z + 1/z)/2, T is T_n(s) and slope T_n'(s), by their recurrences; both sides are polynomials in s. "
    "⟨F_n, F_m⟩ = 0 for F_n = T_n − (n/(n−2))T_(n−2) unless m is n or n ± 2; the last relations are Cholesky's "
    "decomposition of these products. b is b_n and norm h_n.",
)
