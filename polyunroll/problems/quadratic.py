"""Quadratic inner problems f(x, θ) = ½ xᵀH(θ)x + b(θ)ᵀx at one fixed θ.

`Quadratic` holds what every quadratic shares; `QuadraticProblem` is given by its matrices. The solution is
x* = −H⁻¹b, and differentiating ∇f(x*(θ), θ) = 0 gives ∂x* = −H⁻¹ ∂_θ∇f(x*). A first-order method with
constant coefficients and residual polynomial P then errs by

    x − x* = P(H)(x_0 − x*),    ∂_i x − ∂_i x* = P(H)(∂_i x_0 − ∂_i x*) + 𝓛_i (x_0 − x*),

𝓛_i = V [D ∘ (Vᵀ ∂_iH V)] Vᵀ with V the eigenvectors of H and D_jk = P[λ_j, λ_k] the divided differences
(Daleckii and Krein's formula: N. J. Higham, *Functions of Matrices*, SIAM 2008, Theorem 3.11). Where H and
∂_iH commute it is P'(H) ∂_iH (Scieur, Gidel, Bertrand, Pedregosa, "The Curse of Unrolling", NeurIPS 2022,
Theorem 1).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property

import numpy as np

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles, as_numpy, real_array, require_shape, shape_of
from polyunroll.problems.matrices import count, frobenius, is_foreign, symmetric_matrix, symmetric_stack
from polyunroll.problems.oracle import CountingOracle
from polyunroll.problems.solve import dense, is_operator, solver, spectral_norm

COMMUTING_TOLERANCE = 1e-10
"""Largest commutation defect that `Quadratic.commutes` takes for rounding.

