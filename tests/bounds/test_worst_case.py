"""Proved worst cases: problems that attain them, problems that stay below, random questions, and what is refused."""

from __future__ import annotations

import concurrent.futures
import math
import multiprocessing
import re
import threading
from fractions import Fraction
from itertools import pairwise

import flint
import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.points import derivatives, high_precision
from reference.questions import ask, confirm, random_question
from reference.strategies import methods
from scipy.optimize import minimize

import polyunroll as pu
from polyunroll.bounds import worst_case as module
from polyunroll.bounds.enclosure import Enclosure, TooWide
from polyunroll.bounds.question import CRITERIA, ESTIMATORS, Question
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.interpret.transfer import residual_polynomial

S = pu.Spectrum("1/100", 1)
sizes = st.fractions(min_value=Fraction(1, 500), max_value=500, max_denominator=500)


# -- random questions against every oracle --------------------------------------------------------------
def hold_against_the_oracles(numbers):
    for number in numbers:
        question, digits = random_question(number)
        found = ask(question, digits)
        try:
            confirm(question, digits, found, number)
        except AssertionError as error:
            raise AssertionError(f"question {number}, {digits} digits: {question}") from error


@pytest.mark.parametrize("first", range(0, 200, 10))
def test_random_questions(first):
    hold_against_the_oracles(range(first, first + 10))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(200, 2000, 20))
def test_many_random_questions(first):
    hold_against_the_oracles(range(first, first + 20))


def test_the_questions_are_of_every_kind():
    asked = [random_question(number) for number in range(200)]
    questions = [question for question, _ in asked]
    for name, values in (("criterion", CRITERIA), ("estimator", ESTIMATORS), ("split", ("total", "partial"))):
        assert {getattr(q, name) for q in questions} == set(values)
    assert {q.method.name for q in questions} == {"gd", "chebyshev", "heavy-ball", "nesterov", "sobolev"}
    assert any(q.method.horizon for q in questions)
    assert max(q.t for q in questions) > 200
    kappas = [float(high_precision(q.method.spectrum.low / q.method.spectrum.high)) for q in questions]
    assert min(kappas) < 1e-7
    assert max(kappas) == 1
    assert {0, fmpq(1, 10**30), fmpq(10**30)} <= {q.R for q in questions} & {q.G for q in questions}
    assert min(digits for _, digits in asked) < 5 < 55 < max(digits for _, digits in asked)


# -- problems that attain them --------------------------------------------------------------------------
def unrolled(steps, h, H, dH, db, x, dx):
    """∂x_t − ∂x* of gradient descent on ½xᵀHx + bᵀx, b = 0, all matrices diagonal."""
    for _ in range(steps):
        dx = [d - h * (slope * y + lam * d + shift) for lam, slope, shift, y, d in zip(H, dH, db, x, dx, strict=True)]
        x = [y - h * lam * y for lam, y in zip(H, x, strict=True)]
    return [d + shift / lam for d, shift, lam in zip(dx, db, H, strict=True)]  # x* = 0, ∂x* = −∂b/λ


def test_the_pointwise_quantity_is_no_bound_and_the_exact_one_is():
    """H = diag(1/100, 1), h = 9/5, t = 5, x_0 = (1, 1), ∂x_0 = 0, ∂b = (0, 1), ∂H = diag(1/2, −1), b = 0."""
    H, dH, db = (Fraction(1, 100), Fraction(1)), (Fraction(1, 2), Fraction(-1)), (Fraction(0), Fraction(1))
    x, dx, h = (Fraction(1), Fraction(1)), (Fraction(0), Fraction(0)), Fraction(9, 5)
    error = sum(e * e for e in unrolled(5, h, H, dH, db, x, dx))  # squared, exactly
    assert [d + shift / lam for d, shift, lam in zip(dx, db, H, strict=True)] == [0, 1]  # R = 1
    assert [slope * y + shift for slope, y, shift in zip(dH, x, db, strict=True)] == [Fraction(1, 2), 0]  # G = 1/2
    assert abs(math.sqrt(error) - 5.36584) < 5e-6
    method = pu.GradientDescent(S, "9/5")
    for digits in (5, 40):
        W, V, separate = (
            pu.worst_case(method, 5, 1, "1/2", digits, criterion=c) for c in ("pointwise", "exact", "separate")
        )
        assert Fraction(16256, 3125) in W
        assert W.upper**2 < error <= V.upper**2
        assert W < V < separate


