"""Chebyshev series: exact ones rebuilt into P_t, and mpmath ones right to the digits asked for."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import comb

import flint
import mpmath
import pytest
from flint import arb, fmpq, fmpz_poly
from reference.cases import CASES, STEPS
from reference.closed_forms import sigma
from reference.fields import INTERVALS, element, poly
from reference.points import high_precision, rational

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.errors import InvalidInput, PolyunrollError
from polyunroll.interpret import series
from polyunroll.interpret.series import chebyshev_balls
from polyunroll.interpret.transfer import chebyshev_coefficients, residual_polynomial

S = pu.Spectrum("1/100", 1)
every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)


def rebuilt(coefficients, interval):
    """Σ a_k T_k(σ(λ)), the T_k by their own recurrence."""
    K, s = interval.K, sigma(interval)
    T = [poly([K.one], K), s]
    while len(T) < len(coefficients):
        T.append((s * T[-1]).mul_ground(2) - T[-2])
    terms = [p.mul_ground(element(a, K)) for a, p in zip(coefficients, T, strict=False)]
    return reduce(lambda p, q: p + q, terms)


@every_case
@pytest.mark.parametrize("interval", INTERVALS, ids=lambda i: i.name)
@pytest.mark.parametrize("t", [0, 1, 2, 5, 12])
def test_exact_series_are_the_polynomial(case, interval, t):
    coefficients = chebyshev_coefficients(case.make(interval), t)
    assert len(coefficients) == t + 1
    assert rebuilt(coefficients, interval) == case.closed(interval, t)


def test_users_see_fractions():
    series = pu.chebyshev_series(pu.Chebyshev(S), 3)
    assert isinstance(series, tuple)
    assert all(isinstance(value, Fraction) for value in series)
    irrational = pu.chebyshev_series(pu.HeavyBall(pu.Spectrum("1/50", 1)), 3)
    assert str(irrational[3]).count("sqrt(2)") == 1
    assert irrational[0] == 0


@pytest.mark.parametrize("t", [1, 7, 300])
def test_the_chebyshev_method_is_one_term(t):
    at_0 = fmpz_poly.chebyshev_t(t)(-fmpq(101, 99))
    assert chebyshev_coefficients(pu.Chebyshev(S), t) == [0] * t + [1 / at_0]


@pytest.mark.parametrize("t", [1, 6, 7, 300])
def test_gradient_descent_is_a_row_of_binomials(t):
    # h = 2/(L+ℓ): P_t = (−ρσ)^t and σ^t = 2^(1−t) Σ' C(t, (t−k)/2) T_k, the term k = 0 halved
    rho = fmpq(99, 101)
    expected = [
        fmpq(0) if (t - k) % 2 else (-rho) ** t * fmpq(2 if k else 1, 2**t) * comb(t, (t - k) // 2)
        for k in range(t + 1)
    ]
    assert chebyshev_coefficients(pu.GradientDescent(S, "2/(L+ell)"), t) == expected


@pytest.mark.parametrize("make", [pu.Chebyshev, pu.HeavyBall, pu.Nesterov, pu.Sobolev, pu.GradientDescent])
def test_values_at_the_ends_and_in_the_middle(make):
    # Σ a_k, Σ (−1)^k a_k and Σ (−1)^k a_2k are P_t at L, ℓ and the centre; the tree in λ knows them too.
    for t in (40, 41):
        a = chebyshev_coefficients(make(S), t)
        P = residual_polynomial(make(S), t)
        assert sum(a) == P(S.high)
        assert sum((-1) ** k * v for k, v in enumerate(a)) == P(S.low)
        assert sum((-1) ** k * v for k, v in enumerate(a[::2])) == P(S.center)


# -- digits ---------------------------------------------------------------------------------------------
@every_case
@pytest.mark.parametrize("interval", [INTERVALS[0], INTERVALS[1], INTERVALS[3], INTERVALS[5]], ids=lambda i: i.name)
@pytest.mark.parametrize("digits", [1, 30])
def test_digits_are_relative_to_the_largest_coefficient(case, interval, digits):
    method, before = case.make(interval), (mpmath.mp.dps, flint.ctx.prec)
    t = len(STEPS) if method.horizon else 20
    exact = [high_precision(v) for v in chebyshev_coefficients(method, t)]
    found = pu.chebyshev_series(method, t, digits)
    assert len(found) == t + 1
    assert (mpmath.mp.dps, flint.ctx.prec) == before
    with mpmath.workdps(60):
        largest = max(abs(v) for v in exact)
        assert all(
            abs(mpmath.mpf(a) - b) <= largest * mpmath.mpf(10) ** -digits for a, b in zip(found, exact, strict=True)
        )


@pytest.mark.parametrize("make", [pu.Chebyshev, pu.HeavyBall, pu.Sobolev])
def test_digits_at_high_degree(make):
    exact = [high_precision(v) for v in chebyshev_coefficients(make(S), 150)]
    with mpmath.workdps(60):
        largest = max(abs(v) for v in exact)
        for digits in (15, 50):
            worst = max(
                abs(mpmath.mpf(a) - b) for a, b in zip(pu.chebyshev_series(make(S), 150, digits), exact, strict=True)
            )
            assert worst <= largest * mpmath.mpf(10) ** -digits


def test_digits_at_degree_1000():
    # P_1000 has size 1e-87: its coefficients are right relative to that
    found = pu.chebyshev_series(pu.Chebyshev(S), 1000, 25)
    at_0 = fmpz_poly.chebyshev_t(1000)(-fmpq(101, 99))
    with mpmath.workdps(60):
        last = 1 / high_precision(at_0)
        assert abs(mpmath.mpf(found[-1]) / last - 1) < mpmath.mpf(10) ** -25
        assert max(abs(v) for v in found[:-1]) < last * mpmath.mpf(10) ** -25


@every_case
def test_balls_hold_the_exact_coefficients(case):
    method = case.make(INTERVALS[1])
    t = len(STEPS) if method.horizon else 25
    found = chebyshev_balls(method, t, 100)
    with ball_precision(600):
        exact = [ball(v) for v in chebyshev_coefficients(method, t)]
        largest = max(abs(v) for v in exact)
        for a, b in zip(found, exact, strict=True):
            assert a.contains(b)
            assert a.rad() < largest * arb(2) ** -100


@pytest.mark.parametrize("make", [pu.GradientDescent, pu.HeavyBall, pu.Chebyshev])
def test_digits_on_a_narrow_spectrum(make):
    # 1 − hλ has size 1e-40 there: two thirds of the first working precision cancel
    method = make(pu.Spectrum(1, 1 + Fraction(1, 10**40)))
    exact = [high_precision(v) for v in chebyshev_coefficients(method, 6)]
    found = pu.chebyshev_series(method, 6, 20)
    with mpmath.workdps(60):
        largest = max(abs(v) for v in exact)
        assert 0 < largest < mpmath.mpf(10) ** -230
        assert all(abs(mpmath.mpf(a) - b) <= largest * mpmath.mpf(10) ** -20 for a, b in zip(found, exact, strict=True))


# -- Clenshaw -------------------------------------------------------------------------------------------
@every_case
def test_clenshaw_agrees_with_jets(case):
    interval, digits = INTERVALS[0], 40
    method, t = case.make(interval), 12
    points = [Fraction(1, 100), Fraction(1, 3), Fraction(9, 10), Fraction(1)]
    series, found = pu.chebyshev_series(method, t, digits), pu.jets(method, t, points, order=0, digits=digits)
    with mpmath.workdps(50):
        for point, value in zip(points, found.derivative(), strict=True):
            s = high_precision((rational(point) - S.center) / S.radius)
            b1 = b2 = mpmath.mpf(0)
            for a in reversed(series[1:]):
                b1, b2 = 2 * s * b1 - b2 + a, b1
            total = series[0] + s * b1 - b2
            assert abs(total - value) <= mpmath.mpf(10) ** (3 - digits) * max(map(abs, series))


# -- a spectrum of one point ----------------------------------------------------------------------------
@pytest.mark.parametrize("make", [pu.GradientDescent, pu.Chebyshev, pu.HeavyBall, pu.Nesterov])
@pytest.mark.parametrize("point", ["2/3", "1e-8"])
def test_on_one_point_all_methods_have_arrived(make, point):
    method = make(pu.Spectrum(point, point))
    assert pu.chebyshev_series(method, 3) == (0, 0, 0, 0)
    assert pu.chebyshev_series(method, 3, 20) == (0, 0, 0, 0)
    assert pu.chebyshev_series(method, 0, 20) == (1,)


def test_on_one_point_a_series_is_the_value_there():
    method = pu.GradientDescent(pu.Spectrum(2, 2), "1/3")
    assert pu.chebyshev_series(method, 3) == (Fraction(1, 27), 0, 0, 0)
    found = pu.chebyshev_series(method, 3, 20)
    assert found[1:] == (0, 0, 0)
    assert abs(found[0] - mpmath.mpf(1) / 27) < 1e-15


@pytest.mark.parametrize("digits", [0, -1, 2.0, "7", True])
def test_digits_that_are_refused(digits):
    with pytest.raises(InvalidInput, match=r"^digits = "):
        pu.chebyshev_series(pu.Chebyshev(S), 3, digits)


def test_balls_that_no_precision_helps_end_in_an_error(monkeypatch):
    monkeypatch.setattr(series, "chebyshev_coefficients", lambda *_, **how: [arb(1), arb("nan")])
    with pytest.raises(
        PolyunrollError, match=r"^the Chebyshev coefficients of Chebyshev.* at t = 1 cannot be enclosed"
    ):
        chebyshev_balls(pu.Chebyshev(S), 1, 60)


def test_what_is_remembered_is_nobody_elses():
    methods = [pu.GradientDescent(S, step) for step in ("1/2", "1/3")] + [pu.Chebyshev(S)]
    for _ in range(2):
        for method in methods:
            for t in (3, 4):
                found = chebyshev_balls(method, t, 60)
                with ball_precision(600):
                    exact = [ball(v) for v in chebyshev_coefficients(method, t)]
                    assert all(a.contains(b) for a, b in zip(found, exact, strict=True))
                found[0] = arb(7)  # a caller may do so
