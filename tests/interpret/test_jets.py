"""Jets in doubles, mpmath and balls, against exact derivatives; divided differences against exact ones."""

from __future__ import annotations

from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from flint import fmpq
from reference.cases import CASES, STEPS
from reference.fields import INTERVALS
from reference.points import EPS, condition, derivatives, difference, high_precision, rational

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision, relative_bits
from polyunroll.errors import InvalidInput
from polyunroll.interpret.double_jets import DoubleJets
from polyunroll.interpret.jets import DividedDifferences, ball_jets
from polyunroll.interpret.transfer import residual_polynomial

S = pu.Spectrum("1/100", 1)
every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)


def inside(interval, count=7):
    """Doubles in [ℓ, L]."""
    low, high = float(interval.ell), float(interval.L)
    return np.linspace(low * (1 + 1e-15), high * (1 - 1e-15), count)


def exact_table(method, t, points, order):
    """derivatives[k][i] as mpmath numbers."""
    P = residual_polynomial(method, t)
    columns = [derivatives(P, rational(x), order) for x in points]
    return [[high_precision(column[k]) for column in columns] for k in range(order + 1)]


# -- doubles --------------------------------------------------------------------------------------------
@every_case
@pytest.mark.parametrize("interval", INTERVALS, ids=lambda i: i.name)
@pytest.mark.parametrize("t", [0, 1, 2, 7, 60])
def test_doubles_are_right_to_working_precision(case, interval, t):
    method = case.make(interval)
    if method.horizon is not None:
        t = min(t, len(STEPS))
    points = inside(interval)
    found = pu.jets(method, t, points)
    assert found.t == t
    assert found.mantissas.shape == (3, 7)
    np.testing.assert_array_equal(found.points, points)
    for k, row in enumerate(exact_table(method, t, points, 2)):
        largest = max(abs(value) for value in row)
        for i, value in enumerate(row):
            double = mpmath.ldexp(mpmath.mpf(float(found.mantissas[k, i])), int(found.exponents[i]))
            assert abs(double - value) <= 4 * EPS * (1 + t) ** 2 * condition(method) * largest


@pytest.mark.parametrize("t", [3, 40])
def test_errors_of_gradient_descent_are_relative_at_each_point(t):
    points = np.array([0.01, 0.3, 0.999, 5.0])
    found = pu.jets(pu.GradientDescent(S, "1/2"), t, points, order=3)
    for k in range(4):
        falling = float(np.prod([t - j for j in range(k)])) if k else 1.0
        expected = falling * (-0.5) ** k * (1 - points / 2) ** (t - k) if t >= k else 0 * points
        np.testing.assert_allclose(found.derivative(k), expected, rtol=1e-14 * t)


def test_orders():
    method = pu.Chebyshev(S)
    high = pu.jets(method, 9, [0.1, 0.7], order=9)
    assert high.mantissas.shape == (10, 2)
    leading = derivatives(residual_polynomial(method, 9), fmpq(0), 9)[9]
    np.testing.assert_allclose(high.derivative(9), float(high_precision(leading)), rtol=1e-10)
    low = pu.jets(method, 9, [0.1, 0.7], order=0)
    assert low.mantissas.shape == (1, 2)
    np.testing.assert_allclose(low.derivative(), high.derivative(), rtol=1e-13)


def test_start_and_zero():
    for case in CASES:
        method = case.make(INTERVALS[0])
        start = pu.jets(method, 0, [0.3, 2.0], order=2)
        np.testing.assert_array_equal(start.derivative(0), [1, 1])
        np.testing.assert_array_equal(start.derivative(1), [0, 0])
        at_zero = pu.jets(method, 12, [0.0], order=1)
        assert at_zero.derivative()[0] == pytest.approx(1, rel=1e-13)
        E, D = at_zero.error_pair()
        assert E[0] == at_zero.mantissas[0, 0]
        assert D[0] == at_zero.mantissas[1, 0]


