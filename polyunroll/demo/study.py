"""What the demonstration computes: every method run, predicted and bounded on two problems."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polyunroll.bounds.sampled import sampled_worst_cases
from polyunroll.interpret.jets import divided_differences
from polyunroll.interpret.vectors import run
from polyunroll.methods.base import Method
from polyunroll.methods.chebyshev import Chebyshev
from polyunroll.methods.gradient_descent import GradientDescent
from polyunroll.methods.heavy_ball import HeavyBall
from polyunroll.methods.nesterov import Nesterov
from polyunroll.methods.sobolev import Sobolev
from polyunroll.problems import Predictor, Quadratic, RidgePenalty, RidgeSampleWeights, load
from polyunroll.report.plots import ErrorCurve
from polyunroll.spectrum import Spectrum

__all__ = ["ENTRIES", "LEVELS", "MOST_STEPS", "Entry", "Study", "compute", "enclosing", "problems"]

MOST_STEPS = 30_000
LEVELS = (1e-3, 1e-6)
"""The errors, relative to the start, whose steps are counted; a tenth of the last one ends a run."""

_EVERY, _PER_DECADE = 300, 60
"""Predictions are evaluated at every t up to the first number, then this often for each factor 10."""

_DIGITS = 10
"""Digits of the spectrum's ends, so that they are the same on every machine."""

VERMILION, ORANGE, BLUE, SKY = "#d55e00", "#e08e00", "#0063a6", "#3fa0d8"


@dataclass(frozen=True)
class Entry:
    """A method of the demonstration; one without a colour is in the table only."""

    label: str
    build: Callable[[Spectrum], Method]
    short: str = ""
    colour: str = ""


ENTRIES = {
    "fast": Entry(
        "Gradient descent, step 2/(L+ℓ)", lambda S: GradientDescent(S, "2/(L+ell)"), "step 2/(L+ℓ)", VERMILION
    ),
    "chebyshev": Entry("Chebyshev", Chebyshev, "Chebyshev", ORANGE),
    "safe": Entry("Gradient descent, step 1/L", GradientDescent, "step 1/L", SKY),
    "sobolev": Entry("Sobolev, η = 1/100", lambda S: Sobolev(S, eta="1/100"), "Sobolev", BLUE),
    "heavy ball": Entry("Heavy ball", HeavyBall),
    "nesterov": Entry("Nesterov", Nesterov),
}


@dataclass(frozen=True, eq=False)
class Study:
    """Every method on one problem.

    Parameters
    ----------
    problem : Quadratic
    spectrum : Spectrum
        Holds the eigenvalues of H.
    curves : dict of str to ErrorCurve
        For each method the error of ∂x_t, relative to ∂x_0 = 0.
    """

    problem: Quadratic
    spectrum: Spectrum
    curves: dict[str, ErrorCurve]

    @property
    def disagreement(self) -> float:
        """The largest |predicted − measured|, relative to the start."""
        return max(curve.disagreement for curve in self.curves.values())


def problems() -> tuple[RidgeSampleWeights, RidgePenalty]:
    """Ridge regression on the breast cancer data, differentiated in the sample weights, and in the penalty.

    Features and labels are standardised, the weights are 1, and the penalty is a thousandth of AᵀA/n's
    largest eigenvalue.
    """
    data = load("breast_cancer")
    theta = float(np.linalg.norm(data.A, 2)) ** 2 / len(data.y) / 1000
    return RidgeSampleWeights(data.A, data.y, theta), RidgePenalty(data.A, data.y, theta)


def enclosing(H: NDArray[np.float64]) -> Spectrum:
    """A spectrum with short decimal ends that holds H's eigenvalues."""
    found = Spectrum.of(H)
    down, up = Context(prec=_DIGITS, rounding=ROUND_FLOOR), Context(prec=_DIGITS, rounding=ROUND_CEILING)
    ell, L = (
        rounded.divide(Decimal(end.numerator), Decimal(end.denominator))
        for rounded, end in ((down, found.ell), (up, found.L))
    )
    return Spectrum(str(ell), str(L))


def compute(
    problem: Quadratic,
    most: int = MOST_STEPS,
    advance: Callable[[str, float], None] = lambda label, done: None,
) -> Study:
    """Run, predict and bound every method on a problem from x_0 = 0, ∂x_0 = 0.

    Parameters
    ----------
    problem : Quadratic
    most : int
        Where a run ends that has not yet reached a tenth of the last of `LEVELS`.
    advance : callable
        Told, now and then, which method is at work and what part of all the work is done.

    Returns
    -------
    Study
        With the bound (split `partial`, the two maxima apart) where ∂H does not commute with H, and V_t (split
        `total`) where it does; both measured by sampling.
    """
    spectrum, start = enclosing(problem.dense_hessian()), np.zeros(problem.dimension)
    predictor = Predictor(problem, start)
    if problem.commutes:
        G, criterion, split = predictor.G_total, "exact", "total"
    else:
        G, criterion, split = predictor.G_partial, "separate", "partial"
    curves = {}
    for place, (name, entry) in enumerate(ENTRIES.items()):

        def report(done: float, place: int = place, label: str = entry.label) -> None:
            advance(label, (place + done) / len(ENTRIES))

        method = entry.build(spectrum)
        errors = _measured(problem, method, start, predictor.R, most, report)
        times = _times(len(errors) - 1)
        differences = divided_differences(method, predictor.eigenvalues)
        predicted = [predictor.error_norm(*differences.at(t)) for t in times.tolist()]
        bound_times, bound = _bounds(method, 2 * (len(errors) - 1), predictor.R, G, criterion, split)
        curves[name] = ErrorCurve(
            entry.label, entry.colour, errors, times, np.array(predicted) / predictor.R, bound_times, bound
        )
        report(1)
    return Study(problem, spectrum, curves)


def _measured(
    problem: Quadratic,
    method: Method,
    start: NDArray[np.float64],
    R: float,
    most: int,
    report: Callable[[float], None],
) -> NDArray[np.float64]:
    """‖∂x_t − ∂x*‖_F / R at t = 0, 1, …, from a run with all its tangents."""
    jacobian, errors, goal = problem.solution_jacobian(), [], LEVELS[-1] / 10

    def look(t: int, x: NDArray[np.float64], dx: NDArray[np.float64]) -> bool:
        error = float(np.linalg.norm(dx - jacobian)) / R
        errors.append(error)
        if t % 64 == 0:
            report(min(max(math.log(error) / math.log(goal), 0), 1) if error > 0 else 1)
        return error <= goal

    run(method, problem, x0=start, steps=most, tangents=True, callback=look)
    return np.array(errors)


def _bounds(
    method: Method, last: int, R: float, G: float, criterion: str, split: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times, and the bound relative to R, until it is as small as a run's end or t = last."""
    times, found = _times(last), []
    for bound in sampled_worst_cases(method, times.tolist(), Fraction(R), Fraction(G), criterion, split):
        found.append(bound.value / R)
        if found[-1] <= LEVELS[-1] / 10:
            break
    return times[: len(found)], np.array(found)


def _times(last: int) -> NDArray[np.int64]:
    """Every t from 0 to `_EVERY`, then about equally spaced in log t, up to the last."""
    far = math.ceil(max(math.log10(max(last, 1) / _EVERY), 0) * _PER_DECADE)
    spread = _EVERY * 10 ** (np.arange(far + 1) / _PER_DECADE)
    times = np.union1d(np.arange(min(_EVERY, last) + 1), [last])
    return np.union1d(times, np.minimum(spread.astype(np.int64), last))
