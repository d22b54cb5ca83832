"""When an estimator cannot give what was asked: it says so, and hands over what it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyunroll.errors import PolyunrollError
from polyunroll.interpret.arrays import Array, readable

if TYPE_CHECKING:
    from polyunroll.hypergradient.result import Costs, Result

__all__ = ["NotConverged", "NotFinite", "finite", "finite_end", "quiet"]


def finite(value: Array) -> bool:
    """Whether an array has only finite entries; true where its values cannot be read."""
    values = readable(value)
    if values is None:
        return True
    with np.errstate(over="ignore", invalid="ignore"):  # a finite sum has finite terms only, and is quicker to see
        return bool(np.isfinite(values.sum())) or bool(np.isfinite(values).all())


def finite_end(what: str, value: Array, step: int, x: Array, costs: Costs) -> Array:
    """A value that comes out at the end of a run.

    Raises
    ------
    NotFinite
        If it is not finite.
    """
    if not finite(value):
        message = f"{what} is not finite after step {step}, though x is (the exception has it)"
        raise NotFinite(message, step, x, None, costs)
    return value


def quiet() -> np.errstate:
    """A context in which NumPy is silent about overflow, which the estimators look for themselves."""
    return np.errstate(over="ignore", invalid="ignore")


class NotFinite(PolyunrollError, ArithmeticError):
    """A value that is not finite came up; the run stopped there.

    Attributes
    ----------
    step : int
        The step, counted from 1, whose result is not finite.
    x : array or None
        The last iterate that was finite.
    dx : array or None
        Its derivative, where one was being propagated.
    costs : Costs
        What the run had cost.
    """

    def __init__(self, message: str, step: int, x: Array | None, dx: Array | None, costs: Costs) -> None:
        super().__init__(message)
        self.step, self.x, self.dx, self.costs = step, x, dx, costs


class NotConverged(PolyunrollError, ArithmeticError):
    """A linear solver did not reach its tolerance.

    Attributes
    ----------
    result : Result
        What it had, with the residual it reached; its `converged` is False.
    """

    def __init__(self, message: str, result: Result) -> None:
        super().__init__(message)
        self.result = result
