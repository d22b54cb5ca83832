"""What can be said of a symmetric matrix's eigenvalues: computed with an error bound, discs, or a check."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from polyunroll.errors import InvalidInput

__all__ = ["DIRECT_UP_TO", "check_symmetric", "enclose", "extremes", "lanczos_extremes"]

DIRECT_UP_TO = 1_000
"""Matrices up to this size are diagonalised; larger ones get discs or a randomised check."""

_SYMMETRY_TOLERANCE = 1e-10
"""What a matrix may differ from its transpose by, relative to its largest entry: rounding in doubles."""

_SYMMETRY_ULPS = 1_000
"""The same in units in the last place, for matrices in a lower precision."""


def _is_operator(H: Any) -> bool:
    return isinstance(H, scipy.sparse.linalg.LinearOperator)


def _shape(H: Any, name: str = "H") -> int:
    if len(H.shape) != 2 or H.shape[0] != H.shape[1] or H.shape[0] == 0:
        raise InvalidInput(f"{name} has shape {tuple(H.shape)}; it must be square, with at least one row")
    return int(H.shape[0])


def _matrix(H: Any) -> Any:
    """A user's matrix as an array, a sparse matrix or an operator, of whatever precision it came in."""
    if _is_operator(H) or scipy.sparse.issparse(H):
        return H
    try:
        array = np.asarray(H)
        return array if array.dtype.kind in "fc" else array.astype(float)
    except (TypeError, ValueError):
        raise InvalidInput("H is not a matrix of numbers; give an array, a sparse matrix or a LinearOperator") from None


def check_symmetric(H: Any, *, seed: int = 0, name: str = "H") -> None:
    """Refuse a non-symmetric H.

    Entry by entry for dense and sparse; for operators a randomised check of ⟨u, Hv⟩ = ⟨Hu, v⟩ on two
    vectors, which is a check and not a proof. A difference of 1e-10 of the largest entry is taken for
    rounding (1000 units in the last place, if H's precision is lower than that of doubles).

    Parameters
    ----------
    H : ndarray, sparse matrix or LinearOperator, shape (n, n)
    seed : int
        Seed of the randomised check.
    name : str
        What to call the matrix in a message.

    Raises
    ------
    InvalidInput
        If H is not square, not real, not finite, or not symmetric.
    """
    n = _shape(H, name)
    operator, sparse = _is_operator(H), scipy.sparse.issparse(H)
    u, v = np.random.default_rng(seed).standard_normal((2, n if operator else 0))
    entries = H.matvec(u) if operator else H.tocsr().data if sparse else np.asarray(H)
    if np.iscomplexobj(entries):
        raise InvalidInput(f"{name} has complex entries; they must be real")
    if not np.all(np.isfinite(entries)):
        raise InvalidInput(f"{name} has entries that are not finite; every entry must be a finite number")
    if operator:
        gap, size = abs(u @ H.matvec(v) - entries @ v), np.linalg.norm(entries) * np.linalg.norm(v)
        where = f"by a randomised check, ⟨u, {name} v⟩ and ⟨{name} u, v⟩ differ by"
    else:
        difference = abs(H - H.T).tocsr().data if sparse else np.abs(entries - entries.T)
        gap, size = np.max(difference, initial=0.0), np.max(np.abs(entries), initial=0.0)
        where = f"{name} and its transpose differ by"
    dtypes = [dtype for dtype in (H.dtype, entries.dtype) if dtype is not None and dtype.kind == "f"]
    ulp = max((float(np.finfo(dtype).eps) for dtype in dtypes), default=0.0)
    if not gap <= max(_SYMMETRY_TOLERANCE, _SYMMETRY_ULPS * ulp) * max(float(size), 1e-300):
        raise InvalidInput(f"{name} is not symmetric: {where} {gap:.3g}; give a symmetric matrix")


def lanczos_extremes(H: Any, steps: int, seed: int) -> tuple[float, float]:
    """Smallest and largest Ritz value of `steps` Lanczos steps with full reorthogonalisation.

    Both lie *inside* the spectrum, so they can refute an interval and never prove one.
    """
    n = _shape(H)
    operator = scipy.sparse.linalg.aslinearoperator(H)
    vector = np.random.default_rng(seed).standard_normal(n)
    basis = [vector / np.linalg.norm(vector)]
    alphas: list[float] = []
    betas: list[float] = []
    for _ in range(min(steps, n)):
        image = operator.matvec(basis[-1])
        alphas.append(float(basis[-1] @ image))
        stack = np.array(basis)
        for _twice in range(2):
            image = image - stack.T @ (stack @ image)
        size = float(np.linalg.norm(image))
        if size <= 1e-14 * max(map(abs, alphas)):
            break
        betas.append(size)
        basis.append(image / size)
    k = len(alphas)
    ritz = np.linalg.eigvalsh(np.diag(alphas) + np.diag(betas[: k - 1], 1) + np.diag(betas[: k - 1], -1))
    return float(ritz[0]), float(ritz[-1])


def extremes(H: Any, *, checks: int = 40, seed: int = 0) -> tuple[float, float, float, bool]:
    """(smallest, largest, uncertainty, direct) of a symmetric matrix's eigenvalues.

    Direct values are those of a backward stable solver, within n·ε·‖H‖ of the true ones; the others are
    Ritz values, which lie inside the spectrum.
    """
    n = _shape(H)
    if n <= DIRECT_UP_TO and not _is_operator(H):
        dense = np.asarray(H.toarray() if scipy.sparse.issparse(H) else H, dtype=float)
        values = np.linalg.eigvalsh(dense)
        # eigvalsh reads one triangle; what H differs from its transpose by covers the other and the symmetric part
        slack = 4 * n * np.finfo(float).eps * float(np.max(np.abs(values), initial=0.0))
        slack += float(np.linalg.norm(dense - dense.T))
        return float(values[0]), float(values[-1]), float(slack), True
    low, high = lanczos_extremes(H, checks, seed)
    return low, high, 1e-10 * max(abs(low), abs(high)), False


def enclose(H: Any, *, checks: int, seed: int) -> tuple[Fraction, Fraction, str]:
    """Rational ends of an interval for H's eigenvalues, and the sentence that says how they are known."""
    H = _matrix(H)
    check_symmetric(H, seed=seed)
    if not _is_operator(H):
        H = H.astype(float)  # norms and discs of a lower precision would need a slack of their own
    low, high, below, direct = extremes(H, checks=checks, seed=seed)
    above = below
    if direct:
        note = "direct: eigenvalues computed, widened by a backward error bound"
    elif not _is_operator(H):
        diagonal = H.diagonal()
        radius = np.asarray(abs(H).sum(axis=1)).ravel() - np.abs(diagonal)
        disc_low, high = float((diagonal - radius).min()), float((diagonal + radius).max())
        above = 4 * H.shape[0] * float(np.finfo(float).eps) * high
        if disc_low > 0:
            low, below, note = disc_low, above, "Gershgorin: every eigenvalue lies in the discs"
        else:
            below, note = 0.05 * low, "upper end by Gershgorin; lower end a Lanczos check, not a proof"
    else:
        below, above = 0.05 * low, 0.05 * high
        note = "Lanczos check: an estimate widened by 5 %, not a proof"
    if low - below <= 0:
        raise InvalidInput(
            f"H has an eigenvalue near {low:.6g}, not distinguishable from 0 or less; "
            "its eigenvalues must be > 0 (add a ridge)"
        )
    return Fraction(low - below), Fraction(high + above), note
