"""Certificates: real ones are verified, changed ones are not, and the checker neither searches nor trusts."""

from __future__ import annotations

import ast
import inspect
import json
import math
import random
import time
from collections import Counter
from contextlib import suppress
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import pi
from types import FunctionType

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from reference.mutants import is_true, mutants

import polyunroll as pu
from polyunroll.arithmetic.balls import ball_precision
from polyunroll.arithmetic.surd import Surd
from polyunroll.bounds import check as checker
from polyunroll.bounds import closed_form, local, mixture, supremum, worst_case
from polyunroll.bounds.certificate import SCHEMA, certificate
from polyunroll.bounds.check import _certain, _Fails, _piece_bound, _verify_supremum, check
from polyunroll.bounds.cosine import Cosine
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.evaluation import grid_derivatives
from polyunroll.bounds.question import Question
from polyunroll.bounds.values import at_only_point
from polyunroll.errors import InvalidInput

S = pu.Spectrum("1/100", 1)
ROOT5 = pu.Spectrum(Surd(fmpq(3), fmpq(-1), 5), Surd(fmpq(3), fmpq(1), 5))
POINT = pu.Spectrum("1/3", "1/3")
STEPS = ["1", "1/2", "3/4", "5/4", "7/8", "9/5", "1/9", "2"]
ROOTS = ["sqrt(2)/2", "1", "2 - sqrt(2)", "sqrt(2)"]

METHODS = {
    "gd 1/L": pu.GradientDescent(S),
    "gd 9/5": pu.GradientDescent(S, "9/5"),
    "gd in ℚ(√2)": pu.GradientDescent(S, "sqrt(2)/(L+ell)"),
    "gd list": pu.GradientDescent(S, STEPS),
    "gd list in ℚ(√2)": pu.GradientDescent(S, ROOTS * 2),
    "gd in ℚ(√5)": pu.GradientDescent(ROOT5, "sqrt(5)/4"),
    "chebyshev": pu.Chebyshev(S),
    "chebyshev in ℚ(√5)": pu.Chebyshev(ROOT5),
    "heavy ball": pu.HeavyBall(S),
    "heavy ball in ℚ(√6)": pu.HeavyBall(pu.Spectrum(2, 3)),
    "nesterov": pu.Nesterov(S),
    "nesterov in ℚ(√5)": pu.Nesterov(ROOT5),
    "sobolev": pu.Sobolev(S),
    "sobolev legendre": pu.Sobolev(S, pu.measures.legendre(), "1/10"),
    "sobolev gegenbauer": pu.Sobolev(S, pu.measures.gegenbauer("-1/4"), 3),
    "sobolev in ℚ(√5)": pu.Sobolev(ROOT5, pu.measures.gegenbauer(2), "1/7"),
    "marchenko-pastur": pu.Nesterov(pu.Spectrum.marchenko_pastur("1/2")),
    "κ = 1e-8": pu.Nesterov(pu.Spectrum("1e-8", 1)),
    "gd on one point": pu.GradientDescent(POINT, "1/2"),
    "nesterov on one point": pu.Nesterov(POINT),
    "heavy ball on one point of ℚ(√5)": pu.HeavyBall(pu.Spectrum(ROOT5.low, ROOT5.low)),
}
SIZES = [(1, 0), (0, 1), ("1/3", "1/7"), (1, Surd(fmpq(0), fmpq(1), 2)), (Surd(fmpq(3), fmpq(-1), 5), "1e-9")]


def written(method, t, R=1, G=0, **how):
    """The certificate after a journey through JSON."""
    return json.loads(json.dumps(certificate(pu.worst_case(method, t, R, G, **how)), allow_nan=False))


def verdict(data):
    """Whether data are verified; data that are no certificate are not."""
    try:
        return check(data)
    except InvalidInput as error:
        return False, str(error)


def assert_verified(data):
    good, sentence = check(data)
    assert good, sentence
    assert sentence.startswith(f"both ends are verified ({data['kind']}): ")


# -- real certificates ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("split", ["total", "partial"])
def test_every_method(name, split):
    for t in (0, 1, 2, 7):
        for R, G in SIZES:
            assert_verified(written(METHODS[name], t, R, G, split=split))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("estimator", ["truncated", "implicit"])
def test_every_method_with_every_estimator(name, estimator):
    for split in ("total", "partial"):
        for (R, G), plain_steps in zip(SIZES, (0, 5, 0, 5, 1), strict=True):
            assert_verified(written(METHODS[name], 4, R, G, split=split, estimator=estimator, plain_steps=plain_steps))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("criterion", ["exact", "pointwise", "separate"])
def test_every_criterion(name, criterion):
    for split in ("total", "partial"):
        for R, G in SIZES:
            assert_verified(written(METHODS[name], 5, R, G, split=split, criterion=criterion))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("digits", [1, 5, 50])
def test_every_width(name, digits):
    for t in (0, 1, 8):
        assert_verified(written(METHODS[name], t, "1/3", "1/7", digits=digits))


@pytest.mark.parametrize("solver", ["gd 1/L", "chebyshev", "sobolev", "gd list"])
def test_a_solver_of_its_own(solver):
    how = {"estimator": "implicit", "solver": METHODS[solver], "plain_steps": 3}
    data = written(METHODS["nesterov"], 5, 1, 1, **how)
    assert data["solver"] == METHODS[solver].as_data() != data["method"]
    assert_verified(data)


