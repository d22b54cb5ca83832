"""The search for a table whose every exact worst case V_n is kept in check: cuts, as in `exact`, at all steps at once.

With z = R/V_T, y = zτ and a share s_n of each step, V_n ≤ peak for n < T and V_T ≤ R/z are cut out by

    α·A(zP_n) + β·(G/R)B(zP_n) ≤ (z + α²·u_n + β²·(z − u_n))/2·(peak/R),   u_n = z·s_n,

and the same with right-hand side (1 + α²s_T + β²(1 − s_T))/2 at step T: linear in y, z, u_n and s_T for each cut
(n, λ, α, β). A condition |F±| ≤ 1 is the cut α = 1, β = ±1, so the search for W is where this one begins.
"""

from __future__ import annotations

import numpy as np
from flint import arb

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.optimal.exchange import MOVES, Doubles, ExchangeFailed, solved
from polyunroll.optimal.problem import rounded
from polyunroll.optimal.sequence_search import Differences, SequenceSearch, Steps, first_free

__all__ = ["CutSearch", "first_free_exactly", "halves"]

_ROUNDS, _PATIENCE = 100, 15  # all, and those without improvement
_BALANCED = 3
_IDLE = 0.02  # cuts with so much slack leave
_NEAR = 0.95  # peaks from this share of what is allowed on join
_EDGE = 1e-9  # shares s stay so far from 0 and 1
_BISECTIONS, _HALVINGS = 100, 40
_LEAST_FALL = 1e-9  # of R: a first move that gains less is none, as far as doubles tell


