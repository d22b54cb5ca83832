"""The best parameters of a family of methods: found by search, with a proved worst case and proved regret."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from polyunroll.arithmetic.exact import exact, whole_number
from polyunroll.bounds.average import average_case
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.question import sizes
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method, require_interval
from polyunroll.methods.free import Range
from polyunroll.optimal.minimax import Minimax, quotient
from polyunroll.spectrum import Spectrum

__all__ = ["Trial", "Tuned", "tune"]

_SEARCH_DIGITS = 4
_EVALUATIONS = 80  # of each descent
_STARTS = 12
_SEED = 0  # of the points that the search starts from: the same answer every time


@dataclass(frozen=True)
class Trial:
    """One set of parameters that was tried, and what is to be made small."""

    parameters: Mapping[str, Fraction]
    value: float


@dataclass(frozen=True)
class Tuned:
    """The best method found.

    Attributes
    ----------
    method : Method
    parameters : dict of name to Fraction
        What was chosen.
    steps : tuple of int
    value : tuple of Enclosure
        At each of `steps`: the proved worst case V_t, or the average case.
    limit : tuple of Enclosure or None
        The least worst case of any method with fixed coefficients there; None for the average case.
    trials : tuple of Trial
        All that was tried, in order.
    """

    method: Method
    parameters: Mapping[str, Fraction]
    steps: tuple[int, ...]
    value: tuple[Enclosure, ...]
    limit: tuple[Enclosure, ...] | None
    trials: tuple[Trial, ...]

    def multiple_at(self, step: int) -> Enclosure | None:
        """The value at steps[step] as a multiple of the limit; None where there is none."""
        return None if self.limit is None else quotient(self.value[step], self.limit[step])

    @property
    def multiple(self) -> Enclosure | None:
        """The largest multiple of the limit over the steps, proved: no parameters of any family can gain more."""
        known = [ratio for ratio in map(self.multiple_at, range(len(self.steps))) if ratio is not None]
        return max(known, key=lambda ratio: ratio.upper) if known else None

    def __str__(self) -> str:
        chosen = ", ".join(f"{name} = {value}" for name, value in self.parameters.items())
        said = f"{self.method.label} ({chosen}): {self.value[-1]} at t = {self.steps[-1]}"
        ratio = self.multiple
        return said if ratio is None else f"{said}, at most {float(ratio.upper):.4g} times the least possible"


def tune(
    family: type[Method],
    spectrum: Spectrum,
    t: int | Iterable[int],
    R: Any = 1,
    G: Any = 0,
    split: str = "total",
    measure: Any = None,
    digits: int = 6,
    **fixed: Any,
) -> Tuned:
    """The parameters with the least proved worst case at a horizon, or the least regret over several.

    Parameters
    ----------
    family : type of Method
        One with free parameters, such as `Sobolev` (alpha, beta, eta), `JacobianKernel` (alpha, beta, c), `Jacobi`
        (alpha, beta) or `GradientDescent` (step, in units of 1/L).
    spectrum : Spectrum
        With ℓ < L.
    t : int or iterable of int
        The horizon; with several, the largest multiple of the minimax limit over them is made small.
    R, G, split
        As for `worst_case`.
    measure : a measure of polyunroll.measures, optional
        Minimise the average case over this density instead of the worst case; one horizon only.
    digits : int
        Of the answer's enclosures.
    **fixed
        Parameters that are given, not searched.

    Returns
    -------
    Tuned
        With all trials. The search (Nelder–Mead from several points) proves nothing; the answer's values and the limit
        do, and `multiple` says how far from the best method at all it is.

    Raises
    ------
    InvalidInput
        If the family has no free parameters, or an argument is not allowed.
    """
    require_interval(spectrum, "tuning")
    if not _is_family(family):
        raise InvalidInput(f"family = {family!r} is not a family of methods; give one, such as polyunroll.Sobolev")
    if family.free is None:
        raise InvalidInput(f"{family.__name__} has no parameters to tune")
    R, G = sizes(R, G)
    steps = (
        tuple(sorted({whole_number(k, "t", 1) for k in t})) if isinstance(t, Iterable) else (whole_number(t, "t", 1),)
    )
    if not steps or (measure is not None and len(steps) > 1):
        raise InvalidInput(f"t = {list(steps)} is not allowed; give one horizon, or several for the worst case")
    ranges = {one.name: one for one in family.free.ranges}
    if unknown := set(fixed) - set(ranges):
        raise InvalidInput(f"{family.__name__} has no parameter {sorted(unknown)[0]}; it has {', '.join(ranges)}")
    given = {name: exact(value, name) for name, value in fixed.items()}
    searched = [one for name, one in ranges.items() if name not in given]
    if not searched:
        raise InvalidInput("all parameters are given; leave at least one to be tuned")
    limit = None if measure else tuple(Minimax(spectrum, k, R, G, split, digits).limit for k in steps)

    def value(method: Method, wanted: int) -> tuple[Enclosure, ...]:
        if measure is not None:
            return (average_case(method, steps[0], measure, R, G, wanted, split),)
        return tuple(worst_case(method, steps, R, G, wanted, split=split))

    def objective(method: Method) -> float:
        found = value(method, _SEARCH_DIGITS)
        if limit is None or len(steps) == 1:
            return _log(found[0].upper)
        return max(_log(v.upper) - _log(m.upper) for v, m in zip(found, limit, strict=True) if m.upper)

    search = _Search(family.free.build, spectrum, given, searched, objective)
    parameters = search.best()
    method = family.free.build(spectrum, parameters)
    shown = {name: Fraction(int(v.p), int(v.q)) if hasattr(v, "p") else v for name, v in parameters.items()}
    return Tuned(method, shown, steps, value(method, digits), limit, tuple(search.trials))


def _is_family(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Method)


def _log(value: Fraction) -> float:
    """The natural logarithm, also of fractions beyond the range of doubles."""
    return log(value.numerator) - log(value.denominator) if value else -1e300


class _Search:
    """Nelder–Mead in the unit cube, on parameters that are rounded to short rationals first."""

    def __init__(
        self,
        build: Callable[[Spectrum, Mapping[str, Any]], Method],
        spectrum: Spectrum,
        given: Mapping[str, Any],
        searched: list[Range],
        objective: Callable[[Method], float],
    ) -> None:
        self._build, self._spectrum, self._given = build, spectrum, given
        self._searched, self._objective = searched, objective
        self._known: dict[tuple[Any, ...], float] = {}
        self.trials: list[Trial] = []

    def parameters(self, place: NDArray[np.float64]) -> dict[str, Any]:
        """The rational parameters nearest to a place in the cube."""
        found = {one.name: one.at(float(x)) for one, x in zip(self._searched, np.clip(place, 0, 1), strict=True)}
        return {**self._given, **found}

    def value(self, place: NDArray[np.float64]) -> float:
        """The objective; outside the cube it rises with the distance, so that the simplex comes back."""
        parameters = self.parameters(place)
        key = tuple(parameters[one.name] for one in self._searched)
        if key not in self._known:
            self._known[key] = self._objective(self._build(self._spectrum, parameters))
            shown = {one.name: Fraction(str(parameters[one.name])) for one in self._searched}
            self.trials.append(Trial(shown, self._known[key]))
        return self._known[key] + float(np.sum(np.abs(place - np.clip(place, 0, 1))))

    def best(self) -> dict[str, Any]:
        """The best parameters: a few places spread over the cube, then a descent from the two best."""
        spread = np.random.default_rng(_SEED).random((_STARTS, len(self._searched)))
        places = sorted([np.array([one.start for one in self._searched]), *spread], key=self.value)
        for place in places[:2]:
            options = {"maxfev": _EVALUATIONS, "xatol": 1e-3, "fatol": 1e-5}
            minimize(self.value, place, method="Nelder-Mead", options=options)
        chosen = min(self._known, key=lambda key: self._known[key])
        return {**self._given, **dict(zip((one.name for one in self._searched), chosen, strict=True))}
