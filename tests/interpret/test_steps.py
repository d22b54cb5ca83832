"""The coefficients of a method's steps, and how a recurrence is shown."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb, fmpq
from reference.cases import CASES
from reference.fields import INTERVALS

import polyunroll as pu
from polyunroll.arithmetic.balls import ball_precision
from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.systems import BALLS, DOUBLES
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import PolynomialModule
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.interpret.steps import steps_of

S = pu.Spectrum("1/100", 1)


def test_chebyshevs_coefficients():
    # ω_1 = 1, ω_2 = 1/(1−ρ²/2), ω_{n+1} = 1/(1−ρ²ω_n/4), ρ = 99/101, written out
    rho2, h = Fraction(99, 101) ** 2, Fraction(200, 101)
    omegas = [Fraction(1), 1 / (1 - rho2 / 2)]
    while len(omegas) < 9:
        omegas.append(1 / (1 - rho2 * omegas[-1] / 4))
    data = pu.recurrence(pu.Chebyshev(S), 9)
    assert data.query == ((("x", 1),),) * 9
    for omega, step in zip(omegas, data.steps, strict=True):
        assert step == (
            ("next", (("x", omega), ("previous", 1 - omega), ("gradient", -omega * h))),
            ("previous", (("x", 1),)),
            ("x", (("next", 1),)),
        )


def test_a_list_of_steps():
    data = pu.recurrence(pu.GradientDescent(S, [1, "1/2"]), 2)
    assert [step[0][1][1] for step in data.steps] == [("gradient", -1), ("gradient", Fraction(-1, 2))]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_steps_in_other_fields(case):
    method = case.make(INTERVALS[1])
    exact, start = steps_of(method, 8)
    doubles, double_start = steps_of(method, 8, DOUBLES)
    assert {name: float_of(weight) for name, weight in start.items()} == double_start
    assert [step.t for step in exact] == list(range(1, 9))
    with ball_precision(128):
        balls, _ = steps_of(method, 8, BALLS)
        for a, b, c in zip(exact, doubles, balls, strict=True):
            for (_, terms), (_, double_terms), (_, ball_terms) in zip(
                a.assignments, b.assignments, c.assignments, strict=True
            ):
                for (name, value), (_, double), (_, enclosed) in zip(terms, double_terms, ball_terms, strict=True):
                    assert double == pytest.approx(float_of(value), rel=1e-13), name
                    whole = enclosed if isinstance(enclosed, arb) else arb(enclosed)
                    assert whole.overlaps(BALLS.convert(value))
                    assert whole.rad() < 1e-30


def float_of(value):
    return float(value) if isinstance(value, Surd) else int(value.p) / int(value.q)


def test_nothing_to_do():
    data = pu.recurrence(pu.Chebyshev(S), 0)
    assert (data.query, data.steps, str(data)) == ((), (), "")


def test_text_of_a_recurrence():
    text = str(pu.recurrence(pu.HeavyBall(pu.Spectrum(1, 9)), 2))
    assert text == "\n".join(
        [
            "step 1: gradient at x",
            "  next := 5/4 x - 1/4 previous - 1/5 gradient",
            "  previous := x",
            "  x := next",
            "step 2: gradient at x",
            "  next := 5/4 x - 1/4 previous - 1/4 gradient",
            "  previous := x",
            "  x := next",
        ]
    )


def test_what_is_0_is_not_written():
    # step 1 of Chebyshev has ω = 1
    assert "previous - " not in str(pu.recurrence(pu.Chebyshev(S), 1)).splitlines()[1]
    nesterov = str(pu.recurrence(pu.Nesterov(pu.Spectrum(1, 1)), 1))
    assert nesterov.splitlines()[:2] == ["step 1: gradient at x", "  next := x - gradient"]


def test_irrational_coefficients_are_bracketed():
    line = str(pu.recurrence(pu.Nesterov(pu.Spectrum("1/2", 1)), 1)).splitlines()[1]
    assert line == "  next := (4 - 2*sqrt(2)) x - (3 - 2*sqrt(2)) previous - gradient"


def test_latex_of_a_recurrence():
    latex = pu.recurrence(pu.HeavyBall(pu.Spectrum(1, 9)), 2)._repr_latex_()
    assert latex.startswith(r"$\begin{aligned}t=1: & \quad g = \nabla f\left(\mathrm{x}\right)")
    assert latex.endswith(r"\end{aligned}$")
    assert latex.count(r"\\") == 7
    assert r"\frac{5}{4} \mathrm{x} - \frac{1}{4} \mathrm{previous} - \frac{1}{5} g" in latex
    assert r"\mathrm{q\_previous}" in pu.recurrence(pu.Sobolev(S), 1)._repr_latex_()


# -- registers ------------------------------------------------------------------------------------------
def registers(method, steps):
    scalars = Scalars(method.program, constants_of(method.program, dict(method.values)))
    found = []
    for _ in range(steps + 1):
        found.append({r.name: scalars[r.name] for r in method.program.registers})
        scalars.advance()
    return found


def test_registers_start_where_they_say():
    found = registers(pu.Sobolev(S), 3)
    assert {name: found[0][name] for name in ("gamma", "sigma", "varpi", "A", "kernel")} == {
        "gamma": 0,
        "sigma": 1,
        "varpi": 0,
        "A": 1,
        "kernel": 1,
    }
    s0 = fmpq(-101, 99)
    assert (found[1]["varpi"], found[1]["gamma"], found[1]["c"], found[1]["A"]) == (1 / s0, fmpq(1, 2), 0, 1)
    assert found[2]["varpi"] == 1 / (s0 - fmpq(1, 2) / s0)
    assert found[2]["c"] == 0


def test_constants_are_exact():
    constants = constants_of(pu.HeavyBall(S).program, dict(pu.HeavyBall(S).values))
    assert constants["root"] == fmpq(1, 10)
    assert constants["momentum"] == fmpq(81, 121)
    scalars = Scalars(pu.HeavyBall(S).program, constants)
    assert scalars["momentum"] == fmpq(81, 121)


# -- the loop -------------------------------------------------------------------------------------------
class Counted(PolynomialModule):
    """Polynomials that count gradients and refuse to be changed in place."""

    def __init__(self):
        self.calls = 0

    def gradient(self, query):
        self.calls += 1
        return super().gradient(query)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_one_gradient_a_step(case):
    module = Counted()
    machine = Machine(case.make(INTERVALS[0]), module)
    assert module.calls == 0
    machine.run(7)
    assert (module.calls, machine.t) == (7, 7)
    assert set(machine.states) == {state.name for state in machine.method.program.states}
