"""Advice with the table behind it: what each estimator and method guarantees within a budget."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from polyunroll.output.literals import counted, decimal_literal, fraction_literal
from polyunroll.report.enclosures import ends
from polyunroll.report.tables import Page, Table, check_format, facts
from polyunroll.schedules.base import spectrum_data

if TYPE_CHECKING:  # that room is above this one
    from polyunroll.advice.answer import Advice, Candidate

__all__ = ["advice_page"]

_DIGITS = 5
_HEADERS = ("bound", "estimator", "method", "steps", "mode", "memory", "products")
_LEGEND = (
    "bound:    of the Jacobian error, proved, rounded up.\n"
    "steps:    unrolled; plain + differentiated; or plain + those of the linear solver.\n"
    "          Each counts one against the budget.\n"
    "memory:   vectors of length n kept for the derivative. Reverse: the query points of\n"
    "          the differentiated steps; forward: p tangents for each state of the\n"
    "          method; implicit: x_N and the solver's states.\n"
    "products: with the Hessian; the budget counts those of implicit only.\n"
    "How the budget is split is searched, not proved to be the best."
)


def advice_page(advice: Advice, format: str = "text") -> Page:
    """What is advised, and all candidates with their bounds, the least first.

    Parameters
    ----------
    advice : Advice
    format : str
        "text", "json" (every enclosure with its exact ends) or "latex".

    Returns
    -------
    Page
    """
    check_format(format)
    if format == "json":
        return Page((json.dumps(_data(advice), indent=2, ensure_ascii=False),), verbatim=True)
    rows = tuple(_row(candidate) for candidate in advice.candidates)
    if format == "latex":
        lines = [" & ".join(row) + r" \\" for row in rows]
        head = " & ".join(_HEADERS) + r" \\ \hline"
        return Page(("\n".join([r"\begin{tabular}{rlllrrr}", head, *lines, r"\end{tabular}"]),), verbatim=True)
    spectrum = advice.spectrum
    head = facts(
        [
            ("spectrum", f"{spectrum}, L/ℓ = {decimal_literal(spectrum.condition_number, _DIGITS)}"),
            ("R, G, split", f"{_number(advice.R)}, {_number(advice.G)}, {advice.split}"),
            *([] if advice.G_restarted == advice.G else [("G restarted", _restarted(advice))]),
            ("budget", counted(advice.budget, "gradient evaluation")),
            *([] if advice.memory is None else [("memory", counted(advice.memory, "vector"))]),
            ("limit", _limit(advice)),
        ]
    )
    table = Table(_HEADERS, rows, align="rlllrrr") if rows else "No candidate fits."
    return Page((head, str(advice), table, _LEGEND))


def _restarted(advice: Advice) -> str:
    return f"{_number(advice.G_restarted)}, for truncated and implicit, which start from ∂x = 0"


def _limit(advice: Advice) -> str:
    if advice.limit is None:
        return advice.limit_note
    return f"{advice.at_least}, the least W_t that unrolling any method with fixed coefficients can have, proved"


def _row(candidate: Candidate) -> tuple[str, ...]:
    steps = str(candidate.steps)
    if candidate.estimator != "unrolled":
        steps = f"{candidate.plain_steps} + {steps}"
    kept = (str(candidate.memory), str(candidate.products))
    return (candidate.at_most, candidate.estimator, candidate.label, steps, candidate.mode or "-", *kept)


def _number(value: Any) -> str:
    """An exact number as it is, unless it is a double of many digits."""
    exactly = fraction_literal(value)
    return exactly if len(exactly) <= 12 else decimal_literal(value, _DIGITS)


def _data(advice: Advice) -> dict[str, Any]:
    return {
        "spectrum": spectrum_data(advice.spectrum),
        "R": fraction_literal(advice.R),
        "G": fraction_literal(advice.G),
        "G_restarted": fraction_literal(advice.G_restarted),
        "split": advice.split,
        "budget": advice.budget,
        "memory": advice.memory,
        "parameters": advice.parameters,
        "advice": str(advice),
        "best": None if advice.best is None else _candidate(advice.best),
        "limit": None if advice.limit is None else ends(advice.limit),
        "limit_note": advice.limit_note,
        "candidates": [_candidate(candidate) for candidate in advice.candidates],
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "estimator": candidate.estimator,
        "label": candidate.label,
        "method": candidate.method.as_data(),
        "solver": None if candidate.solver is None else candidate.solver.as_data(),
        "plain_steps": candidate.plain_steps,
        "steps": candidate.steps,
        "mode": candidate.mode,
        "bound": ends(candidate.bound),
        "G": fraction_literal(candidate.G),
        "cost": candidate.cost,
        "memory": candidate.memory,
        "products": candidate.products,
    }
