"""P_t by the product tree, by the plain recurrence, by its steps one at a time, and in closed form."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import fmpq, fmpq_poly, fmpz_poly
from reference.cases import CASES, STEPS
from reference.fields import INTERVALS, poly_of

import polyunroll as pu
from polyunroll.arithmetic.surd import Surd
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.transfer import residual_polynomial
from polyunroll.methods import families

TOP = 12

every_interval = pytest.mark.parametrize("interval", INTERVALS, ids=lambda i: i.name)
every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)


class PointModule:
    """States as values at one exact point: the plain recurrence where polynomials would be too long."""

    def __init__(self, point):
        self.point = point

    def start(self, weight):
        return weight

    def gradient(self, query):
        return self.point * query

    def combine(self, terms):
        return sum((c * v for c, v in terms), fmpq(0))


def at(P, point):
    """The value of an exact polynomial at a rational point."""
    return P.a(point) + Surd(fmpq(0), P.b(point), P.d) if isinstance(P, Surd) else P(point)


def test_every_family_has_a_closed_form():
    assert {case.family for case in CASES} == set(families())


@every_interval
@every_case
def test_three_routes_to_one_polynomial(case, interval):
    method, K = case.make(interval), interval.K
    machine = Machine(method, PolynomialModule())
    for t in range(TOP + 1):
        expected = case.closed(interval, t)
        assert poly_of(residual_polynomial(method, t), K) == expected
        assert poly_of(machine.output, K) == expected
        assert expected.nth(0) == 1
        if t < TOP:
            machine.step()
    assert expected.degree() == TOP


@pytest.mark.parametrize("make", [pu.GradientDescent, pu.Chebyshev, pu.HeavyBall, pu.Nesterov])
def test_on_one_eigenvalue_every_method_is_gradient_descent(make):
    # momentum 0 and step 1/ℓ: P_t = (1 − λ/ℓ)^t
    for t in range(5):
        assert residual_polynomial(make(pu.Spectrum("2/3", "2/3")), t) == fmpq_poly([1, fmpq(-3, 2)]) ** t


@every_case
def test_the_recurrence_of_numbers_gives_the_polynomial(case):
    # Carried out here on lists of Fractions, from nothing but the public data.
    interval = INTERVALS[0]
    method = case.make(interval)
    data = pu.recurrence(method, 6)
    assert data.method is method
    assert len(data.query) == len(data.steps) == 6
    states = {state.name: [Fraction(1)] for state in method.program.states}
    for query, assignments in zip(data.query, data.steps, strict=True):
        values = dict(states)
        values["gradient"] = [Fraction(0), *_combine(query, values)]
        for target, terms in assignments:
            values[target] = _combine(terms, values)
        states = {name: values[name] for name in states}
    found = fmpq_poly([fmpq(c.numerator, c.denominator) for c in states[method.program.output]])
    assert poly_of(found, interval.K) == case.closed(interval, 6)


def _combine(terms, values):
    length = max((len(values[name]) for name, _ in terms), default=0)
    total = [Fraction(0)] * length
    for name, coefficient in terms:
        assert isinstance(coefficient, Fraction)
        for k, v in enumerate(values[name]):
            total[k] += coefficient * v
    return total


def test_a_run_can_stop_and_go_on():
    method = pu.Sobolev(INTERVALS[0].spectrum)
    machine = Machine(method, PolynomialModule())
    seventh = machine.run(7)
    twin = machine.copy()
    assert twin.run(7) == seventh
    machine.run(11)
    assert (machine.t, twin.t) == (11, 7)
    assert twin.output == seventh
    assert twin.run(11) == machine.output == Machine(method, PolynomialModule()).run(11)
    assert machine.run(5) == machine.output
    assert machine.t == 11


@pytest.mark.parametrize("ends", [("1/100", 1), ("1/10000", "7/2")])
def test_chebyshev_at_degree_1000_is_flints_own(ends):
    spectrum = pu.Spectrum(*ends)
    sigma = fmpq_poly([-spectrum.center / spectrum.radius, 1 / spectrum.radius])
    T = fmpq_poly(fmpz_poly.chebyshev_t(1000))(sigma)
    assert residual_polynomial(pu.Chebyshev(spectrum), 1000) == T / T[0]


@pytest.mark.parametrize("name", ["chebyshev", "heavy ball", "nesterov", "gd list", "gd 2/(L+ell)"])
@pytest.mark.parametrize("interval", [INTERVALS[0], INTERVALS[1], INTERVALS[5]], ids=lambda i: i.name)
def test_the_tree_at_degree_200_is_the_recurrence_at_a_point(name, interval):
    case = next(case for case in CASES if case.name == name)
    method, t = case.make(interval), len(STEPS) if name == "gd list" else 200
    P = residual_polynomial(method, t)
    for point in (fmpq(0), fmpq(3, 7), fmpq(-5, 2)):
        assert at(P, point) == Machine(method, PointModule(point)).run(t)
    assert at(P, fmpq(0)) == 1


@pytest.mark.parametrize("measure", ["chebyshev", "legendre", "gegenbauer:-1/4"])
def test_sobolev_at_degree_200(measure):
    method = pu.Sobolev(pu.Spectrum("1/100", 1), pu.measures.parse_measure(measure), "1/10")
    P = residual_polynomial(method, 200)
    assert P[0] == 1
    assert P.degree() == 200
    for point in (fmpq(1, 3), fmpq(1, 100)):
        assert P(point) == Machine(method, PointModule(point)).run(200)


@pytest.mark.slow
def test_sobolev_at_degree_600():
    method = pu.Sobolev(pu.Spectrum("1/1000", 1))
    P = residual_polynomial(method, 600)
    assert P[0] == 1
    assert P(fmpq(1, 3)) == Machine(method, PointModule(fmpq(1, 3))).run(600)


@every_case
def test_sympy_polynomials(case):
    pytest.importorskip("polyunroll.arithmetic.symbols")
    for interval in (INTERVALS[0], INTERVALS[1]):
        method = case.make(interval)
        for t in (0, 1, 5):
            P = pu.residual(method, t)
            assert P.gens[0].name == "lambda"
            assert P.as_expr().subs(P.gen, "x").expand() == case.closed(interval, t).as_expr().expand()
