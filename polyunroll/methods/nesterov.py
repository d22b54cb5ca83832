"""Nesterov's accelerated gradient with constant momentum, for strongly convex functions."""

from __future__ import annotations

from typing import ClassVar

from polyunroll.methods.base import Method
from polyunroll.program import Program, State
from polyunroll.spectrum import Spectrum

__all__ = ["Nesterov"]

PROGRAM = Program.of(
    parameters=("ell", "L"),
    constants={"root": "sqrt(ell*L)", "momentum": "(L-root)/(L+root)", "h": "1/L"},
    states=(State.of("x"), State.of("previous")),
    query={"x": "1+momentum", "previous": "-momentum"},
    assignments={
        "next": {"x": "1+momentum", "previous": "-momentum", "gradient": "-h"},
        "previous": {"x": "1"},
        "x": {"next": "1"},
    },
)


class Nesterov(Method):
    """Nesterov's method: a gradient step 1/L from x + β(x − previous), β = (1−√κ)/(1+√κ).

    Its coefficients lie in ℚ(√(ℓL)).

    Parameters
    ----------
    spectrum : Spectrum

    References
    ----------
    Nesterov, Introductory Lectures on Convex Optimization (2004), scheme 2.2.11 (constant step III).
    """

    name: ClassVar[str] = "nesterov"

    def __init__(self, spectrum: Spectrum) -> None:
        self._define(spectrum, PROGRAM, "Nesterov")
