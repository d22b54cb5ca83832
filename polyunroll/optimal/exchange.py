"""A first reference in doubles: linear programmes over finitely many conditions, exchanged until none is violated.

A programme sees |F±| ≤ 1 at some points and finds the largest P(0); the peaks of its |F±| join the conditions, and the
ones that do not bind leave. In the Chebyshev basis this is well posed at any degree; the programme "minimise the
largest |F|" is not. In the end a vertex's conditions, as many as there are unknowns, are the reference that `remez`
polishes. Where G = 0 the unknowns' powers of λ form a Chebyshev system, the reference alternates, and Remez's own
exchange finds it without a programme, from the extrema of a Chebyshev polynomial.

References
----------
Cheney, Introduction to Approximation Theory, 1966, Chapter 3 (exchange, alternation).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.optimize import linprog

from polyunroll.errors import PolyunrollError
from polyunroll.optimal.problem import Condition, Problem

__all__ = [
    "MOVES",
    "ExchangeFailed",
    "LinearProgramFailed",
    "Reference",
    "climb",
    "constant_points",
    "find_reference",
    "positive_weights",
    "rough_peaks",
    "solved",
]

Doubles = NDArray[np.float64]

MOVES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.01)
"""Towards a peak: how far apart the points of each parabola are, and how far it may move, in cells of the grid."""
_ABOVE = 1e-12
_ROUNDS = 30
_TOLERANCE = 1e-10
_SETTLED = 1e-8
_PER_DEGREE = 12  # points of the grid that peaks are looked for on
_LARGEST = 300.0  # of log |T_t(σ(0))| in doubles
_LEAST_PIVOTS, _PIVOTS = 2000, 50  # of the simplex method; it may go round for ever
_TRIES: tuple[tuple[str, dict[str, float]], ...] = (
    ("highs-ds", {"primal_feasibility_tolerance": _TOLERANCE, "dual_feasibility_tolerance": _TOLERANCE}),
    ("highs-ds", {}),
    ("highs-ipm", {}),
)
"""HiGHS's algorithms and options, one after the other until one solves; whatever comes out is proved later."""


class LinearProgramFailed(PolyunrollError, ArithmeticError):
    """A linear programme of the search was not solved."""


class ExchangeFailed(PolyunrollError, ArithmeticError):
    """The exchange did not settle, or what it found could not be proved.

    Attributes
    ----------
    conditions : tuple of Condition
        The last ones, if there were any: they still give a lower bound.
    """

    def __init__(self, sentence: str, conditions: tuple[Condition, ...] = ()) -> None:
        super().__init__(sentence)
        self.conditions = conditions


@dataclass(frozen=True)
class Reference:
    """Conditions |F_σ(θ)| ≤ 1 that bind, in doubles, as many as unknowns; arrays of shape (n,)."""

    theta: Doubles
    side: Doubles


def find_reference(problem: Problem, unless_constant: bool = False) -> Reference | None:
    """The conditions that bind at the optimum; None if asked to stop where P ≡ 1 is optimal as far as doubles tell.

    Raises
    ------
    LinearProgramFailed
        If HiGHS does not solve a programme.
    ExchangeFailed
        If the exchange does not settle.
    """
    if problem.scales[1] == 0:
        return _alternation(problem)
    return _vertex(problem, unless_constant)


# -- peaks -------------------------------------------------------------------------------------------------------------
def _grid(problem: Problem) -> Doubles:
    return np.linspace(0.0, np.pi, _PER_DEGREE * (problem.t + 1) + 1)


