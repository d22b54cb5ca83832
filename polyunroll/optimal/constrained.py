"""The best polynomial for a horizon whose own size is bounded too, so that the iterate converges with its derivative.

To minimise max|F±| over P with P(0) = 1 and max|P| ≤ c is, with Q = P/max|F±|, to maximise Q(0) subject to |F±(Q)| ≤ 1
and |Q| ≤ c·Q(0): a linear programme for finitely many conditions, exchanged as in `exchange`.

Lower bound: where Σ μ_j F_j(P) + Σ ν_i P(λ_i) = P(0) for all P of degree ≤ t, every P that is allowed has
1 ≤ max|F±|·Σ|μ_j| + c·Σ|ν_i|, so max|F±| ≥ (1 − c·Σ|ν_i|)/Σ|μ_j|.

The polynomial found is moved towards the Chebyshev polynomial p = T_t(σ)/T_t(σ(0)), which has the least max|P| of all,
until the certified supremum of |P| is at most c: (1 − ε)P + εp is 1 at 0 as well.

References
----------
Cheney, Introduction to Approximation Theory, 1966, Chapter 2 (duality), Chapter 3 (the least max|P| with P(0) = 1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from polyunroll.arithmetic.balls import BITS_PER_DIGIT, ball, ball_precision, midpoint
from polyunroll.arithmetic.exact import exact, is_symbolic, public, sign, to_float
from polyunroll.bounds.enclosure import Enclosure, Portable, enclosed, lower_fraction, upper_fraction
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods.chebyshev_series import FixedPolynomial
from polyunroll.optimal.answer import Known, dyadic, dyadic_tails
from polyunroll.optimal.exchange import Doubles, ExchangeFailed, rough_peaks, solved
from polyunroll.optimal.problem import Condition, Problem, rounded
from polyunroll.optimal.remez import Polished
from polyunroll.optimal.weights import nearest_weights
from polyunroll.output.literals import decimal_literal, directed_decimal
from polyunroll.spectrum import Spectrum

__all__ = ["BoundedDual", "bounded", "chebyshev_value", "keeps", "residual_bound", "residual_size"]

Balls = list[arb]

_ROUNDS, _PATIENCE = 60, 6  # all, and those without improvement
_SETTLED = 1e-9
_IDLE = 0.1  # conditions with so much slack leave
_NEAR = 0.9  # peaks from this share of the level on join
_INWARD = 8  # of P's own margin, in bits beyond the digits asked for


@dataclass(frozen=True)
class BoundedDual(Portable):
    """Proof of a lower bound: Σ μ_j F_σ(λ_j)(P) + Σ ν_i P(λ_i) = P(0) for all P of degree ≤ t.

    Attributes
    ----------
    points : tuple of exact numbers
        λ_j.
    sides : tuple of {1, −1}
        Of RA + GB and RA − GB.
    weights : tuple of Enclosure
        μ_j.
    residual_points : tuple of exact numbers
        λ_i.
    residual_weights : tuple of Enclosure
        ν_i.
    bound : Fraction
        At most (1 − c·Σ|ν_i|)/Σ|μ_j|.
    """

    points: tuple[Any, ...]
    sides: tuple[int, ...]
    weights: tuple[Enclosure, ...]
    residual_points: tuple[Any, ...]
    residual_weights: tuple[Enclosure, ...]
    bound: Fraction


def chebyshev_value(spectrum: Spectrum, t: int) -> Any:
    """1/|T_t(σ(0))|, exactly: the least max|P| of all P of degree ≤ t with P(0) = 1."""
    if t == 0:
        return fmpq(1)
    if sign(spectrum.radius) == 0:
        return fmpq(0)
    x = spectrum.center / spectrum.radius
    low, high = fmpq(1), x  # T_n and T_{n+1} for n = the leading bits of t
    for bit in bin(t)[2:]:
        middle = 2 * low * high - x
        low, high = (middle, 2 * high * high - 1) if bit == "1" else (2 * low * low - 1, middle)
    return 1 / low


def residual_bound(problem: Problem, given: Any) -> Any:
    """The number that max|P| is to be at most, checked.

    Raises
    ------
    InvalidInput
        If it is no number, or below what every polynomial has.
    """
    c = exact(given, "max_residual")
    if is_symbolic(c):
        raise InvalidInput(f"max_residual = {given} has symbols; give a number")
    least = chebyshev_value(problem.spectrum, problem.t)
    if sign(c - least) < 0:
        with ball_precision(128):
            rounded_up = directed_decimal(upper_fraction(ball(least)), 12, ROUND_CEILING)
        shown_up = f"{rounded_up:f}" if rounded_up > 1e-6 else str(rounded_up)
        raise InvalidInput(
            f"max_residual = {given} is below 1/|T_t(σ(0))|, the least max|P| of all P of degree {problem.t} with "
            f"P(0) = 1 on {problem.spectrum}; give a number >= {shown_up}"
        )
    return c


def residual_size(spectrum: Spectrum, tails: tuple[Any, ...], digits: int) -> Enclosure:
    """max|P| of a table, certified; exactly for P ≡ 1 and for the Chebyshev polynomial, if rational."""
    if (known := _known_size(spectrum, tails)) is not None and isinstance(shown := public(known), Fraction):
        return Enclosure(shown, shown, proved="exact: P ≡ 1 or the Chebyshev polynomial")
    method = FixedPolynomial.from_tails(spectrum, tails)
    return worst_case(method, len(tails), 1, 0, digits, criterion="pointwise", split="partial")


def keeps(spectrum: Spectrum, tails: tuple[Any, ...], c: Any) -> bool:
    """Whether max|P| ≤ c is proved."""
    known = _known_size(spectrum, tails)
    return sign(c - (exact(residual_size(spectrum, tails, 20).upper) if known is None else known)) >= 0


def _known_size(spectrum: Spectrum, tails: tuple[Any, ...]) -> Any:
    """max|P| where it is known exactly: of P ≡ 1 and of the Chebyshev polynomial."""
    if all(v == 0 for v in tails):
        return fmpq(1)
    if all(v == 1 for v in tails) and sign(spectrum.radius) != 0:
        return chebyshev_value(spectrum, len(tails))
    return None


# -- the search --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Found:
    """The programme's solution, and its conditions with the multipliers that carry it."""

    x: Doubles
    at_zero: float
    theta: Doubles
    side: Doubles
    weights: Doubles
    own: Doubles
    own_weights: Doubles


