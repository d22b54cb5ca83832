"""Worst-case quantities by dense sampling: measured, from below, and not a proof.

Three quantities of theory, given ‖∂x_0−∂x*‖ ≤ R and G (‖∂_θ∇f(x_0)‖ for the split `total`, ‖∂H‖‖x_0−x*‖ for
`partial`), with the pair (A, B) = (E, D) or (P, P'):

- exact worst case V: V² = min over s in (0,1) of max over λ of A²R²/s + B²G²/(1−s), attained on two-point spectra;
- pointwise W = max over λ of |A|R + |B|G, no bound in general;
- separate max|A|R + max|B|G ≥ V ≥ W.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyunroll.arithmetic.exact import to_float, whole_number
from polyunroll.bounds.question import sizes
from polyunroll.errors import InvalidInput
from polyunroll.interpret.double_jets import DoubleJets
from polyunroll.jacobian import check_split
from polyunroll.methods.base import Method

__all__ = ["CRITERIA", "Sampled", "sampled_worst_case", "sampled_worst_cases"]

CRITERIA = ("exact", "pointwise", "separate")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sampled:
    """A worst-case quantity measured on sample points: a lower estimate, not an enclosure.

    Attributes
    ----------
    value : float
        May underflow to 0 or overflow to inf; `log10` does not.
    log10 : float
    at : float or None
        The λ where it was found; None where two points take part.
    t : int
    R, G : exact numbers
    criterion, split : str
    points : int
        How many sample points, both ends of the spectrum included.
    label : str
        Always "measured".
    """

    value: float
    log10: float
    at: float | None
    t: int
    R: Any
    G: Any
    criterion: str
    split: str
    points: int
    label: str = "measured"

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return f"{_scientific(self.log10)} (measured on {self.points} points)"


def _scientific(log10: float) -> str:
    """Six digits of 10**log10, also where the number underflows a double."""
    if not np.isfinite(log10):
        return "0"
    power = int(np.floor(log10))
    if -5 <= power <= 5:
        return f"{10.0**log10:.6g}"
    mantissa = f"{10.0 ** (log10 - power):.5f}"
    return f"1.00000e{power + 1:+d}" if mantissa == "10.00000" else f"{mantissa}e{power:+d}"


def _exact_worst_case(a: Array, b: Array) -> tuple[float, int | None]:
    """The min over s of max over i of a_i²/s + b_i²/(1−s), and the one sample that gives it, if one does.

    The function is convex in s; its minimum is at an end when one vector dominates, and golden sections find it
    otherwise. Any s gives an upper bound on the sampled value, so the rounding of s does no harm.
    """
    i, j = int(np.argmax(a)), int(np.argmax(b))
    if b[j] == 0.0:
        return float(a[i]), i
    if a[i] == 0.0:
        return float(b[j]), j
    a2, b2 = a * a, b * b

    def worst(s: float) -> float:
        return float(np.max(a2 / s + b2 / (1.0 - s)))

    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    low, high = 0.0, 1.0
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    f_left, f_right = worst(left), worst(right)
    for _ in range(72):
        if f_left <= f_right:
            high, right, f_right = right, left, f_left
            left = high - ratio * (high - low)
            f_left = worst(left)
        else:
            low, left, f_left = left, right, f_right
            right = low + ratio * (high - low)
            f_right = worst(right)
    # never below what one point alone attains: |a|+|b| squared is its own minimum over s
    alone = a + b
    k = int(np.argmax(alone))
    value = float(np.sqrt(min(f_left, f_right)))
    return (float(alone[k]), k) if value <= alone[k] * (1.0 + 1e-12) else (value, None)


def _measure(a: Array, b: Array, criterion: str) -> tuple[float, int | None]:
    if criterion == "exact":
        return _exact_worst_case(a, b)
    if criterion == "separate":
        return float(a.max() + b.max()), None
    k = int(np.argmax(a + b))
    return float(a[k] + b[k]), k


def sampled_worst_cases(
    method: Method,
    steps: Sequence[int],
    R: Any = 1,
    G: Any = 0,
    criterion: str = "exact",
    split: str = "total",
    points: int = 2001,
) -> Iterator[Sampled]:
    """`sampled_worst_case` for increasing t, in one pass over the steps.

    Raises
    ------
    InvalidInput, HorizonError
        As `sampled_worst_case`; also if the steps do not increase.
    """
    if criterion not in CRITERIA:
        raise InvalidInput(f"criterion = {criterion!r} is not known; give {', '.join(CRITERIA)}")
    check_split(split)
    r, g = map(to_float, sizes(R, G))
    if method.is_symbolic:
        raise InvalidInput(f"{method!r} has symbols; a bound needs numbers")
    count = whole_number(points, "points", 2)
    wanted = [whole_number(t, "t") for t in steps]
    if any(b < a for a, b in pairwise(wanted)):
        raise InvalidInput(f"steps = {wanted[:5]}… must not decrease")
    if wanted:
        method.require_steps(wanted[-1])
    return _sampled(method, wanted, (r, g), (R, G), criterion, split, count)


def _sampled(
    method: Method,
    wanted: list[int],
    sizes: tuple[float, float],
    given: tuple[Any, Any],
    criterion: str,
    split: str,
    count: int,
) -> Iterator[Sampled]:
    x = np.array([to_float(point) for point in method.spectrum.points(count)])
    runner = DoubleJets(method, np.stack([x, x]))
    for t in wanted:
        runner.advance(t)
        (P, D), exponents = runner.columns()
        a, b = np.abs(P - x * D if split == "total" else P) * sizes[0], np.abs(D) * sizes[1]
        size, power = np.frexp(np.maximum(a, b))
        exponents = np.where(size > 0, exponents + power, -(2**40))
        top = int(exponents.max())
        with np.errstate(under="ignore", over="ignore"):
            shift = np.maximum(exponents - power - top, -4000)
            value, k = _measure(np.ldexp(a, shift), np.ldexp(b, shift), criterion)
            total = float(np.ldexp(value, top))
        log10 = float(np.log10(value) + top * np.log10(2.0)) if value > 0 else float("-inf")
        at = None if k is None else float(x[k])
        yield Sampled(total, log10, at, t, *given, criterion, split, count)


def sampled_worst_case(
    method: Method,
    t: int,
    R: Any = 1,
    G: Any = 0,
    criterion: str = "exact",
    split: str = "total",
    points: int = 2001,
) -> Sampled:
    """The worst Jacobian error after t steps, measured on sample points of the spectrum.

    Parameters
    ----------
    method : Method
    t : int
        Number of gradient evaluations, ≥ 0.
    R, G : exact numbers ≥ 0, not both 0
        Sizes of ∂x_0 − ∂x* and of ∂_θ∇f(x_0) (split `total`) or ‖∂H‖‖x_0 − x*‖ (split `partial`).
    criterion : {"exact", "pointwise", "separate"}
        V_t, W_t, or the sum of the two maxima.
    split : {"total", "partial"}
        (E, D), which bounds the error only where ∂H commutes with H, or (P, P'), which always does.
    points : int
        Sample points, Chebyshev-spaced with both ends.

    Returns
    -------
    Sampled
        A lower estimate labelled "measured"; sampling proves nothing from above.

    Raises
    ------
    InvalidInput
        If an argument is none of these.
    HorizonError
        If t is beyond the method's horizon.
    """
    return next(sampled_worst_cases(method, [t], R, G, criterion, split, points))
