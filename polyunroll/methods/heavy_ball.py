"""Polyak's heavy ball."""

from __future__ import annotations

from typing import ClassVar

from polyunroll.methods.base import Method
from polyunroll.program import Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["HeavyBall"]

# with r = √(ℓL): (√L ± √ℓ)² = L + ℓ ± 2r
PROGRAM = Program.of(
    parameters=("ell", "L"),
    constants={
        "root": "sqrt(ell*L)",
        "momentum": "(L+ell-2*root)/(L+ell+2*root)",
        "h_first": "2/(L+ell)",
        "h": "4/(L+ell+2*root)",
    },
    registers=(Register.of("step", "h", "h_first"),),
    states=(State.of("x"), State.of("previous")),
    query={"x": "1"},
    assignments={
        "next": {"x": "1+momentum", "previous": "-momentum", "gradient": "-step"},
        "previous": {"x": "1"},
        "x": {"next": "1"},
    },
)


class HeavyBall(Method):
    """Polyak's heavy ball: the Chebyshev method with its coefficients at their limit t → ∞.

    Momentum ((√L−√ℓ)/(√L+√ℓ))², step 4/(√L+√ℓ)², first step 2/(L+ℓ). Its coefficients lie in ℚ(√(ℓL)).

    Parameters
    ----------
    spectrum : Spectrum

    References
    ----------
    Polyak, USSR Comput. Math. Math. Phys. 4 (1964) 1–17.
    """

    name: ClassVar[str] = "heavy-ball"

    def __init__(self, spectrum: Spectrum) -> None:
        self._define(spectrum, PROGRAM, "Heavy ball")
