"""The coefficients that conjugate gradients choose on one system, for `UnrolledCG`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.interpret.arrays import Array
from polyunroll.problems.checks import real_array

__all__ = ["cg_coefficients"]


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
        If a shape does not fit, a value is not finite, the residual vanishes before T steps, or A is found not to be
        positive definite.
    """
    r = np.array(real_array("rhs", rhs, (None,)))
    p, rho = r, float(r @ r)
    size = rho
    alphas: list[float] = []
    betas: list[float] = []
    for step in range(1, whole_number(steps, "steps", 1) + 1):
        image = real_array("what product gives", product(p), r.shape)
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
