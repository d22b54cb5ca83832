"""Approximate implicit differentiation: plain steps to x_N, then one linear system with the derivative of F there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.hypergradient import predicted
from polyunroll.hypergradient.failures import NotConverged, finite_end, quiet
from polyunroll.hypergradient.forward import run_plain
from polyunroll.hypergradient.identification import Support
from polyunroll.hypergradient.inner import (
    Inner,
    fixed_point,
    like,
    method_for,
    open_problem,
    read_number,
    read_plain_steps,
    read_start,
    read_theta,
    require_modulus,
    require_parameters,
)
from polyunroll.hypergradient.linear import Solution, conjugate_gradients, dot, norm, normal_equations, polynomial
from polyunroll.hypergradient.meter import Meter
from polyunroll.hypergradient.result import Result
from polyunroll.interpret.arrays import Array
from polyunroll.methods.base import Method

__all__ = ["SOLVERS", "aid"]

SOLVERS = ("cg", "normal-cg", "fixed-point")
TOLERANCE = 1e-10
MOST_STEPS = 10_000


def aid(
    problem: Any,
    theta: Any,
    m: Method | None = None,
    steps: int | None = None,
    *,
    solver: str | Method | None = None,
    solver_steps: int | None = None,
    tolerance: float | None = None,
    x0: Any = None,
) -> Result:
    """Differentiate the fixed-point equation at x_N: ∇_θE − (∂_θF)ᵀv with (∂_xF)ᵀv = ∇_xE, all at x_N.

    Parameters
    ----------
    problem, theta, m, x0
        As for `itd`.
    steps : int
        N plain steps; 0 only where x0 is given.
    solver : {"cg", "normal-cg", "fixed-point"} or Method, optional
        "cg": conjugate gradients; on a contraction with a support, on the entries in the support, whose system is
        symmetric for proximal gradient. "normal-cg": on the normal equations. "fixed-point": v ← ∂_xΦᵀv + ∇_xE.
        A Method is run on ½vᵀAv − gᵀv from v = 0. By default "cg" for an Oracle, "fixed-point" for a Contraction.
    solver_steps : int, optional
        The most steps of the solver, ≥ 1.
    tolerance : float, optional
        The relative residual ‖g − Av‖/‖g‖ to be reached. Where it is given, or neither it nor `solver_steps` is
        (then it is 1e-10), a solver that does not reach it is an error. With `solver_steps` alone, that many steps
        are made and the residual is reported.

    Returns
    -------
    Result
        With `residual`, `converged` and `info["solver_steps"]`; with `predicted` if the inner problem is a
        quadratic and the solver a Method (conjugate gradients have no fixed polynomial).

    Raises
    ------
    NotConverged
        If the tolerance is not reached, or a system without solution stops the solver before its steps are made; its
        `result` is what there was.
    NotFinite
        If an iterate, a product or the hypergradient is not finite.
    InvalidInput
        If an argument is not allowed, Φ is known to be no contraction, or "cg" meets a system that is not symmetric
        positive definite.

    References
    ----------
    Grazzi, Pontil, Salzo, ICML 2024. For polynomial solvers on quadratics: `problems.prediction`.

    Examples
    --------
    >>> import numpy as np
    >>> from polyunroll import Chebyshev, Spectrum
    >>> from polyunroll.problems import Bilevel, RidgePenalty, SquaredDistance
    >>> ridge = RidgePenalty(np.diag([1.0, 3.0]), [1.0, 1.0], 0.1)
    >>> problem = Bilevel(ridge, SquaredDistance([1.0, 1.0]))
    >>> aid(problem, 0.1, Chebyshev(Spectrum("0.6", "4.6")), steps=40).hypergradient.round(10)
    array([0.27925415])
    """
    theta, meter = read_theta(theta), Meter()
    inner, outer = open_problem(problem, theta, meter)
    require_parameters(inner)
    method = method_for(m, inner)
    count = read_plain_steps(steps, method, x0)
    start = read_start(x0, inner, theta)
    with quiet():
        support = Support(inner.support)
        x = run_plain(method, count, inner.F, start, meter, support.look)
        in_x, in_theta = outer.gradients(x)
        used, most, wanted = _solver(solver, solver_steps, tolerance, inner)
        found = _solve(inner, x, meter.hold(in_x), used, most, wanted)
        total = finite_end("the hypergradient", in_theta - inner.cross_T(x, found.v), count, x, meter.costs())
    reached = None if wanted is None else bool(found.residual <= wanted)
    if wanted is None and found.steps < most and found.residual > TOLERANCE:
        reached, wanted = False, TOLERANCE  # no step can be made any more, and what there is solves nothing
    result = Result(
        total,
        x,
        meter.costs(),
        converged=reached,
        residual=found.residual,
        identified_at=support.identified_at,
        info={"solver_steps": found.steps},
    )
    if reached is False:
        raise NotConverged(
            f"the linear solver {used!r} stopped after {found.steps} steps at relative residual {found.residual:.3g}, "
            f"above the tolerance {wanted:.3g}; give more solver_steps, another solver or a larger tolerance (the "
            "exception has the result so far)",
            result,
        )
    if isinstance(used, Method):
        predict = predicted.implicit(inner, problem.outer, theta, method, count, used, found.steps, start)
        result = replace(result, _predict=predict)
    return result


def _solver(
    solver: str | Method | None, solver_steps: Any, tolerance: Any, inner: Inner
) -> tuple[str | Method, int, float | None]:
    """(solver, most steps, tolerance or None)."""
    if solver is None:
        solver = "fixed-point" if inner.is_contraction else "cg"
    if isinstance(solver, Method):
        if solver.is_symbolic:
            raise InvalidInput(f"solver = {solver!r} is symbolic and cannot be run; give it numbers for its symbols")
    elif solver not in SOLVERS:
        raise InvalidInput(f"solver = {solver!r} is not known; give {', '.join(SOLVERS)} or a method")
    if solver == "fixed-point":
        if not inner.is_contraction:
            raise InvalidInput("solver = 'fixed-point' needs a Contraction; for an Oracle give cg or a method")
        require_modulus(inner.modulus)
        solver = fixed_point()
    if tolerance is not None:
        tolerance = read_number("tolerance", tolerance)
        if not 0 < tolerance < 1:
            raise InvalidInput(f"tolerance is {tolerance}; it must be above 0 and below 1")
    elif solver_steps is None:
        tolerance = TOLERANCE
    if solver_steps is None:
        horizon = solver.horizon if isinstance(solver, Method) else None
        solver_steps = MOST_STEPS if horizon is None else horizon
    most = whole_number(solver_steps, "solver_steps", 1)
    if isinstance(solver, Method):
        solver.require_steps(most)
    return solver, most, tolerance


def _solve(inner: Inner, x: Array, g: Array, solver: str | Method, most: int, tolerance: float | None) -> Solution:
    """Solve (∂_xF(x))ᵀ v = g."""

    def A(v: Array) -> Array:
        return inner.product_T(x, v)

    if isinstance(solver, Method):
        return polynomial(A, g, solver, most, tolerance, inner.meter)
    target = 0.0 if tolerance is None else tolerance
    if solver == "normal-cg":
        return normal_equations(A, lambda u: inner.product(x, u), g, most, target, inner.meter)
    if not inner.is_contraction:
        return conjugate_gradients(A, g, most, target, inner.meter)
    # On a support, (I − ∂Φᵀ) is restricted to it: what v is elsewhere does not reach ∂_θΦᵀv.
    inside = 0.0 * g + (1.0 if inner.support is None else inner.support(x))

    def restricted(v: Array) -> Array:
        return inner.meter.hold(inside * A(v))

    _require_symmetric(restricted, inside)
    return conjugate_gradients(restricted, inner.meter.hold(inside * g), most, target, inner.meter)


def _require_symmetric(A: Callable[[Array], Array], inside: Array) -> None:
    """Refuse a system that one random probe shows not to be symmetric; `inside` is 1 on the entries that count."""
    rng = np.random.default_rng(0)
    u, v = (inside * like(inside, rng.standard_normal(inside.shape[0])) for _ in range(2))
    left, right = A(u), A(v)
    gap = abs(dot(v, left) - dot(u, right))
    if gap > 1e-8 * (norm(v) * norm(left) + norm(u) * norm(right)):
        raise InvalidInput(
            f"solver = 'cg' needs a symmetric system, and a random probe finds vᵀAu − uᵀAv = {gap:.3g}; "
            "use normal-cg, fixed-point or a method"
        )
