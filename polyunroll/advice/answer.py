"""What advice is: the candidates with their proved bounds, and the best of them in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR
from fractions import Fraction
from typing import Any

from polyunroll.arithmetic.exact import exact, sign
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.methods.base import Method
from polyunroll.output.literals import counted, decimal_literal, directed_decimal
from polyunroll.spectrum import Spectrum

__all__ = ["Advice", "Candidate"]

_DIGITS = 5


@dataclass(frozen=True)
class Candidate:
    """One way to differentiate, and what it guarantees.

    Attributes
    ----------
    estimator : {"unrolled", "truncated", "implicit"}
    method : Method
    steps : int
        t unrolled steps, the K differentiated ones of a truncation, or the S steps of the linear solver.
    plain_steps : int
        N, made before; 0 for unrolled.
    solver : Method or None
        The linear solver of implicit.
    mode : {"reverse", "forward", ""}
        How the steps are differentiated; empty for implicit.
    bound : Enclosure
        The proved worst case: its upper end bounds ‖error of ∂x‖.
    R, G : exact numbers
        The sizes it is proved for: `worst_case(method, steps, R, G, split=…, **how)` gives `bound` again.
    memory : int
        Vectors of length n that are kept for the derivative: in reverse mode the query point of each differentiated
        step; in forward mode p tangents for each of the method's states; for implicit x_N and the solver's states.
    products : int
        Products with the Hessian or its transpose: t or K in reverse mode and p times as many in forward mode, which
        the budget leaves out; the S of the linear solver for implicit, which it counts.
    """

    estimator: str
    method: Method
    steps: int
    plain_steps: int
    solver: Method | None
    mode: str
    bound: Enclosure
    R: Any
    G: Any
    memory: int
    products: int

    @property
    def cost(self) -> int:
        """N + t, N + K or N + S: what counts against the budget, a step of the linear solver like a gradient."""
        return self.plain_steps + self.steps

    @property
    def at_most(self) -> str:
        """The bound's upper end to five digits, rounded up."""
        return _rounded(self.bound.upper, ROUND_CEILING)

    @property
    def how(self) -> dict[str, Any]:
        """What `worst_case` and `error_bound` take for it, besides method, steps, sizes and split."""
        if self.estimator == "unrolled":
            return {"estimator": "unrolled"}
        found: dict[str, Any] = {"estimator": self.estimator, "plain_steps": self.plain_steps}
        return {**found, "solver": self.solver} if self.estimator == "implicit" else found

    @property
    def label(self) -> str:
        """The method's label, and the linear solver's where it is another."""
        if self.solver is None or self.solver == self.method:
            return self.method.label
        return f"{self.method.label}; solver {self.solver.label}"

    def __str__(self) -> str:
        if self.estimator == "unrolled":
            return f"unroll {_steps(self.steps)} of {self.method.label} ({self.mode} mode)"
        before = f"make {_steps(self.plain_steps, 'plain ')} of {self.method.label}, then"
        if self.estimator == "truncated":
            return f"{before} start it again and differentiate {_steps(self.steps)} ({self.mode} mode)"
        solver = self.method if self.solver is None else self.solver
        return f"{before} solve the linear system with {_steps(self.steps)} of {solver.label} (implicit)"


@dataclass(frozen=True)
class Advice:
    """The way that guarantees the least Jacobian error within a budget, and the table behind it.

    Attributes
    ----------
    spectrum : Spectrum
    R, G : exact numbers
        ‖∂x_0−∂x*‖, and the size of the second vector of the split for unrolled differentiation.
    G_restarted : exact number
        ‖∂H(x_0−x*)‖ or a bound on it: the second vector of truncated and implicit differentiation.
    split : {"total", "partial"}
    budget : int
    memory, parameters : int or None
        As given; `parameters` is the problem's where a problem was given.
    candidates : tuple of Candidate
        By their bounds' upper ends, the least first.
    limit : Enclosure or None
        The least W_t that unrolling `budget` steps of any method with fixed coefficients can have; none of the
        candidates that unroll is below it, but a truncated or implicit one may be.
    limit_note : str
        Why there is no limit; empty where there is one.
    """

    spectrum: Spectrum
    R: Any
    G: Any
    G_restarted: Any
    split: str
    budget: int
    memory: int | None
    parameters: int | None
    candidates: tuple[Candidate, ...]
    limit: Enclosure | None
    limit_note: str

    @property
    def best(self) -> Candidate | None:
        """The candidate with the least proved bound; None where none is proved to be better than ∂x = 0."""
        if not self.candidates or sign(exact(self.candidates[0].bound.upper) - exact(self.R)) >= 0:
            return None
        return self.candidates[0]

    @property
    def at_least(self) -> str:
        """The limit's lower end to five digits, rounded down; empty where there is no limit."""
        return "" if self.limit is None else _rounded(self.limit.lower, ROUND_FLOOR)

    def __str__(self) -> str:
        start = decimal_literal(self.R, _DIGITS)
        if self.best is None:
            least = f"; the least bound is {self.candidates[0].at_most}" if self.candidates else ""
            budget = counted(self.budget, "gradient evaluation")
            return (
                f"Nothing within {budget} is guaranteed to beat doing nothing: ∂x = 0 errs by at most R = "
                f"{start}{least}."
            )
        said, least = str(self.best), self.best.at_most
        return f"{said[0].upper()}{said[1:]}: the error is at most {least}, proved; ∂x = 0 errs by up to R = {start}."


def _steps(count: int, kind: str = "") -> str:
    return counted(count, f"{kind}step")


def _rounded(value: Fraction, rounding: str) -> str:
    """A bound to five digits, rounded so that it stays one."""
    return decimal_literal(Fraction(directed_decimal(value, _DIGITS, rounding)), _DIGITS)
