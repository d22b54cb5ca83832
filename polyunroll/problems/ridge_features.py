"""Ridge regression with a penalty of its own for each feature, f(x) = 1/(2m) ‖Ax − y‖² + ½ Σ_j θ_j x_j²."""

from __future__ import annotations

import numpy as np

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, real_array
from polyunroll.problems.quadratic import Quadratic, RotatedDerivative
from polyunroll.problems.solve import spectral_norm

__all__ = ["RidgeFeaturePenalties"]


class RidgeFeaturePenalties(Quadratic):
    """H = AᵀA/m + diag(θ), b = −Aᵀy/m, with the n penalties as outer parameters: ∂_jH = e_j e_jᵀ, ∂b = 0.

    In general ∂_jH does not commute with H.

    Parameters
    ----------
    A
        Shape (m, n): one row for each sample.
    y
        Shape (m,): labels.
    theta
        Shape (n,): penalties, all above 0.

    Raises
    ------
    InvalidInput
        If a shape does not fit, an entry is not finite or a penalty is not above 0.
    """

    def __init__(self, A: Array, y: Array, theta: Array) -> None:
        self.A = real_array("A", A, (None, None))
        m, n = self.A.shape
        if m == 0 or n == 0:
            raise InvalidInput(f"A has shape {self.A.shape}; allowed is at least one sample and one feature")
        self.y = real_array("y", y, (m,))
        self.theta = real_array("theta", theta, (n,))
        if self.theta.min() <= 0:
            j = int(self.theta.argmin())
            raise InvalidInput(f"theta[{j}] is {self.theta[j]}; allowed are penalties above 0")
        self._H: Doubles = self.A.T @ self.A / m + np.diag(self.theta)
        self._b: Doubles = -(self.A.T @ self.y) / m
        self._H.flags.writeable = self._b.flags.writeable = False

    @property
    def parameters(self) -> int:
        """n, one for each feature."""
        return len(self.theta)

    @property
    def outer(self) -> Doubles:
        """The outer parameters θ, shape (n,)."""
        return self.theta

    def at(self, outer: Array) -> RidgeFeaturePenalties:
        """Take the same data at other penalties, shape (n,); errors as for the class."""
        return RidgeFeaturePenalties(self.A, self.y, outer)

    def hessian(self) -> Doubles:
        """H, shape (n, n)."""
        return self._H

    def linear(self) -> Doubles:
        """b, shape (n,)."""
        return self._b

    def _cross(self, x: Array) -> Array:
        return np.diag(x)

    def _cross_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        return (x if len(u.shape) == 1 else x[:, None]) * u

    def hessian_derivative_norm(self) -> float:
        """√n: each ∂_jH has norm 1."""
        return float(np.sqrt(self.parameters))

    def commutation_defect(self) -> float:
        """max_j √2 ‖(H e_j) off the diagonal‖ / ‖H‖₂."""
        off = self._H - np.diag(np.diagonal(self._H))
        return float(np.sqrt(2) * np.linalg.norm(off, axis=0).max() / spectral_norm(self._H))

    def rotated_derivative(self, V: Array) -> RotatedDerivative:
        """(D, w) ↦ Vᵀ ∘ (D (Vᵀ ∘ w)), each ∂_jH having rank one; see `Quadratic.rotated_derivative`."""
        turned = np.asarray(real_array("V", V, (self.dimension, self.dimension)).T)
        return lambda D, w: turned * (D @ (turned * w[:, None]))
