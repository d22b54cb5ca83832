"""Whether a program is x_t = x_{t−1} − h_t ∇f(x_{t−1}) + m_t (x_{t−1} − x_{t−2}), and its h_t and m_t.

This is an interpreter like the others: a state is a combination of the last two iterates and the step's gradient.
After each step everything that later steps look at is written in the two newest iterates; where that cannot be done,
or a gradient is taken elsewhere than at the newest iterate, the program is not of this form.
"""

from __future__ import annotations

from typing import Any

from flint import arb, fmpq

from polyunroll.arithmetic.systems import EXACT, System
from polyunroll.errors import InvalidInput
from polyunroll.interpret.machine import Machine
from polyunroll.methods.base import Method
from polyunroll.program import GRADIENT
from polyunroll.schedules.rounding import TooWide

__all__ = ["NotThreeTerm", "three_term"]

NOW, BEFORE = "x_{t-1}", "x_{t-2}"

Row = dict[str, Any]
"""Coefficients of NOW, BEFORE and GRADIENT; what is not there is exactly zero."""


class NotThreeTerm(InvalidInput):
    """The program is not of this form; the message says where it leaves it."""


class _IterateModule:
    """States as combinations of the last two iterates and the gradient at the last one."""

    def __init__(self, system: System) -> None:
        self.system = system

    def start(self, weight: Any) -> Row:
        """weight·x_0."""
        return {} if _is_zero(weight) else {NOW: weight}

    def gradient(self, query: Row) -> Row:
        """The gradient, if it is taken at the newest iterate."""
        at = query.get(NOW)
        if at is None or len(query) > 1 or not _is_zero(at - 1):
            raise NotThreeTerm("it takes gradients elsewhere than at its iterates")
        return {GRADIENT: at}

    def combine(self, terms: list[tuple[Any, Row]]) -> Row:
        """Σ coefficient·row."""
        total: Row = {}
        for coefficient, row in terms:
            for name, value in row.items():
                product = coefficient * value
                total[name] = total[name] + product if name in total else product
        return {name: value for name, value in total.items() if not _is_zero(value)}


def _is_zero(value: Any) -> bool:
    """Whether a number is zero; a ball that holds zero and more cannot say."""
    if isinstance(value, arb) and not value.is_exact() and value.contains(0):
        raise TooWide
    return bool(value == 0)


def three_term(method: Method, steps: int, system: System = EXACT) -> list[tuple[Any, Any]]:
    """(h_t, m_t) for t = 1 … steps, m_1 = 0.

    Parameters
    ----------
    method : Method
    steps : int
    system : System
        EXACT, or BALLS inside `ball_precision`.

    Raises
    ------
    NotThreeTerm
        If a step is of another form.
    TooWide
        If the balls do not say whether it is.
    InvalidInput
        If a step does not conserve the weight 1 of the iterate.
    """
    machine = Machine(method, _IterateModule(system), system)
    program = method.program
    needed = program.feeding(program.output, *(name for name, _ in program.query))
    zero, one = system.convert(fmpq(0)), system.convert(fmpq(1))
    found = []
    for t in range(1, steps + 1):
        machine.states = {name: row if name in needed else {} for name, row in machine.states.items()}
        new = machine.step()
        a, b, c = (new.get(name, zero) for name in (NOW, BEFORE, GRADIENT))
        if not _may_be_zero(a + b - 1):
            raise InvalidInput(f"{method!r} has P(0) != 1 after {t} steps; every step must keep P(0) = 1")
        found.append((-c, -b))
        machine.states = {
            name: {NOW: one} if row is new else _rebased(row, new, name) if name in needed else {}
            for name, row in machine.states.items()
        }
    return found


def _may_be_zero(value: Any) -> bool:
    return bool(value.contains(0)) if isinstance(value, arb) else bool(value == 0)


def _rebased(row: Row, new: Row, name: str) -> Row:
    """A row over x_{t−1}, x_{t−2} and the gradient, over x_t = `new` and x_{t−1} instead."""
    pivot = next((key for key in (GRADIENT, BEFORE) if key in new), NOW)
    share = row[pivot] / new[pivot] if pivot in row else None
    rest = dict(row)
    if share is not None:
        for key, value in new.items():
            change = share * value
            rest[key] = rest[key] - change if key in rest else -change
        del rest[pivot]
    for key in (GRADIENT, BEFORE):
        if key in rest and not _is_zero(rest.pop(key)):
            raise NotThreeTerm(f"its state {name!r} is no combination of its last two iterates")
    moved = {} if share is None else {NOW: share}
    return moved | ({BEFORE: rest[NOW]} if NOW in rest and not _is_zero(rest[NOW]) else {})
