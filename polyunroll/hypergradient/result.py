"""What every estimator returns: the hypergradient, what it cost, and for quadratics how wrong it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from polyunroll.interpret.arrays import Array

__all__ = ["Costs", "Prediction", "Result"]


@dataclass(frozen=True)
class Costs:
    """What was asked of a problem.

    Attributes
    ----------
    gradients : int
        Gradients ∇f, or evaluations of Φ.
    matvecs : int
        Products with the Hessian ∇²f, counted by column.
    jvps : int
        Products with ∂_θ∇f, ∂_xΦ or ∂_θΦ, counted by column: all of ∂_θ∇f counts p.
    vjps : int
        Products with (∂_θ∇f)ᵀ, ∂_xΦᵀ or ∂_θΦᵀ.
    outer : int
        Evaluations of the outer gradients.
    peak_vectors : int
        The most vectors of length n that were held at one time (an (n, p) block counts p), the problem's own data
        and scratch left out. Held means alive, so an array that was not let go yet counts.
    """

    gradients: int = 0
    matvecs: int = 0
    jvps: int = 0
    vjps: int = 0
    outer: int = 0
    peak_vectors: int = 0


@dataclass(frozen=True, eq=False)
class Prediction:
    """Exact errors on a quadratic, from residual polynomials and not from the run (theory of `problems.prediction`).

    Attributes
    ----------
    hypergradient : ndarray, shape (p,)
        The estimate minus the true hypergradient.
    jacobian : ndarray, shape (n, p)
        ∂x̂ − ∂x*, ∂x̂ being the Jacobian that the estimate stands for.
    x : ndarray, shape (n,)
        x̂ − x*, the error of the iterate at which the outer gradients were taken.
    """

    hypergradient: Array
    jacobian: Array
    x: Array


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """A hypergradient and what came with it.

    Attributes
    ----------
    hypergradient : array, shape (p,)
    x : array, shape (n,)
        The iterate at which the outer gradients were taken.
    costs : Costs
    jacobian : array of shape (n, p) or None
        ∂x in forward mode.
    start_gradient : array of shape (n,) or None
        dE/dx_0 in reverse mode, where a whole run was differentiated.
    converged : bool or None
        Whether the linear solver reached its tolerance; None where none was set.
    residual : float or None
        The relative residual of the linear system, where there is one.
    identified_at : int or None
        The first t from which on the problem's `support(x_t)`, the support of Φ(x_t), stayed as it is at the end,
        where the problem has one; it equals the number of steps if the support changed in the last one.
    info : dict
        What one estimator alone has to say, such as the split that `truncated` took.
    """

    hypergradient: Array
    x: Array
    costs: Costs
    jacobian: Array | None = None
    start_gradient: Array | None = None
    converged: bool | None = None
    residual: float | None = None
    identified_at: int | None = None
    info: dict[str, Any] = field(default_factory=dict)
    _predict: Callable[[], Prediction] | None = None

    @cached_property
    def predicted(self) -> Prediction | None:
        """The exact errors, for a quadratic inner problem and methods with fixed coefficients; None elsewhere.

        Computed when first asked for, by an eigendecomposition of H, and counted nowhere.
        """
        return None if self._predict is None else self._predict()

    def __repr__(self) -> str:
        length = int(self.hypergradient.shape[0])
        shown = ", ".join(f"{float(self.hypergradient[i]):.6g}" for i in range(min(length, 4)))
        more = ", …" if length > 4 else ""
        return f"Result([{shown}{more}], {self.costs})"