class CutSearch:
    """The search in doubles; `share` is peak/R, or a little less.

    Attributes
    ----------
    steps, theta, p, q : arrays of shape (n,)
        The cuts of the last programme, and their multipliers as weights of A and of GB/R.
    tau : array of shape (T,)
        The best table found.
    excess : float
        By how much, relative to what is allowed, a mixture of that table exceeds it at most.
    """

    def __init__(self, rows: Differences, first: int, share: float) -> None:
        self.rows, self.share, self.T = rows, share, rows.problem.t
        self._start = SequenceSearch(rows, first, share)
        self.columns, self._sizes = self._start.columns, self._start.sizes
        self.first = self._start.first
        self.steps: Steps = np.zeros(0, int)
        self.theta = self.p = self.q = self.tau = np.zeros(0)
        self.excess = np.inf
        self._on_grid = self._pair(rows.grid)

    def run(self, tolerance: float) -> None:
        """Cut until no mixture exceeds what is allowed by more than a relative `tolerance`, or nothing improves.

        Raises
        ------
        LinearProgramFailed
        ExchangeFailed
            If the programme's numbers are of too different sizes.
        """
        self._start.run()
        cuts = (self._start.steps, self._start.theta, np.ones(self._start.steps.size), self._start.side)
        idle = 0
        for _ in range(_ROUNDS):
            y, z, weights, slack = self._programme(*cuts)
            self._keep(weights, *cuts)
            if not z > 0:
                raise ExchangeFailed(
                    f"the search for T = {self.T} needs more digits than doubles have; take fewer steps"
                )
            new, excess = self._peaks(y, z)
            idle = 0 if excess < 0.9 * self.excess else idle + 1
            if excess < self.excess:
                self.excess, self.tau = excess, np.zeros(self.T)
                self.tau[self.columns] = y / self._sizes / z
            if excess < tolerance or idle == _PATIENCE:
                return
            kept = (slack < _IDLE) | (np.abs(weights) > 0)
            cuts = tuple(np.concatenate([old[kept], added]) for old, added in zip(cuts, new, strict=True))  # type: ignore[assignment]

    def _keep(self, weights: Doubles, steps: Steps, theta: Doubles, alpha: Doubles, beta: Doubles) -> None:
        """The cuts that carry weight."""
        carrying = np.abs(weights) > 0
        self.steps, self.theta = steps[carrying], theta[carrying]
        self.p, self.q = (weights * alpha)[carrying], (weights * beta)[carrying]

    def _pair(self, theta: Doubles) -> tuple[Doubles, Doubles]:
        """A and GB/R of the differences, in their units; shape (len(theta), unknowns) each."""
        return halves(
            *(self.rows.at(theta, np.full(theta.size, v))[:, self.columns] / self._sizes for v in (1.0, -1.0))
        )

    def _programme(
        self, steps: Steps, theta: Doubles, alpha: Doubles, beta: Doubles
    ) -> tuple[Doubles, float, Doubles, Doubles]:
        """(y, z, weight of each cut with its sign, slack of each cut)."""
        m, last = self.columns.size, steps == self.T
        A, B = self._pair(theta)
        rows = np.where(self.columns[None, :] < steps[:, None], alpha[:, None] * A + beta[:, None] * B, 0.0)
        slope = np.zeros((steps.size, m))  # of u_n, the last of which is s_T
        slope[np.arange(steps.size), steps - self.first] = (beta**2 - alpha**2) / 2 * np.where(last, 1.0, self.share)
        limit = (1 + beta**2) / 2
        own = np.where(last, 0.0, self.share * limit)
        inside = np.hstack([np.zeros((m - 1, m)), -np.ones((m - 1, 1)), np.eye(m - 1), np.zeros((m - 1, 1))])
        found = solved(
            self.rows.problem,
            c=np.concatenate([np.zeros(m), [-1.0], np.zeros(m)]),
            A_ub=np.vstack(
                [
                    np.hstack([rows, (alpha - own)[:, None], slope]),
                    np.hstack([-rows, (-alpha - own)[:, None], slope]),
                    inside,
                ]
            ),
            b_ub=np.concatenate([np.tile(np.where(last, limit, 0.0), 2), np.zeros(m - 1)]),
            bounds=[(None, None)] * (m + 1) + [(0, None)] * (m - 1) + [(_EDGE, 1 - _EDGE)],
        )
        weights, count = -found.ineqlin.marginals, steps.size
        y, z = found.x[:m], float(found.x[m])
        slack = np.minimum(found.slack[:count], found.slack[count : 2 * count]) / np.where(
            last, 1.0, max(z * self.share, 1e-300)
        )
        return y, z, weights[:count] - weights[count : 2 * count], slack

    def _values(self, steps: Steps, theta: Doubles, y: Doubles, z: float) -> tuple[Doubles, Doubles]:
        """A and GB/R of P_n over what is allowed at step n."""
        A, B = self._pair(theta)
        on = self.columns[None, :] < steps[:, None]
        level = np.where(steps == self.T, 1.0, z * self.share)
        return (np.where(on, A, 0.0) @ y + z) / level, (np.where(on, B, 0.0) @ y) / level

    def _peaks(self, y: Doubles, z: float) -> tuple[tuple[Steps, Doubles, Doubles, Doubles], float]:
        """Cuts at the high peaks of each step's best mixture, and the largest excess over what is allowed."""
        n = np.arange(self.first, self.T + 1)
        level = np.where(n == self.T, 1.0, z * self.share)
        A, B = (np.cumsum(part * y, axis=1) for part in self._on_grid)
        X, Y = ((A + z) / level) ** 2, (B / level) ** 2
        s = _best_shares(X, Y)
        for _ in range(_BALANCED):  # the peaks between the points of the grid move s, and s the peaks
            steps, theta = self._climbed(*self._tops(np.sqrt(X / s + Y / (1 - s))), y, z, s)
            a, b = self._values(steps, theta, y, z)
            s = np.where(np.isin(n, steps), _best_shares(*(self._columns(steps, v * v) for v in (a, b))), s)
        own = s[steps - self.first]
        size = np.sqrt(a * a / own + b * b / (1 - own))
        return (steps, theta, a / own / size, b / (1 - own) / size), float(size.max(initial=0.0)) - 1

    def _tops(self, values: Doubles) -> tuple[Steps, Doubles]:
        """(n, θ) of the high local maxima on the grid, and next to a minimum at an end (`climb`)."""
        grid, n = self.rows.grid, np.arange(self.first, self.T + 1)
        padded = np.vstack([np.full(n.size, -1.0), values, np.full(n.size, -1.0)])
        at, step = np.nonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]) & (values > _NEAR))
        steps, theta = n[step], grid[at]
        for end, hidden in ((0, grid[1] / 2), (-1, np.pi - grid[1] / 2)):
            high = n[values[end] > _NEAR]
            steps, theta = np.concatenate([steps, high]), np.concatenate([theta, np.full(high.size, hidden)])
        return steps, theta

    def _climbed(self, steps: Steps, theta: Doubles, y: Doubles, z: float, s: Doubles) -> tuple[Steps, Doubles]:
        """Each point moved by parabolas towards the top of its step's mixture."""
        inner, h, own = (theta > 0) & (theta < np.pi), float(self.rows.grid[1]), np.tile(s[steps - self.first], 3)
        for shrink in MOVES:
            move = h * shrink
            near = np.clip(np.concatenate([theta - move, theta, theta + move]), 0.0, np.pi)
            a, b = self._values(np.tile(steps, 3), near, y, z)
            low, middle, high = (a * a / own + b * b / (1 - own)).reshape(3, -1)
            bend = low - 2 * middle + high
            change = np.where(bend < 0, move * (low - high) / (2 * np.where(bend < 0, bend, 1.0)), 0.0)
            theta = np.where(inner, np.clip(theta + np.clip(change, -move, move), 0.0, np.pi), theta)
        return steps, theta

    def _columns(self, steps: Steps, values: Doubles) -> Doubles:
        """The values of each step in a column, 0 below."""
        order = np.argsort(steps, kind="stable")
        counts = np.bincount(steps - self.first, minlength=self.columns.size)
        row = np.arange(steps.size) - np.repeat(np.cumsum(counts) - counts, counts)
        found = np.zeros((int(counts.max(initial=1)), self.columns.size))
        found[row, steps[order] - self.first] = values[order]
        return found


