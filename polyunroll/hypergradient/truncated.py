"""Truncated differentiation: plain steps first, then the method is started again and those steps differentiated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.hypergradient import predicted
from polyunroll.hypergradient.failures import quiet
from polyunroll.hypergradient.forward import run_plain
from polyunroll.hypergradient.identification import Support
from polyunroll.hypergradient.inner import method_for, open_problem, read_start, read_theta, require_parameters
from polyunroll.hypergradient.itd import MODES, differentiate, read_steps
from polyunroll.hypergradient.meter import Meter
from polyunroll.hypergradient.result import Result
from polyunroll.hypergradient.split import Split, best_split, measure
from polyunroll.methods.base import Method

__all__ = ["truncated"]


def truncated(
    problem: Any,
    theta: Any,
    m: Method | None = None,
    steps: int | None = None,
    *,
    plain_steps: int | None = None,
    extra: int = 0,
    mode: str = "reverse",
    x0: Any = None,
    checkpoints: int | None = None,
) -> Result:
    """Make N plain steps, then differentiate K steps that start at x_N with ∂x = 0 and without momentum.

    Parameters
    ----------
    problem, theta, m, mode, x0, checkpoints
        As for `itd`.
    steps : int
        T = N + K ≥ 1 steps in all.
    plain_steps : int, optional
        N, from 0 to T − 1. None takes the split with the least bound, from the error pair (P_K, P_K' P_N) and the
        constants R = ‖∂x*‖ and G = ‖∂H‖ ‖x_0 − x*‖, which are computed on a quadratic and measured elsewhere
        (see `split.measure`; what that costs is counted). It needs an Oracle.
    extra : int
        Further plain steps, made before all others: they cost no memory and no derivative.

    Returns
    -------
    Result
        With `info["plain_steps"]` (N and the extra ones), `info["steps"]` (K) and `info["split"]`, which is None
        where N was given; with `predicted` if the inner problem is a quadratic.

    Raises
    ------
    InvalidInput
        If an argument is not allowed: K = 0 would be a silent zero.
    HorizonError
        If a fixed-horizon method has not so many steps.
    NotFinite
        If an iterate or a derivative is not finite.

    References
    ----------
    Mehmood, Knoll, Ochs, *Understanding the Curse of Unrolling*, 2026 (warm start and truncation).
    """
    if mode not in MODES:
        raise InvalidInput(f"mode = {mode!r} is not known; give reverse or forward")
    if checkpoints is not None:
        checkpoints = whole_number(checkpoints, "checkpoints", 1)
        if mode == "forward":
            raise InvalidInput("checkpoints are for reverse mode; forward mode keeps no earlier iterate")
    theta, meter = read_theta(theta), Meter()
    inner, outer = open_problem(problem, theta, meter)
    require_parameters(inner)
    method = method_for(m, inner)
    T, extra = read_steps(steps, method, whole=False), whole_number(extra, "extra")
    start = read_start(x0, inner, theta)
    with quiet():
        if plain_steps is None:
            if inner.is_contraction:
                raise InvalidInput("plain_steps is missing; a split is advised for an Oracle only, so give a number")
            advice = best_split(method, T, *measure(inner, method, T, start, theta), extra)
            split: Split | None = advice
            N, K = advice.plain, advice.steps
        else:
            split, plain = None, whole_number(plain_steps, "plain_steps")
            if plain >= T:
                raise InvalidInput(
                    f"plain_steps = {plain} of {T} steps leaves K = {T - plain} to differentiate, and the answer would "
                    f"be a silent zero; give at most {T - 1}"
                )
            N, K = plain + extra, T - plain
        method.require_steps(N)
        method.require_steps(K)
        support = Support(inner.support)
        x = run_plain(method, N, inner.F, start, meter, support.look)
        support.offset = N
        result = differentiate(inner, outer, method, K, x, None, mode, checkpoints, support)
    return replace(
        result,
        start_gradient=None,
        info={"plain_steps": N, "steps": K, "split": split},
        _predict=predicted.truncated(inner, problem.outer, theta, method, N, K, start),
    )
