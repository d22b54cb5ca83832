"""A program's constants and registers in one field, advanced step by step."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import sqrt as exact_sqrt
from polyunroll.arithmetic.expression import Const, Expression, Name, Node
from polyunroll.arithmetic.systems import EXACT, System
from polyunroll.errors import InvalidInput
from polyunroll.program import Program

__all__ = ["Scalars", "constants_of"]

Slots = list[Any]
Compiled = Callable[[Slots], Any]


def constants_of(
    program: Program, values: Mapping[str, Any], sqrt: Callable[[Any], Any] = exact_sqrt
) -> dict[str, Any]:
    """Parameters and constants of a program, exactly.

    Raises
    ------
    OutsideField
        If a constant lies outside ℚ and one ℚ(√d).
    """
    known: dict[str, Any] = {name: values[name] for name in program.parameters}
    for name, expression in program.constants:
        known[name] = expression.evaluate(lambda id, lag: known[id], lambda c: c, sqrt)
    return known


class Scalars:
    """The scalar part of a running program.

    Parameters
    ----------
    program : Program
    constants : mapping of str to exact number
        Parameters and constants, as `constants_of` gives them (or elements of the field already).
    system : System
        The field; a constant enters it rounded once.

    Notes
    -----
    Formulas are compiled to closures over a flat list of slots; a register looked at k steps back has k+1 slots.
    """

    def __init__(self, program: Program, constants: Mapping[str, Any], system: System = EXACT) -> None:
        self._system = system
        self._registers = program.registers
        self._index: dict[tuple[str, int], int] = {("t", 0): 0}
        self._constants = {name: system.convert(value) for name, value in constants.items()}
        for name, lag in program.max_lag().items():
            for back in range(lag + 1):
                self._index[name, back] = len(self._index)
        self._slots: Slots = [None] * len(self._index)
        self._lags = program.max_lag()
        self._laws = [
            (
                [self.compile(start) for start in register.starts],
                self.compile(register.law) if register.law is not None else None,
                self._index[register.name, 0],
                self._lags[register.name],
            )
            for register in self._registers
        ]
        self._timed = program.uses_time
        self._shifts = [base + k for _, _, base, lag in self._laws for k in range(lag, 0, -1)]
        # laws that hold from now on, in the listed order: the loop of every later step
        self._steady: list[tuple[int, Compiled]] | None = None
        first = min((r.first for r in self._registers if r.table is None), default=0)
        self.t = min(first, 0) - 1
        while self.t < 0:
            self.advance()

    def copy(self) -> Scalars:
        """Independent scalars at the same step; only the slots ever change in place."""
        twin = copy.copy(self)
        twin._slots = list(self._slots)
        return twin

    def advance(self) -> None:
        """Go to the next step: shift the delayed registers and apply the laws."""
        self.t += 1
        slots, t = self._slots, self.t
        if self._timed:
            slots[0] = self._system.convert(fmpq(t))
        for i in self._shifts:
            slots[i] = slots[i - 1]
        if self._steady is not None:
            for base, formula in self._steady:
                slots[base] = formula(slots)
            return
        steady = True
        for register, (starts, law, base, _) in zip(self._registers, self._laws, strict=True):
            if register.table is not None:
                steady = False
                if t >= 1:
                    slots[base] = self._system.convert(register.table[t - 1])
            elif t >= register.law_from and law is not None:
                slots[base] = law(slots)
            else:
                steady = False
                if t >= register.first:
                    slots[base] = starts[t - register.first](slots)
        if steady:
            self._steady = [(base, law) for _, law, base, _ in self._laws if law is not None]

    def __getitem__(self, name: str) -> Any:
        """The present value of a register or constant."""
        return self._constants[name] if name in self._constants else self._slots[self._index[name, 0]]

    def value(self, compiled: Compiled) -> Any:
        """The present value of a compiled formula."""
        return compiled(self._slots)

    def evaluator(self, expressions: list[Expression]) -> Callable[[], list[Any]]:
        """A function that gives the present values of several formulas at once."""
        compiled, slots = [self.compile(expression) for expression in expressions], self._slots
        return lambda: [formula(slots) for formula in compiled]

    def compile(self, expression: Expression) -> Compiled:
        """A formula as a function of the slots; what is constant is computed now."""
        value, formula = self._compile(expression.tree)
        if formula is None:
            return lambda slots: value
        return formula

    def _compile(self, node: Node) -> tuple[Any, Compiled | None]:
        """(value, None) for a constant formula, (None, function) otherwise."""
        if isinstance(node, Const):
            return self._system.convert(node.value), None
        if isinstance(node, Name):
            if node.id in self._constants:
                return self._constants[node.id], None
            slot = self._index[node.id, node.lag]
            return None, lambda slots: slots[slot]
        if node.kind == "sqrt":
            raise InvalidInput("sqrt is allowed in constants and step sizes only, not in a register's law")
        if node.kind == "^":
            assert isinstance(node.args[1], Const)
            return _power(*self._compile(node.args[0]), int(node.args[1].value.p))
        parts = [self._compile(argument) for argument in node.args]
        if node.kind == "neg":
            value, f = parts[0]
            return (-value, None) if f is None else (None, lambda slots: -f(slots))
        return _binary(node.kind, *parts[0], *parts[1])


def _power(value: Any, f: Compiled | None, exponent: int) -> tuple[Any, Compiled | None]:
    return (value**exponent, None) if f is None else (None, lambda slots: f(slots) ** exponent)


def _binary(kind: str, a: Any, f: Compiled | None, b: Any, g: Compiled | None) -> tuple[Any, Compiled | None]:
    """Fold two compiled parts under + − * or /, without a call where one part is constant."""
    if f is None and g is None:
        return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[kind](), None
    table: dict[str, tuple[Compiled, Compiled, Compiled]] = {
        "+": (lambda s: f(s) + g(s), lambda s: a + g(s), lambda s: f(s) + b),  # type: ignore[misc]
        "-": (lambda s: f(s) - g(s), lambda s: a - g(s), lambda s: f(s) - b),  # type: ignore[misc]
        "*": (lambda s: f(s) * g(s), lambda s: a * g(s), lambda s: f(s) * b),  # type: ignore[misc]
        "/": (lambda s: f(s) / g(s), lambda s: a / g(s), lambda s: f(s) / b),  # type: ignore[misc]
    }
    return None, table[kind][0 if f is not None and g is not None else 1 if g is not None else 2]
