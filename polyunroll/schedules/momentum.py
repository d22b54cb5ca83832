"""Step sizes and momenta of three-term programs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from polyunroll.arithmetic.exact import public
from polyunroll.arithmetic.systems import System
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.output.literals import nearest_double
from polyunroll.schedules.base import Schedule, common_data
from polyunroll.schedules.rounding import nearest, settled
from polyunroll.schedules.three_term import NotThreeTerm, three_term

__all__ = ["Momentum", "StepSchedule"]


@dataclass(frozen=True, repr=False)
class StepSchedule(Schedule):
    """A list of steps x_t = x_{t−1} − h_t ∇f(x_{t−1}) + m_t (x_{t−1} − x_{t−2}), m_1 = 0.

    Parameters
    ----------
    step_sizes : tuple of float
        h_1, h_2, …, correctly rounded.
    momenta : tuple of float
        m_1 = 0, m_2, …, correctly rounded.
    """

    tables: ClassVar[tuple[str, ...]] = ("step_sizes", "momenta")

    step_sizes: tuple[float, ...]
    momenta: tuple[float, ...]

    @cached_property
    def decays(self) -> tuple[float, ...]:
        """d_t of v_t = d_t v_{t−1} + ∇f(x_{t−1}), x_t = x_{t−1} − h_t v_t: d_t = m_t h_{t−1}/h_t, d_1 = 0.

        So optimisers speak that take a learning rate h_t and a decay of a heavy ball. Of the doubles in the schedule,
        correctly rounded.

        Raises
        ------
        InvalidInput
            If a step size is 0.
        """
        h, m = (tuple(map(Fraction, values)) for values in (self.step_sizes, self.momenta))
        if 0 in h:
            raise InvalidInput(f"the step size at t = {h.index(Fraction(0)) + 1} is 0, so there is no decay")
        return tuple(nearest_double(m[t] * h[t - 1] / h[t]) if t else 0.0 for t in range(len(h)))


@dataclass(frozen=True, repr=False)
class Momentum(StepSchedule):
    """The form `momentum`; every x_t is the method's own."""

    form: ClassVar[str] = "momentum"

    def exact(self) -> tuple[tuple[Any, Any], ...]:
        """The pairs (h_t, m_t) exactly: Fractions, or numbers of ℚ(√d)."""
        return tuple((public(h), public(m)) for h, m in three_term(self.as_method(), self.steps))


def make(method: Method, steps: int) -> Momentum:
    """The step sizes and momenta of a method's first steps.

    Raises
    ------
    InvalidInput
        If its program is no three-term recurrence of its iterates.
    """
    try:
        found = settled(method, steps, lambda system: _doubles(method, steps, system))
    except NotThreeTerm as error:
        raise InvalidInput(
            f"{method!r} has no form 'momentum': {error}; its forms are 'program', 'richardson' and 'chebyshev-series'"
        ) from None
    return Momentum(**common_data(method, steps), step_sizes=found[0], momenta=found[1])


def _doubles(method: Method, steps: int, system: System) -> tuple[tuple[float, ...], tuple[float, ...]]:
    pairs = three_term(method, steps, system)
    h, m = (tuple(nearest(value, system) for value in values) for values in zip(*pairs, strict=True))
    return h, m
