"""Quadratics that are affine in their outer parameters: H(θ) = H + Σθ_i H_i, b(θ) = b + Bθ."""

from __future__ import annotations

import numpy as np

from polyunroll.problems.checks import Array, real_array
from polyunroll.problems.quadratic import QuadraticProblem

__all__ = ["QuadraticFamily"]


class QuadraticFamily:
    """f(x, θ) = ½ xᵀH(θ)x + b(θ)ᵀx with H and b affine in θ.

    Parameters
    ----------
    H
        H(0), shape (n, n), symmetric and dense.
    b
        b(0), shape (n,).
    dH
        The matrices H_i, shape (p, n, n); `None` means 0.
    db
        The columns of B, shape (n, p); `None` means 0.

    Raises
    ------
    InvalidInput
        As `QuadraticProblem`.

    Examples
    --------
    >>> import numpy as np
    >>> family = QuadraticFamily(np.eye(2), [1.0, 2.0], dH=[np.eye(2)])
    >>> family.at([1.0]).solution()
    array([-0.5, -1. ])
    """

    def __init__(self, H: Array, b: Array, dH: Array = None, db: Array = None) -> None:
        self._origin = QuadraticProblem(real_array("H", H, (None, None)), b, dH, db)
        self.parameters = self._origin.parameters
        n = self._origin.dimension
        self._dH = np.zeros((self.parameters, n, n)) if dH is None else np.asarray(dH, dtype=np.float64)
        self._db = np.zeros((n, self.parameters)) if db is None else np.asarray(db, dtype=np.float64)

    def at(self, outer: Array) -> QuadraticProblem:
        """Give the quadratic at θ = `outer`, shape (p,).

        Raises
        ------
        InvalidInput
            If `outer` has another shape or is not finite.
        """
        theta = real_array("outer", outer, (self.parameters,))
        H = self._origin.hessian() + np.tensordot(theta, self._dH, 1)
        return QuadraticProblem(H, self._origin.linear() + self._db @ theta, self._dH, self._db)
