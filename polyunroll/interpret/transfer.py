"""P_t at high degree: the steps as matrices, an adjoint pass over scalars, and a product tree.

A step maps the states linearly, new_i = Σ_j M_ij·state_j + g_i·λ·query. Three observations make degree 1000 cheap:

1. Only the *driver* states, those a query depends on, carry powers of λ. For any other output,
   P_t = const + Σ_n r_n·d_n, where d_n are the driver states after step n and the rows r_n come from one
   backward pass over scalars (the other states' assignments, transposed).
2. In the coordinate s of λ = center + radius·s, and with each driver state divided by its leading coefficient,
   the steps' entries stay small: for a three-term recurrence this is the monic form.
3. The driver steps multiply in a balanced tree, where FLINT's fast multiplication takes over from t small ones.

In the ring of symmetric Laurent polynomials s = (z + 1/z)/2 (kept as polynomials in z, times a power of z) the
same tree gives Chebyshev coefficients, because T_k(s) = (z^k + z^−k)/2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flint import arb, arb_poly, fmpq, fmpq_poly, fmpz

from polyunroll.arithmetic.surd import Surd
from polyunroll.arithmetic.systems import BALLS, EXACT, System
from polyunroll.interpret.steps import NumericStep, steps_of
from polyunroll.methods.base import Method
from polyunroll.program import GRADIENT, Program

__all__ = ["chebyshev_coefficients", "residual_polynomial"]

_LEAF = 12
"""Steps applied one by one at the bottom of the tree; measured best between 8 and 16."""

Row = dict[str, Any]
"""Coefficients by state name (and GRADIENT)."""


def _driver_names(program: Program) -> set[str]:
    """States and temporaries some query depends on."""
    return program.feeding(*(name for name, _ in program.query))


def _final_names(program: Program, drivers: list[str]) -> list[str | None]:
    """For each assignment, the driver state that holds its value when the step is over, if one does."""
    holder: dict[str, int] = {}
    for k, assignment in enumerate(program.assignments):
        copied = assignment.copied
        holder[assignment.target] = holder.get(copied, k) if copied is not None else k
    final: list[str | None] = [None] * len(program.assignments)
    for name in drivers:
        if name in holder:
            final[holder[name]] = name
    return final


def _linear(step: NumericStep, names: set[str], drivers: list[str]) -> tuple[Row, dict[str, Row]]:
    """A step's query and the drivers' new values, as combinations of the drivers' old values and the gradient."""
    values: dict[str, Row] = {name: {name: fmpq(1)} for name in drivers}

    def combine(terms: Any) -> Row:
        total: Row = {}
        for name, coefficient in terms:
            for source, value in values[name].items():
                _accumulate(total, source, coefficient * value)
        return total

    query = combine(step.query)
    values[GRADIENT] = {GRADIENT: fmpq(1)}
    for target, terms in step.assignments:
        if target in names:
            values[target] = combine(terms)
    return query, {name: values[name] for name in drivers}


def _accumulate(row: Row, name: str, value: Any) -> None:
    row[name] = row[name] + value if name in row else value


def _adjoint(
    program: Program, steps: list[NumericStep], drivers: list[str], start: Row
) -> tuple[Any, list[Row], list[Any]]:
    """(const, rows, gradients): P_t = const + Σ_{n=0…t} rows_n·d_n + Σ_{n=1…t} gradients_n·(gradient of step n).

    The assignments of the states that follow the drivers, transposed. The drivers' own are left to the tree:
    transposing them too would take their gradients as free inputs, a recurrence without the damping of λ, and
    balls would blow up.
    """
    names, final = _driver_names(program), _final_names(program, drivers)
    rows: list[Row] = [{} for _ in range(len(steps) + 1)]
    gradients: list[Any] = [None] * len(steps)
    weights: Row = {program.output: fmpq(1)}
    for n in range(len(steps), 0, -1):
        for k in range(len(final) - 1, -1, -1):
            target, terms = steps[n - 1].assignments[k]
            weight = weights.pop(target, None)
            if weight is None:
                continue
            if target in names and (holder := final[k]) is not None:
                _accumulate(rows[n], holder, weight)
                continue
            for name, coefficient in terms:
                _accumulate(weights, name, weight if coefficient == 1 else weight * coefficient)
        gradients[n - 1] = weights.pop(GRADIENT, None)
        for name in drivers:
            if name in weights:
                _accumulate(rows[n - 1], name, weights.pop(name))
    const: Any = fmpq(0)
    for name, weight in weights.items():
        const = const + weight * start[name]
    return const, rows, gradients


@dataclass(frozen=True)
class _Ring:
    """Where the tree multiplies: `lam` is λ times `unit`, and a product of n steps carries unit^n."""

    lam: Any
    unit: Any
    poly: Callable[[list[Any]], Any]

    def power(self, n: int) -> Any:
        """unit^n."""
        return self.unit**n


