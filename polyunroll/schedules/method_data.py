"""A method from the data of a file: one of polyunroll's own by its name, any other by its program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyunroll.arithmetic.expression import parse
from polyunroll.errors import InvalidInput
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.polynomial import WeightModule
from polyunroll.methods import exact_from_text, families, method_from_data
from polyunroll.methods.base import Method
from polyunroll.program import Assignment, Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["built_from", "program_from_data", "require_weight"]


_FURTHEST = 1000


class _Given(Method):
    """A method that is none of polyunroll's families: a program and the values of its parameters."""

    def __init__(self, spectrum: Spectrum, program: Program, name: str, values: Mapping[str, Any]) -> None:
        self._define(spectrum, program, "program", **values)
        object.__setattr__(self, "name", name)


def built_from(method: Any, program: Any) -> Method:
    """The method of a schedule's `method` and `program`.

    Raises
    ------
    InvalidInput
        If the data describe none, or the program is another than that of the family they name.
    """
    name = method.get("name") if isinstance(method, Mapping) else None
    if isinstance(name, str) and name in families():
        built = method_from_data(method)
        if built.program.as_data() != program:
            raise InvalidInput(f"the key 'program' is not the program of the method {name!r}")
        return built
    try:
        values = {name: exact_from_text(text) for name, text in method["parameters"].items()}
        spectrum = Spectrum(values.pop("ell"), values.pop("L"))
        found = program_from_data(program)
        firsts = (register.first for register in found.registers)
        if max((*found.max_lag().values(), *map(abs, firsts)), default=0) > _FURTHEST:
            raise InvalidInput(f"the key 'program' looks more than {_FURTHEST} steps back")
        if set(found.parameters) - {"ell", "L"} != set(values):
            raise InvalidInput("the key 'method' has other parameters than the key 'program'")
        return _Given(spectrum, found, str(method["name"]), values)
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"the keys 'method' and 'program' describe no method: {error!r}") from None


def program_from_data(data: Mapping[str, Any]) -> Program:
    """The program that `Program.as_data` described; its formulas are parsed, never evaluated as code."""
    return Program(
        tuple(data["parameters"]),
        tuple((entry["name"], parse(entry["formula"])) for entry in data["constants"]),
        tuple(map(_register, data["registers"])),
        tuple(State.of(name, weight) for name, weight in data["states"].items()),
        _terms(data["query"]),
        tuple(Assignment(entry["target"], _terms(entry["terms"])) for entry in data["assignments"]),
        data["output"],
    )


def _register(data: Mapping[str, Any]) -> Register:
    if "table" in data:
        return Register.tabulated(data["name"], tuple(map(exact_from_text, data["table"])))
    return Register.of(data["name"], data["law"], *data["starts"], first=int(data["first"]))


def _terms(data: Mapping[str, str]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, parse(text)) for name, text in data.items())


def require_weight(method: Method, steps: int) -> None:
    """Refuse a method whose P_t(0) is not exactly 1 for some t ≤ steps, or that asks for a gradient at weight ≠ 1.

    A family of polyunroll's is known to conserve weights; any other program is run in its weights.

    Raises
    ------
    InvalidInput
    """
    if families().get(method.name) is type(method):
        return
    machine = Machine(method, WeightModule())
    for t in range(steps + 1):
        try:
            value = machine.output if t == 0 else machine.step()
        except ZeroDivisionError:
            raise InvalidInput(f"the program of {method!r} divides by zero at step {t}") from None
        except ArithmeticError as error:
            raise InvalidInput(f"step {t} of {method!r} is not allowed: {error}") from None
        if value != 1:
            raise InvalidInput(
                f"the schedule has P(0) = {value} after {t} steps; it must be exactly 1 after every step"
            )
