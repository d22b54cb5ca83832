"""The intermediate representation of a solver: what one step does to its vectors, and with which numbers.

A program's step becomes a `Step`: values that are defined once each, in order, by linear combinations of earlier
ones, with one gradient among them. Copies, states that the output does not need and coefficients that are always 0
are gone, and coefficients that are always the same are numbers. `buffers` turns a Step into operations on vectors
that are allocated once, and `reverse` into the step of its transpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from polyunroll.arithmetic.exact import whole_number
from polyunroll.arithmetic.expression import Expression, Node
from polyunroll.codegen.columns import Recurrence, Values, recurrence, values_of
from polyunroll.codegen.laws import unique_name
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.program import GRADIENT, Terms

__all__ = ["Coefficient", "Definition", "Solver", "Step", "Term", "solver_of"]


@dataclass(frozen=True)
class Coefficient:
    """A number of a step: the same at every step, or a column of the coefficient array.

    Exactly one of the two is given.
    """

    value: float | None = None
    column: int | None = None


ONE = Coefficient(1.0)


@dataclass(frozen=True)
class Term:
    """coefficient·source."""

    coefficient: Coefficient
    source: str


@dataclass(frozen=True)
class Definition:
    """`name` := Σ coefficient·source; without terms, the gradient at the step's query."""

    name: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Step:
    """One step, each value being defined once.

    Attributes
    ----------
    states : tuple of str
        The values at its start, the output first.
    query : str
        The value at which the gradient is taken: a state, or one that a definition before the gradient's gives.
    gradient : str
        The gradient's name.
    definitions : tuple of Definition
        In order; one of them is the gradient.
    carried : tuple of (state, value)
        What each state is when the step is over.
    output : str
        The state that is the iterate, which stays as it is until the gradient is known.
    """

    states: tuple[str, ...]
    query: str
    gradient: str
    definitions: tuple[Definition, ...]
    carried: tuple[tuple[str, str], ...]
    output: str


@dataclass(frozen=True)
class Solver:
    """A method's first steps.

    Attributes
    ----------
    steps : int
    starts : tuple of (state, float)
        The states' affine weights at step 0; state := weight·x_0.
    step : Step
    columns : tuple of tuple of float
        The coefficient array by columns: for each its values at steps 1, …, T, correctly rounded.
    recurrence : Recurrence or None
        Registers that give the columns, where doubles suffice.
    """

    steps: int
    starts: tuple[tuple[str, float], ...]
    step: Step
    columns: tuple[tuple[float, ...], ...]
    recurrence: Recurrence | None


def solver_of(method: Method, steps: int) -> Solver:
    """A method's first steps, ready to be printed.

    Raises
    ------
    InvalidInput
        If steps is no whole number ≥ 1, the method is symbolic or a coefficient is beyond the largest double.
    HorizonError
        If the method has fewer steps.
    """
    steps = whole_number(steps, "steps", 1)
    method.require_answer(steps)
    if method.is_symbolic:
        raise InvalidInput(f"{method!r} is symbolic; a solver needs numbers, so give it numbers for its symbols")
    numbers = _Numbers(method, steps)
    step, columns = numbers.compact(_live(_value_form(method, numbers)))
    starts = dict(zip((state.name for state in method.program.states), numbers.values.starts, strict=True))
    names = _names(step)
    return Solver(
        steps,
        tuple((names[state], starts[state]) for state in step.states),
        _renamed(step, names),
        tuple(numbers.values.columns[k] for k in columns),
        numbers.recurrence(columns, steps) if columns else None,
    )


class _Numbers:
    """The coefficients of a program: each formula once, and with its values."""

    def __init__(self, method: Method, steps: int) -> None:
        self.method = method
        program = method.program
        found: dict[Node, Expression] = {}
        for _, expression in (*program.query, *(term for a in program.assignments for term in a.terms)):
            found.setdefault(expression.tree, expression)
        self.formulas = list(found.values())
        self.values: Values = values_of(method, self.formulas, steps)
        first: dict[tuple[float, ...], int] = {}
        # formulas that give the same doubles are one
        self.index = {tree: first.setdefault(self.values.columns[k], k) for k, tree in enumerate(found)}

    def __getitem__(self, expression: Expression) -> Coefficient:
        column = self.index[expression.tree]
        values = self.values.columns[column]
        return Coefficient(value=values[0]) if len(set(values)) == 1 else Coefficient(column=column)

    def compact(self, step: Step) -> tuple[Step, list[int]]:
        """The step with its columns numbered 0, 1, … in the order of their use, and what they were."""
        columns: list[int] = []
        definitions = []
        for definition in step.definitions:
            terms = []
            for term in definition.terms:
                column = term.coefficient.column
                if column is not None and column not in columns:
                    columns.append(column)
                coefficient = term.coefficient if column is None else Coefficient(column=columns.index(column))
                terms.append(Term(coefficient, term.source))
            definitions.append(Definition(definition.name, tuple(terms)))
        return Step(step.states, step.query, step.gradient, tuple(definitions), step.carried, step.output), columns

    def recurrence(self, columns: list[int], steps: int) -> Recurrence | None:
        """The registers that give these columns, where doubles suffice."""
        return recurrence(
            self.method, [self.formulas[k] for k in columns], tuple(self.values.columns[k] for k in columns), steps
        )


