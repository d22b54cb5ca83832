"""All interpreters give one meaning, on methods of every family and on programs nobody would write."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import fmpq, fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.points import EPS, condition, derivatives, difference, high_precision, rational
from reference.strategies import Custom, custom_methods, methods, rational_spectra, spectra

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.surd import Surd
from polyunroll.interpret.jets import DividedDifferences, ball_jets
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule, WeightModule
from polyunroll.interpret.series import chebyshev_balls
from polyunroll.interpret.transfer import chebyshev_coefficients, residual_polynomial
from polyunroll.program import Program, State

ZERO = fmpq_poly([0])


def parts(P):
    """(a, b, d) of an exact polynomial a + b√d, b = 0 and d = 1 for a rational one."""
    return (P.a, P.b, P.d) if isinstance(P, Surd) and P.b != ZERO else (P.a if isinstance(P, Surd) else P, ZERO, 1)


def from_series(coefficients, spectrum):
    """Σ a_k T_k(σ(λ)) by the plain three-term recurrence; any field that the ends and the a_k share."""
    lam = fmpq_poly([0, 1])
    s = (lam * fmpq(1) - spectrum.center * fmpq_poly([1])) * (1 / spectrum.radius)
    last, present, total = fmpq_poly([1]), s, coefficients[0] * fmpq_poly([1])
    for a in coefficients[1:]:
        total = a * present + total
        last, present = present, 2 * (s * present) - last
    return total


# -- exactly --------------------------------------------------------------------------------------------
@given(methods(), st.integers(0, 30))
def test_the_tree_is_the_recurrence(method, t):
    P = residual_polynomial(method, t)
    assert parts(P) == parts(Machine(method, PolynomialModule()).run(t))
    assert derivatives(P, fmpq(0), 0) == [1]


@given(methods(), st.integers(0, 14))
def test_series_are_the_polynomial(method, t):
    found = from_series(chebyshev_coefficients(method, t), method.spectrum)
    assert parts(found) == parts(residual_polynomial(method, t))


@given(methods(), st.integers(1, 20))
def test_weights(method, t):
    machine = Machine(method, WeightModule())
    declared = machine.scalars.evaluator([state.weight for state in method.program.states])
    for _ in range(t):
        assert machine.step() == 1
        assert list(machine.states.values()) == declared()


@settings(max_examples=150)
@given(custom_methods(), st.integers(0, 16))
def test_the_tree_takes_any_program(method, t):
    assert residual_polynomial(method, t) == Machine(method, PolynomialModule()).run(t)


SHARED = {
    # the next value copied into the state that is queried, into the output and into a third one
    "held by three states": (
        "y",
        {"u": {"y": "1", "gradient": "-1"}, "x": {"u": "1"}, "y": {"u": "1"}, "z": {"x": "1"}},
    ),
    # a temporary that is the same value as a state that stays, copied into another state
    "held through a temporary": ("x", {"u": {"x": "1"}, "y": {"u": "1"}, "x": {"x": "1", "y": "1/2", "gradient": "1"}}),
    "held by two after the step": ("x", {"x": {"x": "1", "y": "1"}, "u": {"x": "1"}, "y": {"u": "1"}, "z": {"x": "2"}}),
    # read under two names at once, in the step that overwrites it
    "read under two names": ("x", {"y": {"x": "1", "y": "1"}, "u": {"x": "1"}, "x": {"u": "0", "x": "1", "y": "1"}}),
    "read under two names, both used": ("x", {"u": {"x": "1"}, "x": {"u": "3", "gradient": "1", "x": "-1"}}),
    "swapped": ("x", {"u": {"x": "1"}, "x": {"y": "1", "gradient": "1"}, "y": {"u": "1"}}),
    "never read": ("x", {"u": {"y": "1"}, "v": {"u": "2"}, "x": {"x": "1/2", "gradient": "1"}, "y": {"gradient": "1"}}),
}


@pytest.mark.parametrize(("query", "assignments"), SHARED.values(), ids=SHARED)
@pytest.mark.parametrize("output", ["x", "y", "z"])
def test_values_with_several_names(query, assignments, output):
    program = Program.of(
        parameters=("ell", "L"),
        constants={},
        states=(State.of("x"), State.of("y", "2"), State.of("z", "3")),
        query={query: "1"},
        assignments=assignments,
        output=output,
    )
    method = Custom(pu.Spectrum("1/2", 1), program)
    for t in (1, 2, 3, 30):
        P = Machine(method, PolynomialModule()).run(t)
        assert residual_polynomial(method, t) == P
        found, exact = pu.jets(method, t, [0.25, 2.0]), [derivatives(P, fmpq(1, 4), 2), derivatives(P, fmpq(2), 2)]
        for k in range(3):
            expected = [float(high_precision(column[k])) for column in exact]
            np.testing.assert_allclose(found.derivative(k), expected, rtol=1e-12)


@settings(max_examples=80)
@given(custom_methods(), st.integers(0, 13))
def test_series_take_any_program(method, t):
    P = residual_polynomial(method, t)
    assert parts(from_series(chebyshev_coefficients(method, t), method.spectrum)) == parts(P)


@settings(max_examples=60)
@given(custom_methods(), st.integers(0, 6))
def test_recurrences_take_any_program(method, t):
    data = pu.recurrence(method, t)
    weights = Machine(method, WeightModule()).states
    states = {name: Fraction(int(w.p), int(w.q)) * (1 + 0 * Fraction(1)) for name, w in weights.items()}
    point = Fraction(3, 7)
    for query, assignments in zip(data.query, data.steps, strict=True):
        values = {**states, "gradient": point * sum(c * states[name] for name, c in query)}
        for target, terms in assignments:
            values[target] = sum(c * values[name] for name, c in terms)
        states = {name: values[name] for name in states}
    expected = residual_polynomial(method, t)(fmpq(3, 7))
    assert states[method.program.output] == Fraction(int(expected.p), int(expected.q))


@given(methods(), st.integers(0, 8), st.integers(0, 8))
def test_copies_are_independent(method, first, more):
    machine = Machine(method, PolynomialModule())
    machine.run(first)
    twin = machine.copy()
    before = parts(twin.output)
    machine.run(first + more)
    assert parts(twin.output) == before
    assert parts(twin.run(first + more)) == parts(machine.output)


# -- doubles --------------------------------------------------------------------------------------------
def scaled(found, k, i):
    return mpmath.ldexp(mpmath.mpf(float(found.mantissas[k, i])), int(found.exponents[i]))


@given(methods(), st.integers(0, 25), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_jets_in_doubles(method, t, places):
    low, high = (float(high_precision(end)) for end in (method.spectrum.low, method.spectrum.high))
    # a few fixed points so that "relative to the largest" has something to be relative to
    points = [low + (high - low) * place for place in (0, 0.25, 0.5, 0.75, 1, *places)]
    found = pu.jets(method, t, points)
    exact = [derivatives(residual_polynomial(method, t), rational(x), 2) for x in points]
    for k in range(3):
        values = [high_precision(column[k]) for column in exact]
        largest = max(map(abs, values))
        # a diverging step h multiplies by up to hL
        worst = max(
            1.0, float(high_precision(method.spectrum.high / method.spectrum.low)) if method.name == "gd" else 1
        )
        for i, value in enumerate(values):
            assert abs(scaled(found, k, i) - value) <= 8 * EPS * (1 + t) ** 2 * condition(method) * worst * largest


@settings(max_examples=150)
@given(custom_methods(), st.integers(0, 18), st.lists(st.fractions(-2, 2, max_denominator=8), min_size=1, max_size=3))
def test_jets_take_any_program(method, t, points):
    # Coefficients here may be large and cancel: a run of absolute values bounds what rounding can do.
    found = pu.jets(method, t, [float(x) for x in points], order=2)
    bound = absolute_run(method, t, [abs(float(x)) for x in points])
    for i, x in enumerate(points):
        exact = derivatives(residual_polynomial(method, t), rational(float(x)), 2)
        for k in range(3):
            assert abs(scaled(found, k, i) - high_precision(exact[k])) <= 64 * (t + 1) * EPS * bound[k][i]


def absolute_run(method, t, points):
    """Σ over all paths of |products|: P, P', P'' of the program with every coefficient and point made positive."""

    class Absolute:
        def start(self, weight):
            return [[abs(float_of(weight)), 0.0, 0.0] for _ in points]

        def gradient(self, query):
            return [[x * p, x * d + p, x * e + 2 * d] for x, (p, d, e) in zip(points, query, strict=True)]

        def combine(self, terms):
            return [[sum(abs(float_of(c)) * v[i][k] for c, v in terms) for k in range(3)] for i in range(len(points))]

    machine = Machine(method, Absolute())
    columns = machine.run(t)
    return [[column[k] for column in columns] for k in range(3)]


