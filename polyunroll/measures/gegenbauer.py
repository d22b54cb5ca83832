"""Gegenbauer weights (1−s²)^(a−1/2): Chebyshev (a = 0) and Legendre (a = 1/2) are cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import exact, public, sign
from polyunroll.errors import InvalidInput

__all__ = ["Gegenbauer", "chebyshev", "gegenbauer", "legendre", "parse_measure"]


@dataclass(frozen=True)
class Gegenbauer:
    """The weight (1−s²)^(a−1/2) on [−1, 1], normalised to mass 1.

    Parameters
    ----------
    a : exact number or symbol, a > −1/2

    References
    ----------
    DLMF 18.3 (Table 18.3.1).
    """

    a: Any

    def __str__(self) -> str:
        names = {fmpq(0): "chebyshev", fmpq(1, 2): "legendre"}
        return names.get(self.a, f"gegenbauer:{public(self.a)}") if isinstance(self.a, fmpq) else f"gegenbauer:{self.a}"


def gegenbauer(a: Any) -> Gegenbauer:
    """The Gegenbauer weight with parameter a.

    Raises
    ------
    InvalidInput
        If a ≤ −1/2: the weight is not integrable.
    """
    number = exact(a, "a")
    if type(number).__name__ != "Symbolic" and sign(number + fmpq(1, 2)) <= 0:
        raise InvalidInput(f"a = {a} is not allowed; the Gegenbauer weight (1-s^2)^(a-1/2) needs a > -1/2")
    return Gegenbauer(number)


def chebyshev() -> Gegenbauer:
    """The Chebyshev weight (1−s²)^(−1/2)."""
    return gegenbauer(0)


def legendre() -> Gegenbauer:
    """The Legendre weight, ds."""
    return gegenbauer("1/2")


_FACTORIES = {"chebyshev": (chebyshev, 0), "legendre": (legendre, 0), "gegenbauer": (gegenbauer, 1)}


def parse_measure(text: str) -> Gegenbauer:
    """A measure from its command line text: `chebyshev`, `legendre` or `gegenbauer:a`.

    Raises
    ------
    InvalidInput
    """
    name, *arguments = text.strip().split(":")
    factory, count = _FACTORIES.get(name, (None, 0))
    if factory is None or len(arguments) != count:
        raise InvalidInput(f"measure = {text!r} is not known; give chebyshev, legendre or gegenbauer:a with a > -1/2")
    return factory(*arguments)  # type: ignore[operator,no-any-return]
