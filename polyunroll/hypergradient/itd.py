"""Iterative differentiation: a program is run, and the run is differentiated in forward or in reverse mode."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.hypergradient import predicted
from polyunroll.hypergradient.failures import finite_end, quiet
from polyunroll.hypergradient.forward import run_with_tangents
from polyunroll.hypergradient.identification import Support
from polyunroll.hypergradient.inner import (
    Inner,
    Outer,
    method_for,
    open_problem,
    read_array,
    read_start,
    read_theta,
    require_parameters,
)
from polyunroll.hypergradient.meter import Meter
from polyunroll.hypergradient.result import Result
from polyunroll.hypergradient.sweep import Tape
from polyunroll.interpret.arrays import Array, require_finite, require_shape, zeros
from polyunroll.methods.base import Method

__all__ = ["differentiate", "itd"]

MODES = ("reverse", "forward")


def itd(
    problem: Any,
    theta: Any,
    m: Method | None = None,
    steps: int | None = None,
    *,
    mode: str = "reverse",
    x0: Any = None,
    dx0: Any = None,
    checkpoints: int | None = None,
) -> Result:
    """Differentiate t steps of any method: d/dθ E(x_t(θ), θ).

    Parameters
    ----------
    problem : Bilevel
        The inner problem, an Oracle or a Contraction for every θ, and the outer loss.
    theta : array, shape (p,)
        The outer parameters; a number where p = 1. An inner problem without any (parameters = 0) takes no part in
        the hypergradient, which is ∇_θE then; reverse mode gives its derivative by x_0 as `start_gradient`.
    m : Method, optional
        Any method without symbols. On a contraction it is run with x − Φ(x) for the gradient, and None means the
        plain iteration x ← Φ(x).
    steps : int
        t ≥ 1; by default all of a fixed-horizon method's.
    mode : {"reverse", "forward"}
        Reverse: one backward sweep, t products with the transposed derivative, t kept vectors. Forward: ∂x_t is
        carried along, p products a step, p vectors for each state; the result has the whole Jacobian.
    x0 : array, shape (n,), optional
        The start, 0 by default.
    dx0 : array, shape (n, p), optional
        Its derivative in θ, 0 by default.
    checkpoints : int, optional
        In reverse mode, keep only so many sets of states, ≥ 1, and compute the others again; None keeps the query
        point of every step.

    Returns
    -------
    Result
        With `predicted` if the inner problem is a quadratic.

    Raises
    ------
    InvalidInput
        If an argument is not allowed, or Φ is known to be no contraction.
    HorizonError
        If steps is beyond a fixed-horizon method's.
    NotFinite
        If an iterate or a derivative is not finite; the exception says at which step and has what there was.

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022. For contractions: Grazzi, Pontil, Salzo, ICML 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from polyunroll import Chebyshev, Spectrum
    >>> from polyunroll.problems import Bilevel, RidgePenalty, SquaredDistance
    >>> ridge = RidgePenalty(np.diag([1.0, 3.0]), [1.0, 1.0], 0.1)
    >>> problem = Bilevel(ridge, SquaredDistance([1.0, 1.0]))
    >>> result = itd(problem, 0.1, Chebyshev(Spectrum("0.6", "4.6")), steps=40)
    >>> result.hypergradient.round(10)
    array([0.27925415])
    """
    if mode not in MODES:
        raise InvalidInput(f"mode = {mode!r} is not known; give reverse or forward")
    if checkpoints is not None:
        checkpoints = whole_number(checkpoints, "checkpoints", 1)
        if mode == "forward":
            raise InvalidInput("checkpoints are for reverse mode; forward mode keeps no earlier iterate")
    theta, meter = read_theta(theta), Meter()
    inner, outer = open_problem(problem, theta, meter)
    if mode == "forward":
        require_parameters(inner)
    method = method_for(m, inner)
    steps = read_steps(steps, method)
    start = read_start(x0, inner, theta)
    tangent = _read_tangent(dx0, inner, start)
    with quiet():
        result = differentiate(inner, outer, method, steps, start, tangent, mode, checkpoints)
    predict = predicted.unrolled(inner, problem.outer, theta, method, steps, start, tangent)
    return replace(result, _predict=predict)


def read_steps(steps: Any, method: Method, whole: bool = True) -> int:
    """A number of steps, ≥ 1, and one that the method has if they are the `whole` of a run.

    Raises
    ------
    InvalidInput, HorizonError
    """
    if steps is None and method.horizon is None:
        raise InvalidInput("steps is missing; give a whole number >= 1")
    count = whole_number(method.horizon if steps is None else steps, "steps")
    if count == 0:
        raise InvalidInput(
            "steps = 0 leaves nothing to differentiate, and the answer would be a silent zero; give steps >= 1"
        )
    if whole:
        method.require_steps(count)
    return count


def differentiate(
    inner: Inner,
    outer: Outer,
    method: Method,
    steps: int,
    start: Array,
    tangent: Array | None,
    mode: str,
    checkpoints: int | None,
    support: Support | None = None,
) -> Result:
    """Run and differentiate; `tangent` None means ∂x_0 = 0."""
    support = Support(inner.support) if support is None else support
    if mode == "forward":
        dx0 = zeros((inner.n, inner.p), start) if tangent is None else tangent
        inner.meter.hold(start)
        x, dx = run_with_tangents(method, steps, inner, start, inner.meter.hold(dx0), support.look)
        in_x, in_theta = outer.gradients(x)
        total = finite_end("the hypergradient", in_theta + dx.T @ in_x, steps, x, inner.meter.costs())
        return Result(total, x, inner.meter.costs(), jacobian=dx, identified_at=support.identified_at)
    tape = Tape(method, steps, inner.F, start, inner.meter)
    x, queries = tape.forward(keep=checkpoints is None, look=support.look)
    in_x, in_theta = outer.gradients(x)
    cross, by_start = tape.backward(
        inner.meter.hold(in_x), inner, queries if checkpoints is None else None, checkpoints or 0, cross=inner.p > 0
    )
    total = in_theta if cross is None else in_theta + cross
    if tangent is not None:
        total = total + tangent.T @ by_start
    finite_end("the hypergradient", total, steps, x, inner.meter.costs())
    return Result(total, x, inner.meter.costs(), start_gradient=by_start, identified_at=support.identified_at)


def _read_tangent(dx0: Any, inner: Inner, like: Array) -> Array | None:
    if dx0 is None:
        return None
    dx0 = read_array("dx0", dx0)
    require_shape("dx0", dx0, (inner.n, inner.p))
    require_finite("dx0", dx0)
    return 1.0 * dx0