ATTAINED = [
    ("9/5", 5, 1, "1/2"),
    ("8/5", 20, 1, "1/10"),
    ("1", 9, 1, 3),
    (["1/2", "19/10", "1"], 3, 2, 1),
    (["3/2", "1/3", "7/4", "1", "2/5"], 5, 1, "1/7"),
]


def two_eigenvalue_error(steps, H, pairs, R, G, weight):
    """The error of the problem with eigenvalues H, the z with weights (weight, 1 − weight), u ∥ Az and w ∥ Bz."""
    z = [mpmath.sqrt(weight), mpmath.sqrt(1 - weight)][: len(H)]
    vectors = []
    for size, C in ((R, [a for a, _ in pairs]), (G, [b for _, b in pairs])):
        v = [c * y for c, y in zip(C, z, strict=True)]
        norm = mpmath.sqrt(sum(x * x for x in v))
        vectors.append([size * x / norm if norm else mpmath.mpf(0) for x in v])
    # x_0 = (1, 1), ∂x_0 = 0: ∂x_0 − ∂x* = ∂b/λ = Ru and ∂_θ∇f(x_0) = ∂H x_0 + ∂b = Gw
    x, dx = [mpmath.mpf(1)] * len(H), [mpmath.mpf(0)] * len(H)
    db = [lam * v for lam, v in zip(H, vectors[0], strict=True)]
    dH = [w - shift for w, shift in zip(vectors[1], db, strict=True)]
    for h in steps:
        dx = unrolled(1, h, H, dH, db, x, dx)
        dx = [d - shift / lam for d, shift, lam in zip(dx, db, H, strict=True)]
        x = [y - h * lam * y for lam, y in zip(H, x, strict=True)]
    return mpmath.sqrt(sum((d + shift / lam) ** 2 for d, shift, lam in zip(dx, db, H, strict=True)))


@pytest.mark.parametrize(("step", "t", "R", "G"), ATTAINED, ids=str)
def test_problems_of_two_eigenvalues_attain_the_exact_worst_case(step, t, R, G):
    method = pu.GradientDescent(S, step)
    found = pu.worst_case(method, t, R, G, 25)
    places = [fmpq(p.numerator, p.denominator) for p in (found.at if isinstance(found.at, tuple) else (found.at,))]
    with mpmath.workdps(50):

        def number(value):
            return mpmath.mpf(Fraction(value).numerator) / Fraction(value).denominator

        H, pairs = [high_precision(p, 50) for p in places], []
        for p, lam in zip(places, H, strict=True):
            P, D = (high_precision(v, 50) for v in derivatives(residual_polynomial(method, t), p, 1))
            pairs.append((P - lam * D, D))
        steps = [number(h) for h in (step if isinstance(step, list) else [step] * t)]

        def error(weight):
            return two_eigenvalue_error(steps, H, pairs, number(R), number(G), weight)

        # the best weight, by golden sections: the square of R|Az| + G|Bz| is concave in it
        low, high, ratio = mpmath.mpf(0), mpmath.mpf(1), (mpmath.sqrt(5) - 1) / 2
        for _ in range(130):
            left, right = high - ratio * (high - low), low + ratio * (high - low)
            low, high = (left, high) if error(left) < error(right) else (low, right)
        best = max(error((low + high) / 2), error(mpmath.mpf(1)))
        assert (
            number(found.lower) * (1 - mpmath.mpf(10) ** -24)
            <= best
            <= number(found.upper) * (1 + mpmath.mpf(10) ** -40)
        )


def largest_two_point_error(method, t, R, G, split):
    """max of ‖RA(H)u + GB(H)w‖ over two eigenvalues and unit u, w: a grid of all four, and the best polished."""
    low, high = float(method.spectrum.ell), float(method.spectrum.L)
    center, radius = (low + high) / 2, (high - low) / 2
    a = np.array([float(v) for v in pu.chebyshev_series(method, t, 20)])
    slope = np.polynomial.chebyshev.chebder(a) / radius

    def pair(x):
        s = (x - center) / radius
        P, D = np.polynomial.chebyshev.chebval(s, a), np.polynomial.chebyshev.chebval(s, slope)
        return R * (P - x * D if split == "total" else P), G * D

    def negative(v):
        (a1, b1), (a2, b2) = pair(v[0]), pair(v[1])
        return -np.hypot(a1 * np.cos(v[2]) + b1 * np.cos(v[3]), a2 * np.sin(v[2]) + b2 * np.sin(v[3]))

    x = center + radius * np.cos(np.linspace(0, np.pi, 4 * t + 9))
    angles = np.linspace(0, np.pi, 19)[:-1]
    grid = np.meshgrid(x, x, angles[:10], angles, indexing="ij")
    table = -negative(grid)
    order = np.argsort(table.ravel())[::-1]
    starts, kept = [np.array([g.ravel()[i] for g in grid]) for i in order[:1200:100]], []
    for start in starts:
        polished = minimize(
            negative,
            start,
            method="L-BFGS-B",
            bounds=[(low, high)] * 2 + [(None, None)] * 2,
            options={"ftol": 1e-15, "gtol": 1e-12},
        )
        kept.append(-polished.fun)
    return max(kept)


