"""Richardson's form of any method: the roots of P_T as step sizes, in Leja order."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar

import numpy as np
from flint import acb, fmpq

from polyunroll.arithmetic.balls import ball_precision, to_double
from polyunroll.arithmetic.exact import sign
from polyunroll.arithmetic.systems import System
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.schedules.base import common_data
from polyunroll.schedules.growth import growth
from polyunroll.schedules.leja import leja_order
from polyunroll.schedules.momentum import StepSchedule
from polyunroll.schedules.roots import roots_of
from polyunroll.schedules.rounding import BALL_BITS, TooWide, nearest, nearest_in_ball, settled
from polyunroll.schedules.three_term import NotThreeTerm, three_term

__all__ = ["Richardson"]


@dataclass(frozen=True, repr=False)
class Richardson(StepSchedule):
    """The form `richardson`: P_T = ∏(1 − λ/λ_i), made for all steps as a whole.

    A real root is the step h = 1/λ_i without momentum. A pair of complex roots, h = 1/λ_i and its conjugate, is two
    steps of size |h|, the second with momentum 2(Re h/|h| − 1): (1−hλ)(1−h̄λ) = (1−|h|λ)² − 2(Re h/|h| − 1)|h|λ. So
    one more vector is kept. There are as many steps as P_T has roots, at most T, and each costs one gradient.

    Parameters
    ----------
    errors : tuple of float
        Proved upper bounds of ‖x_t − x*‖/‖x_0 − x*‖ after t = 1, 2, … of these steps, on quadratics with this spectrum.
    rounding_growth : float
        Proved: if the computed ∇f(x) errs by at most c·u·L(‖x‖ + ‖x*‖), u = 2⁻⁵³, rounding moves the end by at most
        (c + 4)·u·rounding_growth·(‖x*‖ + ‖x_0 − x*‖), to first order in u. See `growth.Growth`.
    """

    form: ClassVar[str] = "richardson"
    tables: ClassVar[tuple[str, ...]] = ("step_sizes", "momenta", "errors")

    errors: tuple[float, ...]
    rounding_growth: float

    def _error_after(self, t: int) -> float:
        return self.errors[min(t, len(self.errors)) - 1] if t and self.errors else 1.0

    @property
    def horizon_note(self) -> str:
        """Two sentences: on stopping early, and on rounding errors."""
        return f"{super().horizon_note} Rounding errors grow at most {self.rounding_growth:.3g} times."


def make(method: Method, steps: int) -> Richardson:
    """The roots of a method's P_T as steps.

    Raises
    ------
    InvalidInput
        If the roots cannot be told apart, or steps in any order would leave the range of doubles.
    """
    step_sizes, momenta = _steps(method, steps)
    found = growth(method.spectrum, step_sizes, momenta)
    if not isfinite(found.rounding) or not all(map(isfinite, found.errors)):
        raise InvalidInput(
            f"the form 'richardson' of {method!r} at T = {steps} leaves the range of doubles on the way; use the form "
            "'program' or 'chebyshev-series'"
        )
    return Richardson(
        **common_data(method, steps, whole=True),
        step_sizes=tuple(step_sizes),
        momenta=tuple(momenta),
        errors=found.errors,
        rounding_growth=found.rounding,
    )


def _steps(method: Method, steps: int) -> tuple[list[float], list[float]]:
    product = _product(method, steps)
    if product is not None:
        sizes = sorted(h for h in product if h)
        return [sizes[i] for i in leja_order(np.array([1 / h for h in sizes], dtype=np.complex128))], [0.0] * len(sizes)
    if sign(method.spectrum.radius) == 0:
        raise InvalidInput(f"the spectrum {method.spectrum} is one point; the form 'richardson' needs ell < L")
    for bits in BALL_BITS:
        try:
            roots = roots_of(method, steps, bits)
            with ball_precision(2 * bits):
                return _ordered(roots)
        except TooWide:
            continue
    raise InvalidInput(f"a step size of {method!r} lies so near the middle of two doubles that neither is the nearest")


def _product(method: Method, steps: int) -> tuple[float, ...] | None:
    """The step sizes of a program without momentum, whose P_T is a product already; else None."""

    def compute(system: System) -> tuple[float, ...] | None:
        pairs = three_term(method, steps, system)
        if any(m != system.convert(fmpq(0)) for _, m in pairs):
            return None
        return tuple(nearest(h, system) for h, _ in pairs)

    try:
        return settled(method, steps, compute)
    except NotThreeTerm:
        return None


def _ordered(roots: list[Any]) -> tuple[list[float], list[float]]:
    """Step sizes and momenta from roots, in Leja order."""
    entries = []
    for root in roots:
        if isinstance(root, acb):
            size = 1 / abs(root)
            pair = (nearest_in_ball(size), nearest_in_ball(2 * (root.real / abs(root) - 1)))
            entries.append((complex(to_double(root.real), to_double(root.imag)), [pair[0]] * 2, [0.0, pair[1]]))
        else:
            entries.append((complex(to_double(root)), [nearest_in_ball(1 / root)], [0.0]))
    # in an order of their own, whatever the one they were found in
    entries.sort(key=lambda entry: (entry[0].real, entry[0].imag))
    order = leja_order(np.array([point for point, _, _ in entries], dtype=np.complex128))
    h = [value for i in order for value in entries[i][1]]
    m = [value for i in order for value in entries[i][2]]
    return h, m
