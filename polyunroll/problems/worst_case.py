"""The worst case for one problem's own R and G, in the split that is valid for it."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nextafter
from typing import Any

from polyunroll.arithmetic.exact import to_float
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput, NotCommuting
from polyunroll.jacobian import check_split
from polyunroll.methods.base import Method
from polyunroll.problems.checks import Array
from polyunroll.problems.prediction import Predictor
from polyunroll.problems.quadratic import Quadratic

__all__ = ["error_bound"]


def error_bound(
    problem: Quadratic,
    method: Method,
    t: int,
    x0: Array,
    dx0: Array = None,
    split: str = "partial",
    digits: int = 15,
    **how: Any,
) -> Enclosure:
    """Bound ‖∂x_t − ∂x*‖_F on this problem: `worst_case` with its R and G, which are computed in doubles.

    Parameters
    ----------
    problem
        The quadratic, dimension n with p outer parameters.
    method, t, digits
        As for `worst_case`.
    x0
        Start, shape (n,).
    dx0
        Its derivative in the outer parameters, shape (n, p); `None` means 0. Only unrolled differentiation starts
        from it; the other estimators start from 0.
    split
        "partial", valid for every problem; or "total", for problems whose ∂H commutes with H only.
    how
        `criterion`, `estimator`, `plain_steps`, `solver`, as for `worst_case`.

    Returns
    -------
    Enclosure
        Its upper end bounds the error.

    Raises
    ------
    NotCommuting
        If the split is "total" and ∂H does not commute with H: the bound would be invalid, not just loose.
    InvalidInput
        If an eigenvalue lies outside the method's spectrum, or an argument is not allowed.

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 1 (total). Partial: Daleckii and Krein's formula and
    |P[λ, μ]| ≤ max|P'|.
    """
    if check_split(split) == "total" and not problem.commutes:
        raise NotCommuting(
            f"∂H does not commute with H here (defect {problem.commutation_defect():.2g}); the split total would give "
            "an invalid bound, so use split='partial'"
        )
    # truncated and implicit derivatives start from 0, and their second vector is ∂H(x_0 − x*) in either split
    unrolled = how.get("estimator", "unrolled") == "unrolled"
    predictor = Predictor(problem, x0, dx0 if unrolled else None)
    low, high = float(predictor.eigenvalues[0]), float(predictor.eigenvalues[-1])
    ell, top = to_float(method.spectrum.low), to_float(method.spectrum.high)
    slack = 1e-12 * high
    if low < ell - slack or high > top + slack:
        raise InvalidInput(
            f"H has eigenvalues in [{low:.10g}, {high:.10g}], outside the method's spectrum {method.spectrum}"
        )
    # one unit up, so that the rounding of the norms does not make the bound too small
    R, G = (
        Fraction(nextafter(size, inf) if size else 0.0)
        for size in (predictor.R, predictor.G_total if split == "total" and unrolled else predictor.G_partial)
    )
    if R == 0 and G == 0:
        return Enclosure(Fraction(0), Fraction(0), None, "R = G = 0", f"split {split}")
    return worst_case(method, t, R, G, digits, split=split, **how)
