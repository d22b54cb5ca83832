"""Elastic net and lasso by proximal gradient: min 1/(2m) ‖Ax − y‖² + θ_1 ‖x‖₁ + θ_2/2 ‖x‖².

    Φ(x) = soft(x − h(H x − b̃), hθ_1),    H = AᵀA/m + θ_2 I,    b̃ = Aᵀy/m.

Soft thresholding has the conservative Jacobian diag(|u| > hθ_1) in its argument u and −sign(u)·(|u| > hθ_1) in the
threshold. Once the support S and the signs stay as they are, a step is gradient descent on the quadratic with
H_SS and the linear term θ_1 s − b̃_S: what is known of quadratics holds from there on, with the reduced H.
"""

from __future__ import annotations

import numpy as np

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, positive_number, real_array
from polyunroll.problems.quadratic import QuadraticProblem

__all__ = ["ElasticNet", "Lasso", "soft"]


def soft(u: Doubles, threshold: float) -> Doubles:
    """sign(u)·max(|u| − threshold, 0), the proximal map of threshold·‖·‖₁."""
    return np.asarray(np.sign(u) * np.maximum(np.abs(u) - threshold, 0.0))


class ElasticNet:
    """The proximal gradient map of the elastic net, with θ = (θ_1, θ_2) as outer parameters; a `Contraction`.

    Parameters
    ----------
    A
        Shape (m, n): one row for each sample.
    y
        Shape (m,): labels.
    theta1, theta2
        Penalties of ‖x‖₁ and ½‖x‖², both above 0 (`Lasso` is the case θ_2 = 0).
    step
        h > 0; `None` means 2/(λ_max + λ_min + 2θ_2), the least contraction constant, with the eigenvalues of AᵀA/m.
        It does not change when `at` changes θ.

    Attributes
    ----------
    modulus : float
        max |1 − hλ| over the eigenvalues of H: a Lipschitz constant of Φ.

    Raises
    ------
    InvalidInput
        If a shape does not fit, an entry is not finite, or a number is not above 0.
    """

    parameters = 2

    def __init__(self, A: Array, y: Array, theta1: float, theta2: float, step: float | None = None) -> None:
        self.A = real_array("A", A, (None, None))
        if 0 in self.A.shape:
            raise InvalidInput(f"A has shape {self.A.shape}; allowed is at least one sample and one feature")
        self.y = real_array("y", y, (len(self.A),))
        self.theta1, self.theta2 = positive_number("theta1", theta1), self._ridge(theta2)
        m, n = self.A.shape
        values = np.zeros(n)
        found = np.linalg.svd(self.A, compute_uv=False) ** 2 / m
        values[: len(found)] = found
        values += self.theta2
        if values.max() == 0:
            raise InvalidInput("A has no nonzero entry; allowed is a matrix that has one")
        self.step = float(2 / (values.max() + values.min())) if step is None else positive_number("step", step)
        self.modulus = float(np.abs(1 - self.step * values).max())
        self._H: Doubles = self.A.T @ self.A / m + self.theta2 * np.eye(n)
        self._b: Doubles = self.A.T @ self.y / m

    @staticmethod
    def _ridge(theta2: float) -> float:
        return positive_number("theta2", theta2)

    @property
    def dimension(self) -> int:
        """Number n of features."""
        return int(self.A.shape[1])

    @property
    def outer(self) -> Doubles:
        """The outer parameters (θ_1, θ_2)."""
        return np.array([self.theta1, self.theta2])

    def at(self, outer: Array) -> ElasticNet:
        """Take the same data and step at other penalties, shape (2,); errors as for the class."""
        theta1, theta2 = real_array("outer", outer, (2,)).tolist()
        return ElasticNet(self.A, self.y, theta1, theta2, self.step)

    def _before(self, x: Array) -> Doubles:
        return np.asarray(x - self.step * (self._H @ x - self._b))

    def support(self, x: Array) -> Array:
        """Where Φ(x) is not 0: a boolean array of shape (n,)."""
        return np.abs(self._before(x)) > self.step * self.theta1

    def map(self, x: Array) -> Array:
        """Φ(x)."""
        return soft(self._before(x), self.step * self.theta1)

    def jvp(self, x: Array, v: Array) -> Array:
        """∂_xΦ v = D(v − hHv), D the diagonal of the support; v of shape (n,) or (n, k)."""
        return (self.support(x) * (v - self.step * (self._H @ v)).T).T

    def vjp(self, x: Array, u: Array) -> Array:
        """∂_xΦᵀ u = (I − hH) D u."""
        inside = (self.support(x) * u.T).T
        return inside - self.step * (self._H @ inside)

    def parameter_jacobian(self, x: Array) -> Array:
        """∂_θΦ = −h D (sign, x), shape (n, 2)."""
        before = self._before(x)
        inside = np.abs(before) > self.step * self.theta1
        return -self.step * np.stack([inside * np.sign(before), inside * x], 1)[:, : self.parameters]

    def parameter_vjp(self, x: Array, u: Array) -> Array:
        """∂_θΦᵀ u, shape (p,)."""
        return self.parameter_jacobian(x).T @ u

    def objective(self, x: Array) -> float:
        """1/(2m) ‖Ax − y‖² + θ_1 ‖x‖₁ + θ_2/2 ‖x‖²."""
        fit = self.A @ x - self.y
        return float(fit @ fit / (2 * len(self.y)) + self.theta1 * np.abs(x).sum() + self.theta2 * (x @ x) / 2)

    def reduced(self, x: Array) -> QuadraticProblem:
        """The quadratic that the steps descend as long as support and signs are those at x.

        Its variables are the entries of x in the support S, its Hessian is H_SS, its linear term θ_1 s − b̃_S, and
        its outer parameters are those of this problem; ∂H commutes with H.

        Raises
        ------
        InvalidInput
            If the support is empty: Φ is 0 near x and there is nothing left.
        """
        before = self._before(real_array("x", x, (self.dimension,)))
        inside = np.flatnonzero(np.abs(before) > self.step * self.theta1)
        if len(inside) == 0:
            raise InvalidInput("the support at x is empty; allowed is an x where Φ(x) is not 0")
        signs, k = np.sign(before[inside]), len(inside)
        dH = np.stack([np.zeros((k, k)), np.eye(k)])[: self.parameters]
        db = np.stack([signs, np.zeros(k)], 1)[:, : self.parameters]
        return QuadraticProblem(self._H[np.ix_(inside, inside)], self.theta1 * signs - self._b[inside], dH, db)


class Lasso(ElasticNet):
    """The proximal gradient map of the lasso, θ_1 being its one outer parameter.

    Φ is a contraction only where A has full column rank; `modulus` says so.

    Parameters
    ----------
    A, y, theta1, step
        As for `ElasticNet`; the default step is 2/(λ_max + λ_min).

    Raises
    ------
    InvalidInput
        As `ElasticNet`.
    """

    parameters = 1

    def __init__(self, A: Array, y: Array, theta1: float, step: float | None = None) -> None:
        super().__init__(A, y, theta1, 0.0, step)

    @staticmethod
    def _ridge(theta2: float) -> float:
        return theta2

    @property
    def outer(self) -> Doubles:
        """The outer parameter θ_1, shape (1,)."""
        return np.array([self.theta1])

    def at(self, outer: Array) -> Lasso:
        """Take the same data and step at another penalty: a number, or shape (1,)."""
        value = real_array("outer", outer, (), (1,))
        return Lasso(self.A, self.y, float(value.reshape(())), self.step)
