"""Logistic regression with an ℓ2 penalty, f(x) = 1/m Σ_i w_i log(1 + exp(−y_i a_iᵀx)) + θ/2 ‖x‖², labels y_i = ±1.

Outer parameters are the penalty θ or the m sample weights w. The Hessian Aᵀdiag(w ∘ s(1−s))A/m + θI, s the
sigmoids of the margins, lies between θ and λ_max(Aᵀdiag(w)A)/(4m) + θ for every x.
"""

from __future__ import annotations

import numpy as np

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, positive_number, real_array, weights_of
from polyunroll.problems.oracle import CountingOracle

__all__ = ["Logistic", "LogisticLoss", "LogisticPenalty", "LogisticSampleWeights"]


def _minus_sigmoid(margin: Doubles) -> Doubles:
    """−1/(1 + exp(margin)), the slope of log(1 + exp(−margin)), without overflow."""
    small = np.exp(-np.abs(margin))
    return np.where(margin >= 0, -small / (1 + small), -1 / (1 + small))


def _data(A: Array, y: Array) -> tuple[Doubles, Doubles]:
    features = real_array("A", A, (None, None))
    if 0 in features.shape:
        raise InvalidInput(f"A has shape {features.shape}; allowed is at least one sample and one feature")
    labels = real_array("y", y, (len(features),))
    if not np.all(np.abs(labels) == 1):
        i = int(np.argmax(np.abs(labels) != 1))
        raise InvalidInput(f"y[{i}] is {labels[i]}; allowed are the labels −1 and 1")
    return features, labels


class Logistic(CountingOracle):
    """Weighted logistic regression; a subclass says which numbers are its outer parameters.

    Parameters
    ----------
    A
        Shape (m, n): one row a_i for each sample.
    y
        Shape (m,): labels −1 and 1.
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
        If a shape does not fit, an entry is not finite, a label is neither −1 nor 1, θ ≤ 0 or a weight is negative.
    """

    def __init__(self, A: Array, y: Array, theta: float, weights: Array = None) -> None:
        self.A, self.y = _data(A, y)
        m = len(self.y)
        self.theta = positive_number("theta", theta)
        self.weights = weights_of(weights, m)

    @property
    def dimension(self) -> int:
        """Number n of features."""
        return int(self.A.shape[1])

    def bounds(self) -> tuple[float, float]:
        """(θ, λ_max(Aᵀdiag(w)A)/(4m) + θ): every Hessian lies between them, up to the rounding of λ_max."""
        largest = np.linalg.norm(np.sqrt(self.weights)[:, None] * self.A, 2) ** 2
        return self.theta, float(largest / (4 * len(self.y)) + self.theta)

    def _slopes(self, x: Array) -> Doubles:
        """y_i ℓ'(y_i a_iᵀx), shape (m,)."""
        return np.asarray(self.y * _minus_sigmoid(self.y * (self.A @ x)))

    def _gradient(self, x: Array) -> Array:
        return self.A.T @ (self.weights * self._slopes(x)) / len(self.y) + self.theta * x

    def _hvp(self, x: Array, v: Array) -> Array:
        s = -_minus_sigmoid(self.A @ x)
        curvature = self.weights * s * (1 - s) / len(self.y)
        image = self.A @ v
        return self.A.T @ (curvature * image.T).T + self.theta * v


class LogisticPenalty(Logistic):
    """Logistic regression with the penalty θ as its one outer parameter: ∂_θ∇f = x."""

    @property
    def parameters(self) -> int:
        """1."""
        return 1

    @property
    def outer(self) -> Doubles:
        """The outer parameter θ, shape (1,)."""
        return np.array([self.theta])

    def at(self, outer: Array) -> LogisticPenalty:
        """Take the same data at another penalty: a number, or shape (1,); errors as for the class."""
        value = real_array("outer", outer, (), (1,))
        return LogisticPenalty(self.A, self.y, float(value.reshape(())), self.weights)

    def _cross(self, x: Array) -> Array:
        return x[:, None]


class LogisticSampleWeights(Logistic):
    """Logistic regression with the m sample weights as outer parameters."""

    @property
    def parameters(self) -> int:
        """Number m of samples."""
        return len(self.y)

    @property
    def outer(self) -> Doubles:
        """The outer parameters w, shape (m,)."""
        return self.weights

    def at(self, outer: Array) -> LogisticSampleWeights:
        """Take the same data at other weights, shape (m,); errors as for the class."""
        return LogisticSampleWeights(self.A, self.y, self.theta, outer)

    def _cross(self, x: Array) -> Array:
        return self.A.T * self._slopes(x) / len(self.y)

    def _cross_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        slopes = self._slopes(x) / len(self.y)
        return (slopes if len(u.shape) == 1 else slopes[:, None]) * (self.A @ u)


class LogisticLoss:
    """Outer loss E(x) = 1/m Σ_i log(1 + exp(−y_i a_iᵀx)) on samples kept for validation.

    Parameters
    ----------
    A
        Shape (m, n).
    y
        Shape (m,): labels −1 and 1.
    """

    def __init__(self, A: Array, y: Array) -> None:
        self.A, self.y = _data(A, y)

    def value(self, x: Array, theta: Array) -> float:
        """E(x)."""
        return float(np.mean(np.logaddexp(0, -self.y * (self.A @ x))))

    def gradients(self, x: Array, theta: Array) -> tuple[Array, Array]:
        """∇_xE and 0."""
        slopes = self.y * _minus_sigmoid(self.y * (self.A @ x))
        return self.A.T @ slopes / len(self.y), 0.0 * theta
