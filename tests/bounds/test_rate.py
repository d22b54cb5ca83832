"""Rates and the tail: exact values, measured decay, and a bound for all t that no worst case violates."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import e, log, log2, sqrt

import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.strategies import methods

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import exact, sign
from polyunroll.arithmetic.surd import Surd
from polyunroll.bounds.rate import Tail
from polyunroll.bounds.sampled import sampled_worst_cases
from polyunroll.errors import InvalidInput, OutsideField
from polyunroll.methods import Method
from polyunroll.program import Program, State

S = pu.Spectrum("1/100", 1)
GEGENBAUER = ["-2/5", "-1/4", "0", "1/4", "1/2", "1", "2"]


def root(a, b, d):
    return Surd(fmpq(a.numerator, a.denominator), fmpq(b.numerator, b.denominator), d)


def every_method(spectrum):
    return [
        pu.GradientDescent(spectrum),
        pu.GradientDescent(spectrum, "2/(L+ell)"),
        pu.GradientDescent(spectrum, "3/(2*L)"),
        pu.GradientDescent(spectrum, "1/(5*L)"),
        pu.Chebyshev(spectrum),
        pu.HeavyBall(spectrum),
        pu.Nesterov(spectrum),
        *(pu.Sobolev(spectrum, pu.measures.gegenbauer(a), eta) for a in ["-1/4", 0, "1/2", "7/4"] for eta in (0, 1)),
    ]


def log_of(value):
    """ln of an enclosure's upper end, of any size."""
    return log(value.upper.numerator) - log(value.upper.denominator)


# -- exact values --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "rate", "power"),
    [
        (pu.GradientDescent, Fraction(99, 100), 1),
        (lambda s: pu.GradientDescent(s, "2/(L+ell)"), Fraction(99, 101), 1),
        (lambda s: pu.GradientDescent(s, "199/100"), Fraction(99, 100), 1),
        (lambda s: pu.GradientDescent(s, "sqrt(2)/L"), root(Fraction(1), Fraction(-1, 100), 2), 1),
        (pu.Chebyshev, Fraction(9, 11), 2),
        (pu.HeavyBall, Fraction(9, 11), 3),
        (pu.Nesterov, Fraction(9, 10), 3),
        (pu.Sobolev, Fraction(9, 11), 1),
        (lambda s: pu.Sobolev(s, pu.measures.legendre(), 1), Fraction(9, 11), Fraction(3, 2)),
        (lambda s: pu.Sobolev(s, pu.measures.legendre(), 0), Fraction(9, 11), Fraction(5, 2)),
        (lambda s: pu.Sobolev(s, pu.measures.gegenbauer("-1/4"), 1), Fraction(9, 11), 1),
        (lambda s: pu.Sobolev(s, pu.measures.gegenbauer("-1/4"), 0), Fraction(9, 11), Fraction(7, 4)),
    ],
)
def test_rates(make, rate, power):
    found = pu.rate(make(S))
    assert found.rate == rate
    assert found.power == power
    assert isinstance(found.rate, (Fraction, Surd))
    assert isinstance(found.power, Fraction)
    assert found.converges
    assert float(found) == pytest.approx(float(rate))


def test_rates_in_a_quadratic_field():
    # κ = 1/2: ξ = (1−√½)/(1+√½) = 3 − 2√2, and 1 − √½
    spectrum = pu.Spectrum(1, 2)
    for make in (pu.Chebyshev, pu.HeavyBall, pu.Sobolev):
        assert pu.rate(make(spectrum)).rate == root(Fraction(3), Fraction(-2), 2)
    assert pu.rate(pu.Nesterov(spectrum)).rate == root(Fraction(1), Fraction(-1, 2), 2)
    # ends (1∓√r)²: √(ℓL) = 1−r is in the field of the ends
    support = pu.Spectrum.marchenko_pastur("1/2")
    assert float(pu.rate(pu.Chebyshev(support))) == pytest.approx(sqrt(0.5))


@given(st.fractions(Fraction(1, 10**6), 1, max_denominator=10**6), st.fractions(Fraction(1, 9), 9, max_denominator=9))
def test_rates_by_their_formulas(kappa, L):
    spectrum = pu.Spectrum(kappa * L, L)
    root = sqrt(kappa)
    assert float(pu.rate(pu.Chebyshev(spectrum))) == pytest.approx((1 - root) / (1 + root), abs=1e-12)
    assert float(pu.rate(pu.HeavyBall(spectrum))) == pytest.approx((1 - root) / (1 + root), abs=1e-12)
    assert float(pu.rate(pu.Nesterov(spectrum))) == pytest.approx(1 - root, abs=1e-12)
    assert pu.rate(pu.GradientDescent(spectrum, "3/(2*L)")).rate == max(Fraction(1, 2), abs(1 - kappa * 3 / 2))


