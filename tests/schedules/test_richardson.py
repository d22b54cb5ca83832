"""Roots in proved balls, an order that keeps rounding errors small, and bounds that measured runs keep."""

from __future__ import annotations

import numpy as np
import pytest
from flint import acb, acb_poly, arb, fmpq
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import chebyshev
from reference.strategies import methods, rational_spectra

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision, midpoint
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import InvalidInput
from polyunroll.interpret.transfer import residual_polynomial
from polyunroll.schedules import roots as roots_module
from polyunroll.schedules.growth import growth
from polyunroll.schedules.leja import leja_order
from polyunroll.schedules.roots import roots_of

S = pu.Spectrum("1/100", 1)


def all_roots(found):
    """With the conjugates."""
    return [*found, *(z.conjugate() for z in found if isinstance(z, acb))]


@given(methods(rational_spectra()), st.integers(1, 14))
def test_the_roots_make_the_polynomial(method, t):
    # the product of 1 − λ/λ_i holds P_t, coefficient by coefficient
    with ball_precision(300):
        product = acb_poly([1])
        for root in all_roots(roots_of(method, t, 128)):
            product = product * acb_poly([1, -1 / root])
        P = residual_polynomial(method, t)
        parts = (P.a, P.b) if isinstance(P, Surd) else (P, P * 0)
        for k in range(t + 1):
            a, b = (part.coeffs()[k] if k < part.length() else fmpq(0) for part in parts)
            expected = ball(a) + (ball(b) * ball(fmpq(P.d)).sqrt() if isinstance(P, Surd) else 0)
            found = product.coeffs()[k] if k < product.length() else acb(0)
            assert found.real.overlaps(expected)
            assert found.real.rad() < abs(expected) * arb(2) ** -60 + arb(2) ** -60
            assert found.imag.contains(0)


@pytest.mark.parametrize("t", [1, 2, 3, 40, 111])
def test_chebyshev_roots_are_known(t):
    found = roots_of(pu.Chebyshev(S), t, 128)
    with ball_precision(200):
        known = [
            (arb(fmpq(101, 100)) + arb(fmpq(99, 100)) * (arb.pi() * arb(fmpq(2 * k + 1, 2 * t))).cos()) / 2
            for k in range(t)
        ]
        assert len(found) == t
        for a, b in zip(sorted(found, key=float), sorted(known, key=float), strict=True):
            assert a.overlaps(b)
            assert a.rad() < arb(2) ** -100


@pytest.mark.parametrize(
    "method", [pu.Sobolev(S), pu.Sobolev(S, eta=0), pu.HeavyBall(S), pu.JacobianKernel(S, pu.measures.legendre())]
)
def test_real_roots_are_as_many_as_changes_of_sign(method):
    t = 30
    found = [z for z in roots_of(method, t, 128) if not isinstance(z, acb)]
    coefficients = [float(c) for c in pu.chebyshev_series(method, t, digits=20)]
    # close together at the ends, and beside the interval
    s = np.concatenate([np.cosh(np.linspace(3, 0, 4000)), np.cos(np.linspace(0, np.pi, 20001)[1:])])
    s = np.concatenate([s, -np.cosh(np.linspace(0, 3, 4000))[1:]])
    signs = np.sign(chebyshev.chebval(s, coefficients))
    assert np.count_nonzero(signs[1:] != signs[:-1]) == len(found)


@pytest.mark.parametrize("t", [7, 24])
def test_multiple_roots_come_as_often_as_they_are(t):
    # Nesterov's P_t has 1 − λ/L to the power ⌈t/2⌉, over ℚ and over ℚ(√6)
    for spectrum in (pu.Spectrum("1/4", 1), pu.Spectrum("1/3", 2)):
        found = roots_of(pu.Nesterov(spectrum), t, 128)
        assert len(found) == t
        assert sum(z.contains(ball(spectrum.high)) for z in found) == (t + 1) // 2


def test_double_complex_roots():
    # (1 − λ + λ²)²
    found = roots_of(pu.FixedPolynomial(S, [1, -2, 3, -2, 1]), 4, 128)
    assert len(found) == 2
    assert all(isinstance(z, acb) and z.real.overlaps(arb(0.5)) for z in found)


def test_roots_far_from_the_spectrum():
    # from the power basis, where the colleague matrix gives up
    coefficients = [fmpq(1)]
    for k in range(1, 41):
        coefficients.append(-coefficients[-1] / k)
    spectrum = pu.Spectrum(1, "101/100")
    method = pu.FixedPolynomial(spectrum, coefficients)
    found = all_roots(roots_of(method, 40, 128))
    with ball_precision(400):
        values = acb_poly(list(map(arb, coefficients)))
        assert len(found) == 40
        assert all(values(z).contains(0) for z in found)


