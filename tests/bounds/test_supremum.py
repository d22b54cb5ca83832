"""Certified suprema of cosine sums: awkward ones made by hand, those of methods, and what other programs find."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import suppress
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from flint import arb, fmpq, fmpq_poly, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.points import high_precision, rational
from reference.suprema import bisected, exact_maximum, flint_maximum

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.bounds import supremum as engine
from polyunroll.bounds.cosine import Cosine, derivative, error_pair, product
from polyunroll.bounds.enclosure import TooWide, lower_fraction, upper_fraction
from polyunroll.bounds.supremum import grid_size, supremum
from polyunroll.interpret.jets import ball_jets
from polyunroll.interpret.series import chebyshev_balls
from polyunroll.interpret.transfer import residual_polynomial

S = pu.Spectrum("1/100", 1)
ONE = fmpq(1)


def chebyshev_coefficients(p):
    """Of an exact polynomial on [−1, 1]."""
    a = [fmpq(0)] * (p.degree() + 1)
    while p.degree() >= 0:
        n = p.degree()
        a[n] = p[n] / (2 ** (n - 1) if n else 1)
        p -= a[n] * fmpq_poly(fmpz_poly.chebyshev_t(n))
    return a


def polynomial(a):
    """Σ a_k T_k, exactly."""
    return sum((c * fmpq_poly(fmpz_poly.chebyshev_t(k)) for k, c in enumerate(a)), fmpq_poly([0]))


def enclosed(a, bits, scale=ONE, **how):
    """The supremum of Σ a_k cos kθ, asked for to `bits` bits, with exact coefficients."""
    with ball_precision(bits + 80):
        return supremum(Cosine([arb(c * scale) for c in a]), bits, **how)


def check(found, true, bits):
    """That `true`, a ball or a rational, is enclosed, and not too widely."""
    with ball_precision(2 * bits + 100):
        true = arb(true)
        assert not found.lower > true
        assert not found.upper < true
        assert found.upper <= found.lower * (1 + arb(2) ** -bits)


# -- made by hand ---------------------------------------------------------------------------------------
def power(center, order):
    """1 − (x − center)^order/(1 + |center|)^order."""
    base = fmpq_poly([-center, 1]) ** order
    return chebyshev_coefficients(1 - base / (1 + abs(center)) ** order)


F = fmpq
HAND = {  # coefficients, the supremum, the places x = cos θ, or None where there are very many
    "a_0 alone": ([F(7, 3)], F(7, 3), None),
    "a_0 alone, with zeros": ([F(-7, 3), F(0), F(0)], F(7, 3), None),
    "at θ = 0": ([F(1), F(1, 3)], F(4, 3), [1]),
    "at θ = π": ([F(1), F(-1, 3)], F(4, 3), [-1]),
    "at θ = π, negative": ([F(-1), F(1, 3), F(-1, 9)], F(13, 9), [-1]),
    "at θ = π/2": ([F(1, 2), F(0), F(-1, 2)], F(1), [0]),
    "between": (power(F(1, 3), 2), F(1), [F(1, 3)]),
    "flat to order 4 at 0": ([F(1), F(4, 3), F(-1, 3)], F(2), [1]),
    "flat to order 6 at 0": ([F(12), F(15), F(-6), F(1)], F(22), [1]),
    "flat to order 4 at π": ([F(-1), F(4, 3), F(1, 3)], F(2), [-1]),
    "flat to order 4 between": (power(F(1, 3), 4), F(1), [F(1, 3)]),
    "flat to order 6 between": (power(F(-2, 7), 6), F(1), [F(-2, 7)]),
    "flat to order 12 between": (power(F(1, 5), 12), F(1), [F(1, 5)]),
    "all peaks tie, 7": ([F(0)] * 7 + [F(1)], F(1), None),
    "all peaks tie, 40": ([F(0)] * 40 + [F(-5, 3)], F(5, 3), None),
    "all peaks tie, 101": ([F(0)] * 101 + [F(1, 10**9)], F(1, 10**9), None),
    "a hair from a tie": ([F(0), F(1, 10**25)] + [F(0)] * 5 + [F(1)], 1 + F(1, 10**25), [1, -1]),
    "a hair from a constant": ([F(1), F(1, 10**40)], 1 + F(1, 10**40), [1]),
    "a wave on a constant": ([F(1)] + [F(0)] * 8 + [F(1, 10**30)], 1 + F(1, 10**30), None),
    "a constant, nearly flat": ([F(1), F(4, 3 * 10**20), F(-1, 3 * 10**20)], 1 + F(1, 10**20), [1]),
    "only the last": ([F(0), F(0), F(0), F(2)], F(2), None),
}
every_hand = pytest.mark.parametrize("name", HAND)


@every_hand
@pytest.mark.parametrize("bits", [5, 53, 180, 400])
def test_sums_made_by_hand(name, bits):
    a, true, places = HAND[name]
    assert exact_maximum(polynomial(a), -ONE, ONE, 200).overlaps(arb(true))
    found = enclosed(a, bits)
    check(found, true, bits)
    if places is not None and bits > 150:
        x = found.theta.cos()
        assert min(float(abs(x - arb(rational(p) if not isinstance(p, fmpq) else p))) for p in places) < 1e-3


@every_hand
@pytest.mark.parametrize("threshold", [0, 10**9])
def test_derivatives_by_transforms_and_one_by_one(name, threshold, monkeypatch):
    monkeypatch.setattr(engine, "_MANY_CELLS", threshold)
    a, true, _ = HAND[name]
    check(enclosed(a, 120), true, 120)


@every_hand
@pytest.mark.parametrize("scale", [F(1, 10**800), F(10**800), F(-1), F(1, 3)])
def test_no_size_is_special(name, scale):
    a, true, _ = HAND[name]
    check(enclosed(a, 90, scale), true * abs(scale), 90)


@pytest.mark.parametrize("bits", [20, 100])
def test_a_sum_of_squares_that_is_constant(bits):
    # (Σ cos)² + (Σ sin)² written out in balls: what cancels leaves balls around 0, and all cells survive
    with ball_precision(bits + 80):
        c = [arb(1) / 3, arb(2) / 7, arb(5) / 9]
        square = product(c, c)
        rest = [arb(1) - square[0], *(-v for v in square[1:])]
        total = [x + y for x, y in zip(square, rest, strict=True)]
        found = supremum(Cosine(total), bits)
    check(found, ONE, bits)
    assert len(found.cells) == found.N + 1


@pytest.mark.parametrize("digits", [2, 5, 9, 13, 20, 30])
@pytest.mark.parametrize("bits", [30, 75, 180])
def test_peaks_that_all_but_tie(digits, bits):
    # T_80 less 10^−digits·(x − 1/3)²: rough models settle most cells, and the pieces they leave hold
    a = [F(0)] * 81
    a[80] = F(1)
    for k, c in enumerate(chebyshev_coefficients(fmpq_poly([-F(1, 9), F(2, 3), -1]))):
        a[k] += c / 10**digits
    found = enclosed(a, bits)
    true = exact_maximum(polynomial(a), -ONE, ONE, bits + 40)
    check(found, true, bits)
    with ball_precision(bits + 100):
        f, delta = Cosine([arb(c) for c in a]), arb.pi() / (2 * found.N)
        for j, pieces in list(found.cells.items())[::17]:
            for piece in pieces:
                for end in (piece.low, piece.high):
                    u = arb(end[0]) * arb(2) ** end[1]
                    assert abs(f.value(arb.pi() * j / found.N + delta * u)) <= found.upper


def test_ends_are_named():
    assert enclosed([F(1), F(1)], 80).end == "L"
    assert enclosed([F(1), F(-1)], 80).end == "ell"
    assert enclosed(power(F(1, 3), 2), 80).end is None


def test_every_cell_is_below():
    # what the cells left out claim: checked at many points, at twice the precision
    a = [fmpq((-1) ** k * (k % 5 + 1), k + 2) for k in range(30)]
    found = enclosed(a, 100)
    with ball_precision(300):
        f = Cosine([arb(c) for c in a])
        values = [abs(f.value(arb.pi() * k / 700)) for k in range(701)]
    assert all(v <= found.upper for v in values)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=31).filter(any), st.sampled_from([10, 60, 150]))
@settings(max_examples=40)
def test_random_sums(numerators, bits):
    a = [fmpq(c, 7 * k + 3) for k, c in enumerate(numerators)]
    found = enclosed(a, bits)
    check(found, exact_maximum(polynomial(a), -ONE, ONE, bits + 40), bits)
    with ball_precision(bits + 80):
        attained = abs(Cosine([arb(c) for c in a]).value(found.theta))
        assert attained.upper() >= found.lower
        assert attained.lower() <= found.upper


# -- a floor --------------------------------------------------------------------------------------------
@every_hand
def test_a_floor_above_is_all_that_is_said(name):
    a, true, _ = HAND[name]
    floor = arb(int(2 * true) + 1)
    found = enclosed(a, 90, floor=floor)
    if len(a) == 1:
        check(found, true, 90)  # nothing to save
        return
    with ball_precision(200):
        assert not found.lower > arb(true)
        assert found.upper == floor


@every_hand
@pytest.mark.parametrize("share", [F(1, 2), F(99, 100), 1 - F(1, 10**12), F(1)])
def test_a_floor_below_changes_nothing(name, share):
    a, true, _ = HAND[name]
    with ball_precision(200):
        floor = arb(true * share).lower()
    found = enclosed(a, 90, floor=floor)
    with ball_precision(200):
        assert not found.lower > arb(true)
        assert not found.upper < arb(true)
        assert found.upper <= arb(true) * (1 + arb(2) ** -89)


def test_with_a_floor_a_function_may_be_zero():
    with ball_precision(100):
        for a in ([arb(0), arb(0)], [arb(0, 1e-25), arb(0, 1e-25), arb(0, 1e-25)]):
            found = supremum(Cosine(a), 80, arb(1))
            assert found.lower == 0
            assert 0 <= found.upper <= 1


# -- wide and broken coefficients -----------------------------------------------------------------------
@every_hand
@pytest.mark.parametrize("radius", [1e-2, 1e-8, 1e-15, 1e-40])
@pytest.mark.parametrize("threshold", [0, 60])
def test_wide_coefficients_give_a_wide_answer_or_none(name, radius, threshold, monkeypatch):
    monkeypatch.setattr(engine, "_MANY_CELLS", threshold)
    a, true, _ = HAND[name]
    with ball_precision(250):
        spread = true * rational(Fraction(radius)) / len(a)
        wide = [arb(c, arb(spread).upper()) for c in a]
        try:
            found = supremum(Cosine(wide), 150)
        except TooWide:
            assert radius > 1e-8
            return
        # at x = ±1 a change of all coefficients by the radius moves f by as much as anywhere
        assert found.lower <= true + arb(2) ** -140
        assert found.upper >= true
        assert found.upper - found.lower <= 3000 * radius * arb(true) + arb(true) * arb(2) ** -100


@pytest.mark.parametrize("radius", [1, 10, 1e300])
@pytest.mark.parametrize("n", [1, 2, 30])
def test_coefficients_that_may_be_zero_have_no_supremum(radius, n):
    with ball_precision(200), pytest.raises(TooWide, match="too wide for any bound on their supremum"):
        supremum(Cosine([arb(1, radius)] * (n + 1)), 100)


@pytest.mark.parametrize("a", [[0, 0], [0, 0, 0, 0]])
def test_zero_without_a_floor_is_refused(a):
    with ball_precision(100), pytest.raises(TooWide):
        supremum(Cosine([arb(c) for c in a]), 50)


@pytest.mark.parametrize("broken", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("k", range(5))
@pytest.mark.parametrize("n", [0, 1, 4, 60])
def test_what_is_not_finite_never_slips_through(broken, k, n):
    a = [arb(1) / (i + 1) for i in range(n + 1)]
    a[k % (n + 1)] = arb(broken)
    with ball_precision(150):
        for floor in (None, arb(10)):
            with pytest.raises(TooWide, match=r"^a coefficient is not finite$"):
                supremum(Cosine(a), 100, floor)


@pytest.mark.parametrize("where", ["grid", "taylor"])
def test_nor_does_it_from_the_inside(where, monkeypatch):
    # a transform or an evaluation that fails: the answer is an error, never a number
    whole = getattr(Cosine, where)

    def broken(self, *arguments):
        result = whole(self, *arguments)
        values = result[0] if where == "grid" else result
        values[len(values) // 2] = arb("nan")
        return result

    monkeypatch.setattr(Cosine, where, broken)
    monkeypatch.setattr(engine, "_MANY_CELLS", 60)
    for name in ("between", "flat to order 4 between", "all peaks tie, 7"):
        a, true, _ = HAND[name]
        try:
            found = enclosed(a, 60)
        except TooWide:
            continue
        assert found.upper >= true


def test_precision_is_put_back():
    before = flint.ctx.prec
    for a in ([arb(1), arb(2)], [arb("nan")], [arb(0), arb(0)]):
        with suppress(TooWide):
            supremum(Cosine(a), 200)
        assert flint.ctx.prec == before


# -- grids ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n", [1, 2, 3, 7, 100, 777, 10_000])
def test_grids_are_fine_enough_and_cheap(n):
    def smooth(m):
        for prime in (2, 3, 5):
            while m % prime == 0:
                m //= prime
        return m == 1

    N = grid_size(n)
    assert 5 * n <= 2 * N
    assert N >= 4
    assert smooth(N)
    assert not any(smooth(m) for m in range(max(4, -(-5 * n // 2)), N))


# -- methods --------------------------------------------------------------------------------------------
def error_polynomial(method, t, which):
    """E_t or D_t in balls, right to 300 bits, and exactly."""
    with ball_precision(400 + 6 * t):
        P = chebyshev_balls(method, t, 300 + 2 * t)
        E, D = error_pair(P, ball(method.spectrum.center), ball(method.spectrum.radius))
    P = residual_polynomial(method, t)
    exact = P.derivative() if which == "D" else P - fmpq_poly([0, 1]) * P.derivative()
    return (D if which == "D" else E), exact


METHODS = {
    "chebyshev": pu.Chebyshev(S),
    "nesterov": pu.Nesterov(S),
    "heavy-ball": pu.HeavyBall(S),
    "sobolev": pu.Sobolev(S),
    "sobolev, legendre": pu.Sobolev(S, pu.measures.legendre(), "1/10"),
    "gd": pu.GradientDescent(S, "2/(L+ell)"),
    "gd, narrow": pu.GradientDescent(pu.Spectrum(1, "1001/1000"), "1/2"),
}
every_method = pytest.mark.parametrize("name", METHODS)


@every_method
@pytest.mark.parametrize("which", ["E", "D"])
@pytest.mark.parametrize("t", [2, 3, 20, 55, pytest.param(100, marks=pytest.mark.slow)])
def test_isolated_and_complex_roots_of_the_derivative_agree(name, which, t):
    a, exact = error_polynomial(METHODS[name], t, which)
    with ball_precision(400):
        found = supremum(Cosine(a), 200)
    low, high = METHODS[name].spectrum.low, METHODS[name].spectrum.high
    isolated, roots = exact_maximum(exact, low, high, 240), flint_maximum(exact, low, high, 240)
    assert isolated.overlaps(roots)
    check(found, isolated, 200)


def polished(method, t, point, digits):
    """The zero of P'' near a point, by Newton's method."""
    for _ in range(12):
        jets = pu.jets(method, t, [point], 3, digits)
        step = mpmath.mpf(jets.derivative(2)[0] / jets.derivative(3)[0])
        moved = Fraction(
            int(mpmath.nint((mpmath.mpf(jets.points[0]) - step) * mpmath.mpf(2) ** (4 * digits))), 2 ** (4 * digits)
        )
        if abs(moved - point) > Fraction(1, 10):
            break
        point = min(max(moved, Fraction(method.spectrum.ell)), Fraction(method.spectrum.L))
    return point