def _plain_ring(center: Any, radius: Any) -> _Ring:
    """Polynomials in s, λ = center + radius·s."""
    return _Ring(fmpq_poly([center, radius]), fmpq_poly([1]), fmpq_poly)


def _laurent_ring(center: Any, radius: Any, poly: Callable[[list[Any]], Any]) -> _Ring:
    """Laurent polynomials in z, s = (z + 1/z)/2, times powers of z."""
    half = radius / 2
    lam = half * poly([1, 0, 1]) + center * poly([0, 1])
    return _Ring(lam, poly([0, 1]), poly)


class _Scale:
    """Leading coefficients in s of the driver states, to make the tree's entries small (never for sign or zero)."""

    def __init__(self, start: Row, drivers: list[str], radius: Any) -> None:
        self.radius = radius
        self.lead = {name: (0, start[name] if start[name] != 0 else fmpq(1)) for name in drivers}

    def advance(self, query: Row, update: dict[str, Row]) -> None:
        degree, lead = self._top([(c, *self.lead[name]) for name, c in query.items()])
        known = {**self.lead, GRADIENT: (degree + 1, lead * self.radius)}
        self.lead = {
            target: self._top([(c, *known[name]) for name, c in update[target].items()]) for target in self.lead
        }

    @staticmethod
    def _top(terms: list[tuple[Any, int, Any]]) -> tuple[int, Any]:
        """Degree and leading coefficient of Σ c·p; 1 in place of a coefficient that vanishes."""
        degree = max((d for _, d, _ in terms), default=0)
        total: Any = fmpq(0)
        for c, d, lead in terms:
            if d == degree:
                total = total + c * lead
        return degree, total if total != 0 else fmpq(1)


class _Tree:
    """The driver steps, scaled, and the sum Σ r_n·d_{n−1} over any range of them."""

    def __init__(
        self,
        program: Program,
        steps: list[NumericStep],
        start: Row,
        ring: _Ring,
        radius: Any,
        rows: list[Row],
        gradients: list[Any],
    ) -> None:
        names = _driver_names(program)
        self.ring, self.names = ring, [state.name for state in program.states if state.name in names]
        scale = _Scale(start, self.names, radius) if radius is not None else None
        self.leads = self._leads(scale)
        self.start = [(start[n] / lead) * ring.poly([1]) for n, lead in zip(self.names, self.leads, strict=True)]
        self.matrices: list[list[list[Any]]] = []
        self.rows: list[list[Any]] = []
        for i, step in enumerate(steps):
            query, update = _linear(step, names, self.names)
            if scale is not None:
                scale.advance(query, update)
            old, self.leads = self.leads, self._leads(scale)
            asked = [query[n] * lead if n in query else None for n, lead in zip(self.names, old, strict=True)]
            self.matrices.append(
                [
                    self._entries(update[target], asked, old, lead)
                    for target, lead in zip(self.names, self.leads, strict=True)
                ]
            )
            if rows:
                row = rows[i] if gradients[i] is None else {**rows[i], GRADIENT: gradients[i]}
                self.rows.append(self._entries(row, asked, old, None))

    def _leads(self, scale: _Scale | None) -> list[Any]:
        return [scale.lead[name][1] if scale is not None else fmpq(1) for name in self.names]

    def _entries(self, row: Row, asked: list[Any], leads: list[Any], divisor: Any) -> list[Any]:
        """A row over old states and gradient, as polynomials (times unit) over the scaled driver states."""
        entries = []
        for name, lead, query in zip(self.names, leads, asked, strict=True):
            entry = None
            if name in row:
                entry = row[name] * (lead if divisor is None else lead / divisor) * self.ring.unit
            if GRADIENT in row and query is not None:
                factor = row[GRADIENT] * (query if divisor is None else query / divisor)
                entry = _sum(entry, factor * self.ring.lam)
            entries.append(entry)
        return entries

    def apply(self) -> tuple[list[Any], Any]:
        """The driver states after all steps, and Σ r_n·d_{n−1} (times unit^t)."""
        return self._apply(0, len(self.matrices), self.start, None)

    def _apply(self, a: int, b: int, vector: list[Any], total: Any) -> tuple[list[Any], Any]:
        if b - a <= _LEAF:
            for n in range(a, b):
                if self.rows:
                    total = _sum(None if total is None else total * self.ring.unit, _dot(self.rows[n], vector))
                vector = [_dot(row, vector) for row in self.matrices[n]]
            return vector, total
        middle = (a + b) // 2
        vector, total = self._apply(a, middle, vector, total)
        matrix, row = self._node(middle, b)
        if self.rows:
            total = _sum(None if total is None else total * self.ring.power(b - middle), _dot(row, vector))
        return [_dot(entries, vector) for entries in matrix], total

    def _node(self, a: int, b: int) -> tuple[list[list[Any]], list[Any]]:
        """The product of steps a … b−1, and the row that sums r_n·d_{n−1} over them."""
        if b - a == 1:
            return self.matrices[a], self.rows[a] if self.rows else []
        middle = (a + b) // 2
        first, first_row = self._node(a, middle)
        second, second_row = self._node(middle, b)
        columns = list(zip(*first, strict=True))
        product = [[_dot(row, column) for column in columns] for row in second]
        if not self.rows:
            return product, []
        lift = self.ring.power(b - middle)
        row = [
            _sum(None if p is None else p * lift, _dot(second_row, column))
            for p, column in zip(first_row, columns, strict=True)
        ]
        return product, row


