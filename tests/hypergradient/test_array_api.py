"""Nothing beyond the array API standard is asked of arrays: the strict library gives what NumPy gives."""

from __future__ import annotations

import numpy as np
import pytest

import polyunroll as pu
from polyunroll.hypergradient import aid, fom, itd, truncated, ufom
from polyunroll.problems import Bilevel, FunctionContraction, FunctionOracle, Loss, QuadraticProblem

strict = pytest.importorskip("array_api_strict")

S = pu.Spectrum("1/4", 2)
M, C = pu.GradientDescent(S), pu.Chebyshev(S)
LOSS = Loss(lambda x, t: 0, lambda x, t: x - 1)


def problems(xp):
    """An oracle, one without parameters, a quadratic and a contraction, in one library."""
    diagonal = xp.asarray([1.0, 0.5, 0.3])

    def hvp(x, v):
        return diagonal * v if v.ndim == 1 else diagonal[:, None] * v

    def gradient(x):
        return diagonal * x - 1

    H = np.diag([1.0, 0.5, 0.3]) + 0.1
    dH = np.stack([np.eye(3), np.outer([1, 2, 3], [1, 2, 3])])
    inner = {
        "oracle": FunctionOracle(3, 1, gradient, hvp, cross=lambda x: x[:, None]),
        "free": FunctionOracle(3, 0, gradient, hvp),
        "quadratic": QuadraticProblem(*(xp.asarray(a) for a in (H, np.ones(3), dH))),
        "contraction": FunctionContraction(
            3, 1, lambda x: x / 2 + 1, lambda x, v: v / 2, lambda x, u: u / 2, lambda x: x[:, None], modulus=0.5
        ),
    }
    return {name: Bilevel(lambda theta, one=one: one, LOSS) for name, one in inner.items()}


ASKED = {
    "itd": lambda p, one, two, start: itd(p["oracle"], one, C, 5),
    "itd of a number": lambda p, one, two, start: itd(p["oracle"], one[0], C, 5),
    "forward": lambda p, one, two, start: itd(p["oracle"], one, C, 5, mode="forward"),
    "checkpoints": lambda p, one, two, start: itd(p["oracle"], one, C, 5, checkpoints=2),
    "truncated": lambda p, one, two, start: truncated(p["oracle"], one, C, 5),
    "aid": lambda p, one, two, start: aid(p["oracle"], one, C, 5),
    "aid normal": lambda p, one, two, start: aid(p["oracle"], one, C, 5, solver="normal-cg"),
    "aid polynomial": lambda p, one, two, start: aid(p["oracle"], one, C, 5, solver=M, tolerance=1e-3),
    "fom": lambda p, one, two, start: fom(p["free"], start, M, 5),
    "ufom": lambda p, one, two, start: ufom(p["free"], start, M, 5, q=1.0, seed=0),
    "quadratic": lambda p, one, two, start: itd(p["quadratic"], two, C, 5),
    "quadratic truncated": lambda p, one, two, start: truncated(p["quadratic"], two, C, 5),
    "quadratic aid": lambda p, one, two, start: aid(p["quadratic"], two, C, 5, solver=M, solver_steps=4),
    "map": lambda p, one, two, start: itd(p["contraction"], one, steps=5),
    "map aid": lambda p, one, two, start: aid(p["contraction"], one, steps=5),
    "map aid cg": lambda p, one, two, start: aid(p["contraction"], one, steps=5, solver="cg"),
}


@pytest.mark.parametrize("name", list(ASKED))
def test_the_strict_library_agrees_with_numpy(name):
    def ask(xp):
        return ASKED[name](problems(xp), *(xp.asarray(a) for a in (np.ones(1), np.array([0.5, 2]), np.ones(3))))

    found, known = ask(strict), ask(np)
    assert isinstance(found.hypergradient, type(strict.asarray([1.0])))
    np.testing.assert_allclose(np.asarray(found.hypergradient), known.hypergradient, rtol=1e-12)
    assert np.any(known.hypergradient)
    assert found.costs == known.costs
    assert repr(found) == repr(known)
    if "quadratic" in name:
        np.testing.assert_allclose(found.predicted.hypergradient, known.predicted.hypergradient, rtol=1e-9)
