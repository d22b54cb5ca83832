"""Programs run with tangents on an inner problem: the Jacobian ∂x_t is carried along."""

from __future__ import annotations

from collections.abc import Callable

from polyunroll.arithmetic.systems import DOUBLES
from polyunroll.hypergradient.failures import NotFinite
from polyunroll.hypergradient.inner import Inner
from polyunroll.hypergradient.meter import Meter
from polyunroll.hypergradient.sweep import finite
from polyunroll.interpret.arrays import Array
from polyunroll.interpret.inputs import Gradients
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.vectors import Element, VectorModule
from polyunroll.methods.base import Method

__all__ = ["run_with_tangents"]


class _Held(VectorModule):
    """Iterates with tangents, counted while they live."""

    def __init__(self, gradients: Gradients, meter: Meter) -> None:
        super().__init__(gradients)
        self._meter = meter

    def start(self, weight: float) -> Element:
        return tuple(map(self._meter.hold, super().start(weight)))

    def combine(self, terms: list[tuple[float, Element]]) -> Element:
        return tuple(map(self._meter.hold, super().combine(terms)))


def run_with_tangents(
    method: Method,
    steps: int,
    inner: Inner,
    x0: Array,
    dx0: Array,
    look: Callable[[int, Array], bool | None] | None = None,
) -> tuple[Array, Array]:
    """(x_t, ∂x_t), shapes (n,) and (n, p).

    Raises
    ------
    NotFinite
        If an iterate or its derivative is not finite.
    """
    gradients = Gradients((x0, dx0), inner.F, lambda x, X: inner.product(x, X) + inner.cross(x))
    machine = Machine(method, _Held(gradients, inner.meter), DOUBLES)
    if look:
        look(0, x0)
    for step in range(1, steps + 1):
        before = machine.output
        x, dx = machine.step()
        if not (finite(x) and finite(dx)):
            what = "the derivative" if finite(x) else "the iterate"
            raise NotFinite(
                f"{what} is not finite at step {step} of {steps}; the run stopped there (the exception has the last "
                "finite one)",
                step,
                before[0],
                before[1],
                inner.meter.costs(),
            )
        if look:
            look(step, x)
    x, dx = machine.output
    return x, dx
