"""The burn-in: against brute force over all steps, known values, exact ties, and its own certificate."""

from __future__ import annotations

import json
from fractions import Fraction
from math import e

import pytest
import sympy
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import exact
from polyunroll.arithmetic.surd import Surd
from polyunroll.bounds import values
from polyunroll.bounds.rate import Tail
from polyunroll.bounds.sampled import sampled_worst_cases
from polyunroll.errors import HorizonError, InvalidInput, PolyunrollError
from polyunroll.interpret.jets import exact_jets

S = pu.Spectrum("1/100", 1)


def every_method(spectrum):
    return [
        pu.GradientDescent(spectrum),
        pu.GradientDescent(spectrum, "2/(L+ell)"),
        pu.GradientDescent(spectrum, "3/(2*L)"),
        pu.GradientDescent(spectrum, "(2-kappa)/L"),
        pu.GradientDescent(spectrum, "1/(3*L)"),
        pu.Chebyshev(spectrum),
        pu.HeavyBall(spectrum),
        pu.Nesterov(spectrum),
        pu.Sobolev(spectrum),
        pu.Sobolev(spectrum, pu.measures.legendre(), 0),
        pu.Sobolev(spectrum, pu.measures.gegenbauer("-1/4"), "1/10"),
        pu.Sobolev(spectrum, pu.measures.gegenbauer(2), "1/1000"),
    ]


QUESTIONS = [(1, 0, "total"), (1, 1, "total"), ("1/3", "1/20", "total"), (1, 1, "partial"), (2, "1/50", "partial")]


