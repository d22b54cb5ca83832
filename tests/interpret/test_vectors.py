from __future__ import annotations

import importlib
from fractions import Fraction

import array_api_strict as strict
import mpmath
import numpy as np
import pytest
import scipy.sparse as sparse
from flint import fmpq, fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from reference.members import OPTIONS
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from polyunroll.arithmetic.exact import sqrt, to_float
from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.systems import MPSystem
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.interpret.arrays import weighted_sum
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.vectors import Run, run
from polyunroll.methods import families
from polyunroll.methods.chebyshev import Chebyshev
from polyunroll.methods.gradient_descent import GradientDescent
from polyunroll.methods.heavy_ball import HeavyBall
from polyunroll.methods.nesterov import Nesterov
from polyunroll.methods.sobolev import Sobolev
from polyunroll.problems import QuadraticProblem
from polyunroll.spectrum import Spectrum

LONGEST = 12
S = Spectrum("1/20", 1)
METHODS = [
    GradientDescent(S),
    GradientDescent(S, "2/(L+ell)"),
    GradientDescent(S, ["1/2", "3/2", "1", "7/4", "1/3", "1", "2", "1/5", "1", "1", "3/2", "1"]),
    Chebyshev(S),
    HeavyBall(S),
    Nesterov(S),
    Sobolev(S),
    Sobolev(S, eta="1/100"),
]
every_method = pytest.mark.parametrize("method", METHODS, ids=lambda m: m.label)


# -- exact answers, by another route: eigenvectors, and exact polynomials at the eigenvalues ------
def parts(polynomial):
    """(a, b, √d) of a polynomial a + b√d."""
    if isinstance(polynomial, Surd):
        return polynomial.a, polynomial.b, sqrt(fmpq(polynomial.d))
    return polynomial, fmpq_poly([0]), fmpq(0)


def values(polynomial, at):
    """P(λ_i) and P[λ_i, λ_j] in doubles, each rounded once from an exact number."""
    a, b, root = parts(polynomial)
    points = [fmpq(*x.as_integer_ratio()) for x in at.tolist()]
    P = [a(x) + root * b(x) for x in points]
    slopes = [a.derivative()(x) + root * b.derivative()(x) for x in points]
    D = [[slopes[i] if x == y else (P[i] - P[j]) / (x - y) for j, y in enumerate(points)] for i, x in enumerate(points)]
    return np.array([to_float(v) for v in P]), np.array([[to_float(v) for v in row] for row in D])


class Problem:
    """H = QΛQᵀ, x*, and derivatives; f's minimiser is x* and its derivative ∂x*."""

    def __init__(self, spectrum, seed, n=5, p=3, commuting=False, eigenvalues=None):
        rng = np.random.default_rng(seed)
        ell, L = to_float(spectrum.low), to_float(spectrum.high)
        inside = np.concatenate([[ell, L], rng.uniform(ell, L, n - 2)]) if n > 1 else np.array([L])
        self.at = inside if eigenvalues is None else eigenvalues
        n = len(self.at)
        self.Q, _ = np.linalg.qr(rng.standard_normal((n, n)))
        self.H = symmetrised((self.Q * self.at) @ self.Q.T)
        self.inner = rng.standard_normal((p, n, n))  # Qᵀ ∂_iH Q
        self.inner = self.inner * np.eye(n) if commuting else self.inner + self.inner.transpose(0, 2, 1)
        self.dH = symmetrised(self.Q @ self.inner @ self.Q.T)
        self.solution, self.x0 = rng.standard_normal((2, n))
        self.b = -self.H @ self.solution
        self.db, self.dx0 = rng.standard_normal((2, n, p))
        cross = (self.dH @ self.solution).T + self.db
        self.dsolution = -(self.Q / self.at) @ (self.Q.T @ cross)

    def iterate(self, P):
        return self.solution + self.Q @ (P * (self.Q.T @ (self.x0 - self.solution)))

    def tangent(self, P, D):
        """The master identity in the split `partial`, Daleckii and Krein's form."""
        start = self.Q @ (P[:, None] * (self.Q.T @ (self.dx0 - self.dsolution)))
        apart = self.Q.T @ (self.x0 - self.solution)
        return self.dsolution + start + self.Q @ ((D * self.inner) @ apart).T

    def run(self, method, steps=LONGEST, **options):
        return run(method, self.H, self.b, self.x0, steps, (self.dH, self.db), dx0=self.dx0, **options)


def symmetrised(matrices):
    return (matrices + np.swapaxes(matrices, -1, -2)) / 2


def close(found, expected, scale, tolerance):
    assert np.max(np.abs(found - expected)) <= tolerance * scale


spectra = st.builds(
    lambda ell, ratio: Spectrum(ell, ell * ratio),
    st.fractions(Fraction(1, 100), 10, max_denominator=100),
    st.fractions(Fraction(11, 10), 100, max_denominator=20),
)
etas = st.sampled_from(["0", "1/100", "1", "50"])
measures = st.sampled_from(["chebyshev", "legendre", "gegenbauer:2", "gegenbauer:-1/4"])
steps_sizes = st.sampled_from(["1/L", "2/(L+ell)", "3/(2*L)", "1/L,2/(L+ell)," * 5 + "1/L,1/(2*L)"])


@st.composite
def built_methods(draw):
    """A member of every family that there is, on some spectrum."""
    name = draw(st.sampled_from(list(families())))
    drawn = {"eta": draw(etas), "measure": draw(measures), "step": draw(steps_sizes)}
    options = {k: v for k, v in drawn.items() if k in families()[name].options}
    return families()[name].from_options(draw(spectra), {**options, **OPTIONS.get(name, {})})


