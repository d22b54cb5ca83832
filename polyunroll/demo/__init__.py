"""The curse of unrolling on real data, and its cure: what `polyunroll demo` shows.

Ridge regression on the breast cancer data is solved by first-order methods from x_0 = 0, and their steps are
differentiated: in the 569 sample weights, where ∂H does not commute with H, and in the penalty, where it does.
The error of ∂x_t is measured on real runs, predicted from residual polynomials alone, and bounded.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from polyunroll.demo.story import picture, table
from polyunroll.demo.study import ENTRIES, LEVELS, MOST_STEPS, Study, compute, problems
from polyunroll.errors import InvalidInput, PolyunrollError
from polyunroll.output.files import make_folder, write_atomic
from polyunroll.report.plots import draw, encode
from polyunroll.report.tables import Page, facts
from polyunroll.schedules.make import schedule

__all__ = ["AGREEMENT", "run_demo"]

AGREEMENT = 1e-8
"""The most that prediction and measurement may differ by, relative to the start."""


def run_demo(folder: Path, console: Console, most: int = MOST_STEPS) -> None:
    """Show the curse of unrolling and its cure, and leave a picture and a schedule in a folder.

    Parameters
    ----------
    folder : Path
        Made if there is none. Gets curse_of_unrolling.png, curse_of_unrolling.svg and sobolev_schedule.json,
        in place of files of these names.
    console : rich.console.Console
    most : int
        The most steps of a run.

    Raises
    ------
    InvalidInput
        If the folder cannot be made or written to.
    PolyunrollError
        If matplotlib or scikit-learn is missing, or measurement and prediction differ.
    """
    _require_libraries()
    folder = _writable(Path(folder))
    Page((_INTRODUCTION,)).show(console)
    weights, penalty = _studies(console, most)
    gap = max(weights.disagreement, penalty.disagreement)
    if gap > AGREEMENT:
        raise PolyunrollError(
            f"measurement and prediction differ by {gap:.1e} of the start, more than the {AGREEMENT:.0e} allowed"
        )
    reading = _READING.format(gap=gap, allowed=AGREEMENT)
    console.print()
    Page((table(weights), table(penalty), reading)).show(console)
    contents = _contents(weights, penalty)
    written = [(str(write_atomic(folder / name, contents[name])), meaning) for name, meaning in _FILES.items()]
    console.print()
    Page((facts(written),)).show(console)


_FILES = {
    "curse_of_unrolling.png": "the picture",
    "curse_of_unrolling.svg": "the same picture, sharp at any size",
    "sobolev_schedule.json": "the Sobolev method: formulas and coefficients",
}

_INTRODUCTION = """\
Ridge regression on the breast cancer data is solved from x_0 = 0 by first-order
methods, and their steps are differentiated. The error of the derivative ∂x_t is
counted in multiples of its start ∂x_0 = 0: above 1, worse than doing nothing.
Chebyshev is the optimal method for x_t, and 2/(L+ℓ) the optimal constant step."""

_READING = """\
burn-in: from this step on the error is at most its start; 0 if it always is.
peak:    the largest error, and the step t where it is.
to 1e-3: from this step on the error is at most 1e-3; to 1e-6 alike.
These are real runs with all derivatives. What the residual polynomials alone
predict differs from them by at most {gap:.0e} ({allowed:.0e} is allowed)."""


def _require_libraries() -> None:
    try:
        import matplotlib.figure  # noqa: F401
        import sklearn.datasets  # noqa: F401
    except ImportError:
        raise PolyunrollError(
            'the demonstration needs matplotlib and scikit-learn; install them with pip install "polyunroll[demo]"'
        ) from None


def _writable(folder: Path) -> Path:
    """The folder, made if need be, and found to take the files before the long work starts."""
    make_folder(folder)
    for path in (folder / name for name in _FILES):
        if path.exists() and not path.is_file():
            raise InvalidInput(f"{path} is in the way and is no file; move it, or give another folder")
    try:
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise InvalidInput(f"the folder {folder} cannot be written to: {error.strerror or error}") from None


def _studies(console: Console, most: int) -> list[Study]:
    """Both problems, with a progress bar on a terminal."""
    width = max(len(entry.label) for entry in ENTRIES.values())
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bar:
        task = bar.add_task(" " * width)

        def advance(place: int, label: str, done: float) -> None:
            bar.update(task, completed=50 * (place + done), description=f"{label:{width}}")

        return [compute(problem, most, partial(advance, place)) for place, problem in enumerate(problems())]


def _contents(weights: Study, penalty: Study) -> dict[str, str | bytes]:
    """What goes into each file, all made before one is written."""
    figure = draw(picture(weights, penalty))
    chosen = weights.curves["sobolev"]
    steps = chosen.steps_to(LEVELS[-1]) or chosen.steps
    made = schedule(ENTRIES["sobolev"].build(weights.spectrum), steps)
    contents: tuple[str | bytes, ...] = (encode(figure, "png"), encode(figure, "svg"), made.to_json())
    return dict(zip(_FILES, contents, strict=True))