BRUTE = [
    (pu.GradientDescent(S, "9/5"), 5, 1, "1/2", "total"),
    (pu.GradientDescent(S, "9/5"), 5, 1, "1/2", "partial"),
    (pu.GradientDescent(S, ["1/2", "19/10", "1"]), 3, 2, 1, "total"),
    (pu.Chebyshev(S), 4, 1, 1, "total"),
    (pu.Nesterov(S), 7, 1, 1, "total"),
    (pu.HeavyBall(S), 6, 1, 1, "total"),
    (pu.Sobolev(S), 6, 1, "1/5", "total"),
    (pu.Sobolev(S), 6, 1, "1/5", "partial"),
    (pu.Sobolev(S, pu.measures.legendre(), "1/10"), 5, 1, "1/20", "total"),
    (pu.Sobolev(pu.Spectrum("1/3", 2), pu.measures.gegenbauer(2), 0), 4, 1, 1, "total"),
]


@pytest.mark.parametrize(("method", "t", "R", "G", "split"), BRUTE, ids=str)
def test_the_exact_worst_case_is_the_largest_two_point_error(method, t, R, G, split):
    found = pu.worst_case(method, t, R, G, 20, split=split)
    best = largest_two_point_error(method, t, float(Fraction(R)), float(Fraction(G)), split)
    assert best == pytest.approx(float(found), rel=1e-6)
    assert best <= float(found.upper) * (1 + 1e-9)


# -- problems that stay below ---------------------------------------------------------------------------
def random_matrix(draw, n):
    Q, _ = np.linalg.qr(draw.standard_normal((n, n)))
    return Q


def random_problem(draw, spectrum, commuting, n=4):
    """H with eigenvalues in the spectrum (its ends among them), ∂H, b, ∂b, x_0, ∂x_0, and x*, ∂x*."""
    low, high = float(spectrum.ell), float(spectrum.L)
    Q = random_matrix(draw, n)
    eigenvalues = np.concatenate([[low, high], draw.uniform(low, high, n - 2)])
    H = (Q * eigenvalues) @ Q.T
    dH = (Q * draw.standard_normal(n)) @ Q.T if commuting else draw.standard_normal((n, n))
    H, dH = (H + H.T) / 2, (dH + dH.T) / 2
    b, db, x0, dx0 = draw.standard_normal((4, n))
    best = -np.linalg.solve(H, b)
    return H, dH, b, db, x0, dx0, best, -np.linalg.solve(H, db + dH @ best)


RUN = [
    pu.Chebyshev(S),
    pu.GradientDescent(S, "9/5"),
    pu.Nesterov(S),
    pu.HeavyBall(S),
    pu.Sobolev(S),
    pu.GradientDescent(S, ["1/2", "19/10", "1", "3/2", "1", "1/3", "2", "1"]),
]


@pytest.mark.parametrize("method", RUN, ids=lambda m: m.label)
@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize(("estimator", "plain"), [("unrolled", 0), ("truncated", 3), ("implicit", 4)])
def test_no_random_problem_has_a_larger_error(method, split, estimator, plain):
    draw = np.random.default_rng([len(method.label), len(split), plain])
    solver = pu.Chebyshev(S) if estimator == "implicit" and plain and method.name == "sobolev" else None
    for _ in range(12):
        t = int(draw.integers(1, 8))
        H, dH, b, db, x0, dx0, best, dbest = random_problem(draw, S, commuting=split == "total")
        tangents = ([dH], db[:, None])
        if estimator == "unrolled":
            found = pu.run(method, H, b, x0, t, tangents, dx0=dx0[:, None]).dx[:, 0]
            R, G = np.linalg.norm(dx0 - dbest), np.linalg.norm(dH @ x0 + db + H @ dx0)
            if split == "partial":
                G = np.linalg.norm(dH) * np.linalg.norm(x0 - best)
        else:
            middle = pu.run(method, H, b, x0, plain).x
            if estimator == "truncated":
                found = pu.run(method, H, b, middle, t, tangents, dx0=np.zeros((4, 1))).dx[:, 0]
            else:
                found = pu.run(solver or method, H, dH @ middle + db, np.zeros(4), t).x
            R, G = np.linalg.norm(dbest), np.linalg.norm(dH) * np.linalg.norm(x0 - best)
        how = {"split": split, "estimator": estimator}
        if estimator != "unrolled":
            how["plain_steps"] = plain
        if solver is not None:
            how["solver"] = solver
        bound = pu.worst_case(method, t, float(R) * (1 + 1e-12), float(G) * (1 + 1e-12), 12, **how)
        assert np.linalg.norm(found - dbest) <= float(bound.upper) * (1 + 1e-9)