def check_by_sampling(method, R, G, split, points=1501):
    """Sampled sequences in doubles, from below and far beyond the tail, against the proved answer.

    All steps are looked at up to 400, and some 400 more.
    """
    found = pu.burn_in(method, R, G, split)
    end = found.tail_from
    steps = {*range(min(end + 20, 400)), *range(0, end, end // 400 + 1), 2 * end + 50, 5 * end}
    for t in (found.length, found.peak_at, end):
        steps |= set(range(max(0, t - 3), t + 4))
    inside = method.extremes is None  # the largest values may be: a sample misses them by a little
    runs = sampled_worst_cases(method, sorted(steps), R, G, split=split, points=points if inside else 51)
    values = {run.t: run.value for run in runs}
    size = float(Fraction(R))
    miss = (end * 3.2 / (2 * points)) ** 2 if inside else 0
    assert max(v for t, v in values.items() if t >= found.length) <= size * (1 + 1e-9)
    if found.length:
        assert values[found.length - 1] >= size * (1 - miss - 1e-9)
        assert found.peak_at < found.length
    assert max(values.values()) <= float(found.peak) * (1 + 1e-9)
    assert values[found.peak_at] >= float(found.peak) * (1 - miss - 1e-9)
    assert found.peak.relative_width <= Fraction(1, 10**15)
    return found


# -- against brute force -------------------------------------------------------------------------------
@pytest.mark.parametrize(("R", "G", "split"), QUESTIONS)
@pytest.mark.parametrize("kappa", ["1/2", "1/10", "1/100"])
def test_all_methods_by_sampling(kappa, R, G, split):
    for method in every_method(pu.Spectrum(kappa, 1)):
        check_by_sampling(method, R, G, split)


@pytest.mark.slow
@pytest.mark.parametrize(("R", "G", "split"), QUESTIONS)
@pytest.mark.parametrize("spectrum", [pu.Spectrum("1/1000", 1), pu.Spectrum("1/7", 30)], ids=str)
def test_all_methods_by_sampling_over_long_ranges(spectrum, R, G, split):
    for method in every_method(spectrum):
        check_by_sampling(method, R, G, split, points=6001)


@pytest.mark.parametrize(("R", "G", "split"), QUESTIONS)
def test_all_methods_by_single_enclosures(R, G, split):
    # every V_t on its own to 25 digits; the tail is trusted here, and tested in test_rate
    for method in every_method(pu.Spectrum("1/15", 1)):
        found = pu.burn_in(method, R, G, split, digits=20)
        values = [pu.worst_case(method, t, R, G, 25, split=split) for t in range(1, found.tail_from + 3)]
        above = [t for t, v in enumerate(values, 1) if v.lower > Fraction(R)]
        tied = [t for t, v in enumerate(values, 1) if v.lower <= Fraction(R) < v.upper]
        assert found.length == (above[-1] + 1 if above else 0)
        assert set(tied) <= {1, 3}  # E_1 = 1, and E_3(L) = 1 for h = 3/(2L)
        top = max(Fraction(R), *(v.lower for v in values))
        assert found.peak.lower <= top * (1 + Fraction(1, 10**20))
        assert found.peak.upper >= top
        assert [t for t, v in enumerate(values, 1) if v.upper >= top and t not in tied] == [found.peak_at][
            : found.length
        ]


@st.composite
def questions(draw):
    kappa = draw(st.fractions(Fraction(1, 60), 1, max_denominator=200))
    spectrum = pu.Spectrum(kappa * 3 / 2, "3/2")
    kind = draw(st.sampled_from(["gd", "chebyshev", "heavy-ball", "nesterov", "sobolev"]))
    if kind == "gd":
        method = pu.GradientDescent(spectrum, draw(st.fractions(Fraction(1, 20), Fraction(13, 10), max_denominator=60)))
    elif kind == "sobolev" and kappa < 1:
        weight = pu.measures.gegenbauer(draw(st.fractions(Fraction(-9, 20), 3, max_denominator=20)))
        method = pu.Sobolev(spectrum, weight, draw(st.fractions(0, 9, max_denominator=9)))
    else:
        method = {"heavy-ball": pu.HeavyBall, "nesterov": pu.Nesterov}.get(kind, pu.Chebyshev)(spectrum)
    R = draw(st.fractions(Fraction(1, 20), 20, max_denominator=20))
    G = draw(st.just(Fraction(0)) | st.fractions(0, 20, max_denominator=20))
    return method, R, G, draw(st.sampled_from(["total", "partial"]))


@settings(max_examples=60)
@given(questions())
def test_random_burn_ins(question):
    method, R, G, split = question
    found = check_by_sampling(method, R, G, split, points=1501)
    # nothing depends on the unit of the error
    scaled = pu.burn_in(method, 7 * R, 7 * G, split)
    assert (scaled.length, scaled.peak_at) == (found.length, found.peak_at)
    assert scaled.peak.lower <= 7 * found.peak.upper
    assert 7 * found.peak.lower <= scaled.peak.upper


# -- known values --------------------------------------------------------------------------------------
@pytest.mark.parametrize("n", [10, 100, 1000, 10**5, 10**7])
def test_gradient_descent_peaks_near_half_the_condition_number(n):
    found = pu.burn_in(pu.GradientDescent(pu.Spectrum(Fraction(1, n), 1), "2/(L+ell)"))
    # ((1−κ)/(1+κ))^(t−1)(2t−1+κ)/(1+κ), whose ratio of neighbours is 1 at t = (1−κ²)/(2κ)
    kappa = Fraction(1, n)
    assert found.peak_at == -((kappa**2 - 1) / (2 * kappa)).__floor__()
    assert float(found.peak) == pytest.approx(n / e, rel=2 / n)
    t = found.peak_at
    if n <= 1000:
        assert ((1 - kappa) / (1 + kappa)) ** (t - 1) * (2 * t - 1 + kappa) / (1 + kappa) in found.peak
        assert (found.peak_at, found.length) == {10: (5, 19), 100: (50, 325), 1000: (500, 4560)}[n]


def test_chebyshevs_burn_in():
    found = pu.burn_in(pu.Chebyshev(S), digits=25)
    assert (found.length, found.peak_at, found.tail_from) == (45, 10, 45)
    assert str(found.peak.decimal(22)) == "53.08717596114202864211"
    assert str(found).startswith("burn-in length 45, peak 53.08717596114202864")
    assert str(found).endswith(" at t = 10")
    assert found.proved.endswith("V_44 > R")
    far = pu.burn_in(pu.Chebyshev(pu.Spectrum("1e-8", 1)))
    assert (far.length, far.peak_at) == (124231, 10327)


def test_the_safe_step_never_burns_in():
    for kappa in ("1/2", "1/1000", "1e-12"):
        found = pu.burn_in(pu.GradientDescent(pu.Spectrum(kappa, 1)))
        assert (found.length, found.peak_at, found.peak.lower, found.peak.upper) == (0, 0, 1, 1)
        assert str(found) == "no burn-in: the worst error never rises above its start"
    # E_2 = 1 − κ² is below 1 by less than any double shows, and so are a billion others
    assert pu.burn_in(pu.GradientDescent(pu.Spectrum("1e-30", 1))).length == 0


def test_nesterov_burns_in_from_some_condition_number_on():
    assert pu.burn_in(pu.Nesterov(pu.Spectrum("1/1000", 1))).length == 0
    assert pu.burn_in(pu.Nesterov(pu.Spectrum("1/1000", 1)), G=1).length == 404


@settings(max_examples=60)
@given(st.fractions(Fraction(1, 10), Fraction(199, 100), max_denominator=100), st.sampled_from(["1/7", "1/50", "1"]))
def test_no_burn_in_up_to_the_root_of_2(h, kappa):
    method = pu.GradientDescent(pu.Spectrum(kappa, 1), h)
    assert (pu.burn_in(method).length == 0) == (h * h <= 2)


# -- ties ----------------------------------------------------------------------------------------------
def test_equal_to_the_start_is_not_above_it():
    # |E_2(L)| = |1 − h²L²| = 1 exactly
    for spectrum in (S, pu.Spectrum("1/3", "5/7"), pu.Spectrum.marchenko_pastur("1/2")):
        assert pu.burn_in(pu.GradientDescent(spectrum, "sqrt(2)/L")).length == 0
    hair = Fraction(1, 10**40)
    root = sympy.sqrt(2)
    assert pu.burn_in(pu.GradientDescent(S, root * (1 - sympy.Rational(hair)))).length == 0
    above = pu.burn_in(pu.GradientDescent(S, root * (1 + sympy.Rational(hair))))
    assert (above.length, above.peak_at) == (3, 2)
    # 2e-40 above 1, and the peak is asked for to 15 digits
    assert above.peak.lower < 1 + 4 * hair < above.peak.upper
    assert 1 < pu.burn_in(pu.GradientDescent(S, root * (1 + sympy.Rational(hair))), digits=50).peak.lower < 1 + 5 * hair
    # E_3(L) = (1−x)²(1+2x) = 1 at x = hL = 3/2, after |E_2| = 5/4
    found = pu.burn_in(pu.GradientDescent(S, "3/(2*L)"))
    assert (found.length, found.peak_at) == (3, 2)
    assert Fraction(5, 4) in found.peak


def test_the_first_step_is_decided_exactly():
    tiny = Fraction(1, 10**50)
    for method in every_method(S):
        # V_1 = R + G|D_1|
        assert pu.burn_in(method, 1, tiny).length >= 2
        assert pu.worst_case(method, 1, 1, tiny, digits=70).lower > 1
    for size in (1, Fraction(1, 3), sympy.sqrt(2), "1e-30"):
        assert pu.burn_in(pu.Nesterov(S), size).length == 0


@pytest.mark.parametrize("method", every_method(pu.Spectrum("1/40", 1)), ids=lambda m: m.label)
def test_a_derivative_of_the_size_of_ell_ties_at_the_first_step(method):
    # split partial, G = ℓR: R|P_1(ℓ)| + G|P_1'| = R(1 − ℓ|P_1'|) + ℓR|P_1'| = R, if P_1(ℓ) > 0 is the larger end
    P = exact_jets(method, 1, [exact("1/40"), exact(1)], 0)
    ties = P[0][0] >= abs(P[1][0])
    found = pu.burn_in(method, 1, "1/40", split="partial")
    blocks = [block for block in found.certificate["length"] if block[0] <= 1 <= block[1]]
    if ties and found.length == 0:
        assert blocks == [(1, 1, "exact")]
        assert 1 in pu.worst_case(method, 1, 1, "1/40", split="partial")
    less = pu.burn_in(method, 1, Fraction(1, 40) - Fraction(1, 10**9), split="partial")
    assert less.length <= found.length


def test_a_burn_in_by_a_millionth():
    # split partial, G = ℓR: V_1 = R, V_2 < R, and then V_t is above R by 9.4e-6 at most
    spectrum = pu.Spectrum("1/1000", 1)
    found = pu.burn_in(pu.Sobolev(spectrum), 1, "1/1000", split="partial")
    assert (found.length, found.peak_at) == (30, 19)
    assert 1 + 9.41e-6 < found.peak.lower <= found.peak.upper < 1 + 9.42e-6
    values = pu.worst_case(pu.Sobolev(spectrum), range(2, 34), 1, "1/1000", split="partial", digits=12)
    assert [t for t, v in enumerate(values, 2) if v.lower > 1] == list(range(3, 30))
    assert [t for t, v in enumerate(values, 2) if v.upper < 1] == [2, *range(30, 34)]


def test_two_equal_peaks():
    # one eigenvalue, x = h·λ: E_t = (1−x)^(t−1)(1+(t−1)x), and with G the values at t = 1 and 2 can be made equal:
    # R + Gh = (1−x)(R(1+x) + 2Gh)  ⟺  x²R = (1−2x)Gh
    x = Fraction(1, 4)
    h, R, G = x, 1, x**2 / ((1 - 2 * x) * x)
    method = pu.GradientDescent(pu.Spectrum(1, 1), h)
    assert [v.lower for v in pu.worst_case(method, [1, 2], R, G)] == [Fraction(9, 8)] * 2
    found = pu.burn_in(method, R, G)
    assert (found.length, found.peak_at) == (4, 1)
    assert Fraction(9, 8) in found.peak
    # far out too: 3(1−h) = 1−h+3ht at t = 2(1−h)/(3h) = 666
    far = pu.burn_in(pu.GradientDescent(pu.Spectrum(1, 1), "1/1000"), 1, 2)
    assert far.peak_at == 666
    values = {t: Fraction(999, 1000) ** (t - 1) * (999 + 3 * t) / 1000 for t in (665, 666, 667, 668)}
    assert values[665] < values[666] == values[667] > values[668]
    assert values[666] in far.peak


def test_equal_peaks_of_a_method_without_closed_form():
    # V_1 = 1 + |D_1| = 25/17 = |E_2(ℓ)| + |D_2(ℓ)|, and an exact proof that V_2 is attained at ℓ
    method = pu.Sobolev(pu.Spectrum("1/2", 1))
    assert all(Fraction(25, 17) in v for v in pu.worst_case(method, [1, 2], 1, 1, digits=200))
    found = pu.burn_in(method, 1, 1)
    assert (found.length, found.peak_at) == (3, 1)
    assert Fraction(25, 17) in found.peak


def test_what_stays_undecided_is_said(monkeypatch):
    # V_2 = R exactly, and no exact arithmetic to say so
    monkeypatch.setattr(values, "_EXACT_STEPS", 1)
    monkeypatch.setattr(values, "_EXACT_BITS", 0)
    monkeypatch.setattr(values, "exact_at_end", lambda question: None)
    with pytest.raises(pu.UndecidedComparison, match="V_2 agrees with 1 to 384 bits"):
        pu.burn_in(pu.GradientDescent(S, "sqrt(2)/L"))
    method = pu.GradientDescent(pu.Spectrum(1, 1), "1/4")
    with pytest.raises(pu.UndecidedComparison, match=r"the peak is at one of t = \[1, 2\]"):
        pu.burn_in(method, 1, Fraction(1, 8) / Fraction(1, 4) * Fraction(1, 4) * 4)


# -- special cases -------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [pu.GradientDescent, pu.Chebyshev, pu.HeavyBall, pu.Nesterov])
def test_one_eigenvalue(make):
    method = make(pu.Spectrum(2, 2))
    assert pu.burn_in(method).length == 0
    found = pu.burn_in(method, 1, 1)  # V_1 = R + G/L, V_t = 0 afterwards
    assert (found.length, found.peak_at, found.tail_from) == (2, 1, 2)
    assert found.peak.lower == found.peak.upper == Fraction(3, 2)
    assert "V_t = 0 for t >= 2" in found.proved
    assert pu.burn_in(method, 1, 2, split="partial").length == 0  # V_1 = G/L = R
    assert pu.burn_in(method, 1, Fraction(2) + Fraction(1, 10**60), split="partial").length == 2


def test_one_eigenvalue_and_another_step():
    # (1−h)^(t−1)(1+(t−1)h+3ht) is largest near t = 3/(4h)
    assert pu.burn_in(pu.GradientDescent(pu.Spectrum(1, 1), "1e-6"), 1, 3).peak_at == pytest.approx(0.75e6, abs=2)
    assert check_by_sampling(pu.GradientDescent(pu.Spectrum(1, 1), "1/50"), 1, 2, "total").length > 50


def test_fields():
    spectrum = pu.Spectrum(Surd(fmpq(3), fmpq(-2), 2), Surd(fmpq(3), fmpq(2), 2))
    for method in every_method(spectrum):
        check_by_sampling(method, 1, 1, "total")
    found = pu.burn_in(pu.HeavyBall(S), sympy.sqrt(3), sympy.sqrt(3))
    plain = pu.burn_in(pu.HeavyBall(S), 1, 1)
    assert (found.length, found.peak_at) == (plain.length, plain.peak_at)
    assert found.peak.lower**2 <= 3 * plain.peak.upper**2
    assert pu.burn_in(pu.HeavyBall(pu.Spectrum("1/50", 1)), sympy.sqrt(3), 1).length > 0  # three fields: balls decide


@pytest.mark.parametrize(
    ("method", "arguments", "sentence"),
    [
        (pu.Chebyshev(S), {"R": 0, "G": 1}, "R = 0 is not allowed: the error starts at 0"),
        (pu.Chebyshev(S), {"R": -1}, "R = -1 is not allowed"),
        (pu.Chebyshev(S), {"G": -1}, "G = -1 is not allowed"),
        (pu.Chebyshev(S), {"digits": 0}, "digits = 0 is not allowed"),
        (pu.Chebyshev(S), {"digits": 1001}, "digits = 1001 is not allowed"),
        (pu.Chebyshev(S), {"split": "both"}, "split = 'both' is not known"),
        (pu.GradientDescent(S, [1, 1]), {}, "ends after 2 steps"),
        (pu.GradientDescent(S, 2), {}, "the method diverges: its rate is 1 >= 1"),
        (pu.GradientDescent(S, "5/2"), {}, "the method diverges: its rate is 3/2 >= 1"),
        (pu.Chebyshev(pu.Spectrum("1/9", sympy.Symbol("L", positive=True))), {}, "has symbols"),
        ("chebyshev", {}, "is not a method"),
        (pu.Nesterov(pu.Spectrum("1e-8", 1)), {}, "would take about"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_refusals(method, arguments, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.burn_in(method, **arguments)
    assert sentence in str(caught.value)
    assert not isinstance(caught.value, HorizonError)
    assert isinstance(caught.value, PolyunrollError)


# -- the certificate -----------------------------------------------------------------------------------
def covered(blocks):
    """The steps of the blocks, in order, which must be without gaps or overlaps."""
    steps = [t for first, last, _ in blocks for t in range(first, last + 1)]
    assert steps == list(range(steps[0], steps[-1] + 1)) if steps else True
    return steps


@pytest.mark.parametrize(("R", "G", "split"), QUESTIONS)
def test_the_blocks_cover_all_steps_and_hold(R, G, split):
    for method in every_method(pu.Spectrum("1/30", 1)):
        found = pu.burn_in(method, R, G, split)
        data = json.loads(json.dumps(found.certificate))
        assert data["tail_from"] == found.tail_from
        assert covered(data["length"]) == list(range(max(found.length, 1), found.tail_from))
        assert covered(data["peak"]) == list(range(1, found.length))
        tail = Tail(method, exact(R), exact(G), split)
        swept = method.extremes is None
        for name, limit in (("length", Fraction(R)), ("peak", found.peak.lower)):
            for first, last, rule in data[name]:
                assert rule in {"value", "exact", "coefficients" if swept else "decay"}
                if rule == "decay":
                    with ball_precision(tail.precision):
                        assert tail.over(first, last) <= ball(exact(limit))
                for t in {first, last}:
                    value = pu.worst_case(method, t, R, G, digits=12, split=split)
                    assert value.lower <= limit or t == found.peak_at


# -- levels other than the start ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "method",
    [
        pu.GradientDescent(pu.Spectrum("1/10", 1), "2/(L+ell)"),
        pu.GradientDescent(pu.Spectrum("1/10", 1)),
        pu.Chebyshev(pu.Spectrum("1/100", 1)),
        pu.HeavyBall(pu.Spectrum("1/50", 2)),
        pu.Nesterov(pu.Spectrum("1/20", 1)),
        pu.Sobolev(pu.Spectrum("1/30", 1)),
    ],
)
@pytest.mark.parametrize(
    ("level", "R", "G"), [("1/10", 1, 0), ("1e-3", 1, "1/2"), (2, 1, 0), ("1/2", "1/3", 0), ("31/10", 2, 1)]
)
def test_steps_to_a_level_by_going_through_all_steps(method, level, R, G):
    found = pu.steps_to(method, level, R, G)
    worst = pu.worst_case(method, range(2 * found + 40), R, G, 8)
    assert found == max((t + 1 for t, value in enumerate(worst) if value > Fraction(level)), default=0)


def test_steps_to_the_start_are_the_burn_in():
    for method in (pu.GradientDescent(pu.Spectrum("1/100", 1), "2/(L+ell)"), pu.Chebyshev(pu.Spectrum("1/100", 1))):
        assert pu.steps_to(method, 2, 2, "1/3") == pu.burn_in(method, 2, "1/3").length


@pytest.mark.parametrize("level", [0, -1, "abc", None])
def test_levels_that_are_refused(level):
    with pytest.raises(InvalidInput, match=r"^level"):
        pu.steps_to(pu.Chebyshev(pu.Spectrum("1/100", 1)), level)
