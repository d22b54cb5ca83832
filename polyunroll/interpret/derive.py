"""Residual polynomials and recurrences, exactly, as users see them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from polyunroll.arithmetic.exact import latex, public, whole_number
from polyunroll.errors import InvalidInput
from polyunroll.interpret.steps import NumericStep, steps_of
from polyunroll.interpret.transfer import residual_polynomial
from polyunroll.methods.base import Method
from polyunroll.output.literals import fraction_literal
from polyunroll.program import GRADIENT

if TYPE_CHECKING:
    import sympy

__all__ = ["Recurrence", "recurrence", "residual"]


def residual(method: Method, t: int) -> sympy.Poly:
    """The residual polynomial P_t: x_t − x* = P_t(H)(x_0 − x*), P_t(0) = 1.

    Parameters
    ----------
    method : Method
        May have symbols for ℓ, L, η or the step.
    t : int
        Number of gradient evaluations, ≥ 0.

    Returns
    -------
    sympy.Poly
        In the symbol ``lambda``, with exact coefficients: in ℚ, in ℚ(√d), or rational in the symbols.

    Raises
    ------
    InvalidInput
        If t is no whole number ≥ 0.
    HorizonError
        If t is beyond the method's horizon.

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 2.
    """
    t = whole_number(t, "t")
    method.require_steps(t)
    if method.is_symbolic:
        from polyunroll.interpret.symbolic import residual_symbolic

        return residual_symbolic(method, t)
    from polyunroll.arithmetic.symbols import to_poly

    return to_poly(residual_polynomial(method, t))


@dataclass(frozen=True)
class Recurrence:
    """The first steps of a method with exact coefficients.

    Attributes
    ----------
    method : Method
    query : tuple
        For each step, the (state, coefficient) pairs at which the gradient is taken.
    steps : tuple
        For each step, the assignments in order, as (target, ((state, coefficient), …)); the state "gradient" is
        the step's gradient. Coefficients are Fractions, or numbers of ℚ(√d).
    """

    method: Method
    query: tuple[tuple[tuple[str, Any], ...], ...]
    steps: tuple[tuple[tuple[str, tuple[tuple[str, Any], ...]], ...], ...]

    def __str__(self) -> str:
        lines = []
        for t, (query, assignments) in enumerate(zip(self.query, self.steps, strict=True), 1):
            lines.append(f"step {t}: gradient at {_combination(query, _text)}")
            lines += [f"  {target} := {_combination(terms, _text)}" for target, terms in assignments]
        return "\n".join(lines)

    def _repr_latex_(self) -> str:
        rows = []
        for t, (query, assignments) in enumerate(zip(self.query, self.steps, strict=True), 1):
            rows.append(f"t={t}: & \\quad g = \\nabla f\\left({_combination(query, latex, _latex_name)}\\right)")
            rows += [
                f"& {_latex_name(target)} \\leftarrow {_combination(terms, latex, _latex_name)}"
                for target, terms in assignments
            ]
        return "$\\begin{aligned}" + " \\\\ ".join(rows) + "\\end{aligned}$"


def _text(value: Any) -> str:
    """An exact number as text, however long (Python's own limit on digits is 4300)."""
    return fraction_literal(value) if isinstance(value, Fraction) else str(value)


def _latex_name(name: str) -> str:
    return "g" if name == GRADIENT else f"\\mathrm{{{name.replace('_', chr(92) + '_')}}}"


def _combination(terms: tuple[tuple[str, Any], ...], show: Any, rename: Any = str) -> str:
    """Σ coefficient·state as text; coefficients 0 are left out, 1 is not written."""
    text = ""
    for name, value in terms:
        if value == 0:
            continue
        negative = value < 0
        size = show(-value if negative else value)
        shown = rename(name) if size == "1" else f"{f'({size})' if ' ' in size else size} {rename(name)}"
        text += (" - " if negative else " + ") + shown if text else ("-" if negative else "") + shown
    return text or "0"


def recurrence(method: Method, t: int) -> Recurrence:
    """The exact coefficients of the first t steps.

    Parameters
    ----------
    method : Method
        Without symbols.
    t : int
        Number of steps, ≥ 0.

    Raises
    ------
    InvalidInput
        If t is no whole number ≥ 0, or the method has symbols.
    HorizonError
        If t is beyond the method's horizon.
    """
    t = whole_number(t, "t")
    method.require_steps(t)
    if method.is_symbolic:
        raise InvalidInput(f"{method!r} has symbols; its recurrence needs numbers (residual takes symbols)")
    steps, _ = steps_of(method, t)
    return Recurrence(
        method,
        tuple(_terms(step.query) for step in steps),
        tuple(_assignments(step) for step in steps),
    )


def _terms(terms: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, public(value)) for name, value in terms)


def _assignments(step: NumericStep) -> tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]:
    return tuple((target, _terms(terms)) for target, terms in step.assignments)