def test_the_total_split_bounds_nothing_where_nothing_commutes():
    # H = diag(1/100, 1), ∂H = uuᵀ, u = (1, −1)/√2, x_0 = (1, 1)/√2: R = G = 0 in the split total, yet an error of 11.5
    H, u, x0 = np.diag([0.01, 1.0]), np.array([1.0, -1.0]) / np.sqrt(2), np.array([1.0, 1.0]) / np.sqrt(2)
    dH = np.outer(u, u)
    errors = [
        np.linalg.norm(pu.run(pu.GradientDescent(S), H, None, x0, t, ([dH], None), dx0=np.zeros((2, 1))).dx)
        for t in range(1, 300)
    ]
    assert errors[59] == pytest.approx(11.5, abs=0.05)
    for t in (60, 1 + int(np.argmax(errors))):  # ‖∂H‖_F = ‖x_0‖ = 1
        assert errors[t - 1] <= float(pu.worst_case(pu.GradientDescent(S), t, 0, 1, split="partial").upper)


# -- the three quantities -------------------------------------------------------------------------------
@settings(max_examples=40)
@given(methods(), st.integers(0, 20), sizes, sizes, st.sampled_from(["total", "partial"]))
def test_the_three_in_order(method, t, R, G, split):
    W, V, separate = (
        pu.worst_case(method, t, R, G, 25, criterion=c, split=split) for c in ("pointwise", "exact", "separate")
    )
    assert W.lower <= V.upper
    assert V.lower <= separate.upper
    assert V.lower**2 <= 2 * W.upper**2


@settings(max_examples=25)
@given(methods(), st.integers(0, 20), sizes, st.booleans(), st.sampled_from(["total", "partial"]))
def test_with_one_size_zero_there_is_one_quantity(method, t, size, first, split):
    R, G = (size, 0) if first else (0, size)
    found = [pu.worst_case(method, t, R, G, 25, criterion=c, split=split) for c in CRITERIA]
    for a, b in pairwise(found):
        assert a.lower <= b.upper
        assert b.lower <= a.upper


@settings(max_examples=25)
@given(methods(), st.integers(1, 20), sizes, sizes, sizes, st.sampled_from(CRITERIA))
def test_values_scale_with_the_sizes_and_grow_with_them(method, t, R, G, c, criterion):
    one = pu.worst_case(method, t, R, G, 20, criterion=criterion)
    scaled = pu.worst_case(method, t, c * R, c * G, 20, criterion=criterion)
    assert scaled.lower <= c * one.upper
    assert c * one.lower <= scaled.upper
    assert pu.worst_case(method, t, R + c, G, 20, criterion=criterion).upper >= one.lower
    assert pu.worst_case(method, t, R, G + c, 20, criterion=criterion).upper >= one.lower


def test_the_root_of_two_is_sharp():
    # t = 10⁵ steps h with (hL − 1)^t = 1/1000: |E| is 200 times larger at L than at ℓ, |D| 1000 times smaller
    method, t = pu.GradientDescent(pu.Spectrum("1e-12", 1), "1.99993092"), 10**5
    R, G = (1 / pu.worst_case(method, t, *sizes).upper for sizes in ((1, 0), (0, 1)))
    V, W = (pu.worst_case(method, t, R, G, criterion=c) for c in ("exact", "pointwise"))
    assert 1.4 * W.upper < V.lower
    assert V.lower**2 <= 2 * W.upper**2