@given(method=built_methods(), seed=st.integers(0, 999), n=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_iterates_and_tangents_are_what_the_exact_polynomial_says(method, seed, n):
    steps = LONGEST if method.horizon is None else min(LONGEST, method.horizon)
    problem, machine, seen = Problem(method.spectrum, seed, n), Machine(method, PolynomialModule()), []
    problem.run(method, steps, callback=lambda t, x, dx: seen.append((x, dx)))
    assert len(seen) == steps + 1
    scale = np.max(np.abs(problem.x0)) + np.max(np.abs(problem.solution))
    dscale = np.max(np.abs(problem.dsolution)) + np.max(np.abs(problem.dx0))
    for t, (x, dx) in enumerate(seen):
        P, D = values(machine.run(t), problem.at)
        close(x, problem.iterate(P), scale * max(1, np.max(np.abs(P))), 1e-12)
        # sums of terms P and D·∂H·(x_0−x*), whose sizes the tolerance is relative to
        size = dscale * max(1, np.max(np.abs(P))) + scale * np.max(np.abs(D)) * np.max(np.abs(problem.inner))
        close(dx, problem.tangent(P, D), size, 1e-10)


@every_method
def test_tangents_where_everything_commutes_in_both_splits(method):
    problem, machine = Problem(S, 7, commuting=True), Machine(method, PolynomialModule())
    Q, at, steps = problem.Q, problem.at, []
    problem.run(method, callback=lambda t, x, dx: steps.append(dx))
    diagonals = np.diagonal(problem.inner, axis1=1, axis2=2).T
    apart, dapart = Q.T @ (problem.x0 - problem.solution), Q.T @ (problem.dx0 - problem.dsolution)
    # ∂_θ∇f(x_0(θ), θ), the total derivative
    total = Q.T @ ((problem.dH @ problem.x0).T + problem.db + problem.H @ problem.dx0)
    for t, dx in enumerate(steps):
        P, differences = values(machine.run(t), at)
        D = np.diagonal(differences)
        E = P - at * D
        error = Q.T @ (dx - problem.dsolution)
        assert_allclose(error, P[:, None] * dapart + D[:, None] * diagonals * apart[:, None], rtol=0, atol=1e-9)
        assert_allclose(error, E[:, None] * dapart + D[:, None] * total, rtol=0, atol=1e-9)


@every_method
def test_tangents_against_finite_differences(method):
    problem = Problem(S, 11, eigenvalues=np.array([0.1, 0.25, 0.5, 0.9]))
    eye = 1e-5 * np.eye(3)

    def at(theta):
        H, b = problem.H + np.tensordot(theta, problem.dH, 1), problem.b + problem.db @ theta
        return run(method, H, b, problem.x0 + problem.dx0 @ theta, LONGEST).x

    differences = np.stack([(at(step) - at(-step)) / 2e-5 for step in eye], 1)
    # truncation about 1e-10·‖∂³x‖/6, rounding 1e-16/1e-5
    assert_allclose(problem.run(method).dx, differences, rtol=1e-5, atol=1e-5)


class Logistic:
    """f(x, θ) = Σ log(1 + exp(a_iᵀx)) + ½ Σ θ_j x_j² + θ_1 cᵀx: no quadratic, and not convex in θ."""

    dimension, parameters = 3, 3

    def __init__(self, theta):
        rng = np.random.default_rng(5)
        self.A, self.c, self.theta = rng.standard_normal((8, 3)), rng.standard_normal(3), theta
        self.asked = []

    def gradient(self, x):
        self.asked.append("gradient")
        return self.A.T @ (1 / (1 + np.exp(-self.A @ x))) + self.theta * x + self.theta[1] * self.c

    def hvp(self, x, v):
        self.asked.append(f"hvp {v.shape[1]}")
        s = 1 / (1 + np.exp(-self.A @ x))
        return self.A.T @ ((s * (1 - s))[:, None] * (self.A @ v)) + self.theta[:, None] * v

    def cross(self, x):
        self.asked.append("cross")
        found = np.diag(x)
        found[:, 1] += self.c
        return found


@pytest.mark.parametrize("family", [GradientDescent, Nesterov, Sobolev])
def test_an_oracle_that_is_no_quadratic_against_finite_differences(family):
    method, theta, x0 = family(Spectrum(1, 8)), np.array([1.0, 1.5, 2.0]), np.array([0.3, -0.2, 0.1])
    dx0 = np.random.default_rng(1).standard_normal((3, 3))

    def at(step):
        return run(method, Logistic(theta + step), None, x0 + dx0 @ step, 9).x

    differences = np.stack([(at(step) - at(-step)) / 2e-5 for step in 1e-5 * np.eye(3)], 1)
    assert_allclose(run(method, Logistic(theta), None, x0, 9, True, dx0=dx0).dx, differences, rtol=1e-6, atol=1e-8)


@every_method
def test_an_oracle_is_asked_once_a_step(method):
    oracle = Logistic(np.ones(3))
    done = run(method, oracle, x0=np.zeros(3), steps=7, tangents=True)
    assert oracle.asked == ["gradient", "hvp 3", "cross"] * 7
    assert (done.gradients, done.steps) == (7, 7)
    plain = Logistic(np.ones(3))
    assert_array_equal(run(method, plain, x0=np.zeros(3), steps=7).x, done.x)
    assert plain.asked == ["gradient"] * 7


def test_a_quadratic_problem_counts_the_calls():
    given_ = Problem(S, 2)
    problem = QuadraticProblem(given_.H, given_.b, given_.dH, given_.db)
    done = run(Chebyshev(S), problem, x0=given_.x0, steps=6, tangents=True)
    assert problem.calls.gradient == done.gradients == 6
    assert (problem.calls.hvp, problem.calls.cross) == (6 * 3, 6)
    whole = run(Chebyshev(S), given_.H, given_.b, given_.x0, 6, (given_.dH, given_.db))
    assert_allclose(done.dx, whole.dx, rtol=1e-12, atol=1e-12)


# -- one problem, many forms ---------------------------------------------------------------------
FORMS = {
    "list": lambda H: H.tolist(),
    "csr_array": sparse.csr_array,
    "csc_matrix": sparse.csc_matrix,
    "coo_array": sparse.coo_array,
    "dia_array": sparse.dia_array,
    "operator": aslinearoperator,
    "functions": lambda H: LinearOperator(H.shape, matvec=lambda v: H @ v),
    "np.matrix": np.matrix,
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("form", FORMS)
@every_method
def test_the_form_of_the_matrices_does_not_matter(method, form):
    problem, change = Problem(S, 3), FORMS[form]
    expected = problem.run(method)
    tangents = [change(member) for member in problem.dH], problem.db
    found = run(method, change(problem.H), problem.b, problem.x0, LONGEST, tangents, dx0=problem.dx0)
    assert type(found.x) is type(found.dx) is np.ndarray
    assert_allclose(found.x, expected.x, rtol=1e-12, atol=1e-13)
    assert_allclose(found.dx, expected.dx, rtol=1e-11, atol=1e-11)
    calls = []
    oracle = QuadraticProblem(problem.H, problem.b, problem.dH, problem.db)
    columns = run(
        method, change(problem.H), problem.b, problem.x0, LONGEST,
        (lambda x: calls.append(x) or (problem.dH @ x).T, problem.db), dx0=problem.dx0,
    )  # fmt: skip
    assert len(calls) == LONGEST  # one a step, p being known from db
    assert_allclose(columns.dx, expected.dx, rtol=1e-11, atol=1e-11)
    asked = run(method, oracle, None, problem.x0, LONGEST, True, dx0=problem.dx0)
    assert_allclose(asked.dx, expected.dx, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@every_method
def test_array_api_strict(method, dtype):
    problem = Problem(S, 4)
    expected = problem.run(method)
    H, b, x0, dH, db, dx0 = (
        strict.asarray(getattr(problem, name).astype(dtype)) for name in ("H", "b", "x0", "dH", "db", "dx0")
    )
    tolerance = {"rtol": 0, "atol": {"float64": 1e-10, "float32": 2e-3}[dtype]}
    for tangents in ((dH, db), ([dH[i, ...] for i in range(3)], db), (lambda x: (dH @ x).T, db)):
        found = run(method, H, b, x0, LONGEST, tangents, dx0=dx0, keep=True)
        for array in (found.x, found.dx, *found.history):
            assert array.__array_namespace__() is strict
            assert array.dtype == getattr(strict, dtype)
        assert_allclose(np.asarray(found.x), expected.x, **tolerance)
        assert_allclose(np.asarray(found.dx), expected.dx, **tolerance)
    assert run(method, H, steps=2).x.dtype == getattr(strict, dtype)
    assert run(method, H, steps=0, tangents=(dH, None)).dx.dtype == getattr(strict, dtype)


def test_array_api_strict_is_checked_too():
    with pytest.raises(InvalidInput, match=r"an eigenvalue 2 outside the method's spectrum \[1/20, 1\]"):
        run(METHODS[0], strict.asarray(np.diag([0.5, 2])), steps=1)
    with pytest.raises(InvalidInput, match="b belongs to NumPy and H to array_api_strict; give arrays of one library"):
        run(METHODS[0], strict.asarray(np.eye(2)), np.ones(2), steps=1)
    other = strict.Device("device1")  # one that NumPy does not reach: nothing is looked at
    found = run(METHODS[0], strict.asarray(np.diag([0.5, 2]), device=other), steps=1, tangents=(None, None), dx0=
                strict.ones((2, 1), device=other))  # fmt: skip
    assert found.x.device == found.dx.device == other


@pytest.mark.parametrize("form", ["dense", "sparse", "operator"])
@every_method
def test_single_precision_stays_single(method, form):
    problem = Problem(S, 6)
    single = {name: getattr(problem, name).astype(np.float32) for name in ("b", "x0", "dH", "db", "dx0")}
    H = problem.H.astype(np.float32)
    H = {"dense": H, "sparse": sparse.csr_array(H), "operator": aslinearoperator(H)}[form]
    found = run(method, H, single["b"], single["x0"], 9, (single["dH"], single["db"]), dx0=single["dx0"], keep=True)
    assert {array.dtype for array in (found.x, found.dx, *found.history)} == {np.dtype(np.float32)}
    assert_allclose(found.x, problem.run(method, 9).x, rtol=0, atol=1e-4)
    assert run(method, H, steps=1).x.dtype == np.float32


def test_what_is_left_out_is_zero():
    problem, zero = Problem(S, 8), np.zeros((5, 3))
    method = Chebyshev(S)
    assert_array_equal(run(method, problem.H, problem.b, steps=5).x, run(method, problem.H, problem.b, zero[:, 0], 5).x)
    assert_array_equal(
        run(method, problem.H, None, problem.x0, 5).x, run(method, problem.H, zero[:, 0], problem.x0, 5).x
    )
    whole = run(method, problem.H, problem.b, None, 5, (problem.dH, zero), dx0=zero).dx
    assert_array_equal(run(method, problem.H, problem.b, None, 5, (problem.dH, None)).dx, whole)
    whole = run(method, problem.H, problem.b, None, 5, (0 * problem.dH, problem.db)).dx
    assert_array_equal(run(method, problem.H, problem.b, None, 5, (None, problem.db)).dx, whole)
    assert_array_equal(run(method, problem.H, problem.b, None, 5, (lambda x: zero, problem.db)).dx, whole)
    P, _ = values(Machine(method, PolynomialModule()).run(5), problem.at)
    alone = run(method, problem.H, problem.b, None, 5, (None, None), dx0=problem.dx0).dx
    assert_allclose(alone, problem.Q @ (P[:, None] * (problem.Q.T @ problem.dx0)), rtol=0, atol=1e-13)
    assert run(method, problem.H, problem.b, None, 5, False).dx is None
    assert_array_equal(run(method, aslinearoperator(problem.H), steps=3).x, zero[:, 0])
    guessed = LinearOperator((2, 2), matvec=lambda v: v)  # SciPy takes its dtype for that of int8 zeros
    assert run(method, guessed, steps=3).x.dtype == np.float64


def test_a_function_is_asked_for_p_where_nothing_else_tells():
    problem, calls = Problem(S, 8), []
    found = run(Chebyshev(S), problem.H, problem.b, None, 4, (lambda x: calls.append(1) or (problem.dH @ x).T, None))
    assert_array_equal(found.dx, run(Chebyshev(S), problem.H, problem.b, None, 4, (problem.dH, None)).dx)
    assert len(calls) == 5


def test_an_oracle_need_not_tell_its_sizes():
    class Bare:
        def gradient(self, x):
            return x / 2

        def hvp(self, x, v):
            return v / 2

        def cross(self, x):
            return np.stack([x, x], 1)

    found = run(GradientDescent(S), Bare(), x0=np.ones(3), steps=2, tangents=True)
    assert_array_equal(found.x, np.full(3, 0.25))
    assert_array_equal(found.dx, np.full((3, 2), -1.0))


# -- the run, its parts and its end --------------------------------------------------------------
def test_a_run_and_its_history():
    problem, method = Problem(S, 9), Sobolev(S)
    done = problem.run(method, 6, keep=True)
    assert isinstance(done, Run)
    assert (done.steps, done.gradients, len(done.history)) == (6, 6, 7)
    for t, x in enumerate(done.history):
        assert_array_equal(x, run(method, problem.H, problem.b, problem.x0, t).x)
    assert_array_equal(done.history[0], problem.x0)
    assert done.history[-1] is done.x
    assert problem.run(method, 6).history is None
    assert repr(done) == "Run(Sobolev([1/20, 1], eta=1, a=0), 6 steps, n = 5, p = 3)"
    assert repr(run(method, problem.H, steps=2)) == "Run(Sobolev([1/20, 1], eta=1, a=0), 2 steps, n = 5)"


@every_method
def test_resuming_equals_one_go_to_the_last_bit(method):
    problem = Problem(S, 10)
    whole = problem.run(method, keep=True)
    first = problem.run(method, 1, keep=True)
    second = first.resume(3)
    for _ in range(2):  # from the same Run twice: the first time left it as it was
        seen = []
        last = second.resume(LONGEST - 4, callback=lambda t, x, dx, seen=seen: seen.append((t, x, dx)))
        assert_array_equal(last.x, whole.x)
        assert_array_equal(last.dx, whole.dx)
        assert_array_equal(last.history, whole.history)
        assert (last.steps, last.gradients) == (LONGEST, LONGEST)
        assert [t for t, _, _ in seen] == list(range(5, LONGEST + 1))
        assert seen[-1][1] is last.x
        assert seen[-1][2] is last.dx
    assert (first.steps, second.steps, len(first.history), len(second.history)) == (1, 4, 2, 5)
    assert_array_equal(second.x, whole.history[4])
    assert_array_equal(first.resume(0).x, first.x)
    assert run(method, problem.H, problem.b, steps=1).resume(1).history is None


def test_resuming_asks_for_new_gradients_only():
    oracle = Logistic(np.ones(3))
    done = run(Nesterov(S), oracle, x0=np.zeros(3), steps=5)
    done.resume(2)
    assert len(oracle.asked) == 7


def test_a_machine_and_its_copy_are_independent():
    machine, other = Machine(Sobolev(S), PolynomialModule()), Machine(Sobolev(S), PolynomialModule())
    machine.run(3)
    twin = machine.copy()
    assert machine.run(7) == twin.run(7) == other.run(7)
    assert (machine.t, twin.t, machine.copy().t) == (7, 7, 7)


def test_a_callback_sees_every_step_and_may_stop():
    problem, method = Problem(S, 12), HeavyBall(S)
    seen = []

    def stop_at_three(t, x, dx):
        seen.append((t, x.copy(), dx.copy()))
        return np.bool_(t == 3)

    done = problem.run(method, callback=stop_at_three, keep=True)
    assert [t for t, _, _ in seen] == [0, 1, 2, 3]
    assert (done.steps, done.gradients, len(done.history)) == (3, 3, 4)
    assert_array_equal(seen[0][1], problem.x0)
    assert_array_equal(seen[0][2], problem.dx0)
    for t, x, dx in seen:
        assert_array_equal(x, problem.run(method, t).x)
        assert_array_equal(dx, problem.run(method, t).dx)
    assert_array_equal(done.resume(LONGEST - 3).x, problem.run(method).x)
    plain = run(method, problem.H, problem.b, None, 9, callback=lambda t, x: x.shape == (5,))
    assert (plain.steps, plain.gradients) == (0, 0)


def test_nothing_is_changed_in_place_nor_shared():
    problem = Problem(S, 13)
    before = {name: getattr(problem, name).copy() for name in ("H", "b", "x0", "dH", "db", "dx0")}
    done = problem.run(Sobolev(S), 5)
    for name, array in before.items():
        assert_array_equal(getattr(problem, name), array)
    start = problem.run(Sobolev(S), 0)
    problem.x0 += 1
    problem.dx0 += 1
    assert_array_equal(start.x, before["x0"])
    assert_array_equal(start.resume(5).dx, done.dx)


def test_fixed_horizons():
    problem, method = Problem(S, 14), GradientDescent(S, ["1", "1/2", "3/2"])
    whole = run(method, problem.H, problem.b)
    assert whole.steps == 3
    assert_array_equal(run(method, problem.H, problem.b, steps=1).resume(2).x, whole.x)
    sentence = "t = 4 is beyond this method's 3 steps; give t <= 3"
    with pytest.raises(HorizonError, match=sentence):
        run(method, problem.H, problem.b, steps=4)
    with pytest.raises(HorizonError, match=sentence):
        whole.resume(1)
    two = run(method, problem.H, problem.b, steps=2)
    with pytest.raises(HorizonError, match=sentence):
        two.resume(2, callback=lambda t, x: pytest.fail("it has begun"))


def test_sums_cost_no_more_than_they_must():
    ones, bad = np.ones(2), np.array([np.inf, np.nan])
    assert weighted_sum([(1.0, ones)]) is ones
    assert_array_equal(weighted_sum([(2.0, ones), (0.0, bad), (1.0, ones), (-0.5, ones)]), [2.5, 2.5])
    assert_array_equal(weighted_sum([(0.0, ones), (0, ones)]), [0, 0])


# -- long runs -----------------------------------------------------------------------------------
class MPVectors:
    """Pairs (x, X) of mpmath matrices."""

    def __init__(self, problem, context):
        self.H, self.b, self.db = (context.matrix(a.tolist()) for a in (problem.H, problem.b, problem.db))
        self.dH = [context.matrix(member.tolist()) for member in problem.dH]
        self.first = context.matrix(problem.x0.tolist()), context.matrix(problem.dx0.tolist())

    def start(self, weight):
        return tuple(weight * part for part in self.first)

    def gradient(self, query):
        x, X = query
        tangent = self.H * X + self.db
        for i, member in enumerate(self.dH):
            tangent[:, i] += member * x
        return self.H * x + self.b, tangent

    def combine(self, terms):
        (c, (x, X)), *rest = terms
        x, X = c * x, c * X
        for c, (y, Y) in rest:
            x, X = x + c * y, X + c * Y
        return x, X


@pytest.mark.parametrize("family", [Chebyshev, Sobolev])
def test_doubles_do_not_drift_away_in_500_steps(family):
    # L/ℓ = 1e4: at t = 500 the residual is still near 1e-4, so the method is at work all the way. What rounding
    # does to a fixed point of condition 1e4 is about 1e4·1e-16.
    method = family(Spectrum("1/10000", 1))
    problem = Problem(method.spectrum, 15, n=4, p=2)
    system = MPSystem(40)
    x, X = Machine(method, MPVectors(problem, system.context), system).run(500)
    x, X = np.array(x.tolist(), float)[:, 0], np.array(X.tolist(), float)
    found = problem.run(method, 500)
    assert np.max(np.abs(x - problem.solution)) > 1e-6
    assert_allclose(found.x, x, rtol=0, atol=1e-11)
    assert_allclose(found.dx, X, rtol=0, atol=1e-11 * np.max(np.abs(X)))


# -- libraries that may be absent ----------------------------------------------------------------
@pytest.fixture
def jax_and_numpy():
    """JAX with doubles, and its NumPy."""
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax, importlib.import_module("jax.numpy")
    jax.config.update("jax_enable_x64", before)


@every_method
def test_jax(method, jax_and_numpy):
    jax, jnp = jax_and_numpy
    problem = Problem(S, 16)
    H, b, x0, dH, db, dx0 = (jnp.asarray(getattr(problem, k)) for k in ("H", "b", "x0", "dH", "db", "dx0"))
    expected = problem.run(method)
    tolerance = {"rtol": 0, "atol": 1e-11}

    found = run(method, H, b, x0, LONGEST, (dH, db), dx0=dx0)
    assert isinstance(found.x, jax.Array)
    assert_allclose(found.x, expected.x, **tolerance)
    assert_allclose(found.dx, expected.dx, **tolerance)

    def compiled(H, b, x0, dx0):
        done = run(method, H, b, x0, LONGEST, (list(dH), db), dx0=dx0, keep=True)
        return done.x, done.dx, done.history

    x, dx, history = jax.jit(compiled)(H, b, x0, dx0)
    assert_allclose(x, expected.x, **tolerance)
    assert_allclose(dx, expected.dx, **tolerance)
    assert len(history) == LONGEST + 1

    def at(theta):
        return run(method, H + jnp.tensordot(theta, dH, 1), b + db @ theta, x0 + dx0 @ theta, LONGEST).x

    origin = jnp.zeros(3)
    for i, tangent in enumerate(jnp.eye(3)):
        x, dx = jax.jvp(jax.jit(at), (origin,), (tangent,))
        assert_allclose(x, expected.x, **tolerance)
        assert_allclose(dx, expected.dx[:, i], **tolerance)
    assert_allclose(jax.jacrev(at)(origin), expected.dx, **tolerance)


def test_jax_beside_numpy_and_in_single_precision(jax_and_numpy):
    jax, jnp = jax_and_numpy
    problem, method = Problem(S, 17), Chebyshev(S)
    gradient = jax.grad(lambda b: run(method, problem.H, b, problem.x0, 5).x.sum())(jnp.asarray(problem.b))
    tangent = run(method, problem.H, problem.b, problem.x0, 5, (None, np.eye(5))).dx
    assert_allclose(gradient, tangent.sum(0), rtol=1e-12)
    many = jax.vmap(lambda b: run(method, problem.H, b, problem.x0, 5).x)(jnp.stack([problem.b, 0 * problem.b]))
    assert_allclose(many[1], run(method, problem.H, None, problem.x0, 5).x, rtol=1e-12)
    single = run(method, jnp.asarray(problem.H, jnp.float32), jnp.asarray(problem.b, jnp.float32), steps=5)
    assert single.x.dtype == jnp.float32
    half = run(method, jnp.asarray(problem.H, jnp.bfloat16), steps=5, tangents=(None, jnp.ones((5, 1), jnp.bfloat16)))
    assert half.dx.dtype == jnp.bfloat16
    with pytest.raises(InvalidInput, match="H is not symmetric"):
        run(method, jnp.asarray(np.triu(problem.H)), steps=1)
    with pytest.raises(InvalidInput, match="b has shape"):  # shapes are known while JAX traces
        jax.jit(lambda b: run(method, problem.H, b, steps=1).x)(jnp.ones(4))
    with pytest.raises(InvalidInput, match="b has dtype float32 and H has float64"):
        run(method, problem.H, jnp.ones(5, jnp.float32), steps=1)
    with pytest.raises(InvalidInput, match="H belongs to NumPy and b to JAX"):
        run(method, sparse.csr_array(problem.H), jnp.asarray(problem.b), steps=1)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # by jacfwd, inside
@every_method
def test_torch(method):
    torch = pytest.importorskip("torch")
    problem = Problem(S, 18)
    H, b, x0, dH, db, dx0 = (torch.tensor(getattr(problem, k)) for k in ("H", "b", "x0", "dH", "db", "dx0"))
    expected = problem.run(method)
    tolerance = {"rtol": 0, "atol": 1e-11}

    for first in (dH, list(dH), lambda x: (dH @ x).T):
        found = run(method, H, b, x0, LONGEST, (first, db), dx0=dx0)
        assert isinstance(found.dx, torch.Tensor)
        assert_allclose(found.x.numpy(), expected.x, **tolerance)
        assert_allclose(found.dx.numpy(), expected.dx, **tolerance)

    theta = torch.zeros(3, dtype=torch.float64, requires_grad=True)

    def at(theta):
        return run(method, H + torch.tensordot(theta, dH, 1), b + db @ theta, x0 + dx0 @ theta, LONGEST).x

    x = at(theta)
    rows = [torch.autograd.grad(value, theta, retain_graph=True)[0] for value in x]
    assert_allclose(torch.stack(rows).numpy(), expected.dx, **tolerance)
    for jacobian in (torch.func.jacfwd, torch.func.jacrev):
        assert_allclose(jacobian(at)(theta.detach()).numpy(), expected.dx, **tolerance)


def test_torch_gradients_reach_the_leaves_and_dtypes_stay():
    torch = pytest.importorskip("torch")
    problem, method = Problem(S, 19), Nesterov(S)
    H, b, x0 = (torch.tensor(getattr(problem, k), requires_grad=True) for k in ("H", "b", "x0"))
    run(method, H, b, x0, 6).x.sum().backward()
    assert H.grad.shape == (5, 5)
    P, _ = values(Machine(method, PolynomialModule()).run(6), problem.at)
    assert_allclose(x0.grad.numpy(), problem.Q @ (P * (problem.Q.T @ np.ones(5))), rtol=0, atol=1e-13)
    tangent = run(method, problem.H, problem.b, problem.x0, 6, (None, np.eye(5))).dx
    assert_allclose(b.grad.numpy(), tangent.sum(0), rtol=0, atol=1e-12)
    for dtype in (torch.float32, torch.bfloat16):
        found = run(method, H.detach().to(dtype), steps=2, tangents=(None, torch.ones((5, 2), dtype=dtype)))
        assert found.x.dtype == found.dx.dtype == dtype
    with pytest.raises(InvalidInput, match="H has dtype complex128"):
        run(method, H.detach() + 0j, steps=1)
    with pytest.raises(InvalidInput, match="H has an eigenvalue"):
        run(method, 3 * H, steps=1)
    with pytest.raises(InvalidInput, match="b belongs to NumPy and H to PyTorch"):
        run(method, H, problem.b, steps=1)


# -- what is refused -----------------------------------------------------------------------------
GOOD = np.array([[0.5, 0.1], [0.1, 0.5]])
SKEW = np.array([[0.5, 0.1], [0.2, 0.5]])
HOLE = np.array([[0.5, np.nan], [np.nan, 0.5]])
TWO = np.ones(2)


def large(top, form=sparse.csr_array):
    return form(sparse.diags_array(np.linspace(0.05, top, 1001)))


class GradientOnly:
    dimension = 2

    def gradient(self, x):
        return x[:1]


class Wide(GradientOnly):
    parameters = 1

    def gradient(self, x):
        return x

    def hvp(self, x, v):
        return v

    def cross(self, x):
        return np.ones((2, 2))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"H": np.ones((2, 3))}, r"H has shape \(2, 3\); it must be square, with at least one row"),
        ({"H": TWO}, r"H has shape \(2,\); it must be square"),
        ({"H": np.ones((0, 0))}, r"H has shape \(0, 0\); it must be square"),
        ({"H": sparse.csr_array(np.ones((2, 3)))}, r"H has shape \(2, 3\); it must be square"),
        ({"H": aslinearoperator(np.ones((2, 3)))}, r"H has shape \(2, 3\); it must be square"),
        ({"H": SKEW}, "H is not symmetric: H and its transpose differ by 0.1; give a symmetric matrix"),
        ({"H": sparse.csr_array(SKEW)}, "H is not symmetric: H and its transpose differ by 0.1"),
        ({"H": aslinearoperator(SKEW)}, "H is not symmetric: by a randomised check, ⟨u, H v⟩ and ⟨H u, v⟩ differ"),
        ({"H": HOLE}, "H has entries that are not finite; every entry must be a finite number"),
        ({"H": sparse.csr_array(HOLE)}, "H has entries that are not finite"),
        ({"H": aslinearoperator(HOLE)}, "H has entries that are not finite"),
        ({"H": np.diag([0.5, np.inf])}, "H has entries that are not finite"),
        ({"H": 2 * GOOD}, r"H has an eigenvalue 1.2 outside the method's spectrum \[1/20, 1\], by more than a round"),
        ({"H": GOOD / 10}, r"H has an eigenvalue 0.04 outside the method's spectrum \[1/20, 1\]"),
        ({"H": -GOOD}, "H has an eigenvalue -0.6 outside"),
        ({"H": sparse.csr_array(2 * GOOD)}, "H has an eigenvalue 1.2 outside"),
        ({"H": aslinearoperator(2 * GOOD)}, "H has by a randomised check an eigenvalue near 1.2 outside"),
        ({"H": large(1.5)}, r"H has by a randomised check an eigenvalue near 1\.49\d* outside"),
        ({"H": np.diag([0.5, 1 + 1e-14])}, "H has an eigenvalue 1 outside the method's spectrum"),
        ({"H": np.eye(2, dtype=int)}, "H has dtype int64; give real floating-point numbers"),
        ({"H": np.eye(2) + 0j}, "H has dtype complex128"),
        ({"H": np.eye(2, dtype=object)}, "H has dtype object"),
        ({"H": sparse.csr_array(np.eye(2, dtype=int))}, "H has dtype int64"),
        ({"H": aslinearoperator(np.eye(2) + 0j)}, "H has dtype complex128"),
        ({"H": "matrix"}, "H is a str; give an array .* a sparse matrix, a LinearOperator or an Oracle"),
        ({"H": None}, "H is a NoneType; give an array"),
        ({"H": [[1, "one"], [0, 1]]}, "H has entries that are no real numbers"),
        ({"H": [[1], [0, 1]]}, "H has entries that are no real numbers"),
        ({"b": np.ones(3)}, r"b has shape \(3,\); it must be \(2,\)"),
        ({"b": np.ones((2, 1))}, r"b has shape \(2, 1\); it must be \(2,\)"),
        ({"b": TWO.astype(int)}, "b has dtype int64"),
        ({"b": TWO + 0j}, "b has dtype complex128"),
        ({"b": TWO * np.inf}, "b has entries that are not finite"),
        ({"b": TWO.astype(np.float32)}, "b has dtype float32 and H has float64; give arrays of one dtype"),
        ({"b": 1.0}, "b is a float; give an array of NumPy, JAX, PyTorch or the array API"),
        ({"b": strict.ones(2)}, "H belongs to NumPy and b to array_api_strict; give arrays of one library"),
        ({"H": sparse.csr_array(GOOD), "b": strict.ones(2)}, "H belongs to NumPy and b to array_api_strict"),
        ({"H": aslinearoperator(GOOD), "b": strict.ones(2)}, "H belongs to NumPy and b to array_api_strict"),
        ({"x0": np.ones(3)}, r"x0 has shape \(3,\); it must be \(2,\)"),
        ({"x0": TWO * np.nan}, "x0 has entries that are not finite"),
        ({"x0": TWO.astype(np.float32)}, "x0 has dtype float32 and H has float64"),
        ({"tangents": True}, "tangents is True, which a matrix H does not allow; give None or a pair"),
        ({"tangents": GOOD}, "tangents is a ndarray, which a matrix H does not allow"),
        ({"tangents": (None,)}, "tangents is a tuple, which a matrix H does not allow"),
        ({"tangents": (None, None)}, r"tangents = \(None, None\) says nothing; give dH, db or dx0"),
        ({"tangents": (GOOD, None)}, r"dH has shape \(2, 2\); it must be \(p, 2, 2\)"),
        ({"tangents": ([], None)}, r"dH has shape \(0,\); it must be \(p, 2, 2\)"),
        ({"tangents": (np.ones((1, 3, 3)), None)}, r"dH has shape \(1, 3, 3\); it must be \(p, 2, 2\)"),
        ({"tangents": ([GOOD, np.eye(3)], None)}, r"dH\[1\] has shape \(3, 3\); it must be \(2, 2\)"),
        ({"tangents": ([GOOD, SKEW], None)}, r"dH\[1\] is not symmetric: dH\[1\] and its transpose differ by 0.1"),
        ({"tangents": (np.stack([GOOD, SKEW]), None)}, r"dH\[1\] is not symmetric"),
        ({"tangents": ([sparse.csr_array(SKEW)], None)}, r"dH\[0\] is not symmetric"),
        ({"tangents": ([aslinearoperator(SKEW)], None)}, r"dH\[0\] is not symmetric: by a randomised check"),
        ({"tangents": ([HOLE], None)}, r"dH\[0\] has entries that are not finite"),
        ({"tangents": ([GOOD.astype(np.float32)], None)}, r"dH\[0\] has dtype float32 and H has float64"),
        ({"tangents": (sparse.csr_array(GOOD), None)}, "dH is a csr_array; give an array .* or a sequence of matrices"),
        ({"tangents": (lambda x: x, None)}, r"what dH gives has shape \(2,\); it must be \(2, p\)"),
        ({"tangents": (lambda x: x, np.ones((2, 1)))}, r"what dH gives has shape \(2,\); it must be \(2, 1\)"),
        ({"tangents": (None, TWO)}, r"db has shape \(2,\); it must be \(2, p\)"),
        ({"tangents": (None, HOLE)}, "db has entries that are not finite"),
        ({"tangents": ([GOOD], np.ones((2, 2)))}, r"db has shape \(2, 2\); it must be \(2, 1\)"),
        ({"tangents": ([GOOD], None), "dx0": np.ones((2, 2))}, r"dx0 has shape \(2, 2\); it must be \(2, 1\)"),
        ({"tangents": ([GOOD], None), "dx0": np.ones((2, 1)) * np.inf}, "dx0 has entries that are not finite"),
        ({"dx0": np.ones((2, 1))}, "dx0 is given without tangents; leave it out, or give tangents as well"),
        ({"steps": -1}, "steps = -1 is not allowed; give a whole number ≥ 0"),
        ({"steps": 1.0}, r"steps = 1\.0 is not allowed; give a whole number ≥ 0"),
        ({"steps": True}, "steps = True is not allowed"),
        ({"steps": None}, "steps is missing; give a whole number ≥ 0"),
        ({"m": "chebyshev"}, "m is a str; give a method, such as"),
        ({"callback": 1}, r"callback is a int; give a function of t, x \(and dx\) or None"),
        ({"H": Wide(), "b": TWO, "x0": TWO}, "b is given with an Oracle, which has its own linear term; leave b out"),
        ({"H": Wide()}, r"x0 is missing; with an Oracle give the start, shape \(n,\)"),
        ({"H": Wide(), "x0": np.ones(3)}, r"x0 has shape \(3,\); it must be \(2,\)"),
        ({"H": Wide(), "x0": TWO * np.nan}, "x0 has entries that are not finite"),
        ({"H": Wide(), "x0": TWO, "tangents": ([GOOD], None)}, "tangents is not True; an Oracle has its own"),
        ({"H": Wide(), "x0": TWO, "tangents": True}, r"the Oracle's cross has shape \(2, 2\); it must be \(2, 1\)"),
        ({"H": Wide(), "x0": TWO, "tangents": True, "dx0": TWO}, r"dx0 has shape \(2,\); it must be \(2, 1\)"),
        ({"H": GradientOnly(), "x0": TWO}, r"the Oracle's gradient has shape \(1,\); it must be \(2,\)"),
        ({"H": GradientOnly(), "x0": TWO, "tangents": True}, r"needs an Oracle with hvp\(x, v\) and cross\(x\)"),
    ],
)
def test_bad_arguments_get_one_sentence(arguments, sentence):
    arguments = {"m": METHODS[0], "H": GOOD, "steps": 2} | arguments
    with pytest.raises(InvalidInput, match=sentence) as raised:
        run(**arguments)
    assert "\n" not in str(raised.value)


