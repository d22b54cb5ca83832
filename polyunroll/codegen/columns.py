"""The coefficients of a method's steps as doubles, and the recurrences that give them, if doubles suffice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from polyunroll.arithmetic.expression import Expression, Name
from polyunroll.codegen.laws import Formula, evaluate, fold, names_in
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.methods.base import Method
from polyunroll.output.literals import nearest_double
from polyunroll.program import Register
from polyunroll.schedules.rounding import nearest, settled

__all__ = ["Law", "Recurrence", "Values", "recurrence", "values_of"]

_ROUNDINGS = 256
"""A recurrence run in doubles may be off by so many roundings of a column's largest value; else it is tabulated."""


@dataclass(frozen=True)
class Values:
    """Formulas of a program as doubles, each the one nearest to the exact value.

    Attributes
    ----------
    starts : tuple of float
        The states' weights at step 0.
    columns : tuple of tuple of float
        For each formula its values at steps 1, …, T.
    """

    starts: tuple[float, ...]
    columns: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Law:
    """A register's law from the first step that the recurrence computes."""

    name: str
    formula: Formula


@dataclass(frozen=True)
class Recurrence:
    """Registers that give the coefficients after the first few steps.

    Attributes
    ----------
    first : int
        The first step they give; those before have their coefficients listed.
    constants : tuple of (name, exact number)
        The program's constants that the laws name.
    laws : tuple of Law
        In the order in which they are applied at each step.
    history : tuple of (name, tuple of float)
        For each register that a formula looks back at: its values at steps first−1, first−2, …, as far back as
        one looks; correctly rounded.
    columns : tuple of Formula
        The coefficients.
    """

    first: int
    constants: tuple[tuple[str, Any], ...]
    laws: tuple[Law, ...]
    history: tuple[tuple[str, tuple[float, ...]], ...]
    columns: tuple[Formula, ...]


def values_of(method: Method, formulas: list[Expression], steps: int) -> Values:
    """The correctly rounded values of formulas at each step.

    They are run in ball arithmetic, with more bits until every ball lies within what rounds to one double; a value
    that no ball settles, such as an exact zero, is computed exactly.

    Raises
    ------
    InvalidInput
        If the program divides by zero, or a value is beyond the largest double.
    """
    found: Values = _settled(method, steps, lambda scalars, nearest: _run(method, scalars, nearest, formulas, steps))
    return found


def _settled(method: Method, steps: int, run: Callable[[Scalars, Callable[[Any], float]], Any]) -> Any:
    """What `run` gives with scalars in balls, at the first precision at which every ball rounds to one double."""
    constants = constants_of(method.program, dict(method.values))
    return settled(
        method,
        steps,
        lambda system: run(Scalars(method.program, constants, system), lambda value: nearest(value, system)),
    )


def _run(
    method: Method, scalars: Scalars, nearest: Callable[[Any], float], formulas: list[Expression], steps: int
) -> Values:
    starts = tuple(map(nearest, scalars.evaluator([state.weight for state in method.program.states])()))
    present = scalars.evaluator(formulas)
    rows = []
    for _ in range(steps):
        scalars.advance()
        rows.append([nearest(value) for value in present()])
    return Values(starts, tuple(zip(*rows, strict=True)) if formulas else ())


def recurrence(
    method: Method, formulas: list[Expression], columns: tuple[tuple[float, ...], ...], steps: int
) -> Recurrence | None:
    """The registers that give the formulas' values, or None where a table is needed.

    It is where a register is one (a fixed-horizon method's), where there are no steps after those the laws start
    from, and where the recurrence, run in doubles as it will be printed, is off by more than 256 roundings
    of a column's largest value.
    """
    constants = constants_of(method.program, dict(method.values))
    folded = [fold(formula.tree, constants) for formula in formulas]
    registers = {register.name: register for register in method.program.registers}
    needed = _needed(folded, registers, constants)
    if any(registers[name].table is not None for name in needed):
        return None
    first = max([1, *(registers[name].law_from for name in needed)])
    if first > steps:
        return None
    laws = tuple(Law(name, _law(register, constants)) for name, register in registers.items() if name in needed)
    lags = dict.fromkeys(needed, 0)
    used: set[str] = set()
    for formula in (*folded, *(law.formula for law in laws)):
        for name, lag in names_in(formula):
            if name in lags:
                lags[name] = max(lags[name], lag)
            used.add(name)
    back = {name: lag for name, lag in lags.items() if lag > 0}
    history = _settled(method, steps, lambda scalars, nearest: _past(scalars, nearest, first, back))
    found = Recurrence(
        first,
        tuple((name, value) for name, value in constants.items() if name in used),
        laws,
        tuple((law.name, history[law.name]) for law in laws if law.name in back),
        tuple(folded),
    )
    return found if _is_stable(found, columns, steps) else None


def _law(register: Register, constants: Mapping[str, Any]) -> Formula:
    assert register.law is not None
    return fold(register.law.tree, constants)


def _needed(folded: list[Formula], registers: Mapping[str, Register], constants: Mapping[str, Any]) -> set[str]:
    """The registers some formula depends on."""
    needed: set[str] = set()
    pending = [name for formula in folded for name, _ in names_in(formula)]
    while pending:
        name = pending.pop()
        if name in registers and name not in needed:
            needed.add(name)
            register = registers[name]
            if register.table is None:
                pending += [other for other, _ in names_in(_law(register, constants))]
    return needed


def _past(
    scalars: Scalars, nearest: Callable[[Any], float], first: int, back: Mapping[str, int]
) -> dict[str, tuple[float, ...]]:
    """For each register its values at steps first−1, first−2, …, as many as a formula looks back."""
    while scalars.t < first - 1:
        scalars.advance()
    looks = {
        name: scalars.evaluator([Expression(f"{name}[t-{k}]", Name(name, k)) for k in range(lag)])
        for name, lag in back.items()
    }
    return {name: tuple(nearest(value) for value in look()) for name, look in looks.items()}


def _is_stable(found: Recurrence, columns: tuple[tuple[float, ...], ...], steps: int) -> bool:
    """Whether the recurrence, run in doubles, stays within so many roundings of the correctly rounded columns."""
    constants = {name: nearest_double(value) for name, value in found.constants}
    past = {name: list(values) for name, values in found.history}
    allowed = [_ROUNDINGS * 2.0**-53 * max(map(abs, column)) for column in columns]
    for t in range(found.first, steps + 1):
        now: dict[str, float] = {}

        def lookup(name: str, lag: int, t: int = t, now: dict[str, float] = now) -> float:
            if name == "t":
                return float(t)
            if name in constants:
                return constants[name]
            if lag == 0:
                return now[name]
            return past[name][lag - 1]

        try:
            for law in found.laws:
                now[law.name] = evaluate(law.formula, lookup)
            values = [evaluate(formula, lookup) for formula in found.columns]
        except (ZeroDivisionError, OverflowError):
            return False
        if not all(
            abs(value - column[t - 1]) <= most for value, column, most in zip(values, columns, allowed, strict=True)
        ):
            return False
        for name, value in now.items():
            if name in past:
                past[name] = [value, *past[name][:-1]]
    return True