@pytest.mark.parametrize("method", RUN, ids=lambda m: m.label)
@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_first_step_leaves_the_size_as_it_is(method, criterion):
    found = pu.worst_case(method, 1, "3/7", 0, 40, criterion=criterion)  # E_1 = 1
    assert Fraction(3, 7) in found
    assert found.width * 10**40 <= found.upper


def test_a_sum_that_vanishes_everywhere():
    # one step of 1/2: E = 1, D = −1/2, and 1·E + 2·D = 0 on the whole spectrum
    found = pu.worst_case(pu.GradientDescent(S, ["1/2"]), 1, 1, 2, 30, criterion="pointwise")
    assert 2 in found
    assert found.width * 10**30 <= found.upper


# -- zero -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("method", [RUN[0], RUN[4], RUN[5], pu.Nesterov(pu.Spectrum("1/50", 1))], ids=lambda m: m.label)
def test_where_the_value_is_zero_so_is_the_enclosure(criterion, split, estimator, method):
    plain = {} if estimator == "unrolled" else {"plain_steps": 4}
    found = pu.worst_case(method, 0, 0, 1, criterion=criterion, split=split, estimator=estimator, **plain)
    assert found.lower == found.upper == 0
    assert isinstance(found.lower, Fraction)


@pytest.mark.parametrize("make", [pu.Chebyshev, pu.HeavyBall, pu.Nesterov, lambda S: pu.GradientDescent(S, "1/L")])
@pytest.mark.parametrize("split", ["total", "partial"])
def test_on_one_point_methods_arrive(make, split):
    # P_t has a zero of order ≥ 2 there from t = 2 on
    found = pu.worst_case(make(pu.Spectrum("2/3", "2/3")), 4, 1, 1, split=split)
    assert (found.lower, found.upper) == (0, 0)
    assert found.at == Fraction(2, 3)


# -- one point ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("digits", [1, 20, 200])
def test_a_spectrum_of_one_point(criterion, digits):
    method = pu.GradientDescent(pu.Spectrum(2, 2), "1/3")
    P, D = Fraction(1, 27), -Fraction(1, 3) * 3 * Fraction(1, 9)
    for split, A in (("total", P - 2 * D), ("partial", P)):
        found = pu.worst_case(method, 3, "1/2", "5/3", digits, criterion=criterion, split=split)
        assert abs(A) / 2 + abs(D) * Fraction(5, 3) in found
        assert found.width * 10**digits <= found.upper
        assert found.proved == "exact, at the only eigenvalue"
    plain = pu.GradientDescent(pu.Spectrum(2, 2), "1/5")
    found = pu.worst_case(method, 3, 1, 1, digits, estimator="truncated", plain_steps=2, solver=None)
    assert abs(P) + abs(D) * Fraction(1, 9) in found
    found = pu.worst_case(plain, 3, 1, 1, digits, estimator="implicit", plain_steps=2, solver=method)
    assert abs(P) + (1 - P) / 2 * Fraction(9, 25) in found


def test_an_irrational_point():
    point = sympy.sqrt(2)
    found = pu.worst_case(pu.GradientDescent(pu.Spectrum(point, point), "1/2"), 4, 1, 0, 30, split="partial")
    exact = sympy.Rational(found.lower.numerator, found.lower.denominator)
    assert exact <= (1 - point / 2) ** 4 <= sympy.Rational(found.upper.numerator, found.upper.denominator)


# -- what an answer says --------------------------------------------------------------------------------
def test_places_and_words():
    found = pu.worst_case(pu.GradientDescent(S, "9/5"), 5, 1, "1/2")
    assert isinstance(found, Enclosure)
    assert set(found.at) == {Fraction(1, 100), Fraction(1)}
    assert found.note.startswith("exact worst case V at t = 5, estimator unrolled")
    assert "only where ∂H commutes with H" in found.note
    partial = pu.worst_case(pu.Sobolev(S), 5, 1, "1/2", split="partial")
    assert "a bound for every ∂H" in partial.note
    assert "commutes" not in partial.note
    assert "no bound on the error in general" in pu.worst_case(pu.Sobolev(S), 5, 1, 1, criterion="pointwise").note
    product = pu.worst_case(pu.Sobolev(S), 5, 1, 1, split="partial", estimator="truncated", plain_steps=2)
    assert product.note.startswith("bound by the maxima of the factors at t = 5, estimator truncated; split partial")
    assert product.at is None


