"""Every family of methods with its residual polynomial by another route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from reference import closed_forms, jacobi_moments, moments
from reference.fields import element, poly

import polyunroll as pu
from polyunroll.methods.unrolled_cg import UnrolledCG

STEPS = ["1/3", "2", "1/7", "5/4", "1", "1/9", "3/2", "2/5", "1/2", "7/8", "6/5", "1/4"]
"""Twelve different step sizes."""


@dataclass(frozen=True)
class Case:
    """A method on any interval, and its P_t on it over the interval's field."""

    name: str
    family: str
    make: Callable[[Any], Any]
    closed: Callable[[Any, int], Any]


def _gd(name, step, size):
    def closed(interval, t):
        return closed_forms.gradient_descent(interval, [size(*interval.elements)] * t)

    return Case(name, "gd", lambda interval: pu.GradientDescent(interval.spectrum, step), closed)


def _sobolev(name, measure, a, eta):
    def closed(interval, t):
        coefficients, _ = moments.minimiser(moments.gram(Fraction(a), interval, Fraction(eta), max(t, 12)), t)
        return poly(coefficients, interval.K)

    return Case(name, "sobolev", lambda interval: pu.Sobolev(interval.spectrum, measure, eta), closed)


def _jacobi(alpha, beta):
    return Case(
        f"jacobi {alpha},{beta}",
        "jacobi",
        lambda interval: pu.Jacobi(interval.spectrum, alpha, beta),
        lambda interval, t: jacobi_moments.orthogonal(alpha, beta, interval, t),
    )


def _jacobian_kernel(alpha, beta, c):
    return Case(
        f"jacobian kernel {alpha},{beta} {c}",
        "jacobian-kernel",
        lambda interval: pu.JacobianKernel(interval.spectrum, pu.measures.jacobi(alpha, beta), c),
        lambda interval, t: jacobi_moments.jacobian_kernel(alpha, beta, c, interval, t),
    )


def _sum_of_moves(closed):
    """p_0 + Σ_{n≤t} τ_n (p_n − p_{n−1}), p_n a base method's residuals in closed form."""

    def total(interval, t):
        found = closed(interval, 0)
        for n in range(1, t + 1):
            move = closed(interval, n) - closed(interval, n - 1)
            found += move.mul_ground(element(Fraction(STEPS[n - 1]), interval.K))
        return found

    return total


def _conjugate(interval, t):
    """P_{t+1} = P_t + α_t((β_t/α_{t−1})(P_t − P_{t−1}) − λP_t), the three-term form."""
    before, now = None, closed_forms.chebyshev(interval, 0)
    minus_lambda = poly([interval.K.zero, -interval.K.one], interval.K)
    for n in range(t):
        alpha = element(Fraction(STEPS[n]), interval.K)
        step = minus_lambda * now
        if n:
            step += (now - before).mul_ground(element(Fraction(STEPS[-n]) / Fraction(STEPS[n - 1]), interval.K))
        before, now = now, now + step.mul_ground(alpha)
    return now


CASES = [
    _gd("gd 1/L", "1/L", lambda ell, L, root: L**-1),
    _gd("gd 2/(L+ell)", "2/(L+ell)", lambda ell, L, root: (L + ell) ** -1 * 2),
    _gd("gd 1/sqrt(L*ell)", "1/sqrt(L*ell)", lambda ell, L, root: root**-1),
    _gd("gd 5/2", "5/2", lambda ell, L, root: L**0 * 5 / 2),
    Case(
        "gd list",
        "gd",
        lambda interval: pu.GradientDescent(interval.spectrum, STEPS),
        lambda interval, t: closed_forms.gradient_descent(
            interval, [element(Fraction(h), interval.K) for h in STEPS[:t]]
        ),
    ),
    Case("chebyshev", "chebyshev", lambda i: pu.Chebyshev(i.spectrum), closed_forms.chebyshev),
    Case("heavy ball", "heavy-ball", lambda i: pu.HeavyBall(i.spectrum), closed_forms.heavy_ball),
    Case("nesterov", "nesterov", lambda i: pu.Nesterov(i.spectrum), closed_forms.nesterov),
    _sobolev("sobolev chebyshev 1", pu.measures.chebyshev(), 0, 1),
    _sobolev("sobolev legendre 0", pu.measures.legendre(), "1/2", 0),
    _sobolev("sobolev legendre 1/10", pu.measures.legendre(), "1/2", "1/10"),
    _sobolev("sobolev gegenbauer:-1/4 3", pu.measures.gegenbauer("-1/4"), "-1/4", 3),
    _sobolev("sobolev gegenbauer:1 1/100", pu.measures.gegenbauer(1), 1, "1/100"),
    _jacobi("1/3", "-1/4"),
    _jacobi("-9/10", "0"),
    _jacobian_kernel("-1/2", "-1/2", "1"),
    _jacobian_kernel("1/2", "0", "1/10"),
    Case(
        "polynomial",
        "polynomial",
        lambda interval: pu.FixedPolynomial.from_tails(interval.spectrum, STEPS),
        _sum_of_moves(closed_forms.chebyshev),
    ),
    Case(
        "partial sums",
        "partial-sums",
        lambda interval: pu.PartialSums(pu.Nesterov(interval.spectrum), STEPS),
        _sum_of_moves(closed_forms.nesterov),
    ),
    Case(
        "unrolled cg",
        "unrolled-cg",
        lambda interval: UnrolledCG(interval.spectrum, STEPS, [STEPS[-n] for n in range(1, len(STEPS))]),
        _conjugate,
    ),
]


def methods(interval):
    """Every case's method on one interval."""
    return [case.make(interval) for case in CASES]
