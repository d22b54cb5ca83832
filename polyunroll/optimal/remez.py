"""A reference polished to any precision, and the polynomial and the lower bound it gives.

With as many conditions |F_j| ≤ h as unknowns and signs s_j of F_j there, the equations F_j(P) = s_j h, P(0) = 1 have
one solution; the points then move to the peaks of |F_j| by Newton's method, and the two steps converge quadratically.

The lower bound needs no optimality and no signs: where Σ μ_j F_j(P) = P(0) for all P, every P with P(0) = 1 has
1 = Σ μ_j F_j(P) ≤ Σ|μ_j|·max|F±|. At exact points the μ_j solve a square system; that a system in balls has a solution
in balls proves that they exist and where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from flint import arb, arb_mat, fmpq

from polyunroll.arithmetic.balls import ball_precision, midpoint
from polyunroll.arithmetic.exact import public
from polyunroll.bounds.enclosure import Enclosure, Portable, enclosed, lower_fraction
from polyunroll.optimal.basis import Basis, peaks
from polyunroll.optimal.exchange import ExchangeFailed, Reference
from polyunroll.optimal.problem import Condition, Problem, condition_at, rounded

__all__ = ["Dual", "Polished", "dual_of", "polished"]

Balls = list[arb]

_STEPS, _EXTRA, _ROUNDS = 30, 2, 30
_CLOSE = 0.1  # of π/(t + 1): two points so near are on one peak
_ATTEMPTS = 4


@dataclass(frozen=True)
class Dual(Portable):
    """Proof of a lower bound: points λ_j with sides σ_j and enclosed weights μ_j, Σ μ_j F_σ(λ_j)(P) = P(0) for all P.

    Attributes
    ----------
    points : tuple of exact numbers
        λ_j, as users see them.
    sides : tuple of {1, −1}
        Of RA + GB and RA − GB.
    weights : tuple of Enclosure
    bound : Fraction
        At most 1/Σ|μ_j|.
    """

    points: tuple[Any, ...]
    sides: tuple[int, ...]
    weights: tuple[Enclosure, ...]
    bound: Fraction


@dataclass(frozen=True)
class Polished(Portable):
    """A reference with exact points, Chebyshev coefficients a of its polynomial, P(0) = 1 nearly, and its level h."""

    conditions: tuple[Condition, ...]
    a: tuple[fmpq, ...]
    level: fmpq


def polished(problem: Problem, reference: Reference, bits: int) -> Polished:
    """The reference's points at the peaks, so that no peak of |F±| exceeds the level by more than 2^−bits of it.

    Newton's method moves points only a little; where a peak elsewhere exceeds, or it fails, conditions are exchanged
    one by one (`pivot`), and it is tried again.

    Raises
    ------
    ExchangeFailed
        If it does not converge.
    """
    guard = 64 + int(1.5 * problem.scales[2] / 0.69) + 4 * problem.t.bit_length()
    with ball_precision(4 * bits + guard):
        conditions = [rounded(float(a), int(b)) for a, b in zip(reference.theta, reference.side, strict=True)]
        tolerance = arb(2) ** -bits
        for _ in range(_ROUNDS):
            found = _coupled(problem, conditions, tolerance) or _newton(problem, conditions, tolerance)
            if found is not None:
                highest = peaks(problem, found.series, found.level)
                if not highest or highest[0][0] < tolerance:
                    a = tuple(midpoint(v) for v in found.series)
                    return Polished(tuple(found.conditions), a, midpoint(found.level))
                if len(found.conditions) == len(conditions):
                    conditions = found.conditions
            basis = Basis.of(problem, conditions)
            if basis is None:
                break
            basis.exchange(tolerance)
            conditions = basis.conditions
    raise ExchangeFailed(f"the exchange for t = {problem.t} did not converge to {bits} bits", tuple(conditions))


@dataclass(frozen=True)
class _Settled:
    conditions: list[Condition]
    series: Balls
    level: arb


def _newton(problem: Problem, conditions: list[Condition], tolerance: arb) -> _Settled | None:
    """The points at the peaks next to them, by turns with the polynomial; None if they do not settle there."""
    last = arb(1)
    for _ in range(_STEPS):
        basis = Basis.of(problem, conditions)
        if basis is None:
            return None
        moves = _towards_peaks(problem, conditions, basis.series())
        excess = max((float(abs(step * step * bend)) for step, bend in moves.values()), default=0.0) / basis.level
        if excess < tolerance:
            return _Settled(conditions, basis.series(), basis.level)
        if not excess < 4 * last:
            return None
        last = excess
        conditions = [_shifted(problem, c, moves[j][0]) if j in moves else c for j, c in enumerate(conditions)]
    return None


def _towards_peaks(problem: Problem, conditions: list[Condition], a: Balls) -> dict[int, tuple[arb, arb]]:
    """For each inner point with a peak near, Newton's step towards it, and F'' there."""
    found: dict[int, tuple[arb, arb]] = {}
    for side, f in problem.functions(a).items():
        chosen = [j for j, c in enumerate(conditions) if c.side == side and not c.at_end]
        thetas = [conditions[j].theta().mid() for j in chosen]
        for j, (value, slope, bend) in zip(chosen, f.derivatives(thetas, 2) if chosen else (), strict=True):
            if value * bend < 0:
                found[j] = (-slope / bend).mid(), bend.mid()
    return found


