"""Best constant steps against brute force, their equation, and the Pareto set of burn-in, peak and rate."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from scipy.optimize import minimize_scalar

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.optimal.frontier import best_step, step_frontier

S = pu.Spectrum("1/100", 1)


def worst(h, t, R, G, spectrum=S):
    """V_t of gradient descent by brute force: all λ of a grid, s by a scalar search."""
    lam = np.linspace(float(spectrum.ell), float(spectrum.L), 401)
    x = h * lam
    X = (R * (1 - x) ** (t - 1) * (1 + (t - 1) * x)) ** 2
    Y = (G * h * t * (1 - x) ** (t - 1)) ** 2
    if G == 0:
        return np.sqrt(X.max())
    found = minimize_scalar(lambda s: (X / s + Y / (1 - s)).max(), bounds=(1e-9, 1 - 1e-9), method="bounded")
    return np.sqrt(found.fun)


@pytest.mark.parametrize(
    ("t", "R", "G", "spectrum"),
    [
        (2, 1, "0", S),
        (10, 1, "0", S),
        (60, "1/3", "0", S),
        (7, 1, "0", pu.Spectrum(1, "3/2")),
        (20, 1, "1/1000", S),
        (300, 1, "1/100", S),
        (500, 1, 10, S),
        (30, 2, "1/2", pu.Spectrum(1, 7)),
        (12, 1, "1/5", pu.Spectrum("2/3", 5)),
    ],
)
def test_no_step_is_better(t, R, G, spectrum):
    best = best_step(spectrum, t, R, G, 5)
    assert best.gap <= Fraction(1, 10**5)
    assert best.interval[0] <= best.step <= best.interval[1]
    sizes = float(Fraction(R)), float(Fraction(G))
    assert worst(float(best.step), t, *sizes, spectrum) == pytest.approx(float(best.worst_case), rel=1e-4)
    top = 2 / float(spectrum.L)
    for h in [*np.linspace(0, top, 200)[1:-1], *np.linspace(*map(float, best.interval), 9)]:
        assert worst(h, t, *sizes, spectrum) >= float(best.limit) * (1 - 1e-6)
    for h in best.interval:  # just outside the interval it is worse
        away = float(h) + (1e-3 * top if h == best.interval[1] else -1e-3 * top)
        if 0 < away < top:
            assert worst(away, t, *sizes, spectrum) > float(best.worst_case)


def test_two_steps_have_a_closed_form():
    # |1 − ℓ²h²| = |1 − L²h²|
    best = best_step(S, 2, digits=60)
    h = sympy.Symbol("h")
    assert sympy.Poly(best.equation, h).monic() == sympy.Poly(h**2 - sympy.Rational(20000, 10001), h)
    assert abs(best.step**2 - Fraction(20000, 10001)) < Fraction(1, 10**55)


@pytest.mark.parametrize("t", [3, 8, 25])
def test_the_step_is_the_only_root_of_the_equation_in_its_interval(t):
    best = best_step(S, t, digits=30)
    low, high = (sympy.Rational(end.numerator, end.denominator) for end in best.interval)
    assert best.equation.count_roots(low, high) == 1
    assert best.equation.count_roots(sympy.Rational(1), sympy.Rational(200, 101)) == 1
    assert best.interval[1] - best.interval[0] < Fraction(1, 10**30)


def test_the_best_step_moves_from_sqrt2_towards_2_over_the_sum_of_the_ends():
    steps = [best_step(S, t).step for t in (2, 5, 20, 100, 1000, 20_000)]
    assert steps == sorted(steps)
    assert Fraction(7, 5) < steps[0] < Fraction(17, 12)
    assert Fraction(19790, 10000) < steps[-1] < Fraction(200, 101)


def test_irrational_ends():
    spectrum = pu.Spectrum(1, sympy.sqrt(5))
    best = best_step(spectrum, 6)
    with pytest.raises(InvalidInput, match="rational ends"):
        _ = best.equation
    assert best.gap <= Fraction(1, 10**6)


def test_where_no_step_helps_that_is_said():
    with pytest.raises(InvalidInput, match=r"^no constant step brings the worst case after t = 10 steps below its"):
        best_step(S, 10, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((S, 1), "t = 1 is not allowed"),
        ((S, 5, 0, 1), "R = 0: the worst case vanishes with the step size"),
        ((S, 5, 1, 1, 9), "digits = 9 is not allowed; give 1 to 8 for G = 1"),
        ((S, 5, 1, 0, 201), "digits = 201 is not allowed; give 1 to 200 for G = 0"),
        ((pu.Spectrum(1, 1), 5), "is no interval of numbers"),
        ((3, 5), "spectrum = 3 is not a Spectrum"),
    ],
)
def test_bad_input(arguments, said):
    with pytest.raises(InvalidInput) as caught:
        best_step(*arguments)
    assert said in str(caught.value)


def test_the_frontier():
    points = step_frontier(S)
    found = {point.method.label: point for point in points}
    assert str(found["GD h=7/(5*L)"]) == (
        "GD h=7/(5*L): no burn-in: the worst error never rises above its start; "
        "in the end V_t ~ t (493/500)^t; efficient"
    )
    assert str(found["GD h=1/L"]).endswith("V_t ~ t (99/100)^t")
    assert [point.step for point in points] == sorted(point.step for point in points)
    assert found["GD h=7/(5*L)"].burn_in.length == 0
    assert found["GD h=3/(2*L)"].burn_in.length == 3
    assert found["GD h=2/(L+ell)"].burn_in.peak_at == 50
    # without burn-in the largest step has the best rate; beyond, burn-in is paid for a better rate
    assert [p.method.label for p in points if p.is_efficient] == [
        "GD h=7/(5*L)",
        "GD h=3/(2*L)",
        "GD h=7/(4*L)",
        "GD h=2/(L+ell)",
    ]


def test_a_step_beyond_the_best_rate_is_dominated():
    points = step_frontier(S, ["2/(L+ell)", "1999/1000", 1])
    assert [point.is_efficient for point in points] == [True, True, False]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([2], "steps[0] = 2 is not allowed; a constant step must be < 2/L"),
        ([1, "2/L"], "steps[1] = 2/L is not allowed"),
        ([0], "steps[0] = 0 is not allowed; a step size must be > 0"),
        ([], "steps = [] is not allowed"),
    ],
)
def test_bad_steps(steps, said):
    with pytest.raises(InvalidInput) as caught:
        step_frontier(S, steps)
    assert said in str(caught.value)
