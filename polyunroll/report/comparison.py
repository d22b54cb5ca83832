"""Methods against the minimax limit: a table, data, and a picture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from polyunroll.bounds.enclosure import Enclosure
from polyunroll.errors import InvalidInput
from polyunroll.optimal.compare import Comparison
from polyunroll.output.literals import decimal_literal, fraction_literal
from polyunroll.report.enclosures import ends
from polyunroll.report.plots import encode, in_own_settings
from polyunroll.report.tables import Page, Table, check_format, facts
from polyunroll.schedules.base import spectrum_data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["comparison_page", "comparison_picture", "draw_comparison"]

_DIGITS = 5
_KEYS = "abcdefghijklmnopqrstuvwxyz"
_ENDINGS = ("png", "svg")
_COLOURS = ("#8c564b", "#d55e00", "#e08e00", "#8a6fb0", "#0063a6", "#009e73", "#3fa0d8", "#1f2328")
_HIGHEST = 1e4  # multiple of the limit that is still drawn


def comparison_page(comparison: Comparison, format: str = "text") -> Page:
    """The multiples of the limit, one row for each number of steps.

    Parameters
    ----------
    comparison : Comparison
    format : str
        "text", "json" (every enclosure with its exact ends) or "latex".

    Returns
    -------
    Page
    """
    check_format(format)
    if format == "json":
        return Page((json.dumps(_data(comparison), indent=2, ensure_ascii=False),), verbatim=True)
    rows = [
        (str(t), _short(limit), *(_cell(comparison, i, k) for i in range(len(comparison.methods))))
        for k, (t, limit) in enumerate(zip(comparison.steps, comparison.limit, strict=True))
    ]
    keys = [_key(i) for i in range(len(comparison.methods))]
    if format == "latex":
        return Page((_latex(comparison, rows),), verbatim=True)
    beside = "" if _same(comparison) else ", in brackets W_t,"
    head = facts(
        [
            ("spectrum", f"{comparison.spectrum}, L/ℓ = {fraction_literal(comparison.spectrum.condition_number)}"),
            ("R, G, split", f"{fraction_literal(comparison.R)}, {fraction_literal(comparison.G)}, {comparison.split}"),
            *((key, method.label) for key, method in zip(keys, comparison.methods, strict=True)),
        ]
    )
    said = (
        "limit: the least W_t that any method with fixed coefficients can have, proved.\n"
        f"Below the letters: V_t{beside} as a multiple of the limit, proved;\n"
        "- where the limit is 0 or the method has another horizon."
    )
    return Page((head, Table(("t", "limit", *keys), tuple(rows), align="r" * (2 + len(keys))), said))


def _key(i: int) -> str:
    return _KEYS[i] if i < len(_KEYS) else f"m{i + 1}"


def _same(comparison: Comparison) -> bool:
    """Whether V and W agree everywhere, as far as they are known (they do for G = 0)."""
    return all(
        v is None or w is None or (v.lower <= w.upper and w.lower <= v.upper)
        for pair in zip(comparison.V, comparison.W, strict=True)
        for v, w in zip(*pair, strict=True)
    )


def _cell(comparison: Comparison, method: int, step: int) -> str:
    exact, pointwise = (comparison.multiple(method, step, which) for which in (False, True))
    if exact is None:
        return "-"
    return _short(exact) if pointwise is None or _same(comparison) else f"{_short(exact)} ({_short(pointwise)})"


def _short(value: Enclosure) -> str:
    return decimal_literal((value.lower + value.upper) / 2, _DIGITS)


def _latex(comparison: Comparison, rows: list[tuple[str, ...]]) -> str:
    columns = " & ".join(["$t$", "limit", *(f"\\text{{{method.label}}}" for method in comparison.methods)])
    lines = [" & ".join(row) + r" \\" for row in rows]
    spec = "r" * (2 + len(comparison.methods))
    return "\n".join([rf"\begin{{tabular}}{{{spec}}}", columns + r" \\ \hline", *lines, r"\end{tabular}"])


def _data(comparison: Comparison) -> dict[str, Any]:
    def ends_of(value: Enclosure | None) -> dict[str, str] | None:
        return None if value is None else ends(value)

    return {
        "spectrum": spectrum_data(comparison.spectrum),
        "R": fraction_literal(comparison.R),
        "G": fraction_literal(comparison.G),
        "split": comparison.split,
        "steps": list(comparison.steps),
        "limit": [ends_of(value) for value in comparison.limit],
        "methods": [
            {
                "method": method.as_data(),
                "label": method.label,
                "V": [ends_of(value) for value in comparison.V[i]],
                "W": [ends_of(value) for value in comparison.W[i]],
                "V_ratio": [ends_of(comparison.multiple(i, k)) for k in range(len(comparison.steps))],
            }
            for i, method in enumerate(comparison.methods)
        ],
    }


def comparison_picture(comparison: Comparison, ending: str = "png") -> bytes:
    """V_t of each method as a multiple of the limit, drawn against t: the bytes of a file.

    Parameters
    ----------
    comparison : Comparison
    ending : {"png", "svg"}

    Raises
    ------
    InvalidInput
        If the ending is another.
    ImportError
        If matplotlib is not installed.
    """
    if ending not in _ENDINGS:
        raise InvalidInput(f"a picture ending in .{ending} cannot be made; give {' or '.join(_ENDINGS)}")
    return encode(in_own_settings(lambda: _drawn(comparison)), ending)


def _drawn(comparison: Comparison) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 5.4), layout="constrained")
    axes = figure.subplots()
    axes.set_title(
        f"Guaranteed Jacobian error against the best possible, L/ℓ = {float(comparison.spectrum.condition_number):g}",
        loc="left",
        fontsize=12.5,
        fontweight="bold",
    )
    axes.set_prop_cycle(color=_COLOURS)
    axes.grid(True, color="#eceef0", linewidth=0.8)
    draw_comparison(axes, comparison)
    axes.legend(frameon=False, loc="upper left", fontsize=9.5)
    return figure


def draw_comparison(axes: Axes, comparison: Comparison) -> None:
    """Draw the multiples against t, in the colours of the axes' own cycle.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    comparison : Comparison
    """
    ink = axes.xaxis.label.get_color()
    axes.set(xlabel="steps t", ylabel="worst case $V_t$ as a multiple of the minimax limit", yscale="log")
    axes.axhline(1, color=ink, linewidth=1.1)
    for i, method in enumerate(comparison.methods):
        points = [(t, comparison.multiple(i, k)) for k, t in enumerate(comparison.steps)]
        known = [(t, float(value)) for t, value in points if value is not None]
        if known:
            axes.plot(*zip(*known, strict=True), "-" if len(known) > 1 else "o", linewidth=2.0, label=method.label)
    axes.annotate(
        "the least any method with fixed coefficients can have",
        (comparison.steps[0], 1),
        xytext=(4, -5),
        textcoords="offset points",
        va="top",
        color=ink,
        alpha=0.7,
    )
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.5), min(high, _HIGHEST))
