"""The polynomial with the least exact worst case V_t: cuts in doubles, and proved bounds from either side.

V² is the least over s in (0, 1) of max over λ of (RA)²/s + (GB)²/(1−s), which is convex in P and s together. With
level 1 the set of (P, s) where that is ≤ 1 is cut out by

    α·RA(λ) + β·GB(λ) ≤ (1 + α²s + β²(1−s))/2    for all α, β and λ,

by the inequality of the arithmetic and geometric mean; so it is a linear programme in P and s for finitely many cuts,
and the peaks of the mixture at its solution give the next ones. (No conic solver is needed, and s is found with P.)

Lower bound: where Σ p_j RA(λ_j) + q_j GB(λ_j) = P(0) for all P, Cauchy's inequality gives for every P and s

    P(0) ≤ N(s)·√(max of the mixture at s),    N(s) = Σ √(p_j² s + q_j²(1−s)),

and N is concave: V ≥ 1/max N, and max N is at most N(s) + N'(s)·(1−s) or N(s) − N'(s)·s for any s.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_mat

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import public
from polyunroll.bounds.enclosure import Enclosure, Portable, enclosed, lower_fraction
from polyunroll.optimal.exchange import Doubles, ExchangeFailed, climb, solved
from polyunroll.optimal.problem import Condition, Problem, rounded

__all__ = ["Cuts", "MixedDual", "cutting_planes", "longest", "mixed_dual"]

Balls = list[arb]

_ROUNDS = 150
_DIRECTIONS, _STARTS = 6, (1e-3, 0.03, 0.5, 0.97, 0.999)
_PER_DEGREE = 16
_WHOLE_ROUNDS = 3  # in which no cut is dropped
_CLOSE = 0.02  # of 1/(t + 1): cuts so near are on one peak
_BISECTIONS = 200
_EDGE = 1e-9  # s stays so far from 0 and 1


@dataclass(frozen=True)
class MixedDual(Portable):
    """Proof of a lower bound on V: points λ_j with enclosed p_j and q_j, Σ p_j RA(λ_j) + q_j GB(λ_j) = P(0) for all P.

    Attributes
    ----------
    points : tuple of exact numbers
    p, q : tuples of Enclosure
    bound : Fraction
        At most 1/max N(s).
    """

    points: tuple[Any, ...]
    p: tuple[Enclosure, ...]
    q: tuple[Enclosure, ...]
    bound: Fraction


@dataclass(frozen=True)
class Cuts:
    """What the search ends with, in doubles: the unknowns, and the cuts that carry the optimum, with weights."""

    x: Doubles
    theta: Doubles
    p: Doubles
    q: Doubles


def cutting_planes(problem: Problem, tolerance: float) -> Cuts:
    """Search until the mixture exceeds its lower bound by less than a relative `tolerance`, or nothing changes.

    Raises
    ------
    LinearProgramFailed
    """
    theta, alpha, beta = _first_cuts(problem)
    grid = np.linspace(0.0, np.pi, _PER_DEGREE * (problem.t + 1) + 1)
    on_grid = _pair(problem, grid)
    best: tuple[float, Doubles] | None = None
    level = 0.0
    for k in range(_ROUNDS):
        x, s, weights, level = _programme(problem, theta, alpha, beta)
        top, peaks, a, b = _peaks(problem, grid, on_grid, x, s)
        # the least upper bound so far, that is max over λ of the mixture over P(0)²
        if best is None or top / level**2 < best[0]:
            best = top / level**2, x
        if best[0] * level**2 < (1 + tolerance) ** 2:
            break
        size = np.sqrt(a * a / s + b * b / (1 - s))
        high = size > 0.9 * size.max() if top > 1.5 else size > 0.95
        keep = np.abs(weights) > 0 if k >= _WHOLE_ROUNDS else np.ones(theta.size, bool)
        theta = np.concatenate([theta[keep], peaks[high]])
        alpha = np.concatenate([alpha[keep], (a / s / size)[high]])
        beta = np.concatenate([beta[keep], (b / (1 - s) / size)[high]])
    x, s, weights, _ = _programme(problem, theta, alpha, beta)
    assert best is not None
    carrying = np.abs(weights) > 0
    theta, alpha, beta, weights = (v[carrying] for v in (theta, alpha, beta, weights))
    return Cuts(best[1], theta, weights * alpha, weights * beta)


def _pair(problem: Problem, theta: Doubles) -> tuple[Doubles, Doubles]:
    """Rows of A and GB/R."""
    plus, minus = (problem.rows(theta, np.full(theta.size, side)) for side in (1.0, -1.0))
    return (plus + minus) / 2, (plus - minus) / 2


def _first_cuts(problem: Problem) -> tuple[Doubles, Doubles, Doubles]:
    """Cuts that touch the set at several s, in several directions."""
    points = np.linspace(0.0, np.pi, 2 * (problem.t + 1) + 1)
    angles = np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    alpha = np.concatenate([np.cos(angles) / np.sqrt(s) for s in _STARTS])
    beta = np.concatenate([np.sin(angles) / np.sqrt(1 - s) for s in _STARTS])
    return np.repeat(points, alpha.size), np.tile(alpha, points.size), np.tile(beta, points.size)


def _programme(
    problem: Problem, theta: Doubles, alpha: Doubles, beta: Doubles
) -> tuple[Doubles, float, Doubles, float]:
    """(unknowns, s, weight of each cut with its sign, P(0)/|T_t(σ(0))|)."""
    A, B = _pair(problem, theta)
    rows, slope = alpha[:, None] * A + beta[:, None] * B, ((beta**2 - alpha**2) / 2)[:, None]
    found = solved(
        problem,
        c=np.append(-problem.at_zero(), 0.0),
        A_ub=np.vstack([np.hstack([rows, slope]), np.hstack([-rows, slope])]),
        b_ub=np.tile((1 + beta**2) / 2, 2),
        bounds=[(None, None)] * len(problem.columns) + [(_EDGE, 1 - _EDGE)],
    )
    weights = -found.ineqlin.marginals
    return found.x[:-1], float(found.x[-1]), weights[: theta.size] - weights[theta.size :], float(-found.fun)


def _peaks(
    problem: Problem, grid: Doubles, on_grid: tuple[Doubles, Doubles], x: Doubles, s: float
) -> tuple[float, Doubles, Doubles, Doubles]:
    """The largest value of the mixture, its local maxima, and A and GB/R there."""

    def mixture(theta: Doubles) -> Doubles:
        A, B = _pair(problem, theta)
        return np.asarray((A @ x) ** 2 / s + (B @ x) ** 2 / (1 - s))

    values = (on_grid[0] @ x) ** 2 / s + (on_grid[1] @ x) ** 2 / (1 - s)
    theta = climb(mixture, grid, values)
    A, B = _pair(problem, theta)
    return float(mixture(theta).max()), theta, A @ x, B @ x


# -- the lower bound ---------------------------------------------------------------------------------------------------
def mixed_dual(problem: Problem, cuts: Cuts, bits: int) -> MixedDual:
    """The lower bound of the last cuts: their weights, changed as little as the equations need, in balls.

    It is tried with cuts at nearly the same point put together, too, and the better one counts.

    Raises
    ------
    ExchangeFailed
        If the equations could not be solved.
    """
    tried = [_dual(problem, cuts, bits), _dual(problem, _together(problem, cuts), bits)]
    return max(tried, key=lambda dual: dual.bound)


def _together(problem: Problem, cuts: Cuts) -> Cuts:
    """Cuts at nearly the same point as one."""
    theta, p, q = cuts.theta, cuts.p, cuts.q
    size = np.hypot(p, q)
    groups: list[list[int]] = []
    for i in np.argsort(theta):
        if groups and theta[i] - theta[groups[-1][-1]] < _CLOSE / (problem.t + 1):
            groups[-1].append(i)
        else:
            groups.append([i])
    middle = [float(theta[g] @ size[g] / size[g].sum()) for g in groups]
    return Cuts(
        cuts.x, np.array(middle), np.array([p[g].sum() for g in groups]), np.array([q[g].sum() for g in groups])
    )


def _dual(problem: Problem, cuts: Cuts, bits: int) -> MixedDual:
    conditions = [rounded(float(theta), side) for theta in cuts.theta for side in (1, -1)]
    with ball_precision(bits + 128 + int(4 * problem.scales[2])):
        rows = problem.ball_rows(conditions)
        A = [[(u + v) / 2 for u, v in zip(rows[i], rows[i + 1], strict=True)] for i in range(0, len(rows), 2)]
        B = [[(u - v) / 2 for u, v in zip(rows[i], rows[i + 1], strict=True)] for i in range(0, len(rows), 2)]
        scale = _power(problem)
        p, q = ([(arb(float(v)) * scale / ball(problem.R)).mid() for v in part] for part in (cuts.p, cuts.q))
        solution = _corrected(problem, A, B, p, q)
        if solution is None:
            raise ExchangeFailed(f"the weights of the lower bound for t = {problem.t} were not enclosed")
        p, q = solution
        most = longest(p, q)
        points = tuple(public(problem.point(Condition(c.s, 1))) for c in conditions[::2])
        return MixedDual(points, enclosed(p), enclosed(q), lower_fraction((1 / most).lower()))


def longest(p: Balls, q: Balls) -> arb:
    """At least max N(s) over s, by a tangent of the concave N near its top; no p_j, q_j may both be 0."""
    s = _highest(p, q)
    total, slope = _length(p, q, s)
    return total + slope.max(arb(0)) * (1 - s) + (-slope).max(arb(0)) * s


def _length(p: Balls, q: Balls, s: arb) -> tuple[arb, arb]:
    """N and N' at s."""
    total, slope = arb(0), arb(0)
    for u, v in zip(p, q, strict=True):
        size = (u * u * s + v * v * (1 - s)).sqrt()
        total, slope = total + size, slope + (u * u - v * v) / (2 * size)
    return total, slope


