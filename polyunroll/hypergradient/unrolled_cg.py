"""Conjugate gradients with fixed coefficients: a block of an unrolled graph solver, and one fixed polynomial.

Each step has r = −∇f(x), p ← r + β_{i−1} p, x ← x + α_i p. With the (α_i, β_i) given beforehand, learned or taken from
one run, it is a program like any other; conjugate gradients that choose them as they go have no fixed polynomial.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from polyunroll.arithmetic.exact import exact, whole_number
from polyunroll.errors import InvalidInput
from polyunroll.interpret.arrays import Array
from polyunroll.methods.base import Method
from polyunroll.program import Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["UnrolledCG", "cg_coefficients"]


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

    def __init__(self, spectrum: Spectrum, alphas: Sequence[Any], betas: Sequence[Any]) -> None:
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


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def cg_coefficients(product: Callable[[Array], Array], rhs: Array, steps: int) -> tuple[list[float], list[float]]:
    """(α_1 … α_T, β_1 … β_{T−1}) of conjugate gradients on Ax = rhs from 0.

    Parameters
    ----------
    product : callable
        v ↦ Av, A symmetric positive definite.
    rhs : array, shape (n,)
    steps : int
        T ≥ 1.

    Raises
    ------
    InvalidInput
        If the residual vanishes before T steps, or A is found not to be positive definite.
    """
    r = np.array(rhs, dtype=np.float64)
    p, rho = r, float(r @ r)
    size = rho
    alphas: list[float] = []
    betas: list[float] = []
    for step in range(1, whole_number(steps, "steps", 1) + 1):
        image = product(p)
        curvature = float(p @ image)
        if rho <= 1e-28 * size or curvature <= 0:
            raise InvalidInput(
                f"conjugate gradients end after {step - 1} steps (residual {rho**0.5:.3g}, pᵀAp = {curvature:.3g}); "
                "give fewer steps, or a positive definite system"
            )
        alphas.append(rho / curvature)
        r = r - alphas[-1] * image
        rho, before = float(r @ r), rho
        betas.append(rho / before)
        p = r + betas[-1] * p
    return alphas, betas[:-1]
