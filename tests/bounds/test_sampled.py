"""Sampled worst cases: against closed forms, two-point problems solved by brute force, and one another."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
import sympy
from flint import fmpq, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.cases import CASES
from reference.fields import INTERVALS
from reference.points import derivatives, high_precision
from reference.strategies import methods
from scipy.optimize import minimize

import polyunroll as pu
from polyunroll.bounds.sampled import CRITERIA, Sampled, _exact_worst_case, sampled_worst_cases
from polyunroll.errors import InvalidInput
from polyunroll.interpret.transfer import residual_polynomial

S = pu.Spectrum("1/100", 1)
SUPREMA = json.loads((Path(__file__).parent.parent / "reference" / "chebyshev_suprema.json").read_text())["E"]


def chebyshev_t(t, ell=Fraction(1, 100), L=Fraction(1)):
    """T_t((L+ℓ)/(L−ℓ)), exactly."""
    s = (L + ell) / (L - ell)
    value = fmpz_poly.chebyshev_t(t)(fmpq(s.numerator, s.denominator))
    return Fraction(int(value.p), int(value.q))


def log10(value):
    """Of a positive Fraction of any size."""
    return float(sympy.log(sympy.Rational(value.numerator, value.denominator), 10).evalf(20))


# -- Chebyshev ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("t", [int(t) for t in SUPREMA])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_chebyshevs_suprema(t, criterion):
    exact = (t**2 * (1 + Fraction(101, 99)) - 1) / chebyshev_t(t)
    assert float(SUPREMA[str(t)]) == pytest.approx(float(exact), rel=1e-14)
    found = pu.sampled_worst_case(pu.Chebyshev(S), t, 1, 0, criterion)
    assert found.value == pytest.approx(float(SUPREMA[str(t)]), rel=1e-11)
    assert found.at in (1.0, None)
    assert (found.at is None) == (criterion == "separate")


@pytest.mark.parametrize("t", [1, 2, 9, 60])
@pytest.mark.parametrize("ends", [("1/100", 1), ("2/3", "7/2"), ("1e-6", 1)])
def test_chebyshevs_pair_peaks_at_the_upper_end(t, ends):
    ell, L = Fraction(ends[0]), Fraction(ends[1])
    T, s = chebyshev_t(t, ell, L), (L + ell) / (L - ell)
    E, D = abs(t**2 * (1 + s) - 1) / T, 2 * t**2 / ((L - ell) * T)
    method = pu.Chebyshev(pu.Spectrum(*ends))
    assert pu.sampled_worst_case(method, t, 0, 1).value == pytest.approx(float(D), rel=1e-11)
    # both peak at one point, so the three quantities are one
    for criterion in CRITERIA:
        found = pu.sampled_worst_case(method, t, "1/3", 2, criterion)
        assert found.value == pytest.approx(float(E / 3 + 2 * D), rel=1e-11)
    if t > 1:  # E_1 and D_1 are constants
        assert pu.sampled_worst_case(method, t, "1/3", 2).at == float(L)
    # the other split: max|P| = 1/T_t
    found = pu.sampled_worst_case(method, t, 1, 0, split="partial")
    assert found.value == pytest.approx(float(1 / T), rel=1e-11)


def test_ten_thousand_steps_do_not_underflow():
    exact = (Fraction(10**8) * Fraction(200, 99) - 1) / chebyshev_t(10_000)
    found = pu.sampled_worst_case(pu.Chebyshev(S), 10_000)
    assert found.value == 0.0
    assert found.log10 == pytest.approx(log10(exact), abs=1e-6)
    assert -863 < found.log10 < -862.8
    assert str(found).startswith("1.2")
    assert "e-863 (measured" in str(found)
    assert found.at == 1.0


# -- gradient descent -----------------------------------------------------------------------------------
def gd_error(h, lam, t):
    """E_t = (1−hλ)^(t−1)(1+(t−1)hλ)."""
    return (1 - h * lam) ** (t - 1) * (1 + (t - 1) * h * lam) if t else Fraction(1)


fractions = st.fractions(Fraction(1, 50), Fraction(5), max_denominator=50)


@given(fractions, fractions, fractions, st.fractions(0, 1, max_denominator=60), st.integers(0, 60))
def test_gradient_descents_error_is_largest_at_an_end(h, ell, width, place, t):
    L = ell + width
    inner = abs(gd_error(h, ell + place * width, t))
    assert inner <= max(abs(gd_error(h, ell, t)), abs(gd_error(h, L, t)))


@pytest.mark.parametrize("step", ["1/L", "2/(L+ell)", "3/2", "1/2", "5/2", "sqrt(2)"])
@pytest.mark.parametrize("t", [1, 2, 3, 20, 300])
def test_and_there_it_is_found(step, t):
    method = pu.GradientDescent(S, step)
    h = method.parameters["h"]
    h = Fraction(float(h)) if not isinstance(h, Fraction) else h
    exact = [abs(gd_error(h, lam, t)) for lam in (Fraction(1, 100), Fraction(1))]
    found = pu.sampled_worst_case(method, t, 1, 0, "pointwise")
    assert found.log10 == pytest.approx(log10(max(exact)), abs=1e-9)
    if t > 1:  # E_1 = 1 everywhere
        assert found.at == (0.01 if exact[0] > exact[1] else 1.0)


@pytest.mark.parametrize("step", ["1/L", "1/2", "2/(L+ell)"])
def test_small_and_large_steps_have_one_worst_case(step):
    # h ≤ 1/L: both peak at ℓ; h ≥ 2/(L+ℓ): both at L
    for t in (1, 2, 10, 100):
        values = [pu.sampled_worst_case(pu.GradientDescent(S, step), t, 1, "1/2", c).value for c in CRITERIA]
        np.testing.assert_allclose(values, values[0], rtol=1e-12)


def test_a_step_between_has_three():
    values = [pu.sampled_worst_case(pu.GradientDescent(S, "9/5"), 5, 1, "1/2", c).value for c in CRITERIA]
    exact, pointwise, separate = values
    assert pointwise * 1.01 < exact
    assert exact * 1.01 < separate


def test_no_burn_in_up_to_the_root_of_2():
    # 140/99 < √2 < 99/70; t = 2 is the binding case: |1 − h²L²| ≤ 1
    for ell in (Fraction(1, 1000), Fraction(1, 3)):
        for h, there in ((Fraction(140, 99), False), (Fraction(99, 70), True)):
            peaks = [max(abs(gd_error(h, ell, t)), abs(gd_error(h, Fraction(1), t))) for t in range(1, 400)]
            assert (max(peaks) > 1) == there
            sampled = sampled_worst_cases(pu.GradientDescent(pu.Spectrum(ell, 1), h), range(60), points=11)
            assert (max(found.value for found in sampled) > 1 + 1e-9) == there
            assert (abs(1 - h**2) > 1) == there


def test_the_hump_of_the_fastest_step():
    # h = 2/(L+ℓ): peaks near t = 1/(2κ) at about 1/(eκ)
    found = list(sampled_worst_cases(pu.GradientDescent(S, "2/(L+ell)"), range(200), points=11))
    peak = max(found, key=float)
    assert abs(peak.t - 50) <= 2
    assert peak.value == pytest.approx(100 / np.e, rel=0.02)


def test_a_divergent_step():
    found = pu.sampled_worst_case(pu.GradientDescent(S, "10/L"), 2000)
    assert found.value == np.inf
    # |1 − 10|^1999·(1 + 1999·10)
    assert found.log10 == pytest.approx(1999 * np.log10(9) + np.log10(19991), rel=1e-12)
    near = pu.sampled_worst_case(pu.GradientDescent(S, "10/L"), 319)
    assert near.value == pytest.approx(9.0**318 * 3181, rel=1e-11)
    almost = pu.sampled_worst_case(pu.GradientDescent(S, "10/L"), 320)
    assert almost.value == pytest.approx(float(Fraction(9) ** 319 * 3191), rel=1e-11)  # above 2^1020


# -- the counterexample ---------------------------------------------------------------------------------
def test_the_pointwise_quantity_is_no_bound():
    """H = diag(1/100, 1), ∂H = diag(1/2, −1), b = 0, ∂b = (0, 1), x_0 = (1, 1), ∂x_0 = 0; five steps of 9/5."""
    H, dH, db = (Fraction(1, 100), Fraction(1)), (Fraction(1, 2), Fraction(-1)), (Fraction(0), Fraction(1))
    h, R, G = Fraction(9, 5), 1, Fraction(1, 2)
    error = []
    for lam, slope, shift in zip(H, dH, db, strict=True):
        x, dx = Fraction(1), Fraction(0)
        for _ in range(5):
            x, dx = x - h * lam * x, dx - h * (slope * x + lam * dx + shift)
        error.append(dx + shift / lam)  # x* = 0, ∂x* = −∂b/λ
    # the sizes are as claimed: ∂x_0 − ∂x* = (0, 1) and ∂_θ∇f(x_0) = ∂H x_0 + ∂b = (1/2, 0)
    assert R == 1
    assert [slope + shift for slope, shift in zip(dH, db, strict=True)] == [G, 0]
    true = sqrt(sum(e * e for e in error))
    assert true == pytest.approx(5.36584, abs=5e-6)
    method = pu.GradientDescent(S, h)
    W, V, separate = (pu.sampled_worst_case(method, 5, R, G, c).value for c in ("pointwise", "exact", "separate"))
    assert pytest.approx(float(Fraction(16256, 3125)), rel=1e-13) == W
    assert pytest.approx(5.20192, abs=1e-12) == W
    assert true > W
    assert true * (1 - 1e-12) <= V <= separate


# -- the exact worst case -------------------------------------------------------------------------------
def pair(method, t, count, split):
    """|A| and |B| at the sample points, exactly computed."""
    found = []
    for point in method.spectrum.points(count):
        P = residual_polynomial(method, t)
        value, slope = (float(high_precision(v)) for v in derivatives(P, point, 1))
        found.append((abs(value - float(high_precision(point)) * slope if split == "total" else value), abs(slope)))
    return np.array(found).T


def brute_force(a, b):
    """max of ‖A u + B v‖ over unit u, v on two eigenvalues: a search over pairs and angles."""
    angles = np.linspace(0, np.pi / 2, 25)
    cos, sin = np.cos(angles), np.sin(angles)
    best = max(a + b)
    for i in range(len(a)):
        for j in range(len(a)):
            first = a[i] * cos[:, None] + b[i] * cos[None, :]
            second = a[j] * sin[:, None] + b[j] * sin[None, :]
            table = np.hypot(first, second)
            k = np.unravel_index(np.argmax(table), table.shape)
            if table[k] < 0.98 * best:
                continue

            def size(x, i=i, j=j):
                return -np.hypot(a[i] * np.cos(x[0]) + b[i] * np.cos(x[1]), a[j] * np.sin(x[0]) + b[j] * np.sin(x[1]))

            polished = minimize(
                size, [angles[k[0]], angles[k[1]]], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14}
            )
            best = max(best, -polished.fun)
    return best


BRUTE = [
    (pu.GradientDescent(S, "9/5"), 5, 1, "1/2", "total"),
    (pu.GradientDescent(S, "9/5"), 2, 1, 1, "total"),
    (pu.GradientDescent(S, "8/5"), 20, 1, "1/10", "total"),
    (pu.GradientDescent(S, ["1/2", "19/10", "1"]), 3, 2, 1, "total"),
    (pu.Nesterov(S), 8, 1, 1, "total"),
    (pu.HeavyBall(S), 8, 1, 1, "total"),
    (pu.Sobolev(S), 6, 1, "1/5", "total"),
    (pu.Sobolev(S), 6, 1, "1/5", "partial"),
    (pu.GradientDescent(S, "9/5"), 5, 1, "1/2", "partial"),
    (pu.GradientDescent(S, 1), 4, "1/1000", 1, "partial"),
]


@pytest.mark.parametrize(("method", "t", "R", "G", "split"), BRUTE, ids=lambda v: str(v))
def test_the_exact_worst_case_is_a_two_point_problem(method, t, R, G, split):
    a, b = pair(method, t, 8, split)
    expected = brute_force(a * float(Fraction(R)), b * float(Fraction(G)))
    found = pu.sampled_worst_case(method, t, R, G, "exact", split, points=8)
    assert found.value == pytest.approx(expected, rel=1e-6)


@given(methods(), st.integers(0, 20), fractions, fractions, st.sampled_from(["total", "partial"]))
def test_the_three_in_order(method, t, R, G, split):
    pointwise, exact, separate = (
        pu.sampled_worst_case(method, t, R, G, c, split, points=21) for c in ("pointwise", "exact", "separate")
    )
    # in logarithms: diverging steps leave the range of doubles
    assert pointwise.log10 <= exact.log10 + 1e-12
    assert exact.log10 <= pointwise.log10 + np.log10(2) / 2 + 1e-12
    assert exact.log10 <= separate.log10 + 1e-12
    assert exact.at is None or exact.value == pytest.approx(pointwise.value, rel=1e-11)


@settings(max_examples=15)
@given(methods(), st.integers(0, 10), fractions, fractions, st.floats(0.001, 0.999))
def test_any_s_gives_an_upper_bound(method, t, R, G, s):
    a, b = pair(method, t, 9, "total")
    a, b = a * float(R), b * float(G)
    found = pu.sampled_worst_case(method, t, R, G, points=9)
    assert found.value <= np.sqrt(np.max(a**2 / s + b**2 / (1 - s))) * (1 + 1e-9)
    best = min(np.max(a**2 / s + b**2 / (1 - s)) for s in np.linspace(0, 1, 2001)[1:-1])
    assert found.value == pytest.approx(np.sqrt(best), rel=2e-3)


@pytest.mark.parametrize(
    ("a", "b", "value", "alone"),
    [
        ([1, 0], [0, 1], sqrt(2), None),  # √2·W: one peaks where the other vanishes
        ([3, 0], [0, 4], 5, None),
        ([0, 0, 3], [1, 4, 0], 5, None),
        ([1, 2], [3, 4], 6, 1),
        ([2, 1], [0, 0], 2, 0),
        ([0, 0], [1, 7], 7, 1),
        ([1, 0.5], [1e-9, 1e-9], 1 + 1e-9, 0),
        ([1e-9, 0], [0.5, 1], 1, None),
        ([1, 0], [0, 1e-300], 1, None),
    ],
)
def test_the_mixture_of_two_vectors(a, b, value, alone):
    found, at = _exact_worst_case(np.array(a, dtype=float), np.array(b, dtype=float))
    assert found == pytest.approx(value, rel=1e-12)
    assert at == alone or (alone is None and abs(found - max(np.add(a, b))) < 1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
@pytest.mark.parametrize("criterion", CRITERIA)
def test_start_and_first_step(case, criterion):
    method = case.make(INTERVALS[1])
    start = pu.sampled_worst_case(method, 0, "7/3", "5/2", criterion)
    assert start.value == 7 / 3  # V_0 = R: E_0 = 1, D_0 = 0
    first = pu.sampled_worst_case(method, 1, "7/3", 0, criterion)
    assert first.value == pytest.approx(7 / 3, rel=1e-14)  # E_1 = 1
    assert pu.sampled_worst_case(method, 0, 0, 1, criterion).log10 == -np.inf


@given(methods(), st.integers(1, 15), fractions)
def test_values_scale_with_the_sizes(method, t, c):
    one = pu.sampled_worst_case(method, t, 1, 2, points=15)
    other = pu.sampled_worst_case(method, t, c, 2 * c, points=15)
    assert other.log10 == pytest.approx(one.log10 + np.log10(float(c)), abs=1e-11)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_sample_points_are_looked_at_exactly(case):
    method = case.make(INTERVALS[0])
    for split in ("total", "partial"):
        a, b = pair(method, 6, 12, split)
        found = pu.sampled_worst_case(method, 6, 2, "1/3", "pointwise", split, points=12)
        assert found.value == pytest.approx(np.max(2 * a + b / 3), rel=1e-11)
        points = [float(high_precision(point)) for point in method.spectrum.points(12)]
        assert (2 * a + b / 3)[points.index(found.at)] == pytest.approx(found.value, rel=1e-11)


def test_more_points_never_see_less():
    # nested grids: 2^k + 1 extrema contain the ones before, up to rounding
    values = [pu.sampled_worst_case(pu.Sobolev(S), 12, 1, 1, points=2**k + 1).value for k in range(1, 11)]
    assert all(a <= b * (1 + 1e-9) for a, b in pairwise(values))
    assert values[-1] == pytest.approx(values[-2], rel=1e-4)


# -- one pass -------------------------------------------------------------------------------------------
def test_one_pass_is_many_calls():
    method, steps = pu.Sobolev(S), [0, 1, 1, 5, 17, 40]
    together = list(sampled_worst_cases(method, steps, 1, "1/2", points=101))
    assert [found.t for found in together] == steps
    for found in together:
        alone = pu.sampled_worst_case(method, found.t, 1, "1/2", points=101)
        assert found == alone


def test_no_steps_at_all():
    assert list(sampled_worst_cases(pu.Chebyshev(S), [])) == []


def test_what_a_measurement_says():
    found = pu.sampled_worst_case(pu.Chebyshev(S), 10, "1/2", 3, "separate", "partial", 33)
    assert isinstance(found, Sampled)
    assert (found.t, found.R, found.G) == (10, "1/2", 3)
    assert (found.criterion, found.split, found.points, found.label) == ("separate", "partial", 33, "measured")
    assert float(found) == found.value == pytest.approx(10**found.log10, rel=1e-13)
    assert str(pu.sampled_worst_case(pu.Chebyshev(S), 10)) == "53.0872 (measured on 2001 points)"
    assert str(pu.sampled_worst_case(pu.Chebyshev(S), 300)) == "2.60383e-21 (measured on 2001 points)"


@pytest.mark.parametrize(
    ("log10", "text"),
    [
        (0, "1"),
        (-np.inf, "0"),
        (2.5, "316.228"),
        (-862.9, "1.25893e-863"),
        (1911.8, "6.30957e+1911"),
        (7 - 1e-9, "1.00000e+7"),
        (-863 - 1e-10, "1.00000e-863"),
    ],
)
def test_numbers_beyond_doubles_can_be_read(log10, text):
    made = Sampled(0.0, log10, None, 3, 1, 0, "exact", "total", 9)
    assert str(made) == f"{text} (measured on 9 points)"


@pytest.mark.parametrize("make", [pu.GradientDescent, pu.Chebyshev, pu.HeavyBall, pu.Nesterov])
def test_one_eigenvalue(make):
    found = pu.sampled_worst_case(make(pu.Spectrum(2, 2)), 3)
    assert found.value == 0
    assert found.log10 == -np.inf
    assert str(found) == "0 (measured on 2001 points)"


# -- what is refused ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"R": -1}, "R = -1 is not allowed; give a number >= 0"),
        ({"G": "-1/2"}, "G = -1/2 is not allowed; give a number >= 0"),
        ({"R": 0}, "R = 0 and G = 0 leave nothing to bound"),
        ({"R": "x"}, "R = 'x' is not a number"),
        ({"R": float("nan")}, "R = nan is not finite"),
        ({"G": None}, "G = None is not a number"),
        ({"R": sympy.Symbol("R")}, "R = R is not allowed"),
        ({"points": 1}, "points = 1 is not allowed; give a whole number ≥ 2"),
        ({"points": 2.5}, "points = 2.5 is not allowed"),
        ({"criterion": "worst"}, "criterion = 'worst' is not known; give exact, pointwise, separate"),
        ({"split": "both"}, "split = 'both' is not known; give total or partial"),
    ],
)
def test_arguments_that_are_refused(arguments, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.sampled_worst_case(pu.Chebyshev(S), 3, **arguments)
    assert sentence in str(caught.value)


def test_steps_only_go_forward():
    with pytest.raises(InvalidInput, match="must not decrease"):
        list(sampled_worst_cases(pu.Chebyshev(S), [3, 2]))