def bounded(problem: Problem, c: Any, digits: int) -> Known:
    """The least max|F±| with max|P| ≤ c, both bounds; where the bound on P binds.

    Raises
    ------
    LinearProgramFailed
    ExchangeFailed
        If the gap is above 10^−digits.
    """
    problem = replace(problem, whole=True)
    spectrum, t = problem.spectrum, problem.t
    if sign(spectrum.radius) == 0:
        return _one_point(problem, c)
    least = chebyshev_value(spectrum, t)
    if sign(c - least) == 0:
        W = _worst(problem, (fmpq(1),) * t, digits + 2)
        proof = "max|P| >= 1/|T_t(σ(0))|, with equality for the Chebyshev polynomial only"
        return Known((fmpq(1),) * t, W, W.lower, None, proof)
    bits = int((digits + 3) * BITS_PER_DIGIT) + 2
    found = _search(problem, to_float(c / least))
    dual = _dual(problem, c, found, bits)
    tails = _inwards(problem, c, least, found, bits)
    W = _worst(problem, tails, digits + 2)
    gap = 1 - dual.bound / W.upper
    if gap > Fraction(1, 10**digits):
        raise ExchangeFailed(
            f"the search for t = {t} with max|P| <= c ended with a gap of {decimal_literal(gap, 2)}, above "
            f"1e-{digits}; ask for fewer digits"
        )
    proof = "weights with Σ μ_j F_j(P) + Σ ν_i P(λ_i) = P(0) for all P of degree <= t: W >= (1 − c·Σ|ν_i|)/Σ|μ_j|"
    return Known(tails, W, dual.bound, dual, proof)


