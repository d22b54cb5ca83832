"""Closed forms: end points against the generic engine and against exact numbers, and t as large as 10⁶."""

from __future__ import annotations

import random
from fractions import Fraction
from math import isqrt

import mpmath
import pytest
from flint import fmpq, fmpz_poly
from reference.points import derivatives
from sympy import sqrt

import polyunroll as pu
from polyunroll.bounds import closed_form as module
from polyunroll.bounds.closed_form import closed_form
from polyunroll.bounds.question import CRITERIA, Question
from polyunroll.bounds.worst_case import answer
from polyunroll.interpret.transfer import residual_polynomial

DIGITS, BITS = 25, 90


def methods_on(spectrum):
    steps = ["1/L", "2/(L+ell)", "1/ell", Fraction(1, 10**9), Fraction(3, 2) / spectrum.L, 3 / spectrum.L]
    return [pu.Chebyshev(spectrum), pu.HeavyBall(spectrum), *(pu.GradientDescent(spectrum, step) for step in steps)]


SPECTRA = [("1/100", 1), ("1e-8", 1), ("2/7", "5/3"), (1, "1001/1000"), ("1/50", 1), ("3e-7", 1000)]
CASES = [(method, i) for i, ends in enumerate(SPECTRA) for method in methods_on(pu.Spectrum(*ends))]
every_case = pytest.mark.parametrize(("method", "number"), CASES, ids=lambda case: repr(case))


def overlap(a, b):
    return a.lower <= b.upper and b.lower <= a.upper


# -- the generic engine ---------------------------------------------------------------------------------
@every_case
@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_closed_forms_are_what_the_engine_finds(method, number, split, criterion):
    draw = random.Random(f"{method!r} {split} {criterion}")
    for t in draw.sample([1, 2, 3, 4, 7, 12, 25, 60], 2):
        for R, G in draw.sample([(1, 0), (0, 1), (1, 1), (1, "1e-6"), ("1e-6", 1), (3, 100), (1, "1/2")], 2):
            question = Question.of(method, t, R, G, criterion, split)
            closed, (generic, _) = closed_form(question, BITS), answer(question, BITS)
            assert closed.proved.startswith("closed form, at the end")
            assert "suprem" in generic.proved
            assert overlap(closed, generic)
            assert closed.width * 10**DIGITS <= closed.upper
            assert generic.width * 10**DIGITS <= generic.upper


@pytest.mark.parametrize("t", [1, 2, 5, 31])
@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize(("R", "G"), [(1, 0), (1, 2), (0, 1)])
def test_irrational_ends(t, split, R, G):
    spectrum = pu.Spectrum.marchenko_pastur("1/2")
    for method in (pu.Chebyshev(spectrum), pu.HeavyBall(spectrum), pu.GradientDescent(spectrum, "2/(L+ell)")):
        question = Question.of(method, t, R, G, "exact", split)
        assert overlap(closed_form(question, BITS), answer(question, BITS)[0])


# -- exact numbers --------------------------------------------------------------------------------------
@pytest.mark.parametrize("t", [1, 2, 9, 64])
@pytest.mark.parametrize("ends", SPECTRA[:4])
def test_chebyshev_exactly(t, ends):
    method = pu.Chebyshev(pu.Spectrum(*ends))
    ell, L = method.spectrum.low, method.spectrum.high
    s = (L + ell) / (L - ell)
    T = fmpz_poly.chebyshev_t(t)(s)
    E, P, D = (t * t * (1 + s) - 1) / T, 1 / T, 2 * t * t / ((L - ell) * T)
    for split, A in (("total", E), ("partial", P)):
        for criterion in CRITERIA:
            found = pu.worst_case(method, t, "2/3", "5/7", 40, criterion=criterion, split=split)
            assert as_fraction(fmpq(2, 3) * A + fmpq(5, 7) * D) in found
            assert found.at == (None if criterion == "separate" else method.spectrum.L)


def as_fraction(value):
    return Fraction(int(value.p), int(value.q))


@pytest.mark.parametrize("step", ["1/L", "2/(L+ell)", "5/3", "1/1000"])
@pytest.mark.parametrize("t", [1, 2, 10, 41])
@pytest.mark.parametrize("split", ["total", "partial"])
def test_gradient_descent_exactly(step, t, split):
    method = pu.GradientDescent(pu.Spectrum("1/100", 1), step)
    ends = []
    for point in (method.spectrum.low, method.spectrum.high):
        P, D = derivatives(residual_polynomial(method, t), point, 1)
        ends.append((abs(P - point * D if split == "total" else P), abs(D)))
    (a, b), (c, d) = ends
    R, G = fmpq(3, 4), fmpq(2, 9)

    def asked(criterion):
        return pu.worst_case(method, t, "3/4", "2/9", 30, criterion=criterion, split=split)

    assert as_fraction(max(a * R + b * G, c * R + d * G)) in asked("pointwise")
    assert as_fraction(max(a, c) * R + max(b, d) * G) in asked("separate")
    # V is the largest error of a problem with two eigenvalues, the weight p of the first on a grid
    V = asked("exact")
    weights = [fmpq(k, 4000) for k in range(4001)]
    errors = [
        root(p * (a * R) ** 2 + (1 - p) * (c * R) ** 2) + root(p * (b * G) ** 2 + (1 - p) * (d * G) ** 2)
        for p in weights
    ]
    assert max(errors) <= V.upper
    assert max(errors) >= V.lower * (1 - Fraction(1, 10**6))


