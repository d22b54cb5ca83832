"""Reading the symmetric matrices of a quadratic problem, whatever they are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse

from polyunroll.errors import InvalidInput
from polyunroll.problems.checks import Array, as_numpy, real_array, require_shape, shape_of
from polyunroll.problems.solve import is_operator, is_sparse

SYMMETRY_ULPS = 1e4
"""Difference between a matrix and its transpose that is taken for rounding, in units in the last place of the
largest entry, at the precision the matrix came in.
"""


def is_foreign(value: Array) -> bool:
    """Whether the value is an array of a library other than NumPy and SciPy.

    Parameters
    ----------
    value
        Anything.

    Returns
    -------
    bool
    """
    known = isinstance(value, (np.ndarray, np.generic)) or is_sparse(value) or is_operator(value)
    return not known and (hasattr(value, "__array_namespace__") or hasattr(value, "__dlpack__"))


def count(dH: Array) -> int:
    """p, the number of matrices in a list or in an array of shape (p, n, n).

    Parameters
    ----------
    dH
        What `symmetric_stack` returned, or a foreign array.

    Returns
    -------
    int
    """
    return len(dH) if isinstance(dH, list) else shape_of(dH)[0]


def frobenius(matrix: Array) -> float:
    """‖matrix‖_F of a dense or sparse matrix.

    Parameters
    ----------
    matrix
        Dense, or sparse without repeated entries.

    Returns
    -------
    float
    """
    return float(np.linalg.norm(matrix.data if is_sparse(matrix) else matrix))


def symmetric_matrix(name: str, value: Array) -> Array:
    """Read H.

    Parameters
    ----------
    name
        How the sentence of an error calls the value.
    value
        Dense, sparse or a LinearOperator, shape (n, n) with n ≥ 1.

    Returns
    -------
    ndarray, csc_array or LinearOperator
        The symmetric part, in doubles; a LinearOperator as it is, after one randomised check.

    Raises
    ------
    InvalidInput
        If the value is no square matrix of finite real numbers, or not symmetric.
    """
    if not is_operator(value):
        return _symmetric_part(name, value, (None, None))
    _require_square(name, value)
    u, v = np.random.default_rng(0).standard_normal((2, value.shape[0]))
    left, right = value @ u, value @ v
    real_array(f"{name} times a random vector", left, u.shape)
    size = np.linalg.norm(v) * np.linalg.norm(left) + np.linalg.norm(u) * np.linalg.norm(right)
    gap = abs(float(v @ left - u @ right))
    if gap > SYMMETRY_ULPS * _rounding(left) * size:
        raise InvalidInput(
            f"{name} fails a randomised symmetry check by {gap / size:.3g}; allowed is a symmetric operator"
        )
    return value


def symmetric_stack(dH: Array, n: int) -> Array:
    """Read the derivatives ∂_iH.

    Parameters
    ----------
    dH
        An array of shape (p, n, n), or a sequence of p dense or sparse matrices of shape (n, n).
    n
        The size of each.

    Returns
    -------
    ndarray or list
        Shape (p, n, n) in doubles, or a list of p matrices where one of them is sparse; symmetric parts.

    Raises
    ------
    InvalidInput
        If dH is neither, or a member is not a symmetric (n, n) matrix of finite real numbers.
    """
    if is_sparse(dH) or is_operator(dH) or not (hasattr(dH, "shape") or isinstance(dH, Sequence)):
        raise InvalidInput(
            f"dH is of type {type(dH).__name__}; allowed is a (p, {n}, {n}) array or a sequence of p matrices"
        )
    if hasattr(dH, "shape"):
        dH = as_numpy("dH", dH)
        require_shape("dH", dH, (None, n, n))
    members = [_symmetric_part(f"dH[{i}]", member, (n, n)) for i, member in enumerate(dH)]
    if any(is_sparse(member) for member in members):
        return members
    stacked = np.array(members).reshape(len(members), n, n)
    stacked.flags.writeable = False
    return stacked


def _symmetric_part(name: str, value: Array, shape: tuple[int | None, int | None]) -> Array:
    if is_operator(value):
        raise InvalidInput(f"{name} is a LinearOperator; allowed are dense and sparse matrices")
    if is_sparse(value):
        require_shape(name, value, shape)
        real_array(f"the data of {name}", value.tocsc().data, (None,))
        matrix, precision = scipy.sparse.csc_array(value, dtype=np.float64), _rounding(value)
    else:
        value = as_numpy(name, value)
        matrix, precision = real_array(name, value, shape), _rounding(value)
    _require_square(name, matrix)
    gap, size = float(abs(matrix - matrix.T).max()), float(abs(matrix).max())
    if gap > SYMMETRY_ULPS * precision * size:
        raise InvalidInput(f"{name} differs from its transpose by {gap:.3g}; allowed is a symmetric matrix")
    matrix = (matrix + matrix.T) / 2
    (matrix.data if is_sparse(matrix) else matrix).flags.writeable = False
    return matrix


def _require_square(name: str, value: Array) -> None:
    found = shape_of(value)
    if found[0] != found[1] or found[0] == 0:
        raise InvalidInput(f"{name} has shape {found}; allowed is a square matrix with at least one row")


def _rounding(value: Array) -> float:
    """Relative rounding of the numbers a value is made of: exact integers count as doubles."""
    return float(np.finfo(value.dtype if value.dtype.kind == "f" else np.float64).eps)
