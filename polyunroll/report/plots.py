"""Pictures of errors against steps: plain data in, a figure or the bytes of a file out.

matplotlib is imported only when something is drawn, and none of its global state changes: the figure is made
without pyplot, in settings of its own that end with the drawing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ErrorCurve", "Note", "Panel", "Picture", "draw", "encode", "in_own_settings"]

Array = NDArray[np.float64]
Drawn = TypeVar("Drawn")

INK, GREY, PALE = "#1f2328", "#68707a", "#b9bfc6"
WARNING = "#fdf1e7"
"""The ground above the start, where an unrolled derivative is worse than none."""

_SETTINGS: Any = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so the picture is the same everywhere
    "font.size": 10,
    "lines.solid_capstyle": "round",
    "mathtext.fontset": "dejavusans",
    "path.simplify": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "polyunroll",
    "text.color": INK,
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
}
_DPI = 160
_DARKER = 0.8
"""Texts are this much darker than the lines they name, to be read as easily."""
_LINE_POINTS, _RINGS = 100, 5
"""Points of a curve, and rings of its prediction, that are drawn for each factor 10 in t."""


@dataclass(frozen=True, eq=False)
class ErrorCurve:
    """The error of one method, relative to its start.

    Parameters
    ----------
    label : str
        What the table calls the method.
    colour : str
    errors : array, shape (N + 1,)
        Measured, at t = 0, 1, …, N.
    times : int array, shape (M,)
        Increasing; where the prediction was evaluated.
    predicted : array, shape (M,)
    bound_times : int array, shape (K,)
        Increasing; where the bound was evaluated.
    bound : array, shape (K,)
    """

    label: str
    colour: str
    errors: Array
    times: NDArray[np.int64]
    predicted: Array
    bound_times: NDArray[np.int64]
    bound: Array

    @property
    def steps(self) -> int:
        """N, the steps of the run."""
        return len(self.errors) - 1

    @property
    def peak(self) -> float:
        """The largest measured error."""
        return float(self.errors.max())

    @property
    def peak_at(self) -> int:
        """The first t with the largest measured error."""
        return int(self.errors.argmax())

    @property
    def burn_in(self) -> int | None:
        """The least n with error ≤ start for all t ≥ n of the run; None if its end is above the start."""
        return self.steps_to(float(self.errors[0]))

    @property
    def disagreement(self) -> float:
        """The largest |predicted − measured|."""
        return float(np.max(np.abs(self.predicted - self.errors[self.times]), initial=0.0))

    def steps_to(self, level: float) -> int | None:
        """The least n with error ≤ level for all t ≥ n of the run; None if its end is above that."""
        above = np.flatnonzero(self.errors > level)
        first = int(above[-1]) + 1 if above.size else 0
        return first if first <= self.steps else None


@dataclass(frozen=True)
class Note:
    """A text among the curves of a panel.

    Parameters
    ----------
    name, text : str
        A bold line, and what stands below it; either may be empty.
    at : pair of float
        (t, error) where the text is.
    shift : pair of float
        Moves it from there, in points of 1/72 inch.
    colour : str
    align : {"left", "center", "right"}
        Which of its ends is there.
    dot : pair of float, optional
        A point (t, error) to mark; a thin line leads to it where it is not `at`.
    """

    name: str
    text: str
    at: tuple[float, float]
    shift: tuple[float, float] = (0, 0)
    colour: str = INK
    align: str = "left"
    dot: tuple[float, float] | None = None


@dataclass(frozen=True)
class Panel:
    """One problem: its curves, drawn in order, and what is written among them."""

    title: str
    subtitle: str
    curves: tuple[ErrorCurve, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Picture:
    """Panels side by side on common axes.

    Parameters
    ----------
    title, subtitle : str
        What the picture shows, and of what.
    panels : tuple of Panel
    widths : tuple of float
        Relative widths of the panels.
    bound_name : str
        What the dotted lines are.
    level : float
        An error at which a thin line is drawn.
    level_name : str
    x_range, y_range : pairs of float
        The ends of the logarithmic axes.
    x_label, y_label : str
    """

    title: str
    subtitle: str
    panels: tuple[Panel, ...]
    widths: tuple[float, ...]
    bound_name: str
    level: float
    level_name: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_label: str
    y_label: str


def in_own_settings(work: Callable[[], Drawn]) -> Drawn:
    """Work with matplotlib's defaults and our settings, and put the user's back."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        return work()


