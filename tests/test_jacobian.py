"""The error pair of unrolled differentiation: E = P − λP', D = P'."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from reference.cases import CASES
from reference.fields import INTERVALS

import polyunroll as pu
from polyunroll.errors import InvalidInput
from polyunroll.jacobian import SPLITS, check_split

S = pu.Spectrum("1/100", 1)
every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)


@every_case
@pytest.mark.parametrize("interval", [INTERVALS[0], INTERVALS[1], INTERVALS[5]], ids=lambda i: i.name)
@pytest.mark.parametrize("t", [0, 1, 2, 6])
def test_error_pairs_from_closed_forms(case, interval, t):
    E, D = pu.jacobian_error(case.make(interval), t)
    P = case.closed(interval, t)
    x = P.gen
    assert E.gen.name == D.gen.name == "lambda"
    slope = sympy.diff(P.as_expr(), x)
    assert sympy.expand(D.as_expr().subs(D.gen, x) - slope) == 0
    assert sympy.expand(E.as_expr().subs(E.gen, x) - P.as_expr() + x * slope) == 0


@every_case
def test_identities(case):
    method = case.make(INTERVALS[0])
    for t in (0, 1, 2, 9):
        P = pu.residual(method, t)
        E, D = pu.jacobian_error(method, t)
        lam = sympy.Poly(P.gen, P.gen, domain=P.domain)
        assert P.nth(0) == E.nth(0) == 1
        assert E + lam * D == P
        assert P.diff() == D
        assert E.nth(1) == 0  # E has no linear term
        assert E.diff() == -lam * P.diff().diff()


@every_case
@pytest.mark.parametrize("interval", INTERVALS, ids=lambda i: i.name)
def test_one_step_leaves_the_jacobians_error_as_it_was(case, interval):
    # P_1 = 1 − hλ gives E_1 = 1 for every method
    E, D = pu.jacobian_error(case.make(interval), 1)
    assert E.as_expr() == 1
    assert D.degree() == 0
    assert D.as_expr() != 0


@pytest.mark.parametrize("t", [1, 2, 7])
@pytest.mark.parametrize("h", ["1", "200/101", "9/5"])
def test_gradient_descents_pair(t, h):
    # D = −ht(1−hλ)^(t−1), E = (1−hλ)^(t−1)(1+(t−1)hλ)
    E, D = pu.jacobian_error(pu.GradientDescent(S, h), t)
    lam, step = E.gen, sympy.Rational(Fraction(h).numerator, Fraction(h).denominator)
    assert sympy.expand(D.as_expr() + step * t * (1 - step * lam) ** (t - 1)) == 0
    assert sympy.expand(E.as_expr() - (1 - step * lam) ** (t - 1) * (1 + (t - 1) * step * lam)) == 0


@pytest.mark.parametrize("t", [1, 2, 7])
def test_chebyshevs_slope(t):
    # D = (2/(L−ℓ))·t·U_{t−1}(σ)/T_t(σ_0)
    _, D = pu.jacobian_error(pu.Chebyshev(S), t)
    sigma = (200 * D.gen - 101) / 99
    expected = (
        sympy.Rational(200, 99) * t * sympy.chebyshevu(t - 1, sigma) / sympy.chebyshevt(t, sympy.Rational(-101, 99))
    )
    assert sympy.expand(D.as_expr() - expected) == 0


def test_the_pair_is_what_unrolling_does():
    """Differentiate the steps themselves, in Fractions, on H = diag(λ_i(θ)), b(θ), x_0(θ)."""
    eigenvalues, slopes = (
        [Fraction(1, 100), Fraction(2, 5), Fraction(1)],
        [Fraction(1, 2), Fraction(-3), Fraction(1, 7)],
    )
    b, db = [Fraction(1), Fraction(-2), Fraction(3)], [Fraction(1, 3), Fraction(0), Fraction(-1)]
    x0, dx0 = [Fraction(2), Fraction(1, 5), Fraction(0)], [Fraction(1), Fraction(-1), Fraction(1, 9)]
    for case in CASES:
        method = case.make(INTERVALS[0])
        E, D = pu.jacobian_error(method, 5)
        P = pu.residual(method, 5)
        for lam, dlam, c, dc, x, dx in zip(eigenvalues, slopes, b, db, x0, dx0, strict=True):
            found, dfound = unrolled(pu.recurrence(method, 5), method, lam, dlam, c, dc, x, dx)
            solution = -c / lam
            dsolution = -(dlam * solution + dc) / lam
            total = dlam * x + lam * dx + dc  # of the gradient at x_0(θ), along θ
            at = {P.gen: sympy.Rational(lam.numerator, lam.denominator)}
            e, d, p = (Fraction(str(q.as_expr().subs(at))) for q in (E, D, P))
            assert found - solution == p * (x - solution)
            assert dfound - dsolution == e * (dx - dsolution) + d * total
            assert dfound - dsolution == p * (dx - dsolution) + d * dlam * (x - solution)


def unrolled(data, method, lam, dlam, c, dc, x, dx):
    """The run and its derivative on f = λx²/2 + cx, step by step.

    A state of weight m starts at m·x_0 here, so the program's states are its affine combinations already.
    """
    program = method.program
    assert all(state.weight.text in ("0", "1") or state.weight.names() for state in program.states)
    states = {s.name: (0 * x, 0 * dx) if s.weight.text == "0" else (x, dx) for s in program.states}
    for query, assignments in zip(data.query, data.steps, strict=True):
        values = dict(states)
        q, dq = (sum(v * values[name][i] for name, v in query) for i in (0, 1))
        values["gradient"] = (lam * q + c, dlam * q + lam * dq + dc)
        for target, terms in assignments:
            values[target] = tuple(sum(v * values[name][i] for name, v in terms) for i in (0, 1))
        states = {name: values[name] for name in states}
    return states[program.output]


def test_splits():
    assert SPLITS == ("total", "partial")
    assert [check_split(split) for split in SPLITS] == list(SPLITS)
    for split in ("", "Total", None, "both"):
        with pytest.raises(InvalidInput, match="is not known; give total or partial"):
            check_split(split)
