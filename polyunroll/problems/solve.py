"""Solving with a symmetric positive definite H: Cholesky, sparse LU or conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, Doubles

CG_TOLERANCE = 1e-14
"""Relative residual at which conjugate gradients stop."""

CG_ACCEPTED = 1e-10
"""Largest relative residual accepted when rounding keeps conjugate gradients above `CG_TOLERANCE`."""

_DENSE_NORM = 64


def is_sparse(H: Array) -> bool:
    """Whether H is a scipy.sparse array or matrix."""
    return bool(scipy.sparse.issparse(H))


def is_operator(H: Array) -> bool:
    """Whether H is a scipy LinearOperator."""
    return isinstance(H, scipy.sparse.linalg.LinearOperator)


def dense(H: Array) -> Doubles:
    """H as a dense array.

    Parameters
    ----------
    H
        Dense, sparse or a LinearOperator, shape (n, n). An operator is applied to the n unit vectors.

    Returns
    -------
    ndarray
        Shape (n, n), symmetric to the last bit when it comes from an operator.
    """
    if is_sparse(H):
        return np.asarray(H.toarray(), dtype=np.float64)
    if is_operator(H):
        full = np.asarray(H @ np.eye(H.shape[0]), dtype=np.float64)
        return np.asarray((full + full.T) / 2)
    return np.asarray(H, dtype=np.float64)


def spectral_norm(H: Array) -> float:
    """‖H‖₂ of a symmetric H.

    Parameters
    ----------
    H
        Dense, sparse or a LinearOperator, shape (n, n). Above n = 64 what is not dense goes through
        Lanczos (ARPACK), an estimate from below with a relative residual of 1e-8.

    Returns
    -------
    float
    """
    n = H.shape[0]
    if n <= _DENSE_NORM or not (is_sparse(H) or is_operator(H)):
        return float(np.abs(np.linalg.eigvalsh(dense(H))).max())
    start = np.random.default_rng(0).standard_normal(n)
    extreme = scipy.sparse.linalg.eigsh(H, k=1, which="LM", v0=start, tol=1e-8, return_eigenvectors=False)
    return float(abs(extreme[0]))


def solver(H: Array) -> Callable[[Doubles], Doubles]:
    """Factor H once; the function returned solves H z = rhs.

    Parameters
    ----------
    H
        Symmetric positive definite, shape (n, n): dense (Cholesky), sparse (LU with symmetric permutation) or
        a LinearOperator (conjugate gradients to `CG_TOLERANCE`, restarted from the true residual).

    Returns
    -------
    callable
        Takes rhs of shape (n,) or (n, k), returns the same shape.

    Raises
    ------
    InvalidInput
        If H is not positive definite; for a LinearOperator it is the solver returned that raises, also when
        conjugate gradients cannot reach a relative residual of `CG_ACCEPTED`.
    """
    if is_sparse(H):
        return _sparse_solver(H)
    if is_operator(H):
        return lambda rhs: _by_columns(lambda column: _conjugate_gradients(H, column), rhs)
    try:
        factor = scipy.linalg.cho_factor(H, lower=True)
    except scipy.linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(H)[0])
        message = f"H has smallest eigenvalue {least:.6g}; allowed is a positive definite H"
        raise InvalidInput(message) from None
    return lambda rhs: np.asarray(scipy.linalg.cho_solve(factor, rhs))


def _sparse_solver(H: Array) -> Callable[[Doubles], Doubles]:
    # With one permutation for rows and columns LU is LDLᵀ, so the signs on U's diagonal are those of the
    # eigenvalues of H (Sylvester).
    try:
        lu = scipy.sparse.linalg.splu(
            H.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )
    except RuntimeError:  # SuperLU: exactly singular
        raise InvalidInput("H is singular; allowed is a positive definite H") from None
    pivots = lu.U.diagonal()
    if not np.array_equal(lu.perm_r, lu.perm_c) or pivots.min() <= 0:
        raise InvalidInput("H has an eigenvalue at or below 0; allowed is a positive definite H")
    return lambda rhs: np.asarray(lu.solve(np.array(rhs, dtype=np.float64)))


def _by_columns(solve: Callable[[Doubles], Doubles], rhs: Doubles) -> Doubles:
    if rhs.ndim == 1:
        return solve(rhs)
    result = np.empty(rhs.shape)
    for k in range(rhs.shape[1]):
        result[:, k] = solve(rhs[:, k])
    return result


def _conjugate_gradients(H: Array, rhs: Doubles) -> Doubles:
    x = np.zeros(len(rhs))
    residual = np.array(rhs)
    size = float(np.linalg.norm(rhs))
    reached = 2 * size
    while size > 0:
        left = float(np.linalg.norm(residual))
        if left <= CG_TOLERANCE * size:
            break
        if left > reached / 2:  # rounding: another restart gains nothing
            if left > CG_ACCEPTED * size:
                raise InvalidInput(
                    f"conjugate gradients on H stop at relative residual {left / size:.2g}; allowed is an H "
                    f"for which they reach {CG_ACCEPTED:.0e} (a dense or sparse H is solved directly)"
                )
            break
        reached = left
        x = x + _cg_run(H, residual, CG_TOLERANCE * size)
        residual = rhs - H @ x
    return x


def _cg_run(H: Array, rhs: Doubles, target: float) -> Doubles:
    x = np.zeros(len(rhs))
    r = np.array(rhs)
    direction = r
    rho = float(r @ r)
    for _ in range(1000 + 20 * len(rhs)):
        image = H @ direction
        curvature = float(direction @ image)
        if curvature <= 0:
            raise InvalidInput(f"H has vᵀHv = {curvature:.3g} for a v ≠ 0; allowed is a positive definite H")
        step = rho / curvature
        x = x + step * direction
        r = r - step * image
        rho, before = float(r @ r), rho
        if np.sqrt(rho) <= target:
            break
        direction = r + (rho / before) * direction
    return x