def climb(size: Callable[[Doubles], Doubles], grid: Doubles, values: Doubles | None = None) -> Doubles:
    """θ of the local maxima of a function on [0, π], ends included, each moved by parabolas towards its top.

    All functions here are even about either end, so that the end is a maximum or a minimum; next to a minimum there a
    maximum may hide in the first cell of the grid, and is looked for from its middle.
    """
    values = size(grid) if values is None else values
    padded = np.concatenate([[-1.0], values, [-1.0]])
    at = np.nonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]))[0]
    step = float(grid[1])
    hidden = np.array([step / 2, np.pi - step / 2])
    theta = np.concatenate([grid[at], hidden])
    inner = (theta > 0) & (theta < np.pi)
    for shrink in MOVES:
        h = step * shrink
        low, middle, high = size(np.clip(np.concatenate([theta - h, theta, theta + h]), 0.0, np.pi)).reshape(3, -1)
        bend = low - 2 * middle + high
        move = np.where(bend < 0, h * (low - high) / (2 * np.where(bend < 0, bend, 1.0)), 0.0)
        theta = np.where(inner, np.clip(theta + np.clip(move, -h, h), 0.0, np.pi), theta)
    above = size(theta[-2:]) > values[[0, -1]] * (1 + _ABOVE)
    return np.concatenate([theta[:-2], theta[-2:][above]])


def rough_peaks(problem: Problem, x: Doubles, side: float) -> tuple[Doubles, Doubles]:
    """(θ, F) at the local maxima of |F_σ|."""

    def F(theta: Doubles) -> Doubles:
        return np.asarray(problem.rows(theta, np.full(theta.size, side)) @ x)

    theta = climb(lambda at: np.abs(F(at)), _grid(problem))
    return theta, F(theta)


