"""A schedule's steps as arrays of doubles, for adapters that index them by a counter.

Before step t the states are s_1 … s_S; the gradient g is taken at Σ_j query[t−1, j] s_j, and s_i becomes
Σ_j update[t−1, i, j] s_j + gradient[t−1, i] g.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb, fmpq

from polyunroll.arithmetic.balls import ball_precision, to_double
from polyunroll.arithmetic.systems import BALLS
from polyunroll.errors import InvalidInput
from polyunroll.interpret.machine import Machine
from polyunroll.program import GRADIENT
from polyunroll.schedules.base import Schedule
from polyunroll.schedules.chebyshev_series import ChebyshevSeries
from polyunroll.schedules.momentum import StepSchedule

__all__ = ["LinearTable", "linear_table", "require_schedule"]

Doubles = npt.NDArray[np.float64]
_START = "x_0"
_BITS = 128


@dataclass(frozen=True)
class LinearTable:
    """A schedule's steps.

    Attributes
    ----------
    start : array, shape (S,)
        State i starts as start[i]·x_0.
    query : array, shape (T + 1, S)
        Where each step takes its gradient; the last row gives x_T.
    update : array, shape (T, S, S)
    gradient : array, shape (T, S)
    output : int
        The state that is the iterate x_t.
    """

    start: Doubles
    query: Doubles
    update: Doubles
    gradient: Doubles
    output: int

    @property
    def steps(self) -> int:
        """T."""
        return len(self.update)

    def terms(self, i: int) -> list[int]:
        """The states that state i is ever made of."""
        return [int(j) for j in np.flatnonzero(self.update[:, i].any(axis=0))]

    def queried(self) -> list[int]:
        """The states that a query, or the end, ever looks at."""
        return [int(j) for j in np.flatnonzero(self.query.any(axis=0))]


class _LinearModule:
    """States as combinations of the states before the step, and the gradient."""

    def __init__(self) -> None:
        self.query: dict[str, Any] = {}

    def start(self, weight: Any) -> dict[str, Any]:
        return {_START: weight}

    def gradient(self, query: dict[str, Any]) -> dict[str, Any]:
        self.query = query
        return {GRADIENT: arb(1)}

    def combine(self, terms: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
        total: dict[str, Any] = {}
        for coefficient, row in terms:
            for name, value in row.items():
                total[name] = total.get(name, arb(0)) + coefficient * value
        return total


def require_schedule(schedule: object) -> None:
    """Refuse what is no schedule."""
    if not isinstance(schedule, Schedule):
        raise InvalidInput(f"schedule is a {type(schedule).__name__}; give one that pu.schedule made")


def linear_table(schedule: Schedule) -> LinearTable:
    """The steps of a schedule of any form.

    In the forms of step sizes and of a Chebyshev series the numbers are the schedule's own doubles; in the form
    `program` each coefficient is computed in balls and rounded once.

    Raises
    ------
    InvalidInput
        If what is given is no schedule.
    """
    require_schedule(schedule)
    if isinstance(schedule, StepSchedule):
        return _moves(schedule.step_sizes, schedule.momenta, (1.0,) * len(schedule.step_sizes))
    if isinstance(schedule, ChebyshevSeries):
        return _moves(schedule.velocity_steps, schedule.velocity_decays, schedule.tails)
    return _program(schedule)


def _moves(h: tuple[float, ...], m: tuple[float, ...], tails: tuple[float, ...]) -> LinearTable:
    """States y, move and, where the tails are not all 1, x."""
    own = any(tail != 1 for tail in tails)
    size = 3 if own else 2
    query = np.zeros((len(h) + 1, size))
    query[:, 0] = 1
    update, gradient = np.zeros((len(h), size, size)), np.zeros((len(h), size))
    rows = [(0, 0, (1.0,) * len(h)), (1, None, (1.0,) * len(h)), *([(2, 2, tails)] if own else [])]
    for i, itself, shares in rows:
        update[:, i, 1] = np.multiply(shares, m)
        gradient[:, i] = -np.multiply(shares, h)
        if itself is not None:
            update[:, i, itself] = 1
    if own:
        query[-1] = [0, 0, 1]
    return LinearTable(np.array([1.0, 0.0, 1.0][:size]), query, update, gradient, 2 if own else 0)


def _program(schedule: Schedule) -> LinearTable:
    method = schedule.as_method()
    names = [state.name for state in method.program.states]
    query = np.zeros((schedule.steps + 1, len(names)))
    update = np.zeros((schedule.steps, len(names), len(names)))
    gradient = np.zeros((schedule.steps, len(names)))
    output = names.index(method.program.output)
    query[-1, output] = 1
    with ball_precision(_BITS + 2 * schedule.steps):
        module = _LinearModule()
        machine = Machine(method, module, BALLS)
        start = np.array([to_double(arb(machine.states[name][_START])) for name in names])
        unit = {name: {name: arb(fmpq(1))} for name in names}
        for t in range(schedule.steps):
            machine.states = dict(unit)
            machine.step()
            for j, source in enumerate(names):
                query[t, j] = _double(module.query, source)
                for i, target in enumerate(names):
                    update[t, i, j] = _double(machine.states[target], source)
            for i, target in enumerate(names):
                gradient[t, i] = _double(machine.states[target], GRADIENT)
    return LinearTable(start, query, update, gradient, output)


def _double(row: dict[str, Any], name: str) -> float:
    return to_double(row[name]) if name in row else 0.0
