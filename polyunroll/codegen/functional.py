"""What the targets for libraries of whole arrays share: states are expressions, and the library makes the arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from polyunroll.codegen.facts import Facts
from polyunroll.codegen.ir import Solver, Step
from polyunroll.codegen.reverse import transpose
from polyunroll.codegen.text import (
    assign_all,
    docstring,
    loop_over_rows,
    names_tuple,
    python_coefficients,
    sum_lines,
    this_row,
)

__all__ = ["blocks_and_words"]


def blocks_and_words(
    solver: Solver, facts: Facts, needs: str, derivative: str | None
) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
    """What the common templates' places are filled with; a target adds its own."""
    step = solver.step
    back = transpose(step)
    doc = docstring(solver, facts, needs, derivative)
    before, after = _statements(step)
    before_bar, after_bar = _statements(back)
    weights = dict(solver.starts)
    blocks: dict[str, Sequence[str]] = {
        "doc": doc[1:],
        "coefficients": python_coefficients(solver),
        "callback": [
            "callback : callable, optional",
            "    Called as callback(t, x) after step t; if it returns something true, the run",
            "    stops.",
        ],
        "tolerance": [],
        "loop": [f"for {loop_over_rows(solver)}:"],
        "row": this_row(solver),
        "start": [f"{name} = {_times(weights[name], 'start')}" for name in step.states],
        "bars": ["x = u", *(f"{name} = _zeros((n,), start)" for name in step.states if name != "x")],
        "before": before,
        "after": [*after, *_carry(step)],
        "before_bar": before_bar,
        "after_bar": [*after_bar, *_carry(back)],
    }
    words = {
        "TITLE": doc[0],
        "STEPS": str(solver.steps),
        "ARRAY": "an array",
        "GAP": str(isqrt(solver.steps - 1) + 1),
        "QUERY": step.query,
        "T": "t" if solver.columns else "_",
        "STATES": names_tuple(step.states),
        "STATES_TUPLE": f"({', '.join(step.states)}{',' if len(step.states) == 1 else ''})",
        "SUM": " + ".join(_times(weights[name], name) for name in step.states if weights[name] != 0) or "0.0 * x",
    }
    return blocks, words


def _times(weight: float, name: str) -> str:
    return name if weight == 1 else f"{weight!r} * {name}"


def _statements(step: Step) -> tuple[list[str], list[str]]:
    """A step's definitions as assignments, those before its gradient and those after it."""
    before: list[str] = []
    after: list[str] = []
    lines = before
    for definition in step.definitions:
        if definition.name == step.gradient:
            lines = after
        else:
            lines += sum_lines(definition.name, definition.terms)
    return before, after


def _carry(step: Step) -> list[str]:
    """The states' names move on to their new values, all at once."""
    return assign_all([(state, value) for state, value in step.carried if state != value])
