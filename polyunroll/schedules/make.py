"""`schedule`: a method's first steps in one of the forms."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.schedules.base import MOST_STEPS, Schedule
from polyunroll.schedules.method_data import require_weight

__all__ = ["FORMS", "make_form", "schedule"]

FORMS = ("program", "momentum", "richardson", "chebyshev-series")


def schedule(m: Method, steps: int | None = None, form: str = "program") -> Schedule:
    """The coefficients of a method's first steps, each the double nearest to the exact number.

    Parameters
    ----------
    m : Method
    steps : int, optional
        T, 1 to 1 000 000; for a method with a horizon, the horizon if left out.
    form : str
        - "program": the formulas, and the registers' values; for every method.
        - "momentum": h_t and m_t of x_t = x_{t−1} − h_t ∇f(x_{t−1}) + m_t (x_{t−1} − x_{t−2}), for programs that are
          three-term recurrences of their iterates.
        - "richardson": step sizes 1/λ_i, λ_i the roots of P_T in Leja order; only all of them together give P_T.
        - "chebyshev-series": the Chebyshev coefficients of P_T, and how to run them in three vectors; likewise.

    Returns
    -------
    Schedule
        With `step_sizes` and `momenta` in the forms that have them.

    Raises
    ------
    InvalidInput
        If the form is not known or the method has none of it, the steps are missing or no whole number ≥ 1, the method
        has symbolic parameters, P(0) is not 1, or a value is beyond the largest double.
    HorizonError
        If there are more steps than a fixed-horizon method has.

    Examples
    --------
    >>> from polyunroll import Chebyshev, Spectrum, schedule
    >>> schedule(Chebyshev(Spectrum("1/9", 1)), 3, "momentum").step_sizes
    (1.8, 2.6470588235294117, 2.353846153846154)
    """
    if form not in FORMS:
        raise InvalidInput(f"form = {form!r} is not allowed; give {_listed(FORMS)}")
    if not isinstance(m, Method):
        raise InvalidInput(f"method = {m!r} is not a method; give one, such as Chebyshev(spectrum)")
    if steps is None:
        steps = m.horizon
        if steps is None:
            raise InvalidInput(
                "steps = None is not allowed for a method without a horizon; give --steps, a whole number >= 1"
            )
    steps = whole_number(steps, "steps", 1)
    if steps > MOST_STEPS:
        raise InvalidInput(f"steps = {steps} is not allowed; a schedule has at most {MOST_STEPS}")
    m.require_answer(steps)
    if m.is_symbolic:
        raise InvalidInput(f"{m!r} has symbolic parameters; a schedule needs numbers")
    require_weight(m, steps)
    return make_form(m, steps, form)


def make_form(method: Method, steps: int, form: str) -> Schedule:
    """The schedule of arguments that are known to be good."""
    made: Any = import_module(f"polyunroll.schedules.{form.replace('-', '_')}")
    found: Schedule = made.make(method, steps)
    return found


def _listed(names: tuple[str, ...]) -> str:
    shown = [repr(name) for name in names]
    return f"{', '.join(shown[:-1])} or {shown[-1]}"