def root(x):
    """√x rounded down to 40 digits or so."""
    value = as_fraction(x)
    scale = 10**40
    return Fraction(isqrt(value.numerator * scale**2 // value.denominator), scale)


def test_nothing_is_left_where_one_step_arrives():
    # h = 1/L at λ = L and h = 1/ℓ at λ = ℓ: one end is 0, the other decides
    method = pu.GradientDescent(pu.Spectrum("1/3", 1), "1/L")
    assert Fraction(2, 3) ** 5 in pu.worst_case(method, 5, 1, 0, 30, split="partial")
    assert pu.worst_case(method, 5, 1, 0, 30, split="partial").at == Fraction(1, 3)
    assert Fraction(2, 3) ** 4 * (1 + Fraction(4, 3)) in pu.worst_case(method, 5, 1, 0, 30)


def test_ends_that_tie_exactly():
    # h = 2/(L+ℓ): |1−hλ| is the same at both, so P and D tie
    method = pu.GradientDescent(pu.Spectrum("1/100", 1), "2/(L+ell)")
    for criterion in CRITERIA:
        found = pu.worst_case(method, 8, 1, 1, 50, criterion=criterion, split="partial")
        rho, h = Fraction(99, 101), Fraction(200, 101)
        assert rho**8 + 8 * h * rho**7 in found


# -- t = 0, and what there is no closed form for --------------------------------------------------------
@pytest.mark.parametrize("method", [pu.Chebyshev, pu.HeavyBall, pu.GradientDescent])
@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("split", ["total", "partial"])
def test_before_the_first_step(method, criterion, split):
    for R, G in ((1, 0), ("2/7", 5), (0, 1), ("1e-30", "1e30")):
        found = pu.worst_case(method(pu.Spectrum("1/9", 1)), 0, R, G, criterion=criterion, split=split)
        assert found.lower == found.upper == Fraction(R)
        assert found.proved == "P_0 = 1"


def test_an_irrational_size_before_the_first_step():
    found = pu.worst_case(pu.Chebyshev(pu.Spectrum("1/9", 1)), 0, sqrt(2), 0, 50)
    assert found.lower**2 < 2 < found.upper**2
    assert found.width * 10**50 <= found.upper


@pytest.mark.parametrize("make", [pu.Nesterov, pu.Sobolev])
def test_families_that_declare_nothing(make):
    assert closed_form(Question.of(make(pu.Spectrum("1/9", 1)), 5), 50) is None


def test_estimators_and_step_lists_have_none():
    spectrum = pu.Spectrum("1/9", 1)
    assert closed_form(Question.of(pu.Chebyshev(spectrum), 5, estimator="truncated", plain_steps=2), 50) is None
    assert closed_form(Question.of(pu.Chebyshev(spectrum), 5, estimator="implicit"), 50) is None
    assert closed_form(Question.of(pu.GradientDescent(spectrum, [1, "1/2"]), 2), 50) is None


def test_a_closed_form_that_does_not_get_narrow_is_left_to_the_engine(monkeypatch):
    question = Question.of(pu.GradientDescent(pu.Spectrum("1/9", 1)), 3, 1, 1)
    monkeypatch.setattr(
        module, "_worst", lambda criterion, points, bits: (points[0].x * 0, points[0].x, (), None, None)
    )
    assert closed_form(question, 20) is None


# -- t very large ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("step", ["1/L", "2/(L+ell)"])
def test_a_million_steps_of_gradient_descent(step):
    method, t = pu.GradientDescent(pu.Spectrum("1e-6", 1), step), 10**6
    found = pu.worst_case(method, t, digits=50)
    point = Fraction(found.at)
    h = Fraction(method.parameters["h"])
    log = (t - 1) * log10(abs(1 - h * point)) + log10(1 + (t - 1) * h * point)
    assert abs(log10(found.upper) - log) < 1e-6
    assert found.width * 10**50 <= found.upper


def log10(x):
    with mpmath.workdps(40):
        return float(mpmath.log10(mpmath.mpf(x.numerator) / x.denominator))


def test_a_million_steps_of_chebyshev():
    found = pu.worst_case(pu.Chebyshev(pu.Spectrum("1e-8", 1)), 10**6, digits=100)
    s = (1 + Fraction(1, 10**8)) / (1 - Fraction(1, 10**8))
    with mpmath.workdps(150):
        x = mpmath.mpf(s.numerator) / s.denominator
        exact = (10**12 * (1 + x) - 1) / mpmath.cosh(10**6 * mpmath.acosh(x))
        low, high = (mpmath.mpf(end.numerator) / end.denominator for end in (found.lower, found.upper))
        assert low <= exact <= high
    assert found.width * 10**100 <= found.upper


@pytest.mark.parametrize("digits", [1, 15, 1000])
def test_digits(digits):
    method = pu.Chebyshev(pu.Spectrum("1/100", 1))
    s = fmpq(101, 99)
    exact = as_fraction((900 * (1 + s) - 1) / fmpz_poly.chebyshev_t(30)(s))
    found = pu.worst_case(method, 30, digits=digits)
    assert exact in found
    assert found.width * 10**digits <= found.upper