def float_of(value):
    return int(value.p) / int(value.q) if isinstance(value, fmpq) else value


@settings(max_examples=100)
@given(custom_methods(), st.integers(0, 12))
def test_differences_take_any_program(method, t):
    nodes = [0.5, 0.5, 0.75, -1.0]
    values, differences = DividedDifferences(method, nodes).at(t)
    P = residual_polynomial(method, t)
    bound = absolute_run(method, t, [1.0])
    tolerance = 64 * (t + 1) * EPS * (bound[0][0] + bound[1][0])
    for i, a in enumerate(nodes):
        assert abs(values[i] - high_precision(P(rational(a)))) <= tolerance
        for j, b in enumerate(nodes):
            assert abs(differences[i, j] - high_precision(difference(P, rational(a), rational(b)))) <= tolerance


@given(
    methods(rational_spectra()),
    st.integers(0, 20),
    st.floats(0, 1),
    st.sampled_from([0.0, 2.0**-52, 1e-12, 1e-9, 1e-6, 1e-3, 0.3]),
)
def test_close_eigenvalues_lose_nothing(method, t, place, gap):
    low, high = (float(high_precision(end)) for end in (method.spectrum.low, method.spectrum.high))
    x = low + (high - low) * place
    nodes = [x, x * (1 + gap), low, high]
    _, found = DividedDifferences(method, nodes).at(t)
    P = residual_polynomial(method, t)
    exact = [[high_precision(difference(P, rational(a), rational(b))) for b in nodes] for a in nodes]
    largest = max(max(map(abs, row)) for row in exact)
    worst = (high / low) * max(1, float(high)) if method.name == "gd" else 1
    for i in range(4):
        for j in range(4):
            assert (
                abs(found[i, j] - exact[i][j]) <= 8 * EPS * (1 + t) ** 2 * condition(method) * worst * largest + 1e-300
            )