In doubles the product H ∂_iH of matrices that commute exactly leaves a defect near n·1e-16.
"""

RotatedDerivative = Callable[[Doubles, Doubles], Doubles]
"""(D, w) ↦ the (n, p) array whose column i is [D ∘ (Vᵀ ∂_iH V)] w."""


class Quadratic(CountingOracle):
    """Base of the quadratic problems: direct solutions and the non-commuting derivative formula.

    A subclass defines `hessian`, `linear`, `parameters`, `_cross`, `hessian_derivative_norm`,
    `commutation_defect` and `rotated_derivative`. Direct solves are not counted in `calls`.
    """

    @abstractmethod
    def hessian(self) -> Array:
        """H, shape (n, n), as the problem keeps it (dense, sparse, operator, or another library's array)."""

    @abstractmethod
    def linear(self) -> Array:
        """b, shape (n,)."""

    @abstractmethod
    def hessian_derivative_norm(self) -> float:
        """(Σ_i ‖∂_iH‖_F²)^½, the factor of ‖x_0 − x*‖ in the bound for several outer parameters."""

    @abstractmethod
    def commutation_defect(self) -> float:
        """max_i ‖H ∂_iH − ∂_iH H‖_F / (‖H‖₂ ‖∂_iH‖_F), a term being 0 where ∂_iH = 0.

        At most 1 for positive semidefinite H: [H, ∂_iH] = [H − cI, ∂_iH], and c = ‖H‖₂/2 halves the norm.
        """

    @abstractmethod
    def rotated_derivative(self, V: Array) -> RotatedDerivative:
        """Rotate every ∂_iH into the basis V once.

        Parameters
        ----------
        V
            Shape (n, n), orthonormal columns.

        Returns
        -------
        callable
            Takes D (n, n) and w (n,), returns (n, p): column i is [D ∘ (Vᵀ ∂_iH V)] w.

        Raises
        ------
        InvalidInput
            If V is not a finite (n, n) array.
        """

    def doubles(self) -> Quadratic:
        """Give the problem in NumPy doubles: itself, unless it is made of another library's arrays."""
        return self

    def dense_hessian(self) -> Doubles:
        """H as a dense array of doubles, shape (n, n); a LinearOperator is applied to the n unit vectors."""
        return dense(self.doubles().hessian())

    @property
    def dimension(self) -> int:
        """n, the length of x."""
        return shape_of(self.linear())[0]

    def _gradient(self, x: Array) -> Array:
        return self.hessian() @ x + self.linear()

    def _hvp(self, x: Array, v: Array) -> Array:
        return self.hessian() @ v

    @property
    def commutes(self) -> bool:
        """Whether H commutes with every ∂_iH, up to a defect of `COMMUTING_TOLERANCE`."""
        return self.commutation_defect() <= COMMUTING_TOLERANCE

    def solve(self, rhs: Array) -> Doubles:
        """H⁻¹ rhs by a direct solve (conjugate gradients to 1e-14 where H is a LinearOperator).

        Parameters
        ----------
        rhs
            Shape (n,) or (n, k).

        Returns
        -------
        ndarray
            The shape of rhs.

        Raises
        ------
        InvalidInput
            If rhs has another shape, or H is found not to be positive definite.
        """
        n = self.dimension
        return self.doubles()._solver(real_array("rhs", rhs, (n,), (n, None)))

    def solution(self) -> Doubles:
        """x* = −H⁻¹b.

        Returns
        -------
        ndarray
            Shape (n,).

        Raises
        ------
        InvalidInput
            If H is found not to be positive definite.
        """
        return self.solve(-self.doubles().linear())

    def solution_jacobian(self) -> Doubles:
        """∂x* = −H⁻¹ ∂_θ∇f(x*), by the implicit function theorem.

        Returns
        -------
        ndarray
            Shape (n, p).

        Raises
        ------
        InvalidInput
            If H is found not to be positive definite.
        """
        return self.solve(-self.doubles()._cross(self.solution()))

    def daleckii_krein(self, V: Array, D: Array, c: Array) -> Doubles:
        """𝓛_i c for each outer parameter, 𝓛_i = V [D ∘ (Vᵀ ∂_iH V)] Vᵀ.

        Parameters
        ----------
        V
            Shape (n, n), orthonormal eigenvectors of H as columns.
        D
            Shape (n, n), divided differences P[λ_j, λ_k] with P'(λ_j) on the diagonal.
        c
            Shape (n,); x_0 − x* in the master identity.

        Returns
        -------
        ndarray
            Shape (n, p).

        Raises
        ------
        InvalidInput
            If an argument has another shape or is not finite.
        """
        n = self.dimension
        basis = real_array("V", V, (n, n))
        D, c = real_array("D", D, (n, n)), real_array("c", c, (n,))
        return np.asarray(basis @ self.rotated_derivative(basis)(D, basis.T @ c))

    @cached_property
    def _solver(self) -> Callable[[Doubles], Doubles]:
        return solver(self.hessian())


class QuadraticProblem(Quadratic):
    """f(x) = ½ xᵀHx + bᵀx given by H, b and their derivatives in the outer parameters.

    Parameters
    ----------
    H
        Shape (n, n), symmetric: dense, scipy.sparse or a LinearOperator (whose symmetry gets a randomised
        check).
        An array of JAX, PyTorch or the like is kept as it is, so that `gradient`, `hvp`, `cross` and
        `cross_T` stay in that library; then b, dH and db must be arrays of it too, only shapes are checked
        here, and what needs doubles (`solution`, `commutation_defect`, …) converts, checking values then.
    b
        Shape (n,).
    dH
        ∂_iH for each outer parameter: an array of shape (p, n, n), or a sequence of p symmetric matrices,
        dense or scipy.sparse. `None` means 0.
    db
        ∂_ib as columns, shape (n, p). `None` means 0. With dH and db both `None`, p = 0.

    Raises
    ------
    InvalidInput
        If a shape does not fit, an entry is not finite, or a matrix is not symmetric up to 10⁴ units in the
        last place of its largest entry (below that its symmetric part is taken). Positive definiteness
        is checked by the first direct solve.

    Examples
    --------
    >>> import numpy as np
    >>> problem = QuadraticProblem(np.diag([1.0, 2.0]), [1.0, 1.0], dH=[np.eye(2)])
    >>> problem.solution_jacobian()
    array([[1.  ],
           [0.25]])
    """

    def __init__(self, H: Array, b: Array, dH: Array = None, db: Array = None) -> None:
        self._foreign = is_foreign(H)
        if self._foreign:
            for name, value in (("b", b), ("dH", dH), ("db", db)):
                if value is not None and not is_foreign(value):
                    raise InvalidInput(
                        f"{name} is of type {type(value).__name__} while H is of type {type(H).__name__}; "
                        "allowed is one array of the library of H"
                    )
        read = require_shape if self._foreign else real_array
        self._H: Array = require_shape("H", H, (None, None)) if self._foreign else symmetric_matrix("H", H)
        n = shape_of(self._H)[0]
        require_shape("H", self._H, (n, n))
        self._b: Array = read("b", b, (n,))
        self._dH: Array = None
        if dH is not None:
            self._dH = require_shape("dH", dH, (None, n, n)) if self._foreign else symmetric_stack(dH, n)
        p = None if dH is None else count(self._dH)
        self._db: Array = None if db is None else read("db", db, (n, p))

    def hessian(self) -> Array:
        """H, shape (n, n); a sparse H comes back in compressed columns."""
        return self._H

    def linear(self) -> Array:
        """b, shape (n,)."""
        return self._b

    @property
    def parameters(self) -> int:
        """p, the number of outer parameters."""
        if self._dH is not None:
            return count(self._dH)
        return 0 if self._db is None else shape_of(self._db)[1]

    def _cross(self, x: Array) -> Array:
        if self._dH is None:
            return x[:, None][:, :0] if self._db is None else self._db
        columns = np.stack([m @ x for m in self._dH], 1) if isinstance(self._dH, list) else (self._dH @ x).T
        return columns if self._db is None else columns + self._db

    def doubles(self) -> QuadraticProblem:
        """Give the problem in NumPy doubles: itself, unless it is made of another library's arrays.

        Raises
        ------
        InvalidInput
            If a value is not finite, a matrix is not symmetric, or NumPy cannot read the arrays.
        """
        return self._converted if self._foreign else self

    @cached_property
    def _converted(self) -> QuadraticProblem:
        arrays = {"H": self._H, "b": self._b, "dH": self._dH, "db": self._db}
        return QuadraticProblem(**{k: None if v is None else as_numpy(k, v) for k, v in arrays.items()})

    def _derivatives(self) -> list[Array]:
        found = self.doubles()._dH
        return [] if found is None else list(found)

    def hessian_derivative_norm(self) -> float:
        """(Σ_i ‖∂_iH‖_F²)^½."""
        return float(np.linalg.norm([frobenius(m) for m in self._derivatives()]))

    def commutation_defect(self) -> float:
        """max_i ‖H ∂_iH − ∂_iH H‖_F / (‖H‖₂ ‖∂_iH‖_F), a term being 0 where ∂_iH = 0."""
        H = self.doubles().hessian()
        scale = spectral_norm(H) if self._derivatives() else 1.0
        worst = 0.0
        for derivative in self._derivatives():
            size = frobenius(derivative) * scale
            if size > 0:
                product = H @ (dense(derivative) if is_operator(H) else derivative)
                worst = max(worst, frobenius(product - product.T) / size)
        return worst

    def rotated_derivative(self, V: Array) -> RotatedDerivative:
        """Rotate every ∂_iH into the basis V once; see `Quadratic.rotated_derivative`. Keeps p·n² doubles."""
        n = self.dimension
        V = real_array("V", V, (n, n))
        turned = np.zeros((self.parameters, n, n))
        for i, derivative in enumerate(self._derivatives()):
            turned[i] = V.T @ (derivative @ V)
        return lambda D, w: np.asarray(np.einsum("jk,ijk->ji", D * w, turned))
