"""The error of unrolled differentiation as polynomials, and its two splits.

∂x_t − ∂x* = E_t(H)(∂x_0 − ∂x*) + D_t(H)·∂_θ∇f(x_0)   — split `total`, E = P − λP', D = P', only if ∂H and H commute;
∂x_t − ∂x* = P_t(H)(∂x_0 − ∂x*) + 𝓛(x_0 − x*)          — split `partial`, |𝓛| bounded by max|P'|, always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.interpret.derive import residual
from polyunroll.methods.base import Method

if TYPE_CHECKING:
    import sympy

__all__ = ["SPLITS", "check_split", "jacobian_error"]

SPLITS = ("total", "partial")


def check_split(split: str) -> str:
    """Refuse a split that is neither `total` nor `partial`."""
    if split not in SPLITS:
        raise InvalidInput(f"split = {split!r} is not known; give total or partial")
    return split


def jacobian_error(method: Method, t: int) -> tuple[sympy.Poly, sympy.Poly]:
    """(E_t, D_t) with E = P − λP' and D = P', the error pair of t unrolled steps in the split `total`.

    Parameters
    ----------
    method : Method
    t : int
        Number of gradient evaluations, ≥ 0.

    Returns
    -------
    tuple of sympy.Poly
        In the symbol ``lambda``, exact.

    Raises
    ------
    InvalidInput, HorizonError
        As `residual`.

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 1 (∂H and H must commute).
    """
    if method.is_symbolic:
        t = whole_number(t, "t")
        method.require_steps(t)
        from polyunroll.interpret.symbolic import jacobian_error_symbolic

        return jacobian_error_symbolic(method, t)
    P = residual(method, t)
    D = P.diff()
    return P - D.mul(type(P)(P.gen, P.gen, domain=P.domain)), D
