"""What a search for a polynomial ends with, and the rounding of its coefficients to a table of dyadic numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision, midpoint, to_double
from polyunroll.bounds.cosine import derivative
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.optimal.problem import Problem
from polyunroll.optimal.remez import Polished

__all__ = ["Known", "dyadic", "dyadic_tails", "flattest", "power_of_two"]

_POINTS = 4001  # to look at P' at, where λ is free


@dataclass(frozen=True)
class Known:
    """What is found: the table, the certified worst case, the lower bound and its proof."""

    tails: tuple[Any, ...]
    value: Enclosure
    lower: Fraction
    dual: Any
    proof: str


def dyadic_tails(problem: Problem, found: Polished, bits: int, residual: Any = None) -> tuple[fmpq, ...]:
    """Dyadic τ_n = Σ_{k≥n} a_k T_k(σ(0)), so short that they move |F±| by at most 2^−bits of the level.

    An error δ in τ_n moves P by δ(p_n − p_{n−1}), with |p_n| ≤ 1/|T_n(σ(0))| and |p_n'| ≤ n²/(radius·|T_n(σ(0))|).
    With a `residual` |P| moves by at most 2^−bits of that, too.
    """
    spectrum = problem.spectrum
    with ball_precision(2 * bits + 64 + int(3 * problem.scales[2])):
        center, radius = ball(spectrum.center), ball(spectrum.radius)
        a = [arb(v) for v in found.a]
        if len(problem.columns) == problem.t and problem.t > 1:
            slope = arb(flattest(derivative(a, radius)))
            a[0], a[1] = a[0] + slope * center, a[1] + slope * radius
        at_zero = -center / radius
        reach = (ball(problem.R) * (2 * ball(spectrum.high)) + ball(problem.G)) / radius + ball(problem.R)
        tails, total = [], arb(0)
        for n in range(problem.t, 0, -1):
            total = total + a[n] * at_zero.chebyshev_t(n)
            share = 2 * problem.t / abs(at_zero.chebyshev_t(n - 1))
            allowed = arb(found.level) / (n * n * reach)
            if residual is not None:
                allowed = allowed.min(ball(residual))
            tails.append(dyadic(midpoint(total), power_of_two(allowed * arb(2) ** -bits / share)))
    return tuple(reversed(tails))


def dyadic(value: fmpq, unit: fmpq) -> fmpq:
    """The multiple of the unit nearest to a number."""
    return fmpq((value / unit + fmpq(1, 2)).floor()) * unit


def power_of_two(value: arb) -> fmpq:
    """The largest power of two not above a positive number, or half of it."""
    mantissa, exponent = value.lower().man_exp()
    return fmpq(2) ** (int(mantissa).bit_length() - 1 + int(exponent))


def flattest(slope: list[arb]) -> float:
    """The constant that, added to P', makes its largest absolute value least, seen on points in doubles."""
    values = np.polynomial.chebyshev.chebval(
        np.cos(np.linspace(0.0, np.pi, _POINTS)), np.array([to_double(v) for v in slope])
    )
    return -float(values.max() + values.min()) / 2
