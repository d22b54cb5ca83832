"""The methods, one family a file; each is found by being here."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method

__all__ = ["Method", "families", "family"]


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
