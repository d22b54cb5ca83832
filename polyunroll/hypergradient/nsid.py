"""Stochastic implicit differentiation of Φ = G∘T, T being seen through samples only (nonsmooth Φ allowed)."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.hypergradient.failures import NotFinite, finite, finite_end, quiet
from polyunroll.hypergradient.fom import read_generator
from polyunroll.hypergradient.forward import run_plain
from polyunroll.hypergradient.identification import Support
from polyunroll.hypergradient.inner import (
    Inner,
    from_problem,
    method_for,
    open_problem,
    read_number,
    read_plain_steps,
    read_start,
    read_theta,
    require_modulus,
    require_parameters,
)
from polyunroll.hypergradient.meter import Meter
from polyunroll.hypergradient.result import Result
from polyunroll.interpret.arrays import Array
from polyunroll.methods.base import Method
from polyunroll.problems.contraction import SampledContraction

__all__ = ["nsid"]


def nsid(
    problem: Any,
    theta: Any,
    m: Method | None = None,
    steps: int | None = None,
    *,
    solver_steps: int | None = None,
    seed: Any = None,
    batch: int | None = 1,
    draws: float = 1.0,
    beta: float | None = None,
    gamma: float | None = None,
    step: float | None = None,
    x0: Any = None,
) -> Result:
    """Solve the linear system of implicit differentiation by stochastic steps.

    At x = x_N: ū is the mean of J = ⌈c(K+1)⌉ draws of T̂(x), D = ∂_1G(ū), v_0 = 0, and for k = 0 … K − 1

        v ← (1 − η_k) v + η_k (∂_xT̂(x; ζ_k)ᵀDᵀv + ∇_xE),    η_k = β/(γ + k);

    the result is ∇_θE + (∂_2G + D ∂_2T̄)ᵀ v_K, T̄ being the mean over the J draws.

    Parameters
    ----------
    problem : Bilevel
        Its inner problem is a `SampledContraction`.
    theta, m, x0
        As for `itd`: the N plain steps to x are those of all of Φ.
    steps : int
        N; 0 only where x0 is given.
    solver_steps : int
        K ≥ 1.
    seed : int or numpy Generator
    batch : int or None
        Samples in one draw of T̂, with repetitions. None is the deterministic case T̂ = T with η_k = 1 and J = 1,
        which is the fixed-point iteration of `aid`; it needs no seed and takes no step-size rule.
    draws : float
        c > 0.
    beta, gamma : float, optional
        The step-size rule; by default both are 2/(1 − q²), q the problem's `modulus`. A squared error that decays
        like 1/K needs β > 1/(1 − q²), and γ ≥ β keeps η_k ≤ 1.
    step : float, optional
        A constant η_k in (0, 1] in place of the rule: the start is forgotten faster, and the squared error stops at a
        floor of order η.

    Returns
    -------
    Result
        `costs` counts a draw of T̂, or of its derivatives, as one evaluation whatever its batch;
        `info` has "beta" and "gamma", or "step", and "draws" (J).

    Raises
    ------
    InvalidInput
        If an argument is not allowed, the contraction constant is at or above 1, or it is not known and the rule is
        not given.
    NotFinite
        If an iterate of x or v, the mean of the drawn maps or the hypergradient is not finite.

    Notes
    -----
    Where T(x) is near a kink of G, D is wrong with a probability that falls exponentially in J: the 1/K begins once
    J draws tell on which side T(x) is. Larger batches and more draws bring that forward.

    References
    ----------
    Grazzi, Pontil, Salzo, ICML 2024.
    """
    theta, meter = read_theta(theta), Meter()
    inner, outer = open_problem(problem, theta, meter)
    if not isinstance(inner.problem, SampledContraction):
        raise InvalidInput(
            f"the inner problem is of type {type(inner.problem).__name__}; allowed is a SampledContraction "
            "(sampled_map, sampled_vjp, sampled_parameter_vjp, last_vjp, last_parameter_vjp)"
        )
    require_modulus(inner.modulus)
    require_parameters(inner)
    method = method_for(m, inner)
    N = read_plain_steps(steps, method, x0)
    if solver_steps is None:
        raise InvalidInput("solver_steps is missing; give a whole number >= 1")
    K = whole_number(solver_steps, "solver_steps", 1)
    start = read_start(x0, inner, theta)
    if batch is None and not (beta is None and gamma is None and step is None):
        raise InvalidInput("beta, gamma and step are for drawn samples; with batch = None every step is a whole one")
    if step is not None and not (beta is None and gamma is None):
        raise InvalidInput(f"step = {step} is a constant, and beta and gamma are for steps that shrink; give one kind")
    if batch is None or step is not None:
        rule = {"step": _constant(1 if step is None else step)}
    else:
        rule = _rule(beta, gamma, inner.modulus)
    rng = np.random.default_rng(0) if batch is None else read_generator(seed)
    with quiet():
        support = Support(inner.support)
        x = run_plain(method, N, inner.F, start, meter, support.look)
        in_x, in_theta = outer.gradients(x)
        sampler = _Sampler(inner, x, N, K, batch, draws, rng)
        v = sampler.solve(meter.hold(in_x), rule)
        total = finite_end("the hypergradient", in_theta + sampler.finish(v), N, x, meter.costs())
    info = {**rule, "draws": sampler.draws}
    return Result(total, x, meter.costs(), identified_at=support.identified_at, info=info)


def _constant(step: Any) -> float:
    eta = read_number("step", step)
    if not 0 < eta <= 1:
        raise InvalidInput(f"step is {eta}; it must be above 0 and at most 1")
    return eta


def _rule(beta: Any, gamma: Any, q: float | None) -> dict[str, float]:
    """β and γ of η_k = β/(γ + k)."""
    if beta is None or gamma is None:
        if q is None:
            raise InvalidInput("the contraction constant is not known; give the problem a modulus, or beta and gamma")
        base = 2 / (1 - q * q)
        beta, gamma = base if beta is None else beta, base if gamma is None else gamma
    beta, gamma = read_number("beta", beta), read_number("gamma", gamma)
    least = 0.0 if q is None else 1 / (1 - q * q)
    if not least < beta < float("inf"):
        raise InvalidInput(
            f"beta is {beta}; it must be above 1/(1 − q²) = {least:.6g}, or the error need not decay like 1/K"
        )
    if not beta <= gamma < float("inf"):
        raise InvalidInput(f"gamma is {gamma}; it must be at least beta = {beta}, so that no step is above 1")
    return {"beta": beta, "gamma": gamma}


class _Sampler:
    """Draws of T̂ and its derivatives at one x, and D there."""

    def __init__(self, inner: Inner, x: Array, N: int, K: int, batch: Any, c: Any, rng: np.random.Generator) -> None:
        self._n, self._p, self._steps = inner.n, inner.p, N
        self._problem: SampledContraction = inner.problem
        self._x, self._K, self._rng, self._meter = x, K, rng, inner.meter
        samples = whole_number(self._problem.samples, "the inner problem's samples", 1)
        self._batch: int | None
        if batch is None:
            self._batch, self.draws = None, 1
            self._kept = np.arange(samples)
        else:
            self._batch = whole_number(batch, "batch", 1)
            if not 0 < read_number("draws", c) < float("inf"):
                raise InvalidInput(f"draws is {c}; it must be a finite number above 0")
            self.draws = ceil(c * (K + 1))
            self._kept = rng.integers(samples, size=self.draws * self._batch)
        self._meter.ask("gradients", self.draws)
        mean = from_problem("sampled_map", self._problem.sampled_map(x, self._kept), inner.n)
        self._mean = self._meter.hold(
            finite_end("the mean of the drawn maps", mean, self._steps, x, self._meter.costs())
        )

    def solve(self, g: Array, rule: dict[str, float]) -> Array:
        """v_K from v_0 = 0."""
        v = self._meter.hold(0.0 * g)
        for k in range(self._K):
            indices = self._kept
            if self._batch is not None:
                indices = self._rng.integers(self._problem.samples, size=self._batch)
            self._meter.ask("vjps", 2)
            turned = self._turned(v)
            found = self._meter.hold(
                from_problem("sampled_vjp", self._problem.sampled_vjp(self._x, turned, indices), self._n)
            )
            eta = rule["step"] if "step" in rule else rule["beta"] / (rule["gamma"] + k)
            before, v = v, self._meter.hold((1 - eta) * v + eta * (found + g))
            if not finite(v):
                raise NotFinite(
                    f"the iterate of the linear solver is not finite at step {k + 1} of {self._K}; it stopped there",
                    k + 1,
                    before,
                    None,
                    self._meter.costs(),
                )
        return v

    def finish(self, v: Array) -> Array:
        """(∂_2G + D ∂_2T̄)ᵀ v, shape (p,)."""
        self._meter.ask("vjps", 2 + self.draws)
        found = self._problem.sampled_parameter_vjp(self._x, self._turned(v), self._kept)
        last = self._problem.last_parameter_vjp(self._mean, v)
        return from_problem("last_parameter_vjp", last, self._p) + from_problem("sampled_parameter_vjp", found, self._p)

    def _turned(self, v: Array) -> Array:
        """Dᵀv."""
        return self._meter.hold(from_problem("last_vjp", self._problem.last_vjp(self._mean, v), self._n))
