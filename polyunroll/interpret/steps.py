"""The coefficients of a method's steps, as numbers: a program unrolled, before any state is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from polyunroll.arithmetic.systems import EXACT, System
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.methods.base import Method

__all__ = ["NumericStep", "steps_of"]

NumericTerms = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class NumericStep:
    """Step t: where the gradient is taken, then the assignments in order, with their coefficients."""

    t: int
    query: NumericTerms
    assignments: tuple[tuple[str, NumericTerms], ...]


def steps_of(method: Method, t: int, system: System = EXACT) -> tuple[list[NumericStep], dict[str, Any]]:
    """Steps 1 … t with their coefficients in a field, and the weights the states start with.

    Raises
    ------
    HorizonError
        If the method has fewer steps.
    """
    method.require_steps(t)
    program = method.program
    scalars = Scalars(program, constants_of(program, dict(method.values)), system)
    weights = scalars.evaluator([state.weight for state in program.states])()
    start = {state.name: weight for state, weight in zip(program.states, weights, strict=True)}
    names = [tuple(name for name, _ in program.query)]
    names += [tuple(name for name, _ in assignment.terms) for assignment in program.assignments]
    values = [scalars.evaluator([c for _, c in program.query])]
    values += [scalars.evaluator([c for _, c in assignment.terms]) for assignment in program.assignments]
    targets = [assignment.target for assignment in program.assignments]
    steps = []
    for n in range(1, t + 1):
        scalars.advance()
        query, *rest = (tuple(zip(keys, value(), strict=True)) for keys, value in zip(names, values, strict=True))
        steps.append(NumericStep(n, query, tuple(zip(targets, rest, strict=True))))
    return steps, start
