"""What is asked of a worst case: method, steps, sizes, criterion, split and estimator, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from polyunroll.arithmetic.exact import exact, is_symbolic, sign, whole_number
from polyunroll.errors import InvalidInput
from polyunroll.jacobian import check_split
from polyunroll.methods.base import Method

__all__ = ["CRITERIA", "ESTIMATORS", "Question", "sizes"]

CRITERIA = ("exact", "pointwise", "separate")
ESTIMATORS = ("unrolled", "truncated", "implicit")

_NAMES = {"exact": "exact worst case V", "pointwise": "pointwise W", "separate": "separate bound"}


def sizes(R: Any, G: Any) -> tuple[Any, Any]:
    """R and G as exact numbers ≥ 0, not both 0.

    Raises
    ------
    InvalidInput
    """
    found = []
    for name, given in (("R", R), ("G", G)):
        number = exact(given, name)
        if is_symbolic(number) or sign(number) < 0:
            raise InvalidInput(f"{name} = {given} is not allowed; give a number >= 0")
        found.append(number)
    if sign(found[0]) == 0 and sign(found[1]) == 0:
        raise InvalidInput("R = 0 and G = 0 leave nothing to bound; give at least one > 0")
    return found[0], found[1]


@dataclass(frozen=True)
class Question:
    """A worst case to be enclosed. Build it with `Question.of`, which checks.

    Attributes
    ----------
    method : Method
    t : int
        Differentiated steps; for `implicit`, steps of the linear solver.
    R, G : exact numbers
    criterion, split, estimator : str
    plain_steps : int
        Steps made before differentiation starts (`truncated`, `implicit`).
    solver : Method
        The linear solver of `implicit`; the method itself elsewhere.
    """

    method: Method
    t: int
    R: Any
    G: Any
    criterion: str
    split: str
    estimator: str
    plain_steps: int
    solver: Method

    @staticmethod
    def of(
        method: Method,
        t: Any,
        R: Any = 1,
        G: Any = 0,
        criterion: str = "exact",
        split: str = "total",
        estimator: str = "unrolled",
        plain_steps: Any = 0,
        solver: Method | None = None,
    ) -> Question:
        """Check everything.

        Raises
        ------
        InvalidInput, HorizonError
        """
        if not isinstance(method, Method):
            raise InvalidInput(f"{method!r} is not a method; give one, such as Chebyshev(Spectrum('1/100', 1))")
        for name, value, allowed in (("criterion", criterion, CRITERIA), ("estimator", estimator, ESTIMATORS)):
            if value not in allowed:
                raise InvalidInput(f"{name} = {value!r} is not known; give {', '.join(allowed)}")
        check_split(split)
        steps, plain = whole_number(t, "t"), whole_number(plain_steps, "plain_steps")
        if estimator == "unrolled" and plain:
            raise InvalidInput(f"plain_steps = {plain} is for the estimators truncated and implicit; unrolled has none")
        if solver is not None and estimator != "implicit":
            raise InvalidInput(f"a linear solver is for the estimator implicit; {estimator} has none")
        if solver is not None and not isinstance(solver, Method):
            raise InvalidInput(f"solver = {solver!r} is not a method; give one, such as Chebyshev(spectrum)")
        inner = method if solver is None else solver
        for used, count in ((method, plain if estimator != "unrolled" else steps), (inner, steps)):
            if used.is_symbolic:
                raise InvalidInput(f"{used!r} has symbols; a bound needs numbers")
            used.require_answer(count)
        if inner.spectrum.parameters != method.spectrum.parameters:
            raise InvalidInput(f"the solver's spectrum {inner.spectrum} is not the method's, {method.spectrum}")
        return Question(method, steps, *sizes(R, G), criterion, split, estimator, plain, inner)

    @property
    def is_product(self) -> bool:
        """Whether the second polynomial is bounded by its factors' maxima (estimators without commuting)."""
        return self.split == "partial" and self.estimator != "unrolled"

    @property
    def note(self) -> str:
        """What the number is, and when it bounds a Jacobian error."""
        what = f"{_NAMES[self.criterion]} at t = {self.t}, estimator {self.estimator}"
        if self.is_product:
            what = f"bound by the maxima of the factors at t = {self.t}, estimator {self.estimator}"
            return f"{what}; split partial: a bound for every ∂H"
        if self.criterion == "pointwise":
            what += " (no bound on the error in general)"
        if self.split == "total":
            return f"{what}; split total: it bounds the Jacobian error only where ∂H commutes with H"
        return f"{what}; split partial: a bound for every ∂H"