def test_a_spectrum_of_one_point():
    one = pu.Spectrum(3, 3)
    for method in (pu.GradientDescent(one), pu.Chebyshev(one), pu.HeavyBall(one), pu.Nesterov(one)):
        found = pu.rate(method)
        assert (found.rate, found.power, found.converges) == (0, 0, True)
        assert "P_t = (1−λ/L)^t" in found.proved
        assert str(found) == "0^t"
        assert all(float(v) == 0 for v in pu.worst_case(method, range(2, 5), G=1))
    slow = pu.rate(pu.GradientDescent(one, "1/2"))
    assert (slow.rate, slow.power) == (Fraction(1, 2), 1)


def test_divergence_is_reported():
    for step, rate in (("2/L", 1), ("3/L", 2), ("1000", 999)):
        found = pu.rate(pu.GradientDescent(S, step))
        assert found.rate == rate
        assert not found.converges
        assert "diverges" in found.proved
        assert str(found) == f"t {rate}^t, which diverges"
    almost = pu.rate(pu.GradientDescent(S, Fraction(2) - Fraction(1, 10**40)))
    assert almost.converges
    assert almost.rate == 1 - Fraction(1, 10**40)


def test_what_is_said_to_be_proved():
    for method in every_method(S):
        words = pu.rate(method).proved
        assert words.startswith("rate: proved, from above as ")
        if isinstance(method, pu.Sobolev):
            assert "power: not proved here, from asymptotic analysis" in words
        else:
            assert "power: proved, as " in words


def test_texts():
    assert str(pu.rate(pu.Nesterov(S))) == "t^3 (9/10)^t"
    assert str(pu.rate(pu.GradientDescent(S))) == "t (99/100)^t"
    assert str(pu.rate(pu.Sobolev(S, pu.measures.legendre()))) == "t^(3/2) (9/11)^t"
    assert str(pu.rate(pu.Nesterov(pu.Spectrum(1, 2)))) == "t^3 (1 - sqrt(2)/2)^t"


