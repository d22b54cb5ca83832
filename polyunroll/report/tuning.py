"""The best parameters found, and what was tried."""

from __future__ import annotations

import json
from math import exp

from polyunroll.optimal.tuning import Trial, Tuned
from polyunroll.output.literals import fraction_literal
from polyunroll.report.enclosures import ends
from polyunroll.report.tables import Page, Table, check_format, facts

__all__ = ["tuned_page"]

_SHOWN = 10
_LARGEST = 700.0  # whose exponential is a double


def tuned_page(tuned: Tuned, format: str = "text") -> Page:
    """The method found with its proved worst cases, and the best of what was tried.

    Parameters
    ----------
    tuned : Tuned
    format : str
        "text", "json" (all trials) or "latex".

    Returns
    -------
    Page
    """
    check_format(format)
    if format == "json":
        data = {
            "method": tuned.method.as_data(),
            "parameters": {name: fraction_literal(value) for name, value in tuned.parameters.items()},
            "steps": list(tuned.steps),
            "value": [ends(value) for value in tuned.value],
            "limit": None if tuned.limit is None else [ends(value) for value in tuned.limit],
            "trials": [
                {**{k: fraction_literal(v) for k, v in t.parameters.items()}, "value": t.value} for t in tuned.trials
            ],
        }
        return Page((json.dumps(data, indent=2, ensure_ascii=False),), verbatim=True)
    rows = [_row(tuned, k) for k in range(len(tuned.steps))]
    if format == "latex":
        lines = [" & ".join(row) + r" \\" for row in rows]
        head = r"$t$ & worst case & limit & multiple \\ \hline"
        return Page(("\n".join([r"\begin{tabular}{rrrr}", head, *lines, r"\end{tabular}"]),), verbatim=True)
    found = facts(
        [
            ("method", tuned.method.label),
            ("spectrum", str(tuned.method.spectrum)),
            *((name, fraction_literal(value)) for name, value in tuned.parameters.items()),
        ]
    )
    best = sorted(tuned.trials, key=lambda trial: trial.value)[:_SHOWN]
    names = tuple(best[0].parameters)
    sought = "average case" if tuned.limit is None else "worst case" if len(tuned.steps) == 1 else "multiple"
    shown = tuple(_tried(trial) for trial in best)
    tried = Table((*names, sought), shown, f"{len(tuned.trials)} tried; the best {len(shown)}, measured:")
    said = "Worst cases and limits are proved; that no other parameters of the family do better is not."
    return Page((found, Table(("t", "worst case", "limit", "multiple"), tuple(rows)), tried, said))


def _row(tuned: Tuned, k: int) -> tuple[str, ...]:
    value = tuned.value[k]
    if tuned.limit is None:
        return str(tuned.steps[k]), value.decimal(10), "", ""
    ratio = tuned.multiple_at(k)
    return str(tuned.steps[k]), value.decimal(10), tuned.limit[k].decimal(10), "" if ratio is None else ratio.decimal(5)


def _tried(trial: Trial) -> tuple[str, ...]:
    return (*(f"{float(value):.4g}" for value in trial.parameters.values()), f"{exp(min(trial.value, _LARGEST)):#.7g}")
