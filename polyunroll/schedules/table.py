"""The values of a program's registers at each step, correctly rounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyunroll.arithmetic.expression import Expression, Name
from polyunroll.arithmetic.systems import System
from polyunroll.interpret.scalars import Scalars
from polyunroll.methods.base import Method
from polyunroll.schedules.rounding import nearest, settled

__all__ = ["Values", "register_values"]

Values = dict[str, tuple[float, ...]]


def register_values(method: Method, constants: Mapping[str, Any], steps: int) -> tuple[Values, Values]:
    """Each register's values, and those at steps 0, −1, … of the ones that the first step looks back at.

    The registers are run in ball arithmetic, with more bits until every ball lies within what rounds to one double;
    a value that no ball can settle, such as an exact zero, is computed exactly.

    Raises
    ------
    InvalidInput
        If a value is beyond the largest double, or the program divides by zero.
    """
    return settled(method, steps, lambda system: _run(method, constants, steps, system))


def _run(method: Method, constants: Mapping[str, Any], steps: int, system: System) -> tuple[Values, Values]:
    program = method.program
    scalars = Scalars(program, constants, system)
    names = [register.name for register in program.registers]
    past = [(name, back) for name, lag in program.max_lag().items() for back in range(1, lag + 1)]
    look_back = scalars.evaluator([Expression(f"{name}[t-{back}]", Name(name, back)) for name, back in past])
    present = scalars.evaluator([Expression(name, Name(name)) for name in names])
    registers: dict[str, list[float]] = {name: [] for name in names}
    history: dict[str, list[float]] = {}
    for t in range(1, steps + 1):
        scalars.advance()
        if t == 1:
            for (name, _), value in zip(past, look_back(), strict=True):
                if value is not None:  # a register may start later than the furthest look back
                    history.setdefault(name, []).append(nearest(value, system))
        for name, value in zip(names, present(), strict=True):
            registers[name].append(nearest(value, system))
    return _frozen(registers), _frozen(history)


def _frozen(values: Mapping[str, list[float]]) -> Values:
    return {name: tuple(numbers) for name, numbers in values.items()}
