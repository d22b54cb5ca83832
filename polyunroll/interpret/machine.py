"""The one loop that runs a program, whatever its states are."""

from __future__ import annotations

import copy
from typing import Any, Protocol

from polyunroll.arithmetic.systems import EXACT, System
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.methods.base import Method
from polyunroll.program import GRADIENT

__all__ = ["Machine", "Module"]


class Module(Protocol):
    """What a state is: a vector space with a gradient.

    For polynomials the gradient is multiplication by λ; for vectors it is ∇f.
    """

    def start(self, weight: Any) -> Any:
        """The state weight·x_0."""

    def gradient(self, query: Any) -> Any:
        """The gradient at a query point."""

    def combine(self, terms: list[tuple[Any, Any]]) -> Any:
        """Σ coefficient·state over a non-empty list, in a new element."""


class Machine:
    """A program in the middle of its run; step it as far as you like, and later further.

    Parameters
    ----------
    method : Method
    module : Module
    system : System
        The field of the coefficients.
    scalars : Scalars, optional
        Scalars made elsewhere (symbolic runs), instead of ones in `system`.

    Attributes
    ----------
    t : int
        Steps made.
    states : dict of str to element
    """

    def __init__(self, method: Method, module: Module, system: System = EXACT, scalars: Scalars | None = None) -> None:
        program = method.program
        if scalars is None:
            scalars = Scalars(program, constants_of(program, dict(method.values)), system)
        self.scalars, self.module, self.method = scalars, module, method
        self._output = program.output
        weights = scalars.evaluator([state.weight for state in program.states])()
        self.states: dict[str, Any] = {
            state.name: module.start(weight) for state, weight in zip(program.states, weights, strict=True)
        }
        self._names = tuple(self.states)
        self._bind()
        self.t = 0

    def _bind(self) -> None:
        """Make the coefficients of the query and the assignments functions of this machine's scalars."""
        program, scalars = self.method.program, self.scalars
        self._query = ([name for name, _ in program.query], scalars.evaluator([c for _, c in program.query]))
        self._assignments = [
            (
                assignment.target,
                assignment.copied,
                [name for name, _ in assignment.terms],
                scalars.evaluator([coefficient for _, coefficient in assignment.terms]),
            )
            for assignment in program.assignments
        ]

    def copy(self) -> Machine:
        """An independent machine at the same step. Elements are shared: no module changes one in place."""
        twin = copy.copy(self)
        twin.scalars, twin.states = self.scalars.copy(), dict(self.states)
        twin._bind()
        return twin

    @property
    def output(self) -> Any:
        """The iterate x_t."""
        return self.states[self._output]

    def step(self) -> Any:
        """Make one step, with one gradient query; returns the new iterate.

        Raises
        ------
        HorizonError
            Past the horizon of a fixed-horizon method.
        """
        self.method.require_steps(self.t + 1)
        self.scalars.advance()
        self.t += 1
        values, combine = dict(self.states), self.module.combine
        names, coefficients = self._query
        if len(names) == 1 and coefficients()[0] == 1:
            query = values[names[0]]
        else:
            query = combine([(c, values[name]) for c, name in zip(coefficients(), names, strict=True)])
        values[GRADIENT] = self.module.gradient(query)
        for target, copied, names, coefficients in self._assignments:
            if copied is not None:
                values[target] = values[copied]
            else:
                values[target] = combine([(c, values[n]) for c, n in zip(coefficients(), names, strict=True)])
        self.states = {name: values[name] for name in self._names}
        return self.output

    def run(self, steps: int) -> Any:
        """Step until t = steps; returns the iterate."""
        while self.t < steps:
            self.step()
        return self.output