def _sum(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


def _dot(row: Any, vector: Any) -> Any:
    """Σ row_j·vector_j, None standing for zero."""
    total = None
    for a, b in zip(row, vector, strict=True):
        if a is not None and b is not None:
            total = _sum(total, a * b)
    return total


def _common_denominator(values: list[Any]) -> fmpq:
    """A common denominator of exact numbers, so that the tree never brings sums to one; 1 for balls."""
    common = fmpz(1)
    for value in values:
        for part in (value.a, value.b) if isinstance(value, Surd) else (value,):
            if isinstance(part, fmpq):
                common = common.lcm(part.q)
    return fmpq(common)


def _evaluate(method: Method, t: int, ring: _Ring, system: System, radius: Any) -> Any:
    """P_t·unit^t in a ring."""
    program = method.program
    steps, start = steps_of(method, t, system)
    drivers = [state.name for state in program.states if state.name in _driver_names(program)]
    if program.output in drivers:
        tree = _Tree(program, steps, start, ring, radius, [], [])
        index = drivers.index(program.output)
        vector, _ = tree.apply()
        return tree.leads[index] * vector[index]
    const, rows, gradients = _adjoint(program, steps, drivers, start)
    denominator = _common_denominator([*(v for row in rows for v in row.values()), const])
    rows = [{name: value * denominator for name, value in row.items()} for row in rows]
    gradients = [None if value is None else value * denominator for value in gradients]
    tree = _Tree(program, steps, start, ring, radius, rows, gradients)
    vector, total = tree.apply()
    for name, lead, state in zip(drivers, tree.leads, vector, strict=True):
        if name in rows[t]:
            total = _sum(total, (rows[t][name] * lead) * state)
    return _sum(total, (const * denominator) * ring.power(t)) * (1 / denominator)


def _coordinate(method: Method) -> tuple[fmpq, fmpq]:
    """The center and radius of the map, or 0 and 1 (no map) where they are not both rational and positive."""
    center, radius = method.spectrum.center, method.spectrum.radius
    if isinstance(center, fmpq) and isinstance(radius, fmpq) and radius != 0:
        return center, radius
    return fmpq(0), fmpq(1)


@lru_cache(maxsize=8)
def residual_polynomial(method: Method, t: int) -> Any:
    """P_t exactly, as an `fmpq_poly` in λ or a pair of them over √d; the last few are kept."""
    center, radius = _coordinate(method)
    value = _evaluate(method, t, _plain_ring(center, radius), EXACT, radius)
    back = fmpq_poly([-center / radius, 1 / radius])
    if isinstance(value, Surd):
        return Surd(value.a(back), value.b(back), value.d)
    return value(back)


def chebyshev_coefficients(method: Method, t: int, *, balls: bool = False) -> list[Any]:
    """a_0 … a_t with P_t(λ) = Σ a_k T_k(σ(λ)), exact, or Arb balls at the precision in force."""
    spectrum = method.spectrum
    if balls:
        center, radius = BALLS.convert(spectrum.center), BALLS.convert(spectrum.radius)
        value = _evaluate(method, t, _laurent_ring(center, radius, arb_poly), BALLS, None)
        zero: Any = arb(0)
    else:
        center, radius = spectrum.center, spectrum.radius
        ring = _laurent_ring(center, radius, fmpq_poly)
        value = _evaluate(method, t, ring, EXACT, radius if radius != 0 else None)
        zero = fmpq(0)
    if isinstance(value, Surd):
        a, b = _coefficients(value.a, t, zero), _coefficients(value.b, t, zero)
        return [x if y == 0 else Surd(x, y, value.d) for x, y in zip(a, b, strict=True)]
    return _coefficients(value, t, zero)


def _coefficients(polynomial: Any, t: int, zero: Any) -> list[Any]:
    """a_k from the coefficients of z^(t+k): p = Σ a_k (z^k + z^−k)/2."""
    values = polynomial.coeffs() + [zero] * (2 * t + 1)
    return [values[t], *(2 * values[t + k] for k in range(1, t + 1))]
