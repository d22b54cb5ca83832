"""Cosine sums: their algebra against exact polynomials in λ, their values against sums done by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from flint import acb, arb, fmpq, fmpq_poly, fmpz_poly
from hypothesis import given
from hypothesis import strategies as st
from reference.suprema import ball_ring, error_polynomials

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.bounds import pairs
from polyunroll.bounds.cosine import Cosine, derivative, error_pair, product, times_lambda
from polyunroll.bounds.question import Question

CENTER, RADIUS = fmpq(7, 10), fmpq(3, 5)
numbers = st.fractions(min_value=-5, max_value=5, max_denominator=9).map(lambda x: fmpq(x.numerator, x.denominator))
series = st.lists(numbers, min_size=1, max_size=9)


def exact(coefficients):
    """Σ a_k T_k((λ − center)/radius) as a polynomial in λ."""
    sigma = fmpq_poly([-CENTER / RADIUS, 1 / RADIUS])
    return sum((a * fmpq_poly(fmpz_poly.chebyshev_t(k))(sigma) for k, a in enumerate(coefficients)), fmpq_poly([0]))


def balls(coefficients):
    return [arb(a) for a in coefficients]


def agree(found, polynomial):
    """Whether balls hold the Chebyshev coefficients of a polynomial in λ, and hold little else."""
    p, expected = polynomial(fmpq_poly([CENTER, RADIUS])), []
    while p.degree() >= 0:  # the leading terms go first
        n = p.degree()
        a = p[n] / (2 ** (n - 1) if n else 1)
        expected.append((n, a))
        p -= a * fmpq_poly(fmpz_poly.chebyshev_t(n))
    wanted = dict(expected)
    assert all(n < len(found) for n in wanted)
    return all(v.overlaps(arb(wanted.get(k, fmpq(0)))) and v.rad() < arb(2) ** -150 for k, v in enumerate(found))


# -- algebra --------------------------------------------------------------------------------------------
@given(series)
def test_derivatives(a):
    with ball_precision(200):
        found = derivative(balls(a), arb(RADIUS))
        assert len(found) == max(len(a) - 1, 1)
        assert agree(found, exact(a).derivative())


@given(series)
def test_multiplication_by_lambda(a):
    with ball_precision(200):
        found = times_lambda(balls(a), arb(CENTER), arb(RADIUS))
        assert len(found) == len(a) + 1
        assert agree(found, exact(a) * fmpq_poly([0, 1]))


@given(series)
def test_error_pairs(a):
    P = exact(a)
    with ball_precision(200):
        E, D = error_pair(balls(a), arb(CENTER), arb(RADIUS))
        assert len(E) == len(a)
        assert agree(E, P - fmpq_poly([0, 1]) * P.derivative())
        assert agree(D, P.derivative())


@given(series, series)
def test_products(a, b):
    with ball_precision(200):
        x = balls(a)
        assert agree(product(x, balls(b)), exact(a) * exact(b))
        assert agree(product(x, x), exact(a) ** 2)
        assert len(product(x, balls(b))) == len(a) + len(b) - 1


# -- values ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 12, 31])
@pytest.mark.parametrize("N", [16, 17, 30, 81])  # the transform needs as many points as coefficients
def test_the_grid_holds_derivatives(n, N):
    a = [fmpq((-1) ** k * (3 * k + 1), k * k + 2) for k in range(n + 1)]
    with ball_precision(120):
        for start in (0, 4, 8):
            rows = Cosine(balls(a)).grid(N, start)
            assert [len(row) for row in rows] == [N + 1] * 4
            for m, row in enumerate(rows, start):
                for j, found in enumerate(row):
                    angles = [arb.pi() * j * k / N + m * arb.pi() / 2 for k in range(n + 1)]
                    scaled = [v * fmpq(k, max(n, 1)) ** m for k, v in enumerate(a)]
                    assert found.overlaps(sum((v * x.cos() for v, x in zip(scaled, angles, strict=True)), arb(0)))
                    assert found.rad() < arb(2) ** -90


@pytest.mark.parametrize("theta", [fmpq(0), fmpq(1, 3), fmpq(22, 7), fmpq(-5)])
def test_derivatives_at_a_point(theta):
    a = [fmpq(k + 1, k + 3) for k in range(7)]
    with ball_precision(150):
        found = Cosine(balls(a)).taylor(arb(theta), 6)
        for order, value in enumerate(found):
            shift = order * arb.pi() / 2  # the order-th derivative of cos is cos(· + order·π/2)
            expected = sum((v * k**order * (k * arb(theta) + shift).cos() for k, v in enumerate(a)), arb(0))
            assert value.overlaps(expected)
            assert value.rad() < arb(2) ** -110
        assert Cosine(balls(a)).value(arb(theta)).overlaps(found[0])


@pytest.mark.parametrize("n", [1, 300, 5000])
def test_derivatives_inside_lose_next_to_nothing_at_any_degree(n):
    # by Horner's scheme in complex balls half a bit a degree would go
    with ball_precision(120):
        a = [arb((-1) ** (k // 3)) / (k + 1) for k in range(n + 1)]
        found = Cosine(a).derivatives([arb(1), arb(2)], 8)
        for values in found:
            for m, value in enumerate(values):
                assert value.rad() < arb(n) ** m * (n + 1) ** 2 * arb(2) ** -112


def test_at_zero_even_functions_have_no_slope():
    f = Cosine([arb(1) / 3, arb(2) / 7, arb(1) / 9])
    assert [v == 0 for v in f.taylor(arb(0), 5)] == [False, True, False, True, False, True]


def test_wide_coefficients_give_wide_values():
    with ball_precision(100):
        wide = [arb(1, 1e-3), arb(2, 1e-5)]
        for j, value in enumerate(Cosine(wide).grid(5)[0]):
            cosine = (arb.pi() * j / 5).cos()
            for a, b in ((arb(1) + arb(1) / 1001, 2 + arb(1) / 100001), (1 - arb(1) / 1001, 2 - arb(1) / 100001)):
                assert value.contains((a + b * cosine).mid())


def test_what_is_not_a_number_stays_so():
    for row in Cosine([arb(1), arb("nan"), arb(2)]).grid(6):
        assert not any(v.is_finite() for v in row)
    assert not Cosine([arb("nan")]).value(arb(1)).is_finite()


def test_precision_in_force_is_what_counts():
    f = Cosine([arb(1), arb(2), arb(1) / 4])
    widths = []
    for bits in (60, 120, 240):
        with ball_precision(bits):
            fresh = Cosine(f.a)
            widths.append(max(v.rad() for v in fresh.taylor(arb(1) / 3, 3)))
    assert all(b < a * arb(2) ** -50 for a, b in pairwise(widths))


# -- the estimators' pairs ------------------------------------------------------------------------------
S = pu.Spectrum("1/7", "9/5")
METHODS = [pu.Chebyshev(S), pu.Sobolev(S), pu.HeavyBall(S), pu.GradientDescent(S, ["1/3", "5/4", 1, "2/7"] * 3)]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.label)
@pytest.mark.parametrize("split", ["total", "partial"])
@pytest.mark.parametrize(("estimator", "plain"), [("unrolled", 0), ("truncated", 4), ("implicit", 3), ("truncated", 0)])
@pytest.mark.parametrize("t", [0, 1, 2, 9])
def test_error_polynomials_of_every_estimator(method, split, estimator, plain, t):
    solver = pu.Nesterov(S) if estimator == "implicit" else None
    question = Question.of(method, t, 1, 1, "exact", split, estimator, plain, solver)
    with ball_precision(300):
        A, factors = pairs.error_polynomials(question, 200)
        exact_a, exact_factors = error_polynomials(question, ball_ring)
        assert len(factors) == len(exact_factors)
        for k in range(6):
            x = S.low + (S.high - S.low) * fmpq(k, 5)
            theta = acb((arb(x) - ball(S.center)) / ball(S.radius)).acos().real
            for found, polynomial in zip([A, *factors], [exact_a, *exact_factors], strict=True):
                assert abs(Cosine(found).value(theta) - polynomial(arb(x))) < arb(2) ** -100


@pytest.mark.parametrize("R", [0, 1])
@pytest.mark.parametrize("G", [0, 1])
@pytest.mark.parametrize("t", [0, 3])
@pytest.mark.parametrize("estimator", ["unrolled", "truncated", "implicit"])
@pytest.mark.parametrize("criterion", ["exact", "pointwise", "separate"])
@pytest.mark.parametrize("split", ["total", "partial"])
def test_which_suprema_an_answer_is_made_of(R, G, t, estimator, criterion, split):
    if R == G == 0:
        return
    question = Question.of(METHODS[1], t, R, G, criterion, split, estimator, 2 if estimator != "unrolled" else 0)
    with ball_precision(200):
        rule, parts = pairs.functions(question, pairs.error_polynomials(question, 100))
    product_of_factors = estimator != "unrolled" and split == "partial"
    second = G and t  # after no step the second polynomial is 0, whatever G is
    if not R and not second:
        expected = ("zero", 0)
    elif not R:
        expected = ("product", 2) if product_of_factors else ("single", 1)
    elif not second:
        expected = ("single", 1)
    elif product_of_factors or criterion == "separate":
        expected = ("separate", 3 if product_of_factors else 2)
    else:
        expected = (criterion, 2)
    assert (rule, len(parts)) == expected
