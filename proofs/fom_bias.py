"""The bias of the first-order method of meta-learning on quadratics is one minus a residual polynomial."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="fom_bias",
    title="For r inner gradient steps of size α on a quadratic, along an eigenvector with eigenvalue λ, the "
    "first-order hypergradient F and the exact one differ by F − (1−αλ)^r F = (1 − P_r(λ))F, P_r the residual "
    "polynomial of gradient descent with step α; for 0 < αλ ≤ 1 its modulus does not decrease with r and is at most "
    "|F|.",
    statement=(
        "F - exact = (1-Z)*F",
        "exact = (1-x)*exact[t-1]",
        "(F - exact)**2 <= F**2",
        "(F - (1-x)*exact)**2 >= (F - exact)**2",
    ),
    start=1,
    variables={"x": "(0, 1)", "lam": "(0, oo)", "F": "(-oo, oo)"},
    definitions={"alpha": "x/lam", "exact": "P*F"},
    exponentials={"Z": "1-x"},
    reference="Likhosherstov, Song, Choromanski, Davis, Weller, ICML 2021; the polynomial is polyunroll's",
    programs={
        "inner": pu.Sequences(
            pu.GradientDescent(pu.Spectrum("1/100", 1)),
            parameters={"ell": "1", "L": "1", "h": "alpha"},
            lam="lam",
            names={"P": ("x", 0)},
            states={"x": ("Z",)},
        )
    },
    rules=({"rule": "identity"}, {"rule": "identity"}, {"rule": "sign"}, {"rule": "sign"}),
    remark="t is r and x is αλ; (1−x)·exact is the exact hypergradient for t + 1 steps. The exact hypergradient is (I "
    "− αH)^r F because the inner Hessian is the constant H; the components of F along H's eigenvectors are treated "
    "one by one.",
)