def test_many_digits_and_many_steps():
    assert_verified(written(METHODS["nesterov"], 3, 1, "1/7", digits=300))
    assert_verified(written(METHODS["nesterov"], 150, 1, "1/7", digits=40))
    assert_verified(written(METHODS["chebyshev"], 100_000, 1, 1))
    assert_verified(written(METHODS["gd 9/5"], 100_000, 1, 1, criterion="separate"))
    assert_verified(written(pu.GradientDescent(pu.Spectrum("1e-9", 1)), 10**9))


def test_flat_functions_have_many_cells():
    # equioscillation: every cell near a peak is listed, and derivatives at them come from transforms
    data = written(METHODS["chebyshev"], 100, 1, "1/10", estimator="implicit", plain_steps=10, split="partial")
    assert max(len(one["cells"]) for one in data["suprema"]) > 60
    assert_verified(data)
    data = written(METHODS["sobolev"], 120, 1, "1/10")
    assert_verified(data)


def test_both_ways_to_derivatives_agree():
    """Transforms and sums cell by cell, against numpy."""
    rng = random.Random(3)
    a = [Fraction(rng.randint(-50, 50), rng.randint(1, 9)) for _ in range(18)]
    N, order = 64, 6
    with ball_precision(128):
        f = Cosine([arb(fmpq(v.numerator, v.denominator)) for v in a])
        many = grid_derivatives(f, list(range(N + 1)), N, order)
        few = grid_derivatives(f, list(range(33)), N, order) | grid_derivatives(f, list(range(33, 65)), N, order)
    k, values = np.arange(len(a)), np.array([float(v) for v in a])
    for j in range(N + 1):
        for m in range(order + 1):
            wanted = float(np.sum(values * k**m * np.cos(k * j * pi / N + m * pi / 2)))
            for found in (many[j][m], few[j][m]):
                assert abs(float(found.mid()) - wanted) <= 1e-9 * max(1.0, float(np.sum(np.abs(values * k**m))))
            assert many[j][m].overlaps(few[j][m])
            assert float(many[j][m].rad()) < 1e-20


def test_zero_is_verified_exactly():
    for data in (
        written(METHODS["nesterov"], 0, 0, 1),
        written(METHODS["gd 1/L"], 0, 0, 1),
        written(METHODS["gd 1/L"], 3, 0, 1, estimator="truncated", plain_steps=0, split="partial")
        | {"lower": "0", "upper": "1000"},
        written(pu.GradientDescent(POINT), 2, 1, 1),
    ):
        assert data["lower"] == "0"
        assert_verified(data)
        if data["upper"] == "0":
            assert not verdict({**data, "upper": "-1/1000000"})[0]


def test_what_a_certificate_says():
    data = written(METHODS["gd list"], 8, "1/3", "1/7", digits=20)
    assert data["schema"] == SCHEMA
    assert data["method"] == METHODS["gd list"].as_data()
    assert (data["t"], data["R"], data["G"]) == (8, "1/3", "1/7")
    found = pu.worst_case(METHODS["gd list"], 8, "1/3", "1/7", digits=20)
    assert (Fraction(data["lower"]), Fraction(data["upper"])) == (found.lower, found.upper)
    assert certificate(found) == data == written(METHODS["gd list"], 8, "1/3", "1/7", digits=20), "the same each time"
    good, sentence = check(data)
    assert good
    for words in ("gd, ", "ell = 1/100", "R = 1/3", "G = 1/7", "exact worst case V at t = 8", "commutes"):
        assert words in sentence


def test_pieces_go_from_left_to_right():
    data = written(METHODS["sobolev"], 40, 1, "1/10")
    cells = [pieces for one in data["suprema"] for pieces in one["cells"].values()]
    assert any(len(pieces) > 1 for pieces in cells)
    for pieces in cells:
        ends = [
            (Fraction(p[0][0]) * Fraction(2) ** p[0][1], Fraction(p[1][0]) * Fraction(2) ** p[1][1]) for p in pieces
        ]
        assert ends[0][0] == -1
        assert ends[-1][1] == 1
        assert all(one[1] == other[0] for one, other in pairwise(ends))


@pytest.mark.parametrize("evidence", [None, "text", 3, {"question": 1}])
def test_an_enclosure_of_nobody_has_no_certificate(evidence):
    with pytest.raises(InvalidInput, match="carries no evidence"):
        certificate(Enclosure(Fraction(1), Fraction(2), evidence=evidence))


def test_a_method_of_nobody_cannot_be_checked():
    class Own(pu.Nesterov):
        name = "own"

    data = written(Own(S), 5)
    with pytest.raises(InvalidInput, match="'own' is not a method"):
        check(data)


