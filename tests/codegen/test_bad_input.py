"""What emitted solvers refuse: shapes, kinds and values that do not fit, each in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sparse
from codegen.conforming import TARGETS, Problem, S, every_library, every_target, load, require

import polyunroll as pu

NUMPY = TARGETS[0]


def with_nan(value):
    value = value.copy()
    value.flat[value.size // 2] = np.nan
    return value


def test_bad_input():
    problem = Problem()
    forward, backward = load(NUMPY, pu.Chebyshev(S), 5, "jvp"), load(NUMPY, pu.Chebyshev(S), 5, "vjp")
    H, b, x0, u = problem.H, problem.b, problem.x0, problem.u
    for bad, message in (
        (lambda: forward.solve(H[:3], b), r"H has shape \(3, 12\); it must be \(n, n\)"),
        (lambda: forward.solve(np.zeros((0, 0)), b), "H has shape"),
        (lambda: forward.solve([[1.0]], b), "H is a list; give something with @ and shape"),
        (lambda: forward.solve(H + 0j, b), "H has complex entries"),
        (lambda: forward.solve(sparse.csr_array(H + 0j), b), "H has complex entries"),
        (lambda: forward.solve(sparse.lil_array(with_nan(H)), b), "H has entries that are not finite"),
        (lambda: forward.solve(sparse.dok_array(with_nan(H)), b), "H has entries that are not finite"),
        (lambda: forward.solve(H, b + 0j), "b has complex entries"),
        (lambda: forward.solve(H, b, precondition=np.ones(12)), r"precondition has shape \(12,\); it must be \(n, n\)"),
        (
            lambda: forward.solve(H, b, precondition=np.eye(3)),
            r"precondition has shape \(3, 3\); it must be \(12, 12\)",
        ),
        (lambda: forward.solve(H, b, precondition=with_nan(H)), "precondition has entries that are not finite"),
        (lambda: forward.solve(with_nan(H), b), "H has entries that are not finite"),
        (lambda: forward.solve(np.where(H.max() == H, np.inf, H), b), "H has entries that are not finite"),
        (lambda: forward.solve(sparse.csr_array(with_nan(H)), b), "H has entries that are not finite"),
        (lambda: forward.solve(H, with_nan(b)), "b has entries that are not finite"),
        (lambda: forward.solve(H, b, with_nan(x0)), "x0 has entries that are not finite"),
        (lambda: forward.solve(H, b[:3]), r"b has shape \(3,\); it must be \(..., 12\)"),
        (lambda: forward.jvp(H, np.stack([b, b]), x0, None, problem.db), r"must be \(n,\)"),
        (lambda: forward.jvp(H, b, x0), "give dH, db or dx0"),
        (lambda: forward.jvp(H, b, x0, None, problem.db[:, 0]), r"db has shape \(12,\); it must be \(n, p\)"),
        (lambda: forward.jvp(H, b, x0, None, problem.db * 1j), "db has complex entries"),
        (lambda: forward.jvp(H, b, x0, problem.dH), "dH must be a function or a pair"),
        (lambda: forward.jvp(H, b, x0, (problem.U, problem.W), problem.db[:, :2]), r"dH gives shape \(12, 3\)"),
        (lambda: forward.jvp(H, b, x0, lambda x: np.ones((12, 1)), problem.db), r"dH gives shape \(12, 1\)"),
        (lambda: forward.jvp(H, b, x0, None, problem.db[:4]), r"db has shape \(4, 3\); it must be \(12, 3\)"),
        (lambda: forward.jvp(H, b, x0, None, problem.db, with_nan(problem.dx0)), "dx0 has entries"),
        (lambda: forward.jvp(H, b, x0, (problem.U, problem.W[:2])), "dH has shapes"),
        (lambda: backward.vjp(H, b, x0, u[:3]), r"u has shape \(3,\); it must be \(12,\)"),
        (lambda: backward.vjp(H, b, x0, with_nan(u)), "u has entries"),
        (lambda: backward.vjp(H, b, x0, u + 0j), "u has complex entries"),
        (lambda: backward.vjp(H, b, x0, u, (problem.U.T, problem.W)), "dH has shapes"),
    ):
        with pytest.raises(ValueError, match=message):
            bad()
    assert forward.solve(H, np.zeros((0, 12))).shape == (0, 12)
    huge = np.full(12, 1e200)  # whose squares are not finite
    assert np.all(np.isfinite(forward.solve(H, huge)))


class Plain:
    dimension = 3

    def gradient(self, x):
        return x


@every_library
def test_bad_input_with_an_object_of_gradients(target):
    require(target)
    solver = load(target, pu.Chebyshev(S), 5, "jvp")
    three, four = target.array(np.ones(3)), target.array(np.ones(4))
    for arguments in ((Plain(), three, three), (Plain(), None, None), (Plain(), None, four)):
        with pytest.raises(ValueError, match=r"give x0 and no b|must be"):
            solver.solve(*arguments)
    with pytest.raises(ValueError, match="without dH and db"):
        solver.jvp(Plain(), None, three, None, target.array(np.ones((3, 1))))


@every_library
def test_a_gradient_of_another_shape(target):
    # a column would be broadcast to a matrix, and that at every step
    class Column(Plain):
        def gradient(self, x):
            return x[:, None]

        hvp = cross_T = None  # noqa: N815

    for derivative in (None, "vjp"):
        solver = load(target, pu.Chebyshev(S), 5, derivative)
        x = target.array(np.ones(3))
        with pytest.raises(ValueError, match=r"gradient\(x\) has shape \(3, 1\); it must be \(3,\)"):
            solver.solve(Column(), None, x) if derivative is None else solver.vjp(Column(), None, x, x)


@pytest.mark.parametrize(
    "target", [t for t in TARGETS if t.name in ("jax", "torch", "array-api")], ids=lambda t: t.name
)
def test_bad_input_of_libraries_of_whole_arrays(target):
    problem = Problem()
    given = problem.given(target)
    forward, backward = load(target, pu.Chebyshev(S), 5, "jvp"), load(target, pu.Chebyshev(S), 5, "vjp")
    H, b, x0, u, db = given.H, given.b, given.x0, given.u, given.db
    for bad, message in (
        # whole numbers would round the coefficients, in JAX without a word
        (lambda: forward.solve(target.array(np.eye(12, dtype=np.int64)), b), "H is of .*int64; give real floating"),
        (lambda: forward.solve(H, target.array(np.ones(12, dtype=np.int64))), "b is of .*int64"),
        (lambda: forward.solve(H, target.array(problem.b + 0j)), "b is of .*complex128"),
        (lambda: forward.solve(problem.H.tolist(), b), "H is a list; give something with @ and shape"),
        (lambda: forward.solve(H, problem.b.tolist()), "b is a list; give a"),
        (lambda: forward.solve(H, b, 1.0), "x0 is a float; give a"),
        (
            lambda: forward.solve(H, target.array(np.ones((2, 12))), target.array(np.ones((3, 12)))),
            "do not fit together",
        ),
        (lambda: forward.solve(H, b, precondition=b), r"precondition has shape \(12,\)"),
        (lambda: forward.solve(H, b, precondition=target.array(np.eye(3))), r"it must be \(12, 12\)"),
        (lambda: forward.solve(H, b, precondition=target.array(with_nan(problem.H))), "precondition has entries"),
        (lambda: forward.jvp(H, b, x0, None, b), r"db has shape \(12,\); it must be \(n, p\)"),
        (lambda: forward.jvp(H, b, x0, given.dH), "dH must be a function or a pair"),
        (lambda: forward.jvp(H, b, x0, (given.U, given.W), db[:, :2]), r"dH gives shape \(12, 3\)"),
        (lambda: backward.vjp(H, b, x0, None), "u is a NoneType"),
        (lambda: backward.vjp(H, b, x0, u, (given.U,)), "dH must be a function or a pair"),
    ):
        with pytest.raises(ValueError, match=message):
            bad()
    none = target.array(np.zeros((0, 12)))
    assert tuple(forward.solve(H, none).shape) == (0, 12)


def test_bad_input_to_c():
    problem, c = Problem(), next(target for target in TARGETS if target.name == "c")
    forward, backward = load(c, pu.Chebyshev(S), 5, "jvp"), load(c, pu.Chebyshev(S), 5, "vjp")
    H, b, x0, u, db = problem.H, problem.b, problem.x0, problem.u, problem.db
    for bad, message in (
        (lambda: forward.solve(sparse.csr_array(H), b), "H is a csr_array of object; give a dense array"),
        (lambda: forward.solve(None, b), "H is a NoneType"),
        (lambda: forward.solve(H, b + 0j), "b is a ndarray of complex128"),
        (lambda: forward.solve(H, 1.0), r"b has shape \(\); it must be \(12,\)"),
        (lambda: forward.solve(Plain()), "give x0, no b"),
        (lambda: forward.solve(Plain(), b, x0), "give x0, no b"),
        (lambda: forward.solve(Plain(), None, x0), r"x0 has shape \(12,\); it must be \(3,\)"),
        (lambda: forward.jvp(H, b, x0), "give dH, db or dx0"),
        (lambda: forward.jvp(H, b, x0, None, db[:, 0]), r"db has shape \(12,\); it must be \(n, p\)"),
        (lambda: forward.jvp(H, b, x0, lambda x: x), "dH must be a pair"),
        (lambda: backward.vjp(H, b, x0, None), "u is a NoneType"),  # C would read at the address 0
        (lambda: backward.vjp(H, b, x0, u[:3]), r"u has shape \(3,\); it must be \(12,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            bad()


@every_target
def test_entries_that_are_not_finite(target):
    problem = Problem()
    given = problem.given(target)
    solver = load(target, pu.Chebyshev(S), 5)
    with pytest.raises(ValueError, match="not finite"):
        solver.solve(target.array(with_nan(problem.H)), given.b)
    with pytest.raises(ValueError, match="not finite"):
        solver.solve(given.H, target.array(with_nan(problem.b)))


def test_an_exception_in_a_c_callback_comes_through():
    c = next(target for target in TARGETS if target.name == "c")

    class Broken(Plain):
        def gradient(self, x):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        load(c, pu.Chebyshev(S), 5).solve(Broken(), None, np.ones(3))
