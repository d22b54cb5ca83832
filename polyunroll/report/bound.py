"""A worst case of the Jacobian error, with the word for how sure it is."""

from __future__ import annotations

import json
from math import floor, isfinite
from typing import Any

from polyunroll.arithmetic.exact import exact
from polyunroll.bounds.sampled import Sampled, sampled_worst_case
from polyunroll.methods.base import Method
from polyunroll.output.literals import fraction_literal
from polyunroll.report.derivation import heading
from polyunroll.report.tables import Page, check_format, facts
from polyunroll.schedules.program import spectrum_data

__all__ = ["bound"]

_SMALLEST = 1e-300  # below it doubles lose digits, and the logarithm is shown instead


def bound(
    method: Method,
    t: int,
    R: Any = 1,
    G: Any = 0,
    criterion: str = "exact",
    split: str = "total",
    points: int | None = None,
    format: str = "text",
) -> Page:
    """The measured worst case of a method's Jacobian error after t steps.

    Parameters
    ----------
    method : Method
    t : int
    R, G : exact numbers ≥ 0, not both 0
        What the two starting errors are bounded by.
    criterion : str
        "exact" (V_t), "pointwise" (W_t) or "separate".
    split : str
        "total" (E_t and D_t) or "partial" (P_t and P_t').
    points : int, optional
        How many points of the spectrum are sampled.
    format : str
        "text", "json" or "latex".

    Returns
    -------
    Page

    Raises
    ------
    InvalidInput
        If a value is not allowed.
    HorizonError
        If t is beyond the horizon of a fixed-horizon method.
    """
    check_format(format)
    more = {} if points is None else {"points": points}
    found = sampled_worst_case(method, t, R=R, G=G, criterion=criterion, split=split, **more)
    if format == "json":
        return Page((json.dumps(_data(method, found), indent=1),), verbatim=True)
    if format == "latex":
        symbol = _latex_symbol(found)
        return Page(
            (f"\\[ {symbol} \\approx {_latex_value(found)} \\quad \\text{{({found.label})}} \\]",), verbatim=True
        )
    lines = [
        *heading(method),
        ("t", str(found.t)),
        ("R, G", f"{_number(found.R)}, {_number(found.G)}"),
        ("criterion", f"{found.criterion}: {_meaning(found)}"),
        ("split", f"{found.split}: {'E_t and D_t' if found.split == 'total' else 'P_t and P_t' + chr(39)}"),
    ]
    at = "" if found.at is None else f"    at λ = {found.at:.10g}"
    value = f"{found.label}    {_symbol(found)} ≈ {_value(found, 10)}{at}"
    return Page((facts(lines), value, "\n".join(_notes(found))))


def _data(method: Method, found: Sampled) -> dict[str, Any]:
    return {
        "method": method.as_data(),
        "spectrum": spectrum_data(method.spectrum),
        "t": found.t,
        "R": _number(found.R),
        "G": _number(found.G),
        "criterion": found.criterion,
        "split": found.split,
        "label": found.label,
        "value": _value(found, 17),
        "log10": repr(found.log10) if isfinite(found.log10) else None,
        "at": None if found.at is None else repr(float(found.at)),
        "points": found.points,
        "notes": _notes(found),
    }


def _value(found: Sampled, digits: int) -> str:
    """The value as a decimal, from its logarithm where it is beyond the doubles."""
    if _SMALLEST < found.value < float("inf"):
        return repr(found.value) if digits >= 17 else f"{found.value:.{digits}g}"
    if not isfinite(found.log10):
        return "0"
    exponent = floor(found.log10)
    return f"{10 ** (found.log10 - exponent):.8f}e{exponent:+d}"


def _latex_value(found: Sampled) -> str:
    mantissa, _, exponent = _value(found, 10).partition("e")
    return f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _number(value: Any) -> str:
    return fraction_literal(exact(value))


def _names(found: Sampled) -> tuple[str, str]:
    return ("E_t", "D_t") if found.split == "total" else ("P_t", "P_t'")


def _meaning(found: Sampled) -> str:
    first, second = _names(found)
    return {
        "exact": "V_t, the largest error that R and G allow",
        "pointwise": f"W_t, the largest |{first}|R + |{second}|G at one λ",
        "separate": f"max|{first}|R + max|{second}|G",
    }[found.criterion]


def _symbol(found: Sampled) -> str:
    first, second = (name.replace("_t", f"_{found.t}") for name in _names(found))
    separate = f"max|{first}|R + max|{second}|G"
    return {"exact": f"V_{found.t}", "pointwise": f"W_{found.t}"}.get(found.criterion, separate)


def _latex_symbol(found: Sampled) -> str:
    first, second = (name.replace("_t", f"_{{{found.t}}}") for name in _names(found))
    separate = f"\\max\\lvert {first} \\rvert R + \\max\\lvert {second} \\rvert G"
    letter = {"exact": "V", "pointwise": "W"}.get(found.criterion)
    return separate if letter is None else f"{letter}_{{{found.t}}}"


def _notes(found: Sampled) -> list[str]:
    """What a reader must know of the value, a sentence each."""
    notes = [
        f"The value is {found.label}: a sampled lower estimate, from {found.points} points of the spectrum, "
        "and not an enclosure.",
    ]
    if found.split == "total":
        notes.append("The split `total` bounds the Jacobian error only where ∂H commutes with H.")
    elif found.criterion == "exact":
        notes.append("The split `partial` holds for every smooth H(θ); its worst case need not be attained.")
    if found.criterion == "pointwise" and 0 not in (exact(found.R), exact(found.G)):
        notes.append("W_t does not bound the Jacobian error: its two parts may lie along different eigenvectors.")
    return notes
