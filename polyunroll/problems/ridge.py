"""Ridge regression, f(x) = 1/(2m) Σ_i w_i (a_iᵀx − y_i)² + θ/2 ‖x‖², with m samples a_i and n features.

    H = Aᵀ diag(w) A / m + θI,    b = −Aᵀ(w ∘ y)/m.

Two choices of outer parameters: the penalty θ (∂H = I, which commutes with every H) and the m sample weights
w (∂_iH = a_i a_iᵀ/m, which does not). Nothing here forms m matrices of shape (n, n).
"""

from __future__ import annotations

import numpy as np

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, positive_number, real_array, weights_of
from polyunroll.problems.quadratic import Quadratic, RotatedDerivative
from polyunroll.problems.solve import spectral_norm


class Ridge(Quadratic):
    """Weighted ridge regression; a subclass says which numbers are its outer parameters.

    Parameters
    ----------
    A
        Shape (m, n): one row a_i for each sample.
    y
        Shape (m,): labels.
    theta
        Penalty θ > 0.
    weights
        Shape (m,), all at or above 0; `None` means 1 each.

    Attributes
    ----------
    A, y, theta, weights
        As given, in read-only doubles.

    Raises
    ------
    InvalidInput
        If a shape does not fit, an entry is not finite, θ ≤ 0 or a weight is negative.
    """

    def __init__(self, A: Array, y: Array, theta: float, weights: Array = None) -> None:
        self.A = real_array("A", A, (None, None))
        m, n = self.A.shape
        if m == 0 or n == 0:
            raise InvalidInput(f"A has shape {self.A.shape}; allowed is at least one sample and one feature")
        self.y = real_array("y", y, (m,))
        self.theta = positive_number("theta", theta)
        self.weights = weights_of(weights, m)
        self._H: Doubles = self.A.T @ (self.weights[:, None] * self.A) / m + self.theta * np.eye(n)
        self._b: Doubles = -(self.A.T @ (self.weights * self.y)) / m
        self._H.flags.writeable = self._b.flags.writeable = False

    def hessian(self) -> Doubles:
        """Hessian H = Aᵀ diag(w) A / m + θI, shape (n, n)."""
        return self._H

    def linear(self) -> Doubles:
        """Linear term b = −Aᵀ(w ∘ y)/m, shape (n,)."""
        return self._b

    def _turned_basis(self, V: Array) -> Doubles:
        return real_array("V", V, (self.dimension, self.dimension))


class RidgePenalty(Ridge):
    """Ridge regression with the penalty θ as its one outer parameter: ∂H = I, ∂b = 0; commutes with H.

    Parameters, attributes and errors are those of `Ridge`.
    """

    @property
    def parameters(self) -> int:
        """1."""
        return 1

    @property
    def outer(self) -> Doubles:
        """The outer parameter θ, shape (1,)."""
        return np.array([self.theta])

    def at(self, outer: Array) -> RidgePenalty:
        """Take the same data at another penalty.

        Parameters
        ----------
        outer
            The new θ > 0: a number, or an array of shape () or (1,).

        Returns
        -------
        RidgePenalty

        Raises
        ------
        InvalidInput
            If `outer` is not one finite number above 0.
        """
        value = real_array("outer", outer, (), (1,))
        return RidgePenalty(self.A, self.y, float(value.reshape(())), self.weights)

    def _cross(self, x: Array) -> Array:
        return x[:, None]

    def hessian_derivative_norm(self) -> float:
        """‖I‖_F = √n."""
        return float(np.sqrt(self.dimension))

    def commutation_defect(self) -> float:
        """0: H commutes with I."""
        return 0.0

    def rotated_derivative(self, V: Array) -> RotatedDerivative:
        """(D, w) ↦ diag(D) ∘ w as one column; see `Quadratic.rotated_derivative`."""
        self._turned_basis(V)
        return lambda D, w: (np.diagonal(D) * w)[:, None]


class RidgeSampleWeights(Ridge):
    """Ridge regression with the m sample weights as outer parameters: ∂_iH = a_i a_iᵀ/m, ∂_ib = −a_i y_i/m.

    In general ∂_iH does not commute with H. Parameters, attributes and errors are those of `Ridge`.
    """

    @property
    def parameters(self) -> int:
        """m, the number of samples."""
        return len(self.y)

    @property
    def outer(self) -> Doubles:
        """The outer parameters w, shape (m,)."""
        return self.weights

    def at(self, outer: Array) -> RidgeSampleWeights:
        """Take the same data at other weights.

        Parameters
        ----------
        outer
            The new weights, shape (m,), all at or above 0.

        Returns
        -------
        RidgeSampleWeights

        Raises
        ------
        InvalidInput
            If the shape is another or a weight is negative or not finite.
        """
        return RidgeSampleWeights(self.A, self.y, self.theta, outer)

    def _cross(self, x: Array) -> Array:
        return self.A.T * (self.A @ x - self.y) / self.parameters

    def _cross_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        residual = (self.A @ x - self.y) / self.parameters
        return (residual if len(u.shape) == 1 else residual[:, None]) * (self.A @ u)

    def hessian_derivative_norm(self) -> float:
        """(Σ_i ‖a_i‖⁴)^½ / m."""
        return float(np.linalg.norm(np.sum(self.A**2, axis=1)) / self.parameters)

    def commutation_defect(self) -> float:
        """max_i √2 ‖(I − a_i a_iᵀ/‖a_i‖²) H a_i‖ / (‖H‖₂ ‖a_i‖), over the samples a_i ≠ 0.

        Equal to the general definition because H a aᵀ − a aᵀH has rank two, and free of its cancellation.
        """
        lengths = np.linalg.norm(self.A, axis=1)
        rows = self.A[lengths > 0] / lengths[lengths > 0, None]
        if len(rows) == 0:
            return 0.0
        images = rows @ self._H
        across = images - np.sum(images * rows, axis=1)[:, None] * rows
        return float(np.sqrt(2) * np.linalg.norm(across, axis=1).max() / spectral_norm(self._H))

    def rotated_derivative(self, V: Array) -> RotatedDerivative:
        """(D, w) ↦ Ãᵀ ∘ (D (Ãᵀ ∘ w))/m with Ã = AV, each ∂_iH having rank one; see `Quadratic`."""
        turned = (self.A @ self._turned_basis(V)).T
        m = self.parameters
        return lambda D, w: turned * (D @ (turned * w[:, None])) / m