# -- changed certificates -------------------------------------------------------------------------------
BASES = {
    "gd, one end": ("gd 1/L", 7, {"R": 1, "G": "1/2"}),
    "gd, two points": ("gd 9/5", 5, {"R": 1, "G": "1/2"}),
    "gd, separate": ("gd 9/5", 5, {"R": 1, "G": "1/2", "criterion": "separate", "split": "partial"}),
    "chebyshev": ("chebyshev", 9, {"R": "1/3", "G": 0}),
    "start": ("heavy ball", 0, {"R": "1/3", "G": 5}),
    "start, closed form": ("chebyshev", 0, {"R": "1/3", "G": 5}),
    "one point": ("gd on one point", 5, {"R": "1/3", "G": "1/7"}),
    "gd list, single": ("gd list", 8, {"R": 1, "G": 0, "digits": 30}),
    "heavy ball in ℚ(√6)": ("heavy ball in ℚ(√6)", 6, {"R": "1/3", "G": "1/7"}),
    "nesterov, one eigenvalue": ("nesterov", 9, {"R": 1, "G": "1/2"}),
    "sobolev, exact": ("sobolev", 9, {"R": 1, "G": "1/20"}),
    "sobolev, pointwise": ("sobolev legendre", 7, {"R": 1, "G": "1/20", "criterion": "pointwise"}),
    "sobolev, separate": ("sobolev in ℚ(√5)", 6, {"R": 1, "G": 2, "criterion": "separate", "digits": 5}),
    "truncated": ("chebyshev", 4, {"R": 1, "G": "1/5", "estimator": "truncated", "plain_steps": 3}),
    "implicit, factors": ("chebyshev", 4, {"G": 1, "estimator": "implicit", "plain_steps": 2, "split": "partial"}),
    "factors alone": ("nesterov", 4, {"R": 0, "G": 1, "estimator": "truncated", "plain_steps": 3, "split": "partial"}),
}


@cache
def base(name):
    method, t, how = BASES[name]
    return written(METHODS[method], t, **how)


@cache
def outcomes(name):
    """Of one certificate's mutants: how many there are, and which are accepted (have they to be refused?)."""
    total, accepted = 0, []
    for change, hopeless, mutant in mutants(base(name)):
        total += 1
        if verdict(mutant)[0]:
            accepted.append((change, hopeless, mutant))
    return total, accepted


def test_the_bases_differ():
    kinds = Counter(base(name)["kind"] for name in BASES)
    assert set(kinds) == {"start", "one point", "points", "suprema"}
    assert any(len(base(name)["places"]) == 2 for name in BASES if base(name)["kind"] == "points")
    assert any(
        piece[2] == rule
        for rule in ("small", "concave")
        for name in BASES
        for one in base(name)["suprema"]
        for pieces in one["cells"].values()
        for piece in pieces
    )


@pytest.mark.parametrize("name", BASES)
def test_no_changed_certificate_is_accepted_unless_it_is_true(name):
    assert_verified(base(name))
    for change, hopeless, mutant in outcomes(name)[1]:
        assert not hopeless, f"{change}: no proof is left"
        assert is_true(mutant), f"{change}: accepted, and false"


def test_how_many_changes_there_are():
    total = sum(outcomes(name)[0] for name in BASES)
    harmless = Counter(change for name in BASES for change, _, _ in outcomes(name)[1])
    print(f"{total} changed certificates, {sum(harmless.values())} of them still true and verified: {harmless}")
    assert total >= 300
    assert sum(harmless.values()) < total / 4


# -- proofs that are none -------------------------------------------------------------------------------
def test_one_eigenvalue_is_not_enough_for_an_interval():
    """The value at ℓ, claimed for the whole spectrum."""
    data = written(METHODS["chebyshev"], 5, 1, "1/2")
    value = at_only_point(Question.of(METHODS["chebyshev"], 5, 1, "1/2"))
    forged = {**data, "kind": "one point", "lower": str(value), "upper": str(value), "places": []}
    assert Fraction(str(value)) < Fraction(data["lower"]) / 2
    assert check(forged) == (False, "the certificate is for a spectrum of one point; the question's has two ends")


@pytest.mark.parametrize("p", [None, [1, -1], [1, -20], [0, 0], [1, 0]])
@pytest.mark.parametrize("places", [["ell", "L"], ["L", "ell"], ["L"], ["ell"], ["ell", "ell"]])
def test_a_mixture_is_no_upper_bound(p, places):
    """Without an s, the upper end must be the worst point's, whatever carries the lower end."""
    data = written(METHODS["gd 1/L"], 5, 1, "1/2")
    for upper in ("5/2", "3", "17/5"):
        forged = {**data, "places": places, "p": p, "lower": "0", "upper": upper}
        assert Fraction(upper) < Fraction(data["lower"])
        assert not verdict(forged)[0]


@pytest.mark.parametrize("name", [name for name in BASES if base(name)["suprema"]])
def test_no_cells_and_a_low_claim(name):
    """Everything that the certificate may choose, chosen to please."""
    data = base(name)
    for size in (Fraction(1, 2), Fraction(99, 100), Fraction(10**6 - 1, 10**6)):
        for rule, point in (("small", None), ("concave", [0, 0]), ("concave", [1, 0]), ("concave", [-1, 0])):
            forged = json.loads(json.dumps(data))
            for one in forged["suprema"]:
                top = Fraction(one["upper"][0]) * Fraction(2) ** one["upper"][1] * size
                one["upper"] = [int(top * 2**900), -900]
                one["cells"] = {str(j): [[[-1, 0], [1, 0], rule, point]] for j in range(one["N"] + 1)}
            forged["upper"] = str(Fraction(data["lower"]) * size)
            forged["lower"] = "0"
            assert not is_true(forged)
            assert not verdict(forged)[0]


