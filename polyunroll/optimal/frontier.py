"""The step-size frontier of gradient descent: what a constant step h in (0, 2/L) costs in burn-in, peak and rate.

With x = hλ, |E_t| = |1−x|^(t−1)(1+(t−1)x) and |D_t| = ht|1−x|^(t−1) are largest at λ = ℓ or L, for every h. In h

- |E_t| falls for x < 1 and rises for x > 1 (its derivative has the sign of x − 1, t ≥ 2);
- |D_t| rises for x < 1/t, falls for 1/t < x < 1, and rises for x > 1;

so that over an interval of steps each is least at an end of it, or 0 at x = 1. That bounds the exact worst case V_t
from below over whole intervals, by two-point problems, and bisection of the interval with the least bound ends at the
best step: no constant step does better than what is said, not just none of those that were tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Any, NamedTuple

from flint import arb, fmpq, fmpq_poly

from polyunroll.arithmetic.balls import BITS_PER_DIGIT, ball, ball_precision, midpoint
from polyunroll.arithmetic.exact import exact, in_order, public, sign, whole_number
from polyunroll.bounds.burn_in import BurnIn, burn_in
from polyunroll.bounds.enclosure import Enclosure, TooWide, lower_fraction
from polyunroll.bounds.mixture import Point, best_for, two_point_bound
from polyunroll.bounds.question import sizes
from polyunroll.bounds.rate import Rate, rate
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import require_spectrum, step_size
from polyunroll.methods.gradient_descent import GradientDescent
from polyunroll.spectrum import Spectrum

__all__ = ["BestStep", "FrontierPoint", "best_step", "step_frontier"]

_MAX_DIGITS = {True: 200, False: 8}
"""Where the best step is the root of an equation (G = 0), and where it is found by bisection of steps."""
_FIRST_INTERVALS = 64
_MOST_INTERVALS = 400_000
_WEIGHTS = (fmpq(1, 8), fmpq(1, 2), fmpq(7, 8))


@dataclass(frozen=True)
class BestStep:
    """The constant step of gradient descent with the least worst case after t steps.

    Attributes
    ----------
    method : GradientDescent
        With that step, a rational number.
    t : int
    worst_case : Enclosure
        Its exact worst case V_t (split `total`).
    limit : Fraction
        A proved lower bound: no constant step in (0, 2/L) has a smaller V_t.
    interval : tuple of Fraction
        Steps outside do worse, proved; for G = 0 the best step is the only root of `equation` in it.
    solves_equation : bool
        Whether the best step is the root of `equation` (G = 0).
    """

    method: GradientDescent
    t: int
    worst_case: Enclosure
    limit: Fraction
    interval: tuple[Fraction, Fraction]
    solves_equation: bool

    @property
    def step(self) -> Fraction:
        """The step size h."""
        found: Fraction = self.method.parameters["h"]
        return found

    @property
    def equation(self) -> Any:
        """A sympy.Poly in h with the best step among its roots, those at 0 left out.

        Raises
        ------
        InvalidInput
            If G > 0, or ℓ or L is irrational.
        """
        ends = (self.method.spectrum.low, self.method.spectrum.high)
        if not (self.solves_equation and all(isinstance(end, fmpq) for end in ends)):
            raise InvalidInput("the best step's equation is known for G = 0 and rational ends of the spectrum only")
        return _equation(*ends, self.t)

    @property
    def gap(self) -> Fraction:
        """How far, relatively, the step may be from the best one in its worst case."""
        return (self.worst_case.upper - self.limit) / self.worst_case.upper

    def __str__(self) -> str:
        return f"h = {float(self.step):.10g}: {self.worst_case}, at most {float(self.gap):.1e} above the best step's"


def best_step(spectrum: Spectrum, t: int, R: Any = 1, G: Any = 0, digits: int = 6) -> BestStep:
    """The constant step of gradient descent with the least exact worst case V_t, with a proof.

    Parameters
    ----------
    spectrum : Spectrum
        With ℓ < L.
    t : int
        The horizon, ≥ 2 (E_1 = 1 for every step).
    R, G : exact numbers, R > 0, G ≥ 0
        As for `worst_case`.
    digits : int
        The gap is at most 10^−digits: 1 to 200 for G = 0, 1 to 8 otherwise.

    Returns
    -------
    BestStep

    Raises
    ------
    InvalidInput
        If an argument is not allowed, or no step brings V_t below R, its limit for h → 0.
    TooWide
        If the gap is not reached.

    Notes
    -----
    For G = 0 the best step solves (1−ℓh)^(t−1)(1+(t−1)ℓh) = (Lh−1)^(t−1)(1+(t−1)Lh) on (1/L, 2/(L+ℓ)): the left side
    is max|E_t| as long as ℓ is the worst eigenvalue and falls, the right side rises.
    """
    require_spectrum(spectrum)
    t = whole_number(t, "t", 2)
    R, G = sizes(R, G)
    digits = whole_number(digits, "digits", 1)
    if sign(R) == 0:
        raise InvalidInput("R = 0: the worst case vanishes with the step size, so no step is best; give R > 0")
    most = _MAX_DIGITS[sign(G) == 0]
    if digits > most:
        raise InvalidInput(f"digits = {digits} is not allowed; give 1 to {most} for G = {public(G)}")
    if spectrum.is_symbolic or sign(spectrum.radius) == 0:
        raise InvalidInput(f"the spectrum {spectrum} is no interval of numbers; the best step needs ell < L")
    with ball_precision(64 + 2 * int(digits * BITS_PER_DIGIT) + 2 * t.bit_length()):
        ends = _Ends(spectrum, t, R, G)
        low, high, step, limit = _crossing(ends, digits) if sign(G) == 0 else _bisected(ends, digits)
    method = GradientDescent(spectrum, step)
    worst = worst_case(method, t, public(R), public(G), digits + 3)
    found = BestStep(method, t, worst, limit, (public(low), public(high)), sign(G) == 0)
    if found.gap * 10**digits > 1:
        raise TooWide(f"the best step for t = {t} was not found to {digits} digits")
    return found


class _Ends:
    """R|E_t| and G|D_t| at the two ends, for steps in balls and over intervals."""

    def __init__(self, spectrum: Spectrum, t: int, R: Any, G: Any) -> None:
        self.t = t
        self.ends = (ball(spectrum.low), ball(spectrum.high))
        self.R, self.G = ball(R), ball(G)
        self.most = midpoint(2 / self.ends[1])

    def sizes(self, h: arb, end: arb) -> tuple[arb, arb]:
        x = h * end
        power = abs(1 - x) ** (self.t - 1)
        return self.R * power * (1 + (self.t - 1) * x), self.G * power * self.t * h

    def worst(self, h: fmpq) -> arb:
        """An upper bound on V_t for this step."""
        points = [Point(a * a, b * b, end) for end in self.ends for a, b in [self.sizes(arb(h), end)]]
        s = best_for(points, 128)
        tops = [point.at(s) for point in points]
        return tops[0].max(tops[1]).sqrt().upper()

    def least(self, low: fmpq, high: fmpq) -> arb:
        """A lower bound on V_t for all steps in the interval."""
        points = []
        for end in self.ends:
            if not (arb(low) * end > 1 or arb(high) * end < 1):
                points.append(Point(arb(0), arb(0), end))
                continue
            a, b = zip(self.sizes(arb(low), end), self.sizes(arb(high), end), strict=True)
            least, small = (pair[0].min(pair[1]).lower().max(0) for pair in (a, b))
            points.append(Point(least * least, small * small, end))
        best = two_point_bound(points, best_for(points, 64))[0] if all(point.x > 0 for point in points) else arb(0)
        one, other = points
        for p in (fmpq(0), *_WEIGHTS, fmpq(1)):
            x, y = (1 - p) * one.x + p * other.x, (1 - p) * one.y + p * other.y
            best = best.max((x.sqrt() + y.sqrt()).lower())
        return best.lower()


class _Interval(NamedTuple):
    """Steps [low, high], ordered by the lower bound on their worst cases."""

    key: float
    low: fmpq
    high: fmpq
    least: arb

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        return bool(self.key < other[0])


def _bisected(ends: _Ends, digits: int) -> tuple[fmpq, fmpq, fmpq, Fraction]:
    """(low, high, step, limit): the best step is in [low, high]; by bisection of the interval with the least bound."""

    def interval(low: fmpq, high: fmpq) -> _Interval:
        least = ends.least(low, high)
        return _Interval(float(least), low, high, least)

    edges = [ends.most * k / _FIRST_INTERVALS for k in range(_FIRST_INTERVALS + 1)]
    pending = [interval(a, b) for a, b in pairwise(edges)]
    heapify(pending)
    best, step = arb("inf"), edges[1]
    allowed = 1 - arb(10) ** -(digits + 1)
    for _ in range(_MOST_INTERVALS):
        part = pending[0]
        if part.least >= best * allowed:
            if best >= ends.R * allowed:
                raise InvalidInput(
                    f"no constant step brings the worst case after t = {ends.t} steps below its start; "
                    "it falls to R as the step goes to 0, so no step is best"
                )
            left = [one for one in pending if not one.least > best]
            low, high = min(one.low for one in left), max(one.high for one in left)
            return low, high, step, lower_fraction(part.least)
        heappop(pending)
        middle = (part.low + part.high) / 2
        value = ends.worst(middle)
        if value < best:
            best, step = value, middle
        heappush(pending, interval(part.low, middle))
        heappush(pending, interval(middle, part.high))
    raise TooWide(f"the best step for t = {ends.t} was not found to {digits} digits; give fewer digits")


def _crossing(ends: _Ends, digits: int) -> tuple[fmpq, fmpq, Fraction, Fraction]:
    """(low, high, step, limit): where R|E_t| at ℓ, which falls, meets R|E_t| at L, which rises."""
    low, high = midpoint(1 / ends.ends[1]), midpoint(2 / (ends.ends[0] + ends.ends[1]))
    for _ in range(64 + 2 * int(digits * BITS_PER_DIGIT) + 2 * ends.t.bit_length()):
        middle = (low + high) / 2
        left, right = (ends.sizes(arb(middle), end)[0] for end in ends.ends)
        if left > right:
            low = middle
        elif left < right:
            high = middle
        else:
            break
    # below `high` |E_t| at ℓ is at least its value there, above `low` |E_t| at L is, if that lies beyond 1/L
    at_ell, at_top = ends.sizes(arb(high), ends.ends[0])[0], ends.sizes(arb(low), ends.ends[1])[0]
    return low, high, _simplest(low, high), lower_fraction(at_ell.min(at_top))


def _simplest(low: fmpq, high: fmpq) -> Fraction:
    """The fraction with the least denominator in [low, high], low > 0 (Stern–Brocot)."""
    whole = low.floor()
    if low == whole:
        return Fraction(int(whole))
    if whole < high.floor():
        return Fraction(int(whole) + 1)
    return int(whole) + 1 / _simplest(1 / (high - whole), 1 / (low - whole)) if high > whole else Fraction(int(whole))


def _equation(ell: fmpq, high: fmpq, t: int) -> Any:
    """max|E_t| at ℓ and at L as polynomials in h, subtracted."""
    from polyunroll.arithmetic.symbols import to_poly

    left, right = (
        fmpq_poly([1, -end]) ** (t - 1) * fmpq_poly([1, (t - 1) * end]) * sign_of
        for end, sign_of in ((ell, 1), (high, (-1) ** (t - 1)))
    )
    difference = (left - right).coeffs()
    while difference[0] == 0:  # h = 0 solves it too
        difference = difference[1:]
    return to_poly(fmpq_poly(difference), "h")


@dataclass(frozen=True)
class FrontierPoint:
    """What one constant step costs.

    Attributes
    ----------
    method : GradientDescent
    burn_in : BurnIn
        Its length and peak, proved.
    rate : Rate
        The asymptotic rate, exactly.
    is_efficient : bool
        Whether no other step on the list is at least as good in length, peak and rate, and better in one (the Pareto
        set).
    """

    method: GradientDescent
    burn_in: BurnIn
    rate: Rate
    is_efficient: bool

    @property
    def step(self) -> Any:
        """The step size h."""
        return self.method.parameters["h"]

    def __str__(self) -> str:
        best = "; efficient" if self.is_efficient else ""
        return f"{self.method.label}: {self.burn_in}; in the end V_t ~ {self.rate}{best}"


def step_frontier(
    spectrum: Spectrum, steps: Iterable[Any] | None = None, R: Any = 1, G: Any = 0, digits: int = 6
) -> list[FrontierPoint]:
    """Burn-in, peak and asymptotic rate of gradient descent for several constant steps, all proved.

    Parameters
    ----------
    spectrum : Spectrum
    steps : iterable of exact numbers or texts in L, ell, kappa and sqrt, optional
        In (0, 2/L). By default 1/L, 7/5 of it (the largest round step without burn-in in the R-term: h ≤ √2/L), 2/(L+ℓ)
        and steps between and around them.
    R, G : exact numbers, R > 0, G ≥ 0
    digits : int
        Of the peaks.

    Returns
    -------
    list of FrontierPoint
        In the order of increasing steps.

    Raises
    ------
    InvalidInput
        If a step is not in (0, 2/L), or a burn-in cannot be had (see `burn_in`).
    """
    require_spectrum(spectrum)
    given = _usual_steps() if steps is None else steps
    methods = {}
    for number, value in enumerate(given):
        h = step_size(value, spectrum, f"steps[{number}]")
        if sign(h * spectrum.high - 2) >= 0:
            raise InvalidInput(f"steps[{number}] = {value} is not allowed; a constant step must be < 2/L")
        methods[h] = GradientDescent(spectrum, value if isinstance(value, str) else public(h))
    if not methods:
        raise InvalidInput("steps = [] is not allowed; give at least one step size")
    found = [
        (method, burn_in(method, R, G, digits=digits), rate(method))
        for _, method in sorted(methods.items(), key=lambda pair: in_order(pair[0]))
    ]
    return [FrontierPoint(*one, not any(_dominates(other[1:], one[1:]) for other in found)) for one in found]


def _usual_steps() -> list[str]:
    return ["1/(2*L)", "3/(4*L)", "1/L", "5/(4*L)", "7/(5*L)", "3/(2*L)", "7/(4*L)", "2/(L+ell)"]


def _dominates(one: tuple[BurnIn, Rate], other: tuple[BurnIn, Rate]) -> bool:
    """Whether the first is nowhere worse, and somewhere better; peaks count as different only where that is proved."""
    lengths = one[0].length - other[0].length
    rates = sign(exact(one[1].rate) - exact(other[1].rate))
    a, b = one[0].peak, other[0].peak
    peaks = -1 if a.upper < b.lower else 1 if a.lower > b.upper else 0
    return max(lengths, rates, peaks) <= 0 and min(lengths, rates, peaks) < 0
