"""Measures from their command line texts, and from their parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from polyunroll.errors import InvalidInput
from polyunroll.measures.discrete import empirical
from polyunroll.measures.gegenbauer import chebyshev, gegenbauer, legendre
from polyunroll.measures.jacobi import jacobi
from polyunroll.measures.marchenko_pastur import marchenko_pastur
from polyunroll.measures.mixture import mixed

__all__ = ["from_values", "parse_measure"]

_FACTORIES: dict[str, tuple[Callable[..., Any], int]] = {
    "chebyshev": (chebyshev, 0),
    "legendre": (legendre, 0),
    "gegenbauer": (gegenbauer, 1),
    "jacobi": (jacobi, 2),
    "marchenko-pastur": (marchenko_pastur, 1),
}


def parse_measure(text: str) -> Any:
    """A measure from its command line text: `chebyshev`, `jacobi:1/2,0`, `marchenko-pastur:1/4`, `eigenvalues:FILE`.

    `mixed:SHARE,FILE` are the eigenvalues in a file, and the Chebyshev weight with that share of their mass.

    Raises
    ------
    InvalidInput
    """
    name, colon, rest = text.strip().partition(":")
    if name == "eigenvalues" and rest:
        return empirical(rest)
    if name == "mixed" and "," in rest:
        share, _, file = rest.partition(",")
        return mixed([empirical(file), chebyshev()], [1, share])
    arguments = rest.split(",") if colon else []
    factory, count = _FACTORIES.get(name, (None, 0))
    if factory is None or len(arguments) != count or ":" in rest:
        raise InvalidInput(
            f"measure = {text!r} is not known; give chebyshev, legendre or gegenbauer:a with a > -1/2, "
            "jacobi:alpha,beta with both > -1, marchenko-pastur:ratio with ratio > 0, eigenvalues:FILE or "
            "mixed:share,FILE"
        )
    return factory(*arguments)


def from_values(values: Mapping[str, Any]) -> Any:
    """The measure with these parameters: a, or alpha and beta, or ratio.

    Raises
    ------
    InvalidInput
    """
    if "a" in values:
        return gegenbauer(values["a"])
    return marchenko_pastur(values["ratio"]) if "ratio" in values else jacobi(values["alpha"], values["beta"])