def _highest(p: Balls, q: Balls) -> arb:
    """An s where the concave N is largest, or nearly."""
    low, high = arb(_EDGE), arb(1 - _EDGE)
    for _ in range(_BISECTIONS):
        middle = ((low + high) / 2).mid()
        low, high = (middle, high) if _length(p, q, middle)[1] > 0 else (low, middle)
    return low


def _power(problem: Problem) -> arb:
    """|T_t(σ(0))|, by which the programme's objective was divided."""
    return abs(problem.ball_at_zero()[-1])


def _corrected(problem: Problem, A: list[Balls], B: list[Balls], p: Balls, q: Balls) -> tuple[Balls, Balls] | None:
    """The nearest p, q that satisfy all equations, in units of the larger of each pair."""
    units = [(abs(u) + abs(v)).mid() for u, v in zip(p, q, strict=True)]
    scaled = arb_mat([[w * v for v in row] for part in (A, B) for w, row in zip(units, part, strict=True)])
    start = arb_mat([[v / w] for part in (p, q) for v, w in zip(part, units, strict=True)])
    residual = arb_mat([[v] for v in problem.ball_at_zero()]) - scaled.transpose() * start
    try:
        y = (scaled.transpose() * scaled).solve(residual)
    except ZeroDivisionError:
        return None
    change = scaled * y
    count = len(units)
    moved = [units[i % count] * (start[i, 0] + change[i, 0]) for i in range(2 * count)]
    return moved[:count], moved[count:]
