"""The proved burn-in of a method, and its rate."""

from __future__ import annotations

import json
from typing import Any

from polyunroll.arithmetic.exact import exact, latex
from polyunroll.bounds.burn_in import burn_in as find
from polyunroll.bounds.rate import Rate, rate
from polyunroll.errors import OutsideField
from polyunroll.methods.base import Method
from polyunroll.output.literals import fraction_literal
from polyunroll.report.derivation import heading
from polyunroll.report.enclosures import ends
from polyunroll.report.tables import Page, check_format, facts
from polyunroll.schedules.base import spectrum_data

__all__ = ["burn_in"]


def burn_in(
    method: Method, R: Any = 1, G: Any = 0, split: str = "total", digits: int = 15, format: str = "text"
) -> Page:
    """The burn-in of a method's worst Jacobian error.

    Parameters
    ----------
    method, R, G, split, digits
        As for `polyunroll.burn_in`.
    format : str
        "text", "json" (with the certificate) or "latex".

    Returns
    -------
    Page

    Raises
    ------
    InvalidInput, UndecidedComparison
        As `polyunroll.burn_in`.
    """
    check_format(format)
    found = find(method, R, G, split, digits)
    speed = _rate(method)
    peak = found.peak.decimal(digits)
    if format == "json":
        data = {
            "method": method.as_data(),
            "spectrum": spectrum_data(method.spectrum),
            "R": fraction_literal(exact(R)),
            "G": fraction_literal(exact(G)),
            "split": split,
            "length": found.length,
            "peak": ends(found.peak, digits),
            "peak_at": found.peak_at,
            "tail_from": found.tail_from,
            "proved": found.proved,
            "rate": None if speed is None else {"rate": fraction_literal(speed.rate), "power": str(speed.power)},
            "certificate": found.certificate,
        }
        return Page((json.dumps(data, indent=1),), verbatim=True)
    if format == "latex":
        shown = f"\\text{{burn-in }} {found.length}, \\quad \\max_t V_t = V_{{{found.peak_at}}} = {peak}"
        if speed is not None:
            shown += f", \\quad V_t \\sim t^{{{speed.power}}} \\left({latex(exact(speed.rate))}\\right)^t"
        return Page((f"\\[ {shown} \\]",), verbatim=True)
    lines = [
        *heading(method),
        ("R, G", f"{fraction_literal(exact(R))}, {fraction_literal(exact(G))}"),
        ("split", f"{split}: {'E_t and D_t' if split == 'total' else 'P_t and P_t' + chr(39)}"),
    ]
    if speed is not None:
        lines.append(("rate", f"V_t ~ {speed}"))
    if found.length == 0:
        result = "proved    no burn-in: V_t <= V_0 for all t"
    else:
        result = f"proved    burn-in length {found.length}    peak V_{found.peak_at} = {peak}"
    note = "The split total bounds the Jacobian error only where ∂H commutes with H."
    return Page((facts(lines), result, found.proved + (f"\n{note}" if split == "total" else "")))


def _rate(method: Method) -> Rate | None:
    """The rate, where it is a number this package can write."""
    try:
        return rate(method)
    except OutsideField:
        return None
