"""The search for a table whose every iterate is kept in check: functionals of the differences, and an exchange.

A base method's residuals q_0 = 1, q_1, …, q_T and a table τ make P_n = 1 + Σ_{k≤n} τ_k d_k, d_k = q_k − q_{k−1},
all linear in τ. Unknowns are z = R/W_T and y = zτ, in units of max|F±(d_k)|/R.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from flint import arb, arb_mat

from polyunroll.arithmetic.balls import ball_precision, to_double
from polyunroll.arithmetic.exact import sign
from polyunroll.bounds.sequence import coefficient_sequence
from polyunroll.methods.base import Method
from polyunroll.optimal.exchange import MOVES, Doubles, ExchangeFailed, solved
from polyunroll.optimal.problem import Condition, Problem, rounded

__all__ = ["Differences", "SequenceSearch", "Steps", "first_free"]

Balls = list[arb]
Steps = np.ndarray[tuple[int], np.dtype[np.int_]]

_ROUNDS, _PATIENCE = 60, 6  # all, and those without improvement
_PER_DEGREE = 12
_SETTLED = 1e-9
_IDLE = 0.05  # conditions with so much slack leave
_NEAR = 0.97  # peaks from this share of what is allowed on join
_ONE_SIGN = 1e-12


class Differences:
    """F_σ(λ) of d_1 … d_T, in doubles (divided by R) and in balls.

    Attributes
    ----------
    a : list of list of arb
        Chebyshev coefficients of each d_k, t + 1 numbers.
    """

    def __init__(self, problem: Problem, base: Method, bits: int) -> None:
        T = problem.t
        self.problem = problem
        self.sides = (1, -1) if sign(problem.G) > 0 else (1,)
        self.grid = np.linspace(0.0, np.pi, _PER_DEGREE * (T + 1) + 1)
        with ball_precision(bits):
            q = [[arb(1)] + [arb(0)] * T]
            q += [values + [arb(0)] * (T + 1 - len(values)) for values in coefficient_sequence(base, T, bits)]
            self.a = [[v - u for u, v in zip(one, two, strict=True)] for one, two in pairwise(q)]
        self._doubles = np.array([[to_double(v) for v in row] for row in self.a]).T

    @property
    def free(self) -> bool:
        """Whether d_1 costs nothing: E(q_1) ≡ 1 and G = 0."""
        return self.problem.split == "total" and sign(self.problem.G) == 0

    def at(self, theta: Doubles, side: Doubles) -> Doubles:
        """Shape (len(theta), T)."""
        return np.asarray(self.problem.rows(theta, side) @ self._doubles)

    def in_balls(self, conditions: list[Condition]) -> list[Balls]:
        """F_σ(λ) of each d_k, a row a condition, at the precision in force."""
        found = arb_mat(self.problem.ball_rows(conditions)) * arb_mat(self.a).transpose()
        return [[found[i, k] for k in range(found.ncols())] for i in range(found.nrows())]


def first_free(differences: Differences) -> int | None:
    """The first step whose τ need not be 0 where peak = R; None if there is none. Proved for all before it.

    Raises
    ------
    ExchangeFailed
        If the signs of F±(d_n) could not be told.
    """
    problem, count = differences.problem, differences.grid.size
    theta = np.tile(differences.grid, len(differences.sides))
    side = np.repeat([float(s) for s in differences.sides], count)
    values = differences.at(theta, side)
    for n in range(1, problem.t + 1):
        column = values[:, n - 1]
        low, high = int(column.argmin()), int(column.argmax())
        size = float(np.abs(column).max())
        if n == 1 and differences.free:
            continue
        if min(abs(column[low]), abs(column[high])) > _ONE_SIGN * size and column[low] * column[high] > 0:
            return n
        with ball_precision(128 + int(3 * problem.scales[2])):
            balls = differences.in_balls([rounded(float(theta[i]), int(side[i])) for i in (low, high)])
            if not (balls[0][n - 1] < 0 and balls[1][n - 1] > 0):
                raise ExchangeFailed(f"the signs of the error polynomials of difference {n} could not be told")
    return None


# -- the search --------------------------------------------------------------------------------------------------------
class SequenceSearch:
    """The exchange in doubles; `share` is peak/R, or a little less.

    Attributes
    ----------
    steps, theta, side, weights : arrays of shape (n,)
        The conditions of the last programme and their signed multipliers.
    tau : array of shape (T,)
    columns, sizes : arrays
        The differences whose τ is searched for, and the units they are in.
    """

    def __init__(self, rows: Differences, first: int, share: float) -> None:
        self.rows, self.share, self.T = rows, share, rows.problem.t
        sizes = np.max(
            [np.abs(rows.at(rows.grid, np.full(rows.grid.size, float(s)))).max(axis=0) for s in rows.sides], axis=0
        )
        self.columns = np.arange(max(first, 2 if rows.free else 1) - 1, self.T)
        self.first = int(self.columns[0]) + 1
        self.sizes = sizes[self.columns]
        self.steps: Steps = np.zeros(0, int)
        self.theta = self.side = self.weights = np.zeros(0)
        self.tau = np.zeros(self.T)

    def run(self) -> None:
        """Exchange until no |F±| exceeds by a relative 1e-9, or nothing improves.

        Raises
        ------
        LinearProgramFailed
        ExchangeFailed
            If the programme's numbers are of too different sizes.
        """
        whole = np.linspace(0.0, np.pi, 3 * (self.T + 1) + 1)
        few = np.linspace(0.0, np.pi, 5)
        inner = list(range(self.first, self.T))
        theta = np.concatenate([whole] + [few] * len(inner))
        steps = np.concatenate([np.full(whole.size, self.T)] + [np.full(few.size, n) for n in inner])
        steps, theta, side = self._on_sides(steps, theta)
        best, idle = np.inf, 0
        for _ in range(_ROUNDS):
            y, z, weights = self._programme(steps, theta, side)
            if not z > 0:
                raise ExchangeFailed(
                    f"the search for T = {self.T} needs more digits than doubles have; take fewer steps"
                )
            new, excess = self._peaks(y, z)
            idle = 0 if excess < 0.9 * best else idle + 1
            if excess < best:
                best = excess
                self.steps, self.theta, self.side, self.weights = steps, theta, side, weights
                self.tau = np.zeros(self.T)
                self.tau[self.columns] = y / self.sizes / z
            if excess < _SETTLED or idle == _PATIENCE:
                return
            used = self._sums(steps, theta, side, y, z)
            keep = np.abs(used) > (1 - _IDLE) * np.where(steps == self.T, 1.0, z * self.share)
            steps, theta, side = (
                np.concatenate([old[keep], added]) for old, added in zip((steps, theta, side), new, strict=True)
            )

    def _on_sides(self, steps: Steps, theta: Doubles) -> tuple[Steps, Doubles, Doubles]:
        sides = self.rows.sides
        return (
            np.tile(steps, len(sides)),
            np.tile(theta, len(sides)),
            np.repeat([float(s) for s in sides], theta.size),
        )

    def _scaled(self, steps: Steps, theta: Doubles, side: Doubles) -> Doubles:
        """Rows of the programme: F_σ(λ) of the differences up to the step."""
        rows = self.rows.at(theta, side)[:, self.columns] / self.sizes
        return np.asarray(np.where(self.columns[None, :] < steps[:, None], rows, 0.0))

    def _sums(self, steps: Steps, theta: Doubles, side: Doubles, y: Doubles, z: float) -> Doubles:
        """F±(P_n)/(R·W_T)."""
        return np.asarray(self._scaled(steps, theta, side) @ y + z)

    def _programme(self, steps: Steps, theta: Doubles, side: Doubles) -> tuple[Doubles, float, Doubles]:
        """(y, z, signed multipliers)."""
        rows, last = self._scaled(steps, theta, side), steps == self.T
        ones = np.ones((theta.size, 1))
        own = np.where(last, 0.0, self.share)[:, None]
        found = solved(
            self.rows.problem,
            c=np.append(np.zeros(self.columns.size), -1.0),
            A_ub=np.vstack([np.hstack([rows, ones - own]), np.hstack([-rows, -ones - own])]),
            b_ub=np.tile(np.where(last, 1.0, 0.0), 2),
            bounds=(None, None),
        )
        multipliers = -found.ineqlin.marginals
        return found.x[:-1], float(found.x[-1]), multipliers[: theta.size] - multipliers[theta.size :]

    def _peaks(self, y: Doubles, z: float) -> tuple[tuple[Steps, Doubles, Doubles], float]:
        """High peaks of |F±(P_n)| at all steps, and the largest excess over what is allowed, relative to it."""
        grid, found = self.rows.grid, []
        n = np.arange(self.first, self.T + 1)
        allowed = np.where(n == self.T, 1.0, z * self.share)
        for side in self.rows.sides:
            rows = self.rows.at(grid, np.full(grid.size, float(side)))[:, self.columns] / self.sizes
            sums = np.cumsum(rows * y, axis=1)
            values = np.abs(sums + z) / allowed
            padded = np.vstack([np.full(n.size, -1.0), values, np.full(n.size, -1.0)])
            top = (padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]) & (values > _NEAR)
            at, step = np.nonzero(top)
            found.append((n[step], grid[at], np.full(at.size, float(side))))
            for end, hidden in ((0, grid[1] / 2), (-1, np.pi - grid[1] / 2)):  # next to a minimum at an end (`climb`)
                high = n[values[end] > _NEAR]
                found.append((high, np.full(high.size, hidden), np.full(high.size, float(side))))
        steps, theta, sides = (np.concatenate(part) for part in zip(*found, strict=True))
        inner, h = (theta > 0) & (theta < np.pi), float(grid[1])
        for shrink in MOVES:
            move = h * shrink
            near = np.clip(np.concatenate([theta - move, theta, theta + move]), 0.0, np.pi)
            values = np.abs(self._sums(np.tile(steps, 3), near, np.tile(sides, 3), y, z)).reshape(3, -1)
            low, middle, high = values
            bend = low - 2 * middle + high
            change = np.where(bend < 0, move * (low - high) / (2 * np.where(bend < 0, bend, 1.0)), 0.0)
            theta = np.where(inner, np.clip(theta + np.clip(change, -move, move), 0.0, np.pi), theta)
        values = np.abs(self._sums(steps, theta, sides, y, z)) / np.where(steps == self.T, 1.0, z * self.share)
        return (steps, theta, sides), float(values.max(initial=0.0)) - 1
