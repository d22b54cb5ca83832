"""A derivation: the residual polynomial, the two polynomials of the Jacobian error, and the recurrence."""

from __future__ import annotations

import json
from typing import Any

from polyunroll.arithmetic.exact import exact, is_symbolic, latex, sign
from polyunroll.arithmetic.surd import Surd
from polyunroll.interpret.derive import recurrence, residual
from polyunroll.jacobian import jacobian_error
from polyunroll.methods.base import Method
from polyunroll.output.literals import fraction_literal
from polyunroll.report.tables import Page, Table, check_format, facts
from polyunroll.schedules.base import spectrum_data

__all__ = ["coefficients", "derivation", "heading"]

_WIDEST_FORMULA = 100


def coefficients(polynomial: Any) -> list[Any]:
    """The coefficients of a SymPy Poly as exact numbers, in ascending powers of λ."""
    return [exact(value, "a coefficient") for value in reversed(polynomial.all_coeffs())]


def heading(method: Method) -> list[tuple[str, str]]:
    """The lines that say which method a report is about, and on what spectrum."""
    spectrum = method.spectrum
    ends = f"[{fraction_literal(spectrum.ell)}, {fraction_literal(spectrum.L)}]"
    lines = [("method", method.label), ("spectrum", f"{ends}{spectrum.note and f' ({spectrum.note})'}")]
    lines.append(("condition number", f"L/ℓ = {fraction_literal(spectrum.condition_number)}"))
    return [*lines, *([("found", method.found)] if method.found else [])]


def derivation(method: Method, t: int, format: str = "text") -> Page:
    """P_t, E_t, D_t and the recurrence of a method's first t steps.

    Parameters
    ----------
    method : Method
    t : int
    format : str
        "text", "json" or "latex".

    Returns
    -------
    Page

    Raises
    ------
    InvalidInput
        If t is no whole number ≥ 0, or the format is not known.
    HorizonError
        If t is beyond the horizon of a fixed-horizon method.
    """
    check_format(format)
    E, D = jacobian_error(method, t)
    polynomials = {"P": coefficients(residual(method, t)), "E": coefficients(E), "D": coefficients(D)}
    steps = recurrence(method, t)
    if format == "json":
        return Page((json.dumps(_data(method, t, polynomials, steps), indent=1),), verbatim=True)
    if format == "latex":
        shown = f"\\[\n{steps._repr_latex_().strip('$')}\n\\]"
        return Page((_aligned(polynomials, t), *([shown] if t else [])), verbatim=True)
    return Page((facts([*heading(method), ("t", str(t))]), _table(polynomials, t), *([str(steps)] if t else [])))


def _table(polynomials: dict[str, list[Any]], t: int) -> Table:
    """The coefficients, a polynomial a column."""
    titles = {"P": f"P_{t}", "E": f"E_{t} = P_{t} - λ P_{t}'", "D": f"D_{t} = P_{t}'"}
    columns = {name: [fraction_literal(value) for value in values] for name, values in polynomials.items()}
    powers = range(max(map(len, columns.values())))
    padded = [values + [""] * (len(powers) - len(values)) for values in columns.values()]
    rows = tuple(zip((f"λ^{k}" for k in powers), *padded, strict=True))
    return Table(("", *(titles[name] for name in columns)), rows, align="l" + "r" * len(columns), stacks=True)


def _data(method: Method, t: int, polynomials: dict[str, list[Any]], steps: Any) -> dict[str, Any]:
    texts = {name: [fraction_literal(value) for value in values] for name, values in polynomials.items()}
    return {
        "method": method.as_data(),
        **({"found": method.found} if method.found else {}),
        "spectrum": spectrum_data(method.spectrum),
        "t": t,
        "residual": texts["P"],
        "jacobian_error": {"E": texts["E"], "D": texts["D"]},
        "recurrence": {
            "query": [_terms(terms) for terms in steps.query],
            "steps": [[{"target": target, "terms": _terms(terms)} for target, terms in step] for step in steps.steps],
        },
    }


def _terms(terms: Any) -> dict[str, str]:
    return {name: fraction_literal(exact(value, name)) for name, value in terms}


def _aligned(polynomials: dict[str, list[Any]], t: int) -> str:
    lines = [
        line
        for name, values in polynomials.items()
        for line in _formula(f"{name}_{{{t}}}(\\lambda) &=", [_term(c, k) for k, c in enumerate(values) if c != 0])
    ]
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _formula(left: str, terms: list[tuple[str, str]]) -> list[str]:
    """A sum on as many lines as it needs; a line break stands before a sign."""
    lines = [left]
    if not terms:
        return [f"{left} 0"]
    for number, (mark, body) in enumerate(terms):
        piece = f"{'-' if mark == '-' else ''}{body}" if number == 0 else f"{mark} {body}"
        if number and len(lines[-1]) + len(piece) > _WIDEST_FORMULA:
            lines.append(f"&\\quad {{}}{piece}")
        else:
            lines[-1] += f" {piece}"
    return lines


def _term(coefficient: Any, power: int) -> tuple[str, str]:
    """The sign and the rest of one term."""
    variable = "" if power == 0 else "\\lambda" if power == 1 else f"\\lambda^{{{power}}}"
    if is_symbolic(coefficient) or (isinstance(coefficient, Surd) and coefficient.a != 0):
        return "+", f"\\left({latex(coefficient)}\\right) {variable}".rstrip()
    mark, size = ("-", -coefficient) if sign(coefficient) < 0 else ("+", coefficient)
    if size == 1 and power:
        return mark, variable
    return mark, f"{latex(size)} {variable}".rstrip()