def _best_shares(X: Doubles, Y: Doubles) -> Doubles:
    """The s with the least max over a column of X/s + Y/(1 − s), for each column."""
    low, high = np.full(X.shape[1], _EDGE), np.full(X.shape[1], 1 - _EDGE)
    columns = np.arange(X.shape[1])
    for _ in range(_HALVINGS):
        s = (low + high) / 2
        at = (X / s + Y / (1 - s)).argmax(axis=0)
        falls = X[at, columns] * (1 - s) ** 2 > Y[at, columns] * s**2
        low, high = np.where(falls, s, low), np.where(falls, high, s)
    return np.asarray((low + high) / 2)


def halves(plus: Doubles, minus: Doubles) -> tuple[Doubles, Doubles]:
    """A and GB/R from F₊ and F₋."""
    return (plus + minus) / 2, (plus - minus) / 2


# -- standing still ----------------------------------------------------------------------------------------------------
def first_free_exactly(differences: Differences) -> int | None:
    """The first step whose τ need not be 0 where V_n ≤ R for all n; None if there is none. Proved for all before it.

    As d = d_n joins P ≡ 1, V(1 + τd) ≥ R + Σ w_i τRA_i(d) + |τ|·√(Σ w_i (GB_i(d))²) for any weights w_i ≥ 0 of sum 1
    at points λ_i. Where that is above R for both signs of τ, τ = 0.

    Raises
    ------
    ExchangeFailed
        If that could be neither proved nor refuted in doubles.
    """
    n = first_free(differences)
    while n is not None and n <= differences.problem.t:
        sides = [_worst(differences, n, sign) for sign in (1.0, -1.0)]
        if min(value for value, _, _ in sides) < -_LEAST_FALL:
            return n
        for sign, (_, theta, weights) in zip((1.0, -1.0), sides, strict=True):
            if not _rises(differences, n, sign, theta, weights):
                raise ExchangeFailed(f"whether difference {n} can lower V could not be told")
        n += 1
    return None


def _worst(differences: Differences, n: int, sign: float) -> tuple[float, Doubles, Doubles]:
    """(max over weights w of Σ w·(sign·A) + √(Σ w·(GB/R)²) in units of the difference, two points, their weights).

    It is the least over c > 0 of the largest sign·A + (c + (GB/R)²/c)/2 over λ, convex in c.
    """
    grid = differences.grid
    a, b = halves(*(differences.at(grid, np.full(grid.size, v))[:, n - 1] for v in (1.0, -1.0)))
    unit = float(np.abs([a, b]).max())
    a, b = sign * a / unit, np.abs(b) / unit
    low, high = float(b.min()), float(b.max())

    def top(c: float) -> int:
        return int((a + b * b / (2 * c)).argmax())

    for _ in range(_BISECTIONS):
        c = (low + high) / 2
        low, high = (c, high) if b[top(c)] > c else (low, c)
    i, j = top(max(low, 1e-300)), top(high)
    c = max(high, 1e-300)
    share = 1.0 if b[i] == b[j] else float(np.clip((c * c - b[j] ** 2) / (b[i] ** 2 - b[j] ** 2), 0.0, 1.0))
    value = float((a + b * b / (2 * c)).max()) + c / 2
    return value, grid[[i, j]], np.array([share, 1 - share])


def _rises(differences: Differences, n: int, sign: float, theta: Doubles, weights: Doubles) -> bool:
    problem = differences.problem
    with ball_precision(128 + int(3 * problem.scales[2])):
        conditions = [rounded(float(angle), side) for angle in theta for side in (1, -1)]
        values = [row[n - 1] for row in differences.in_balls(conditions)]
        w = [arb(float(v)) for v in weights]
        A = [(values[0] + values[1]) / 2, (values[2] + values[3]) / 2]
        B = [(values[0] - values[1]) / 2, (values[2] - values[3]) / 2]
        total = w[0] + w[1]
        mean = sum((u * v for u, v in zip(w, A, strict=True)), arb(0)) / total
        spread = sum((u * v * v for u, v in zip(w, B, strict=True)), arb(0)) / total
        return bool(sign * mean + spread.sqrt() > 0 and ball(problem.R) > 0)
