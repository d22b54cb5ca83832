"""The methods, one family a file; each is found by being here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from polyunroll.arithmetic.exact import exact, sqrt
from polyunroll.arithmetic.expression import parse_step
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.spectrum import Spectrum

__all__ = ["Method", "exact_from_text", "families", "family", "method_from_data"]


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
        spectrum = Spectrum(values.pop("ell"), values.pop("L"))
        return family(data["name"]).rebuild(spectrum, values, tables)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"the data describe no method: {error!r}; they must be those of Method.as_data") from None


def exact_from_text(text: str) -> Any:
    """An exact number from its text, square roots of numbers included."""
    if "sqrt" not in text:
        return exact(text)
    return parse_step(text, ()).evaluate(lambda name, lag: None, lambda number: number, sqrt)


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
