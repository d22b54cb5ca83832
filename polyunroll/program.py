"""A first-order method as data: registers with rational laws, vector states, one gradient a step.

Nothing here computes anything; `interpret` gives a Program its meanings. Step t = 1, 2, … turns x_{t−1} into
x_t and makes one gradient query, so t counts gradient evaluations.

A state with polynomial p and affine weight m = p(0) stands for p(H)(x_0 − x*) + m x*. Queries and the output
have weight 1, a gradient has weight 0, and every assignment conserves weights: that is P_t(0) = 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from polyunroll.arithmetic.exact import Exact
from polyunroll.arithmetic.expression import Expression, parse
from polyunroll.errors import InvalidInput

__all__ = ["GRADIENT", "Assignment", "Program", "Register", "State", "Terms"]

GRADIENT = "gradient"
"""The name under which a step's assignments refer to the gradient at the query point."""

RESERVED = frozenset({GRADIENT, "t", "sqrt"})

Terms = tuple[tuple[str, Expression], ...]
"""A linear combination: (state name, coefficient) pairs."""


def _terms(combination: Mapping[str, str]) -> Terms:
    return tuple((name, parse(text)) for name, text in combination.items())


@dataclass(frozen=True)
class Register:
    """A scalar that changes from step to step.

    Parameters
    ----------
    name : str
    law : str or None
        Its value at step t from constants, t, registers listed before it at steps t, t−1, … and its own and
        later ones' values at t−1, t−2, …, written `omega[t-1]`; a bare name is the present value.
    starts : tuple of str
        Values at steps first, first+1, … that the law does not give.
    first : int
        The step of the first start.
    table : tuple of exact numbers, optional
        Instead of a law: the values at steps 1, 2, …, T of a method with horizon T.
    """

    name: str
    law: Expression | None = None
    starts: tuple[Expression, ...] = ()
    first: int = 1
    table: tuple[Exact, ...] | None = None

    @staticmethod
    def of(name: str, law: str, *starts: str, first: int = 1) -> Register:
        """A register from texts: its law and, if needed, the values it starts with."""
        return Register(name, parse(law), tuple(map(parse, starts)), first)

    @staticmethod
    def tabulated(name: str, table: tuple[Exact, ...]) -> Register:
        """A register whose values are listed."""
        return Register(name, table=table)

    @property
    def law_from(self) -> int:
        """The first step at which the law holds."""
        return self.first + len(self.starts)


@dataclass(frozen=True)
class State:
    """A vector state; it starts as weight(0)·x_0.

    Parameters
    ----------
    name : str
    weight : Expression
        Its affine weight after step t, in constants and registers; 1 for an iterate.
    """

    name: str
    weight: Expression

    @staticmethod
    def of(name: str, weight: str = "1") -> State:
        """A state from texts."""
        return State(name, parse(weight))


@dataclass(frozen=True)
class Assignment:
    """`target` := Σ coefficient·state, the gradient counting as a state of weight 0.

    Assignments are carried out in order, and a name means its latest value; a target that is no state
    is a temporary of the step.
    """

    target: str
    terms: Terms

    @property
    def copied(self) -> str | None:
        """The state this assignment merely copies, if it does."""
        if len(self.terms) == 1 and self.terms[0][1].constant == 1 and self.terms[0][0] != GRADIENT:
            return self.terms[0][0]
        return None