def test_roots_that_cannot_be_told_apart(monkeypatch):
    monkeypatch.setattr(roots_module, "_ATTEMPTS", 0)
    with pytest.raises(InvalidInput, match="cannot be told apart"):
        roots_of(pu.Nesterov(S), 4, 64)
    with pytest.raises(InvalidInput, match="steps = 2001 is too many"):
        roots_of(pu.Chebyshev(S), 2001, 64)


# -- the order -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(6))
def test_leja_order_is_greedy(seed):
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.normal(size=6), rng.normal(size=6) + 1j * rng.uniform(0.01, 0.5, 6)])
    order = leja_order(points)
    assert sorted(order) == list(range(12))
    assert order[0] == np.argmax(np.abs(points))
    taken: list[complex] = []
    for k, i in enumerate(order):
        products = {j: np.prod([abs(points[j] - z) for z in taken]) for j in order[k:]}
        assert k == 0 or products[i] == pytest.approx(max(products.values()))
        taken += [points[i], *([points[i].conjugate()] if points[i].imag else [])]


def test_leja_order_of_equal_points_takes_the_others_first():
    order = leja_order(np.array([1, 1, 1, 0.3, 0.6], dtype=complex))
    assert set(order[:3]) == {0, 3, 4}


def test_the_order_does_not_depend_on_how_roots_were_found(monkeypatch):
    found = roots_module.roots_of
    for method, steps in ((pu.Sobolev(S), 20), (pu.FixedPolynomial(S, [1, 0, -1]), 2)):  # roots 1 and −1 are a tie
        expected = pu.schedule(method, steps, "richardson")
        with monkeypatch.context() as patch:
            patch.setattr("polyunroll.schedules.richardson.roots_of", lambda *args: found(*args)[::-1])
            assert pu.schedule(method, steps, "richardson") == expected


# -- the steps -----------------------------------------------------------------------------------------------
def quadratic(spectrum, n, seed):
    rng = np.random.default_rng(seed)
    low, high = float(spectrum.low), float(spectrum.high)
    values = np.concatenate([[low, high], rng.uniform(low, high, n - 2)])
    basis, _ = np.linalg.qr(rng.normal(size=(n, n)))
    H = basis * values @ basis.T
    H, b = (H + H.T) / 2, rng.normal(size=n)
    return H, b, -basis @ ((basis.T @ b) / values)


def run_steps(made, H, b, order=None):
    x = before = np.zeros(len(b))
    history = [x]
    for t in order if order is not None else range(len(made.step_sizes)):
        x, before = x - made.step_sizes[t] * (H @ x + b) + made.momenta[t] * (x - before), x
        history.append(x)
    return history


@pytest.mark.parametrize(
    ("method", "steps"),
    [
        (pu.Chebyshev(S), 40),
        (pu.Sobolev(S), 40),
        (pu.Nesterov(S), 25),
        (pu.HeavyBall(pu.Spectrum("1/3", 2)), 25),
        (pu.GradientDescent(S, "2/(L+ell)"), 25),
        (pu.GradientDescent(S, ["1", "100", "1/2", "30"]), 4),
        (pu.FixedPolynomial(S, [1, -2, "5/4", 0]), 3),
        (pu.FixedPolynomial(S, [1, 0, 0]), 2),
    ],
    ids=str,
)
def test_the_steps_end_where_the_method_does(method, steps):
    made = pu.schedule(method, steps, "richardson")
    H, b, solution = quadratic(method.spectrum, 12, 3)
    expected = pu.run(method, H, b, steps=steps, check=False).x
    history = run_steps(made, H, b)
    start = np.linalg.norm(solution)
    allowed = 30 * 2**-53 * made.rounding_growth * 2 * start + 1e-13 * start
    assert np.linalg.norm(history[-1] - expected) <= allowed
    # and everywhere on the way the error is below its bound
    for t, x in enumerate(history):
        assert np.linalg.norm(x - solution) <= made.error_after(t) * start * (1 + 1e-9) + allowed
    assert made.error_after(steps) <= 1.03 * pu.schedule(method, steps).error_after(steps) + 1e-12
    assert made.horizon == steps
    assert made.as_method() == method


def test_degree_may_be_less_than_the_steps():
    assert len(pu.schedule(pu.FixedPolynomial(S, [1, -2, "5/4", 0]), form="richardson").step_sizes) == 2
    nothing = pu.schedule(pu.FixedPolynomial(S, [1, 0, 0]), form="richardson")
    assert (nothing.step_sizes, nothing.errors, nothing.error_after(2)) == ((), (), 1.0)


