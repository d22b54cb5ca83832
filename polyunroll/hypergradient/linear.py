"""Solving A v = g from v = 0, where A is seen through products: conjugate gradients, or any polynomial method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from polyunroll.errors import InvalidInput
from polyunroll.hypergradient.failures import NotFinite, finite
from polyunroll.hypergradient.forward import run_plain
from polyunroll.hypergradient.inner import has_steps
from polyunroll.hypergradient.meter import Meter
from polyunroll.interpret.arrays import Array, namespace
from polyunroll.methods.base import Method

__all__ = ["Solution", "conjugate_gradients", "norm", "normal_equations", "polynomial"]

CHECK_EVERY = 10
"""Steps of a polynomial solver between looks at its residual, each of which costs one product."""

Product = Callable[[Array], Array]


@dataclass(frozen=True)
class Solution:
    """v, the steps it took, and its relative residual ‖g − Av‖/‖g‖."""

    v: Array
    steps: int
    residual: float


def dot(u: Array, v: Array) -> float:
    """uᵀv as a float, for arrays of any library."""
    return float(namespace(u).sum(u * v))


def norm(v: Array) -> float:
    """‖v‖ as a float."""
    return float(dot(v, v) ** 0.5)


def conjugate_gradients(A: Product, g: Array, steps: int, tolerance: float, meter: Meter) -> Solution:
    """Solve with a symmetric positive definite A (M. R. Hestenes, E. Stiefel, 1952).

    Parameters
    ----------
    A : callable
        v ↦ Av.
    g : array, shape (n,)
    steps : int
        The most products with A.
    tolerance : float
        Stop once the relative residual is at or below this; the one reported is computed from v at the end, with
        one product more.
    meter : Meter

    Raises
    ------
    InvalidInput
        If A is found not to be positive definite.
    NotFinite
        If a product with A or an iterate is not finite.
    """
    hold, size = meter.hold, norm(g)
    v, r = hold(0.0 * g), hold(1.0 * g)
    if size == 0:
        return Solution(v, 0, 0.0)
    direction, rho, taken = r, dot(r, r), 0
    while taken < steps and rho**0.5 > tolerance * size:
        image = A(direction)
        taken += 1
        _require_finite(image, taken, v, meter)
        curvature = dot(direction, image)
        if not curvature > 0:
            raise InvalidInput(
                f"conjugate gradients met dᵀAd = {curvature:.3g} at step {taken}; allowed is a positive definite "
                "system (elsewhere use solver='normal-cg' or a fixed point)"
            )
        last, v, r = v, hold(v + (rho / curvature) * direction), hold(r - (rho / curvature) * image)
        _require_finite(v, taken, last, meter)
        del last
        rho, before = dot(r, r), rho
        direction = hold(r + (rho / before) * direction)
    return _solution(A, g, v, taken, meter)


def normal_equations(A: Product, A_T: Product, g: Array, steps: int, tolerance: float, meter: Meter) -> Solution:
    """Solve with any invertible A by conjugate gradients on AᵀA v = Aᵀg (CGLS), two products a step.

    Where A is singular it ends early, at a v with Aᵀ(g − Av) = 0 and a residual that says so.

    Raises
    ------
    NotFinite
        If a product with A or an iterate is not finite.
    """
    hold, size = meter.hold, norm(g)
    v, r = hold(0.0 * g), hold(1.0 * g)
    if size == 0:
        return Solution(v, 0, 0.0)
    s, taken = A_T(r), 0
    _require_finite(s, 1, v, meter)
    direction, gamma = s, dot(s, s)
    while taken < steps and norm(r) > tolerance * size and gamma > 0:
        image = A(direction)
        taken += 1
        _require_finite(image, taken, v, meter)
        curvature = dot(image, image)
        if curvature == 0:
            break
        length = gamma / curvature
        last, v, r = v, hold(v + length * direction), hold(r - length * image)
        _require_finite(v, taken, last, meter)
        del last
        s = A_T(r)
        _require_finite(s, taken, v, meter)
        gamma, before = dot(s, s), gamma
        direction = hold(s + (gamma / before) * direction)
    return _solution(A, g, v, taken, meter)


def _require_finite(value: Array, step: int, v: Array, meter: Meter) -> None:
    if not finite(value):
        raise NotFinite(
            f"the linear solver met a value that is not finite at step {step}; it stopped there (the exception has the "
            "last finite iterate)",
            step,
            v,
            None,
            meter.costs(),
        )


def _solution(A: Product, g: Array, v: Array, taken: int, meter: Meter) -> Solution:
    """The answer v with its residual, from one more product."""
    rest = g - A(v)
    _require_finite(rest, taken, v, meter)
    return Solution(v, taken, norm(rest) / norm(g))


def polynomial(A: Product, g: Array, method: Method, steps: int, tolerance: float | None, meter: Meter) -> Solution:
    """Solve by running a method on ½ vᵀAv − gᵀv: after S steps v = (I − R_S(A)) A⁻¹g, R_S its residual polynomial.

    Parameters
    ----------
    A, g, meter
        As for `conjugate_gradients`.
    method : Method
        Its spectrum should hold the eigenvalues of A.
    steps : int
        The most steps.
    tolerance : float or None
        Looked at every `CHECK_EVERY` steps; None makes all steps, and so does a method that is whole at its end only.

    Raises
    ------
    NotFinite
        If v overflows.
    """
    size, taken = norm(g), 0
    if size == 0:
        return Solution(0.0 * g, 0, 0.0)

    def look(t: int, v: Array) -> bool:
        nonlocal taken
        taken = t
        early = tolerance is not None and 0 < t < steps and t % CHECK_EVERY == 0 and has_steps(method, t)
        return early and norm(A(v) - g) <= (tolerance or 0.0) * size

    v = run_plain(
        method, steps, lambda v: meter.hold(A(v) - g), 0.0 * g, meter, look, "the iterate of the linear solver"
    )
    return _solution(A, g, v, taken, meter)