def _worst(problem: Problem, tails: tuple[Any, ...], digits: int) -> Enclosure:
    method = FixedPolynomial.from_tails(problem.spectrum, tails)
    return worst_case(method, problem.t, problem.R, problem.G, digits, criterion="pointwise", split=problem.split)


def _one_point(problem: Problem, c: Any) -> Known:
    """ℓ = L and t = 1: P = 1 − τλ/ℓ has P(ℓ) = 1 − τ, E = 1 and P' = −τ/ℓ, and 1 − τ is at most c."""
    tau = 1 - (c if sign(c - 1) < 0 else fmpq(1))
    point, R, G = problem.spectrum.low, problem.R, problem.G
    if problem.split == "partial" and sign(G / point - R) < 0:
        tau = fmpq(1)
    value = (R * (1 - tau) if problem.split == "partial" else R) + G * tau / point
    shown = public(value)
    if not isinstance(shown, Fraction):
        W = _worst(problem, (tau,), 30)
        return Known((tau,), W, W.lower, None, "one eigenvalue, t = 1: linear in P'")
    W = Enclosure(shown, shown, proved="one eigenvalue, t = 1: linear in P'")
    return Known((tau,), W, shown, None, W.proved)


def _search(problem: Problem, share: float) -> _Found:
    """Exchange until no peak of |F±| or |P| exceeds; share is c·|T_t(σ(0))| ≥ 1."""
    own_problem = problem.residual
    sides = (1.0, -1.0) if sign(problem.G) > 0 else (1.0,)
    points = np.linspace(0.0, np.pi, 3 * (problem.t + 1) + 1)
    if (free := problem.free_point()) is not None:
        points = np.append(points, free)
    theta, side = np.tile(points, len(sides)), np.repeat(sides, points.size)
    own = np.linspace(0.0, np.pi, 3 * (problem.t + 1) + 1)
    best, kept, level, idle = np.inf, None, max(share, 1.0), 0
    for _ in range(_ROUNDS):
        found = _programme(problem, own_problem, share, level, theta, side, own)
        x, level = found.x, share * found.at_zero
        tops = [(*rough_peaks(problem, x, s), s) for s in sides]
        new = np.concatenate([a for a, _, _ in tops])
        sizes = np.abs(np.concatenate([v for _, v, _ in tops]))
        new_side = np.concatenate([np.full(a.size, s) for a, _, s in tops])
        new_own, values = rough_peaks(own_problem, x, 1.0)
        values = np.abs(values) / level
        excess = max(float(sizes.max()), float(values.max())) - 1
        idle = 0 if excess < 0.9 * best else idle + 1
        if excess < best:
            best, kept = excess, found
        if excess < _SETTLED or idle == _PATIENCE:
            break
        slack = 1 - np.abs(problem.rows(theta, side) @ x) < _IDLE
        own_slack = 1 - np.abs(own_problem.rows(own, np.ones(own.size)) @ x) / level < _IDLE
        theta = np.concatenate([theta[slack], new[sizes > _NEAR]])
        side = np.concatenate([side[slack], new_side[sizes > _NEAR]])
        own = np.concatenate([own[own_slack], new_own[values > _NEAR]])
    assert kept is not None
    return kept


