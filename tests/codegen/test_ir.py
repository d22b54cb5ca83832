"""From a program to vectors that are allocated once: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import numpy as np
import pytest
from codegen.conforming import NAMES, Problem, apart, every_method, method
from flint import fmpq
from hypothesis import given
from reference.strategies import custom_methods

import polyunroll as pu
from polyunroll.codegen.buffers import schedule_of
from polyunroll.codegen.columns import recurrence, values_of
from polyunroll.codegen.ir import solver_of
from polyunroll.codegen.reverse import transpose
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.interpret.steps import steps_of
from polyunroll.output.literals import nearest_double

S = pu.Spectrum("1/100", 1)


# -- an interpreter of schedules, which the emitted files are compared with as well ---------------
def number(coefficient, columns, t):
    return columns[coefficient.column][t - 1] if coefficient.value is None else coefficient.value


def execute(schedule, columns, t, vectors, gradient):
    """One step on a dictionary of vectors."""

    def combine(operations):
        for operation in operations:
            new = sum(number(term.coefficient, columns, t) * vectors[term.source] for term in operation.terms)
            vectors[operation.target][:] = new

    combine(schedule.before)
    assert schedule.gradient.at != schedule.gradient.target
    vectors[schedule.gradient.target][:] = gradient(vectors[schedule.gradient.at])
    combine(schedule.after)
    vectors.update({name: vectors[other] for name, other in schedule.moves})


def forward(solver, problem):
    schedule = schedule_of(solver.step)
    vectors = {name: np.full(len(problem.b), np.nan) for name in schedule.vectors}
    for name, weight in solver.starts:
        vectors[name] = weight * problem.x0
    for t in range(1, solver.steps + 1):
        execute(schedule, solver.columns, t, vectors, lambda q: problem.H @ q + problem.b)
    return vectors[solver.step.output]


def backward(solver, problem):
    """The derivatives of uᵀx by b and x_0."""
    schedule = schedule_of(transpose(solver.step))
    vectors = {name: np.zeros(len(problem.b)) for name in schedule.vectors}
    vectors[solver.step.output][:] = problem.u
    b_bar = np.zeros(len(problem.b))

    def product(bar):
        nonlocal b_bar
        b_bar = b_bar + bar
        return problem.H @ bar

    for t in range(solver.steps, 0, -1):
        execute(schedule, solver.columns, t, vectors, product)
    return b_bar, sum(weight * vectors[name] for name, weight in solver.starts)


def check(m, steps):
    problem, solver = Problem(n=5), solver_of(m, steps)
    n, eye = 5, np.eye(5)
    done = pu.run(m, problem.H, problem.b, problem.x0, steps, (None, np.hstack([eye, 0 * eye])), dx0=np.hstack(
        [0 * eye, eye]), check=False)  # fmt: skip
    size = max(1.0, np.max(np.abs(done.dx)), np.max(np.abs(done.x)))
    assert np.max(np.abs(forward(solver, problem) - done.x)) <= 1e-12 * size
    J = np.concatenate(backward(solver, problem))
    assert np.max(np.abs(J - done.dx.T @ problem.u)) <= 1e-11 * size * n


@every_method
@pytest.mark.parametrize("steps", [1, 2, 3, 17])
def test_a_method_of_each_family(name, steps):
    check(method(name, steps), steps)


@given(custom_methods())
def test_programs_that_nobody_would_write(m):
    for steps in (1, 2, 6):
        check(m, steps)


@every_method
def test_no_more_vectors_than_states_and_two(name):
    solver = solver_of(method(name, 9), 9)
    schedule = schedule_of(solver.step)
    assert len(schedule.vectors) <= len(solver.step.states) + 2
    reverse = schedule_of(transpose(solver.step))
    assert len(reverse.vectors) <= len(solver.step.states) + 2
    for moves in (schedule.moves, reverse.moves):
        assert sorted(a for a, _ in moves) == sorted(b for _, b in moves)


@pytest.mark.parametrize(
    ("name", "terms", "vectors"),
    [("gd", 2, 2), ("chebyshev", 3, 3), ("heavy-ball", 3, 3), ("nesterov", 4, 3), ("sobolev", 8, 6)],
)
def test_the_fewest_operations(name, terms, vectors):
    # of each linear combination the terms, counted by hand; Nesterov's query is used for the next iterate too
    schedule = schedule_of(solver_of(method(name, 9), 9).step)
    assert sum(len(operation.terms) for operation in (*schedule.before, *schedule.after)) == terms
    assert len(schedule.vectors) == vectors


def test_what_no_iterate_needs_is_dropped():
    first = solver_of(pu.Chebyshev(S), 1)  # the momentum is 0 in the first step
    assert first.step.states == ("x",)
    assert first.columns == ()
    assert first.recurrence is None


def test_coefficients_that_stay_the_same_are_no_columns():
    assert solver_of(pu.Nesterov(S), 50).columns == ()
    assert len(solver_of(pu.HeavyBall(S), 50).columns) == 1
    assert len(solver_of(pu.GradientDescent(S, ["1/2", "1/3"] * 4), 8).columns) == 1
    assert solver_of(pu.GradientDescent(S, ["1/2"] * 8), 8).columns == ()


@every_method
def test_columns_are_correctly_rounded(name):
    m = method(name, 12)
    formulas = [c for assignment in m.program.assignments for _, c in assignment.terms]
    found = values_of(m, formulas, 12).columns
    for t, step in enumerate(steps_of(m, 12)[0]):
        exact = [c for _, terms in step.assignments for _, c in terms]
        assert [column[t] for column in found] == [nearest_double(c) for c in exact]


TABLED = ("gd-list", "partial-sums", "polynomial", "unrolled-cg")
"""Methods whose coefficients are a list, not formulas."""


@pytest.mark.parametrize("name", [name for name in NAMES if name not in TABLED])
def test_registers_replace_a_table(name):
    solver = solver_of(method(name, 300), 300)
    assert (solver.recurrence is not None) == bool(solver.columns)


@pytest.mark.parametrize("name", TABLED)
def test_a_horizon_needs_a_table(name):
    assert solver_of(method(name, 30), 30).recurrence is None


def test_registers_that_lose_digits_are_tabulated():
    # at L/ℓ = 1e4 the Sobolev method's recurrence loses 8 bits in doubles, and at 10 none to speak of
    wide = pu.Sobolev(pu.Spectrum("1/10000", 1))
    assert solver_of(wide, 1000).recurrence is None
    assert solver_of(pu.Sobolev(pu.Spectrum("1/10", 1)), 1000).recurrence is not None


def test_a_recurrence_that_is_wrong_is_not_taken():
    m = pu.Chebyshev(S)
    formulas = [c for _, c in m.program.assignments[0].terms]
    columns = values_of(m, formulas, 40).columns
    assert recurrence(m, formulas, columns, 40) is not None
    off = tuple(tuple(value * (1 + 1e-13 * (t == 30)) for t, value in enumerate(column)) for column in columns)
    assert recurrence(m, formulas, off, 40) is None


def test_exact_zeros_that_no_ball_settles():
    # S_3(0) = 0 for the Chebyshev weight, scaled η = 1 and L/ℓ = 9 + 4√5
    from polyunroll.arithmetic.exact import sqrt

    L = 9 + 4 * sqrt(fmpq(5))
    m = pu.Sobolev(pu.Spectrum(1, L), eta=(L - 1) ** 2 / 4)
    solver = solver_of(m, 5)
    assert any(column[2] == 0.0 for column in solver.columns)


@pytest.mark.parametrize("steps", [0, -1, 2.0, "5", None, True])
def test_steps_that_are_not_allowed(steps):
    with pytest.raises(InvalidInput, match="steps = "):
        solver_of(pu.Chebyshev(S), steps)


def test_more_steps_than_there_are():
    with pytest.raises(HorizonError, match="t = 4"):
        solver_of(pu.GradientDescent(S, ["1", "1/2", "1/3"]), 4)
    assert apart(solver_of(pu.GradientDescent(S, ["1", "1/2", "1/3"]), 3).columns[0], [-1, -0.5, -1 / 3]) < 1e-16