def _shifted(problem: Problem, condition: Condition, step: arb) -> Condition:
    widest = arb.pi() / (4 * (problem.t + 1))
    step = step if abs(step) < widest else widest * (1 if step > 0 else -1)
    return condition_at((condition.theta() + step).mid(), condition.side)


def _coupled(problem: Problem, conditions: list[Condition], tolerance: arb) -> _Settled | None:
    """Points, weights and polynomial together, by Newton's method, where fewer points than unknowns carry the optimum.

    Σ μ_j F_j = P(0) as functionals, F_j(P) = s_j, and F_j' = 0 at inner points: as many equations as numbers. None if
    no two points are on one peak, or it does not settle at a maximum.
    """
    basis = Basis.of(problem, conditions)
    if basis is None:
        return None
    points, weights = _merged(problem, conditions, basis.weights)
    x = [(v / basis.level).mid() for v in basis.unknowns]
    while len(points) < len(conditions):
        found = _stationary(problem, points, weights, x, tolerance)
        if found is None:
            return None
        fewer, added = _merged(problem, found.points, found.weights)
        if len(fewer) == len(points):
            at_zero = _dot(problem.ball_at_zero(), found.x)
            level = (1 / at_zero).mid()
            return _Settled(found.points, [(v * level).mid() for v in problem.series(found.x)], level)
        points, weights, x = fewer, added, found.x
    return None


def _merged(problem: Problem, points: list[Condition], weights: Balls) -> tuple[list[Condition], Balls]:
    """Points of one side that are so close that they are on one peak, put together with their weights."""
    near = arb.pi() / (problem.t + 1) * arb(_CLOSE)
    found: list[tuple[Condition, arb]] = []
    for point, weight in sorted(zip(points, weights, strict=True), key=lambda pair: (pair[0].side, pair[0].s)):
        last, known = found[-1] if found else (None, arb(0))
        inner = last is not None and last.side == point.side and not last.at_end and not point.at_end
        if inner and last is not None and weight * known > 0 and abs(last.theta() - point.theta()) < near:
            total = weight + known
            middle = (last.theta() * known + point.theta() * weight) / total
            found[-1] = condition_at(middle.mid(), point.side), total.mid()
        else:
            found.append((point, weight))
    return [c for c, _ in found], [w for _, w in found]


@dataclass(frozen=True)
class _Stationary:
    points: list[Condition]
    weights: Balls
    x: Balls


def _stationary(
    problem: Problem, points: list[Condition], weights: Balls, x: Balls, tolerance: arb
) -> _Stationary | None:
    """The solution next to a start; None if Newton's method leads to none, or to none with s_j μ_j ≥ 0."""
    points, K, n = list(points), len(points), len(x)
    signs = [1 if w >= 0 else -1 for w in weights]
    inner = [j for j, c in enumerate(points) if not c.at_end]
    at_zero, last, settled = problem.ball_at_zero(), arb(1), 0
    for _ in range(_STEPS):
        a = problem.ball_rows(points)
        b = dict(zip(inner, problem.ball_rows([replace(points[j], order=1) for j in inner]), strict=True))
        bends = _bends(problem, points, inner, problem.series(x))
        residual = [at_zero[k] - _dot(weights, [row[k] for row in a]) for k in range(n)]
        residual += [signs[j] - _dot(a[j], x) for j in range(K)] + [-_dot(b[j], x) for j in inner]
        if any(bends[j] == 0 for j in inner):
            return None
        excess = max(float(abs(v)) for v in residual[:n]) / float(abs(_dot(weights, signs))) + max(
            [float(abs(v)) for v in residual[n : n + K]]
            + [float(abs(r * r / bends[j])) for j, r in zip(inner, residual[n + K :], strict=True)]
        )
        settled += excess < tolerance
        if settled > _EXTRA:  # these steps make the smallest weights right too
            good = all(w * sign >= 0 for w, sign in zip(weights, signs, strict=True))
            return _Stationary(points, weights, x) if good else None
        if not settled and not excess < 16 * last:
            return None
        last = arb(excess)
        try:
            change = _system(a, b, weights, x, inner, bends).solve(arb_mat([[v] for v in residual]), algorithm="approx")
        except ZeroDivisionError:
            return None
        moves = [v.mid() for v in change.entries()]
        weights = [(w + v).mid() for w, v in zip(weights, moves[:K], strict=True)]
        x = [(w + v).mid() for w, v in zip(x, moves[K : K + n], strict=True)]
        for j, v in zip(inner, moves[K + n :], strict=True):
            points[j] = _shifted(problem, points[j], v)
            if points[j].at_end:
                return None
    return None