# -- balls and digits -----------------------------------------------------------------------------------
@given(methods(), st.integers(0, 15), st.fractions(0, 3, max_denominator=9), st.sampled_from([30, 100, 300]))
def test_balls_hold_the_exact_values(method, t, point, bits):
    exact = derivatives(residual_polynomial(method, t), rational(point), 2)
    with ball_precision(bits):
        (found,) = ball_jets(method, t, [rational(point)])
    with ball_precision(1500):
        assert all(a.contains(ball(b)) for a, b in zip(found, exact, strict=True))


@given(methods(), st.integers(0, 25), st.sampled_from([20, 100, 200]))
def test_ball_series_are_right_to_their_bits(method, t, bits):
    found, exact = chebyshev_balls(method, t, bits), chebyshev_coefficients(method, t)
    with ball_precision(1500):
        exact = [ball(v) for v in exact]
        largest = max(abs(v) for v in exact)
        for a, b in zip(found, exact, strict=True):
            assert a.contains(b)
            assert a.rad() * 2**bits < largest


@settings(max_examples=15)
@given(methods(), st.integers(0, 15), st.fractions(-1, 1, max_denominator=12), st.sampled_from([15, 40]))
def test_clenshaw_and_jets(method, t, s, digits):
    spectrum = method.spectrum
    point = spectrum.center + spectrum.radius * rational(s)
    series = pu.chebyshev_series(method, t, digits)
    value = pu.jets(method, t, [point], order=0, digits=digits + 10).derivative()[0]
    with mpmath.workdps(digits + 20):
        x, b1, b2 = high_precision(rational(s)), mpmath.mpf(0), mpmath.mpf(0)
        for a in reversed(series[1:]):
            b1, b2 = 2 * x * b1 - b2 + a, b1
        # digits are relative to the largest coefficient, and Clenshaw sums t of them, weighted by at most k + 1
        tolerance = (t + 2) ** 3 * mpmath.mpf(10) ** -digits * max(map(abs, series)) * condition(method)
        assert abs(series[0] + x * b1 - b2 - value) <= tolerance


# -- spectra --------------------------------------------------------------------------------------------
@given(spectra, st.integers(2, 60))
def test_sample_points_are_in_order_and_inside(spectrum, count):
    points = spectrum.points(count)
    assert len(points) == count
    assert (points[0], points[-1]) == (spectrum.low, spectrum.high)
    assert all(spectrum.contains(point) for point in points)


@given(rational_spectra(one_point=True))
def test_a_spectrum_can_be_written_and_read(spectrum):
    assert eval(repr(spectrum), {"Spectrum": pu.Spectrum}) == spectrum  # noqa: S307
    assert spectrum.kappa * spectrum.condition_number == 1
    assert spectrum.center - spectrum.radius == spectrum.low
    assert spectrum.center + spectrum.radius == spectrum.high


@given(spectra)
def test_kappa_is_what_doubles_say(spectrum):
    low, high = (float(high_precision(end)) for end in (spectrum.low, spectrum.high))
    np.testing.assert_allclose(float(spectrum.kappa), low / high, rtol=1e-12)
