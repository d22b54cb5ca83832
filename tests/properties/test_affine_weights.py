"""Affine weights are conserved: exactly for sixty steps, and symbolically for every step past the starts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flint import fmpq
from reference.cases import CASES
from reference.fields import INTERVALS
from reference.members import member
from sympy import ZZ

import polyunroll as pu
from polyunroll.arithmetic.expression import parse
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import WeightModule
from polyunroll.methods import families
from polyunroll.orthogonal.gegenbauer import REGISTERS
from polyunroll.program import GRADIENT, Program


# -- exactly, step by step ------------------------------------------------------------------------------
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
@pytest.mark.parametrize("interval", [INTERVALS[0], INTERVALS[1], INTERVALS[5]], ids=lambda i: i.name)
def test_weights_are_conserved_for_sixty_steps(case, interval):
    method = case.make(interval)
    machine = Machine(method, WeightModule())
    program = method.program
    declared = machine.scalars.evaluator([state.weight for state in program.states])
    # an irrational spectrum makes long numbers: twenty steps there
    for _ in range(min(60 if interval.is_rational else 20, method.horizon or 60)):
        assert machine.step() == 1
        assert [machine.states[state.name] for state in program.states] == declared()


def test_the_weight_module_refuses_a_gradient_elsewhere():
    module = WeightModule()
    assert module.gradient(fmpq(1)) == 0
    with pytest.raises(ArithmeticError, match="queried at affine weight 1/2, not 1"):
        module.gradient(fmpq(1, 2))


# -- symbolically, for all t ----------------------------------------------------------------------------
def violations(program: Program):
    """What a step does not conserve, with every parameter, constant, delayed register and t a free symbol.

    Registers at the present step are replaced by their laws, so what is found holds at each step at which all
    laws are in force; the ones before are run exactly above. Constants and the recurrence coefficients of a weight
    are not replaced: nothing hangs on their values.
    """
    lags = program.max_lag()
    laws = {r.name: None if r in REGISTERS else r.law for r in program.registers}
    if "g0" in laws:  # a banded Gram matrix and its factors: nothing hangs on their values either
        laws = {name: law if name in {"varpi", "A", "kernel"} else None for name, law in laws.items()}
    names = [("t", 0), *((name, 0) for name in program.parameters), *((name, 0) for name, _ in program.constants)]
    names += [(name, back) for name, lag in lags.items() for back in range(lag + 2)]
    field = ZZ.frac_field(*(f"{name}_{back}" for name, back in names)).field
    free = dict(zip(names, field.gens, strict=True))
    known = {}

    def value(name, lag):
        if (name, lag) not in known:
            law = laws.get(name)
            known[name, lag] = free[name, lag] if lag or law is None else evaluate(law, value)
        return known[name, lag]

    def value_before(name, lag):
        if name == "t":
            return free["t", 0] - 1
        return free[name, lag + 1] if name in laws else free[name, 0]

    def evaluate(expression, lookup):
        return expression.evaluate(lookup, lambda c: field(int(c.p)) / field(int(c.q)))

    weights = {state.name: evaluate(state.weight, value_before) for state in program.states}
    weights[GRADIENT] = field.zero

    def combined(terms):
        return sum((evaluate(coefficient, value) * weights[name] for name, coefficient in terms), field.zero)

    found = ["query"] if combined(program.query) != 1 else []
    for assignment in program.assignments:
        weights[assignment.target] = combined(assignment.terms)
    found += [s.name for s in program.states if weights[s.name] != evaluate(s.weight, value)]
    return found + (["output"] if weights[program.output] != 1 else [])


@pytest.mark.parametrize("name", families())
def test_weights_are_conserved_at_every_step(name):
    assert violations(member(name, pu.Spectrum("1/2", 1)).program) == []


@pytest.mark.parametrize("family", [pu.Sobolev, pu.JacobianKernel])
@pytest.mark.parametrize("ratio", [None, "1/4", "4"])
def test_weights_of_banded_programs_are_conserved_at_every_step(family, ratio):
    measure = pu.measures.jacobi(1, 0) if ratio is None else pu.measures.marchenko_pastur(ratio)
    assert violations(family(pu.Spectrum(1, 2), measure).program) == []


def test_weights_of_a_list_of_steps():
    assert violations(pu.GradientDescent(pu.Spectrum("1/2", 1), [1, 2]).program) == []


def program_of(name):
    return families()[name](pu.Spectrum("1/2", 1)).program


def with_law(program, name, law):
    registers = tuple(replace(r, law=parse(law)) if r.name == name else r for r in program.registers)
    return replace(program, registers=registers)


def with_term(program, target, source, coefficient):
    def changed(assignment):
        if assignment.target != target:
            return assignment
        terms = tuple((n, parse(coefficient) if n == source else c) for n, c in assignment.terms)
        return replace(assignment, terms=terms)

    return replace(program, assignments=tuple(map(changed, program.assignments)))


BROKEN = {
    "chebyshev's momentum": (with_term(program_of("chebyshev"), "next", "previous", "2-omega"), {"x", "output"}),
    "heavy ball's momentum": (with_term(program_of("heavy-ball"), "next", "previous", "momentum"), {"x", "output"}),
    "nesterov's query": (replace(program_of("nesterov"), query=(("x", parse("1+momentum")),)), {"query"}),
    "gradient descent's query": (replace(program_of("gd"), query=(("x", parse("2")),)), {"query"}),
    "sobolev's A": (with_law(program_of("sobolev"), "A", "1 + varpi*varpi[t-1]*(c + d*A[t-2])"), {"y", "x", "output"}),
    "sobolev's varpi": (
        with_law(program_of("sobolev"), "varpi", "1/(s0 - gamma*varpi[t-1])"),
        {"q", "y", "x", "output"},
    ),
    "sobolev's kernel": (
        with_law(program_of("sobolev"), "kernel", "gamma*varpi**2*kernel[t-1] + A/sigma"),
        {"x", "output"},
    ),
    "sobolev's weight of y": (
        replace(
            program_of("sobolev"),
            states=tuple(
                replace(s, weight=parse("1")) if s.name == "y_previous" else s for s in program_of("sobolev").states
            ),
        ),
        {"y_previous", "y", "x", "output"},
    ),
}


@pytest.mark.parametrize(("program", "expected"), BROKEN.values(), ids=BROKEN)
def test_the_check_finds_what_is_broken(program, expected):
    assert set(violations(program)) == expected


def test_step_sizes_do_not_matter():
    # conservation says nothing about them, nor about norms: those are what the Gram matrices are for
    assert violations(with_term(program_of("sobolev"), "q_next", "gradient", "17*h")) == []
    assert violations(with_law(program_of("heavy-ball"), "step", "t**2")) == []