@every_method
@pytest.mark.parametrize("t", [12, 40])
@pytest.mark.parametrize("digits", [25, 60])
def test_samples_polished_in_mpmath(name, t, digits):
    """Double jets choose the place; Newton's method on E' = −λP'' or D' = P'' runs in mpmath at digits + 20."""
    method = METHODS[name]
    low, high = float(method.spectrum.ell), float(method.spectrum.L)
    x = (low + high) / 2 + (high - low) / 2 * np.cos(np.linspace(0, np.pi, 16 * t))
    E, D = pu.jets(method, t, x).error_pair()
    for which, row in (("E", E), ("D", D)):
        a, _ = error_polynomial(method, t, which)
        bits = int(3.33 * digits)
        with ball_precision(bits + 100):
            found = supremum(Cosine(a), bits)
        row = np.abs(row)
        inner = [i for i in range(1, len(x) - 1) if row[i] >= max(row[i - 1], row[i + 1], 0.9 * row.max())]
        with mpmath.workdps(digits + 20):
            points = [method.spectrum.low, method.spectrum.high]
            points += [polished(method, t, Fraction(float(x[i])), digits + 20) for i in inner]
            jets = pu.jets(method, t, points, 1, digits + 20)
            values = jets.error_pair()[0] if which == "E" else jets.derivative(1)
            best = mpmath.mpf(max(abs(v) for v in values))
            slack = mpmath.mpf(10) ** (-digits - 3)
            with ball_precision(bits + 100):
                ends = lower_fraction(found.lower), upper_fraction(found.upper)
            lower, upper = (high_precision(rational(end), digits + 30) for end in ends)
            assert lower * (1 - slack) <= best <= upper * (1 + slack)