def _all_peaks(problem: Problem, x: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """(θ, σ, F) for both functions."""
    found = [(*rough_peaks(problem, x, side), side) for side in (1.0, -1.0)]
    theta = np.concatenate([a for a, _, _ in found])
    side = np.concatenate([np.full(a.size, s) for a, _, s in found])
    return theta, side, np.concatenate([v for _, v, _ in found])


# -- linear programmes -------------------------------------------------------------------------------------------------
def _programme(problem: Problem, theta: Doubles, side: Doubles) -> tuple[Doubles, Doubles, float]:
    """(unknowns, multiplier of each condition with the sign of F there, P(0)/|T_t(σ(0))|) at a vertex."""
    rows = problem.rows(theta, side)
    found = solved(
        problem,
        c=-problem.at_zero(),
        A_ub=np.vstack([rows, -rows]),
        b_ub=np.ones(2 * theta.size),
        bounds=(None, None),
    )
    assert found is not None
    multipliers = -found.ineqlin.marginals
    return found.x, multipliers[: theta.size] - multipliers[theta.size :], -found.fun


def solved(problem: Problem, may_be_infeasible: bool = False, **programme: Any) -> Any:
    """HiGHS's solution; None if the programme has none and that is an answer."""
    words, most = "", _LEAST_PIVOTS + _PIVOTS * len(programme["c"])
    for method, options in _TRIES:
        found = linprog(**programme, method=method, options={**options, "maxiter": most})
        if found.status == 0:
            return found
        if found.status == 2 and may_be_infeasible:
            return None
        words = words or str(found.message)
    raise LinearProgramFailed(
        f"HiGHS did not solve a linear programme with {len(programme['c'])} unknowns for t = {problem.t}: {words}"
    )


def _vertex(problem: Problem, unless_constant: bool) -> Reference | None:
    n = len(problem.columns)
    points = np.linspace(0.0, np.pi, 3 * (problem.t + 1) + 1)
    if (free := problem.free_point()) is not None:
        points = np.append(points, free)
    theta, side = np.concatenate([points, points]), np.repeat([1.0, -1.0], points.size)
    excess = np.inf
    for _ in range(_ROUNDS):
        x, weights, at_zero = _programme(problem, theta, side)
        if unless_constant and 1 / (at_zero * np.cosh(problem.scales[2])) > 1 - _SETTLED:
            return None
        basis = _basis(problem, theta, side, x, weights, n)
        theta, side = theta[basis], side[basis]
        tops, sides, values = _all_peaks(problem, x)
        reached = float(np.abs(values).max()) - 1
        if reached < _SETTLED or reached > 0.9 * excess:
            break
        high, excess = np.abs(values) > 0.95, reached
        theta, side = np.concatenate([theta, tops[high]]), np.concatenate([side, sides[high]])
    return Reference(theta[:n], side[:n])


def _basis(problem: Problem, theta: Doubles, side: Doubles, x: Doubles, weights: Doubles, n: int) -> NDArray[np.int_]:
    """As many independent conditions as unknowns: those with weights, then binding ones, then any others."""
    rows = problem.rows(theta, side)
    slack = 1 - np.abs(rows @ x)
    order = np.where(np.abs(weights) > 1e-13 * np.abs(weights).max(), 1.0, np.where(slack < 1e-6, 1e-4, 1e-8))
    if theta.size < n:
        raise ExchangeFailed(f"the exchange for t = {problem.t} left {theta.size} conditions for {n} unknowns")
    scaled = rows / np.linalg.norm(rows, axis=1)[:, None] * order[:, None]
    _, _, pivots = qr(scaled.T, mode="economic", pivoting=True)
    return np.sort(pivots[:n])


# -- alternation -------------------------------------------------------------------------------------------------------
def _alternation(problem: Problem) -> Reference:
    """Remez's exchange of all points at once, for G = 0."""
    n = len(problem.columns)
    theta = np.pi * np.arange(n) / max(n - 1, 1)
    side, signs = np.ones(n), (-1.0) ** np.arange(n)
    best = np.inf
    for _ in range(_ROUNDS):
        x = np.linalg.solve(problem.rows(theta, side), signs)
        x = x * np.sign(problem.at_zero() @ x)
        tops, values = rough_peaks(problem, x, 1.0)
        tops, values = _alternating(tops, values, n)
        excess = float(np.abs(values).max()) - 1
        theta, signs = tops, np.sign(values)
        if excess < _SETTLED or (excess < 1e-5 and excess > 0.5 * best):
            return Reference(theta, side)
        best = min(best, excess)
    raise ExchangeFailed(f"Remez's exchange for t = {problem.t} did not settle in {_ROUNDS} rounds")


def _alternating(theta: Doubles, values: Doubles, n: int) -> tuple[Doubles, Doubles]:
    """So many neighbours of alternating sign: the largest of each run, then less of what is smaller at either end."""
    kept: list[int] = []
    for i in range(theta.size):
        if kept and np.sign(values[kept[-1]]) == np.sign(values[i]):
            if abs(values[i]) > abs(values[kept[-1]]):
                kept[-1] = i
        else:
            kept.append(i)
    while len(kept) > n:
        del kept[0 if abs(values[kept[0]]) < abs(values[kept[-1]]) else -1]
    if len(kept) < n:
        raise ExchangeFailed(f"Remez's exchange found {len(kept)} alternating extrema and needs {n}")
    return theta[kept], values[kept]


# -- where P = 1 is optimal --------------------------------------------------------------------------------------------
def positive_weights(problem: Problem) -> tuple[Doubles, Doubles, Doubles] | None:
    """(θ, σ, μ) with Σ μ F_σ(θ)/R = P(0) nearly, for all P, and all μ as far from 0 as they can be.

    Such weights show P ≡ 1 optimal: Σμ = 1 by P = 1, so that every P has max|F±| ≥ R·P(0). None if one is 0 in doubles.

    Raises
    ------
    LinearProgramFailed
    """
    theta, side = constant_points(problem)
    if problem.scales[2] > _LARGEST:
        return None
    rows = (problem.rows(theta, side) / (problem.at_zero() * np.cosh(problem.scales[2]))).T
    # μ = ν + τ, ν ≥ 0, τ as large as it can be
    system = np.hstack([rows, rows.sum(axis=1)[:, None]])
    norms = np.abs(system).max(axis=1)
    found = solved(
        problem,
        may_be_infeasible=True,
        c=np.append(np.zeros(theta.size), -1.0),
        A_eq=system / norms[:, None],
        b_eq=1 / norms,
        bounds=(0, None),
    )
    if found is None:
        return None
    spread = found.x[-1]
    return (theta, side, found.x[:-1] + spread) if spread > _SETTLED else None


def constant_points(problem: Problem) -> tuple[Doubles, Doubles]:
    """(θ, σ) to look for weights on: a few for each degree, and λ = G/R, which carries much of them."""
    points = np.pi * (np.arange(2 * problem.t + 2) + 0.5) / (2 * problem.t + 2)
    if (free := problem.free_point()) is not None:
        points = np.append(points, free)
    return np.concatenate([points, points]), np.repeat([1.0, -1.0], points.size)