coefficients = st.lists(st.integers(-50, 50), min_size=1, max_size=8).map(lambda a: [*a, 7])
pieces = st.lists(
    st.tuples(
        st.integers(-9, 8),
        st.integers(-8, 9),
        st.sampled_from(["small", "concave"]),
        st.none() | st.integers(-9, 9),
    ),
    min_size=1,
    max_size=4,
)
tilings = st.lists(st.integers(-7, 7), max_size=6, unique=True).map(sorted)


@st.composite
def forgeries(draw):
    """Coefficients, and what a certificate may say of their supremum: good grids and pieces, and any other."""
    a = draw(coefficients)
    n = len(a) - 1
    N = draw(st.integers(max(1, 2 * n), 4 * n + 4))
    cells = {}
    any_pieces, some_concave = draw(st.integers(0, 3)) == 0, draw(st.integers(0, 3)) == 0
    known = [("small", None)] * 9 + [("concave", [0, 0])] * some_concave
    for j in draw(st.sets(st.integers(0, N), max_size=6) if any_pieces else st.just(range(N + 1))):
        if any_pieces:
            cells[str(j)] = [
                [[low, -3], [high, -3], rule, None if v is None else [v, -3]] for low, high, rule, v in draw(pieces)
            ]
        else:
            cuts = [-8, *draw(tilings), 8]
            rules = [draw(st.sampled_from(known)) for _ in cuts]
            cells[str(j)] = [
                [[low, -3], [high, -3], *rule] for (low, high), rule in zip(pairwise(cuts), rules, strict=False)
            ]
    share = draw(st.sampled_from([0.5, 0.9, 0.99, 0.9999, 0.999999, 1.000001, 1.1, 1.3, 1.6, 3.0]))
    return a, share, {"N": N, "order": draw(st.sampled_from([1, 2, 4, 8, 16])), "cells": cells}


@settings(max_examples=200)
@given(forgeries())
def test_no_forged_supremum_is_below_a_value(forgery):
    """Whatever cells, pieces and rules are named: what is accepted is an upper bound."""
    a, share, data = forgery
    theta = np.linspace(0, pi, 4001)
    largest = float(np.abs(np.cos(np.outer(theta, np.arange(len(a)))) @ np.array(a)).max())
    mantissa, exponent = arb(largest * share).man_exp()
    try:
        with ball_precision(100):
            top = _verify_supremum(Cosine([arb(v) for v in a]), {**data, "upper": [int(mantissa), int(exponent)]}, 100)
    except _Fails:
        return
    assert share > 1
    assert float(top) >= largest
    if data["cells"]:
        event("accepted with cells")


def polynomial(q, v):
    return sum(c * v**k for k, c in enumerate(q))


rationals = st.fractions(-4, 4, max_denominator=8)


@settings(max_examples=300)
@given(
    st.lists(rationals, min_size=1, max_size=6),
    st.sampled_from(["small", "concave", "concave", "concave"]),
    st.sampled_from([-8, 8, -7, -4, -1, 0, 1, 3, 5, 8]),
)
@example([1, 1, -1], "concave", 0)  # not at its vertex
@example([1, 3, -1], "concave", 8)  # rising towards the end
@example([1, 3, -1], "concave", -8)  # falling towards the end named
@example([4, 1, -1], "concave", -8)
@example([4, -1, -1], "concave", 8)
@example([Fraction(1, 8), 0, -4], "concave", 0)  # the other sign is larger
@example([-1, 0, 1, 1], "concave", 0)
@example([1, 0, 1], "concave", 0)  # convex
@example([1, 0, -1, 0, 1], "concave", 0)  # concave in the middle only
def test_a_rule_that_applies_bounds_its_piece(q, rule, v):
    """Against the polynomial's values at 257 points."""
    largest = max(abs(polynomial(q, Fraction(k, 128))) for k in range(-128, 129))
    try:
        bound = _piece_bound(
            [arb(fmpq(Fraction(c).numerator, Fraction(c).denominator)) for c in q],
            rule,
            None if rule == "small" else [v, -3],
        )
    except _Fails:
        assert rule == "concave"
        return
    assert float(bound) >= float(largest) * (1 - 1e-9)
    event(rule)


def test_the_curvature_is_the_least_on_the_piece():
    q = [arb(4), arb(1), arb(-2), arb("0.25"), arb("0.125")]  # -q'' >= 4 - 6/4 - 12/8 = 1
    assert _piece_bound(q, "concave", [0, 0]) == arb("4.5")


def test_a_sign_that_is_not_known_has_no_rule():
    q = [arb(0, 0.1), arb(0), arb(1)]  # |q| reaches 1.1, and 1 without the radius
    with pytest.raises(_Fails):
        _piece_bound(q, "concave", [0, 0])
    assert float(_piece_bound(q, "small", None).upper()) >= 1.1


@pytest.mark.parametrize("p", [[-1, 0], [2, 0], [100, 0], [-1, -30], [(1 << 30) + 1, -30]])
def test_weights_are_between_0_and_1(p):
    data = base("gd, two points")
    assert len(data["places"]) == 2
    for places in (data["places"], data["places"][::-1]):
        good, sentence = check({**data, "places": places, "p": p, "lower": "0"})
        assert not good
        assert "are no problem with two eigenvalues" in sentence