@every_case
def test_error_pairs(case):
    # E = P − λP' and D = P'; and E' = −λP''.
    interval, t, order = INTERVALS[0], 9, 2
    method, points = case.make(interval), inside(interval)
    exact = np.array(exact_table(method, t, points, order))
    E, D = pu.jets(method, t, points, order).error_pair()
    scale = np.exp2(pu.jets(method, t, points, order).exponents.astype(float))
    expected = exact[0] - points * exact[1]
    tolerance = 4 * EPS * 100 * condition(method) * float(max(abs(exact[0]).max(), abs(points * exact[1]).max()))
    np.testing.assert_allclose((E * scale), expected.astype(float), rtol=0, atol=tolerance)
    np.testing.assert_allclose((D * scale), exact[1].astype(float), rtol=0, atol=tolerance / points[0])
    P = residual_polynomial(method, t)
    x = type(P)([0, 1])
    assert (P - x * P.derivative()).derivative() == -x * P.derivative().derivative()


# -- exponents ------------------------------------------------------------------------------------------
def test_a_divergent_run_overflows_doubles_but_not_jets():
    method = pu.GradientDescent(S, "10/L")
    points, t = np.array([0.01, 0.1, 0.25, 1.0]), 2000
    found = pu.jets(method, t, points)
    expected = t * np.log10(np.abs(1 - 10 * points[[0, 2, 3]]))
    np.testing.assert_allclose(found.log10_abs()[[0, 2, 3]], expected, rtol=1e-13)
    assert found.log10_abs()[1] == -np.inf  # 1 − 10·(1/10) is exactly 0
    assert np.isinf(found.derivative()[3])
    assert np.all(np.isfinite(found.mantissas))
    # P' = −ht(1−hλ)^(t−1), P'' = h²t(t−1)(1−hλ)^(t−2)
    np.testing.assert_allclose(found.log10_abs(1)[3], np.log10(10.0 * t) + (t - 1) * np.log10(9), rtol=1e-13)
    np.testing.assert_allclose(found.log10_abs(2)[3], np.log10(100.0 * t * (t - 1)) + (t - 2) * np.log10(9), rtol=1e-13)


@pytest.mark.parametrize("make", [pu.Chebyshev, pu.HeavyBall, pu.Nesterov, pu.Sobolev, pu.GradientDescent])
def test_long_runs_underflow_doubles_but_not_jets(make):
    method, points = make(S), np.array([0.01, 0.02, 0.5, 0.9])
    found = pu.jets(method, 20_000, points, order=1)
    logs = found.log10_abs()
    if make is pu.GradientDescent:
        np.testing.assert_allclose(logs, 20_000 * np.log10(1 - points), rtol=1e-12)
    assert np.all(logs < -80)
    assert np.all(np.isfinite(logs))
    sizes = np.max(np.abs(found.mantissas), axis=0)
    assert np.all((sizes > 2.0**-300) & (sizes < 2.0**300))


def test_chebyshevs_decay_rate():
    # log|T_t(σ(ℓ))/T_t(σ(0))| = −t·log(1/ξ) + log 2, ξ = (1−√κ)/(1+√κ) = 9/11
    found = pu.jets(pu.Chebyshev(S), 10_000, [0.01, 1.0], order=0)
    np.testing.assert_allclose(found.log10_abs(), 10_000 * np.log10(9 / 11) + np.log10(2), atol=1e-7)


def test_one_exponent_serves_nodes_of_very_different_sizes():
    points = np.array([1e-30, 1e-3, 1.0, 1e10, 1e60])
    found = pu.jets(pu.GradientDescent(S, 1), 300, points, order=0)
    expected = [0, 300 * np.log10(1 - 1e-3), -np.inf, 300 * np.log10(1e10 - 1), 300 * 60]
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(found.log10_abs(), expected, rtol=1e-12, atol=1e-13)


def test_growing_coefficients_do_not_overflow_between_looks():
    # steps of 1e40: eight of them leave the range of doubles
    method = pu.GradientDescent(S, ["1e40"] * 40)
    found = pu.jets(method, 40, [1.0, 0.01], order=1)
    np.testing.assert_allclose(found.log10_abs(), [1600, 1600 - 80], rtol=1e-13)
    np.testing.assert_allclose(found.log10_abs(1), np.log10(40) + np.array([1600.0, 1600 - 78]), rtol=1e-13)


def test_shrinking_steps_do_not_underflow_between_looks():
    # 1 − hλ = 2^−52 at each step, and P' with it
    h = 1 - 2.0**-52
    method = pu.GradientDescent(S, Fraction(h))
    found = pu.jets(method, 500, [1.0], order=0)
    np.testing.assert_allclose(found.log10_abs(), 500 * -52 * np.log10(2), rtol=1e-13)


