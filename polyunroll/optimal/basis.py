"""A basis of conditions in balls' midpoints, and the exchange of one for another: Remez's, as a simplex method.

Any independent conditions, as many as unknowns, are a start: weights μ with Σ μ_j F_j(P) = P(0) for all P give signs
s_j = sign μ_j, and the polynomial with F_j = s_j h and P(0) = 1 the level h = 1/Σ|μ_j|, a lower bound for every
polynomial. A condition that exceeds the level enters, the one whose weight is the first to vanish leaves, and the level
rises. Nothing here is a proof;
what comes out is proved by `remez` and by the certified supremum.
"""

from __future__ import annotations

from flint import arb, arb_mat, fmpq

from polyunroll.bounds.supremum import grid_size
from polyunroll.optimal.problem import Condition, Problem, condition_at

__all__ = ["Basis", "peaks"]

Balls = list[arb]

_NEAR = 0.8  # peaks on the grid below this share of the level do not exceed it
_MOVES = 5


class Basis:
    """Conditions with their weights, signs and polynomial.

    Attributes
    ----------
    conditions : list of Condition
    weights, unknowns : list of arb
        μ_j, and the polynomial's coefficients.
    level : arb
    """

    def __init__(self, problem: Problem, conditions: list[Condition], rows: arb_mat, weights: Balls) -> None:
        self.problem, self.conditions = problem, conditions
        self._rows, self.weights = rows, weights
        self._settle(rows.solve(self._signs(), algorithm="approx"))

    @staticmethod
    def of(problem: Problem, conditions: list[Condition]) -> Basis | None:
        """The basis of given conditions; None if they are dependent as far as the working precision tells."""
        rows = arb_mat(problem.ball_rows(conditions)).mid()
        try:
            weights = rows.transpose().solve(arb_mat([[v] for v in problem.ball_at_zero()]), algorithm="approx")
            return Basis(problem, list(conditions), rows, [v.mid() for v in weights.entries()])
        except ZeroDivisionError:
            return None

    def _signs(self) -> arb_mat:
        return arb_mat([[1 if v >= 0 else -1] for v in self.weights])

    def _settle(self, solution: arb_mat) -> None:
        """Level and unknowns, from A⁻¹·signs."""
        self.level = (1 / sum((abs(v) for v in self.weights), arb(0))).mid()
        self.unknowns = [(v * self.level).mid() for v in solution.entries()]

    def series(self) -> Balls:
        """Chebyshev coefficients a_0 … a_t of the polynomial."""
        return self.problem.series(self.unknowns)

    def exchange(self, tolerance: arb) -> float:
        """Let peaks that exceed the level enter, the largest first; returns the largest excess there was."""
        found = peaks(self.problem, self.series(), self.level)
        top = found[0][0] if found else 0.0
        entering = [c for excess, c in found if excess > tolerance]
        if not entering:
            return top
        inverse = self._rows.inv().mid()
        n = len(self.conditions)
        for condition, row in zip(entering, self.problem.ball_rows(entering), strict=True):
            value = sum((a * b for a, b in zip(row, self.unknowns, strict=True)), arb(0)).mid()
            if not abs(value) > self.level * (1 + tolerance):
                continue
            sign = 1 if value > 0 else -1
            y = (arb_mat([row]) * inverse).mid()
            leaving, share = -1, arb(0)
            for j, weight in enumerate(self.weights):
                along = sign * y[0, j] * (1 if weight >= 0 else -1)
                if along > 0 and (leaving < 0 or abs(weight) / along < share):
                    leaving, share = j, (abs(weight) / along).mid()
            if leaving < 0:
                continue
            pivot = y[0, leaving]
            column = arb_mat([[inverse[i, leaving] / pivot] for i in range(n)])
            y[0, leaving] = pivot - 1
            inverse = (inverse - column * y).mid()
            y[0, leaving] = pivot
            weights = [(w - share * sign * y[0, j]).mid() for j, w in enumerate(self.weights)]
            weights[leaving] = share * sign
            self.weights = weights
            self.conditions[leaving] = condition
            self._settle(inverse * self._signs())
        return top


def peaks(problem: Problem, a: Balls, level: arb) -> list[tuple[float, Condition]]:
    """Peaks of |F±| with how far they exceed a level, relative to it, those that may exceed it; largest first."""
    found: list[tuple[float, Condition]] = []
    N = grid_size(4 * (problem.t + 1))
    for side, f in problem.functions(a).items():
        sizes = [abs(v).mid() for v in f.grid(N)[0]]
        at = [
            j
            for j, v in enumerate(sizes)
            if v > _NEAR * level and (j == 0 or v >= sizes[j - 1]) and (j == N or v > sizes[j + 1])
        ]
        # F± are even about either end: an end is a maximum, or a minimum with a maximum perhaps hidden next to it
        thetas = [(arb.pi() * (arb(1) / 2 if j == 0 else j - arb(1) / 2 if j == N else arb(j)) / N).mid() for j in at]
        cell = arb.pi() / N
        for _ in range(_MOVES if thetas else 0):
            for i, (value, slope, bend) in enumerate(f.derivatives(thetas, 2)):
                if value * bend < 0:
                    step = (-slope / bend).mid()
                    step = step if abs(step) < cell else cell * (1 if step > 0 else -1)
                    thetas[i] = (thetas[i] + step).mid()
        places = [condition_at(theta, side) for theta in thetas]
        places += [Condition(fmpq(1 if j == 0 else -1), side) for j in at if j in (0, N)]  # whatever the slope
        found += [(float(abs(f.value(place.theta())) / level - 1), place) for place in places]
    return sorted(found, key=lambda peak: -peak[0])
