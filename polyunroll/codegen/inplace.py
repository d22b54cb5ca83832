"""What the targets that work in place share: vectors that are allocated once, and wrappers for NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from polyunroll.codegen.buffers import Schedule, schedule_of
from polyunroll.codegen.facts import Facts
from polyunroll.codegen.ir import Solver
from polyunroll.codegen.reverse import transpose
from polyunroll.codegen.text import (
    assign_all,
    docstring,
    loop_over_rows,
    names_tuple,
    python_coefficients,
    this_row,
)

__all__ = ["blocks_and_words", "schedules"]


def schedules(solver: Solver) -> tuple[Schedule, Schedule]:
    """What a step and its transpose do to their vectors."""
    return schedule_of(solver.step), schedule_of(transpose(solver.step))


def blocks_and_words(
    solver: Solver, facts: Facts, needs: str, derivative: str | None
) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
    """What the templates for NumPy arrays are filled with; a target adds its own."""
    step = solver.step
    forward, backward = schedules(solver)
    weights = dict(solver.starts)
    doc = docstring(solver, facts, needs, derivative)
    blocks: dict[str, Sequence[str]] = {
        "doc": doc[1:],
        "coefficients": python_coefficients(solver),
        "loop": [f"for {loop_over_rows(solver)}:"],
        "row": this_row(solver),
        "start": [_start(name, weights[name]) for name in (*step.states[1:], step.states[0])],
        "work": [f"{name} = np.zeros_like(x)" for name in forward.work],
        "moves": assign_all(forward.moves),
        "bars": [f"{name} = np.zeros(n)" for name in backward.states if name != "x"],
        "work_bar": [f"{name} = np.zeros_like(x)" for name in backward.work],
        "moves_bar": assign_all(backward.moves),
        "sum": [_weighted(name, weights[name]) for name in step.states if weights[name] != 0],
        "fast_solve": [],
        "fast_jvp": [],
    }
    words = {
        "TITLE": doc[0],
        "STEPS": str(solver.steps),
        "GAP": str(isqrt(solver.steps - 1) + 1),
        "STATES": names_tuple(step.states),
        "STATES_TUPLE": f"({', '.join(step.states)}{',' if len(step.states) == 1 else ''})",
        "QUERY": forward.gradient.at,
        "GRADIENT": forward.gradient.target,
        "QUERY_BAR": backward.gradient.at,
        "PRODUCT": backward.gradient.target,
    }
    return blocks, words


def _start(name: str, weight: float) -> str:
    if name == "x" and weight == 1:
        return "x = start"
    if weight == 0:
        return f"{name} = np.zeros_like(start)"
    return f"{name} = start.copy()" if weight == 1 else f"{name} = {weight!r} * start"


def _weighted(name: str, weight: float) -> str:
    return f"x0_bar += {name}" if weight == 1 else f"x0_bar += {weight!r} * {name}"