@pytest.mark.parametrize(
    ("name", "t"),
    [("nesterov", 120), ("gd", 120)]
    + [
        pytest.param(*case, marks=pytest.mark.slow)
        for case in (("sobolev", 120), ("chebyshev", 300), ("nesterov", 300))
    ],
)
def test_a_second_engine_from_the_plain_recurrence(name, t):
    """E by ball jets at single points, bisection in θ, a second-order Bernstein bound: nothing in common but ±, ×."""
    method = METHODS[name]
    a, _ = error_polynomial(method, t, "E")
    with ball_precision(200):
        found = supremum(Cosine(a), 60)

    def jet(x):
        P, slope, curvature = ball_jets(method, t, [x], 2)[0]
        return P - x * slope, -x * curvature

    with ball_precision(500 + 2 * t):
        assert bisected(jet, t, found.upper, method.spectrum, 1e-6)
        assert not bisected(jet, t, found.lower, method.spectrum, -1e-6)


CHEBYSHEV = {
    10: "53.0871759611420286421123942579",
    30: "8.82918351583417771288060710797",
    100: "0.0000778727885656482662067263185595",
    300: "2.60382745466172680288665290567e-21",
}


@pytest.mark.parametrize("t", CHEBYSHEV)
def test_chebyshevs_suprema_to_thirty_digits(t):
    # exactly (t²(1+s) − 1)/T_t(s), s = 101/99: at t = 10 that is 18179906742171937530999/342453830195808469001
    s = fmpq(101, 99)
    exact = (t * t * (1 + s) - 1) / fmpz_poly.chebyshev_t(t)(s)
    assert t != 10 or exact == fmpq(18179906742171937530999, 342453830195808469001)
    a, _ = error_polynomial(METHODS["chebyshev"], t, "E")
    with ball_precision(400):
        found = supremum(Cosine(a), 120)
    check(found, exact, 120)
    assert found.end == "L"
    digits = rational(Fraction(CHEBYSHEV[t]))
    assert abs(exact - digits) < exact / 10**29
    assert pu.worst_case(METHODS["chebyshev"], t, digits=40).decimal(30).startswith(CHEBYSHEV[t][:29])


