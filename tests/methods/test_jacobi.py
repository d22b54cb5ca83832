"""Classical Jacobi methods: the polynomials, where they are largest, and their values there."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq, fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import products

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.surd import Surd
from polyunroll.errors import InvalidInput
from polyunroll.interpret.scalars import constants_of
from polyunroll.interpret.transfer import residual_polynomial

S = pu.Spectrum("1/100", 1)

exponents = st.fractions(min_value=Fraction(-19, 20), max_value=Fraction(4), max_denominator=20)


def generic(method):
    """The same method, which does not know where its error polynomials are largest."""
    other = pu.Jacobi(method.spectrum, *(dict(method.values)[k] for k in ("alpha", "beta")))
    object.__setattr__(other, "extremes", None)
    return other


@pytest.mark.parametrize(
    ("alpha", "beta"), [("1/3", "-1/4"), ("-9/10", "0"), ("3", "-1/2"), ("0", "0"), ("-1/2", "1/2")]
)
def test_polynomials_are_orthogonal(alpha, beta):
    method, measure = pu.Jacobi(pu.Spectrum("1/10", 3), alpha, beta), products.jacobi(alpha, beta, "1/10", 3)
    found = [residual_polynomial(method, t) for t in range(11)]
    for t, P in enumerate(found):
        assert P.degree() == t
        assert P(fmpq(0)) == 1
        assert [measure.integral(P * Q) for Q in found[:t]] == [0] * t


def test_chebyshev_is_a_case():
    for t in (0, 1, 2, 9):
        assert residual_polynomial(pu.Jacobi(S, "-1/2", "-1/2"), t) == residual_polynomial(pu.Chebyshev(S), t)


def test_rodrigues_in_arb():
    # Arb's own Jacobi polynomials at a few points
    with ball_precision(200):
        for alpha, beta, t in ((fmpq(1, 3), fmpq(-1, 4), 7), (fmpq(-9, 10), fmpq(2), 12)):
            P = residual_polynomial(pu.Jacobi(pu.Spectrum(1, 3), alpha, beta), t)  # s = λ − 2
            top = arb(-2).jacobi_p(t, arb(alpha), arb(beta))
            for x in (fmpq(1), fmpq(3, 2), fmpq(3)):
                assert (arb(x - 2).jacobi_p(t, arb(alpha), arb(beta)) / top).overlaps(arb(P(x)))


def test_a_reflected_spectrum():
    # p_n^(α,β)(−s) = (−1)^n p_n^(β,α)(s): values at −λ + (L+ℓ) in terms of the swapped weight
    P = residual_polynomial(pu.Jacobi(pu.Spectrum(1, 3), "2/3", "-1/5"), 6)
    Q = residual_polynomial(pu.Jacobi(pu.Spectrum(1, 3), "-1/5", "2/3"), 6)
    mirrored = P(fmpq_poly([4, -1]))
    assert mirrored / mirrored(fmpq(0)) == Q


def test_who_knows_where():
    known = {("-1/2", "-1/2"), ("0", "0"), ("1", "-9/10"), ("1/3", "1/3"), ("-1/2", "-3/4")}
    unknown = {("-9/10", "-9/10"), ("-3/5", "-4/5"), ("0", "1"), ("-9/10", "0")}
    for alpha, beta in known:
        assert pu.Jacobi(S, alpha, beta).extremes.points == ("L",)
    for alpha, beta in unknown:
        assert pu.Jacobi(S, alpha, beta).extremes is None


@pytest.mark.parametrize(("alpha", "beta", "which"), [("-3/5", "-4/5", "P"), ("0", "1", "D"), ("-9/10", "0", "D")])
def test_elsewhere_the_maximum_is_not_at_the_largest_end(alpha, beta, which):
    # what is not declared is not true either
    found = pu.jets(pu.Jacobi(S, alpha, beta), 9, np.linspace(0.01, 1, 4001), order=1)
    values = np.abs(found.derivative(0 if which == "P" else 1))
    assert values.max() > values[-1] * (1 + 1e-3)


@settings(max_examples=60)
@given(exponents, exponents, st.integers(1, 40), st.integers(0, 3), st.integers(0, 3), st.sampled_from(["1/2", "1/90"]))
def test_closed_form_and_generic_engine(alpha, beta, t, R, G, ell):
    alpha, beta = max(alpha, beta, Fraction(-1, 2)), min(alpha, beta)
    if R == G == 0:
        R = 1
    method = pu.Jacobi(pu.Spectrum(ell, 1), alpha, beta)
    assert method.extremes is not None
    for split in ("total", "partial"):
        one, two = (pu.worst_case(m, t, R, G, digits=20, split=split) for m in (method, generic(method)))
        assert one.lower <= two.upper
        assert two.lower <= one.upper


@settings(max_examples=30)
@given(exponents, exponents, st.integers(1, 30))
def test_identity_at_the_zeros_of_the_second_derivative(alpha, beta, t):
    # (1−s²)p'' = N p − (α−β+(α+β+2)s)p': what the proof of the extremes rests on
    P = residual_polynomial(pu.Jacobi(pu.Spectrum(1, 3), alpha, beta), t)(fmpq_poly([2, 1]))
    a, b = products.rational(alpha), products.rational(beta)
    D = P.derivative()
    left = fmpq_poly([1, 0, -1]) * D.derivative()
    assert left == fmpq_poly([a - b, a + b + 2]) * D - t * (t + a + b + 1) * P


@pytest.mark.parametrize(("alpha", "beta"), [("1/3", "-1/4"), (0, 0), (Surd(fmpq(0), fmpq(1), 2), "-1/2")])
@pytest.mark.parametrize("t", [1, 2, 17, 60])
def test_values_at_the_largest_end(alpha, beta, t):
    method = pu.Jacobi(S, alpha, beta)
    P = residual_polynomial(method, t)
    constants = constants_of(method.program, dict(method.values))
    with ball_precision(300):
        values = {name: ball(value) for name, value in constants.items()}
        found = method.extremes.pair(values, t, values["L"])
        for value, a in zip(found, (P, None), strict=True):
            if a is None:
                a = Surd(P.a.derivative(), P.b.derivative(), P.d) if isinstance(P, Surd) else P.derivative()
            exact = a.a(fmpq(1)) + Surd(fmpq(0), fmpq(1), a.d) * a.b(fmpq(1)) if isinstance(a, Surd) else a(fmpq(1))
            with ball_precision(2000):
                assert value.contains(ball(exact))
            assert value.rel_accuracy_bits() > 250


def test_a_million_steps():
    method = pu.Jacobi(S, "1/2", 0)
    V = pu.worst_case(method, 10**6, 1, 1, digits=20)
    assert V.lower > 0
    assert V.width <= Fraction(1, 10**20) * V.upper
    # max|E_t|·ξ^(−t)·t^(−3) tends to a constant, ξ = 9/11
    with ball_precision(200):
        sizes = []
        for t in (10**5, 10**6):
            E = pu.worst_case(method, t, 1, 0, digits=20)
            size = arb(fmpq(E.lower.numerator, E.lower.denominator)).log() - t * arb(fmpq(9, 11)).log()
            sizes.append(float((size - 3 * arb(t).log()).mid()))
    assert sizes[0] == pytest.approx(sizes[1], abs=1e-3)


def test_burn_in_by_brute_force():
    method = pu.Jacobi(pu.Spectrum("1/30", 1), 0, 0)
    found = pu.burn_in(method)
    values = [float(pu.worst_case(method, t)) for t in range(120)]
    above = [t for t, v in enumerate(values) if v > 1 + 1e-12]
    assert found.length == max(above) + 1
    assert found.peak_at == int(np.argmax(values))


@pytest.mark.parametrize(
    ("alpha", "beta", "message"),
    [
        (-1, 0, "^alpha = -1 is not allowed; the Jacobi weight .* needs alpha > -1 and beta > -1$"),
        (0, "-3/2", "^beta = -3/2 is not allowed; the Jacobi weight"),
        ("x", 0, "^alpha = 'x' is not a number"),
        (0, float("nan"), "^beta = nan is not finite"),
    ],
)
def test_exponents_that_are_not_allowed(alpha, beta, message):
    with pytest.raises(InvalidInput, match=message):
        pu.Jacobi(S, alpha, beta)


def test_one_point():
    with pytest.raises(InvalidInput, match="is one point; the Jacobi method needs ell < L"):
        pu.Jacobi(pu.Spectrum(1, 1), 0, 0)
