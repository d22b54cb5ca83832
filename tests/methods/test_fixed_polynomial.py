"""Any polynomial as a method: what goes in comes out of every interpreter, and P(0) = 1 whatever the table holds."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import numpy as np
import pytest
import sympy
from click.testing import CliRunner
from flint import arb, fmpq, fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.strategies import rational_spectra, small, spectra, square_spectra

import polyunroll as pu
from polyunroll.arithmetic.balls import ball_precision
from polyunroll.arithmetic.exact import exact, public
from polyunroll.arithmetic.surd import Surd
from polyunroll.cli import main
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.series import chebyshev_balls
from polyunroll.interpret.steps import steps_of
from polyunroll.interpret.transfer import chebyshev_coefficients, residual_polynomial
from polyunroll.methods import method_from_data

S = pu.Spectrum("1/100", 1)
X = sympy.Symbol("x")


def coefficients(method, t=None):
    """P_t's coefficients, ascending, as Fractions or numbers of ℚ(√d), zeros at the end left out."""
    P = residual_polynomial(method, method.horizon if t is None else t)
    if isinstance(P, Surd):
        parts = [[*p.coeffs(), *[fmpq(0)] * 40][:40] for p in (P.a, P.b)]
        found = [public(Surd(a, b, P.d) if b else a) for a, b in zip(*parts, strict=True)]
    else:
        found = [public(v) for v in P.coeffs()]
    while found[-1] == 0:
        found.pop()
    return found


def trimmed(values):
    values = list(values)
    while values[-1] == 0:
        values.pop()
    return values


others = st.lists(small, max_size=12)


# -- what goes in comes out --------------------------------------------------------------------------------------------
@given(spectra | rational_spectra(one_point=True), others)
def test_any_polynomial(spectrum, rest):
    p = [Fraction(1), *rest]
    method = pu.FixedPolynomial(spectrum, p)
    assert method.horizon == len(rest)
    assert coefficients(method) == trimmed(p)


@given(square_spectra(), st.lists(st.tuples(small, small), min_size=1, max_size=5))
def test_coefficients_in_the_field_of_the_spectrum(spectrum, pairs):
    d = next((v.d for _, v in spectrum.parameters if isinstance(v, Surd)), 2)
    p = [fmpq(1)]
    for a, b in pairs:
        value = fmpq(a.numerator, a.denominator)
        p.append(Surd(value, fmpq(b.numerator, b.denominator), d) if b else value)
    assert coefficients(pu.FixedPolynomial(spectrum, p)) == trimmed(map(public, p))


@given(spectra, others)
def test_chebyshev_coefficients_come_out_again(spectrum, rest):
    sigma_0 = -spectrum.center / spectrum.radius
    given_, previous, value = [fmpq(1)], fmpq(1), sigma_0
    for c in map(exact, rest):
        given_ = [given_[0] - c * value, *given_[1:], c]
        previous, value = value, 2 * sigma_0 * value - previous
    method = pu.FixedPolynomial(spectrum, given_, basis="chebyshev")
    assert list(pu.chebyshev_series(method, len(rest))) == [public(c) for c in given_]


@pytest.mark.parametrize(
    "method",
    [pu.Chebyshev(S), pu.Sobolev(S), pu.GradientDescent(S, "2/(L+ell)"), pu.HeavyBall(pu.Spectrum(2, 3))],
    ids=repr,
)
@pytest.mark.parametrize("t", [1, 2, 9])
def test_the_series_of_another_method(method, t):
    twin = pu.FixedPolynomial(method.spectrum, pu.chebyshev_series(method, t), basis="chebyshev")
    assert twin == pu.FixedPolynomial(method.spectrum, pu.residual(method, t))
    assert pu.residual(twin, t) == pu.residual(method, t)
    for how in ({"R": 1}, {"R": 1, "G": 2}, {"R": 0, "G": 1, "split": "partial"}):
        one, other = (pu.worst_case(m, t, digits=30, **how) for m in (twin, method))
        assert one.lower <= other.upper
        assert other.lower <= one.upper


def test_zeros_at_the_end_are_steps():
    method = pu.FixedPolynomial(S, [1, -1, 0, 0])
    assert method.horizon == 3
    assert pu.residual(method, 3) == pu.residual(pu.FixedPolynomial(S, [1, -1]), 1)
    assert pu.FixedPolynomial(S, [1, 0, 0]).tails == (0, 0)