def _programme(
    problem: Problem, own_problem: Problem, share: float, level: float, theta: Doubles, side: Doubles, own: Doubles
) -> _Found:
    """The programme; `level` is about c·P(0), in which the conditions on |P| are of size 1."""
    rows, own_rows = problem.rows(theta, side), own_problem.rows(own, np.ones(own.size))
    at_zero = problem.at_zero()
    limit = share / level * at_zero
    found = solved(
        problem,
        c=-at_zero,
        A_ub=np.vstack([rows, -rows, own_rows / level - limit, -own_rows / level - limit]),
        b_ub=np.concatenate([np.ones(2 * theta.size), np.zeros(2 * own.size)]),
        bounds=(None, None),
    )
    multipliers = -found.ineqlin.marginals
    first, second = multipliers[: 2 * theta.size], multipliers[2 * theta.size :] / level
    plus, minus = second[: own.size], second[own.size :]
    # Σ μF + Σ (ν₊ − ν₋)P = P(0)·(1 + c·Σ(ν₊ + ν₋))
    total = 1 + share * float((plus + minus).sum())
    return _Found(
        found.x,
        float(-found.fun),
        theta,
        side,
        (first[: theta.size] - first[theta.size :]) / total,
        own,
        (plus - minus) / total,
    )


# -- proofs ------------------------------------------------------------------------------------------------------------
def _dual(problem: Problem, c: Any, found: _Found, bits: int) -> BoundedDual:
    conditions = [rounded(float(a), int(b)) for a, b in zip(found.theta, found.side, strict=True)]
    own = [rounded(float(a), 1) for a in found.own]
    with ball_precision(bits + 192 + int(4 * problem.scales[2])):
        scale = abs(problem.ball_at_zero()[-1])
        rows = problem.ball_rows(conditions) + problem.residual.ball_rows(own)
        start = [arb(float(v)) * scale / ball(problem.unit) for v in found.weights]
        start += [arb(float(v)) * scale for v in found.own_weights]
        # in units in which both kinds of functionals are of one size
        sizes = [ball(problem.unit)] * len(conditions) + [arb(1)] * len(own)
        rows = [[v / size for v in row] for row, size in zip(rows, sizes, strict=True)]
        solution = nearest_weights(rows, [v * s for v, s in zip(start, sizes, strict=True)], problem.ball_at_zero())
        if solution is None:
            raise ExchangeFailed(f"the weights of the lower bound for t = {problem.t} were not enclosed")
        weights = [v / s for v, s in zip(solution, sizes, strict=True)]
        mu, nu = weights[: len(conditions)], weights[len(conditions) :]
        total = sum((abs(v) for v in mu), arb(0))
        left = 1 - ball(c) * sum((abs(v) for v in nu), arb(0))
        if not total > 0:
            raise ExchangeFailed(f"the weights of the lower bound for t = {problem.t} were not enclosed")
        return BoundedDual(
            tuple(public(problem.point(v)) for v in conditions),
            tuple(v.side for v in conditions),
            enclosed(mu),
            tuple(public(problem.point(Condition(v.s, 1))) for v in own),
            enclosed(nu),
            max(lower_fraction((left / total).lower()), Fraction(0)),
        )


def _inwards(problem: Problem, c: Any, least: Any, found: _Found, bits: int) -> tuple[fmpq, ...]:
    """The table of the polynomial found, moved towards the Chebyshev polynomial until max|P| ≤ c is proved."""
    spectrum = problem.spectrum
    with ball_precision(2 * bits + int(3 * problem.scales[2]) + 64):
        total = sum((v * float(x) for v, x in zip(problem.ball_at_zero(), found.x, strict=True)), arb(0))
        a = tuple(midpoint(v / total) for v in problem.series([arb(float(x)) for x in found.x]))
        level = abs(midpoint(ball(problem.unit) / total))
    tails = dyadic_tails(problem, Polished((), a, level), bits + _INWARD, least)
    size = residual_size(spectrum, tails, 20)
    with ball_precision(2 * bits + 64):
        top, floor = arb(fmpq(size.upper.numerator, size.upper.denominator)), ball(least)
        aim = ball(c) - (ball(c) - floor) * arb(2) ** -(bits + _INWARD)
        if top > aim:
            unit = fmpq(2) ** -(2 * bits)
            share = dyadic(midpoint(((top - aim) / (top - floor)).upper()), unit) + unit
            tails = tuple((1 - share) * v + share for v in tails)
    if not keeps(spectrum, tails, c):
        raise ExchangeFailed(f"the polynomial found for t = {problem.t} could not be brought to max|P| <= c")
    return tails
