"""The exact error of an unrolled, truncated or implicit Jacobian on a quadratic, from residual polynomials alone.

For a method with constant coefficients and residual polynomial P, run on f = ½ xᵀH(θ)x + b(θ)ᵀx,

    ∂_i x_t − ∂_i x* = P(H)(∂_i x_0 − ∂_i x*) + V [D ∘ (Vᵀ ∂_iH V)] Vᵀ (x_0 − x*),    D_jk = P[λ_j, λ_k],

whether or not ∂_iH commutes with H: differentiating x_t − x* = P(H)(x_0 − x*) leaves the Fréchet derivative
of P, which Daleckii and Krein's formula gives (N. J. Higham, *Functions of Matrices*, 2008, Theorem 3.11).
"""

from __future__ import annotations

import numpy as np

from polyunroll.problems.checks import Array, Doubles, real_array
from polyunroll.problems.quadratic import Quadratic


class Predictor:
    """Jacobian errors of any fixed-coefficient method on one quadratic from one start.

    The eigendecomposition and the direct solves are done once; each error then costs a few small products.
    None of it is counted in `problem.calls`.

    Parameters
    ----------
    problem
        The quadratic, dimension n with p outer parameters.
    x0
        Start, shape (n,).
    dx0
        Its derivative in the outer parameters, shape (n, p); `None` means 0, a start that does not depend
        on them.

    Attributes
    ----------
    eigenvalues
        Shape (n,), ascending: the λ_j at which P and D are wanted.
    start_norm, R
        ‖∂x_0 − ∂x*‖_F (two names of one number).
    G_partial
        (Σ_i ‖∂_iH‖_F²)^½ ‖x_0 − x*‖: the G of the split (P, P'), valid for every problem.
    G_total
        ‖∂_θ∇f(x_0) + H ∂x_0‖_F, the norm of the total derivative of ∇f(x_0(θ), θ): the G of the split
        (E, D), which is a bound only where `problem.commutes`.

    Raises
    ------
    InvalidInput
        If x0 or dx0 has another shape or is not finite, or H is not positive definite.
    """

    def __init__(self, problem: Quadratic, x0: Array, dx0: Array = None) -> None:
        problem = problem.doubles()
        n, p = problem.dimension, problem.parameters
        start = real_array("x0", x0, (n,))
        tangent = np.zeros((n, p)) if dx0 is None else real_array("dx0", dx0, (n, p))
        apart = start - problem.solution()
        tangent_apart = tangent - problem.solution_jacobian()
        self.eigenvalues: Doubles
        self.eigenvalues, self._basis = np.linalg.eigh(problem.dense_hessian())
        self._apart = self._basis.T @ apart
        self._tangent_apart = self._basis.T @ tangent_apart
        self._from_zero = self._basis.T @ (tangent_apart - tangent)  # −∂x*, the start of restarted derivatives
        self._derivative = problem.rotated_derivative(self._basis)
        self.start_norm = float(np.linalg.norm(tangent_apart))
        self.R = self.start_norm
        self.G_partial = problem.hessian_derivative_norm() * float(np.linalg.norm(apart))
        self.G_total = float(np.linalg.norm(problem._cross(start) + problem._hvp(start, tangent)))

    def error(self, P: Array, D: Array) -> Doubles:
        """∂x_t − ∂x*.

        Parameters
        ----------
        P
            Shape (n,): P_t(λ_j) at `eigenvalues`.
        D
            Shape (n, n): the divided differences P_t[λ_j, λ_k], with P_t'(λ_j) on the diagonal.

        Returns
        -------
        ndarray
            Shape (n, p), one column for each outer parameter.

        Raises
        ------
        InvalidInput
            If P or D has another shape or is not finite.
        """
        return np.asarray(self._basis @ self._in_eigenbasis(P, D))

    def error_norm(self, P: Array, D: Array) -> float:
        """‖∂x_t − ∂x*‖_F, computed in the eigenbasis.

        Parameters
        ----------
        P, D
            As for `error`.

        Returns
        -------
        float

        Raises
        ------
        InvalidInput
            If P or D has another shape or is not finite.
        """
        return float(np.linalg.norm(self._in_eigenbasis(P, D)))

    def iterate_error(self, P: Array) -> Doubles:
        """x_t − x* = P(H)(x_0 − x*), shape (n,), from the values P of shape (n,)."""
        return np.asarray(self._basis @ (real_array("P", P, self.eigenvalues.shape) * self._apart))

    def truncated_error(self, P: Array, D: Array, plain: Array) -> Doubles:
        """Error of K differentiated steps from ∂x = 0, made after N plain ones and restarted there.

        It is P_K(H)(0 − ∂x*) + 𝓛[P_K] P_N(H)(x_0 − x*), whether or not ∂H commutes with H.

        Parameters
        ----------
        P, D
            As for `error`, of the polynomial P_K.
        plain
            Shape (n,): P_N(λ_j) at `eigenvalues`.

        Returns
        -------
        ndarray
            Shape (n, p).

        Raises
        ------
        InvalidInput
            If an argument has another shape or is not finite.
        """
        n = len(self.eigenvalues)
        values, differences = real_array("P", P, (n,)), real_array("D", D, (n, n))
        turned = self._derivative(differences, real_array("plain", plain, (n,)) * self._apart)
        return np.asarray(self._basis @ (values[:, None] * self._from_zero + turned))

    def implicit_error(self, solver: Array, plain: Array) -> Doubles:
        """Error of implicit differentiation at x_N, its linear system solved from 0 by a fixed polynomial.

        It is R_S(H)(0 − ∂x*) − (I − R_S(H)) H⁻¹ ∂H P_N(H)(x_0 − x*), whether or not ∂H commutes with H.

        Parameters
        ----------
        solver
            Shape (n,): the residual polynomial R_S(λ_j) of the linear solver at `eigenvalues`.
        plain
            Shape (n,): P_N(λ_j) at `eigenvalues`.

        Returns
        -------
        ndarray
            Shape (n, p).

        Raises
        ------
        InvalidInput
            If an argument has another shape or is not finite.
        """
        n = len(self.eigenvalues)
        values = real_array("solver", solver, (n,))
        turned = self._derivative(np.ones((n, n)), real_array("plain", plain, (n,)) * self._apart)
        factor = (1 - values) / self.eigenvalues
        return np.asarray(self._basis @ (values[:, None] * self._from_zero - factor[:, None] * turned))

    def _in_eigenbasis(self, P: Array, D: Array) -> Doubles:
        n = len(self.eigenvalues)
        values, differences = real_array("P", P, (n,)), real_array("D", D, (n, n))
        turned = self._derivative(differences, self._apart)
        return np.asarray(values[:, None] * self._tangent_apart + turned)


def jacobian_error(problem: Quadratic, P: Array, D: Array, x0: Array, dx0: Array = None) -> Doubles:
    """∂x_t − ∂x* for one polynomial; for several, keep a `Predictor`.

    Parameters
    ----------
    problem
        The quadratic, dimension n with p outer parameters.
    P
        Shape (n,): P_t(λ_j) at the ascending eigenvalues of H.
    D
        Shape (n, n): the divided differences P_t[λ_j, λ_k], with P_t'(λ_j) on the diagonal.
    x0
        Start, shape (n,).
    dx0
        Its derivative in the outer parameters, shape (n, p); `None` means 0.

    Returns
    -------
    ndarray
        Shape (n, p).

    Raises
    ------
    InvalidInput
        If a shape does not fit, a value is not finite, or H is not positive definite.
    """
    return Predictor(problem, x0, dx0).error(P, D)
