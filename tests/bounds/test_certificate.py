"""Certificates: real ones are verified, changed ones are not, and the checker neither searches nor trusts."""

from __future__ import annotations

import ast
import inspect
import json
import random
import time
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import pi
from types import FunctionType

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st
from reference.mutants import dyadic, is_true, mutants, truth

import polyunroll as pu
from polyunroll.arithmetic.balls import ball_precision
from polyunroll.arithmetic.surd import Surd
from polyunroll.bounds import check as checker
from polyunroll.bounds import closed_form, local, mixture, supremum, worst_case
from polyunroll.bounds.certificate import SCHEMA, certificate
from polyunroll.bounds.check import check
from polyunroll.bounds.cosine import Cosine
from polyunroll.bounds.enclosure import Enclosure
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


# -- real certificates ---------------------------------------------------------------------------------------
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
        for plain_steps in (0, 5):
            for R, G in SIZES:
                assert_verified(
                    written(METHODS[name], 4, R, G, split=split, estimator=estimator, plain_steps=plain_steps)
                )


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
    f, N, order = Cosine([arb(fmpq(v.numerator, v.denominator)) for v in a]), 64, 6
    with ball_precision(128):
        many = checker._derivatives(f, list(range(N + 1)), N, order)
        few = checker._derivatives(f, list(range(33)), N, order) | checker._derivatives(f, list(range(33, 65)), N, order)
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
        assert all(one[1] == other[0] for one, other in zip(ends, ends[1:], strict=False))


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


# -- changed certificates ------------------------------------------------------------------------------------
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
    "implicit, factors": ("chebyshev", 5, {"G": 1, "estimator": "implicit", "plain_steps": 3, "split": "partial"}),
    "factors alone": ("nesterov", 4, {"R": 0, "G": 1, "estimator": "truncated", "plain_steps": 3, "split": "partial"}),
}


@cache
def base(name):
    method, t, how = BASES[name]
    return written(METHODS[method], t, **how)


@cache
def outcomes(name):
    """Of one certificate's mutants: how many there are, and which are accepted, with whether they have to be refused."""
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
