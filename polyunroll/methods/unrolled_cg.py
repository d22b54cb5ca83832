"""Conjugate gradients with fixed coefficients: a block of an unrolled graph solver, and one fixed polynomial.

Each step has r = −∇f(x), p ← r + β_{i−1} p, x ← x + α_i p. With the (α_i, β_i) given beforehand, learned or taken from
one run, it is a program like any other; conjugate gradients that choose them as they go have no fixed polynomial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from polyunroll.arithmetic.exact import exact
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method, require_spectrum
from polyunroll.program import Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["UnrolledCG"]


class UnrolledCG(Method):
    """T steps of conjugate gradients with given coefficients; a method with horizon T.

    Parameters
    ----------
    spectrum : Spectrum
    alphas : sequence of exact numbers, length T ≥ 1
        Step lengths; a float means its shortest decimal.
    betas : sequence of exact numbers, length T − 1
        β_1 … β_{T−1}, the share of the old direction in steps 2 … T.

    Raises
    ------
    InvalidInput
        If the lengths do not fit or an entry is no number.
    """

    name: ClassVar[str] = "unrolled-cg"
    options: ClassVar[tuple[str, ...]] = ("coefficients",)

    def __init__(self, spectrum: Spectrum, alphas: Sequence[Any], betas: Sequence[Any]) -> None:
        require_spectrum(spectrum)
        if len(alphas) == 0 or len(betas) != len(alphas) - 1:
            raise InvalidInput(f"there are {len(alphas)} alphas and {len(betas)} betas; give T >= 1 and T - 1 of them")
        lengths = tuple(exact(_plain(a), f"alphas[{i}]") for i, a in enumerate(alphas))
        shares = (exact(0), *(exact(_plain(b), f"betas[{i}]") for i, b in enumerate(betas)))
        program = Program.of(
            parameters=("ell", "L"),
            constants={},
            registers=(Register.tabulated("alpha", lengths), Register.tabulated("beta", shares)),
            states=(State.of("x"), State.of("p", "0")),
            query={"x": "1"},
            assignments={"p": {"p": "beta", "gradient": "-1"}, "x": {"x": "1", "p": "alpha"}},
        )
        self._define(spectrum, program, f"CG, {len(lengths)} fixed steps")

    @classmethod
    def rebuild(cls, spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]) -> UnrolledCG:
        """The method of its tables."""
        return cls(spectrum, tables["alpha"], tables["beta"][1:])

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> UnrolledCG:
        """Take --coefficients: α_1 … α_T and then β_1 … β_(T−1), separated by commas."""
        if "coefficients" not in options:
            raise InvalidInput("the method unrolled-cg needs --coefficients, T alphas and then T - 1 betas")
        numbers = options["coefficients"].split(",")
        T = (len(numbers) + 1) // 2
        return cls(spectrum, numbers[:T], numbers[T:])


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