def test_a_symbolic_method_cannot_be_run():
    sympy = pytest.importorskip("sympy")
    method = Chebyshev(Spectrum(sympy.Symbol("l", positive=True), 1))
    with pytest.raises(InvalidInput, match="is symbolic and cannot be run; give it numbers for its symbols"):
        run(method, GOOD, steps=1)


def test_resuming_by_what_is_no_count():
    with pytest.raises(InvalidInput, match="steps = -1 is not allowed"):
        run(METHODS[0], GOOD, steps=1).resume(-1)


def test_rounding_is_no_reason_to_refuse():
    ends = np.diag([0.05 * (1 - 1e-16), 1 + 4e-16])
    assert run(METHODS[0], ends, steps=1).steps == 1
    assert run(METHODS[0], large(1 + 1e-12), steps=1).steps == 1
    rng = np.random.default_rng(0)
    Q, _ = np.linalg.qr(rng.standard_normal((100, 100)).astype(np.float32))
    H = (Q * np.linspace(0.05, 1, 100, dtype=np.float32)) @ Q.T  # symmetric up to single precision only
    assert np.max(np.abs(H - H.T)) > 0
    assert run(METHODS[0], H, steps=1).steps == 1
    assert run(METHODS[0], aslinearoperator(H), steps=1).steps == 1
    with pytest.raises(InvalidInput, match="H has an eigenvalue"):
        run(METHODS[0], H * np.float32(1.001), steps=1)
    with pytest.raises(InvalidInput, match="H is not symmetric"):
        run(METHODS[0], H + np.triu(np.full((100, 100), np.float32(1e-3))), steps=1)


def test_values_may_go_unchecked():
    found = run(METHODS[0], SKEW, np.array([np.inf, 0]), steps=1, check=False)
    assert_array_equal(found.x, [-np.inf, 0])
    assert run(METHODS[0], 5 * GOOD, TWO, steps=3, check=False).steps == 3
    assert run(METHODS[0], Wide(), None, TWO * np.nan, 1, check=False).steps == 1
    with pytest.raises(InvalidInput, match="b has shape"):
        run(METHODS[0], GOOD, np.ones(3), steps=1, check=False)


def test_mpmath_is_left_alone():
    before = mpmath.mp.dps
    run(HeavyBall(S), GOOD, TWO, steps=3)
    assert mpmath.mp.dps == before
