"""Programs run backwards: from a derivative by the output to those by θ and by the start.

A step is linear in its states and its gradient F(x), and the gradient's derivative at the query is ∂_xF. So the
transposed step reads a program's assignments from the last to the first, multiplies what reached the gradient by
∂_xFᵀ, and hands it to the states of the query. All it needs of the forward run is the query of each step.

Either all queries are kept (t vectors), or a fixed number c of checkpoints: with ℓ steps to reverse, the next
checkpoint is put where ℓ ≤ C(c+r, c) leaves each step computed at most r times (A. Griewank, A. Walther, *ACM
Transactions on Mathematical Software* 26, 2000, Algorithm 799).
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

from polyunroll.arithmetic.systems import DOUBLES
from polyunroll.hypergradient.failures import NotFinite, finite
from polyunroll.hypergradient.inner import Inner
from polyunroll.hypergradient.meter import Meter
from polyunroll.interpret.arrays import Array, weighted_sum
from polyunroll.interpret.steps import NumericStep, steps_of
from polyunroll.methods.base import Method
from polyunroll.program import GRADIENT

__all__ = ["Tape"]

States = dict[str, Array]


class Tape:
    """A method's run from x_0, forwards and then backwards.

    Parameters
    ----------
    method : Method
    steps : int
    F : callable
        x ↦ F(x), the gradient of the program.
    start : array, shape (n,)
    meter : Meter
    """

    def __init__(self, method: Method, steps: int, F: Callable[[Array], Array], start: Array, meter: Meter) -> None:
        self._steps, self._weights = steps_of(method, steps, DOUBLES)
        self._F, self._meter, self._output = F, meter, method.program.output
        self._names = tuple(state.name for state in method.program.states)
        self._start = meter.hold(start)

    def _combine(self, terms: list[tuple[float, Array]]) -> Array:
        return self._meter.hold(weighted_sum(terms))

    def _first(self) -> States:
        return {name: self._combine([(weight, self._start)]) for name, weight in self._weights.items()}

    def _query(self, states: States, step: NumericStep) -> Array:
        return self._combine([(c, states[name]) for name, c in step.query])

    def _advance(self, states: States, step: NumericStep) -> tuple[States, Array]:
        """(states after the step, its query)."""
        query = self._query(states, step)
        values = {**states, GRADIENT: self._F(query)}
        for target, terms in step.assignments:
            values[target] = self._combine([(c, values[name]) for name, c in terms])
        return {name: values[name] for name in self._names}, query

    def forward(self, keep: bool, look: Callable[[int, Array], object]) -> tuple[Array, list[Array]]:
        """(x_t, the queries of all steps if they are to be kept).

        Parameters
        ----------
        keep : bool
        look : callable
            Called as look(t, x_t) at t = 0 and after each step.

        Raises
        ------
        NotFinite
            If an iterate is not finite.
        """
        states, queries = self._first(), []
        look(0, states[self._output])
        for step in self._steps:
            before = states[self._output]
            states, query = self._advance(states, step)
            if not finite(states[self._output]):
                raise NotFinite(
                    f"the iterate is not finite at step {step.t} of {len(self._steps)}; the run stopped there (the "
                    "exception has the last finite one)",
                    step.t,
                    before,
                    None,
                    self._meter.costs(),
                )
            if keep:
                queries.append(query)
            look(step.t, states[self._output])
        return states[self._output], queries

    def backward(
        self, bar: Array, inner: Inner, queries: list[Array] | None, checkpoints: int = 0, cross: bool = True
    ) -> tuple[Array | None, Array]:
        """(dE/dθ along the run, dE/dx_0) from `bar` = ∇_xE(x_t).

        Parameters
        ----------
        bar : array, shape (n,)
        inner : Inner
            For products with the transposed derivatives of F.
        queries : list of arrays or None
            The queries of all steps, which are let go as they are used; None to compute them again.
        checkpoints : int
            How many sets of states may be kept besides the start, ≥ 1, without queries.
        cross : bool
            Whether dE/dθ is wanted; None is returned in its place otherwise.

        Raises
        ------
        NotFinite
            If the derivative overflows.
        """
        sweep = _Backward(self, bar, inner, cross)
        if queries is not None:
            for step in reversed(self._steps):
                sweep.step(step, queries.pop())
        else:
            self._reverse(sweep, 0, len(self._steps), self._first(), checkpoints)
        return sweep.theta, sweep.start(self._weights)

    def _reverse(self, sweep: _Backward, begin: int, end: int, states: States, slots: int) -> None:
        """Reverse the steps begin … end−1, given the states before the first of them."""
        while end - begin > 1:
            if slots == 0:
                middle, later = end - 1, states
            else:
                middle, later = begin + _leap(end - begin, slots), states
            for step in self._steps[begin:middle]:
                later, _ = self._advance(later, step)
            if slots == 0:
                sweep.step(self._steps[middle], self._query(later, self._steps[middle]))
            else:
                self._reverse(sweep, middle, end, later, slots - 1)
            del later
            end = middle
        if end > begin:
            sweep.step(self._steps[begin], self._query(states, self._steps[begin]))

    @property
    def output(self) -> str:
        """The name of the state that is the iterate."""
        return self._output


def _leap(length: int, slots: int) -> int:
    """Steps to the next checkpoint, so that none of `length` > 1 is computed more often than need be."""
    r = 1
    while comb(slots + r, slots) < length:
        r += 1
    return max(1, length - comb(slots - 1 + r, slots - 1))


class _Backward:
    """The derivatives by the states, in the middle of a run backwards."""

    def __init__(self, tape: Tape, bar: Array, inner: Inner, cross: bool) -> None:
        self._inner, self._meter, self._cross = inner, inner.meter, cross
        self._bars: States = {tape.output: bar}
        self.theta: Array | None = None
        self._zero = 0.0 * bar

    def _add(self, name: str, coefficient: float, bar: Array) -> None:
        if coefficient != 0:
            held = [(1.0, self._bars[name])] if name in self._bars else []
            self._bars[name] = self._meter.hold(weighted_sum([*held, (coefficient, bar)]))

    def step(self, step: NumericStep, query: Array) -> None:
        """Go from the derivatives by the states after a step to those by the states before it."""
        for target, terms in reversed(step.assignments):
            bar = self._bars.pop(target, None)
            if bar is not None:
                for name, coefficient in terms:
                    self._add(name, coefficient, bar)
        bar = self._bars.pop(GRADIENT, None)
        if bar is None:
            return
        if self._cross:
            part = self._inner.cross_T(query, bar)
            self.theta = part if self.theta is None else self.theta + part
        product = self._inner.product_T(query, bar)
        for value in (bar, product) if self.theta is None else (bar, self.theta, product):
            if not finite(value):
                raise NotFinite(
                    f"the derivative is not finite at step {step.t} of the backward sweep; the run stopped there",
                    step.t,
                    query,
                    None,
                    self._meter.costs(),
                )
        for name, coefficient in step.query:
            self._add(name, coefficient, product)

    def start(self, weights: dict[str, float]) -> Array:
        """The derivative by x_0, from those by the states at the start."""
        terms = [(weights[name], bar) for name, bar in self._bars.items() if name in weights]
        return weighted_sum([(1.0, self._zero), *terms])