def _system(
    a: list[Balls], b: dict[int, Balls], weights: Balls, x: Balls, inner: list[int], bends: dict[int, arb]
) -> arb_mat:
    """The derivative of the equations in weights, unknowns and angles."""
    K, n = len(a), len(x)
    system = arb_mat(n + K + len(inner), K + n + len(inner))
    for j, row in enumerate(a):
        for k in range(n):
            system[k, j] = row[k]
            system[n + j, K + k] = row[k]
    for i, j in enumerate(inner):
        for k in range(n):
            system[k, K + n + i] = weights[j] * b[j][k]
            system[n + K + i, K + k] = b[j][k]
        system[n + j, K + n + i] = _dot(b[j], x)
        system[n + K + i, K + n + i] = bends[j]
    return system


def _bends(problem: Problem, conditions: list[Condition], inner: list[int], a: Balls) -> dict[int, arb]:
    """F'' in θ at inner points."""
    found: dict[int, arb] = {}
    for side, f in problem.functions(a).items():
        chosen = [j for j in inner if conditions[j].side == side]
        jets = f.derivatives([conditions[j].theta() for j in chosen], 2) if chosen else []
        found |= {j: jet[2].mid() for j, jet in zip(chosen, jets, strict=True)}
    return found


def _dot(a: Any, b: Any) -> arb:
    return sum((x * y for x, y in zip(a, b, strict=True)), arb(0))


# -- lower bounds ------------------------------------------------------------------------------------------------------
def dual_of(problem: Problem, conditions: tuple[Condition, ...], bits: int) -> Dual:
    """The lower bound of as many conditions as unknowns, its relative width below 2^−bits.

    Raises
    ------
    ExchangeFailed
        If the weights could not be enclosed so narrowly.
    """
    guard = 64 + int(1.5 * problem.scales[2] / 0.69) + 4 * problem.t.bit_length()
    digits = bits if len(conditions) == len(problem.columns) else 4 * bits
    chosen = [Condition(_shortened(c.s, 2 * digits), c.side) for c in _filled(problem, conditions)]
    for _ in range(_ATTEMPTS):
        with ball_precision(digits + guard):
            system = arb_mat(problem.ball_rows(chosen)).transpose()
            right = arb_mat([[v] for v in problem.ball_at_zero()])
            try:
                solution = system.solve(right)
            except ZeroDivisionError:
                solution = None
            if solution is not None:
                found = _dual(problem, chosen, [solution[i, 0] for i in range(len(chosen))], bits)
                if found is not None:
                    return found
        guard *= 2
    raise ExchangeFailed(f"the weights of the lower bound for t = {problem.t} were not enclosed to {bits} bits")


def _filled(problem: Problem, conditions: tuple[Condition, ...]) -> list[Condition]:
    """As many conditions as unknowns: where fewer carry the optimum, others will have next to no weight."""
    found = list(conditions)
    missing = len(problem.columns) - len(found)
    gaps = sorted(
        ((abs(a.theta() - b.theta()).mid(), a, b) for a, b in pairwise(sorted(found, key=lambda c: c.s)) if a.s != b.s),
        key=lambda gap: -float(gap[0]),
    )
    for _, a, b in gaps[:missing]:
        found.append(Condition((a.s + b.s) / 2, a.side))
    return found


def _shortened(s: fmpq, bits: int) -> fmpq:
    """Round s to about `bits` bits after the point: any exact points give a bound, and near the peaks a good one."""
    scale = fmpq(2) ** bits
    return fmpq((s * scale).floor()) / scale if abs(s) != 1 else s


def _dual(problem: Problem, conditions: list[Condition], weights: Balls, bits: int) -> Dual | None:
    total = sum((abs(v) for v in weights), arb(0))
    if total.contains(0) or total.rel_accuracy_bits() < bits:
        return None
    return Dual(
        tuple(public(problem.point(c)) for c in conditions),
        tuple(c.side for c in conditions),
        enclosed(weights),
        lower_fraction((1 / total).lower()),
    )
