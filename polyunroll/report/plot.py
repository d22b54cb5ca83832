"""Pictures in matplotlib: what a method's polynomials and proved bounds look like, drawn into the user's own axes.

Each function takes matplotlib axes, or has `matplotlib.pyplot.subplots()` make some, and gives them back: titles,
limits and colours are the user's to change. matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from polyunroll.arithmetic.exact import exact, sign, to_float, whole_number
from polyunroll.bounds.worst_case import worst_case as enclose
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method, require_interval
from polyunroll.optimal.compare import Comparison
from polyunroll.optimal.frontier import FrontierPoint
from polyunroll.report.axes import (
    axes_of,
    in_units,
    ink,
    name_rings,
    on_log_axis,
    on_one_spectrum,
    require_axes,
    ring_areas,
    title,
)
from polyunroll.report.comparison import draw_comparison
from polyunroll.report.over_spectrum import common_scale, error_size, grid, residual_values
from polyunroll.schedules.base import Schedule
from polyunroll.spectrum import Spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["comparison", "frontier", "jacobian_error", "residual", "schedule", "worst_case"]

_WIDE = 1000
"""From this L/ℓ on, λ has a logarithmic axis if nothing else is said."""
_DIGITS = 6
_PER_DECADE = 12
"""Steps of a geometric selection for each factor 10."""
_NAMES = {
    "exact": "proved worst case $V_t$",
    "pointwise": "proved pointwise worst case $W_t$",
    "separate": "proved bound, separate maxima",
}
_NAMED_POINTS = 8
"""So many efficient steps are named at most."""
_TALL = 20
"""Step sizes beyond, in units of 1/L, need a logarithmic axis."""


def residual(methods: Method | Iterable[Method], t: int, ax: Axes | None = None, *, log: bool | None = None) -> Axes:
    """Draw the residual polynomials P_t over [ℓ, L].

    Parameters
    ----------
    methods : Method or iterable of Method
        Without symbols, all on one spectrum with ℓ < L.
    t : int
        Number of gradient evaluations, 0 to 5000.
    ax : matplotlib.axes.Axes, optional
    log : bool, optional
        Whether λ has a logarithmic axis; by default where L/ℓ ≥ 1000.

    Returns
    -------
    matplotlib.axes.Axes
        With a line for each method, named by its label. Values beyond the range of doubles are divided by a power of
        ten that the axis names.

    Raises
    ------
    InvalidInput
        If an argument is none of these.
    HorizonError
        If a method with a horizon was not made for t steps.
    ImportError
        If matplotlib is not installed.
    """
    require_axes(ax)
    chosen, t = on_one_spectrum(methods), whole_number(t, "t")
    for method in chosen:
        method.require_answer(t)
    spectrum = chosen[0].spectrum
    wide = _is_wide(spectrum, log)
    points = grid(spectrum, t, wide)
    curves = [residual_values(method, t, points) for method in chosen]
    power = common_scale(curves)
    axes = axes_of(ax)
    axes.axhline(0, color=ink(axes), linewidth=0.8)
    for method, curve in zip(chosen, curves, strict=True):
        axes.plot(points, curve.divided(power), label=method.label)
    _over_spectrum(axes, spectrum, wide, f"t = {t}", f"residual polynomial $P_t$(λ){in_units(power)}")
    return axes


def jacobian_error(
    methods: Method | Iterable[Method],
    t: int,
    R: Any = 1,
    G: Any = 0,
    split: str = "total",
    ax: Axes | None = None,
    *,
    log: bool | None = None,
) -> Axes:
    """Draw the Jacobian error |A|R + |B|G at each eigenvalue, and its proved largest value.

    Parameters
    ----------
    methods : Method or iterable of Method
        Without symbols, all on one spectrum with ℓ < L.
    t : int
        Number of gradient evaluations, 0 to 5000.
    R, G : exact numbers ≥ 0, not both 0
        As for `worst_case`.
    split : {"total", "partial"}
        The pair (A, B): (E_t, D_t), for ∂H that commutes with H only; or (P_t, P_t'), for all.
    ax : matplotlib.axes.Axes, optional
    log : bool, optional
        Whether λ has a logarithmic axis; by default where L/ℓ ≥ 1000.

    Returns
    -------
    matplotlib.axes.Axes
        For each method a line named by its label, a dotted line at the proved W_t (criterion "pointwise"), and a dot
        at the eigenvalue where it is attained.

    Raises
    ------
    InvalidInput
        If an argument is none of these.
    HorizonError
        If a method with a horizon was not made for t steps.
    ImportError
        If matplotlib is not installed.
    """
    require_axes(ax)
    chosen, t = on_one_spectrum(methods), whole_number(t, "t")
    spectrum = chosen[0].spectrum
    wide = _is_wide(spectrum, log)
    points = grid(spectrum, t, wide)
    proved = [enclose(method, t, R, G, _DIGITS, criterion="pointwise", split=split) for method in chosen]
    sizes = to_float(exact(R)), to_float(exact(G))
    curves = [error_size(method, t, *sizes, split, points) for method in chosen]
    power = common_scale(curves)
    axes = axes_of(ax)
    tops = []
    for method, curve, bound in zip(chosen, curves, proved, strict=True):
        (line,) = axes.plot(points, curve.divided(power), label=method.label)
        top = on_log_axis(bound, power)
        if np.isnan(top):
            continue
        axes.axhline(top, color=line.get_color(), linestyle=":")
        if bound.at is not None:
            axes.plot([to_float(exact(bound.at))], [top], "o", color=line.get_color(), clip_on=False)
        tops.append(top)
    axes.plot([], [], ":o", color=ink(axes), label="proved largest value $W_t$")
    axes.set_yscale("log")
    if tops:  # towards its zeros the logarithm falls without end
        axes.set_ylim(min(tops) * 1e-3, max(tops) * 3)
    pair = ("E_t", "D_t") if split == "total" else ("P_t", "P_t'")
    said = " + ".join(f"$|{name}|$ {size}" for name, size in zip(pair, "RG", strict=True))
    _over_spectrum(axes, spectrum, wide, f"t = {t}, {_sizes(R, G)}", f"Jacobian error {said}{in_units(power)}")
    return axes


def worst_case(
    methods: Method | Iterable[Method],
    steps: int | Iterable[int],
    R: Any = 1,
    G: Any = 0,
    split: str = "total",
    criterion: str = "exact",
    ax: Axes | None = None,
) -> Axes:
    """Draw the proved worst cases against the number of steps.

    Parameters
    ----------
    methods : Method or iterable of Method
        Without symbols, all on one spectrum.
    steps : int or iterable of int
        The numbers of steps; or T ≥ 1 alone for about 12 numbers in each factor 10 up to T, on a logarithmic axis.
    R, G : exact numbers ≥ 0, not both 0
    split : {"total", "partial"}
    criterion : {"exact", "pointwise", "separate"}
        As for `polyunroll.worst_case`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        A line for each method, named by its label, with the middles of six-digit enclosures; values outside 1e−290 to
        1e290 are left out. A method that is made for its last step alone is a dot at its horizon, whatever the steps;
        another one with a horizon ends there. The thin line is the start V_0: an error above it is worse than that of
        no derivative at all.

    Raises
    ------
    InvalidInput
        If an argument is none of these.
    ImportError
        If matplotlib is not installed.
    """
    require_axes(ax)
    chosen = on_one_spectrum(methods)
    numbers, geometric = _steps(steps)
    how = {"criterion": criterion, "split": split}
    start = on_log_axis(enclose(chosen[0], 0, R, G, _DIGITS, **how))
    found = []
    for method in chosen:
        own = _own_steps(method, numbers)
        found.append((method, own, [on_log_axis(one) for one in enclose(method, own, R, G, _DIGITS, **how)]))
    axes = axes_of(ax)
    axes.set_yscale("log")
    if geometric:
        axes.set_xscale("log")
    if not np.isnan(start):
        axes.axhline(start, color=ink(axes), linewidth=0.8, label="start: the error of no derivative")
    for method, own, values in found:
        axes.plot(own, values, "o" if len(own) == 1 else "-", label=method.label)
    axes.set(xlabel="steps t", ylabel=_NAMES[criterion])
    axes.set_title(title(_sizes(R, G), chosen[0].spectrum))
    axes.legend()
    return axes


def comparison(found: Comparison, ax: Axes | None = None) -> Axes:
    """Draw what `polyunroll.compare` found: V_t as a multiple of the minimax limit, against t.

    Parameters
    ----------
    found : Comparison
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        A line, or for a single number of steps a dot, for each method that has a multiple.

    Raises
    ------
    InvalidInput
        If `found` is no Comparison.
    ImportError
        If matplotlib is not installed.
    """
    require_axes(ax)
    if not isinstance(found, Comparison):
        raise InvalidInput(f"{found!r} is no Comparison; give what compare(spectrum, t) returns")
    draw_comparison(axes := axes_of(ax), found)
    axes.set_title(title(_sizes(found.R, found.G), found.spectrum))
    axes.legend()
    return axes


def frontier(points: Iterable[FrontierPoint], ax: Axes | None = None) -> Axes:
    """Draw what `polyunroll.step_frontier` found: the rate of each step size against its burn-in.

    Parameters
    ----------
    points : iterable of FrontierPoint
        On one spectrum.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Across the burn-in's length, upwards the steps for one more digit in the end, −1/log10(rate); the area of a
        ring grows with log(peak). Efficient steps are filled, and named if they are few.

    Raises
    ------
    InvalidInput
        If there are no points, or something else is among them.
    ImportError
        If matplotlib is not installed.
    """
    require_axes(ax)
    chosen = list(points)
    for point in chosen:
        if not isinstance(point, FrontierPoint):
            raise InvalidInput(f"{point!r} is no FrontierPoint; give what step_frontier(spectrum) returns")
    if not chosen:
        raise InvalidInput("points = [] is not allowed; give what step_frontier(spectrum) returns")
    spectrum = on_one_spectrum([point.method for point in chosen])[0].spectrum
    lengths = np.array([point.burn_in.length for point in chosen])
    with np.errstate(divide="ignore"):  # a rate of 0; one near 1 is not rounded to 1
        digit = -np.log(10) / np.log1p([-float(1 - point.rate.rate) for point in chosen])
    peaks = np.array([float(point.burn_in.peak) for point in chosen])
    efficient = np.array([point.is_efficient for point in chosen])
    areas, axes = ring_areas(peaks), axes_of(ax)
    colour = axes.plot([], [])[0].get_color()
    for kind, name, face in ((efficient, "efficient", colour), (~efficient, "not efficient", "none")):
        if kind.any():
            axes.scatter(lengths[kind], digit[kind], areas[kind], facecolors=face, edgecolors=colour)
            axes.plot([], [], "o", color=colour, markerfacecolor=face, label=name)
    name_rings(axes, peaks, "peak")
    named = np.flatnonzero(efficient) if efficient.sum() <= _NAMED_POINTS else ()
    for k in named:
        place = (lengths[k], digit[k])
        axes.annotate(chosen[k].method.label, place, (12, 3), textcoords="offset points", fontsize="small")
    if lengths.any():
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(-0.3, lengths.max() * (20 if len(named) else 2))  # room for the last name
    else:
        axes.set_xticks([0])
    if digit.max() > 10 * digit.min() > 0:
        axes.set_yscale("log")
    axes.set(xlabel="burn-in length, steps", ylabel="steps for one more digit in the end", title=title("", spectrum))
    axes.legend()
    return axes


def schedule(found: Schedule, ax: Axes | None = None) -> Axes:
    """Draw a schedule's step sizes and momenta, or Richardson steps, against the step.

    Parameters
    ----------
    found : Schedule
        Of the form "momentum" or "richardson".
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Step sizes h_t in units of 1/L, and momenta m_t unless all are 0: lines, or dots for Richardson steps. Where
        h_t L exceeds 20 the axis is logarithmic beyond ±1.

    Raises
    ------
    InvalidInput
        If `found` is no Schedule, or of a form without step sizes.
    ImportError
        If matplotlib is not installed.
    """
    require_axes(ax)
    if not isinstance(found, Schedule):
        raise InvalidInput(f"{found!r} is no Schedule; give what schedule(method, steps, 'momentum') returns")
    sizes, momenta, method = np.array(found.step_sizes), np.array(found.momenta), found.as_method()
    sizes = sizes * to_float(method.spectrum.high)
    steps = np.arange(1, len(sizes) + 1)
    style = "o" if found.form == "richardson" or len(sizes) == 1 else "-"
    axes = axes_of(ax)
    axes.plot(steps, sizes, style, label="step size $h_t$, times L")
    if momenta.any():
        axes.plot(steps, momenta, style, label="momentum $m_t$")
    if np.abs(sizes).max(initial=0) > _TALL:
        axes.set_yscale("symlog", linthresh=1)
    axes.set(xlabel="step t", ylabel=f"coefficients of the form '{found.form}'")
    axes.set_title(title(method.label, method.spectrum))
    axes.legend()
    return axes


def _steps(steps: Any) -> tuple[list[int], bool]:
    """The numbers of steps, increasing, and whether they are a geometric selection."""
    if isinstance(steps, Iterable) and not isinstance(steps, str):
        numbers = sorted({whole_number(step, "steps") for step in steps})
        if not numbers:
            raise InvalidInput("steps = [] is not allowed; give at least one number of steps")
        return numbers, False
    last = whole_number(steps, "steps", 1)
    count = int(np.ceil(_PER_DECADE * np.log10(last))) + 1
    return [int(step) for step in np.unique(np.geomspace(1, last, count).round())], True


def _own_steps(method: Method, steps: list[int]) -> list[int]:
    """Where a method is drawn."""
    last = method.horizon
    if last is None:
        return steps
    if method.is_whole:
        return [last]
    return steps if steps[-1] < last else [*(step for step in steps if step < last), last]


def _is_wide(spectrum: Spectrum, log: bool | None) -> bool:
    require_interval(spectrum, "a picture over it")
    return sign(spectrum.high - _WIDE * spectrum.low) >= 0 if log is None else bool(log)


def _over_spectrum(axes: Axes, spectrum: Spectrum, wide: bool, about: str, values: str) -> None:
    """What two pictures over the spectrum have in common."""
    if wide:
        axes.set_xscale("log")
    axes.set(xlabel="eigenvalue λ", ylabel=values, title=title(about, spectrum))
    axes.legend()


def _sizes(R: Any, G: Any) -> str:
    return f"R = {to_float(exact(R)):g}, G = {to_float(exact(G)):g}"
