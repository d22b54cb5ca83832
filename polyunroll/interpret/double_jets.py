"""Jets in doubles with exponents: a program's states at many points, in place and without overflow.

A jet at nodes (x_0, x_1, …, x_k) is the column p[x_0], p[x_0,x_1], …, p[x_0,…,x_k] of divided differences. With all
nodes equal to λ it is p(λ), p'(λ), p''(λ)/2, …; with two different nodes it holds the divided difference that the
Daleckii–Krein formula asks for. Either way (λp)[x_0…x_j] = x_j p[x_0…x_j] + p[x_0…x_{j−1}], and all else is linear.

Each point carries one power-of-two exponent for all its rows and states, so that P_t = 1e-870 is as good as 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy, dscal

from polyunroll.arithmetic.expression import Expression
from polyunroll.arithmetic.systems import DOUBLES
from polyunroll.errors import InvalidInput
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.methods.base import Method
from polyunroll.program import GRADIENT, Program

__all__ = ["DoubleJets"]

Array = NDArray[np.float64]

_CHUNK = 8192
"""BLAS calls stay below this length: longer ones are threaded by OpenBLAS, which costs more than it gives here."""

_CHECK_EVERY = 16
"""Steps between looks at the size. Rounding keeps a step from shrinking a column by more than about 2^−54 (what is
smaller is an exact zero), so 16 steps from 2^±100 stay far inside the range of doubles; a step that could grow
faster is looked at after every step."""

_MODERATE = 16.0
"""Coefficients and nodes up to this size cannot overflow between two looks: an assignment of at most 8 terms grows
sizes by 8·16·17 < 2^12, a step with 3 of them in a chain by 2^36, and 2^(100 + 16·36) is a double."""

_SAFE = 100
"""Columns are rescaled once their size leaves 2^±100."""


@dataclass(frozen=True)
class _Combine:
    """Target := Σ coefficient·source, in the buffer of `reuse` (a source not needed any more) or a free one."""

    target: str
    first: str
    others: tuple[str, ...]
    reuse: str | None
    released: tuple[str, ...]
    values: Callable[[], list[float]]


@dataclass(frozen=True)
class _Copy:
    target: str
    source: str


class _Plan:
    """Which buffer each assignment writes into, from a walk over the values of one step.

    A value is what one assignment (or the step's start) made; several names may hold it after copies. It can be
    overwritten in place by the last assignment that reads it.
    """

    def __init__(self, program: Program, compiled: Callable[[list[Expression]], Callable[[], list[float]]]) -> None:
        assignments, physical = program.assignments, self._physical(program)
        reads, holder = self._walk(program, physical)
        kept = {holder[state.name] for state in program.states}
        self.operations: list[_Combine | _Copy] = []
        for k, assignment in enumerate(assignments):
            if k not in physical:
                self.operations.append(_Copy(assignment.target, reads[k].popitem()[0]))
                continue
            later = kept.union(*(set(reads[j].values()) for j in range(k + 1, len(assignments))))
            dying: dict[int, str] = {v: name for name, v in reads[k].items() if v not in later}
            order = list(assignment.terms)
            held = [reads[k][name] for name, _ in order]  # what is read under two names is not overwritten by the first
            reuse = next(
                (name for name, _ in order if reads[k][name] in dying and held.count(reads[k][name]) == 1), None
            )
            order.sort(key=lambda term: term[0] != reuse)
            released = tuple(name for name in dying.values() if name != reuse)
            values = compiled([c for _, c in order])
            self.operations.append(
                _Combine(assignment.target, order[0][0], tuple(name for name, _ in order[1:]), reuse, released, values)
            )
        # values held at the start that nobody reads and nobody keeps leave their buffers too
        read = set().union(*(set(r.values()) for r in reads)) if reads else set()
        self.unread = tuple(state.name for i, state in enumerate(program.states) if i not in read and i not in kept)

    @staticmethod
    def _walk(program: Program, physical: set[int]) -> tuple[list[dict[str, int]], dict[str, int]]:
        """The values each assignment reads, by name, and the value each name holds when the step is over."""
        holder = {state.name: i for i, state in enumerate(program.states)}
        holder[GRADIENT] = len(holder)
        fresh, reads = len(holder), []
        for k, assignment in enumerate(program.assignments):
            reads.append({name: holder[name] for name, _ in assignment.terms})
            copied = None if k in physical else assignment.copied
            holder[assignment.target] = fresh + k if copied is None else holder[copied]
        return reads, holder

    @classmethod
    def _physical(cls, program: Program) -> set[int]:
        """Assignments with a buffer of their own: no mere copies, and copies that would leave two states one value."""
        last = {assignment.target: k for k, assignment in enumerate(program.assignments)}
        physical = {k for k, assignment in enumerate(program.assignments) if assignment.copied is None}
        while True:
            _, holder = cls._walk(program, physical)
            values = [holder[state.name] for state in program.states]
            shared = [state.name for state in program.states if values.count(holder[state.name]) > 1]
            copies = [last[name] for name in shared if name in last and last[name] not in physical]
            if not copies:
                return physical
            physical.add(copies[-1])


class DoubleJets:
    """A program running on divided differences at N node tuples.

    Parameters
    ----------
    method : Method
        Without symbols.
    nodes : array, shape (k, N)
        Column i holds the nodes of jet i; row 0 is where P is wanted. Equal rows give derivatives.

    Attributes
    ----------
    t : int
    exponents : int array, shape (N,)
    """

    def __init__(self, method: Method, nodes: Any) -> None:
        self.method = method
        self._nodes: Array = np.ascontiguousarray(nodes, dtype=float)
        self._shape = rows, count = self._nodes.shape
        program = method.program
        self._scalars = Scalars(program, constants_of(program, dict(method.values)), DOUBLES)
        self._names = tuple(state.name for state in program.states)
        self._output = program.output
        weights = self._scalars.evaluator([state.weight for state in program.states])()
        self._values: dict[str, Array] = {}
        for name, weight in zip(self._names, weights, strict=True):
            buffer = np.zeros((rows, count))
            buffer[0] = weight
            self._values[name] = buffer.reshape(-1)
        self._query = tuple(name for name, _ in program.query)
        self._query_values = self._scalars.evaluator([c for _, c in program.query])
        self._plain_query = len(program.query) == 1 and program.query[0][1].constant == 1
        self._plan = _Plan(program, self._scalars.evaluator)
        self._flat_nodes = self._nodes.reshape(-1)
        self._free = [np.empty(rows * count) for _ in range(2)]
        self.exponents = np.zeros(count, dtype=np.int64)
        self.t = 0
        self._largest_node = float(np.max(np.abs(self._nodes), initial=1.0))
        self._growth = 0.0  # bits the sizes may have grown since the last look

    def _buffer(self) -> Array:
        return self._free.pop() if self._free else np.empty(self._flat_nodes.size)

    def advance(self, t: int) -> None:
        """Step until t.

        Raises
        ------
        InvalidInput
            If t lies before the steps made: there is no going back.
        HorizonError
            Past the horizon of a fixed-horizon method.
        """
        if t < self.t:
            raise InvalidInput(f"t = {t} lies before the {self.t} steps made; give t >= {self.t}")
        if self._flat_nodes.size == 0:  # BLAS and maxima take no empty arrays
            self.method.require_steps(t)
            self.t = t
        with np.errstate(under="ignore"):
            while self.t < t:
                self._step()

    def _step(self) -> None:
        self.method.require_steps(self.t + 1)
        self._scalars.advance()
        self.t += 1
        values, free = self._values, self._free
        if self._plain_query:
            query = values[self._query[0]]
            gradient = self._gradient(query)
        else:
            query = self._combination(self._buffer(), [values[n] for n in self._query], self._query_values())
            gradient = self._gradient(query)
            free.append(query)
        values[GRADIENT] = gradient
        largest = _MODERATE
        for name in self._plan.unread:
            free.append(values[name])
        for operation in self._plan.operations:
            if isinstance(operation, _Copy):
                values[operation.target] = values[operation.source]
                continue
            coefficients = operation.values()
            if operation.reuse is not None:
                target = values[operation.reuse]
                if coefficients[0] != 1.0:
                    _scale(coefficients[0], target)
            else:
                target = self._buffer()
                np.multiply(values[operation.first], coefficients[0], out=target)
            for name, coefficient in zip(operation.others, coefficients[1:], strict=True):
                if coefficient != 0.0:
                    _add(coefficient, values[name], target)
            largest = max(largest, *coefficients, -min(coefficients))
            for name in operation.released:
                free.append(values[name])
            values[operation.target] = target
        if self.t % _CHECK_EVERY == 0 or self._grows(largest):
            self._rescale()

    def _grows(self, largest: float) -> bool:
        """Whether the sizes may have grown by 2^100 since the last look: rare, so estimated generously."""
        if largest <= _MODERATE and self._largest_node <= _MODERATE:
            return False
        self._growth += float(np.log2(largest * (self._largest_node + 1.0))) * len(self._plan.operations)
        return self._growth > _SAFE

    def _gradient(self, query: Array) -> Array:
        buffer, count = self._buffer(), self._shape[1]
        np.multiply(self._flat_nodes, query, out=buffer)
        if self._shape[0] > 1:
            _add(1.0, query[:-count], buffer[count:])
        return buffer

    @staticmethod
    def _combination(target: Array, sources: list[Array], coefficients: list[float]) -> Array:
        np.multiply(sources[0], coefficients[0], out=target)
        for source, coefficient in zip(sources[1:], coefficients[1:], strict=True):
            _add(coefficient, source, target)
        return target

    def _rescale(self) -> None:
        """Bring columns whose size left 2^±100 back to [1/2, 1), by powers of two."""
        self._growth = 0.0
        columns = [self._values[name].reshape(self._shape) for name in self._names]
        size: Array = np.max([np.maximum(column.max(axis=0), -column.min(axis=0)) for column in columns], axis=0)
        small, large = float(size.min()), float(size.max())
        if small > 2.0**-_SAFE and large < 2.0**_SAFE:
            return
        _, shift = np.frexp(size)
        shift[size == 0.0] = 0
        for column in columns:
            np.ldexp(column, -shift, out=column)
        self.exponents += shift

    def columns(self) -> tuple[Array, NDArray[np.int64]]:
        """(values, exponents): the output's divided differences are values·2^exponents, shape (k, N)."""
        return self._values[self._output].reshape(self._shape).copy(), self.exponents.copy()


def _add(coefficient: float, source: Array, target: Array) -> None:
    """Add coefficient·source to target, in place."""
    n = source.size
    if n <= _CHUNK:
        daxpy(source, target, n, coefficient)
        return
    for i in range(0, n, _CHUNK):
        daxpy(source, target, min(_CHUNK, n - i), coefficient, i, 1, i, 1)


def _scale(coefficient: float, target: Array) -> None:
    """Multiply target by the coefficient, in place."""
    if coefficient == 0.0:
        target.fill(0.0)
        return
    n = target.size
    if n <= _CHUNK:
        dscal(coefficient, target)
        return
    for i in range(0, n, _CHUNK):
        dscal(coefficient, target, min(_CHUNK, n - i), i)