@pytest.mark.parametrize("n", [30, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("bits", [60, 400])
def test_equioscillation(n, bits):
    # P_n of the Chebyshev method, and D of it: all peaks of the first tie
    with ball_precision(bits + 200 + 6 * n):
        P = chebyshev_balls(METHODS["chebyshev"], n, bits + 100)
        found, slope = supremum(Cosine(P), bits), supremum(Cosine(derivative(P, ball(S.radius))), bits)
    T = fmpz_poly.chebyshev_t(n)(fmpq(101, 99))
    check(found, 1 / T, bits)
    check(slope, 2 * n * n / (fmpq(99, 100) * T), bits)
    assert len(found.cells) >= n


# -- Sollya ---------------------------------------------------------------------------------------------
@pytest.mark.skipif(shutil.which("sollya") is None, reason="Sollya is not installed")
@pytest.mark.parametrize("name", sorted(set(METHODS) - {"nesterov"}))  # there Sollya finds no lower end and gives up
@pytest.mark.parametrize("t", [6, 25, pytest.param(100, marks=pytest.mark.slow)])
def test_sollyas_supnorm(name, t):
    method = METHODS[name]
    a, exact = error_polynomial(method, t, "E")
    with ball_precision(400):
        found = supremum(Cosine(a), 150)
    terms = "+".join(f"({c})*x^{k}" for k, c in enumerate(exact.coeffs()) if c != 0)
    script = (
        f"prec = {400 + 6 * t}!; p = horner({terms});\n"
        f"supnorm(p, 0, [{method.spectrum.ell}; {method.spectrum.L}], absolute, 2^(-100));\nquit;\n"
    )
    run = subprocess.run(
        ["sollya", "--warnonstderr"], input=script, capture_output=True, text=True, timeout=300, check=True
    )
    match = re.search(r"\[([^;\]]+);([^;\]]+)\]", run.stdout)
    assert match, run.stdout + run.stderr
    low, high = (Fraction(end.strip()) for end in match.groups())
    with ball_precision(400):
        lower, upper = lower_fraction(found.lower), upper_fraction(found.upper)
    assert low <= lower  # its interval is wider than ours
    assert upper <= high
    assert high - low <= high / 10**20
