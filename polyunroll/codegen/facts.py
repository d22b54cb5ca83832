"""What an emitted file says about itself: the method, its exact parameters, what is proved, how to make it again."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import ROUND_CEILING
from fractions import Fraction
from typing import Any

from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import PolyunrollError
from polyunroll.methods import families
from polyunroll.methods.base import Method
from polyunroll.output.checksums import sha256_of_data
from polyunroll.output.literals import decimal_literal, directed_decimal

__all__ = ["Facts", "facts_of"]

_DIGITS = 4
_WIDTH = 84
_LONGEST = 400
"""Longer numbers are told by their checksum."""
_WORDS = re.compile(r'(?:"[^"]*"|[^"\s])+')


@dataclass(frozen=True)
class Facts:
    """Lines of plain ASCII text without quotation marks other than those of JSON, and without backslashes.

    Attributes
    ----------
    method : str
        Its name on the command line.
    parameters, bounds, regenerate : tuple of str
    """

    method: str
    parameters: tuple[str, ...]
    bounds: tuple[str, ...]
    regenerate: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """All of them, as paragraphs."""
        return [*self.parameters, "", *self.bounds, "", *self.regenerate]


def facts_of(method: Method, steps: int, target: str, derivative: str | None) -> Facts:
    """What a file says about a method's first steps."""
    found = Facts(
        _plain(method.name),
        tuple(map(_plain, _parameters(method))),
        tuple(map(_plain, _bounds(method, steps))),
        tuple(map(_plain, _regenerate(method, steps, target, derivative))),
    )
    return found


def _plain(text: str) -> str:
    """Refuse what could end a docstring or a comment; nothing that gets here should have it."""
    if not text.isascii() or not text.isprintable() or any(mark in text for mark in ("\\", '"""', "*/", "/*")):
        raise AssertionError(f"{text!r} may not stand in an emitted file")
    return text


def _parameters(method: Method) -> list[str]:
    data = method.as_data()
    lines = ["Parameters, exactly:"]
    lines += [f"    {name} = {_short(value)}" for name, value in data["parameters"].items()]
    for name, values in data.get("tables", {}).items():
        text = ", ".join(values)
        if len(text) <= _LONGEST:
            lines += [f"    {name} at each step:", *_wrapped(text, "        ")]
        else:
            lines.append(f"    {name} at each step: {len(values)} exact numbers, whose SHA-256 as JSON is")
            lines.append(f"        {sha256_of_data(values)}")
    return lines


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"a number of {len(text)} characters, SHA-256 {sha256_of_data(text)}"


def _wrapped(text: str, indent: str) -> list[str]:
    """Text in lines, broken at spaces that are not within quotation marks."""
    lines, line = [], indent
    for word in _WORDS.findall(text):
        if line.strip() and len(line) + len(word) > _WIDTH:
            lines.append(line.rstrip())
            line = indent
        line += word + " "
    return [*lines, line.rstrip()]


def _bounds(method: Method, steps: int) -> list[str]:
    """The proved worst cases at the last step, in both splits, each rounded up."""
    try:
        P, D, E = (
            _upper(worst_case(method, steps, R=R, G=G, split=split, digits=8).upper)
            for R, G, split in ((1, 0, "partial"), (0, 1, "partial"), (1, 0, "total"))
        )
    except PolyunrollError as error:
        reason = " ".join(str(error).encode("ascii", "replace").decode().replace("\\", "/").split())
        reason = reason.replace('"', "'").replace("*/", "* /").replace("/*", "/ *")
        return _wrapped(f"No worst case at step {steps} is proved here: {reason}", "")
    T = steps
    return [
        "Proved for every symmetric H with its eigenvalues in [ell, L] and x* the minimiser",
        "(derivatives in Frobenius's norm):",
        f"    |x_{T} - x*| <= {P} |x_0 - x*|",
        f"    |dx_{T} - dx*| <= {P} |dx_0 - dx*| + {D} |dH| |x_0 - x*|",
        "        (split partial: for every dH)",
        f"    |dx_{T} - dx*| <= {E} |dx_0 - dx*| + {D} |d(grad f(x_0))|",
        "        (split total: only where each dH commutes with H)",
    ]


def _upper(value: Fraction) -> str:
    """A decimal that is not smaller."""
    return decimal_literal(Fraction(directed_decimal(value, _DIGITS, ROUND_CEILING)), _DIGITS)


def _regenerate(method: Method, steps: int, target: str, derivative: str | None) -> list[str]:
    data: dict[str, Any] = method.as_data()
    text = json.dumps(data)
    asked = f"pu.generate(m, {steps}, target={json.dumps(target)}"
    asked += f", derivative={json.dumps(derivative)})" if derivative else ")"
    if len(text) > 4 * _LONGEST or families().get(method.name) is not type(method):
        return ["To write it again, with m the method with the parameters above:", f"    {asked}"]
    return [
        "To write it again:",
        "    import polyunroll as pu",
        "    from polyunroll.methods import method_from_data",
        "    m = method_from_data(",
        *_wrapped(text, "        "),
        "    )",
        f"    {asked}",
    ]
