"""`pu.advise`: which estimator, method and number of steps guarantee the least Jacobian error within a budget."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nextafter
from typing import Any

import numpy as np

from polyunroll.advice.answer import Advice
from polyunroll.advice.search import Search, Setting
from polyunroll.arithmetic.exact import exact, public, sign, whole_number
from polyunroll.bounds.enclosure import Enclosure, TooWide
from polyunroll.bounds.question import sizes
from polyunroll.errors import InvalidInput, NotCommuting
from polyunroll.jacobian import check_split
from polyunroll.methods.base import require_interval
from polyunroll.optimal.exchange import ExchangeFailed, LinearProgramFailed
from polyunroll.optimal.minimax import Minimax
from polyunroll.problems.checks import Array
from polyunroll.problems.datasets import load
from polyunroll.problems.prediction import Predictor
from polyunroll.problems.quadratic import Quadratic
from polyunroll.problems.ridge import RidgePenalty, RidgeSampleWeights
from polyunroll.problems.ridge_features import RidgeFeaturePenalties
from polyunroll.spectrum import Spectrum

__all__ = ["advise", "ridge_on"]

_MOST_STEPS = 1_000
"""Proving all candidates takes about 45 s there."""
_MOST_LIMIT_STEPS = 400
"""Of the search for the minimax limit: about 20 s there, growing with the third power."""
_SPECTRUM_DIGITS = 6


def advise(
    problem_or_spectrum: Quadratic | Spectrum,
    budget: int,
    memory: int | None = None,
    R: Any = None,
    G: Any = None,
    split: str | None = None,
    *,
    parameters: int | None = None,
    x0: Array = None,
    digits: int = 6,
) -> Advice:
    """Find the estimator, method and number of steps with the least guaranteed Jacobian error within a budget.

    Candidates are the usual methods of `compare`, and for G = 0 in the split `total` gradient descent with its best
    constant step. Each is unrolled, for the whole budget and for fewer steps where that is better; truncated; and used
    for implicit differentiation, as its own linear solver and as the solver after plain Chebyshev steps, which have
    the least max|P_N| of all. Every bound is proved; the splits of the budget into N + K or N + S steps are searched
    in doubles, over all of them.

    Parameters
    ----------
    problem_or_spectrum : Quadratic or Spectrum
        A problem gives its own R, G and p, and a spectrum that holds its eigenvalues, with short decimal ends. A
        spectrum needs ℓ < L.
    budget : int
        Gradient evaluations, 1 to 1000: the steps of the method, plain ones included; a product of the linear solver
        counts as one. The products of the backward sweep or of the tangents do not count: see `Candidate.products`.
    memory : int, optional
        The most vectors of length n that may be kept for the derivative, ≥ 1, counted as `Candidate.memory` says. No
        checkpoints are made: they cost gradients again.
    R, G : exact numbers ≥ 0, not both 0
        For a spectrum only, 1 and 0 by default: as for `worst_case` with unrolled differentiation. ∂x_0 = 0.
    split : {"total", "partial"}, optional
        For a problem `total` where ∂H commutes with H, else `partial`; for a spectrum `total`.
    parameters : int, optional
        For a spectrum only: p, the number of outer parameters; without it forward mode is left out.
    x0 : array, shape (n,), optional
        For a problem only: the start, 0 by default.
    digits : int
        Of every enclosure.

    Returns
    -------
    Advice

    Raises
    ------
    InvalidInput
        If an argument is none of these.
    NotCommuting
        If the split is `total` and the problem's ∂H does not commute with H.

    Notes
    -----
    In the split `total` G bounds ‖∂_θ∇f(x_0)‖, while the error of truncated and implicit differentiation has
    ∂H(x_0−x*) = ∂_θ∇f(x_0) − H(∂x_0−∂x*). On a problem that is computed; on a spectrum G + L·R bounds it.

    References
    ----------
    The bounds are those of `worst_case`; for problems see `problems.error_bound`.

    Examples
    --------
    >>> from polyunroll import Spectrum, advise
    >>> advice = advise(Spectrum("1/100", 1), 50)
    >>> advice.best.method.label, advice.best.steps, advice.best.at_most
    ('Jacobian kernel chebyshev, c=1', 50, '0.0032739')
    """
    budget = whole_number(budget, "budget", 1)
    if budget > _MOST_STEPS:
        raise InvalidInput(f"budget = {budget} is not allowed; give 1 to {_MOST_STEPS} gradient evaluations")
    memory = None if memory is None else whole_number(memory, "memory", 1)
    digits = whole_number(digits, "digits", 1)
    if isinstance(problem_or_spectrum, Spectrum):
        setting = _on_spectrum(problem_or_spectrum, R, G, split, parameters, x0)
    elif isinstance(problem_or_spectrum, Quadratic):
        for name, value in (("R", R), ("G", G), ("parameters", parameters)):
            if value is not None:
                raise InvalidInput(f"{name} = {value} is for a spectrum; a problem has its own")
        setting = _on_problem(problem_or_spectrum, split, x0)
    else:
        raise InvalidInput(
            f"{_shown(problem_or_spectrum)} is neither a quadratic problem nor a spectrum; give one, such as "
            "Spectrum('1/100', 1)"
        )
    search = Search(setting, budget, memory, digits)
    found = sorted(search.candidates(), key=lambda one: (one.bound.upper, one.memory, one.cost, one.products))
    limit, note = _limit(setting, budget)
    return Advice(
        spectrum=setting.spectrum,
        R=public(setting.R),
        G=public(setting.G),
        G_restarted=public(setting.G_restarted),
        split=setting.split,
        budget=budget,
        memory=memory,
        parameters=setting.parameters,
        candidates=tuple(found),
        limit=limit,
        limit_note=note,
    )


def _shown(value: object) -> str:
    """A value, or what it is where its text says no more than an address."""
    return f"an object of {type(value).__name__}" if type(value).__repr__ is object.__repr__ else repr(value)


def ridge_on(text: str) -> Quadratic:
    """Ridge regression on a standardised data set; penalties are a thousandth of AᵀA/m's largest eigenvalue.

    Parameters
    ----------
    text : str
        A data set, breast_cancer, diabetes or digits; and after a colon what is differentiated in: `weights` (of the
        samples, as in the demonstration; the default), `penalty` (one number) or `penalties` (one for each feature).

    Raises
    ------
    InvalidInput
        If one of the names is unknown.
    ImportError
        If scikit-learn is not installed.
    """
    name, colon, outer = text.partition(":")
    kind = outer if colon else "weights"
    if kind not in ("weights", "penalty", "penalties"):
        raise InvalidInput(f"{kind!r} in {text!r} is unknown; after the colon give weights, penalty or penalties")
    data = load(name)
    penalty = float(data.spectrum[-1]) / 1000
    if kind == "penalties":
        return RidgeFeaturePenalties(data.A, data.y, np.full(data.A.shape[1], penalty))
    return (RidgeSampleWeights if kind == "weights" else RidgePenalty)(data.A, data.y, penalty)


def _on_spectrum(spectrum: Spectrum, R: Any, G: Any, split: str | None, parameters: int | None, x0: Array) -> Setting:
    if x0 is not None:
        raise InvalidInput("x0 is for a problem; for a spectrum give R and G")
    require_interval(spectrum, "advice")
    if spectrum.is_symbolic:
        raise InvalidInput(f"the spectrum {spectrum} has symbols; advice needs numbers")
    p = None if parameters is None else whole_number(parameters, "parameters", 1)
    R, G = sizes(1 if R is None else R, 0 if G is None else G)
    split = "total" if split is None else check_split(split)
    return Setting(spectrum, R, G, G + spectrum.high * R if split == "total" else G, split, p)


def _on_problem(problem: Quadratic, split: str | None, x0: Array) -> Setting:
    if problem.parameters == 0:
        raise InvalidInput("the problem has no outer parameters, so there is no Jacobian to be estimated")
    commutes = problem.commutes
    if split is not None and check_split(split) == "total" and not commutes:
        raise NotCommuting(
            f"∂H does not commute with H here (defect {problem.commutation_defect():.2g}); the split total would give "
            "an invalid bound, so use split='partial'"
        )
    split = split or ("total" if commutes else "partial")
    known = Predictor(problem, np.zeros(problem.dimension) if x0 is None else x0)
    spectrum = Spectrum.of(problem.dense_hessian()).outwards(_SPECTRUM_DIGITS)
    require_interval(spectrum, "advice")
    # one unit up, so that the rounding of the norms does not make a bound too small
    own = (known.R, known.G_total if split == "total" else known.G_partial, known.G_partial)
    R, G, restarted = (exact(Fraction(nextafter(size, inf) if size else 0.0)) for size in own)
    if sign(R) == 0 and sign(G) == 0:
        raise InvalidInput("the start is the solution and its derivative is 0, which leaves nothing to advise on")
    return Setting(spectrum, R, G, restarted, split, problem.parameters)


def _limit(setting: Setting, budget: int) -> tuple[Enclosure | None, str]:
    if budget > _MOST_LIMIT_STEPS:
        return None, f"the minimax limit is searched up to {_MOST_LIMIT_STEPS} steps, so it is left out"
    try:
        return Minimax(setting.spectrum, budget, setting.R, setting.G, setting.split, 6).limit, ""
    except (ExchangeFailed, LinearProgramFailed, TooWide) as failure:
        return None, f"the minimax limit was not found: {failure}"