@pytest.mark.parametrize("name", ["start", "one point", "gd, separate", "gd, one end", "gd list, single"])
def test_a_proof_holds_nothing_that_is_not_verified(name):
    data = base(name)
    more = {"s": [1, -1], "p": [1, -1], "suprema": base("sobolev, exact")["suprema"], "places": ["L"]}
    used = {"gd, separate": {"places"}, "gd, one end": {"s", "p", "places"}, "gd list, single": {"suprema", "places"}}
    for key in set(more) - used.get(name, set()):
        good, sentence = check({**data, key: more[key]})
        assert not good
        assert sentence == f"the certificate has {key}, which no proof of its kind uses"


def test_a_solver_that_is_not_used_is_refused():
    for name in ("gd, two points", "sobolev, exact", "truncated"):
        good, sentence = check({**base(name), "solver": METHODS["gd 1/L"].as_data()})
        assert not good
        assert "names a linear solver" in sentence


def grid_bounds(a, N):
    """The least claim that cells without pieces allow, in doubles: from first or third derivatives at their centres."""
    n, k, values = len(a) - 1, np.arange(len(a)), np.array(a, dtype=float)
    theta, delta = np.pi * np.arange(N + 1) / N, np.pi / (2 * N)
    derivatives = [np.abs(np.cos(np.outer(theta, k) + m * np.pi / 2) @ (values * k**m)) for m in range(4)]
    norm = derivatives[0].max() / np.cos(n * delta)
    first = derivatives[0] + derivatives[1] * delta + norm * (n * delta) ** 2 / 2
    third = sum(d * delta**m / math.factorial(m) for m, d in enumerate(derivatives)) + norm * (n * delta) ** 4 / 24
    return float(np.minimum(first, third).max())


def pieces_bound(a, N, order):
    """The least claim that one small piece a cell allows, in doubles."""
    n, k, values = len(a) - 1, np.arange(len(a)), np.array(a, dtype=float)
    theta, delta = np.pi * np.arange(N + 1) / N, np.pi / (2 * N)
    norm = np.abs(np.cos(np.outer(theta, k)) @ values).max() / np.cos(n * delta)
    total = norm * (n * delta) ** (order + 1) / math.factorial(order + 1)
    for m in range(order + 1):
        derivative = np.abs(np.cos(np.outer(theta, k) + m * np.pi / 2) @ (values * k**m))
        total = total + derivative * delta**m / math.factorial(m)
    return float(total.max())


