"""Constrained minimax: a bound on |P|, a bound on every earlier step, and real roots only; each by another route."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from reference.suprema import bounded, exact_maximum, exact_ring
from scipy.optimize import linprog, minimize

import polyunroll as pu
from polyunroll.bounds.certificate import certificate
from polyunroll.bounds.check import check
from polyunroll.bounds.question import Question
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.methods import method_from_data
from polyunroll.optimal import exchange, sequence_cuts, sequence_proofs, sequence_search
from polyunroll.optimal.constrained import chebyshev_value
from polyunroll.optimal.constrained_steps import _Search, _starts
from polyunroll.optimal.problem import Problem

S = pu.Spectrum("1/100", 1)
GRID = 0.505 - 0.495 * np.cos(np.pi * np.arange(401) / 400)


def least(t, spectrum=S):
    """1/|T_t(σ(0))| by the recurrence."""
    sigma = (spectrum.L + spectrum.ell) / (spectrum.L - spectrum.ell)
    values = [Fraction(1), sigma]
    while len(values) <= t:
        values.append(2 * sigma * values[-1] - values[-2])
    return 1 / values[t]


def maximum(method, t, R, G, split):
    """W by exact root isolation in powers of λ."""
    question = Question.of(method, t, R, G, criterion="pointwise", split=split)
    return max(float(exact_maximum(F, S.low, S.high, 100)) for F in bounded(question, exact_ring))


def powers(t, lam, R, G, side, split):
    """F_σ(λ) of 1, λ, …, λ^t; exactly for exact numbers."""
    total = split == "total"
    return [R * lam**k * ((1 - k) if total else 1) + (side * G * k * lam ** (k - 1) if k else 0) for k in range(t + 1)]


def on_grid(t, R, G, split):
    """F± of powers of λ − 1 at 401 points, and the powers themselves."""
    k = np.arange(t + 1)
    V = (GRID[:, None] - 1) ** k
    D = np.hstack([np.zeros((GRID.size, 1)), k[1:] * V[:, :-1]])
    A = V - GRID[:, None] * D if split == "total" else V
    return np.vstack([R * A + G * D, R * A - G * D]), V


# -- a bound on |P| ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize("sizes", [(1, 0), (1, 1), (1, "1/50"), (0, 1)])
@pytest.mark.parametrize(("t", "share"), [(2, "1001/1000"), (3, 2), (5, "3/2"), (8, "11/10"), (8, 3)])
def test_a_programme_on_a_dense_grid(t, share, sizes, split):
    c = least(t) * Fraction(share)
    best = pu.Minimax(S, t, *sizes, split, max_residual=c)
    R, G = (float(Fraction(v)) for v in sizes)
    F, V = on_grid(t, R, G, split)
    column = -np.ones((F.shape[0], 1))
    found = linprog(
        np.append(np.zeros(t + 1), 1),
        A_ub=np.vstack(
            [
                np.hstack([F, column]),
                np.hstack([-F, column]),
                np.hstack([np.vstack([V, -V]), np.zeros((2 * len(V), 1))]),
            ]
        ),
        b_ub=np.concatenate([np.zeros(2 * len(F)), np.full(2 * len(V), float(c))]),
        A_eq=[np.append((-1.0) ** np.arange(t + 1), 0)],
        b_eq=[1],
        bounds=(None, None),
    )
    assert found.status == 0
    assert found.fun <= float(best.upper) * (1 + 1e-6) + 1e-9
    assert found.fun >= float(best.lower) * (1 - 1e-3)
    assert best.gap <= Fraction(1, 10**6)


@pytest.mark.parametrize(("t", "sizes"), [(4, (1, 0)), (7, (1, "1/50")), (10, (1, 0))])
def test_both_suprema_by_isolated_roots(t, sizes):
    c = least(t) * Fraction(5, 4)
    best = pu.Minimax(S, t, *sizes, max_residual=c)
    assert maximum(best, t, 1, 0, "partial") <= float(c) * (1 + 1e-15)
    assert best.residual_size.upper <= c
    assert maximum(best, t, *sizes, "total") == pytest.approx(float(best.upper), rel=1e-8)
    assert best.upper > pu.Minimax(S, t, *sizes).upper  # the bound binds


@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize(("t", "R", "G"), [(3, 1, 0), (5, 1, Fraction(1, 2)), (6, 0, 1), (9, 2, Fraction(1, 50))])
def test_the_weights_satisfy_the_equations(t, R, G, split):
    c = least(t) * Fraction(6, 5)
    best = pu.Minimax(S, t, R, G, split, max_residual=c)
    dual = best.dual
    if dual is None:  # the Chebyshev polynomial itself is the unconstrained optimum
        assert best.upper == least(t)
        return
    if not hasattr(dual, "residual_points"):
        assert best.residual_size.upper <= c
        return
    rows = [powers(t, x, R, G, s, split) for x, s in zip(dual.points, dual.sides, strict=True)]
    rows += [[x**k for k in range(t + 1)] for x in dual.residual_points]
    weights = [*dual.weights, *dual.residual_weights]
    for k in range(t + 1):
        ends = [sorted((row[k] * w.lower, row[k] * w.upper)) for row, w in zip(rows, weights, strict=True)]
        low, high = sum(a for a, _ in ends), sum(b for _, b in ends)
        assert low <= (k == 0) <= high
        assert high - low < Fraction(1, 10**15)
    sizes = [max(abs(w.lower), abs(w.upper)) for w in weights]
    mu, nu = sum(sizes[: len(dual.points)]), sum(sizes[len(dual.points) :])
    assert (1 - c * nu) / mu == pytest.approx(float(dual.bound), rel=1e-9)
    assert best.lower == dual.bound


@pytest.mark.parametrize("t", [1, 2, 5, 12])
def test_at_the_least_of_all_bounds_it_is_chebyshev(t):
    c = least(t)
    exact = chebyshev_value(S, t)
    assert Fraction(int(exact.p), int(exact.q)) == c
    best = pu.Minimax(S, t, max_residual=c)
    assert pu.residual(best, t) == pu.residual(pu.Chebyshev(S), t)
    assert best.residual_size.upper == c
    assert best.gap < Fraction(1, 10**7)
    with pytest.raises(
        InvalidInput, match=r"below 1/\|T_t\(σ\(0\)\)\|, the least max\|P\| of all P of degree"
    ) as caught:
        pu.Minimax(S, t, max_residual=c * Fraction(999_999, 1_000_000))
    shown = Fraction(str(caught.value).rpartition(">= ")[2])
    assert c <= shown <= c * Fraction(1_000_001, 1_000_000)
    pu.Minimax(S, t, max_residual=shown)


@pytest.mark.parametrize("t", [10, 20])
def test_a_smaller_bound_costs_more(t):
    limits = [pu.Minimax(S, t, max_residual=least(t) * share).limit for share in (1, Fraction(101, 100), 2, 1000)]
    assert all(b.lower <= a.upper for a, b in itertools.pairwise(limits))
    free = pu.Minimax(S, t)
    assert limits[-1].lower <= free.upper
    assert free.lower <= limits[-1].upper
    assert limits[0].lower > 20 * free.upper


def test_a_bound_that_does_not_bind():
    best = pu.Minimax(S, 20, 1, 1, max_residual=1, digits=8)
    assert best.lower == best.upper == 1
    assert best.residual_size.upper == 1
    free = pu.Minimax(S, 10, 1, "1/50", "partial")
    best = pu.Minimax(S, 10, 1, "1/50", "partial", max_residual=free.residual_size.upper)
    assert best.limit.lower <= free.upper
    assert best.limit.upper >= free.lower


def test_any_mixture_is_above_the_lower_bound():
    t, c = 12, least(12) * Fraction(13, 10)
    limit = pu.Minimax(S, t, max_residual=c).limit
    free = pu.chebyshev_series(pu.Minimax(S, t, digits=8), t)
    own = pu.chebyshev_series(pu.Chebyshev(S), t)
    for k in range(1, 40, 4):
        share = Fraction(k, 4000)
        mixed = pu.FixedPolynomial(
            S, [share * a + (1 - share) * b for a, b in zip(free, own, strict=True)], "chebyshev"
        )
        if pu.worst_case(mixed, t, split="partial").upper <= c:
            assert pu.worst_case(mixed, t).upper >= limit.lower


ONE = pu.Spectrum(2, 2)


@pytest.mark.parametrize(
    ("arguments", "c", "value"),
    [
        ((S, 0, 2, 1), 1, 2),
        ((S, 10, 0, 1), 1, 0),
        ((ONE, 3, 1, 1), 0, 0),
        ((ONE, 1, 1, 1), "1/4", Fraction(11, 8)),
        ((ONE, 1, 1, 3, "partial"), "1/4", Fraction(11, 8)),
        ((ONE, 1, 1, 1, "partial"), "1/4", Fraction(1, 2)),
        ((ONE, 1, 1, 3), 2, 1),
    ],
)
def test_degenerate_cases(arguments, c, value):
    best = pu.Minimax(*arguments, max_residual=c)
    assert best.lower == best.upper == value
    assert best.residual_size.upper <= Fraction(c)


def test_one_step_has_a_closed_form():
    # P = 1 + aλ: W = R + |a|G, and 1 + aℓ ≤ c asks for a ≤ −(1 − c)/ℓ
    c = Fraction(199, 200)
    best = pu.Minimax(S, 1, 1, 1, max_residual=c)
    assert best.lower <= 1 + (1 - c) * 100 <= best.upper
    assert best.gap < Fraction(1, 10**8)


def test_it_is_a_method_that_says_what_it_keeps():
    best = pu.Minimax(S, 8, max_residual="1/2")
    assert repr(best) == "Minimax([1/100, 1], t=8, R=1, G=0, split=total, max_residual=1/2)"
    assert "|P|<=1/2" in best.label
    assert best.max_residual == Fraction(1, 2)
    assert pu.Minimax(S, 8).max_residual is None
    # its limit is not that of all methods
    assert pu.minimax_gap(best, 8).limit.upper < best.lower


def test_irrational_ends():
    spectrum = pu.Spectrum(1, sympy.sqrt(5))
    best = pu.Minimax(spectrum, 6, max_residual="1/5000")
    assert best.gap < Fraction(1, 10**6)
    assert best.residual_size.upper <= Fraction(1, 5000)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"max_residual": 1, "criterion": "exact"}, "max_residual is for the criterion pointwise"),
        ({"max_residual": 1, "digits": 9}, "digits = 9 is not allowed; give 1 to 8"),
        ({"max_residual": "much"}, "max_residual = 'much' is not a number"),
        ({"max_residual": -1}, "max_residual = -1 is below"),
        ({"max_residual": sympy.Symbol("c", positive=True)}, "max_residual = c has symbols"),
    ],
)
def test_bad_bounds(how, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.Minimax(S, 5, **how)
    assert sentence in str(caught.value)


# -- every step --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("base", [pu.Chebyshev(S), pu.JacobianKernel(S), pu.GradientDescent(S)], ids=lambda m: m.name)
@pytest.mark.parametrize(
    ("T", "sizes", "split", "peak"),
    [
        (3, (1, 0), "total", 1),
        (6, (1, 0), "total", 1),
        (6, (1, 0), "partial", 1),
        (5, (1, Fraction(1, 10)), "total", Fraction(3, 2)),
        (6, (1, Fraction(1, 200)), "partial", 1),
        (6, (2, Fraction(1, 10**4)), "total", 2),
    ],
)
def test_a_programme_for_all_steps_on_a_dense_grid(T, sizes, split, peak, base):
    best = pu.MinimaxSequence(S, T, *sizes, split, peak, base=base, criterion="pointwise")
    assert best.gap <= Fraction(1, 10**6)
    R, G = map(float, sizes)
    differences = [pu.residual(base, k) - pu.residual(base, k - 1) for k in range(1, T + 1)]
    lam = sympy.Symbol("lambda")
    rows = np.zeros((2 * GRID.size, T))
    for k, d in enumerate(differences):
        p, slope = (np.polyval([float(v) for v in q.all_coeffs()], GRID) for q in (d, d.diff(lam)))
        A = p - GRID * slope if split == "total" else p
        rows[:, k] = np.concatenate([R * A + G * slope, R * A - G * slope])
    scale = np.maximum(np.abs(rows).max(axis=0), 1e-12)
    blocks, limits = [], []
    for n in range(1, T + 1):
        used = np.where(np.arange(T) < n, rows / scale, 0.0)
        level = np.full((len(used), 1), -1.0 if n == T else 0.0)
        blocks += [np.hstack([used, level]), np.hstack([-used, level])]
        most = 0.0 if n == T else float(peak)
        limits += [np.full(len(used), most - R), np.full(len(used), most + R)]
    found = linprog(
        np.append(np.zeros(T), 1),
        A_ub=np.vstack(blocks),
        b_ub=np.concatenate(limits) + 1e-13,
        bounds=(None, None),
    )
    assert found.status == 0
    assert found.fun == pytest.approx(float(best.upper), rel=2e-4)
    assert found.fun <= float(best.upper) * (1 + 1e-6)
    # each step, from the exact polynomials
    for n in range(T):
        P = pu.residual(best, n)
        p, slope = (np.polyval([float(v) for v in q.all_coeffs()], GRID) for q in (P, P.diff(lam)))
        A = p - GRID * slope if split == "total" else p
        assert (R * np.abs(A) + G * np.abs(slope)).max() <= float(peak) * (1 + 1e-9)
        assert best.steps[n].upper <= peak


@pytest.mark.parametrize(
    ("T", "R", "G", "split", "peak"),
    [
        (5, 1, 0, "total", 1),
        (5, 1, Fraction(1, 200), "partial", 1),
        (8, 1, Fraction(1, 1000), "total", Fraction(1001, 1000)),
    ],
)
def test_the_weights_of_all_steps_satisfy_the_equations(T, R, G, split, peak):
    base = pu.JacobianKernel(S)
    best = pu.MinimaxSequence(S, T, R, G, split, peak, criterion="pointwise")
    dual = best.dual
    assert set(dual.steps) - {T}  # earlier steps take part
    for k in range(dual.first, T + 1):
        d = pu.residual(base, k) - pu.residual(base, k - 1)
        c = [Fraction(int(v.p), int(v.q)) for v in reversed(d.all_coeffs())]
        c += [Fraction(0)] * (T + 1 - len(c))
        ends = []
        for n, x, s, w in zip(dual.steps, dual.points, dual.sides, dual.weights, strict=True):
            value = sum(a * b for a, b in zip(c, powers(T, x, R, G, s, split), strict=True)) if n >= k else 0
            ends.append(sorted((value * w.lower, value * w.upper)))
        assert sum(a for a, _ in ends) <= 0 <= sum(b for _, b in ends)
        assert sum(b - a for a, b in ends) < Fraction(1, 10**15)
    own = sum(max(abs(w.lower), abs(w.upper)) for n, w in zip(dual.steps, dual.weights, strict=True) if n < T)
    last = sum(max(abs(w.lower), abs(w.upper)) for n, w in zip(dual.steps, dual.weights, strict=True) if n == T)
    total = sum(w.lower for w in dual.weights)
    assert float((R * total - peak * own) / last) == pytest.approx(float(dual.bound), rel=1e-9)


EXACT = [
    (3, (1, Fraction(1, 200)), "partial", 1),
    (6, (1, Fraction(1, 200)), "partial", 1),
    (12, (2, Fraction(1, 150)), "partial", 2),
    (6, (1, Fraction(1, 1000)), "total", Fraction(1001, 1000)),
    (12, (1, Fraction(1, 10)), "total", 3),
]


@pytest.mark.parametrize("base", [pu.Chebyshev(S), pu.JacobianKernel(S)], ids=lambda m: m.name)
@pytest.mark.parametrize(("T", "sizes", "split", "peak"), EXACT)
def test_every_exact_worst_case_is_kept(T, sizes, split, peak, base):
    best = pu.MinimaxSequence(S, T, *sizes, split, peak, base=base)
    assert best.gap <= Fraction(1, 10**6)
    # a search for V itself ends between the searches for W, which bound it
    below = pu.MinimaxSequence(S, T, *sizes, split, peak, base=base, criterion="pointwise")
    assert below.lower <= best.upper
    assert best.lower <= below.upper * Fraction(3, 2)
    V = pu.worst_case(pu.PartialSums(base, best.tails), range(T + 1), *sizes, split=split)
    assert all(one.upper <= peak for one in V[:-1])
    assert V[-1].lower <= best.upper
    assert all(abs(a.upper - b.upper) < Fraction(1, 10**9) for a, b in zip(V, best.steps, strict=True))
    # by sampling λ and s, without the bounds' own code
    R, G = map(float, sizes)
    lam, s = sympy.Symbol("lambda"), np.linspace(0.0005, 0.9995, 2000)
    for n in range(T + 1):
        P = pu.residual(best, n)
        p, slope = (np.polyval([float(v) for v in q.all_coeffs()], GRID) for q in (P, P.diff(lam)))
        A = p - GRID * slope if split == "total" else p
        mixtures = (R * A)[:, None] ** 2 / s + (G * slope)[:, None] ** 2 / (1 - s)
        least = float(np.sqrt(mixtures.max(axis=0).min()))
        assert least <= float(peak) * 1.0006
        assert least == pytest.approx(float(best.steps[n]), rel=2e-3)


@pytest.mark.parametrize(("T", "sizes", "split", "peak"), EXACT)
def test_no_table_nearby_is_better(T, sizes, split, peak):
    best = pu.MinimaxSequence(S, T, *sizes, split, peak)
    random = np.random.default_rng(T)
    for size in (1e-2, 1e-4):
        for _ in range(4):
            moves = 1 + size * random.standard_normal(T)
            moved = pu.PartialSums(
                best.base, [float(v.p) / float(v.q) * m for v, m in zip(best.tails, moves, strict=True)]
            )
            V = pu.worst_case(moved, range(T + 1), *sizes, split=split)
            assert V[-1].upper >= best.lower or any(one.upper > peak for one in V[:-1])


@pytest.mark.parametrize(("T", "sizes", "split", "peak"), [EXACT[1], EXACT[3]])
def test_the_mixed_weights_satisfy_the_equations(T, sizes, split, peak):
    best = pu.MinimaxSequence(S, T, *sizes, split, peak)
    dual, (R, G) = best.dual, sizes
    assert set(dual.steps) - {T}
    pairs = list(zip(dual.steps, dual.points, dual.p, dual.q, strict=True))
    for k in range(dual.first, T + 1):
        d = pu.residual(best.base, k) - pu.residual(best.base, k - 1)
        c = [Fraction(int(v.p), int(v.q)) for v in reversed(d.all_coeffs())]
        c += [Fraction(0)] * (T + 1 - len(c))
        low = high = Fraction(0)
        for n, x, *weights in pairs:
            plus, minus = (sum(a * b for a, b in zip(c, powers(T, x, R, G, v, split), strict=True)) for v in (1, -1))
            for value, w in zip(((plus + minus) / 2, (plus - minus) / 2), weights, strict=True):
                ends = sorted((value * w.lower, value * w.upper)) if n >= k else (0, 0)
                low, high = low + ends[0], high + ends[1]
        assert low <= 0 <= high
        assert high - low < Fraction(1, 10**15)
    s = np.linspace(0.0, 1.0, 20001)
    lengths = {
        n: max(sum(np.sqrt(float(p) ** 2 * s + float(q) ** 2 * (1 - s)) for m, _, p, q in pairs if m == n))
        for n in set(dual.steps)
    }
    last = lengths.pop(T)
    bound = (float(R) * sum(float(p) for p in dual.p) - float(peak) * sum(lengths.values())) / last
    assert bound == pytest.approx(float(dual.bound), rel=1e-5)
    assert dual.bound == best.lower


@pytest.mark.parametrize(("G", "expected"), [("97/100", None), ("1/2", 1)])
def test_where_v_cannot_fall_though_w_can(G, expected):
    # a move of −f, f = Σ (λ−1)^k/k! for k <= 3: f > f' everywhere, nearly tight where f is small and where it is large
    problem = Problem.of(pu.Spectrum(1, 2), 3, 1, G, "partial")
    rows = sequence_search.Differences(problem, pu.Chebyshev(problem.spectrum), 300)
    f = np.polynomial.Polynomial([1, 1, 1 / 2, 1 / 6])(np.polynomial.Polynomial([-1, 1]))
    c = f.convert(kind=np.polynomial.Chebyshev, domain=[1, 2]).coef
    rows.a = [[arb(-v) for v in c]] * 3
    rows._doubles = np.array([-c] * 3).T
    assert sequence_search.first_free(rows) == 1
    assert sequence_cuts.first_free_exactly(rows) == expected
    lam, s = np.linspace(1, 2, 301), np.linspace(0.0005, 0.9995, 1999)
    for tau in (1e-1, 1e-2):
        A, B = 1 - tau * f(lam), tau * float(Fraction(G)) * f.deriv()(lam)
        V = np.sqrt((A[:, None] ** 2 / s + B[:, None] ** 2 / (1 - s)).max(axis=0).min())
        assert np.abs(A).max() + 1e-4 < 1
        assert (V < 1) == (expected == 1)


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_search_that_runs_out_of_rounds_still_gives_a_lower_bound(monkeypatch, rounds):
    best = pu.MinimaxSequence(S, 8, 1, "1/10", peak=3)
    monkeypatch.setattr(sequence_cuts, "_ROUNDS", rounds)
    rows = sequence_search.Differences(best.problem, best.base, 400)
    search = sequence_cuts.CutSearch(rows, 1, 3.0)
    search.run(1e-9)
    dual = sequence_proofs.mixed_dual_of(rows, search, fmpq(3), 6)
    assert len(dual.points) == len(dual.p) == len(dual.q) > 0
    assert 0 < dual.bound <= best.upper


@pytest.mark.parametrize("T", [5, 10, 30])
def test_no_burn_in_costs_nothing_with_the_jacobian_kernel(T):
    best = pu.MinimaxSequence(S, T)
    assert best.cost.upper < 1 + Fraction(1, 10**8)
    assert all(W.upper <= 1 for W in best.steps)
    free = pu.MinimaxSequence(S, T, base=pu.Chebyshev(S))
    assert free.cost.lower > 1 + Fraction(1, 10**3)
    assert all(W.upper <= 1 for W in free.steps)
    # without the constraint the same base has the limit, at the price of a burn-in
    assert pu.MinimaxSequence(S, T, base=pu.Chebyshev(S), peak=1000).cost.upper < 1 + Fraction(1, 10**8)


def test_the_iterates_are_partial_sums_of_the_base():
    best = pu.MinimaxSequence(S, 6, base=pu.Sobolev(S))
    total = sympy.Poly(1, sympy.Symbol("lambda"), domain="QQ")
    for n, tau in enumerate(best.tails, 1):
        difference = pu.residual(best.base, n) - pu.residual(best.base, n - 1)
        total += difference * sympy.Rational(int(tau.p), int(tau.q))
        assert pu.residual(best, n) == total
        assert total.eval(0) == 1
    with pytest.raises(HorizonError):
        pu.residual(best, 7)


@pytest.mark.parametrize(("criterion", "words"), [("pointwise", "values of either sign"), ("exact", "of either sign")])
def test_where_it_must_stand_still_that_is_proved(criterion, words):
    best = pu.MinimaxSequence(S, 10, 1, "1/10", criterion=criterion)
    assert best.lower == best.upper == 1
    assert all(tau == 0 for tau in best.tails)
    assert words in best.proof
    # the claim itself: W_1 > R as soon as it moves, and so on
    for n in range(1, 11):
        for tau in (fmpq(1, 1000), fmpq(-1, 1000)):
            values = [fmpq(0)] * 10
            values[n - 1] = tau
            moved = pu.PartialSums(best.base, values)
            assert pu.worst_case(moved, n, 1, "1/10", criterion=criterion).lower > 1
    # with a peak above R it may move, and does where that gains anything
    assert pu.MinimaxSequence(S, 30, 1, "1/10", peak=20, criterion=criterion).upper < 1
    few = pu.MinimaxSequence(S, 5, 1, "1/10", peak="3/2", criterion=criterion)
    assert few.upper == 1
    assert few.lower > 1 - Fraction(1, 10**6)
    assert all(tau == 0 for tau in few.tails)


@pytest.mark.parametrize(
    ("arguments", "value"), [((S, 0, 2, 1), 2), ((S, 1, 2, 1), 2), ((S, 7, 0, 1), 0), ((S, 1, 1, 0), 1)]
)
def test_degenerate_sequences(arguments, value):
    best = pu.MinimaxSequence(*arguments)
    assert best.lower == best.upper == value
    assert best.gap == 0
    assert len(best.steps) == arguments[1] + 1


def test_a_sequence_is_a_method(tmp_path):
    best = pu.MinimaxSequence(S, 8)
    lam = np.array([0.01, 0.3, 1.0])
    done = pu.run(best, np.diag(lam), np.ones(3))
    P = pu.jets(best, 8, lam.tolist(), digits=30).derivative()
    np.testing.assert_allclose(done.x, (1 - np.array([float(v) for v in P])) * (-1 / lam), rtol=1e-10)
    assert repr(best) == "MinimaxSequence([1/100, 1], T=8, R=1, G=0, split=total, peak=1)"
    assert best.V.upper >= best.lower
    # a base with a table of its own, longer than needed
    listed = pu.MinimaxSequence(S, 4, base=pu.GradientDescent(S, ["1/2", 1, 1, "3/2", 1, 1]))
    assert listed.horizon == 4
    assert all(W.upper <= 1 for W in listed.steps)


@pytest.mark.parametrize("base", [None, pu.GradientDescent(S, ["1/2", 1, 1, "3/2", 1, 1, 1])], ids=["kernel", "list"])
def test_what_is_written_of_a_sequence_is_built_again_by_name(base, tmp_path):
    best = pu.MinimaxSequence(S, 6, 1, "1/200", "partial", base=base)
    again = method_from_data(json.loads(json.dumps(best.as_data())))
    assert type(again) is pu.PartialSums
    assert again.tails == best.tails
    assert again.program == best.program
    assert pu.residual(again, 5) == pu.residual(best, 5)
    assert again.as_data() == best.as_data()
    # its schedule, and a certificate at each step, without a search
    path = pu.schedule(best).write(tmp_path / "steps.json")
    read = pu.read_schedule(path)
    assert read.as_data() == pu.schedule(best).as_data()
    assert read.method["name"] == "partial-sums"
    for n, V in enumerate(best.steps):
        good, sentence = check(json.loads(json.dumps(certificate(pu.worst_case(best, n, 1, "1/200", split="partial")))))
        assert good, sentence
        assert V.upper <= 1
    data = certificate(pu.worst_case(best, 5, 1, "1/200", split="partial"))
    data["method"]["tables"]["share"][2] = "1"
    data["solver"] = data["method"]
    assert not check(data)[0]


def test_a_base_of_no_family_is_no_name(tmp_path):
    class Own(pu.Chebyshev):
        name = "own"

    sums = pu.PartialSums(Own(S), ["1/2", "1/3"])
    assert sums.as_data()["name"] == "partial-sums of own"
    with pytest.raises(InvalidInput, match="'partial-sums of own' is not a method"):
        method_from_data(sums.as_data())
    # a schedule holds the program itself
    read = pu.read_schedule(pu.schedule(sums).write(tmp_path / "own.json"))
    assert pu.residual(read.as_method(), 2) == pu.residual(sums, 2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("chebyshev", [1]), "base = 'chebyshev' is not a method"),
        ((pu.PartialSums(pu.Chebyshev(S), [1]), [1]), "is partial sums itself; give its base"),
        ((pu.GradientDescent(S, [1, 1]), [1, 1, 1]), "t = 3 is beyond this method's 2 steps"),
        ((pu.Chebyshev(S), []), "tails = [] is not allowed"),
        ((pu.Chebyshev(S), ["much"]), "tails[0] = 'much' is not a number"),
        ((pu.Chebyshev(S), [sympy.Symbol("c")]), "tails[0] = c has symbols"),
        ((pu.GradientDescent(S, sympy.Symbol("h", positive=True)), [1]), "has symbols; give one with numbers"),
    ],
)
def test_partial_sums_of_nothing(arguments, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.PartialSums(*arguments)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"T": -1}, "t = -1 is not allowed"),
        ({"T": 301}, "T = 301 is beyond what the search can do; give T <= 300"),
        ({"T": 61, "G": 1}, "T = 61 is beyond what the search can do; give T <= 60"),
        ({"T": 101, "G": 1, "criterion": "pointwise"}, "give T <= 100"),
        ({"criterion": "best"}, "criterion = 'best' is not known; give pointwise or exact"),
        ({"peak": "1/2"}, "peak = 1/2 is not allowed; the start is R, so give a number >= R = 1"),
        ({"digits": 8}, "digits = 8 is not allowed; give 1 to 7"),
        ({"base": "chebyshev"}, "base = 'chebyshev' is not a method"),
        ({"base": pu.Chebyshev(pu.Spectrum(1, 2))}, "is not on the spectrum [1/100, 1]"),
        ({"base": pu.PartialSums(pu.Chebyshev(S), [1] * 5)}, "is partial sums itself; give its base"),
        ({"base": pu.GradientDescent(S, [1, 1])}, "t = 5 is beyond this method's 2 steps"),
        ({"spectrum": ONE}, "is one point"),
        ({"spectrum": pu.Spectrum(1, "1.0001"), "T": 50}, "are beyond doubles"),
    ],
)
def test_bad_sequences(how, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.MinimaxSequence(**{"spectrum": S, "T": 5, **how})
    assert sentence in str(caught.value)


# -- real roots --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("T", [2, 4, 9, 16])
def test_real_roots_reach_the_limit_where_lambda_is_free(T):
    found = pu.best_steps(S, T)
    assert found.multiple.upper < 1 + Fraction(1, 10**8)
    assert found.multiple.lower >= 1
    assert all(isinstance(h, Fraction) and h > 0 for h in found.steps)
    assert len(found.steps) == found.method.horizon == T
    assert str(found).startswith(
        f"W = {found.W.decimal(10)}, {found.multiple.decimal(10)} times the limit, by the steps "
    )
    assert str(found).count(", ") == T + 1
    assert maximum(found.method, T, 1, 0, "total") == pytest.approx(float(found.W), rel=1e-9)


@pytest.mark.parametrize("T", [3, 10, 25])
def test_a_multiple_of_lambda_makes_all_roots_real(T):
    # without any search
    best = pu.Minimax(S, T, digits=12)
    start = _starts(best.problem, best)[0]
    assert start.size == T
    assert _Search(best.problem).peaks(start)[2] == pytest.approx(float(best.upper), rel=1e-6)


def test_chebyshev_steps_are_found_again():
    found = pu.best_steps(S, 7, split="partial")
    assert found.W.lower <= least(7) * (1 + Fraction(1, 10**9))
    nodes = 0.505 + 0.495 * np.cos(np.pi * (np.arange(7) + 0.5) / 7)
    np.testing.assert_allclose(np.sort([float(1 / h) for h in found.steps]), np.sort(nodes), rtol=1e-6)


@pytest.mark.parametrize(
    ("spectrum", "T", "R", "G", "split"),
    [
        (pu.Spectrum(1, 2), 3, 1, 1, "total"),
        (pu.Spectrum(1, 2), 3, 1, Fraction(1, 2), "partial"),
        (pu.Spectrum(1, 5), 3, 1, Fraction(1, 3), "total"),
        (S, 3, 1, 0, "total"),
    ],
)
def test_brute_force_finds_no_better_steps(spectrum, T, R, G, split):
    found = pu.best_steps(spectrum, T, R, G, split)
    ell, high = float(spectrum.ell), float(spectrum.L)
    lam = np.linspace(ell, high, 801)

    def worst(logs):
        p = np.poly1d([1.0])
        for h in np.exp(logs):
            p = p * np.poly1d([-h, 1.0])
        slope = np.polyval(p.deriv(), lam)
        A = np.polyval(p, lam) - (lam * slope if split == "total" else 0)
        return (R * np.abs(A) + float(G) * np.abs(slope)).max()

    random = np.random.default_rng(5)
    best = min(
        minimize(worst, np.log(1 / random.uniform(ell, high, T)), method="Nelder-Mead", options={"maxiter": 3000}).fun
        for _ in range(12)
    )
    assert float(found.W) <= best * (1 + 1e-4)
    assert worst(np.log([float(h) for h in found.steps])) == pytest.approx(float(found.W), rel=1e-3)
    assert found.multiple.lower >= 1


@pytest.mark.parametrize(("split", "G"), [("total", 0), ("total", "1/3"), ("partial", "1/3")])
def test_slopes_by_differences(split, G):
    search = _Search(Problem.of(pu.Spectrum(1, 7), 5, 2, G, split))
    h, theta = np.array([0.3, 0.9, 1.0, 1.4, 4.0]), np.linspace(0, np.pi, 11)
    side = np.where(np.arange(11) % 2, 1.0, -1.0)
    _, slopes = search.values(h, theta, side, True)
    for i in range(5):
        step = np.where(np.arange(5) == i, 1e-6, 0.0)
        ends = [search.values(h * np.exp(s * step), theta, side, False)[0] for s in (1, -1)]
        np.testing.assert_allclose(slopes[:, i], (ends[0] - ends[1]) / 2e-6, rtol=1e-5, atol=1e-7)


def test_steps_where_lambda_is_not_free():
    found = pu.best_steps(pu.Spectrum(1, 20), 12, 1, 1, starts=3)
    assert 1 <= found.multiple.lower <= found.multiple.upper < Fraction(11, 10)
    assert min(found.starts) == pytest.approx(float(found.W), rel=1e-6)
    assert found.V.lower <= found.W.upper * 2
    assert found.V.upper >= found.W.lower
    again = pu.best_steps(pu.Spectrum(1, 20), 12, 1, 1, starts=3)
    assert again.steps == found.steps
    # in Leja's order no partial product is large: it may be run
    lam = np.linspace(1, 20, 400)
    P = np.cumprod(1 - np.outer([float(h) for h in found.steps], lam), axis=0)
    assert np.abs(P).max() < 100


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((S, 20, 1, 1), "no list of 20 steps brings W_T below its start R, which is proved to be the limit"),
        ((S, 1), "no list of 1 steps brings W_T below its start R, which is proved"),
        ((S, 4, 1, "1/50"), "as far as the search can tell"),
        ((S, 5, 0, 1), "R = 0: the worst case vanishes with the step sizes"),
        ((S, 0), "T = 0 is not allowed"),
        ((S, 101), "T = 101 is beyond what the search can do"),
        ((ONE, 3), "is one point"),
        ((S, 3, 1, 0, "total", 10, 0), "starts = 0 is not allowed"),
        ((S, 3, 1, 0, "total", 10, 101), "starts = 101 is not allowed; give 1 to 100"),
    ],
)
def test_bad_steps(arguments, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.best_steps(*arguments)
    assert sentence in str(caught.value)


# -- failures ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "search",
    [
        lambda: pu.Minimax(S, 8, max_residual="2/5"),
        lambda: pu.MinimaxSequence(S, 5),
        lambda: pu.best_steps(S, 5),
    ],
    ids=["bound", "sequence", "steps"],
)
def test_a_programme_that_fails_is_said_to(search, monkeypatch):
    class Failed:
        status, message = 4, "numerical difficulties"

    monkeypatch.setattr(exchange, "linprog", lambda *a, **k: Failed())
    with pytest.raises(pu.LinearProgramFailed, match="numerical difficulties"):
        search()


def test_a_worse_answer_is_refused(monkeypatch):
    # a search that stops too early ends with a gap, and says so
    from polyunroll.optimal import constrained

    monkeypatch.setattr(constrained, "_ROUNDS", 1)
    with pytest.raises(pu.ExchangeFailed, match=r"ended with a gap of .*, above 1e-8; ask for fewer digits"):
        pu.Minimax(S, 12, max_residual=least(12) * Fraction(6, 5), digits=8)
    monkeypatch.undo()
    monkeypatch.setattr(constrained, "keeps", lambda *arguments: False)
    with pytest.raises(pu.ExchangeFailed, match=r"could not be brought to max\|P\| <= c"):
        pu.Minimax(S, 12, max_residual=least(12) * Fraction(6, 5))
    monkeypatch.setattr(sequence_search, "_ROUNDS", 1)
    with pytest.raises(pu.ExchangeFailed, match=r"ended with a gap of|was not proved for T = 12"):
        pu.MinimaxSequence(S, 12, digits=7)