def test_no_step_at_all():
    method = pu.FixedPolynomial(S, [1])
    assert method.horizon == 0
    assert pu.residual(method, 0) == 1
    assert pu.run(method, np.eye(2), x0=np.array([1.0, 2.0])).x.tolist() == [1.0, 2.0]
    with pytest.raises(HorizonError):
        pu.residual(method, 1)


# -- what users have in hand -------------------------------------------------------------------------------------------
def test_every_way_to_say_a_polynomial():
    p = [1, Fraction(-5, 2), Fraction(3, 4)]
    forms = [
        p,
        tuple(p),
        ["1", "-2.5", "3/4"],
        [1.0, -2.5, 0.75],
        np.array([1.0, -2.5, 0.75]),
        sympy.Poly("3/4*x**2 - 5/2*x + 1", X),
        np.polynomial.Polynomial([1.0, -2.5, 0.75]),
    ]
    assert {pu.FixedPolynomial(S, form) for form in forms} == {pu.FixedPolynomial(S, p)}


@pytest.mark.parametrize("domain", [(-1, 1), (0.01, 1), (2, 4)])
@pytest.mark.parametrize("kind", ["Polynomial", "Chebyshev"])
@pytest.mark.parametrize("window", [(-1, 1), (0, 2)])
@pytest.mark.parametrize("spectrum", [S, pu.Spectrum(3, 3)], ids=str)
def test_domains_and_windows_of_numpy(kind, domain, window, spectrum):
    p = getattr(np.polynomial, kind)([0.25, -0.5, 0.125, 0.375], domain=domain, window=window)
    expected = (p / p(0)).convert(kind=np.polynomial.Polynomial, domain=[-1, 1], window=[-1, 1]).coef
    found = coefficients(pu.FixedPolynomial(spectrum, p, normalise=True))
    assert [float(v) for v in found] == pytest.approx(expected.tolist(), rel=1e-12)


def test_normalise_divides():
    assert coefficients(pu.FixedPolynomial(S, [3, 2, 1], normalise=True)) == [1, Fraction(2, 3), Fraction(1, 3)]


REFUSED = {
    "P(0) = 2": ([2, 1], "the polynomial has P(0) = 2; it must be exactly 1"),
    "a hair off": ([1 + Fraction(1, 10**40)], "must be exactly 1"),
    "complex": ([1, 1j], "p[1] = 1j is not a number"),
    "SymPy's I": (sympy.Poly(1 + sympy.I * X, X), "outside"),
    "not finite": ([1, float("nan")], "p[1] = nan is not finite"),
    "empty": ([], "p is empty"),
    "a text": ("1,2", "p is a str; give ascending coefficients"),
    "a number": (3, "p is a int"),
    "nothing": (None, "p is missing; give ascending coefficients"),
    "two generators": (sympy.Poly(1 + X * sympy.Symbol("y")), "not a polynomial in one variable"),
    "an expression": (1 + X, "not a polynomial in one variable"),
    "a symbol": ([1, X], "p[1] = x has symbols"),
    "Legendre": (np.polynomial.Legendre([1, 2]), "p is NumPy's Legendre; give a Polynomial or a Chebyshev"),
    "a matrix": (np.eye(2), "p is a ndarray"),
    "no domain": (np.polynomial.Polynomial([1, 2], domain=[1, 1]), "a domain of one point"),
}


@pytest.mark.parametrize(("p", "sentence"), REFUSED.values(), ids=REFUSED)
def test_polynomials_that_are_refused(p, sentence):
    with pytest.raises(InvalidInput) as caught:
        pu.FixedPolynomial(S, p)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 250


def test_other_arguments_that_are_refused():
    with pytest.raises(InvalidInput, match="P\\(0\\) = 0; it must not be 0"):
        pu.FixedPolynomial(S, [0, 1], normalise=True)
    with pytest.raises(InvalidInput, match="basis = 'monomial' is not known; give power or chebyshev"):
        pu.FixedPolynomial(S, [1], basis="monomial")
    with pytest.raises(InvalidInput, match="is one point and has no Chebyshev series"):
        pu.FixedPolynomial(pu.Spectrum(1, 1), [1], basis="chebyshev")
    with pytest.raises(InvalidInput, match="has symbols; a fixed polynomial needs numbers"):
        pu.FixedPolynomial(pu.Spectrum(sympy.Symbol("ell", positive=True), 1), [1])
    with pytest.raises(InvalidInput, match=r"tails\[1\] = x has symbols"):
        pu.FixedPolynomial.from_tails(S, [1, X])
    with pytest.raises(HorizonError, match="t = 3 is beyond this method's 2 steps"):
        pu.worst_case(pu.FixedPolynomial(S, [1, 2, 3]), 3)