def draw(picture: Picture) -> Figure:
    """Draw a picture.

    Parameters
    ----------
    picture : Picture

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    return in_own_settings(lambda: _draw(picture))


def encode(figure: Figure, form: str) -> bytes:
    """The figure as a file's content: equal figures give equal bytes, on one version of matplotlib.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    form : {"png", "svg"}

    Returns
    -------
    bytes
    """
    own = {"png": {"Software": "polyunroll"}, "svg": {"Creator": "polyunroll", "Date": None}}
    content = BytesIO()
    in_own_settings(lambda: figure.savefig(content, format=form, dpi=_DPI, metadata=own[form]))
    return content.getvalue()


def _draw(picture: Picture) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.transforms import offset_copy

    figure = Figure(figsize=(14, 8), facecolor="white")
    left, right = 0.062, 0.985
    grid = figure.add_gridspec(
        1, len(picture.panels), width_ratios=picture.widths, left=left, right=right, bottom=0.145, top=0.79, wspace=0.06
    )
    figure.text(left, 0.945, picture.title, fontsize=16, fontweight="bold", va="center")
    figure.text(left, 0.902, picture.subtitle, fontsize=11.5, color=GREY, va="center")
    for place, panel in enumerate(picture.panels):
        axes = figure.add_subplot(grid[0, place])
        _prepare(axes, picture, first=place == 0)
        axes.set_title(panel.title, loc="left", fontsize=12.5, fontweight="bold", pad=25)
        above = offset_copy(axes.transAxes, figure, 0, 9, units="points")
        axes.text(0, 1, panel.subtitle, transform=above, fontsize=10.5, color=GREY, va="bottom")
        for curve in reversed(panel.curves):
            _draw_curve(axes, curve)
        for note in panel.notes:
            _write(axes, note)
    _legend(figure, picture.bound_name, left)
    return figure


def _prepare(axes: Axes, picture: Picture, first: bool) -> None:
    """Axes, grid, the line at the start and the ground above it."""
    axes.set(xscale="log", yscale="log", xlim=picture.x_range, ylim=picture.y_range, xlabel=picture.x_label)
    axes.minorticks_off()
    axes.grid(True, color="#eceef0", linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.axhspan(1, picture.y_range[1], color=WARNING, linewidth=0, zorder=0)
    axes.axhline(1, color=INK, linewidth=1.1, zorder=2.2)
    axes.axhline(picture.level, color=PALE, linewidth=1.0, zorder=1.5)
    axes.xaxis.set_major_formatter(lambda t, _: f"{t:,.0f}".replace(",", "\u2009"))
    if first:
        axes.set_ylabel(picture.y_label)
        left = picture.x_range[0]
        _write(axes, Note("start", "", (left, 1), (6, -9)))
        _write(axes, Note("", picture.level_name, (left, picture.level), (6, -9), GREY))
    else:
        axes.tick_params(labelleft=False)


def _draw_curve(axes: Axes, curve: ErrorCurve) -> None:
    shown = _thinned(np.arange(1, curve.steps + 1), _LINE_POINTS)
    axes.plot(shown, curve.errors[shown], color=curve.colour, linewidth=2.4, zorder=3)
    axes.plot(
        curve.bound_times, curve.bound, color=curve.colour, alpha=0.55, linewidth=1.1, linestyle=(0, (1, 2)), zorder=2
    )
    at = np.searchsorted(curve.times, _thinned(curve.times[curve.times > 0], _RINGS))
    axes.plot(
        curve.times[at],
        curve.predicted[at],
        linestyle="none",
        marker="o",
        markersize=5.2,
        markerfacecolor="white",
        markeredgecolor=curve.colour,
        markeredgewidth=1.3,
        zorder=4,
    )


def _thinned(times: NDArray[np.int64], per_decade: int) -> NDArray[np.int64]:
    """Some of increasing positive integers, about equally spaced in their logarithms."""
    if times.size == 0:
        return times
    slots = np.round(np.log10(times) * per_decade).astype(np.int64)
    _, first = np.unique(slots, return_index=True)
    kept: NDArray[np.int64] = times[np.union1d(first, [times.size - 1])]
    return kept


def _write(axes: Axes, note: Note) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import offset_copy

    ink = tuple(_DARKER * part for part in to_rgb(note.colour))
    x, y = note.shift
    figure = axes.get_figure(root=True)
    if note.dot is not None:
        axes.plot(*([value] for value in note.dot), "o", color=note.colour, markersize=8, zorder=5)
        if note.dot != note.at:
            below = offset_copy(axes.transData, figure, x, y - 19, units="points")
            line = {"arrowstyle": "-", "color": note.colour, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 5}
            axes.annotate("", note.dot, note.at, textcoords=below, arrowprops=line, zorder=4.5)
    both = bool(note.name and note.text)
    for text, weight, side in ((note.name, "bold", "bottom"), (note.text, "normal", "top")):
        if text:
            written = axes.text(
                *note.at,
                text,
                transform=offset_copy(axes.transData, figure, x, y, units="points"),
                color=ink,
                fontsize=10.5,
                fontweight=weight,
                horizontalalignment=note.align,
                verticalalignment=side if both else "center",
                linespacing=1.3,
                zorder=6,
            )
            ground = WARNING if note.at[1] > 1 else "white"
            written.set_path_effects([withStroke(linewidth=3, foreground=ground)])


def _legend(figure: Figure, bound_name: str, left: float) -> None:
    """What the three kinds of line are; the colours are named where they are."""
    from matplotlib.lines import Line2D

    ring: dict[str, Any] = {"marker": "o", "markersize": 5.2, "markerfacecolor": "white", "markeredgewidth": 1.3}
    keys = [
        Line2D([], [], color=INK, linewidth=2.4, label="measured: the method run with its derivatives"),
        Line2D(
            [], [], color=INK, linestyle="none", label="predicted from the method's polynomial, without a run", **ring
        ),
        Line2D([], [], color=INK, alpha=0.7, linewidth=1.3, linestyle=(0, (1, 2)), label=bound_name),
    ]
    figure.legend(
        handles=keys,
        loc="lower left",
        bbox_to_anchor=(left - 0.005, 0.012),
        ncols=3,
        frameon=False,
        fontsize=10.5,
        handlelength=2.2,
        columnspacing=2.6,
        borderpad=0,
    )
