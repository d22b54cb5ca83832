"""What is proved of a sequence: its own worst case at every step, and a lower bound for every other table.

Where Σ_{i: n_i ≥ k} (p_i RA_i + q_i GB_i)(d_k) = 0 for every k, any table's Σ_i (p_i RA_i + q_i GB_i)(P_{n_i}) is
R·Σp_i, A(1) being 1 and B(1) 0. At each step the sum is at most N_n·V_n, N_n = max over s of Σ √(p²s + q²(1−s))
(`exact`), and with q = ±p at most Σ|p_i|·W_n. So

    R·Σp_i ≤ N_T·V_T + peak·Σ_{n<T} N_n.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from polyunroll.arithmetic.balls import BITS_PER_DIGIT, ball, ball_precision
from polyunroll.arithmetic.exact import exact, public, sign
from polyunroll.bounds.enclosure import Enclosure, Portable, enclosed, lower_fraction, upper_fraction
from polyunroll.bounds.worst_case import worst_case
from polyunroll.methods.base import Method
from polyunroll.methods.partial_sums import PartialSums
from polyunroll.optimal.exact import longest
from polyunroll.optimal.exchange import ExchangeFailed
from polyunroll.optimal.problem import Condition, Problem, rounded
from polyunroll.optimal.sequence_cuts import CutSearch
from polyunroll.optimal.sequence_search import Differences, SequenceSearch
from polyunroll.optimal.weights import nearest_weights
from polyunroll.output.literals import decimal_literal

__all__ = ["SequenceDual", "SequenceMixedDual", "certified", "dual_of", "mixed_dual_of", "start"]

_LEAST_WEIGHT = 1e-13  # of the largest; smaller ones come from a programme's rounding


@dataclass(frozen=True)
class SequenceDual(Portable):
    """Proof of a lower bound on W_T: Σ weights·F_σ(λ)(d_k) over the conditions of steps ≥ k is 0, for every free k.

    Attributes
    ----------
    steps : tuple of int
        n of each condition.
    points : tuple of exact numbers
    sides : tuple of {1, −1}
        Of RA + GB and RA − GB.
    weights : tuple of Enclosure
    first : int
        τ_k = 0 for k below (or λ itself costs nothing, for G = 0 in the split `total`).
    bound : Fraction
        At most (R·Σ weights − peak·Σ_{n<T}|weights|)/Σ_{n=T}|weights|.
    """

    steps: tuple[int, ...]
    points: tuple[Any, ...]
    sides: tuple[int, ...]
    weights: tuple[Enclosure, ...]
    first: int
    bound: Fraction


@dataclass(frozen=True)
class SequenceMixedDual(Portable):
    """Proof of a lower bound on V_T: Σ p·RA(λ)(d_k) + q·GB(λ)(d_k) over the points of steps ≥ k is 0, for free k.

    Attributes
    ----------
    steps : tuple of int
        n of each point.
    points : tuple of exact numbers
    p, q : tuples of Enclosure
    first : int
        τ_k = 0 for k below.
    bound : Fraction
        At most (R·Σp − peak·Σ_{n<T} N_n)/N_T, N_n = max over s of Σ √(p²s + q²(1−s)) over the points of step n.
    """

    steps: tuple[int, ...]
    points: tuple[Any, ...]
    p: tuple[Enclosure, ...]
    q: tuple[Enclosure, ...]
    first: int
    bound: Fraction


def start(problem: Problem, why: str) -> Enclosure:
    """R = W_0 = V_0."""
    shown = public(problem.R)
    if isinstance(shown, Fraction):
        return Enclosure(shown, shown, proved=why)
    with ball_precision(128):
        return Enclosure(lower_fraction(ball(problem.R)), upper_fraction(ball(problem.R)), proved=why)


def certified(
    problem: Problem, base: Method, tails: Iterable[fmpq], first: int, peak: Any, digits: int, criterion: str
) -> tuple[Enclosure, ...]:
    """The worst case at steps 0 … T; P_n ≡ 1 or E_n ≡ 1 before the first step that counts.

    Raises
    ------
    ExchangeFailed
        If one before T is not proved to be at most peak.
    """
    method, T = PartialSums(base, tails), problem.t
    how = {"criterion": criterion, "split": problem.split}
    still = [start(problem, "E ≡ 1")] * first
    later = worst_case(method, range(first, T + 1), problem.R, problem.G, max(digits + 2, 12), **how)
    for n, value in enumerate(later[:-1], first):
        if sign(peak - exact(value.upper)) < 0:
            symbol = "W" if criterion == "pointwise" else "V"
            raise ExchangeFailed(
                f"{symbol}_{n} <= {public(peak)} was not proved for T = {T}: it is at most "
                f"{decimal_literal(value.upper, 12)}"
            )
    return (*still, *later)


def dual_of(rows: Differences, search: SequenceSearch, peak: Any, digits: int) -> SequenceDual:
    """The lower bound on W_T of the search's last conditions.

    Raises
    ------
    ExchangeFailed
        If the equations could not be solved.
    """
    problem, columns = rows.problem, search.columns
    with ball_precision(_bits(problem, digits)):
        conditions = [rounded(float(a), int(b)) for a, b in zip(search.theta, search.side, strict=True)]
        whole = rows.in_balls(conditions)
        counted = [[row[k] if k < n else arb(0) for k in columns] for row, n in zip(whole, search.steps, strict=True)]
        weights = nearest_weights(counted, [arb(float(v)) for v in search.weights], [arb(0)] * columns.size)
        if weights is None:
            raise _not_enclosed(problem)
        last = [n == problem.t for n in search.steps]
        total = sum((abs(w) for w, is_last in zip(weights, last, strict=True) if is_last), arb(0))
        own = sum((abs(w) for w, is_last in zip(weights, last, strict=True) if not is_last), arb(0))
        return SequenceDual(
            tuple(int(n) for n in search.steps),
            tuple(public(problem.point(c)) for c in conditions),
            tuple(c.side for c in conditions),
            enclosed(weights),
            search.first,
            _bound(problem, sum(weights, arb(0)), own, total, peak),
        )


def mixed_dual_of(rows: Differences, search: CutSearch, peak: Any, digits: int) -> SequenceMixedDual:
    """The lower bound on V_T of the search's last cuts.

    Raises
    ------
    ExchangeFailed
        If the equations could not be solved.
    """
    problem, columns = rows.problem, search.columns
    size = abs(search.p) + abs(search.q)
    kept = size > _LEAST_WEIGHT * size.max(initial=0.0)
    steps, theta, p, q = (part[kept] for part in (search.steps, search.theta, search.p, search.q))
    with ball_precision(_bits(problem, digits)):
        conditions = [rounded(float(angle), side) for angle in theta for side in (1, -1)]
        whole = rows.in_balls(conditions)
        counted = [
            [row[k] if k < n else arb(0) for k in columns] for row, n in zip(whole, steps.repeat(2), strict=True)
        ]
        # p RA + q GB = (p + q)/2·F₊ + (p − q)/2·F₋
        begin = [arb(float(v)) for one in zip((p + q) / 2, (p - q) / 2, strict=True) for v in one]
        found = nearest_weights(counted, begin, [arb(0)] * columns.size)
        if found is None:
            raise _not_enclosed(problem)
        first = [u + v for u, v in zip(found[::2], found[1::2], strict=True)]
        second = [u - v for u, v in zip(found[::2], found[1::2], strict=True)]
        lengths = {
            n: longest(*([part[i] for i in range(len(steps)) if steps[i] == n] for part in (first, second)))
            for n in sorted({int(n) for n in steps})
        }
        total = lengths.pop(problem.t, arb(0))
        return SequenceMixedDual(
            tuple(int(n) for n in steps),
            tuple(public(problem.point(Condition(c.s, 1))) for c in conditions[::2]),
            enclosed(first),
            enclosed(second),
            search.first,
            _bound(problem, sum(first, arb(0)), sum(lengths.values(), arb(0)), total, peak),
        )


def _bits(problem: Problem, digits: int) -> int:
    return int((digits + 3) * BITS_PER_DIGIT) + 194 + int(4 * problem.scales[2])


def _bound(problem: Problem, weight: arb, own: arb, total: arb, peak: Any) -> Fraction:
    bound = (ball(problem.R) * weight - ball(peak) * own) / total if total > 0 else arb.nan()
    if not bound.is_finite():
        raise _not_enclosed(problem)
    return max(lower_fraction(bound.lower()), Fraction(0))


def _not_enclosed(problem: Problem) -> ExchangeFailed:
    return ExchangeFailed(f"the weights of the lower bound for T = {problem.t} were not enclosed")
