"""The program of a base method whose moves are collected, each times a factor: P_n = 1 + Σ_{k≤n} τ_k (q_k − q_{k−1}).

Every combination has weight 1 whatever the τ_k are, as in `FixedPolynomial`, which is the case of Chebyshev's method.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from polyunroll.arithmetic.expression import parse
from polyunroll.methods.base import Method
from polyunroll.program import Assignment, Program, Register, State

__all__ = ["collected", "own_values"]


def own_values(base: Method) -> dict[str, Any]:
    """The base's parameters but the spectrum's."""
    return {name: value for name, value in base.values if name not in ("ell", "L")}


def collected(base: Method, tails: tuple[Any, ...]) -> Program:
    """The base's program with one more state, the output, which takes τ_t times each of the base iterate's moves."""
    program = base.program
    taken = {*program.parameters, *(name for name, _ in program.constants), *(r.name for r in program.registers)}
    taken |= {state.name for state in program.states} | {a.target for a in program.assignments}
    share, total, before = (_new(name, taken) for name in ("share", "total", "before"))
    x, one = program.output, parse("1")
    horizon = program.horizon
    registers = tuple(
        replace(r, table=r.table[: len(tails)]) if r.table is not None and horizon else r for r in program.registers
    )
    return Program(
        program.parameters,
        program.constants,
        (*registers, Register.tabulated(share, tails)),
        (*program.states, State.of(total)),
        program.query,
        (
            Assignment(before, ((x, one),)),
            *program.assignments,
            Assignment(total, ((total, one), (x, parse(share)), (before, parse(f"-{share}")))),
        ),
        total,
    )


def _new(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