@settings(max_examples=30)
@given(methods(), st.integers(0, 30), sizes, sizes, st.sampled_from(["exact", "pointwise"]))
def test_places_lie_in_the_spectrum_and_attain_the_value(method, t, R, G, criterion):
    found = pu.worst_case(method, t, R, G, 12, criterion=criterion)
    if found.at is None:
        return
    places = found.at if isinstance(found.at, tuple) else (found.at,)
    low, high = (high_precision(v, 40) for v in (method.spectrum.low, method.spectrum.high))
    sums = []
    with mpmath.workdps(40):
        for place in places:
            point = place if not isinstance(place, Fraction) else fmpq(place.numerator, place.denominator)
            x = high_precision(point, 40)
            assert low * (1 - mpmath.mpf(10) ** -30) <= x <= high * (1 + mpmath.mpf(10) ** -30)
            P, D = (high_precision(v, 40) for v in derivatives(residual_polynomial(method, t), point, 1))
            sums.append(abs(P - x * D) * R.numerator / R.denominator + abs(D) * G.numerator / G.denominator)
    if len(places) == 1:
        assert float(sums[0]) == pytest.approx(float(found), rel=1e-10)
    else:
        assert max(float(v) for v in sums) <= float(found.upper) * (1 + 1e-12)


def test_many_t_give_a_list():
    method = pu.Sobolev(S)
    found = pu.worst_case(method, range(1, 12), 1, "1/3", 20)
    assert isinstance(found, list)
    assert len(found) == 11
    for t, one in zip(range(1, 12), found, strict=True):
        alone = pu.worst_case(method, t, 1, "1/3", 20)
        assert one.lower <= alone.upper
        assert alone.lower <= one.upper
        assert one.width * 10**20 <= one.upper
    assert pu.worst_case(method, [], 1, 0) == []


# -- digits ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "digits", [1, 2, 3, 7, 16, 50, 120, *(pytest.param(d, marks=pytest.mark.slow) for d in (300, 1000))]
)
@pytest.mark.parametrize(("criterion", "split"), [("exact", "total"), ("exact", "partial"), ("pointwise", "total")])
def test_every_width_is_reached(digits, criterion, split):
    method = pu.Sobolev(S, pu.measures.legendre(), "1/10")
    found = pu.worst_case(method, 14, 1, "1/30", digits, criterion=criterion, split=split)
    assert found.width * 10**digits <= found.upper
    rough = pu.worst_case(method, 14, 1, "1/30", 10, criterion=criterion, split=split)
    assert found.lower <= rough.upper
    assert rough.lower <= found.upper
    if digits > 100:
        question = Question.of(method, 14, 1, "1/30", criterion, split)
        confirm(question, digits, found)


@pytest.mark.slow
@pytest.mark.parametrize("method", [pu.Sobolev(S), pu.Nesterov(S), pu.GradientDescent(S, ["1/3", "5/3"] * 20)], ids=str)
def test_a_thousand_digits(method):
    for t, criterion in ((5, "exact"), (40, "separate")):
        question = Question.of(method, t, 1, "1/7", criterion)
        confirm(question, 1000, ask(question, 1000))


# -- what cannot be enclosed ----------------------------------------------------------------------------
@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("broken", ["nan", "inf"])
def test_coefficients_that_are_no_numbers_end_in_an_error(criterion, broken, monkeypatch):
    whole = module.error_polynomials

    def spoiled(*arguments, **how):
        A, factors = whole(*arguments, **how)
        return [*A[:-1], arb(broken)], factors

    monkeypatch.setattr(module, "error_polynomials", spoiled)
    with pytest.raises(TooWide):
        pu.worst_case(pu.Sobolev(S), 6, 1, 1, criterion=criterion)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("radius", [1e-12, 1e-3, 10])
def test_coefficients_that_stay_too_wide_end_in_an_error(criterion, radius, monkeypatch):
    whole = module.error_polynomials

    def blurred(*arguments, **how):
        A, factors = whole(*arguments, **how)
        return [v + arb(0, radius) for v in A], factors

    monkeypatch.setattr(module, "error_polynomials", blurred)
    with pytest.raises(TooWide, match=r"^the worst case of Sobolev.* at t = 6 was not enclosed to \d+ bits$"):
        pu.worst_case(pu.Sobolev(S), 6, 1, 1, 30, criterion=criterion)


