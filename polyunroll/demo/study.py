"""What the demonstration computes: every method run, predicted and bounded on two problems."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from polyunroll.bounds.sampled import sampled_worst_cases
from polyunroll.interpret.jets import DividedDifferences
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

__all__ = ["ENTRIES", "LEVELS", "MOST_STEPS", "Entry", "Study", "compute", "measure", "problems"]

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
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # scikit-learn needs it

    with threadpool_limits(limits=1):  # the matrices are small: threads would cost more than they give
        spectrum, curves = Spectrum.of(problem.dense_hessian()).outwards(_DIGITS), {}
        predictor = Predictor(problem, np.zeros(problem.dimension))
        for place, (name, entry) in enumerate(ENTRIES.items()):

            def report(done: float, place: int = place, label: str = entry.label) -> None:
                advance(label, (place + done) / len(ENTRIES))

            curves[name] = _curve(problem, entry, entry.build(spectrum), predictor, most, report)
            report(1)
    return Study(problem, spectrum, curves)


def _curve(
    problem: Quadratic,
    entry: Entry,
    method: Method,
    predictor: Predictor,
    most: int,
    report: Callable[[float], None],
) -> ErrorCurve:
    """One method run, predicted and bounded."""
    errors = measure(problem, method, most, report)
    times = _times(len(errors) - 1)
    differences = DividedDifferences(method, predictor.eigenvalues)
    predicted = np.array([predictor.error_norm(*differences.at(t)) for t in times.tolist()]) / predictor.R
    bound_times = _times(2 * (len(errors) - 1))
    bound = _bounds(problem, method, predictor, bound_times)
    return ErrorCurve(entry.label, entry.colour, errors, times, predicted, bound_times[: len(bound)], bound)


def measure(
    problem: Quadratic,
    method: Method,
    most: int = MOST_STEPS,
    report: Callable[[float], None] = lambda done: None,
) -> NDArray[np.float64]:
    """‖∂x_t − ∂x*‖_F / ‖∂x*‖_F at t = 0, 1, …, from a run with all its tangents from x_0 = 0, ∂x_0 = 0."""
    jacobian, goal = problem.solution_jacobian(), LEVELS[-1] / 10
    size = float(np.linalg.norm(jacobian))
    errors: list[float] = []

    def look(t: int, x: NDArray[np.float64], dx: NDArray[np.float64]) -> bool:
        errors.append(float(np.linalg.norm(dx - jacobian)) / size)
        if t % 64 == 0:
            report(max(math.log(max(errors[-1], goal)) / math.log(goal), 0.0))
        return errors[-1] <= goal

    run(method, problem, x0=np.zeros(problem.dimension), steps=most, tangents=True, callback=look)
    return np.array(errors)


def _bounds(problem: Quadratic, method: Method, predictor: Predictor, times: NDArray[np.int64]) -> NDArray[np.float64]:
    """The bound relative to its start at the first of these times, until it is as small as a run's end."""
    if problem.commutes:
        G, criterion, split = predictor.G_total, "exact", "total"
    else:
        G, criterion, split = predictor.G_partial, "separate", "partial"
    found = []
    for bound in sampled_worst_cases(method, times.tolist(), Fraction(predictor.R), Fraction(G), criterion, split):
        found.append(bound.value / predictor.R)
        if found[-1] <= LEVELS[-1] / 10:
            break
    return np.array(found)


def _times(last: int) -> NDArray[np.int64]:
    """Every t from 0 to `_EVERY`, then about equally spaced in log t, up to the last."""
    far = math.ceil(max(math.log10(max(last, 1) / _EVERY), 0) * _PER_DECADE)
    spread = _EVERY * 10 ** (np.arange(far + 1) / _PER_DECADE)
    times = np.union1d(np.arange(min(_EVERY, last) + 1), [last])
    return np.union1d(times, np.minimum(spread.astype(np.int64), last))
