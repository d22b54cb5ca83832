"""Where P ≡ 1 is optimal: weights μ_j > 0 with Σ μ_j F_j(P) = P(0) for all P, proved.

P = 1 has F± ≡ R, so Σμ_j = 1/R, and every P with P(0) = 1 has 1 = Σ μ_j F_j(P) ≤ max|F±|/R. Such weights fill a
polytope, some of them exponentially small; any point well inside it will do. A linear programme in doubles finds one
where the smallest are not too small; else Newton's method for the largest Σ log μ_j, at any precision, as far as the
first point that satisfies all equations.
"""

from __future__ import annotations

from flint import arb, arb_mat, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import public
from polyunroll.bounds.enclosure import enclosed, lower_fraction
from polyunroll.optimal.exchange import constant_points, positive_weights
from polyunroll.optimal.problem import Condition, Problem, rounded
from polyunroll.optimal.remez import Dual

__all__ = ["by_newton", "by_programme"]

Balls = list[arb]

_STEPS = 80
_LEAST_STEP = 1e-3


def by_programme(problem: Problem, bits: int) -> Dual | None:
    """The lower bound R by a linear programme, or None.

    Raises
    ------
    LinearProgramFailed
    """
    found = positive_weights(problem)
    if found is None:
        return None
    conditions = [rounded(float(theta), int(side)) for theta, side in zip(found[0], found[1], strict=True)]
    with ball_precision(_precision(problem, bits)):
        R = ball(problem.R)
        return _proved(problem, conditions, _rows(problem, conditions), [(arb(float(v)) / R).mid() for v in found[2]])


def by_newton(problem: Problem, bits: int) -> Dual | None:
    """The lower bound R by Newton's method, or None."""
    theta, side = constant_points(problem)
    conditions = [rounded(float(a), int(b)) for a, b in zip(theta, side, strict=True)]
    with ball_precision(_precision(problem, bits)):
        rows = _rows(problem, conditions)
        weights = [(1 / (ball(problem.R) * len(conditions))).mid()] * len(conditions)
        for _ in range(_STEPS):
            relative = _move(problem, rows, weights, free=True)
            if relative is None:
                return None
            least = min((v.mid() for v in relative), key=float)
            step = arb(1) if least > -0.9 else (arb(-0.9) / least).mid()
            if step < _LEAST_STEP:
                return None
            weights = [(w * (1 + step * v)).mid() for w, v in zip(weights, relative, strict=True)]
            if step == 1:
                return _proved(problem, conditions, rows, weights)
    return None


def _precision(problem: Problem, bits: int) -> int:
    return bits + 192 + int(4 * problem.scales[2])


def _rows(problem: Problem, conditions: list[Condition]) -> arb_mat:
    return arb_mat(problem.ball_rows(conditions))


def _move(problem: Problem, rows: arb_mat, weights: Balls, free: bool) -> Balls | None:
    """Relative changes of the weights that satisfy all equations: the least, or (free) towards the largest Σ log μ."""
    scaled = arb_mat([[w * rows[i, k] for k in range(rows.ncols())] for i, w in enumerate(weights)])
    total = scaled.transpose() * arb_mat([[1]] * len(weights))
    at_zero = arb_mat([[v] for v in problem.ball_at_zero()])
    try:
        y = (scaled.transpose() * scaled).solve(total + total - at_zero if free else at_zero - total)
    except ZeroDivisionError:
        return None
    change = scaled * y
    return [1 - change[i, 0] if free else change[i, 0] for i in range(len(weights))]


def _proved(problem: Problem, conditions: list[Condition], rows: arb_mat, weights: Balls) -> Dual | None:
    """The bound, where the nearest weights that satisfy all equations are positive."""
    change = _move(problem, rows, weights, free=False)
    if change is None or not all(1 + v > 0 for v in change):
        return None
    exact = [w * (1 + v) for w, v in zip(weights, change, strict=True)]
    return Dual(
        tuple(public(problem.point(c)) for c in conditions),
        tuple(c.side for c in conditions),
        enclosed(exact),
        public(problem.R) if isinstance(problem.R, fmpq) else lower_fraction(ball(problem.R)),
    )