def test_coefficients_that_are_too_wide_at_first_are_asked_for_again(monkeypatch):
    whole, asked = module.error_polynomials, []

    def blurred_once(question, bits, *rest):
        A, factors = whole(question, bits, *rest)
        asked.append(bits)
        return ([v + arb(0, 1e-9) for v in A] if len(asked) < 3 else A), factors

    monkeypatch.setattr(module, "error_polynomials", blurred_once)
    found = pu.worst_case(pu.Sobolev(S), 6, 1, 1, 30)
    assert found.width * 10**30 <= found.upper
    assert len(asked) == 3
    assert asked == sorted(set(asked))


# -- threads and processes ------------------------------------------------------------------------------
def test_threads_get_the_right_answers():
    jobs = [
        (pu.Sobolev(S), 20, 1, "1/3", 40),
        (pu.Nesterov(S), 30, 1, 0, 15),
        (pu.Chebyshev(S), 25, 0, 1, 200),
        (pu.GradientDescent(S, "9/5"), 5, 1, "1/2", 5),
        (pu.Sobolev(S, pu.measures.legendre()), 15, 1, 2, 100),
    ]
    alone = [pu.worst_case(*job) for job in jobs]
    before, failures = flint.ctx.prec, []
    start = threading.Barrier(6)

    def work(seed):
        start.wait()
        for k in range(10):
            i = (seed + 3 * k) % len(jobs)
            if pu.worst_case(*jobs[i]) != alone[i]:
                failures.append((seed, i))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert flint.ctx.prec == before