def _value_form(method: Method, numbers: _Numbers) -> Step:
    """The program's step with each value defined once; a copy is a second name for one value."""
    program = method.program
    now = {state.name: state.name for state in program.states}
    taken = {*now, GRADIENT}
    definitions: list[Definition] = []

    def define(name: str, terms: Terms, known: Mapping[str, str]) -> str:
        found = _combination(terms, known, numbers)
        if len(found) == 1 and found[0].coefficient == ONE and found[0].source != GRADIENT:
            return found[0].source
        value = unique_name(name, taken, "value")
        taken.add(value)
        definitions.append(Definition(value, found))
        return value

    query = define("query", program.query, now)
    combined = definitions[0].terms if definitions else ()
    definitions.append(Definition(GRADIENT, ()))
    now[GRADIENT] = GRADIENT
    for assignment in program.assignments:
        now[assignment.target] = define(assignment.target, assignment.terms, now)
    states = (program.output, *(state.name for state in program.states if state.name != program.output))
    return Step(
        states,
        query,
        GRADIENT,
        tuple(_sharing(definition, query, combined) for definition in definitions),
        tuple((name, now[name]) for name in states),
        program.output,
    )


def _combination(terms: Terms, known: Mapping[str, str], numbers: _Numbers) -> tuple[Term, ...]:
    """Σ coefficient·value without terms that are 0 at every step."""
    found = [Term(numbers[expression], known[name]) for name, expression in terms]
    kept = tuple(term for term in found if term.coefficient.value != 0)
    return kept or (Term(Coefficient(0.0), found[0].source),)


def _sharing(definition: Definition, query: str, combined: tuple[Term, ...]) -> Definition:
    """The same combination with the query in it, where it has all of the query's terms."""
    if definition.name == query or not combined or not set(combined) <= set(definition.terms):
        return definition
    rest = tuple(term for term in definition.terms if term not in combined)
    return Definition(definition.name, (Term(ONE, query), *rest))


def _live(step: Step) -> Step:
    """The step without the states that no iterate depends on, and without what only they need."""
    carried, terms = dict(step.carried), {d.name: d.terms for d in step.definitions}
    states = {step.output}
    while True:
        needed = _reached([carried[state] for state in states], terms, step)
        found = states | {name for name in needed if name in carried}
        if found == states:
            break
        states = found
    return Step(
        tuple(name for name in step.states if name in states),
        step.query,
        step.gradient,
        tuple(d for d in step.definitions if d.name in needed),
        tuple((name, value) for name, value in step.carried if name in states),
        step.output,
    )


def _reached(values: Iterable[str], terms: Mapping[str, tuple[Term, ...]], step: Step) -> set[str]:
    """All that some values depend on, themselves included."""
    needed: set[str] = set()
    pending = [*values, step.gradient]
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending += [term.source for term in terms.get(name, ())]
            if name == step.gradient:
                pending.append(step.query)
    return needed


def _names(step: Step) -> dict[str, str]:
    """For each value a name that may be printed; the output is always `x`."""
    names = {step.output: "x", step.gradient: "gradient"}
    for value in (*step.states, *(d.name for d in step.definitions)):
        if value not in names:
            names[value] = unique_name(value, names.values(), "value")
    return names


def _renamed(step: Step, names: Mapping[str, str]) -> Step:
    return Step(
        tuple(names[name] for name in step.states),
        names[step.query],
        names[step.gradient],
        tuple(
            Definition(names[d.name], tuple(Term(term.coefficient, names[term.source]) for term in d.terms))
            for d in step.definitions
        ),
        tuple((names[state], names[value]) for state, value in step.carried),
        names[step.output],
    )
