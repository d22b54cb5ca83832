"""Graph total variation by ADMM: min ½‖S(x − y)‖² + (μ/2) xᵀLx + γ‖Cx‖₁ as a fixed point.

    x ← (SᵀS + μL + ρCᵀC)⁻¹(SᵀSy + ρCᵀ(ε − b)),    ε ← soft(Cx + b, γ/ρ),    b ← b + Cx − ε,

on the state (x, ε, b) of length n + 2e; L = Cᵀdiag(w)C, and S keeps the nodes where y is known, all of them to denoise.
At the fixed point ρb is the multiplier of Cx = ε.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse
import scipy.sparse.csgraph
import scipy.sparse.linalg

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, positive_number, real_array, weights_of
from polyunroll.problems.elastic_net import soft
from polyunroll.problems.graphs import incidence, known_nodes

__all__ = ["GraphTotalVariation"]


class GraphTotalVariation:
    """The ADMM map with θ = (μ, γ, ρ) as outer parameters; a `Contraction` whose constant is not known.

    The solution does not depend on ρ, a run that is not finished does.

    Parameters
    ----------
    y
        Shape (n,): the signal; what it is where `known` is false does not matter.
    edges
        Shape (e, 2), whole numbers: see `problems.graphs`.
    mu, gamma, rho
        All above 0.
    weights
        Shape (e,), of L, all at or above 0; `None` means 1 each.
    known
        Shape (n,), booleans; `None` means all.

    Raises
    ------
    InvalidInput
        If a shape does not fit, an entry is not finite, a number is not above 0, a weight is negative or a connected
        part of the graph has no known node.
    """

    parameters = 3
    modulus: float | None = None

    def __init__(
        self, y: Array, edges: Array, mu: float, gamma: float, rho: float, weights: Array = None, known: Array = None
    ) -> None:
        self.y = real_array("y", y, (None,))
        n = len(self.y)
        self.edges = np.asarray(edges)
        self._C = incidence(n, edges)
        self._n, self._e = n, self._C.shape[0]
        self.mu, self.gamma, self.rho = (
            positive_number(name, value) for name, value in (("mu", mu), ("gamma", gamma), ("rho", rho))
        )
        self.weights = weights_of(weights, self._e)
        self._L = scipy.sparse.csc_array(self._C.T @ (scipy.sparse.diags_array(self.weights) @ self._C))
        self.known = known_nodes(known, n)
        parts = scipy.sparse.csgraph.connected_components(self._C.T @ self._C, directed=False)[1]
        unknown = np.setdiff1d(parts, parts[self.known])
        if len(unknown):
            node = int(np.flatnonzero(parts == unknown[0])[0])
            raise InvalidInput(
                f"the connected part of node {node} has no known node; allowed is at least one in each part"
            )
        self._y: Doubles = np.where(self.known, self.y, 0.0)
        M = scipy.sparse.diags_array(self.known.astype(float)) + self.mu * self._L + self.rho * (self._C.T @ self._C)
        self._solve = scipy.sparse.linalg.splu(scipy.sparse.csc_array(M)).solve

    @property
    def dimension(self) -> int:
        """Length n + 2e of the state (x, ε, b)."""
        return int(self._n + 2 * self._e)

    @property
    def outer(self) -> Doubles:
        """The outer parameters (μ, γ, ρ)."""
        return np.array([self.mu, self.gamma, self.rho])

    def at(self, outer: Array) -> GraphTotalVariation:
        """Take the same graph and signal at other outer parameters, shape (3,)."""
        mu, gamma, rho = real_array("outer", outer, (3,)).tolist()
        return GraphTotalVariation(self.y, self.edges, mu, gamma, rho, self.weights, self.known)

    def signal(self, state: Array) -> Array:
        """The part x of a state, shape (n,)."""
        return state[: self._n]

    def objective(self, x: Array) -> float:
        """½‖S(x − y)‖² + (μ/2) xᵀLx + γ‖Cx‖₁."""
        apart = (x - self.y)[self.known]
        smooth = apart @ apart / 2 + self.mu / 2 * (x @ (self._L @ x))
        return float(smooth + self.gamma * np.abs(self._C @ x).sum())

    def _parts(self, state: Array) -> tuple[Array, Array, Array]:
        return state[: self._n], state[self._n : self._n + self._e], state[self._n + self._e :]

    def _step(self, state: Array) -> tuple[Array, Array, Array]:
        """(x', Cx' + b, the mask where ε' is not 0)."""
        _, epsilon, b = self._parts(state)
        x = self._solve(self._y + self.rho * (self._C.T @ (epsilon - b)))
        t = self._C @ x + b
        return x, t, np.abs(t) > self.gamma / self.rho

    def map(self, x: Array) -> Array:
        """One ADMM step on the state."""
        new, t, _ = self._step(x)
        epsilon = soft(t, self.gamma / self.rho)
        return np.concatenate([new, epsilon, t - epsilon])

    @staticmethod
    def _after(dx: Array, t: Array, de: Array) -> Array:
        return np.concatenate([dx, de, t - de])

    def jvp(self, x: Array, v: Array) -> Array:
        """∂Φ v, v of shape (n + 2e,) or (n + 2e, k)."""
        _, _, inside = self._step(x)
        _, de, db = self._parts(v)
        dx = self._solve(np.ascontiguousarray(self.rho * (self._C.T @ (de - db))))
        t = self._C @ dx + db
        return self._after(dx, t, (inside * t.T).T)

    def vjp(self, x: Array, u: Array) -> Array:
        """∂Φᵀ u."""
        _, _, inside = self._step(x)
        by_x, by_epsilon, by_b = self._parts(u)
        by_t = by_b + inside * (by_epsilon - by_b)
        z = self.rho * (self._C @ self._solve(by_x + self._C.T @ by_t))
        return np.concatenate([np.zeros(self._n), z, by_t - z])

    def parameter_jacobian(self, x: Array) -> Array:
        """∂_θΦ, shape (n + 2e, 3)."""
        new, t, inside = self._step(x)
        _, epsilon, b = self._parts(x)
        by_mu = -self._solve(self._L @ new)
        by_rho = self._solve(self._C.T @ (epsilon - b - self._C @ new))
        columns = []
        slopes = (0.0, 1 / self.rho, -self.gamma / self.rho**2)  # of the threshold γ/ρ
        for dx, slope in zip((by_mu, np.zeros(self._n), by_rho), slopes, strict=True):
            dt = self._C @ dx
            columns.append(self._after(dx, dt, inside * (dt - slope * np.sign(t))))
        return np.stack(columns, 1)

    def parameter_vjp(self, x: Array, u: Array) -> Array:
        """∂_θΦᵀ u, shape (3,)."""
        return self.parameter_jacobian(x).T @ u