def test_refusals():
    ell = sympy.Symbol("ell", positive=True)
    for method, sentence in (
        (pu.GradientDescent(S, [1, 1]), "ends after 2 steps"),
        (pu.Chebyshev(pu.Spectrum(ell, 1)), "has symbols"),
        ("chebyshev", "is not a method"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            pu.rate(method)
    with pytest.raises(OutsideField):
        pu.rate(pu.Chebyshev(pu.Spectrum(sympy.sqrt(2), 2)))  # ξ needs the fourth root of 2

    class Unknown(Method):
        def __init__(self):
            program = Program.of(
                parameters=("ell", "L"),
                constants={},
                states=(State.of("x"),),
                query={"x": "1"},
                assignments={"x": {"x": "1", "gradient": "-1/L"}},
            )
            self._define(S, program, "unknown")

    for ask in (pu.rate, pu.burn_in):
        with pytest.raises(InvalidInput, match="declares no proved decay"):
            ask(Unknown())


# -- measured ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", every_method(pu.Spectrum("1/4", 1)), ids=lambda m: m.label)
def test_long_runs_decay_like_that(method):
    found = pu.rate(method)
    first, second = (log_of(pu.worst_case(method, t, digits=6)) for t in (150, 300))
    assert (second - first - 150 * log(float(found))) / log(2) == pytest.approx(float(found.power), abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("a", GEGENBAUER)
@pytest.mark.parametrize("eta", [0, "1/100", 1])
def test_the_powers_of_sobolev_methods(a, eta):
    method = pu.Sobolev(pu.Spectrum("1/4", 1), pu.measures.gegenbauer(a), eta)
    found = pu.rate(method)
    first, second = (log_of(pu.worst_case(method, t, digits=6)) for t in (500, 1000))
    assert (second - first - 500 * log(float(found))) / log(2) == pytest.approx(float(found.power), abs=0.03)


@settings(max_examples=30)
@given(methods(), st.integers(1, 60))
def test_no_method_beats_the_chebyshev_rate(method, t):
    # |E_t| of degree t with E_t(0) = 1 is at least 1/|T_t(σ(0))| somewhere, and that is at least ξ^t
    if method.horizon is not None or method.spectrum.radius == 0:
        return
    found = pu.worst_case(method, t, digits=5)
    with ball_precision(200):
        s = ball(method.spectrum.center) / ball(method.spectrum.radius)
        least = 1 / s.chebyshev_t(t)
        assert not ball(exact(found.upper)) < least


# -- the tail ------------------------------------------------------------------------------------------
def over(tail, first, last=None):
    with ball_precision(tail.precision):
        return tail.over(first, last or first)


@settings(max_examples=40)
@given(
    methods(),
    st.fractions(Fraction(1, 100), 100, max_denominator=100),
    st.fractions(0, 100, max_denominator=100),
    st.sampled_from(["total", "partial"]),
    st.lists(st.integers(1, 70), min_size=2, max_size=2),
)
def test_the_tail_bounds_every_worst_case(method, R, G, split, ends):
    if method.horizon is not None:
        return
    if not pu.rate(method).converges:
        with pytest.raises(InvalidInput, match="diverges"):
            Tail(method, exact(R), exact(G), split)
        return
    tail = Tail(method, exact(R), exact(G), split)
    if tail.vanishes:
        assert tail.below(exact(R)) == 2
        return
    first, last = sorted(ends)
    bound = over(tail, first, last)
    for t in {first, last, (first + last) // 2}:
        found = pu.worst_case(method, t, R, G, digits=4, split=split)
        with ball_precision(tail.precision):
            assert bound >= ball(exact(found.lower)) * (1 - arb(10) ** -3)
    N = tail.below(exact(R))
    values = [over(tail, N + k) for k in (0, 1, 2, 10, 1000)]
    assert all(later <= earlier for earlier, later in pairwise(values))
    with ball_precision(tail.precision):
        assert values[0] <= ball(exact(R))
    runs = sampled_worst_cases(method, sorted({N, N + 1, N + 7, 2 * N, 3 * N}), R, G, split=split, points=101)
    assert all(found.value <= R * (1 + 1e-9) for found in runs)


@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize("kappa", ["9/10", "1/2", "1/10", "1/1000"])
def test_no_worst_case_is_above_the_tail(kappa, split):
    for method in every_method(pu.Spectrum(Fraction(kappa) * 3, 3)):
        for R, G in ((1, 0), (1, 5), (Fraction(1, 10**6), 1)):
            tail = Tail(method, exact(R), exact(G), split)
            for t in (1, 2, 3, 7, 30, 80):
                found = pu.worst_case(method, t, R, G, digits=5, split=split)
                with ball_precision(tail.precision):
                    assert tail.over(t, t) >= ball(exact(found.lower)) * (1 - arb(10) ** -4)


@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize("kappa", ["1/10", "1/1000", "1e-8"])
def test_the_tail_is_not_uselessly_wide(kappa, split):
    spectrum = pu.Spectrum(kappa, 1)
    for method in every_method(spectrum)[:6]:  # those with a closed form
        tail = Tail(method, fmpq(1), fmpq(1), split)
        N = tail.below(fmpq(1))
        found = pu.worst_case(method, N, 1, 1, digits=5, split=split)
        # separate maxima (at most twice V), and smaller terms left out; gradient descent's D_1 is what it is
        assert float(over(tail, N)) <= 2.3 * float(found)
    for method in every_method(spectrum)[6:]:
        tail = Tail(method, fmpq(1), fmpq(1), split)
        scale = -log(float(pu.rate(method)))
        # ten to the 12 above the true value at most, that is 12 ln 10 time constants
        assert tail.below(fmpq(1)) <= (12 * log(10) + 7 * log(1 / scale)) / scale + 10


def test_blocks_are_bounded_by_an_end_where_the_bound_is_monotone():
    tail = Tail(pu.GradientDescent(pu.Spectrum("1e-6", 1)), fmpq(1), fmpq(0), "total")
    # (1−κ)^(t−1)(1+(t−1)κ) decreases from t = 1 on
    assert over(tail, 2, 10**9) == over(tail, 2)
    rising = Tail(pu.GradientDescent(pu.Spectrum("1e-6", 1), "2/(L+ell)"), fmpq(1), fmpq(0), "total")
    assert over(rising, 10, 1000) == over(rising, 1000)
    assert float(over(rising, 10**5, 10**6)) >= 1e6 / (2 * e)


def test_precision_follows_the_rate():
    tiny = Tail(pu.GradientDescent(pu.Spectrum("1e-60", 1)), fmpq(1), fmpq(0), "total")
    assert tiny.precision > 200
    assert tiny.below(fmpq(1)) == 10**60
    assert Tail(pu.Chebyshev(S), fmpq(1), fmpq(0), "total").precision == 128


@pytest.mark.parametrize("a", ["-9/20", 0, "1/2", "1/1000000", "5/2", "51/2", 9])
def test_sobolev_envelopes_where_gamma_functions_are_large(a):
    method = pu.Sobolev(pu.Spectrum("1/5", 1), pu.measures.gegenbauer(a), "1/3")
    tail = Tail(method, fmpq(1), fmpq(2), "total")
    for t in (1, 2, 5, 40):
        assert float(over(tail, t)) >= float(pu.worst_case(method, t, 1, 2, digits=4)) * (1 - 1e-3)


def test_a_rate_outside_the_field_still_has_a_tail():
    spectrum = pu.Spectrum(sympy.sqrt(2), 2)
    tail = Tail(pu.Chebyshev(spectrum), fmpq(1), fmpq(0), "total")
    xi = (2 - 2**0.5) / (2 + 2**0.5 + 2 * sqrt(2 * 2**0.5))
    # V_t ≤ 4t²ξ^t/(1−κ)
    assert log2(float(over(tail, 40))) == pytest.approx(log2(4 * 1600 / (1 - 2**-0.5)) + 40 * log2(xi))
    mixed = pu.GradientDescent(pu.Spectrum(sympy.sqrt(3), 2), "sqrt(2)/2")
    assert float(over(Tail(mixed, fmpq(1), fmpq(0), "partial"), 3)) == pytest.approx((2**0.5 - 1) ** 3)
    far = pu.GradientDescent(pu.Spectrum(sympy.sqrt(3), 2), "2*sqrt(2)")
    with pytest.raises(InvalidInput, match="diverges"):
        Tail(far, fmpq(1), fmpq(0), "partial")
    assert sign(exact(1)) == 1
