"""A proved worst case of the Jacobian error, with its certificate, and the verdict on a certificate."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from polyunroll.arithmetic.exact import exact, public, sign
from polyunroll.bounds.burn_in import SCHEMA as BURN_IN_SCHEMA
from polyunroll.bounds.check_burn_in import check_certificate
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods import exact_from_text
from polyunroll.methods.base import Method
from polyunroll.output.literals import decimal_literal, fraction_literal
from polyunroll.report.derivation import heading
from polyunroll.report.tables import Page, check_format, facts
from polyunroll.schedules.base import spectrum_data

__all__ = ["bound", "verdict"]

_PLACE_DIGITS = 12
_MAX_DIGITS = 1000  # as for worst_case
_REPEATED = ("method", "t", "R", "G", "criterion", "split", "estimator", "plain_steps", "lower", "upper")
"""What an answer says in the words of its certificate."""


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
    value = _value(found, digits)
    if format == "json":
        return Page((json.dumps(_data(method, t, R, G, how, found, value), indent=1),), verbatim=True)
    names = _Names.of(criterion, split, estimator)
    if format == "latex":
        symbol = _latex_name(names.symbol, t, plain_steps)
        return Page((f"\\[ {symbol} {_latex_value(value)} \\quad \\text{{(proved)}} \\]",), verbatim=True)
    lines = [
        *heading(method),
        ("t", str(t)),
        ("R, G", f"{_exact(R)}, {_exact(G)}"),
        ("criterion", f"{criterion}: {names.meaning}"),
        ("split", f"{split}: {names.pair}"),
    ]
    if estimator != "unrolled":
        lines.append(("estimator", f"{estimator}, after N = {plain_steps} plain steps"))
    at = _places(found.at)
    sign_of = "in" if value.startswith("[") else "="
    result = f"proved    {_name(names.symbol, t, plain_steps)} {sign_of} {value}{f'    at λ = {at}' if at else ''}"
    narrow = f"relative width {decimal_literal(found.relative_width, 2)}"
    width = _exactly(found, value) if found.width == 0 else narrow
    mixed = sign(exact(R)) > 0 and sign(exact(G)) > 0
    return Page((facts(lines), result, f"{width}, by: {found.proved}\n{_hypothesis(names, split, mixed)}"))


def verdict(path: str) -> tuple[bool, Page]:
    """Whether the certificate in a file is verified, and what to say of it.

    Parameters
    ----------
    path : str
        A JSON file: what `bound` or `burn-in` printed with `--format json`, or the certificate alone.

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
    answer = data if isinstance(data, Mapping) and "certificate" in data else None
    found = data if answer is None else answer["certificate"]
    if not isinstance(found, Mapping):
        raise InvalidInput(f"{path!r} holds no certificate; give a file that 'bound --format json' printed")
    good, sentence = check_certificate(found)
    if found["schema"] == BURN_IN_SCHEMA:
        if good and answer is not None and not _is_burn_in(answer, found):
            good, sentence = False, "the answer is not its certificate's"
        return good, Page((sentence if good else f"not verified: {sentence}",))
    if good and answer is not None:
        for key in _REPEATED:
            if key not in answer or answer[key] != found[key]:
                good, sentence = False, f"the answer's {key} is not its certificate's"
        if good and not _is_value(answer.get("value"), found):
            good, sentence = False, "the answer's value is not what its certificate encloses"
    return good, Page((sentence if good else f"not verified: {sentence}",))


