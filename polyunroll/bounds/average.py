"""The expected squared Jacobian error over a spectral density: `average_case`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from polyunroll.arithmetic.balls import BITS_PER_DIGIT, ball, ball_precision, to_double
from polyunroll.arithmetic.exact import exact, sign, whole_number
from polyunroll.bounds.cosine import product
from polyunroll.bounds.enclosure import Enclosure, TooWide, lower_fraction, upper_fraction
from polyunroll.bounds.evaluation import values_at
from polyunroll.bounds.pairs import error_polynomials
from polyunroll.bounds.question import Question
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method, require_interval

__all__ = ["average_case"]

_MAX_DIGITS = 1000
_MAX_STEPS = 20_000
_ATTEMPTS = 8
_STANDARD_ERRORS = 4


def average_case(
    method: Method, t: int, measure: Any, R: Any = 1, G: Any = 0, digits: int = 15, split: str = "partial"
) -> Enclosure:
    """The expected squared Jacobian error R²∫A²dμ + G²∫B²dμ after t steps.

    It is E‖A(H)a + B(H)c‖² for a = ∂x_0−∂x* and c independent, zero-mean and isotropic given H, with E‖a‖² = R² and
    E‖c‖² = G², where μ is the expected spectral density of H, of mass 1.

    Parameters
    ----------
    method : Method
        Without symbols.
    t : int
        At most 20 000.
    measure : a measure of polyunroll.measures
        On the method's spectrum.
    R, G : exact numbers ≥ 0, not both 0
        Root mean squares of ‖∂x_0−∂x*‖, and of ‖c‖.
    digits : int
        The relative width is at most 10^−digits, 1 to 1000.
    split : {"partial", "total"}
        (A, B) = (P, P') with c = ∂H(x_0−x*); or (E, D) with c = ∂_θ∇f(x_0), for ∂H that commutes with H only.

    Returns
    -------
    Enclosure
        [0, 0] where the value is 0. Its `proved` says how: for Jacobi weights, the Marchenko–Pastur law and atoms the
        ends are proved; for a density given as a function they are measured by quadrature, for an estimated one they
        are four standard errors away.

    Raises
    ------
    InvalidInput
        If an argument is none of these.
    HorizonError
        If t is beyond the method's horizon.
    TooWide
        If the width could not be reached.

    Notes
    -----
    The Sobolev method with η = G²/R² has the least value of all polynomials of degree t, split `partial`: for R = 1 it
    is 1/K_t(0,0).

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 5.
    """
    question = Question.of(method, t, R, G, split=split)
    digits = whole_number(digits, "digits", 1)
    if digits > _MAX_DIGITS:
        raise InvalidInput(f"digits = {digits} is not allowed; give 1 to {_MAX_DIGITS}")
    if question.t > _MAX_STEPS:
        raise InvalidInput(f"t = {question.t} is not allowed; give at most {_MAX_STEPS}")
    require_interval(method.spectrum, "an average over a density")
    if hasattr(measure, "require_hull"):
        measure.require_hull(method.spectrum)
    elif not hasattr(measure, "atoms"):
        raise InvalidInput(f"measure = {measure!r} is not a measure; give one, such as measures.legendre()")
    if hasattr(measure, "integral"):
        return _estimated(question, measure)
    bits = int(digits * BITS_PER_DIGIT) + 3
    guard = 48 + 6 * max(question.t, 1).bit_length()
    for _ in range(_ATTEMPTS):
        with ball_precision(bits + guard):
            value = _expected(question, measure, bits + guard // 2, digits)
            if value == 0:
                return Enclosure(
                    Fraction(0), Fraction(0), None, "the error polynomials are 0", _note(question, measure)
                )
            low, high = value.lower(), value.upper()
            if high <= low * (1 + arb(2) ** (-bits)):
                return _shown(low, high, question, measure, bits, digits)
        guard *= 2
    raise TooWide(f"the average case of {method!r} at t = {question.t} was not enclosed to {digits} digits")


def _note(question: Question, measure: Any) -> str:
    return f"expected squared Jacobian error at t = {question.t} over {measure}; split {question.split}"


def _shown(low: arb, high: arb, question: Question, measure: Any, bits: int, digits: int) -> Enclosure:
    rule = "moments of the measure times Chebyshev coefficients of the squares, in balls"
    if not hasattr(measure, "chebyshev_moments"):
        rule = "the squares at the atoms, in balls"
        if not hasattr(measure, "nodes"):
            rule = f"measured, not proved: quadrature whose moments have settled to {digits + 3} digits"
            hair = arb(2) ** (-bits - 1)
            low, high = low * (1 - hair), high * (1 + hair)
    return Enclosure(lower_fraction(low), upper_fraction(high), None, rule, _note(question, measure))


def _expected(question: Question, measure: Any, bits: int, digits: int) -> arb:
    """R²∫A²dμ + G²∫B²dμ at the precision in force."""
    A, factors = error_polynomials(question, bits)
    parts = [(ball(s) ** 2, part) for s, part in ((question.R, A), (question.G, factors[0])) if sign(s) != 0]
    spectrum, total = question.method.spectrum, arb(0)
    if hasattr(measure, "chebyshev_moments"):
        squares = [(size, product(part, part)) for size, part in parts]
        moments = measure.chebyshev_moments(max(len(square) for _, square in squares), spectrum)
        for size, square in squares:
            total += size * sum((a * m for a, m in zip(square, moments, strict=False)), arb(0))
        return total
    nodes, weights = measure.atoms(spectrum, max(question.t, 1), digits + 3)
    for node, weight in zip(nodes, weights, strict=True):
        s = ball((exact(node) - spectrum.center) / spectrum.radius)  # exactly ±1 at an end
        for (size, _), value in zip(parts, values_at([part for _, part in parts], s.acos()), strict=True):
            total += ball(exact(weight)) * size * value * value
    return total


def _estimated(question: Question, measure: Any) -> Enclosure:
    """By the estimate's own quadrature rules, in doubles."""
    with ball_precision(128):
        A, factors = error_polynomials(question, 64)
        pairs = [
            (float(exact_size), part) for exact_size, part in ((ball(question.R), A), (ball(question.G), factors[0]))
        ]
        series = [(size, np.array([to_double(v) for v in part])) for size, part in pairs]
        low, high = (to_double(ball(end)) for end in (question.method.spectrum.low, question.method.spectrum.high))

    def squares(nodes: Any) -> Any:
        s = np.clip((2 * nodes - low - high) / (high - low), -1, 1)
        return sum((size * np.polynomial.chebyshev.chebval(s, part)) ** 2 for size, part in series)

    mean, error = measure.integral(squares)
    spread = _STANDARD_ERRORS * error
    rule = f"measured, not proved: stochastic Lanczos quadrature, the mean and {_STANDARD_ERRORS} standard errors"
    ends = Fraction(max(mean - spread, 0.0)), Fraction(mean + spread)
    return Enclosure(*ends, None, rule, _note(question, measure))
