"""Programs run forwards on an inner problem, plain or with the Jacobian ∂x_t carried along."""

from __future__ import annotations

from collections.abc import Callable

from polyunroll.arithmetic.systems import DOUBLES
from polyunroll.hypergradient.failures import NotFinite, finite
from polyunroll.hypergradient.inner import Inner
from polyunroll.hypergradient.meter import Meter
from polyunroll.interpret.arrays import Array
from polyunroll.interpret.inputs import Gradients
from polyunroll.interpret.machine import Machine
from polyunroll.interpret.vectors import Element, VectorModule
from polyunroll.methods.base import Method

__all__ = ["run_plain", "run_with_tangents"]

Look = Callable[[int, Array], bool | None]


class _Held(VectorModule):
    """Iterates, with or without tangents, counted while they live."""

    def __init__(self, gradients: Gradients, meter: Meter) -> None:
        super().__init__(gradients)
        self._meter = meter

    def start(self, weight: float) -> Element:
        return tuple(map(self._meter.hold, super().start(weight)))

    def combine(self, terms: list[tuple[float, Element]]) -> Element:
        return tuple(map(self._meter.hold, super().combine(terms)))


def run_plain(
    method: Method,
    steps: int,
    F: Callable[[Array], Array],
    start: Array,
    meter: Meter,
    look: Look | None = None,
    what: str = "the iterate",
) -> Array:
    """x_t from x_0 = `start`, F being the gradient of the program; nothing of the way is kept.

    Parameters
    ----------
    look : callable, optional
        Called as look(t, x_t) at t = 0 and after each step; if it returns something true, the run stops.
    what : str
        How the sentence of an error calls x_t.

    Raises
    ------
    NotFinite
        If an iterate is not finite.
    """
    return _run(method, steps, Gradients((start,), F), meter, look, what)[0]


def run_with_tangents(
    method: Method, steps: int, inner: Inner, x0: Array, dx0: Array, look: Look | None = None
) -> tuple[Array, Array]:
    """(x_t, ∂x_t), shapes (n,) and (n, p).

    Raises
    ------
    NotFinite
        If an iterate or its derivative is not finite.
    """
    gradients = Gradients((x0, dx0), inner.F, lambda x, X: inner.product(x, X) + inner.cross(x))
    x, dx = _run(method, steps, gradients, inner.meter, look, "the iterate")
    return x, dx


def _run(
    method: Method, steps: int, gradients: Gradients, meter: Meter, look: Look | None, what: str
) -> tuple[Array, ...]:
    machine = Machine(method, _Held(gradients, meter), DOUBLES)
    done = bool(look(0, machine.output[0])) if look else False
    for step in range(1, steps + 1):
        if done:
            break
        before = machine.output
        element = machine.step()
        wrong = [i for i, part in enumerate(element) if not finite(part)]
        if wrong:
            raise NotFinite(
                f"{what if wrong[0] == 0 else 'the derivative'} is not finite at step {step} of {steps}; the run "
                "stopped there (the exception has the last finite one)",
                step,
                before[0],
                before[1] if len(before) == 2 else None,
                meter.costs(),
            )
        done = bool(look(step, element[0])) if look else False
    output: tuple[Array, ...] = machine.output
    return output
