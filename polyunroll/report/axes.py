"""What the pictures in the user's own axes share: checks, the axes themselves, titles, colours and sizes."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyunroll.bounds.enclosure import Enclosure
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.spectrum import Spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "axes_of",
    "in_units",
    "ink",
    "name_rings",
    "on_log_axis",
    "on_one_spectrum",
    "require_axes",
    "ring_areas",
    "title",
]

_SMALLEST, _LARGEST = Fraction(1, 10**290), 10**290
"""What a logarithmic axis can show."""
_SMALL_RING, _LARGE_RING = 25.0, 300.0


def require_axes(ax: Any) -> None:
    """Refuse to go on without matplotlib, or with what is no axes: to be called before the work starts.

    Raises
    ------
    ImportError, InvalidInput
    """
    try:
        from matplotlib.axes import Axes
    except ImportError:
        raise ImportError('polyunroll.plot needs matplotlib; install it with pip install "polyunroll[demo]"') from None
    if ax is not None and not isinstance(ax, Axes):
        raise InvalidInput(f"ax = {ax!r} is not allowed; give one matplotlib Axes, or None for new ones")


def axes_of(ax: Axes | None) -> Axes:
    """The axes given, or new ones in a figure of pyplot's: to be called when all numbers are there."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    made: Axes = pyplot.subplots()[1]
    return made


def ink(axes: Axes) -> Any:
    """The colour that the axes are labelled in, which shows on the user's ground whatever that is."""
    return axes.xaxis.label.get_color()


def title(about: str, spectrum: Spectrum) -> str:
    """What is said above a picture; the condition number is never a mere κ."""
    number = f"condition number L/ℓ = {float(spectrum.condition_number):g}"
    return f"{about}, {number}" if about else number


def in_units(power: int) -> str:
    """What a label says of values divided by 10^power."""
    return f", in units of $10^{{{power}}}$" if power else ""


def on_log_axis(value: Enclosure, power: int = 0) -> float:
    """The middle of an enclosure, divided by 10^power; nan where a logarithmic axis cannot show it."""
    middle = (value.lower + value.upper) / 2 / Fraction(10) ** power
    return float(middle) if _SMALLEST < middle < _LARGEST else float("nan")


def ring_areas(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Areas of rings in points², growing with the logarithm from the least value to the largest."""
    low, high = np.log(values.min()), np.log(values.max())
    share = (np.log(values) - low) / (high - low) if high > low else np.zeros(len(values))
    return np.asarray(_SMALL_RING + (_LARGE_RING - _SMALL_RING) * share)


def name_rings(axes: Axes, values: NDArray[np.float64], name: str) -> None:
    """Rings for the legend: of the least value, the largest and one between."""
    low, high = values.min(), values.max()
    shown = np.array([low, np.sqrt(low * high), high]) if low < high else np.array([low])
    for value, area in zip(shown.tolist(), ring_areas(shown).tolist(), strict=True):
        style = {"color": ink(axes), "markerfacecolor": "none", "markersize": area**0.5}
        axes.plot([], [], "o", label=f"{name} {value:.3g}", **style)


def on_one_spectrum(methods: Any) -> list[Method]:
    """One method or several as a list, all with numbers and on one spectrum."""
    chosen: list[Any] = list(methods) if isinstance(methods, Iterable) else [methods]
    if not chosen:
        raise InvalidInput("methods = [] is not allowed; give at least one method")
    for method in chosen:
        if not isinstance(method, Method):
            raise InvalidInput(f"{method!r} is not a method; give one, such as Chebyshev(Spectrum('1/100', 1))")
        if method.is_symbolic:
            raise InvalidInput(f"{method!r} has symbols; a picture needs numbers")
        if method.spectrum != chosen[0].spectrum:
            raise InvalidInput(
                f"{method.label} is on the spectrum {method.spectrum}, {chosen[0].label} on {chosen[0].spectrum}; "
                "one picture shows methods on one spectrum"
            )
    return chosen