def test_points_do_not_influence_each_other():
    method, points = pu.Sobolev(S), np.linspace(0.01, 1, 11)
    together = pu.jets(method, 300, points)
    for i in (0, 4, 10):
        alone = pu.jets(method, 300, points[i : i + 1])
        np.testing.assert_allclose(alone.log10_abs()[0], together.log10_abs()[i], rtol=1e-13)


def test_many_points_at_once():
    # more than one BLAS chunk, cut at odd places
    points = np.linspace(0.01, 1, 8192 + 77)
    found = pu.jets(pu.Chebyshev(S), 6, points)
    few = pu.jets(pu.Chebyshev(S), 6, points[::101])
    np.testing.assert_allclose(found.derivative(2)[::101], few.derivative(2), rtol=1e-9)


def test_double_jets_go_on():
    nodes = np.linspace(0.01, 1, 5)[None, :]
    stepwise, at_once = DoubleJets(pu.Sobolev(S), nodes), DoubleJets(pu.Sobolev(S), nodes)
    for t in (1, 2, 17, 40):
        stepwise.advance(t)
    at_once.advance(40)
    for a, b in zip(stepwise.columns(), at_once.columns(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(InvalidInput, match="t = 39 lies before the 40 steps made"):
        stepwise.advance(39)


# -- other precisions -----------------------------------------------------------------------------------
@every_case
@pytest.mark.parametrize("interval", [INTERVALS[0], INTERVALS[1], INTERVALS[3], INTERVALS[5]], ids=lambda i: i.name)
def test_mpmath_jets(case, interval):
    method, t, before = case.make(interval), 12, mpmath.mp.dps
    points = [Fraction(float(x)) for x in inside(interval, 4)]
    found = pu.jets(method, t, points, order=3, digits=40)
    assert mpmath.mp.dps == before
    assert found.mantissas.shape == (4, 4)
    assert not np.any(found.exponents)
    with mpmath.workdps(60):
        for k, row in enumerate(exact_table(method, t, points, 3)):
            largest = max(abs(value) for value in row)
            for i, value in enumerate(row):
                error = abs(mpmath.mpf(found.derivative(k)[i]) - value)
                assert error <= 10 ** mpmath.mpf(-39) * (1 + t) ** 2 * condition(method) * largest
                if value and k == 0:
                    assert found.log10_abs(k)[i] == pytest.approx(float(mpmath.log10(abs(value))), abs=1e-12)
    E, D = found.error_pair()
    assert E[0] == found.mantissas[0, 0] - found.points[0] * D[0]


def test_mpmath_points_are_exact_numbers():
    found = pu.jets(pu.Chebyshev(S), 4, ["1/3", 0.1, 1], digits=50)
    assert str(found.points[0])[:52] == "0." + "3" * 50
    expected = derivatives(residual_polynomial(pu.Chebyshev(S), 4), fmpq(1, 10), 1)
    with mpmath.workdps(60):
        assert abs(mpmath.mpf(found.derivative(1)[1]) - high_precision(expected[1])) < mpmath.mpf(10) ** -46
    assert found.log10_abs(0).shape == (3,)


@every_case
@pytest.mark.parametrize("interval", [INTERVALS[0], INTERVALS[1], INTERVALS[5]], ids=lambda i: i.name)
def test_balls_hold_the_exact_values(case, interval):
    method, t, before = case.make(interval), 12, flint.ctx.prec
    points = [fmpq(1, 3), fmpq(-2), fmpq(0), method.spectrum.high]
    P = residual_polynomial(method, t)
    with ball_precision(200):
        columns = ball_jets(method, t, points)
        assert [len(column) for column in columns] == [3] * 4
        for point, column in zip(points[:3], columns, strict=False):
            for value, found in zip(derivatives(P, point, 2), column, strict=True):
                assert found.overlaps(ball(value))
                assert (found - ball(value)).contains(0)
                # and they are not uselessly wide
                assert found.rad() <= 2.0**-120 * condition(method) or relative_bits(found) > 100
    assert flint.ctx.prec == before


def test_balls_of_rational_methods_hold_rationals():
    P = residual_polynomial(pu.Sobolev(S), 30)
    for bits in (60, 128, 400):
        with ball_precision(bits):
            ((value, slope),) = ball_jets(pu.Sobolev(S), 30, [fmpq(1, 7)], order=1)
            assert value.contains(P(fmpq(1, 7)))
            assert slope.contains(P.derivative()(fmpq(1, 7)))
            assert bits < 100 or relative_bits(value) > bits - 60


# -- divided differences --------------------------------------------------------------------------------
@every_case
def test_divided_differences(case):
    interval = INTERVALS[0]
    method, t = case.make(interval), 12
    x = 0.3
    eigenvalues = [0.01, x, x, np.nextafter(x, 1), x * (1 + 1e-12), x + 1e-7, 0.9, 1.0]
    values, differences = DividedDifferences(method, eigenvalues).at(t)
    P = residual_polynomial(method, t)
    exact = [rational(v) for v in eigenvalues]
    slope = max(abs(high_precision(derivatives(P, v, 1)[1])) for v in exact)
    tolerance = float(4 * EPS * (1 + t) ** 2 * condition(method) * slope)
    assert values.shape == (8,)
    assert differences.shape == (8, 8)
    for i, a in enumerate(exact):
        assert values[i] == pytest.approx(float(high_precision(derivatives(P, a, 0)[0])), abs=tolerance)
        for j, b in enumerate(exact):
            assert differences[i, j] == pytest.approx(float(high_precision(difference(P, a, b))), abs=tolerance)
    np.testing.assert_allclose(differences, differences.T, rtol=0, atol=tolerance)


def test_divided_differences_at_growing_times():
    runner = DividedDifferences(pu.Chebyshev(S), [0.1, 0.5])
    P, D = runner.at(0)
    np.testing.assert_array_equal(P, [1, 1])
    np.testing.assert_array_equal(D, np.zeros((2, 2)))
    third = runner.at(3)
    kept = [array.copy() for array in third]
    assert np.array_equal(runner.at(3)[0], third[0])
    runner.at(9)
    for array, copy in zip(third, kept, strict=True):
        np.testing.assert_array_equal(array, copy)
    np.testing.assert_allclose(third[1][0, 1], (third[0][1] - third[0][0]) / 0.4, rtol=1e-13)


def test_divided_differences_do_not_go_back():
    runner = DividedDifferences(pu.Chebyshev(S), [0.1, 0.5])
    runner.at(5)
    with pytest.raises(InvalidInput, match="t = 3 lies before the 5 steps made; give t >= 5"):
        runner.at(3)


def test_divided_differences_underflow_quietly():
    P, D = DividedDifferences(pu.Chebyshev(S), [0.1, 0.5]).at(20_000)
    np.testing.assert_array_equal(P, [0, 0])
    np.testing.assert_array_equal(D, np.zeros((2, 2)))


# -- what is refused ------------------------------------------------------------------------------------
@pytest.mark.parametrize("points", [0.5, [[0.5]], [np.nan], [0.5, np.inf], ["x"], ["1/3"], [None], [1j], [[1], [1, 2]]])
def test_points_that_are_refused(points):
    with pytest.raises(InvalidInput, match="give a list of finite numbers"):
        pu.jets(pu.Chebyshev(S), 3, points)


@pytest.mark.parametrize("points", [[np.nan], ["x"], [None], [[0.5]]])
def test_exact_points_that_are_refused(points):
    with pytest.raises(InvalidInput, match="a point = "):
        pu.jets(pu.Chebyshev(S), 3, points, digits=20)


@pytest.mark.parametrize("digits", [None, 20])
def test_no_points(digits):
    found = pu.jets(pu.Chebyshev(S), 3, [], digits=digits)
    assert found.mantissas.shape == (3, 0)
    assert found.derivative().shape == found.log10_abs().shape == (0,)


@pytest.mark.parametrize(("order", "digits"), [(-1, None), (1.5, None), (True, None), (1, 0), (1, 2.0), (1, "7")])
def test_orders_and_digits_are_whole_numbers(order, digits):
    with pytest.raises(InvalidInput, match="give a whole number"):
        pu.jets(pu.Chebyshev(S), 3, [0.5], order=order, digits=digits)


@pytest.mark.parametrize("eigenvalues", [[np.nan], 0.5, [[0.5]], ["x"]])
def test_eigenvalues_that_are_refused(eigenvalues):
    with pytest.raises(InvalidInput, match="give a list of finite numbers"):
        DividedDifferences(pu.Chebyshev(S), eigenvalues)