@pytest.mark.parametrize("seed", range(12))
def test_the_bounds_are_those_of_the_theory(seed):
    """What is accepted is the bound of Riesz, Bernstein and Taylor, to 1e-9: not less, and not more."""
    rng = random.Random(seed)
    a = [rng.randint(-9, 9) for _ in range(rng.randint(1, 6))] + [rng.randint(1, 9)]
    n = len(a) - 1
    N = rng.randint(-(-5 * n // 2), 4 * n)
    order = rng.randint(1, 6)
    whole = {str(j): [[[-1, 0], [1, 0], "small", None]] for j in range(N + 1)}
    for cells, bound in (({}, grid_bounds(a, N)), (whole, pieces_bound(a, N, order))):
        for share, accepted in ((1 + 1e-9, True), (1 - 1e-9, False)):
            mantissa, exponent = arb(bound * share).man_exp()
            data = {"N": N, "order": order, "cells": cells, "upper": [int(mantissa), int(exponent)]}
            with ball_precision(100):
                if accepted:
                    assert _verify_supremum(Cosine([arb(v) for v in a]), data, 100) == arb(bound * share)
                else:
                    with pytest.raises(_Fails, match=r"excluded|below"):
                        _verify_supremum(Cosine([arb(v) for v in a]), data, 100)


def test_a_good_supremum_is_accepted():
    """Forgeries are refused for what is false in them, not for their form."""
    f = Cosine([arb(0), arb(0), arb(1)])  # cos 2θ: maxima at 0, π/2 and π, which are on the grid
    halves = [[[-1, 0], [0, 0], "small", None], [[0, 0], [1, 0], "small", None]]
    cells = {str(j): [[[-1, 0], [1, 0], "concave", [0, 0]]] for j in (0, 4, 8)} | {str(j): halves for j in (1, 3, 5, 7)}
    with ball_precision(100):
        close = {"N": 8, "order": 20, "upper": [2**40 + 1, -40], "cells": cells}
        assert float(_verify_supremum(f, close, 100)) == 1 + 2.0**-40
        for false in ([1, 0], [2**40 - 1, -40]):  # 1 itself needs balls of radius 0
            with pytest.raises(_Fails, match="not below"):
                _verify_supremum(f, {**close, "upper": false}, 100)
        with pytest.raises(_Fails, match="not below"):
            _verify_supremum(f, {**close, "cells": {**cells, "4": halves}}, 100)
        assert _verify_supremum(f, {**close, "upper": [9, -3], "cells": {**cells, "4": halves}}, 100) == arb("1.125")


def test_undefined_balls_verify_nothing():
    nan, wide = arb("nan"), arb(0, "inf")
    for f in (
        Cosine([arb(1), nan]),
        Cosine([arb(1), wide]),
        Cosine([arb(1), arb("inf")]),
        Cosine([arb(0), arb(1, 1e6)]),
    ):
        for cells in ({}, {str(j): [[[-1, 0], [1, 0], "small", None]] for j in range(5)}):
            data = {"N": 4, "order": 3, "upper": [1, 3], "cells": cells}
            with ball_precision(60), pytest.raises(_Fails):
                _verify_supremum(f, data, 60)
    for rule, point in (("small", None), ("concave", [0, 0]), ("concave", [1, 0])):
        for q in (
            [arb(1), nan, arb(-1)],
            [arb(1), arb(0), nan],
            [nan, arb(0), arb(-1)],
            [arb(1), arb(0), arb(-1), nan],
        ):
            with suppress(_Fails):
                assert not _piece_bound(q, rule, point) <= arb(1000)
    assert not _certain(nan, fmpq(0))
    assert not _certain(fmpq(0), nan)
    assert not _certain(arb(0, 1), fmpq(0))
    assert _certain(arb(1, 0.5), fmpq(0))
    assert _certain(fmpq(1, 3), fmpq(1, 3))
    assert not _certain(arb(1) / 3, fmpq(1, 3))
    assert _certain(Surd(fmpq(0), fmpq(1), 2), fmpq(7, 5))
    assert not _certain(Surd(fmpq(0), fmpq(1), 2), fmpq(71, 50))


# -- the checker does not search ------------------------------------------------------------------------
def test_the_checker_never_searches(monkeypatch):
    """Every function and method that chooses is made to fail; all certificates are verified as before."""
    certificates = [base(name) for name in BASES]

    def forbidden(*args, **more):
        raise AssertionError("the checker searches")

    for module in (supremum, mixture, local, closed_form, worst_case):
        for name, value in list(vars(module).items()):
            if isinstance(value, FunctionType) and value.__module__ == module.__name__:
                monkeypatch.setattr(module, name, forbidden)
            elif isinstance(value, type) and value.__module__ == module.__name__:
                for method, function in list(vars(value).items()):
                    callable_ = isinstance(function, (FunctionType, staticmethod, classmethod, property))
                    if callable_ and (not method.startswith("__") or value is local.LocalModel):
                        monkeypatch.setattr(value, method, forbidden)
    for call in (
        lambda: supremum.supremum(Cosine([arb(1), arb(1)]), 10),
        lambda: mixture.mixture([arb(1)], [arb(1)], arb("0.5"), 10),
        lambda: local.LocalModel([arb(1)], arb(1), arb(0)),
        lambda: pu.worst_case(METHODS["nesterov"], 5),
    ):
        with pytest.raises(AssertionError, match="the checker searches"):
            call()
    for data in certificates:
        assert_verified(data)


def test_the_checker_imports_no_search():
    tree = ast.parse(inspect.getsource(checker))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    searching = {"supremum", "mixture", "local", "closed_form", "worst_case", "burn_in", "rate", "sequence"}
    assert not modules & {f"polyunroll.bounds.{name}" for name in searching}
    assert not names & {*searching, "best_for", "two_point_bound", "LocalModel", "order_for", "answer", "Supremum"}
    assert all(module.startswith("polyunroll.") or module in _OUTSIDE for module in modules)


_OUTSIDE = {"__future__", "collections.abc", "math", "typing", "flint"}


# -- what is no certificate -----------------------------------------------------------------------------
TYPES = [None, True, 0, -1, 1.5, float("nan"), float("inf"), "", "nan", "1", [], [[]], {}, {"u": []}, [1, 2], "ell"]


def paths(data, path=()):
    """Every place inside JSON data."""
    if path:
        yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from paths(value, (*path, key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from paths(value, (*path, i))


def changed(data, path, value, delete=False):
    """A copy with another value at one place, or with the place deleted."""
    copy = json.loads(json.dumps(data))
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    if delete:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return copy


@pytest.mark.parametrize("name", ["gd, two points", "start", "one point", "sobolev, exact", "implicit, factors"])
def test_other_types_are_no_certificate(name):
    """Each value replaced by each of other types, each key and element left out: never an error of another kind."""
    data = base(name)
    places = list(paths(data))
    chosen = places if len(places) <= 60 else random.Random(1).sample(places, 60)
    for path in chosen:
        for value in TYPES:
            mutant = changed(data, path, value)
            if verdict(mutant)[0]:
                assert_same_kind(data, mutant, path, value)
        if verdict(changed(data, path, None, delete=True))[0]:
            # a step, a cell or a piece that the proof does not need; never a key of the certificate
            assert isinstance(path[-1], int) or path[-2] == "cells"
            assert is_true(changed(data, path, None, delete=True))


def assert_same_kind(data, mutant, path, value):
    """What is accepted has the type of what it replaces, and is true."""
    before = data
    for key in path:
        before = before[key]
    assert type(before) is type(value) or before is None or value is None or path[-1] in ("s", "p")
    assert is_true(mutant)


@pytest.mark.parametrize("data", [None, 3, "text", [], [1], {}, {"schema": None}, {"schema": []}, {"schema": SCHEMA}])
def test_no_certificates(data):
    with pytest.raises(InvalidInput):
        check(data)


def test_more_keys_are_no_certificate():
    data = base("sobolev, exact")
    with pytest.raises(InvalidInput, match="keys must be"):
        check({**data, "verified": True})
    with pytest.raises(InvalidInput, match="keys must be"):
        check({**data, "suprema": [{**data["suprema"][0], "bound": 1}]})
    with pytest.raises(InvalidInput, match="keys must be"):
        check({**data, "places": [{**data["places"][0], "lambda": 1}]})


def test_nesting_without_end_is_no_certificate():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for key in base("sobolev, exact"):
        with pytest.raises(InvalidInput):
            check({**base("sobolev, exact"), key: deep})
    for path in (("suprema", 0, "cells", "0"), ("suprema", 0, "upper"), ("places", 0, "u"), ("method", "parameters")):
        with pytest.raises(InvalidInput):
            check(changed_in_place(base("sobolev, exact"), path, deep))


def changed_in_place(data, path, value):
    copy = json.loads(json.dumps(data))
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return copy


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-9, 99)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["exact", "total", "unrolled", "1/2", "1e9", "sqrt(2)", "suprema", "points", "small", "concave", "L"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["N", "j", "u", "cells", "name", "parameters", "ell", "L", "0", "45"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.sampled_from(list(BASES)), st.data())
def test_junk_is_never_verified(name, draw):
    """Up to three places of a real certificate replaced by junk; what is still verified is true."""
    data = base(name)
    for _ in range(draw.draw(st.integers(1, 3))):
        path = draw.draw(st.sampled_from(sorted(paths(data), key=str)))
        data = changed(data, path, draw.draw(junk))
    try:
        good, sentence = check(data)
    except InvalidInput:
        return
    assert sentence
    if good:
        assert is_true(data)


@given(st.dictionaries(st.sampled_from(sorted(base("sobolev, exact"))), junk))
def test_nothing_but_junk(data):
    with pytest.raises(InvalidInput):
        check({**data, "schema": SCHEMA})


# -- what asks for too much -----------------------------------------------------------------------------
BIG = 10**9
BOMBS = {
    "precision": ("sobolev, exact", lambda d: d.update(precision=BIG)),
    "precision of 5000 digits": ("sobolev, exact", lambda d: d.update(precision=10**5000)),
    "precision, closed form": ("chebyshev", lambda d: d.update(precision=BIG)),
    "precision, start": ("start", lambda d: d.update(precision=BIG)),
    "negative precision": ("sobolev, exact", lambda d: d.update(precision=-5)),
    "t": ("sobolev, exact", lambda d: d.update(t=BIG)),
    "t of 5000 digits": ("sobolev, exact", lambda d: d.update(t=10**5000)),
    "t, one point": ("one point", lambda d: d.update(t=BIG)),
    "t of 5000 digits, one point": ("one point", lambda d: d.update(t=10**5000)),
    "t, closed form": ("chebyshev", lambda d: d.update(t=10**20)),
    "t of 5000 digits, closed form": ("chebyshev", lambda d: d.update(t=10**5000)),
    "t of 10^9, closed form": ("chebyshev", lambda d: d.update(t=BIG)),
    "plain steps": ("implicit, factors", lambda d: d.update(plain_steps=BIG)),
    "precision and t": ("sobolev, exact", lambda d: d.update(precision=10**5, t=10**5)),
    "N": ("sobolev, exact", lambda d: d["suprema"][0].update(N=10**12)),
    "N of 5000 digits": ("sobolev, exact", lambda d: d["suprema"][0].update(N=10**5000)),
    "order": ("sobolev, exact", lambda d: d["suprema"][0].update(order=BIG)),
    "exponent of a supremum": ("sobolev, exact", lambda d: d["suprema"][0].update(upper=[1, 10**12])),
    "exponent of an end": ("sobolev, exact", lambda d: d["suprema"][0].update(upper=[1, -BIG])),
    "mantissa": ("sobolev, exact", lambda d: d["suprema"][0].update(upper=[1 << 10**7, -(10**7)])),
    "exponent of s": ("sobolev, exact", lambda d: d.update(s=[1, -(10**8)])),
    "exponent of p": ("sobolev, exact", lambda d: d.update(p=[1, -(10**8)])),
    "a place's grid": ("sobolev, exact", lambda d: d["places"][0].update(N=10**5000, j=3)),
    "a place far away": ("sobolev, exact", lambda d: d["places"][0].update(u=[1, BIG])),
    "a piece's end": (
        "sobolev, exact",
        lambda d: d["suprema"][0].update(cells={"0": [[[-1, BIG], [1, BIG], "small", None]]}),
    ),
    "a piece's low end": (
        "sobolev, exact",
        lambda d: d["suprema"][0].update(cells={"0": [[[-1, 0], [1, -BIG], "small", None]]}),
    ),
    "an end of many digits": ("sobolev, exact", lambda d: d.update(lower="9" * 10**6)),
    "an end of too many digits": ("sobolev, exact", lambda d: d.update(upper="9" * (10**6 + 1))),
    "an end with a power": ("sobolev, exact", lambda d: d.update(upper="1e1000000000")),
    "R": ("sobolev, exact", lambda d: d.update(R="1" + "0" * 10**6)),
    "R with a power": ("sobolev, exact", lambda d: d.update(R="1e100000")),
    "R in a tower": ("sobolev, exact", lambda d: d.update(R="sqrt(2)**1000**1000")),
    "R with a long root": ("sobolev, exact", lambda d: d.update(R="sqrt(" + "7" * 10**5 + ")")),
    "a step of many digits": (
        "gd, two points",
        lambda d: d["method"]["parameters"].update(h="9" * 4000 + "/" + "7" * 4000),
    ),
    "a spectrum of many digits": (
        "sobolev, exact",
        lambda d: [d[m]["parameters"].update(ell="1/1" + "0" * 4500) for m in ("method", "solver")],
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_asks_for_too_much_is_refused_with_a_sentence(name):
    start, change = BOMBS[name]
    data = json.loads(json.dumps(base(start)))
    change(data)
    before = time.process_time()
    good, sentence = verdict(data)
    assert time.process_time() - before < 3
    assert not good
    assert 10 < len(sentence) < 400
    assert "\n" not in sentence


def test_long_numbers_do_not_fail():
    """Ends and parameters longer than Python would print or read."""
    tiny = pu.Spectrum("1e-5000", 1)
    assert_verified(written(pu.Chebyshev(tiny), 5, 1, "1e-5000"))
    assert_verified(written(pu.Nesterov(tiny), 5, Fraction(1, 3**12_000), 1))


# -- long runs ------------------------------------------------------------------------------------------
def random_question(rng):
    """A method, t and the rest, from everywhere."""
    ell = Fraction(rng.randint(1, 50), rng.randint(1, 50))
    kappa = Fraction(rng.randint(10, 99), 10 ** (2 + rng.randint(0, 7)))
    spectrum = pu.Spectrum(ell, ell / kappa if rng.random() < 0.95 else ell)
    t = rng.choice([0, 1, 2, 3, rng.randint(1, 30), rng.randint(1, 300)])
    families = [
        lambda: pu.GradientDescent(spectrum, rng.choice(["1/L", "2/(L+ell)", "1/ell", "sqrt(3)/L"])),
        lambda: pu.GradientDescent(spectrum, [Fraction(rng.randint(1, 90), 40) / spectrum.L for _ in range(300)]),
        lambda: pu.Chebyshev(spectrum),
        lambda: pu.HeavyBall(spectrum),
        lambda: pu.Nesterov(spectrum),
    ]
    if spectrum.radius:
        measure = pu.measures.gegenbauer(Fraction(rng.randint(-9, 60), 20))
        families.append(lambda: pu.Sobolev(spectrum, measure, Fraction(rng.randint(0, 30), rng.randint(1, 30))))
    how = {
        "R": rng.choice([0, 1, Fraction(rng.randint(1, 99), rng.randint(1, 99)), "1e-12"]),
        "G": rng.choice([1, Fraction(rng.randint(1, 99), rng.randint(1, 99)), "1e12"]),
        "digits": rng.randint(1, 60),
        "criterion": rng.choice(["exact", "pointwise", "separate"]),
        "split": rng.choice(["total", "partial"]),
        "estimator": rng.choice(["unrolled", "unrolled", "truncated", "implicit"]),
    }
    if how["estimator"] != "unrolled":
        how["plain_steps"] = rng.choice([0, 1, 5, 40])
    return rng.choice(families)(), t, how


@pytest.mark.parametrize("seed", range(20))
def test_random_certificates(seed):
    rng = random.Random(seed)
    for _ in range(3):
        method, t, how = random_question(rng)
        assert_verified(written(method, t, **how))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_many_random_certificates(seed):
    rng = random.Random(1000 + seed)
    for _ in range(100):
        method, t, how = random_question(rng)
        assert_verified(written(method, t, **how))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_random_changes(seed):
    """The systematic changes, made to certificates of random questions."""
    rng = random.Random(seed)
    for _ in range(3):
        method, t, how = random_question(rng)
        data = written(method, min(t, 12), **{**how, "digits": min(how["digits"], 30)})
        assert_verified(data)
        for change, hopeless, mutant in mutants(data):
            if verdict(mutant)[0]:
                assert not hopeless, change
                assert is_true(mutant), change


@pytest.mark.slow
def test_high_degrees_and_many_digits():
    assert_verified(written(METHODS["nesterov"], 2000, 1, "1/7", digits=50))
    assert_verified(written(METHODS["sobolev"], 1000, 1, "1/10"))
    assert_verified(written(METHODS["chebyshev"], 1000, 1, 1, estimator="implicit", plain_steps=10, split="partial"))
    assert_verified(written(METHODS["sobolev legendre"], 30, 1, "1/7", digits=1000))
    assert_verified(written(METHODS["chebyshev"], 1_000_000, 1, "1/7", digits=1000))


@pytest.mark.parametrize("make", [lambda m: pu.worst_case(m, 12, G="1/10"), pu.burn_in])
def test_what_is_public_writes_down_and_checks_both_kinds(make):
    found = make(pu.Chebyshev(pu.Spectrum("1/100", 1)))
    data = json.loads(json.dumps(found.certificate))
    assert pu.check_certificate(data)[0]
    data["R"] = "2"
    assert not pu.check_certificate(data)[0]
    for other in (None, [], {"schema": "another"}):
        with pytest.raises(InvalidInput, match="this is no certificate of a bound"):
            pu.check_certificate(other)
