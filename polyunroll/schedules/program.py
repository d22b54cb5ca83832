"""Program tables: a method as formulas with exact parameters, and the registers' values as doubles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from polyunroll.interpret.scalars import constants_of
from polyunroll.methods.base import Method
from polyunroll.output.literals import nearest_double
from polyunroll.schedules.base import Schedule, common_data
from polyunroll.schedules.table import Values, register_values

__all__ = ["ProgramTable", "make"]


@dataclass(frozen=True, repr=False)
class ProgramTable(Schedule):
    """The form `program`: what the formulas need at each step.

    Parameters
    ----------
    constants : dict of str to float
        The program's parameters and constants, correctly rounded.
    registers : dict of str to tuple of float
        For each register its values at steps 1, 2, …, T, correctly rounded.
    history : dict of str to tuple of float
        For each register that the first step looks back at, its values at steps 0, −1, …, correctly rounded.
    """

    form: ClassVar[str] = "program"
    tables: ClassVar[tuple[str, ...]] = ("registers",)

    constants: dict[str, float]
    registers: Values
    history: Values


def make(method: Method, steps: int) -> ProgramTable:
    """The program table of a method's first steps."""
    constants = constants_of(method.program, dict(method.values))
    registers, history = register_values(method, constants, steps)
    return ProgramTable(
        **common_data(method, steps),
        constants={name: nearest_double(value) for name, value in constants.items()},
        registers=registers,
        history=history,
    )
