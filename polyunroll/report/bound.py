"""A proved worst case of the Jacobian error, with its certificate, and the verdict on a certificate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from polyunroll.arithmetic.exact import exact
from polyunroll.bounds.certificate import certificate
from polyunroll.bounds.check import check
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.output.literals import decimal_literal, fraction_literal
from polyunroll.report.derivation import heading
from polyunroll.report.tables import Page, check_format, facts
from polyunroll.schedules.program import spectrum_data

__all__ = ["bound", "verdict"]

_PLACE_DIGITS = 12


def bound(
    method: Method,
    t: int,
    R: Any = 1,
    G: Any = 0,
    digits: int = 15,
    criterion: str = "exact",
    split: str = "total",
    estimator: str = "unrolled",
    plain_steps: int = 0,
    solver: Method | None = None,
    format: str = "text",
) -> Page:
    """The enclosure of a method's worst Jacobian error after t steps.

    Parameters
    ----------
    method, t, R, G, digits, criterion, split, estimator, plain_steps, solver
        As for `worst_case`.
    format : str
        "text", "json" (with the certificate) or "latex".

    Returns
    -------
    Page

    Raises
    ------
    InvalidInput, HorizonError, TooWide
        As `worst_case`.
    """
    check_format(format)
    how = {"criterion": criterion, "split": split, "estimator": estimator, "plain_steps": plain_steps}
    found = worst_case(method, t, R, G, digits, **how, solver=solver)
    value = found.decimal(digits)
    if format == "json":
        return Page((json.dumps(_data(method, t, R, G, how, found, value), indent=1),), verbatim=True)
    if format == "latex":
        mantissa, _, exponent = value.partition("e")
        shown = f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if exponent else mantissa
        return Page(
            (f"\\[ {_latex_symbol(criterion, split, t)} = {shown} \\quad \\text{{(proved)}} \\]",), verbatim=True
        )
    lines = [
        *heading(method),
        ("t", str(t)),
        ("R, G", f"{_exact(R)}, {_exact(G)}"),
        ("criterion", f"{criterion}: {_meaning(criterion, split)}"),
        ("split", _split(split, estimator)),
    ]
    if estimator != "unrolled":
        lines.append(("estimator", f"{estimator}, after {plain_steps} plain steps"))
    at = _places(found.at)
    result = f"proved    {_symbol(criterion, split, t)} = {value}{f'    at λ = {at}' if at else ''}"
    width = "exactly" if found.width == 0 else f"relative width {decimal_literal(found.relative_width, 2)}"
    return Page((facts(lines), result, f"{width}, by: {found.proved}\n{_hypothesis(split, estimator, criterion)}"))


def verdict(path: str) -> tuple[bool, Page]:
    """Whether the certificate in a file is verified, and what to say of it.

    Parameters
    ----------
    path : str
        A JSON file: what `bound --format json` printed, or the certificate alone.

    Raises
    ------
    InvalidInput
        If the file cannot be read or holds no certificate.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path!r} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except (ValueError, RecursionError):
        raise InvalidInput(f"{path!r} is not JSON; give a file that 'bound --format json' printed") from None
    if isinstance(data, Mapping) and "certificate" in data:
        written, data = data, data["certificate"]
        for end in ("lower", "upper"):
            if not isinstance(data, Mapping) or written.get(end) != data.get(end):
                return False, Page((f"not verified: the answer's {end} end is not its certificate's",))
    if not isinstance(data, Mapping):
        raise InvalidInput(f"{path!r} holds no certificate; give a file that 'bound --format json' printed")
    good, sentence = check(data)
    return good, Page((sentence if good else f"not verified: {sentence}",))


def _data(
    method: Method, t: int, R: Any, G: Any, how: Mapping[str, Any], found: Enclosure, value: str
) -> dict[str, Any]:
    at = found.at if isinstance(found.at, tuple) else () if found.at is None else (found.at,)
    return {
        "method": method.as_data(),
        "spectrum": spectrum_data(method.spectrum),
        "t": t,
        "R": _exact(R),
        "G": _exact(G),
        **how,
        "value": value,
        "lower": fraction_literal(found.lower),
        "upper": fraction_literal(found.upper),
        "width": fraction_literal(found.width),
        "at": [_place(place) for place in at],
        "proved": found.proved,
        "note": found.note,
        "certificate": certificate(found),
    }


def _exact(value: Any) -> str:
    return fraction_literal(exact(value))


def _place(value: Any) -> str:
    """A place as text: an end of the spectrum exactly, anything else as a decimal."""
    if isinstance(value, Fraction) and value.denominator > 10**_PLACE_DIGITS:
        return decimal_literal(value, _PLACE_DIGITS)
    return fraction_literal(value)


def _places(at: Any) -> str:
    if at is None:
        return ""
    return " and ".join(map(_place, at)) if isinstance(at, tuple) else _place(at)


def _pair(split: str) -> tuple[str, str]:
    return ("E_t", "D_t") if split == "total" else ("P_t", "P_t'")


def _split(split: str, estimator: str) -> str:
    if estimator == "unrolled":
        return f"{split}: {' and '.join(_pair(split))}"
    return f"{split}: {'the product polynomials' if split == 'total' else 'the maxima of the factors'}"


def _meaning(criterion: str, split: str) -> str:
    first, second = _pair(split)
    return {
        "exact": "V_t, the largest error that R and G allow",
        "pointwise": f"W_t, the largest |{first}|R + |{second}|G at one λ; no bound in general",
        "separate": f"max|{first}|R + max|{second}|G",
    }[criterion]


def _symbol(criterion: str, split: str, t: int) -> str:
    first, second = (name.replace("_t", f"_{t}") for name in _pair(split))
    separate = f"max|{first}|R + max|{second}|G"
    return {"exact": f"V_{t}", "pointwise": f"W_{t}"}.get(criterion, separate)


def _latex_symbol(criterion: str, split: str, t: int) -> str:
    first, second = (name.replace("_t", f"_{{{t}}}") for name in _pair(split))
    separate = f"\\max\\lvert {first} \\rvert R + \\max\\lvert {second} \\rvert G"
    return {"exact": f"V_{{{t}}}", "pointwise": f"W_{{{t}}}"}.get(criterion, separate)


def _hypothesis(split: str, estimator: str, criterion: str) -> str:
    if split == "total":
        return "The split total bounds the Jacobian error only where ∂H commutes with H."
    if estimator == "unrolled" and criterion == "exact":
        return "The split partial bounds the Jacobian error for every ∂H."
    return "The split partial needs no commuting."
