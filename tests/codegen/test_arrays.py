"""The numpy target, and where they differ the others: forms of matrices, batches, stopping, memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sparse
from codegen.conforming import (
    TARGETS,
    Problem,
    S,
    apart,
    every_library,
    every_method,
    every_target,
    load,
    method,
    require,
)
from scipy.sparse.linalg import LinearOperator, aslinearoperator

import polyunroll as pu
from polyunroll.arithmetic.systems import DOUBLES
from polyunroll.interpret.steps import steps_of

STEPS = 20
NUMPY = TARGETS[0]
FORMS = {
    "fortran": np.asfortranarray,
    "strided": lambda H: np.repeat(np.repeat(H, 2, 0), 2, 1)[::2, ::2],
    "single": lambda H: H.astype(np.float32),
    "csr": sparse.csr_array,
    "csc": sparse.csc_matrix,
    "coo": sparse.coo_array,
    "operator": aslinearoperator,
    "function": lambda H: LinearOperator(H.shape, matvec=lambda v: H @ v, dtype=float),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["numpy", "numba"])
@pytest.mark.parametrize("p", [1, 3, 6])
def test_forms_of_matrices(form, name, p):
    target = next(target for target in TARGETS if target.name == name)
    require(target)
    problem, m = Problem(p=p), pu.Sobolev(S)
    if form == "single":
        problem.H = problem.H.astype(np.float32).astype(float)
    H, done = FORMS[form](problem.H), problem.run(m, STEPS)
    forward, backward = load(target, m, STEPS, "jvp"), load(target, m, STEPS, "vjp")
    assert apart(forward.solve(H, problem.b, problem.x0), done.x) < 1e-13
    factors = problem.U, problem.W
    for dH in (factors, lambda x: (problem.dH @ x).T):
        x, dx = forward.jvp(H, problem.b, problem.x0, dH, problem.db, problem.dx0)
        assert apart(x, done.x) < 1e-13
        assert apart(dx, done.dx) < 1e-13
    for dH in (factors, lambda x, v: (problem.dH @ x) @ v):
        x, theta_bar, b_bar, x0_bar = backward.vjp(H, problem.b, problem.x0, problem.u, dH)
        assert apart(x, done.x) < 1e-13
        J = theta_bar + problem.db.T @ b_bar + problem.dx0.T @ x0_bar
        assert apart(J, done.dx.T @ problem.u) < 1e-13
    assert backward.vjp(H, problem.b, problem.x0, problem.u)[1] is None


def test_only_one_half_of_a_dense_matrix_is_read():
    problem, solver = Problem(), load(NUMPY, pu.Chebyshev(S), STEPS)
    expected = solver.solve(problem.H, problem.b)
    halves = [solver.solve(half, problem.b) for half in (np.tril(problem.H), np.triu(problem.H))]
    assert sum(np.array_equal(half, expected) for half in halves) == 1


@pytest.mark.parametrize("count", [1, 3, 7])
@every_library
def test_leading_batch_axes(target, count):
    solver, rng = load(target, pu.Chebyshev(S), STEPS), np.random.default_rng(0)
    problem = Problem()
    b, x0 = rng.standard_normal((2, count, 12)), rng.standard_normal(12)
    found = np.asarray(solver.solve(target.array(problem.H), target.array(b), target.array(x0)))
    assert found.shape == b.shape
    for index in np.ndindex(2, count):
        assert apart(found[index], pu.run(pu.Chebyshev(S), problem.H, b[index], x0, STEPS).x) < 1e-13


@pytest.mark.parametrize("name", ["array-api", "jax", "torch"])
def test_a_batch_of_matrices(name):
    target = next(target for target in TARGETS if target.name == name)
    require(target)
    problems = [Problem(seed=seed) for seed in range(3)]
    solver = load(target, pu.Nesterov(S), STEPS)
    H, b = (target.array(np.stack([getattr(problem, word) for problem in problems])) for word in ("H", "b"))
    found = np.asarray(solver.solve(H, b))
    for x, problem in zip(found, problems, strict=True):
        assert apart(x, pu.run(pu.Nesterov(S), problem.H, problem.b, None, STEPS).x) < 1e-13


def test_what_is_left_out_is_zero():
    problem, m = Problem(), pu.Sobolev(S)
    solver, zero, none = load(NUMPY, m, STEPS, "jvp"), np.zeros(12), np.zeros((12, 3))
    assert np.array_equal(solver.solve(problem.H, problem.b), solver.solve(problem.H, problem.b, zero))
    assert np.array_equal(solver.solve(problem.H, None, problem.x0), solver.solve(problem.H, zero, problem.x0))
    given = problem.H, problem.b, problem.x0
    _, whole = solver.jvp(*given, None, problem.db, none)
    assert np.array_equal(solver.jvp(*given, None, problem.db)[1], whole)
    _, whole = solver.jvp(*given, (problem.U, 0 * problem.W), none, problem.dx0)
    assert apart(solver.jvp(*given, None, None, problem.dx0)[1], whole) < 1e-15


# -- stopping ------------------------------------------------------------------------------------
@every_target
def test_a_tolerance_stops_the_run(target):
    problem, m = Problem(), pu.Chebyshev(S)
    solver = load(target, m, 200, "jvp")
    given = problem.given(target)
    gradients = []
    pu.run(m, problem.H, problem.b, problem.x0, 200, callback=lambda t, x: gradients.append(problem.H @ x + problem.b))
    lengths = np.linalg.norm(gradients, axis=1)
    stop = int(np.argmax(lengths <= 1e-5))
    assert 5 < stop < 150
    expected = problem.run(m, stop)
    assert apart(solver.solve(given.H, given.b, given.x0, tolerance=1e-5), expected.x) < 1e-13
    x, dx = solver.jvp(given.H, given.b, given.x0, (given.U, given.W), given.db, given.dx0, tolerance=1e-5)
    assert apart(x, expected.x) < 1e-13
    assert apart(dx, expected.dx) < 1e-13


@every_library
def test_a_callback_sees_each_step(target):
    problem, m = Problem(), pu.Nesterov(S)
    given, seen, expected = problem.given(target), [], []
    pu.run(m, problem.H, problem.b, problem.x0, STEPS, callback=lambda t, x: expected.append(x))
    solver = load(target, m, STEPS, "jvp")
    solver.solve(given.H, given.b, given.x0, callback=lambda t, x: seen.append((int(t), np.asarray(x).copy())))
    assert sorted(t for t, _ in seen) == list(range(1, STEPS + 1))
    assert all(apart(x, expected[t]) < 1e-13 for t, x in seen)
    seen.clear()
    solver.jvp(given.H, given.b, given.x0, None, given.db, callback=lambda t, x, dx: seen.append(np.shape(dx)))
    assert seen == [(12, 3)] * STEPS
    if target.name != "jax":  # whose compiled loops go on
        x = solver.solve(given.H, given.b, given.x0, callback=lambda t, x: t == 7)
        assert apart(x, expected[7]) < 1e-13


# -- a preconditioner ----------------------------------------------------------------------------
@every_library
@pytest.mark.parametrize("p", [1, 6])
def test_a_preconditioner(target, p):
    require(target)
    rng, problem, m = np.random.default_rng(5), Problem(p=p), pu.Sobolev(S)
    # with L Lᵀ = M⁻¹ and x = L z the method runs on LᵀHL, which here has eigenvalues in [1/10, 1]
    L = np.diag(rng.uniform(0.5, 2, 12)) + 0.1 * np.tril(rng.standard_normal((12, 12)), -1)
    P = target.array(L @ L.T)
    inverse = np.linalg.inv(L)
    H = inverse.T @ problem.H @ inverse
    problem.dH = np.einsum("ji,pjk,kl->pil", inverse, problem.dH, inverse)
    U, b, db = inverse.T @ problem.U, inverse.T @ problem.b, inverse.T @ problem.db
    x0, dx0 = L @ problem.x0, L @ problem.dx0
    expected = pu.run(m, problem.H, problem.b, problem.x0, STEPS, (Problem(p=p).dH, problem.db), dx0=problem.dx0)
    given = [target.array((value + value.T) / 2 if value is H else value) for value in (H, b, x0)]
    W, U = target.array(problem.W), target.array(U)
    forward, backward = load(target, m, STEPS, "jvp"), load(target, m, STEPS, "vjp")
    x, dx = forward.jvp(*given, (U, W), target.array(db), target.array(dx0), precondition=P)
    assert apart(x, L @ expected.x) < 1e-12
    assert apart(dx, L @ expected.dx) < 1e-12
    assert apart(forward.solve(*given, precondition=P), L @ expected.x) < 1e-12
    u = inverse.T @ problem.u
    _, *bars = backward.vjp(*given, target.array(u), (U, W), precondition=P)
    theta_bar, b_bar, x0_bar = map(np.asarray, bars)
    assert apart(theta_bar + db.T @ b_bar + dx0.T @ x0_bar, expected.dx.T @ problem.u) < 1e-12


# -- memory --------------------------------------------------------------------------------------
def peak(run):
    run()
    tracemalloc.start()
    run()
    _, found = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return found


@every_method
@pytest.mark.parametrize("p", [0, 1, 16])
def test_memory_beside_the_matrix(name, p):
    n, m = 5000, method(name, 30)
    H = sparse.eye_array(n, format="csr") * 0.5 if p else np.diag(np.full(2000, 0.5))
    n = H.shape[0]
    vector = np.ones(n)
    solver = load(NUMPY, m, 30, "jvp")
    states = len(m.program.states)
    if p == 0:
        found = peak(lambda: solver.solve(H, vector, vector))
    else:
        factors = np.ones((n, 1)), np.ones((1, p))
        db = np.ones((n, p))
        found = peak(lambda: solver.jvp(H, vector, vector, factors, db))
    allowed = (states + 2) * (1 + p)
    if p:  # SciPy's sparse product is an array of its own
        allowed += p
    assert found / (8 * n) < allowed + 0.6


def test_the_reverse_sweep_keeps_so_many_vectors_as_the_root_of_the_steps():
    n, vector = 20_000, np.ones(20_000)
    H = sparse.eye_array(n, format="csr") * 0.5
    factors = np.ones((n, 1)), np.ones((1, 1))
    peaks = {}
    for steps in (25, 100, 400):
        solver = load(NUMPY, pu.Chebyshev(S), steps, "vjp")
        peaks[steps] = peak(lambda solver=solver: solver.vjp(H, vector, vector, vector, factors)) / (8 * n)
    # two states every √T steps, and √T queries: 3√T, and some that are always there
    for steps in peaks:
        assert peaks[steps] < 3 * steps**0.5 + 14
    assert peaks[400] < 2.5 * peaks[100]


@pytest.mark.parametrize("family", [pu.Chebyshev, pu.HeavyBall])
def test_why_the_recurrence_is_not_run_backwards(family):
    """These steps have an inverse, but it magnifies rounding; kept vectors give the iterates themselves.

    Nesterov's steps, and gradient descent's with 1/L, have none at all where L is an eigenvalue.
    """
    problem, m, steps = Problem(), family(pu.Spectrum("1/10", 1)), 60
    seen = []
    pu.run(m, problem.H, problem.b, problem.x0, steps, callback=lambda t, x: seen.append(x))
    x, previous = seen[-1], seen[-2]
    for step in reversed(steps_of(m, steps, DOUBLES)[0][1:]):
        x, previous = previous, before(step, problem, previous, x)
    assert apart(previous, seen[0]) > 1e-3  # 13 digits of 16 are lost
    solver = load(NUMPY, m, steps, "vjp")
    x, *_ = solver.vjp(problem.H, problem.b, problem.x0, problem.u, (problem.U, problem.W))
    assert apart(x, seen[-1]) < 1e-13


def before(step, problem, now, after):
    """x_{t−1} from x_t and x_{t+1}: the step is affine in x_{t−1}, and is solved for it."""

    def forward(previous):
        known = {"x": now, "previous": previous}
        query = sum(c * known[name] for name, c in step.query)
        known["gradient"] = problem.H @ query + problem.b
        return sum(c * known[name] for name, c in step.assignments[0][1])

    origin = forward(np.zeros(len(now)))
    matrix = np.stack([forward(column) - origin for column in np.eye(len(now))], 1)
    return np.linalg.solve(matrix, after - origin)


# -- and besides -------------------------------------------------------------------------------
def test_jax_reports_only_steps_that_are_made():
    jax, problem = next(target for target in TARGETS if target.name == "jax"), Problem()
    seen = {}
    for target in (NUMPY, jax):
        given, steps = problem.given(target), []
        solver = load(target, pu.Chebyshev(S), 60)
        solver.solve(given.H, given.b, given.x0, tolerance=1e-6, callback=lambda t, x, to=steps: to.append(int(t)))
        seen[target.name] = sorted(steps)
    assert 5 < len(seen["numpy"]) < 60
    assert seen["jax"] == seen["numpy"]


@pytest.mark.parametrize("p", [1, 5])
@pytest.mark.parametrize("dtype", ["float32", "int64", "object"])
def test_a_matrix_of_other_numbers_is_made_one_of_doubles_once(dtype, p):
    H = np.diag([1, 1, 1, 1]).astype(dtype)
    solver = load(NUMPY, pu.Chebyshev(S), 5, "jvp")
    given = np.ones(4), np.zeros(4), None, np.ones((4, p))
    for found, expected in zip(solver.jvp(H, *given), solver.jvp(np.eye(4), *given), strict=True):
        assert apart(found, expected) < 1e-15


def test_nothing_given_is_changed():
    problem = Problem()
    copies = {name: getattr(problem, name).copy() for name in ("H", "b", "x0", "u", "U", "W", "db", "dx0")}
    for name in ("H", "b", "x0", "u", "U", "W", "db", "dx0"):
        getattr(problem, name).flags.writeable = False
    for m in (pu.GradientDescent(S), pu.Nesterov(S), pu.Sobolev(S)):
        factors = problem.U, problem.W
        load(NUMPY, m, 5, "jvp").jvp(problem.H, problem.b, problem.x0, factors, problem.db, problem.dx0)
        load(NUMPY, m, 5, "vjp").vjp(problem.H, problem.b, problem.x0, problem.u, factors)
    for name, copy in copies.items():
        assert np.array_equal(getattr(problem, name), copy)