def _is_burn_in(answer: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a burn-in's answer says what its verified certificate does."""
    length = 0 if found["last"] is None else found["last"][0] + 1
    peak, ends = answer.get("peak"), found["peak_value"]
    repeated = all(answer.get(key) == found[key] for key in ("method", "R", "G", "split", "tail_from", "peak_at"))
    return (
        repeated
        and answer.get("length") == length
        and isinstance(peak, Mapping)
        and all(peak.get(end) == ends[end] for end in ("lower", "upper"))
        and _is_value(peak.get("value"), ends)
    )


def _is_value(text: Any, found: Mapping[str, Any]) -> bool:
    """Whether a text is the value of a verified certificate, to the digits it has."""
    if not isinstance(text, str):
        return False
    first = text.strip("[").partition(",")[0]
    digits = len(first.partition("e")[0].replace(".", "").lstrip("0")) - (2 if text.startswith("[") else 0)
    lower, upper = (public(exact_from_text(found[end])) for end in ("lower", "upper"))
    return digits <= _MAX_DIGITS and text == _value(Enclosure(lower, upper), max(digits, 1))


def _data(
    method: Method, t: int, R: Any, G: Any, how: Mapping[str, Any], found: Enclosure, value: str
) -> dict[str, Any]:
    at = found.at if isinstance(found.at, tuple) else () if found.at is None else (found.at,)
    return {
        "method": method.as_data(),
        **({"found": method.found} if method.found else {}),
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
        "certificate": found.certificate,
    }


def _exact(value: Any) -> str:
    return fraction_literal(exact(value))


def _exactly(found: Enclosure, shown: str) -> str:
    """Whether what is shown is all of an exact value."""
    whole = exact(found.upper) == exact(shown)
    return "exactly" if whole else f"exactly {fraction_literal(found.upper)}, rounded above"


def _place(value: Any) -> str:
    """A place as text: an end of the spectrum exactly, anything else as a decimal."""
    if isinstance(value, Fraction) and value.denominator > 10**_PLACE_DIGITS:
        return decimal_literal(value, _PLACE_DIGITS)
    return fraction_literal(value)


def _places(at: Any) -> str:
    if at is None:
        return ""
    return " and ".join(map(_place, at)) if isinstance(at, tuple) else _place(at)


def _value(found: Enclosure, digits: int) -> str:
    """The digits that both ends share; where they share none, the ends, rounded outwards."""
    value = found.decimal(digits)
    if not value.startswith("["):
        return value
    low, high = (decimal_literal(end, digits + 2) for end in (found.lower, found.upper))
    last = Fraction(1, 10 ** (digits + 1))
    if Fraction(low) > found.lower:
        low = decimal_literal(found.lower * (1 - last), digits + 2)
    if Fraction(high) < found.upper:
        high = decimal_literal(found.upper * (1 + last), digits + 2)
    return f"[{low}, {high}]"


class _Names(NamedTuple):
    """How the quantity and what it is made of are called; P_t and P_N stand for the numbers of steps."""

    symbol: str
    meaning: str
    pair: str

    @staticmethod
    def of(criterion: str, split: str, estimator: str) -> _Names:
        first, factors, extra = {
            "unrolled": ("E_t", ["D_t"], "") if split == "total" else ("P_t", ["P_t'"], ""),
            "truncated": ("P_t", ["P_t'", "P_N"], ""),
            "implicit": ("R_t", ["Q_t", "P_N"], ", R_t of the linear solver and Q_t = (1 - R_t)/λ"),
        }[estimator]
        second = " ".join(factors)
        pair = f"{first} and {second}{extra}"
        if split == "partial" and estimator != "unrolled":
            separate = f"max|{first}|R + {' '.join(f'max|{factor}|' for factor in factors)} G"
            return _Names(separate, f"{separate}, as for every criterion in this split", pair)
        separate = f"max|{first}|R + max|{second}|G"
        largest = "the largest error that R and G allow" if split == "total" else "which no error exceeds"
        return {
            "exact": _Names("V_t", f"V_t, {largest}", pair),
            "pointwise": _Names("W_t", f"W_t, the largest |{first}|R + |{second}|G at one λ", pair),
            "separate": _Names(separate, separate, pair),
        }[criterion]


def _name(symbol: str, t: int, plain_steps: int) -> str:
    """A symbol with its numbers of steps."""
    return symbol.replace("_t", f"_{t}").replace("_N", f"_{plain_steps}")


def _latex_name(symbol: str, t: int, plain_steps: int) -> str:
    symbol = re.sub(r"max\|(.+?)\|", r"\\max\\lvert \1 \\rvert ", symbol)
    return " ".join(symbol.replace("_t", f"_{{{t}}}").replace("_N", f"_{{{plain_steps}}}").split())


def _latex_value(value: str) -> str:
    """= the value, or ∈ [its ends]."""
    shown = re.sub(r"e([+-]\d+)", lambda match: f" \\cdot 10^{{{int(match[1])}}}", value)
    return f"\\in {shown}" if value.startswith("[") else f"= {shown}"


def _hypothesis(names: _Names, split: str, mixed: bool) -> str:
    if names.symbol == "W_t" and mixed:
        return "W_t does not bound the Jacobian error in general; V_t does."
    if split == "total":
        return "The split total bounds the Jacobian error only where ∂H commutes with H."
    return "The split partial bounds the Jacobian error for every ∂H."