@dataclass(frozen=True)
class Program:
    """A first-order method.

    Parameters
    ----------
    parameters : tuple of str
        What the caller supplies: ell, L, and the method's own (step, eta, …).
    constants : tuple of (name, Expression)
        Derived once from parameters and earlier constants; the only place for sqrt.
    registers : tuple of Register
    states : tuple of State
    query : Terms
        The combination, of weight 1, at which the step's gradient is taken.
    assignments : tuple of Assignment
    output : str
        The state that is the iterate.

    Raises
    ------
    InvalidInput
        If a name is undefined, defined twice or reserved.
    """

    parameters: tuple[str, ...]
    constants: tuple[tuple[str, Expression], ...]
    registers: tuple[Register, ...]
    states: tuple[State, ...]
    query: Terms
    assignments: tuple[Assignment, ...]
    output: str
    horizon: int | None = field(init=False)

    @staticmethod
    def of(
        *,
        parameters: tuple[str, ...],
        constants: Mapping[str, str],
        registers: tuple[Register, ...] = (),
        states: tuple[State, ...],
        query: Mapping[str, str],
        assignments: Mapping[str, Mapping[str, str]],
        output: str = "x",
    ) -> Program:
        """A program from texts: `assignments` maps each target to its combination, in order."""
        return Program(
            parameters,
            tuple((name, parse(text)) for name, text in constants.items()),
            registers,
            states,
            _terms(query),
            tuple(Assignment(target, _terms(terms)) for target, terms in assignments.items()),
            output,
        )

    def __post_init__(self) -> None:
        horizons = {len(register.table) for register in self.registers if register.table is not None}
        if len(horizons) > 1:
            raise InvalidInput(f"the tables of a program have lengths {sorted(horizons)}; they must be equal")
        object.__setattr__(self, "horizon", horizons.pop() if horizons else None)
        self._check_names()

    def _check_names(self) -> None:
        """Refuse what is undefined, defined twice, reserved, or looked at before it has a value."""
        registers = {register.name: register for register in self.registers}
        scalars: set[str] = {"t"}
        for name in (*self.parameters, *(n for n, _ in self.constants), *registers):
            if name in scalars or name in RESERVED:
                raise InvalidInput(f"the program defines {name!r} twice, or it is reserved")
            scalars.add(name)
        if len(registers) < len(self.registers) or len({state.name for state in self.states}) < len(self.states):
            raise InvalidInput("the program defines a register or a state twice, or it is reserved")
        self._check_constants()
        for where, expression in self._expressions():
            for name, lag in expression.names():
                if name not in scalars or (lag and name not in registers):
                    raise InvalidInput(f"the program's {where} uses {name!r}, which is not defined{_back(lag)}")
        for register in self.registers:
            self._check_register(register, registers)
        for where, expression, step in self._uses():
            if expression.has_sqrt:
                raise InvalidInput(f"the program's {where} has a square root, which only constants may have")
            _check_delays(where, expression, step, registers)
        self._check_assignments()

    def _check_constants(self) -> None:
        known = set(self.parameters)
        for constant, expression in self.constants:
            for name, lag in expression.names():
                if name not in known or lag:
                    raise InvalidInput(f"the constant {constant!r} uses {name!r}, which is not defined before it")
            known.add(constant)

    def _check_register(self, register: Register, registers: Mapping[str, Register]) -> None:
        if (register.law is None) == (register.table is None):
            raise InvalidInput(f"the register {register.name!r} must have a law or a table, and not both")
        before = {name for name in registers if list(registers).index(name) < list(registers).index(register.name)}
        for expression in (*register.starts, *((register.law,) if register.law else ())):
            for name, lag in expression.names():
                if name in registers and lag == 0 and name not in before:
                    raise InvalidInput(
                        f"the register {register.name!r} uses the present value of {name!r}, listed after it"
                    )

    def _uses(self) -> list[tuple[str, Expression, int]]:
        """Every formula but the constants', with the first step at which it is needed."""
        found = []
        for register in self.registers:
            where = f"register {register.name}"
            found += [(where, start, register.first + i) for i, start in enumerate(register.starts)]
            if register.law is not None:
                found.append((where, register.law, register.law_from))
        found += [(f"state {state.name}", state.weight, 0) for state in self.states]
        found += [("query", coefficient, 1) for _, coefficient in self.query]
        for assignment in self.assignments:
            found += [(f"assignment to {assignment.target}", c, 1) for _, c in assignment.terms]
        return found

    def _check_assignments(self) -> None:
        known = {state.name for state in self.states}
        self._check_states(self.query, known, "query")
        for assignment in self.assignments:
            if assignment.target in RESERVED:
                raise InvalidInput(f"the program defines {assignment.target!r} twice, or it is reserved")
            self._check_states(assignment.terms, known | {GRADIENT}, f"assignment to {assignment.target}")
            known.add(assignment.target)
        if RESERVED & {state.name for state in self.states}:
            raise InvalidInput(f"the program defines the state {GRADIENT!r} twice, or it is reserved")
        if self.output not in {state.name for state in self.states}:
            raise InvalidInput(f"the program's output {self.output!r} is not one of its states")

    @staticmethod
    def _check_states(terms: Terms, known: set[str], where: str) -> None:
        if not terms:
            raise InvalidInput(f"the program's {where} combines nothing; give at least one state")
        for name, _ in terms:
            if name not in known:
                raise InvalidInput(f"the program's {where} uses the state {name!r}, which is not defined")

    def _expressions(self) -> list[tuple[str, Expression]]:
        found = [(f"constant {name}", expression) for name, expression in self.constants]
        for register in self.registers:
            texts = (*register.starts, *((register.law,) if register.law else ()))
            found += [(f"register {register.name}", expression) for expression in texts]
        found += [(f"state {state.name}", state.weight) for state in self.states]
        found += [("query", coefficient) for _, coefficient in self.query]
        for assignment in self.assignments:
            found += [(f"assignment to {assignment.target}", c) for _, c in assignment.terms]
        return found

    def max_lag(self) -> dict[str, int]:
        """For each register, how many steps back it is looked at."""
        lags = {register.name: 0 for register in self.registers}
        for _, expression in self._expressions():
            for name, lag in expression.names():
                if name in lags:
                    lags[name] = max(lags[name], lag)
        return lags

    def feeding(self, *names: str) -> set[str]:
        """The states and temporaries that some of these names ever depend on, and the names themselves."""
        found = set(names)
        size = 0
        while size != len(found):
            size = len(found)
            for assignment in self.assignments:
                if assignment.target in found:
                    found |= {name for name, _ in assignment.terms if name != GRADIENT}
        return found

    @property
    def uses_time(self) -> bool:
        """Whether some formula names t itself."""
        return any(name == "t" for _, expression in self._expressions() for name, _ in expression.names())

    def as_data(self) -> dict[str, Any]:
        """The program as plain JSON data: texts for formulas, exact strings for tables."""
        return {
            "parameters": list(self.parameters),
            "constants": [{"name": name, "formula": str(expression)} for name, expression in self.constants],
            "registers": [
                {"name": r.name, "table": [str(v) for v in r.table]}
                if r.table is not None
                else {
                    "name": r.name,
                    "law": str(r.law),
                    "starts": [str(s) for s in r.starts],
                    "first": r.first,
                }
                for r in self.registers
            ],
            "states": {state.name: str(state.weight) for state in self.states},
            "query": {name: str(c) for name, c in self.query},
            "assignments": [
                {"target": a.target, "terms": {name: str(c) for name, c in a.terms}} for a in self.assignments
            ],
            "output": self.output,
        }


def _back(lag: int) -> str:
    return f" {lag} steps back" if lag else ""


def _check_delays(where: str, expression: Expression, step: int, registers: Mapping[str, Register]) -> None:
    """Refuse a look at a register before its first value."""
    for name, lag in expression.names():
        if name in registers and step - lag < registers[name].first:
            raise InvalidInput(f"the program's {where} needs {name!r} at step {step - lag}, before its first value")
