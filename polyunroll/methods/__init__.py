"""The methods, one family a file; each is found by being here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from flint import fmpq, fmpz

from polyunroll.arithmetic.exact import Exact, sqrt
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.spectrum import Spectrum

__all__ = ["Method", "exact_from_text", "families", "family", "method_from_data"]

_RATIONAL = re.compile(r"(-?[0-9]+)(?:/([0-9]+))?\Z")
_SURD = re.compile(r"(?:(-?[0-9]+(?:/[0-9]+)?) ([+-]) |(-?))(?:([0-9]+)\*)?sqrt\(([0-9]+)\)(?:/([0-9]+))?\Z")
_MAX_CHARACTERS, _MAX_SURD_CHARACTERS = 1_000_000, 20_000


@cache
def families() -> dict[str, type[Method]]:
    """Every family by its command line name, discovered from the files of this folder."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    found: dict[str, type[Method]] = {}
    pending = list(Method.__subclasses__())
    while pending:
        cls = pending.pop()
        pending += cls.__subclasses__()
        if cls.name and cls.__module__.startswith(__name__):
            found[cls.name] = cls
    return dict(sorted(found.items()))


def method_from_data(data: Mapping[str, Any]) -> Method:
    """The method that `Method.as_data` described.

    Raises
    ------
    InvalidInput
        If the data describe no method.
    """
    try:
        values = {name: exact_from_text(text) for name, text in data["parameters"].items()}
        tables = {name: [exact_from_text(text) for text in texts] for name, texts in data.get("tables", {}).items()}
        spectrum = Spectrum(values["ell"], values["L"])
        own = {name: value for name, value in values.items() if name not in ("ell", "L")}
        cls = family(data["name"])
        if "base" in data:
            built = cls.rebuild_on(family(data["base"]), spectrum, own, tables)
        else:
            built = cls.rebuild(spectrum, own, tables)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput(f"the data describe no method: {error!r}; they must be those of Method.as_data") from None
    names = {register.name for register in built.program.registers if register.table is not None}
    if set(values) != set(dict(built.values)) or set(tables) != names:
        raise InvalidInput(f"the data have other parameters than {built!r}; they must be those of Method.as_data")
    return built


def exact_from_text(text: Any) -> Exact:
    """The exact number that `fraction_literal` wrote: p, p/q, or a + b*sqrt(d)/c, of any length.

    Raises
    ------
    InvalidInput
        If the text is none of these, or has more than 1 000 000 characters (20 000 with a root).
    """
    if not isinstance(text, str) or len(text) > _MAX_CHARACTERS:
        raise InvalidInput(f"an exact number must be a text of at most {_MAX_CHARACTERS} characters")
    try:
        if match := _RATIONAL.match(text):
            return _quotient(match[1], match[2])
        if len(text) <= _MAX_SURD_CHARACTERS and (match := _SURD.match(text)):
            whole, sign, minus, factor, root, below = match.groups()
            size = _quotient(factor or "1", below) * sqrt(fmpq(fmpz(root)))
            rational, _, bottom = (whole or "0").partition("/")
            return _quotient(rational, bottom) + (-size if sign == "-" or minus else size)
    except ZeroDivisionError:
        raise InvalidInput(f"{text[:60]!r} divides by zero") from None
    raise InvalidInput(f"{text[:60]!r} is not an exact number; it must be p, p/q or a + b*sqrt(d)/c in whole numbers")


def _quotient(top: str, bottom: str | None) -> fmpq:
    return fmpq(fmpz(top), fmpz(bottom or "1"))


def family(name: str) -> type[Method]:
    """The family of a command line name.

    Raises
    ------
    InvalidInput
        If there is none of that name.
    """
    try:
        return families()[name]
    except KeyError:
        raise InvalidInput(f"{name!r} is not a method; choose from {', '.join(families())}") from None