# -- every interpreter -------------------------------------------------------------------------------------------------
@given(rational_spectra(), others)
@settings(max_examples=30)
def test_tables_of_any_numbers_are_methods(spectrum, tails):
    method = pu.FixedPolynomial.from_tails(spectrum, tails)
    for t in range(len(tails) + 1):
        assert coefficients(method, t)[0] == 1
    # the states, step by step: one gradient, and weights 1, 1 and 0
    machine = Machine(method, PolynomialModule())
    for _ in tails:
        machine.step()
        assert [machine.states[name](0) for name in ("x", "y", "move")] == [1, 1, 0]
    assert method_from_data(json.loads(json.dumps(method.as_data()))) == method


def test_the_machine_the_tree_and_clenshaw_agree():
    rng = random.Random(3)
    p = [1, *(Fraction(rng.randint(-99, 99), rng.randint(1, 99)) for _ in range(15))]
    method = pu.FixedPolynomial(S, p)
    machine = Machine(method, PolynomialModule())
    assert machine.run(15) == residual_polynomial(method, 15) == fmpq_poly([fmpq(*v.as_integer_ratio()) for v in p])
    series = chebyshev_coefficients(method, 15)
    with ball_precision(400):
        assert all(b.contains(arb(v)) for b, v in zip(chebyshev_balls(method, 15, 100), series, strict=True))
    lam = Fraction(1, 3)
    assert public(steps_of(method, 15)[0][-1].assignments[-1][1][1][1]) == public(method.tails[-1])
    assert float(pu.jets(method, 15, [lam]).derivative()[0]) == pytest.approx(
        float(sum(v * lam**k for k, v in enumerate(p))), rel=1e-12
    )


def test_a_run_with_tangents():
    p = [1, "-5/2", "7/4", "-1/4"]
    method = pu.FixedPolynomial(pu.Spectrum("1/10", 1), p)
    lam, b, x0 = np.array([0.1, 0.4, 1.0]), np.array([1.0, -1.0, 2.0]), np.array([0.5, 0.0, 1.0])
    done = pu.run(method, np.diag(lam), b, x0, tangents=([np.eye(3)], None))
    P = np.polynomial.Polynomial([1, -2.5, 1.75, -0.25])
    solution = -b / lam
    assert done.steps == 3
    np.testing.assert_allclose(done.x, solution + P(lam) * (x0 - solution), rtol=1e-13)
    derivative = -solution / lam
    expected = derivative - P(lam) * derivative + P.deriv()(lam) * (x0 - solution)
    np.testing.assert_allclose(done.dx[:, 0], expected, rtol=1e-12)


def test_doubles_keep_their_digits():
    # a steep polynomial: the τ_n grow, the iterates fall, and what is left is right to a few units of the answer
    method = pu.FixedPolynomial(S, pu.chebyshev_series(pu.Sobolev(S), 120), basis="chebyshev")
    lam = np.array([0.01, 0.02, 0.2, 0.7, 1.0])
    done = pu.run(method, np.diag(lam), None, np.ones(5))
    expected = pu.jets(pu.Sobolev(S), 120, lam.tolist(), digits=30).derivative()
    assert np.abs(done.x - np.array([float(v) for v in expected])).max() < 1e-14


def test_a_schedule_and_the_command_line():
    method = pu.FixedPolynomial(S, [1, "-3/2", "1/2"])
    made = pu.schedule(method)
    assert made.steps == 2
    assert made.registers["tail"] == tuple(float(v) for v in method.tails)
    run = CliRunner().invoke(
        main, ["derive", "polynomial", "--spectrum", "1/100,1", "-t", "2", "--coefficients", "1,-3/2,1/2"]
    )
    assert run.exit_code == 0
    assert "x := x + 10601/160000 move" in run.output
    run = CliRunner().invoke(main, ["derive", "polynomial", "--spectrum", "1/100,1", "-t", "2"])
    assert run.exit_code == 2


# -- long numbers ------------------------------------------------------------------------------------------------------
def test_degree_200_with_long_rationals():
    rng = random.Random(1)
    long = 10**40
    p = [1, *(Fraction(rng.randint(-long, long), rng.randint(1, long)) for _ in range(200))]
    method = pu.FixedPolynomial(S, p)
    assert coefficients(method) == p
    found = pu.worst_case(method, 200, 1, 1, criterion="separate")
    # at λ = 1 all powers are 1
    value = arb(fmpq(*sum(p).as_integer_ratio()))
    assert found.upper > abs(Fraction(float(value)))
    assert method_from_data(method.as_data()) == method