def test_pairs_of_complex_roots_are_two_real_steps():
    made = pu.schedule(pu.FixedPolynomial(S, [1, -2, 2]), form="richardson")  # 1/λ = 1 ± i
    assert made.step_sizes == (2**0.5, 2**0.5)
    assert made.momenta == (0.0, pytest.approx(2 * (2**-0.5 - 1), rel=1e-15))


def test_one_point():
    point = pu.Spectrum(2, 2)
    assert pu.schedule(pu.Chebyshev(point), 3, "richardson").step_sizes == (0.5,) * 3
    with pytest.raises(InvalidInput, match="one point"):
        pu.schedule(pu.FixedPolynomial(point, [1, 1, 1]), 2, "richardson")


def test_step_sizes_are_correctly_rounded():
    made = pu.schedule(pu.Chebyshev(S), 9, "richardson")
    with ball_precision(300):
        exact = {float(midpoint(1 / z).p) / float(midpoint(1 / z).q): 1 / z for z in roots_of(pu.Chebyshev(S), 9, 200)}
        for h in made.step_sizes:
            value = min(exact.values(), key=lambda v: abs(float(v) - h))
            distance = abs(value - arb(h))
            assert not any(abs(value - arb(float(np.nextafter(h, to)))) < distance for to in (0, np.inf))


# -- rounding ------------------------------------------------------------------------------------------------
def test_leja_order_ends_as_well_as_momentum_and_ascending_order_fails():
    spectrum, T = pu.Spectrum("1/10000", 1), 256
    method = pu.Chebyshev(spectrum)
    made = pu.schedule(method, T, "richardson")
    momentum = pu.schedule(method, T, "momentum")
    H, b, solution = quadratic(spectrum, 60, 0)

    def error(schedule, order=None):
        with np.errstate(all="ignore"):
            return float(np.linalg.norm(run_steps(schedule, H, b, order)[-1] - solution))

    reference = error(momentum)
    assert error(made) <= 10 * reference  # measured: equal to eight digits
    assert error(made) == pytest.approx(reference, rel=1e-6)
    ascending = np.argsort(made.step_sizes)
    for order in (ascending, ascending[::-1]):
        assert not error(made, order) <= 1e20 * reference
        sizes = [made.step_sizes[i] for i in order]
        assert growth(spectrum, sizes, [0.0] * T).rounding > 1e100
    assert made.rounding_growth < 1e8


def test_the_bounds_on_the_way_are_above_and_near_the_truth():
    rng = np.random.default_rng(1)
    h = [1.2, 3.0, 3.0, 9.0, 0.4, 0.4]
    m = [0.0, 0.0, -0.7, 0.0, 0.0, -1.5]
    found = growth(S, h, m)
    points = np.concatenate([[0.01, 1.0], rng.uniform(0.01, 1, 4000)])
    now = before = np.ones(len(points))
    injected = [np.ones(len(points))]
    for t in range(6):
        now, before = now - h[t] * points * now + m[t] * (now - before), now
        injected.append(now)
        assert np.abs(now).max() <= found.errors[t] <= 1.1 * np.abs(now).max()
    # what an error in x_t is multiplied by, run from there
    total, seen = 0.0, 1.0
    for t in range(1, 7):
        seen = max(seen, np.abs(injected[t - 1]).max())
        x, back = np.ones(len(points)), np.zeros(len(points))
        for k in range(t, 6):
            x, back = x - h[k] * points * x + m[k] * (x - back), x
        total += np.abs(x).max() * (1 + 2 * abs(m[t - 1]) + 2 * h[t - 1]) * seen
    assert total <= found.rounding <= 1.1 * total


def test_growth_beyond_doubles_is_infinite_and_refused():
    spectrum = pu.Spectrum("1/10000", 1)
    huge = growth(spectrum, [1e4] * 120, [0.0] * 120)
    assert huge.rounding == np.inf
    assert huge.errors[-1] == np.inf
    with pytest.raises(InvalidInput, match="leaves the range of doubles"):
        pu.schedule(pu.GradientDescent(spectrum, [10**4] * 120), form="richardson")
    assert growth(spectrum, [], []).rounding == 0


def test_tiny_products_do_not_underflow():
    found = growth(pu.Spectrum(1, 1), [1.0] * 100, [0.0] * 100)
    assert all(e > 0 for e in found.errors)
    assert found.errors[0] > found.errors[-1]
