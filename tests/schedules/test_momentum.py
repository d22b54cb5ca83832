"""Step sizes and momenta are those of the recurrence, and only three-term programs have them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import fmpq, fmpq_poly
from hypothesis import given
from hypothesis import strategies as st
from reference.strategies import Custom, etas, exponents, measures, spectra

import polyunroll as pu
from polyunroll.arithmetic.balls import ball_precision
from polyunroll.arithmetic.exact import exact
from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.systems import BALLS
from polyunroll.errors import InvalidInput
from polyunroll.interpret.transfer import residual_polynomial
from polyunroll.output.literals import nearest_double
from polyunroll.program import Program, Register, State
from polyunroll.schedules.base import Schedule
from polyunroll.schedules.rounding import TooWide
from polyunroll.schedules.three_term import NotThreeTerm, three_term

S = pu.Spectrum("1/100", 1)


def residual(pairs):
    """P of the pairs (h, m), by the recurrence p ← p − hλp + m(p − q)."""
    before = now = fmpq_poly([1])
    lam = fmpq_poly([0, 1])
    for h, m in pairs:
        before, now = now, (1 + m) * now - h * lam * now - m * before
    return now


def plain(P, value):
    """Parts of a polynomial over ℚ(√d) at a rational."""
    return (P.a(value), P.b(value)) if isinstance(P, Surd) else (P(value), 0)


@st.composite
def three_term_methods(draw):
    spectrum = draw(spectra)
    kind = draw(st.sampled_from(["gd", "list", "chebyshev", "heavy-ball", "jacobi"]))
    if kind == "gd":
        return pu.GradientDescent(spectrum, "2/(L+ell)")
    if kind == "list":
        return pu.GradientDescent(spectrum, ["1/3", "2", "1/7", "5", "1"])
    if kind == "jacobi":
        return pu.Jacobi(spectrum, draw(exponents), draw(exponents))
    return {"chebyshev": pu.Chebyshev, "heavy-ball": pu.HeavyBall}[kind](spectrum)


@given(three_term_methods(), st.integers(1, 5))
def test_the_pairs_make_the_residual_polynomial(method, steps):
    pairs = three_term(method, steps)
    assert pairs[0][1] == 0
    assert plain(residual(pairs), fmpq(2, 7)) == plain(residual_polynomial(method, steps), fmpq(2, 7))
    assert residual(pairs) == residual_polynomial(method, steps) or isinstance(residual(pairs), Surd)


@given(three_term_methods(), st.integers(1, 5))
def test_the_doubles_are_the_nearest(method, steps):
    made = pu.schedule(method, steps, "momentum")
    pairs = three_term(method, steps)
    assert made.step_sizes == tuple(nearest_double(h) for h, _ in pairs)
    assert made.momenta == tuple(nearest_double(m) for _, m in pairs)
    assert [tuple(map(exact, pair)) for pair in made.exact()] == [tuple(pair) for pair in pairs]


@given(spectra, st.one_of(measures), etas)
def test_programs_that_ask_elsewhere_are_refused(spectrum, measure, eta):
    for method in (pu.Sobolev(spectrum, measure, eta), pu.Nesterov(spectrum)):
        with pytest.raises(InvalidInput, match=r"no form 'momentum'.*'program', 'richardson' and 'chebyshev-series'"):
            pu.schedule(method, 4, "momentum")


def velocity_form(spectrum, decay="1/3"):
    """The heavy ball with a velocity instead of the previous iterate."""
    program = Program.of(
        parameters=("ell", "L"),
        constants={"h": "1/L", "m": decay},
        states=(State.of("x"), State.of("v", "0"), State.of("unused", "2")),
        query={"x": "1"},
        assignments={
            "v": {"v": "m", "gradient": "-h"},
            "x": {"x": "1", "v": "1"},
            "unused": {"unused": "3", "gradient": "1"},
        },
    )
    return Custom(spectrum, program)


def test_a_velocity_is_as_good_as_a_previous_iterate():
    assert three_term(velocity_form(S), 4) == [(1, 0)] + [(1, fmpq(1, 3))] * 3
    made = pu.schedule(velocity_form(S), 4, "momentum")
    assert made.momenta == (0.0, 1 / 3, 1 / 3, 1 / 3)
    assert made.as_method().program == velocity_form(S).program


def test_balls_refute_and_do_not_guess():
    with ball_precision(128), pytest.raises(TooWide):  # the weight 1 of the query is a ball
        three_term(pu.Nesterov(S), 3, BALLS)
    with pytest.raises(NotThreeTerm, match="elsewhere"):
        three_term(pu.Nesterov(S), 3)
    # x and v remember three iterates
    program = Program.of(
        parameters=("ell", "L"),
        constants={"h": "1/L"},
        states=(State.of("x"), State.of("y"), State.of("z")),
        query={"x": "1"},
        assignments={
            "new": {"x": "1/2", "y": "1/4", "z": "1/4", "gradient": "-h"},
            "z": {"y": "1"},
            "y": {"x": "1"},
            "x": {"new": "1"},
        },
    )
    with pytest.raises(InvalidInput, match="its state 'z' is no combination of its last two iterates"):
        pu.schedule(Custom(S, program), 4, "momentum")


def test_steps_of_size_zero():
    program = Program.of(
        parameters=("ell", "L"),
        constants={},
        registers=(Register.tabulated("h", (fmpq(1), fmpq(0), fmpq(0), fmpq(2))),),
        states=(State.of("x"), State.of("v", "0")),
        query={"x": "1"},
        assignments={"v": {"v": "1/2", "gradient": "-h"}, "x": {"x": "1", "v": "1"}},
    )
    made = pu.schedule(Custom(S, program), form="momentum")
    assert made.step_sizes == (1.0, 0.0, 0.0, 2.0)
    assert made.momenta == (0.0, 0.5, 0.5, 0.5)
    assert residual([(exact(h), exact(m)) for h, m in zip(made.step_sizes, made.momenta, strict=True)]) == (
        residual_polynomial(Custom(S, program), 4)
    )
    with pytest.raises(InvalidInput, match="the step size at t = 2 is 0, so there is no decay"):
        _ = made.decays


def test_decays_are_those_of_the_other_convention():
    made = pu.schedule(pu.Chebyshev(S), 12, "momentum")
    h, m, d = made.step_sizes, made.momenta, made.decays
    assert d[0] == 0
    assert d[5] == float(Fraction(m[5]) * Fraction(h[4]) / Fraction(h[5]))
    x = before = 1.0
    y, v = 1.0, 0.0
    for t in range(12):
        x, before = x - h[t] * 0.3 * x + m[t] * (x - before), x
        v = d[t] * v + 0.3 * y
        y = y - h[t] * v
        assert y == pytest.approx(x, rel=1e-13)


def test_a_program_without_weight_one_is_refused():
    program = velocity_form(S).program.as_data()
    program["assignments"][1]["terms"]["x"] = "2"
    from polyunroll.schedules.method_data import program_from_data

    broken = Custom(S, program_from_data(program))
    for form in ("program", "momentum", "richardson", "chebyshev-series"):
        with pytest.raises(InvalidInput, match=r"P\(0\) = 2 after 1 steps; it must be exactly 1"):
            pu.schedule(broken, 3, form)


def test_other_forms_have_no_step_sizes():
    made = pu.schedule(pu.Sobolev(S), 3)
    for name in ("step_sizes", "momenta", "decays"):
        assert not hasattr(made, name)
        with pytest.raises(InvalidInput, match=f"has no {name}; the forms 'momentum' and 'richardson' have"):
            getattr(made, name)
    assert not hasattr(made, "nonsense")
    assert isinstance(made, Schedule)


@pytest.mark.parametrize("form", ["program", "momentum"])
def test_what_stopping_early_means(form):
    made = pu.schedule(pu.Chebyshev(S), 20, form)
    assert made.horizon is None
    assert "after any step" in made.horizon_note
    steps = pu.schedule(pu.GradientDescent(S, ["1", "2", "1/2"]), form=form)
    assert steps.horizon == 3
    assert "made for 3 steps as a whole" in steps.horizon_note
    assert "the iterate's error |x_t - x*| is at most" in steps.horizon_note, "not the Jacobian's"
    # 1/|T_t(σ(0))| for Chebyshev, |P_1| at L for the list
    assert float(made.error_after(20)) == pytest.approx(2 / (9 / 11) ** -20 / (1 + (9 / 11) ** 40), rel=1e-6)
    assert made.error_after(0) == pytest.approx(1)
    assert steps.error_after(1) == pytest.approx(0.99, rel=1e-5)
    for t in (-1, 21, 1.5):
        with pytest.raises(InvalidInput, match="t = "):
            made.error_after(t)
