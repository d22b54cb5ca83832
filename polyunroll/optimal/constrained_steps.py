"""Gradient descent with its best list of steps: a polynomial with positive roots only, found by a search.

P = ∏(1 − h_i λ) makes max|F±| a function of the steps that is not convex. From several starts the search minimises it
by linear programmes in a trust region: near the present steps F± is replaced by its first-order expansion at the peaks
of |F±| and on a grid, the largest of these made least, and the region widened or narrowed by how much was gained
(Madsen's method). With P_i = ∏_{j≠i}(1 − h_j λ), ∂P/∂h_i = −λP_i =: Q and, in the split `total`, Q − λQ' = λ²P_i'.

The search proves nothing about other steps. What is proved is the worst case of the steps found, and how far it is from
the least that any polynomial of that degree has.

References
----------
Madsen, An algorithm for minimax solution of overdetermined systems of non-linear equations, J. Inst. Maths Applics 16
(1975) 321–328. Leja ordering: Reichel, Linear Algebra Appl. 154–156 (1991) 389–414.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from polyunroll.arithmetic.exact import exact, public, sign, to_float, whole_number
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import require_interval
from polyunroll.methods.gradient_descent import GradientDescent
from polyunroll.optimal.exchange import Doubles, climb, solved
from polyunroll.optimal.minimax import Minimax, quotient, said_of
from polyunroll.optimal.problem import Problem
from polyunroll.output.literals import decimal_literal
from polyunroll.spectrum import Spectrum

__all__ = ["BestSteps", "best_steps"]

_MAX_STEPS = 100
_MAX_STARTS = 100
_PER_DEGREE, _FINE = 10, 40
_ROUNDS = 200
_SETTLED = 1e-10
_WIDEST = 0.5  # half the side of the trust region, in distances of neighbouring roots
_LOW = 0.3  # points where |F±| is below this share of the largest are left out
_COARSE = 3  # of the grid for peaks, each so many-th point is looked at too
_WORTH = 0.05  # of the gain that was promised, so much is enough for a move
_RANDOM = 0.3  # by how much random starts differ, in the logarithm
_DENOMINATOR = 10**10
_ENOUGH = 1e-6  # below R by less is not below
_AT_LIMIT = 1e-9  # so near to the limit there is nothing left to gain from other starts


@dataclass(frozen=True)
class BestSteps:
    """A list of steps of gradient descent, found by a search, with what is proved of it.

    No optimality among lists of steps is proved or claimed by the search: `limit` is the least W_T of all polynomials,
    with complex roots too. Where `multiple` is 1 to all digits, as it is for G = 0 as far as we have looked (in the
    split `total` a multiple of λ can be added to the minimax polynomial so that its roots are real), that is a proof.

    Attributes
    ----------
    method : GradientDescent
        With the list of steps, rational numbers, in Leja's order of 1/h.
    W : Enclosure
        Its pointwise worst case W_T, certified.
    limit : Enclosure
        The least W_T of any method with fixed coefficients, both bounds proved.
    starts : tuple of float
        What the search ended with from each of its starts, in doubles: how much it depends on them.
    problem : Problem
        The question: spectrum, T, R, G and split.
    """

    method: GradientDescent
    W: Enclosure
    limit: Enclosure
    starts: tuple[float, ...]
    problem: Problem

    @property
    def steps(self) -> tuple[Any, ...]:
        """The step sizes h_1 … h_T, exactly."""
        return tuple(public(h) for h in self.method.program.registers[0].table or ())

    @property
    def multiple(self) -> Enclosure | None:
        """W_T as a multiple of the limit, ≥ 1; None where that is 0."""
        return quotient(self.W, self.limit)

    @cached_property
    def V(self) -> Enclosure:
        """The exact worst case V_T of the steps."""
        problem = self.problem
        return worst_case(self.method, problem.t, problem.R, problem.G, split=problem.split)

    def __str__(self) -> str:
        listed = ", ".join(f"{float(h):.6g}" for h in self.steps)
        ratio = self.multiple
        above = "" if ratio is None else f", {ratio.decimal(10)} times the limit"
        return f"W = {self.W.decimal(10)}{above}, by the steps {listed}"


def best_steps(
    spectrum: Spectrum, T: int, R: Any = 1, G: Any = 0, split: str = "total", digits: int = 10, starts: int = 5
) -> BestSteps:
    """Steps h_1 … h_T of gradient descent with a small W_T, found by a search; certified, and compared with the limit.

    Parameters
    ----------
    spectrum : Spectrum
        Without symbols, ℓ < L.
    T : int
        How many steps, 1 to 100.
    R, G : exact numbers, R > 0, G ≥ 0
    split : {"total", "partial"}
    digits : int
        Of the enclosures.
    starts : int
        How many starts the search has, 1 to 100: the real parts of the minimax polynomial's roots, roots of Chebyshev
        polynomials on [ℓ, L] and on shorter intervals, and, always the same, random changes of the best of them. It
        stops where the limit is reached.

    Returns
    -------
    BestSteps

    Raises
    ------
    InvalidInput
        If an argument is none of these; or if no steps were found with W_T < R, which W_T tends to as the steps tend to
        0, so that none are best.
    LinearProgramFailed, ExchangeFailed
        If HiGHS does not solve a linear programme, or the search for the limit fails.

    Examples
    --------
    >>> from polyunroll import Spectrum, best_steps
    >>> float(best_steps(Spectrum("1/100", 1), 2).multiple) < 1.0001
    True
    """
    require_interval(spectrum, "a list of steps")
    problem = Problem.of(spectrum, T, R, G, split)
    whole_number(T, "T", 1)
    if problem.t > _MAX_STEPS:
        raise InvalidInput(f"T = {T} is beyond what the search can do; give T <= {_MAX_STEPS}")
    if sign(problem.R) == 0:
        raise InvalidInput("R = 0: the worst case vanishes with the step sizes, so none are best; give R > 0")
    digits, count = whole_number(digits, "digits", 1), whole_number(starts, "starts", 1)
    if count > _MAX_STARTS:
        raise InvalidInput(f"starts = {starts} is not allowed; give 1 to {_MAX_STARTS}")
    best = Minimax(spectrum, problem.t, problem.R, problem.G, split, digits)
    search = _Search(problem)
    limit = to_float(exact(best.lower) / problem.R) * (1 + _AT_LIMIT)
    pending = _starts(problem, best)
    found: list[float] = []
    random = np.random.default_rng(problem.t)
    value, h = np.inf, pending[0]
    while len(found) < count and value > limit:
        start = pending.pop(0) if pending else h * np.exp(_RANDOM * random.standard_normal(h.size))
        reached, end = search.run(start)
        found.append(reached)
        if reached < value:
            value, h = reached, end
    if value > 1 - _ENOUGH:
        proved = sign(problem.R - exact(best.lower)) <= 0
        words = "which is proved to be the limit" if proved else "as far as the search can tell"
        raise InvalidInput(
            f"no list of {problem.t} steps brings W_T below its start R, {words}; it tends to R as the steps tend to "
            "0, so none are best"
        )
    steps = [Fraction(float(v / search.high)).limit_denominator(_DENOMINATOR) for v in _leja(h)]
    method = GradientDescent(spectrum, steps)
    W = worst_case(method, problem.t, problem.R, problem.G, digits, criterion="pointwise", split=split)
    said = said_of(f"W_{problem.t} of any method", best.limit, problem)
    object.__setattr__(method, "found", f"by a search, W_{problem.t} = {decimal_literal(W.upper, 6)}; {said}")
    scale = to_float(problem.R)
    return BestSteps(method, W, best.limit, tuple(v * scale for v in found), problem)


def _starts(problem: Problem, best: Minimax) -> list[Doubles]:
    """Steps times L."""
    low, T = to_float(problem.spectrum.low / problem.spectrum.high), problem.t
    nodes = np.cos(np.pi * (np.arange(T) + 0.5) / T)
    found = [
        np.asarray(2 / ((1 + inner) + (1 - inner) * nodes)) for inner in (low, 3 * low, 0.1, 0.5) if low <= inner < 1
    ]
    tau = np.array([1.0, *(to_float(v) for v in best.tails), 0.0])
    if not tau[1:].any():  # P ≡ 1 has no roots
        return found
    center, radius = (1 + low) / 2, (1 - low) / 2
    at_zero = np.cosh(np.arange(T + 1) * np.arccosh(center / radius)) * (-1.0) ** np.arange(T + 1)
    c = (tau[:-1] - tau[1:]) / at_zero
    if problem.split == "total" and sign(problem.G) == 0 and T > 1:
        slope = _many_roots(c, center, radius, T)
        c[0], c[1] = c[0] - slope * center, c[1] - slope * radius
    roots = center + radius * np.polynomial.chebyshev.chebroots(c[: int(np.flatnonzero(c)[-1]) + 1]).real
    steps = 1 / np.maximum(roots, low / 2)
    return [np.concatenate([steps, np.full(T - roots.size, 1e-3)]), *found]


def _many_roots(c: Doubles, center: float, radius: float, T: int) -> float:
    """An a with which P − aλ has as many real roots as it can, or nearly, E being the same: where P/λ oscillates.

    Between a local maximum of P/λ above a and a local minimum below there is a root.
    """
    theta = np.linspace(0.0, np.pi, _FINE * T + 1)
    g = np.polynomial.chebyshev.chebval(np.cos(theta), c) / (center + radius * np.cos(theta))
    inner, left, right = g[1:-1], g[:-2], g[2:]
    tops, bottoms = inner[(inner > left) & (inner >= right)], inner[(inner < left) & (inner <= right)]
    return float(tops.min() + bottoms.max()) / 2 if tops.size and bottoms.size else float(g.mean())


def _leja(h: Doubles) -> list[float]:
    """The order in which each next root 1/h is as far as can be from those before it, in the product of distances."""
    roots, order = 1 / np.sort(h), [0]
    logs = np.zeros(roots.size)
    while len(order) < roots.size:
        logs += np.log(np.abs(roots - roots[order[-1]]) + 1e-9 * roots)
        logs[order] = -np.inf
        order.append(int(logs.argmax()))
    return [float(v) for v in np.sort(h)[order]]


class _Search:
    """max|F±|/R and its descent, in doubles; λ in units of L, steps in units of 1/L."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.T = problem, problem.t
        self.high = to_float(problem.spectrum.high)
        low = to_float(problem.spectrum.low / problem.spectrum.high)
        self.center, self.radius = (1 + low) / 2, (1 - low) / 2
        self.weight = to_float(problem.G / problem.R) / self.high
        self.sides = (1.0, -1.0) if self.weight else (1.0,)
        self.grid = np.linspace(0.0, np.pi, _PER_DEGREE * (self.T + 1) + 1)

    def values(self, h: Doubles, theta: Doubles, side: Doubles, slopes: bool) -> tuple[Doubles, Doubles]:
        """F_σ/R at each θ, shape (n,), and if asked for its derivatives in log h_i, shape (n, T)."""
        lam = self.center + self.radius * np.cos(theta)
        one = 1 - np.outer(lam, h)
        # products of all but one, and of all but two, by what is before and after: no division
        before = np.hstack([np.ones((lam.size, 1)), np.cumprod(one, axis=1)])
        after = np.hstack([np.cumprod(one[:, ::-1], axis=1)[:, ::-1], np.ones((lam.size, 1))])
        P, rest = before[:, -1], before[:, :-1] * after[:, 1:]
        D = -(rest @ h)
        G, total = self.weight * side, self.problem.split == "total"
        F = (P - lam * D if total else P) + G * D
        if not slopes:
            return F, np.zeros((0, 0))
        inner = self._slopes(one, h)
        Q = -lam[:, None] * rest
        dQ = -rest - lam[:, None] * inner
        A = Q - lam[:, None] * dQ if total else Q
        return F, (A + G[:, None] * dQ) * h

    def _slopes(self, one: Doubles, h: Doubles) -> Doubles:
        """P_i' for each i, by running products and their derivatives from either side."""
        n, T = one.shape
        p, d = np.ones((n, T + 1)), np.zeros((n, T + 1))
        q, e = np.ones((n, T + 1)), np.zeros((n, T + 1))
        for i in range(T):
            p[:, i + 1] = p[:, i] * one[:, i]
            d[:, i + 1] = d[:, i] * one[:, i] - h[i] * p[:, i]
            j = T - 1 - i
            q[:, j] = q[:, j + 1] * one[:, j]
            e[:, j] = e[:, j + 1] * one[:, j] - h[j] * q[:, j + 1]
        return np.asarray(d[:, :-1] * q[:, 1:] + p[:, :-1] * e[:, 1:])

    def peaks(self, h: Doubles) -> tuple[Doubles, Doubles, float]:
        """(θ, σ) of the local maxima of |F±|, and the largest."""
        thetas, sides, top = [], [], 0.0
        for s in self.sides:

            def size(theta: Doubles, s: float = s) -> Doubles:
                return np.abs(self.values(h, theta, np.full(theta.size, s), False)[0])

            theta = climb(size, self.grid)
            thetas.append(theta)
            sides.append(np.full(theta.size, s))
            top = max(top, float(size(theta).max()))
        return np.concatenate(thetas), np.concatenate(sides), top

    def run(self, h: Doubles) -> tuple[float, Doubles]:
        """(max|F±|/R, steps) at the end of the descent.

        Raises
        ------
        LinearProgramFailed
        """
        theta, side, value = self.peaks(h)
        whole = np.tile(self.grid[::_COARSE], len(self.sides))
        whole_side = np.repeat(self.sides, self.grid[::_COARSE].size)
        reach = _WIDEST
        for _ in range(_ROUNDS):
            F, slopes = self.values(h, np.concatenate([theta, whole]), np.concatenate([side, whole_side]), True)
            near = np.abs(F) > _LOW * value
            unit = self._units(1 / h)
            # slopes are in log h, and d log h = −h dλ for the root λ = 1/h
            change, promised = self._step(F[near] / value, -slopes[near] * (h * unit) / value, reach)
            if promised < _SETTLED:
                break
            moved = 1 / np.maximum(1 / h + unit * change, 0.5 / h)
            new_theta, new_side, new = self.peaks(moved)
            gained = (value - new) / value
            if gained > _WORTH * promised:
                theta, side, value, h = new_theta, new_side, new, moved
                reach = min(2 * reach, _WIDEST) if gained > 0.5 * promised else reach
            else:
                reach /= 4
            if reach < _SETTLED:
                break
        return value, h

    def _units(self, roots: Doubles) -> Doubles:
        """About the distance to a neighbour that roots of such polynomials have there, in which the region is a box."""
        near_end = self.radius * np.pi / self.T
        distance = np.abs(self.radius**2 - (roots - self.center) ** 2)
        return np.asarray(np.pi / self.T * np.sqrt(distance + near_end**2))

    def _step(self, F: Doubles, slopes: Doubles, reach: float) -> tuple[Doubles, float]:
        """The change of the roots, in units, that makes the largest expanded |F| least, and its relative gain."""
        ones = np.ones((F.size, 1))
        found = solved(
            self.problem,
            c=np.append(np.zeros(self.T), 1.0),
            A_ub=np.vstack([np.hstack([slopes, -ones]), np.hstack([-slopes, -ones])]),
            b_ub=np.concatenate([-F, F]),
            bounds=[(-reach, reach)] * self.T + [(None, None)],
        )
        return found.x[:-1], 1 - float(found.x[-1])
