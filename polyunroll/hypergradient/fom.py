"""First-order hypergradients: the outer parameter is where the inner loop starts, and the loop is left out or debiased.

With x_r the end of r inner steps from x_0 = θ, FOM returns G_FO = ∇L_out(x_r) as if the loop were the identity. The
exact gradient is G = (dx_r/dθ)ᵀ G_FO; for gradient descent ∏(I − α∇²L_in(x_j)) G_FO with j = 0 leftmost. UFOM draws
ξ ~ Bernoulli(q) and returns G_FO + (ξ/q)(G − G_FO): unbiased, E‖·‖² = ‖G‖² + (1/q − 1)‖G − G_FO‖², and its memory
does not grow with r, the exact branch being computed again from a fixed number of checkpoints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.hypergradient import predicted
from polyunroll.hypergradient.failures import finite_end, quiet
from polyunroll.hypergradient.forward import run_plain
from polyunroll.hypergradient.inner import Inner, Outer, method_for, open_problem, read_theta
from polyunroll.hypergradient.itd import read_steps
from polyunroll.hypergradient.linear import dot
from polyunroll.hypergradient.meter import Meter
from polyunroll.hypergradient.probability import Probability, read_probability
from polyunroll.hypergradient.result import Result
from polyunroll.hypergradient.sweep import Tape
from polyunroll.interpret.arrays import Array
from polyunroll.methods.base import Method

__all__ = ["adaptive_ufom", "fom", "read_generator", "ufom"]

CHECKPOINTS = 4


def fom(problem: Any, theta: Any, m: Method, steps: int | None = None) -> Result:
    """The first-order hypergradient ∇L_out(x_r), r steps from the start x_0 = θ.

    Parameters
    ----------
    problem : Bilevel
        Its inner problem has the dimension of θ and no outer parameters of its own (parameters = 0).
    theta : array, shape (n,)
        The start of the inner loop.
    m : Method
        The inner loop; [UF] has gradient descent with step α.
    steps : int
        r ≥ 1.

    Returns
    -------
    Result
        With `predicted` on a quadratic, against the exact gradient of the r steps: G_FO − G = (I − P_r(H)) G_FO, one
        minus the residual polynomial, and I − P_r(H) for the Jacobian by the start.

    Raises
    ------
    InvalidInput
        If an argument is not allowed.
    NotFinite
        If an iterate is not finite.

    References
    ----------
    Likhosherstov, Song, Choromanski, Davis, Weller, ICML 2021.
    """
    loop = _Loop(problem, theta, m, steps)
    with quiet():
        return loop.result(loop.first_order(), {"exact": False})


def ufom(
    problem: Any,
    theta: Any,
    m: Method,
    steps: int | None = None,
    *,
    q: float,
    seed: Any,
    checkpoints: int = CHECKPOINTS,
) -> Result:
    """The unbiased first-order hypergradient: exact with probability q, and corrected so that the mean is exact.

    Parameters
    ----------
    problem, theta, m, steps
        As for `fom`.
    q : float
        Probability of the exact branch, above 0 and at most 1.
    seed : int or numpy Generator
        A Generator goes on from call to call.
    checkpoints : int
        How many sets of states the exact branch may keep, ≥ 1: the vectors held do not depend on r (the coefficients
        of the steps, a few numbers each, are kept).

    Returns
    -------
    Result
        `info["exact"]` says whether the exact branch was taken; then `info["D2"]` = ‖G − G_FO‖² and
        `info["V2"]` = ‖G‖². With `predicted` on a quadratic: (1 − ξ/q) times that of `fom`, ξ = 1 in the exact branch
        and 0 otherwise, of mean 0.

    Raises
    ------
    InvalidInput
        If q is not in (0, 1] or another argument is not allowed.
    NotFinite
        If an iterate or a derivative is not finite.

    References
    ----------
    Likhosherstov, Song, Choromanski, Davis, Weller, ICML 2021.
    """
    q, rng = read_probability("q", q), read_generator(seed)
    checkpoints = whole_number(checkpoints, "checkpoints", 1)
    loop = _Loop(problem, theta, m, steps)
    with quiet():
        return loop.draw(q, rng, checkpoints)


def adaptive_ufom(
    problem: Any,
    theta: Any,
    m: Method,
    steps: int | None = None,
    *,
    state: Probability,
    seed: Any,
    checkpoints: int = CHECKPOINTS,
) -> Result:
    """`ufom` with the probability that `state` finds best so far; exact draws teach it.

    Parameters
    ----------
    problem, theta, m, steps, seed, checkpoints
        As for `ufom`.
    state : Probability
        Kept by the caller from call to call; it is changed here, after the draw, so that each draw is unbiased
        given the past.

    Returns
    -------
    Result
        With `info["q"]`, the probability that was used.

    Raises
    ------
    InvalidInput, NotFinite
        As `ufom`.
    """
    if not isinstance(state, Probability):
        raise InvalidInput(f"state is of type {type(state).__name__}; give a Probability, kept from call to call")
    result = ufom(problem, theta, m, steps, q=state.q, seed=seed, checkpoints=checkpoints)
    if result.info["exact"]:
        state.learn(result.info["D2"], result.info["V2"])
    return result


@dataclass(frozen=True)
class _FirstOrder:
    x: Array
    gradient: Array  # G_FO, plus the partial gradient in θ where the outer loss has one
    in_x: Array


class _Loop:
    """r steps of a method from x_0 = θ."""

    def __init__(self, problem: Any, theta: Any, m: Method, steps: int | None) -> None:
        self.theta, self.meter = read_theta(theta), Meter()
        self.inner: Inner
        self.outer: Outer
        self.inner, self.outer = open_problem(problem, self.theta, self.meter)
        if self.inner.n != int(self.theta.shape[0]):
            raise InvalidInput(
                f"theta has shape {tuple(self.theta.shape)}; it is the start of the inner loop, and must have shape "
                f"({self.inner.n},)"
            )
        if self.inner.p:
            raise InvalidInput(
                f"the inner problem has {self.inner.p} outer parameters besides its start; allowed are none (use itd)"
            )
        self.method = method_for(m, self.inner)
        self.steps = read_steps(steps, self.method)
        self.start = 1.0 * self.theta

    def first_order(self) -> _FirstOrder:
        x = run_plain(self.method, self.steps, self.inner.F, self.start, self.meter)
        in_x, in_theta = self.outer.gradients(x)
        return _FirstOrder(x, in_x + in_theta, in_x)

    def draw(self, q: float, rng: np.random.Generator, checkpoints: int) -> Result:
        """One draw of UFOM."""
        exact = bool(rng.random() < q)
        first = self.first_order()
        info: dict[str, Any] = {"exact": exact, "q": q}
        if not exact:
            return self.result(first, info)
        tape = Tape(self.method, self.steps, self.inner.F, self.start, self.meter)
        _, by_start = tape.backward(self.meter.hold(first.in_x), self.inner, None, checkpoints, cross=False)
        correction = by_start - first.in_x
        whole = first.gradient + correction
        info |= {"D2": dot(correction, correction), "V2": dot(whole, whole)}
        draw = first.gradient + (1 / q) * correction
        finite_end("the hypergradient", draw, self.steps, first.x, self.meter.costs())
        return self.result(first, info, draw, 1 - 1 / q)

    def result(
        self, first: _FirstOrder, info: dict[str, Any], hypergradient: Array | None = None, share: float = 1.0
    ) -> Result:
        """What was found; `share` is the share of G − G_FO that is left out."""
        found = first.gradient if hypergradient is None else hypergradient
        predict = predicted.first_order(self.inner, self.outer.loss, self.theta, self.method, self.steps, share)
        return Result(found, first.x, self.meter.costs(), info=info, _predict=predict)


def read_generator(seed: Any) -> np.random.Generator:
    """A source of random numbers that can be had again.

    Raises
    ------
    InvalidInput
    """
    if seed is None or isinstance(seed, bool):
        raise InvalidInput(
            f"seed is {seed!r}; give a whole number or a numpy Generator, so that a draw can be repeated"
        )
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise InvalidInput(f"seed is {seed!r}; give a whole number >= 0 or a numpy Generator") from None