def test_precision_is_put_back_after_an_error(monkeypatch):
    before = flint.ctx.prec
    monkeypatch.setattr(module, "_solve", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pu.worst_case(pu.Sobolev(S), 6)
    assert flint.ctx.prec == before


@pytest.mark.parametrize("how", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_processes_get_the_right_answers(how):
    if how not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system does not {how}")
    jobs = [(pu.Sobolev(S), t, 1, "1/3", 30) for t in (3, 10, 20)]
    context = multiprocessing.get_context(how)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        futures = [pool.submit(pu.worst_case, *job) for job in jobs]
        assert [future.result() for future in futures] == [pu.worst_case(*job) for job in jobs]


# -- bad input ------------------------------------------------------------------------------------------
CHEBYSHEV = pu.Chebyshev(S)
r = sympy.Symbol("r")
SQRT2, SQRT3 = sympy.sqrt(2), sympy.sqrt(3)
BAD = [
    ((CHEBYSHEV, 5), {"digits": 0}, "digits = 0 is not allowed"),
    ((CHEBYSHEV, 5), {"digits": -3}, "digits = -3 is not allowed"),
    ((CHEBYSHEV, 5), {"digits": 1001}, "digits = 1001 is not allowed; give 1 to 1000"),
    ((CHEBYSHEV, 5), {"digits": 10**30}, "give 1 to 1000"),
    ((CHEBYSHEV, 5), {"digits": 15.0}, "digits = 15.0 is not allowed"),
    ((CHEBYSHEV, 5), {"digits": True}, "digits = True is not allowed"),
    ((CHEBYSHEV, -1), {}, "t = -1 is not allowed"),
    ((CHEBYSHEV, 2.5), {}, "t = 2.5 is not allowed"),
    ((CHEBYSHEV, "5"), {}, "t = '5' is not allowed"),
    ((CHEBYSHEV, True), {}, "t = True is not allowed"),
    ((CHEBYSHEV, None), {}, "t = None is not allowed"),
    ((CHEBYSHEV, 10**18), {}, "the bound is near 10^-8.72e+16, and fractions of that size do not fit into memory"),
    ((pu.Sobolev(S), 10**400), {}, "t = 1.00e+400 would take about 1.58e+476 s"),
    ((CHEBYSHEV, 1), {"plain_steps": 10**400, "estimator": "truncated"}, "plain_steps = 1.00e+400 would take about"),
    ((pu.GradientDescent(S), 10**400), {}, "the bound is near 10^-4.36e+397"),
    ((pu.HeavyBall(S), 10**30), {}, "and fractions of that size do not fit into memory; give fewer steps"),
    ((CHEBYSHEV, 1), {"plain_steps": 10**7, "estimator": "truncated"}, "plain_steps = 10000000 would take about"),
    ((CHEBYSHEV, [1, -2]), {}, "t = -2 is not allowed"),
    ((CHEBYSHEV, 5, -1), {}, "R = -1 is not allowed; give a number >= 0"),
    ((CHEBYSHEV, 5, 1, "-1/3"), {}, "G = -1/3 is not allowed; give a number >= 0"),
    ((CHEBYSHEV, 5, 0, 0), {}, "R = 0 and G = 0 leave nothing to bound"),
    ((CHEBYSHEV, 5, "0", Fraction(0)), {}, "R = 0 and G = 0 leave nothing to bound"),
    ((CHEBYSHEV, 5, float("nan")), {}, "R = nan is not finite"),
    ((CHEBYSHEV, 5, 1, float("inf")), {}, "G = inf is not finite"),
    ((CHEBYSHEV, 5, 1j), {}, "R = 1j is not a number"),
    ((CHEBYSHEV, 5, sympy.I), {}, "R"),
    ((CHEBYSHEV, 5, "one"), {}, "R = 'one' is not a number"),
    ((CHEBYSHEV, 5, None), {}, "R = None is not a number"),
    ((CHEBYSHEV, 5, True), {}, "R = True is not a number"),
    ((CHEBYSHEV, 5, r), {}, "R = r is not allowed"),
    ((CHEBYSHEV, 5, SQRT2 + SQRT3), {}, "lie in different fields"),
    ((CHEBYSHEV, 5), {"criterion": "worst"}, "criterion = 'worst' is not known; give exact, pointwise, separate"),
    ((CHEBYSHEV, 5), {"criterion": None}, "criterion = None is not known"),
    ((CHEBYSHEV, 5), {"split": "both"}, "split = 'both' is not known; give total or partial"),
    ((CHEBYSHEV, 5), {"estimator": "fom"}, "estimator = 'fom' is not known; give unrolled, truncated, implicit"),
    ((CHEBYSHEV, 5), {"plain_steps": 3}, "plain_steps = 3 is for the estimators truncated and implicit"),
    ((CHEBYSHEV, 5), {"plain_steps": -1, "estimator": "truncated"}, "plain_steps = -1 is not allowed"),
    ((CHEBYSHEV, 5), {"solver": CHEBYSHEV}, "a linear solver is for the estimator implicit"),
    ((CHEBYSHEV, 5), {"solver": "cg", "estimator": "implicit"}, "solver = 'cg' is not a method"),
    ((CHEBYSHEV, 5), {"solver": S, "estimator": "implicit"}, "is not a method"),
    (
        (CHEBYSHEV, 5),
        {"solver": pu.Nesterov(pu.Spectrum(1, 2)), "estimator": "implicit"},
        "the solver's spectrum [1, 2] is not the method's, [1/100, 1]",
    ),
    ((S, 5), {}, "is not a method; give one"),
    (("chebyshev", 5), {}, "'chebyshev' is not a method"),
    ((None, 5), {}, "None is not a method"),
    ((pu.Chebyshev(pu.Spectrum(sympy.Symbol("l"), 1)), 5), {}, "has symbols; a bound needs numbers"),
    ((pu.Sobolev(S), 10**7), {}, "give t <= 200000"),
    ((pu.Sobolev(S), 5), {"estimator": "truncated", "plain_steps": 10**9}, "give plain_steps <= 200000"),
]


@pytest.mark.parametrize(("arguments", "how", "message"), BAD, ids=lambda v: re.sub(r"\W+", " ", str(v))[:50])
def test_bad_input_is_refused_in_one_sentence(arguments, how, message):
    with pytest.raises(InvalidInput) as caught:
        pu.worst_case(*arguments, **how)
    text = str(caught.value)
    assert message in text
    assert "\n" not in text
    assert not text.endswith(".")
    assert len(text) < 250


@pytest.mark.parametrize(("t", "how"), [(4, {}), (2, {"estimator": "truncated", "plain_steps": 4})])
def test_beyond_the_horizon(t, how):
    method = pu.GradientDescent(S, [1, "1/2", "1/3"])
    with pytest.raises(HorizonError, match=r"^t = 4 is beyond this method's 3 steps; give t <= 3$"):
        pu.worst_case(method, t, **how)


def test_two_irrational_fields_mix():
    assert float(pu.worst_case(pu.Nesterov(pu.Spectrum("1/50", 1)), 5, SQRT3)) > 0
    found = pu.worst_case(pu.GradientDescent(pu.Spectrum(SQRT2, SQRT2), "1/2"), 5, SQRT3, 0, split="partial")
    assert float(found) == pytest.approx((1 - 2**0.5 / 2) ** 5 * 3**0.5)


def test_what_would_take_too_long_is_refused_at_once_with_an_estimate():
    with pytest.raises(InvalidInput, match=r"^t = 10000000 would take about \d+ s and gigabytes of memory; give"):
        pu.worst_case(pu.Sobolev(S), 10**7)
