"""Learning a graph from smooth signals by primal–dual splitting.

    min over w ≥ 0 of 2zᵀw + β‖w‖² − α 1ᵀlog(Dw),

w being edge weights, z squared distances between the signals at the ends of the edges, and D the matrix that takes
weights to degrees. On the state (w, v), with step g:

    y1 = w − g(2βw + 2z + Dᵀv),    y2 = v + gDw,    p1 = max(y1, 0),    p2 = (y2 − √(y2² + 4gα))/2,
    q1 = p1 − g(2βp1 + 2z + Dᵀp2),    q2 = p2 + gDp1,    w ← w + q1 − y1,    v ← v + q2 − y2.

At the fixed point v = −α/(Dw). It converges for g < 1/(2β + ‖D‖₂).
"""

from __future__ import annotations

import numpy as np

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, positive_number, real_array
from polyunroll.problems.graphs import degree_matrix

__all__ = ["GraphLearning"]


class GraphLearning:
    """The primal–dual map with θ = (β, α, g) as outer parameters; a `Contraction` whose constant is not known.

    The solution does not depend on g, a run that is not finished does.

    Parameters
    ----------
    n
        Number of nodes.
    edges
        Shape (e, 2), whole numbers: the edges that may be there, such as `graphs.all_edges(n)`; every node has one.
    z
        Shape (e,), at or above 0.
    beta, alpha
        Above 0.
    step
        g, above 0 and below 1/(2β + ‖D‖₂); `None` means 0.9 times that.

    Raises
    ------
    InvalidInput
        If a shape does not fit, an entry is not finite or a number is out of range.
    """

    parameters = 3
    modulus: float | None = None

    def __init__(self, n: int, edges: Array, z: Array, beta: float, alpha: float, step: float | None = None) -> None:
        self._D = degree_matrix(n, edges)
        self.n, self._e = self._D.shape
        self.edges = np.asarray(edges)
        self.z = real_array("z", z, (self._e,))
        if self._e == 0 or self.z.min() < 0:
            raise InvalidInput("z has a negative entry or none at all; allowed are squared distances, at or above 0")
        alone = np.flatnonzero(self._D.sum(axis=1) == 0)
        if len(alone):
            raise InvalidInput(f"node {int(alone[0])} has no edge; allowed is a graph where every node has one")
        self.beta, self.alpha = positive_number("beta", beta), positive_number("alpha", alpha)
        largest = 1 / (2 * self.beta + float(np.linalg.norm(self._D.toarray(), 2)))
        self.step = 0.9 * largest if step is None else positive_number("step", step)
        if self.step >= largest:
            raise InvalidInput(f"step is {self.step}; it must be below 1/(2 beta + ‖D‖₂) = {largest:.6g}")

    @property
    def dimension(self) -> int:
        """Length e + n of the state (w, v)."""
        return int(self._e + self.n)

    @property
    def outer(self) -> Doubles:
        """The outer parameters (β, α, g)."""
        return np.array([self.beta, self.alpha, self.step])

    def at(self, outer: Array) -> GraphLearning:
        """Take the same distances at other outer parameters, shape (3,)."""
        beta, alpha, step = real_array("outer", outer, (3,)).tolist()
        return GraphLearning(self.n, self.edges, self.z, beta, alpha, step)

    def weights(self, state: Array) -> Array:
        """The part w of a state, shape (e,)."""
        return state[: self._e]

    def objective(self, w: Array) -> float:
        """2zᵀw + β‖w‖² − α 1ᵀlog(Dw)."""
        return float(2 * self.z @ w + self.beta * (w @ w) - self.alpha * np.log(self._D @ w).sum())

    def _halves(self, state: Array) -> tuple[Array, Array]:
        return state[: self._e], state[self._e :]

    def _first(self, state: Array) -> tuple[Array, Array, Array, Array, Array]:
        """(y1, y2, p1, p2, √(y2² + 4gα))."""
        w, v = self._halves(state)
        g = self.step
        y1 = w - g * (2 * self.beta * w + 2 * self.z + self._D.T @ v)
        y2 = v + g * (self._D @ w)
        root = np.sqrt(y2**2 + 4 * g * self.alpha)
        return y1, y2, np.maximum(y1, 0.0), (y2 - root) / 2, root

    def map(self, x: Array) -> Array:
        """One primal–dual step on the state."""
        w, v = self._halves(x)
        y1, y2, p1, p2, _ = self._first(x)
        q1 = p1 - self.step * (2 * self.beta * p1 + 2 * self.z + self._D.T @ p2)
        q2 = p2 + self.step * (self._D @ p1)
        return np.concatenate([w + q1 - y1, v + q2 - y2])

    def _onward(self, x: Array, dy1: Array, dy2: Array, direct: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        """(dq1 − dy1, dq2 − dy2) from changes of y1 and y2 and what reaches p2, q1 and q2 directly."""
        y1, y2, _, _, root = self._first(x)
        dp1 = ((y1 > 0) * dy1.T).T
        dp2 = ((1 - y2 / root) / 2 * dy2.T).T + direct[0]
        dq1 = dp1 - self.step * (2 * self.beta * dp1 + self._D.T @ dp2) + direct[1]
        dq2 = dp2 + self.step * (self._D @ dp1) + direct[2]
        return dq1 - dy1, dq2 - dy2

    def jvp(self, x: Array, v: Array) -> Array:
        """∂Φ v, v of shape (e + n,) or (e + n, k)."""
        dw, dv = self._halves(v)
        dy1 = dw - self.step * (2 * self.beta * dw + self._D.T @ dv)
        dy2 = dv + self.step * (self._D @ dw)
        first, second = self._onward(x, dy1, dy2, (0.0, 0.0, 0.0))
        return np.concatenate([dw + first, dv + second])

    def vjp(self, x: Array, u: Array) -> Array:
        """∂Φᵀ u."""
        by_q1, by_q2 = self._halves(u)
        y1, y2, _, _, root = self._first(x)
        g, shrink = self.step, 1 - 2 * self.step * self.beta
        by_p1 = shrink * by_q1 + g * (self._D.T @ by_q2)
        by_p2 = by_q2 - g * (self._D @ by_q1)
        by_y1 = (y1 > 0) * by_p1 - by_q1
        by_y2 = (1 - y2 / root) / 2 * by_p2 - by_q2
        return np.concatenate(
            [
                by_q1 + shrink * by_y1 + g * (self._D.T @ by_y2),
                by_q2 - g * (self._D @ by_y1) + by_y2,
            ]
        )

    def parameter_jacobian(self, x: Array) -> Array:
        """∂_θΦ, shape (e + n, 3)."""
        w, v = self._halves(x)
        _, _, p1, p2, root = self._first(x)
        g, none_w, none_v = self.step, np.zeros(self._e), np.zeros(self.n)
        by_beta = self._onward(x, -2 * g * w, none_v, (none_v, -2 * g * p1, none_v))
        by_alpha = self._onward(x, none_w, none_v, (-g / root, none_w, none_v))
        by_step = self._onward(
            x,
            -(2 * self.beta * w + 2 * self.z + self._D.T @ v),
            self._D @ w,
            (-self.alpha / root, -(2 * self.beta * p1 + 2 * self.z + self._D.T @ p2), self._D @ p1),
        )
        return np.stack([np.concatenate(column) for column in (by_beta, by_alpha, by_step)], 1)

    def parameter_vjp(self, x: Array, u: Array) -> Array:
        """∂_θΦᵀ u, shape (3,)."""
        return self.parameter_jacobian(x).T @ u
