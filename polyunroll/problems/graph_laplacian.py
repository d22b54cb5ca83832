"""Graph Laplacian regularisation: f(x) = ½ ‖S(x − y)‖² + (μ/2) xᵀLx, S keeping the nodes where y is known.

    H = SᵀS + μ Cᵀdiag(w)C,    b = −SᵀS y.

With all nodes known it denoises, and ∂_μH = L commutes with H; with some of them it interpolates, and does not.
Outer parameters are μ or the edge weights w. All matrices are sparse.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, positive_number, real_array, weights_of
from polyunroll.problems.graphs import incidence, known_nodes
from polyunroll.problems.quadratic import Quadratic, RotatedDerivative
from polyunroll.problems.solve import spectral_norm

__all__ = ["GraphPenalty", "GraphWeights"]


class GraphSmoothing(Quadratic):
    """Graph Laplacian regularisation; a subclass says which numbers are its outer parameters.

    Parameters
    ----------
    y
        Shape (n,): the signal; what it is where `known` is false does not matter.
    edges
        Shape (e, 2), whole numbers: see `problems.graphs`.
    mu
        μ > 0.
    weights
        Shape (e,), all at or above 0; `None` means 1 each.
    known
        Shape (n,), booleans; `None` means all.

    Raises
    ------
    InvalidInput
        If a shape does not fit, an entry is not finite, μ ≤ 0, a weight is negative or nothing is known. That every
        connected part has a known node is found out by the first direct solve.
    """

    def __init__(self, y: Array, edges: Array, mu: float, weights: Array = None, known: Array = None) -> None:
        self.y = real_array("y", y, (None,))
        n = len(self.y)
        self._C = incidence(n, edges)
        self.edges = np.asarray(edges)
        e = self._C.shape[0]
        self.mu = positive_number("mu", mu)
        self.weights = weights_of(weights, e)
        self.known = known_nodes(known, n)
        if not self.known.any():
            raise InvalidInput("known is false everywhere; allowed is at least one known node")
        self._L = scipy.sparse.csc_array(self._C.T @ (scipy.sparse.diags_array(self.weights) @ self._C))
        self._H = scipy.sparse.csc_array(scipy.sparse.diags_array(self.known.astype(float)) + self.mu * self._L)
        self._b: Doubles = -np.where(self.known, self.y, 0.0)
        self._b.flags.writeable = False

    def hessian(self) -> Array:
        """H, shape (n, n), sparse."""
        return self._H

    def linear(self) -> Doubles:
        """b, shape (n,)."""
        return self._b


class GraphPenalty(GraphSmoothing):
    """Graph Laplacian regularisation with μ as its one outer parameter: ∂H = L."""

    @property
    def parameters(self) -> int:
        """1."""
        return 1

    @property
    def outer(self) -> Doubles:
        """The outer parameter μ, shape (1,)."""
        return np.array([self.mu])

    def at(self, outer: Array) -> GraphPenalty:
        """Take the same graph and signal at another μ: a number, or shape (1,)."""
        value = real_array("outer", outer, (), (1,))
        return GraphPenalty(self.y, self.edges, float(value.reshape(())), self.weights, self.known)

    def _cross(self, x: Array) -> Array:
        return (self._L @ x)[:, None]

    def hessian_derivative_norm(self) -> float:
        """‖L‖_F."""
        return float(np.linalg.norm(self._L.data))

    def commutation_defect(self) -> float:
        """‖HL − LH‖_F/(‖H‖₂ ‖L‖_F); 0 where all nodes are known."""
        size = self.hessian_derivative_norm()
        if size == 0 or self.known.all():
            return 0.0
        product = self._H @ self._L
        return float(np.linalg.norm((product - product.T).toarray()) / (size * spectral_norm(self._H)))

    def rotated_derivative(self, V: Array) -> RotatedDerivative:
        """(D, w) ↦ [D ∘ (VᵀLV)] w as one column; see `Quadratic.rotated_derivative`."""
        basis = real_array("V", V, (self.dimension, self.dimension))
        turned = basis.T @ (self._L @ basis)
        return lambda D, w: ((D * turned) @ w)[:, None]


class GraphWeights(GraphSmoothing):
    """Graph Laplacian regularisation with the edge weights as outer parameters: ∂_eH = μ c_e c_eᵀ."""

    @property
    def parameters(self) -> int:
        """Number e of edges."""
        return len(self.weights)

    @property
    def outer(self) -> Doubles:
        """The outer parameters w, shape (e,)."""
        return self.weights

    def at(self, outer: Array) -> GraphWeights:
        """Take the same graph and signal at other edge weights, shape (e,)."""
        return GraphWeights(self.y, self.edges, self.mu, outer, self.known)

    def _cross(self, x: Array) -> Array:
        return self.mu * (self._C.T @ scipy.sparse.diags_array(self._C @ x)).toarray()

    def _cross_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        differences = self.mu * (self._C @ x)
        return (differences if len(u.shape) == 1 else differences[:, None]) * (self._C @ u)

    def hessian_derivative_norm(self) -> float:
        """2μ√e: ‖c_e‖² = 2."""
        return float(2 * self.mu * np.sqrt(self.parameters))

    def commutation_defect(self) -> float:
        """max_e √2 ‖(I − c_e c_eᵀ/2) H c_e‖/(√2 ‖H‖₂)."""
        if self.parameters == 0:
            return 0.0
        images = (self._H @ self._C.T).T.toarray()
        along = np.asarray((self._C * images).sum(axis=1)).reshape(-1) / 2
        across = images - (scipy.sparse.diags_array(along) @ self._C).toarray()
        return float(np.linalg.norm(across, axis=1).max() / spectral_norm(self._H))

    def rotated_derivative(self, V: Array) -> RotatedDerivative:
        """(D, w) ↦ μ Cᵥᵀ ∘ (D (Cᵥᵀ ∘ w)), Cᵥ = CV, each ∂_eH having rank one; see `Quadratic.rotated_derivative`."""
        turned = (self._C @ real_array("V", V, (self.dimension, self.dimension))).T
        return lambda D, w: self.mu * turned * (D @ (turned * w[:, None]))
