"""How the demonstration is told: its tables and its picture, as plain data."""

from __future__ import annotations

from polyunroll.demo.study import ENTRIES, LEVELS, Study
from polyunroll.report.plots import ErrorCurve, Note, Panel, Picture
from polyunroll.report.tables import Table

__all__ = ["picture", "table"]


def table(study: Study) -> Table:
    """What each method did: its burn-in, its peak, and the steps it needs."""
    p = study.problem.parameters
    outer = "the penalty θ; ∂H commutes with H" if p == 1 else f"{p} sample weights; ∂H does not commute with H"
    rows = tuple(
        (
            curve.label,
            _count(curve.burn_in, curve),
            f"{curve.peak:.2f}",
            str(curve.peak_at),
            *(_count(curve.steps_to(level), curve) for level in LEVELS),
        )
        for curve in study.curves.values()
    )
    headers = ("method", "burn-in", "peak", "at t", *(f"to {level:.0e}".replace("e-0", "e-") for level in LEVELS))
    return Table(headers, rows, f"Outer parameters: {outer}", "lrrrrr")


def _count(steps: int | None, curve: ErrorCurve) -> str:
    return f"> {curve.steps}" if steps is None else str(steps)


def picture(weights: Study, penalty: Study) -> Picture:
    """The drawing of both studies, as plain data."""
    curves = weights.curves
    humps = sorted(curves[name].peak for name in ("fast", "chebyshev"))
    m, n = weights.problem.parameters, weights.problem.dimension
    return Picture(
        title=f"Optimal solvers first make the derivative {humps[0]:.0f}–{humps[1]:.0f} times worse. "
        "The Sobolev method never does.",
        subtitle=f"Ridge regression on the breast cancer data: {m} samples, {n} features, "
        f"L/ℓ = {float(weights.spectrum.condition_number):.0f}. "
        "Solved from x₀ = 0, and differentiated by unrolling the solver's steps.",
        panels=(
            Panel(
                f"Derivative in the {m} sample weights: the curse",
                "∂H does not commute with H.   Dotted: bound max|Pₜ|·R + max|Pₜ'|·G",
                _drawn(weights),
                (
                    *_humps(weights),
                    *_beside(curves["sobolev"], 0.03, "no hump, and first"),
                    *_beside(curves["safe"], 0.006, "no hump, but slow"),
                    *_arrivals(weights, False, sobolev=(-10, 0), chebyshev=(10, 0), safe=(-10, 0), fast=(10, 0)),
                ),
            ),
            Panel(
                "Derivative in the ridge penalty: spared here",
                "∂H commutes with H.   Dotted: Vₜ, the exact worst case",
                _drawn(penalty),
                (
                    *_worst(penalty),
                    *_arrivals(penalty, True, sobolev=(-10, 0), chebyshev=(19, 17), fast=(-10, -17), safe=(10, 0)),
                ),
            ),
        ),
        widths=(1.5, 1),
        bound_name="bound, by sampling the spectrum",
        level=LEVELS[0],
        level_name="a thousandth of the start",
        x_range=(1, 80_000),
        y_range=(1e-4, 1e3),
        x_label="Steps t of the solver (gradient evaluations)",
        y_label="Error of the derivative ∂xₜ, in multiples of its start",
    )


def _drawn(study: Study) -> tuple[ErrorCurve, ...]:
    return tuple(curve for curve in study.curves.values() if curve.colour)


def _humps(study: Study) -> list[Note]:
    """What the two humps are, written above all the dotted lines."""
    notes = []
    for name, t in (("chebyshev", 10), ("fast", 1500)):
        curve = study.curves[name]
        said = f"{curve.peak:.0f}× worse than doing nothing at t = {curve.peak_at}"
        top = (curve.peak_at, curve.peak)
        notes.append(Note(curve.label, said, (t, 500), (0, 0), curve.colour, "center", top))
    return notes


def _beside(curve: ErrorCurve, error: float, text: str) -> list[Note]:
    """The name of a method, left of where its curve falls below an error."""
    t = curve.steps_to(error)
    name = curve.label.replace(", ", ",\n")
    return [] if t is None else [Note(name, text, (t, error), (-16, 0), curve.colour, "right")]


def _arrivals(study: Study, named: bool, **shifts: tuple[float, float]) -> list[Note]:
    """In how many steps each method reaches the first level for good; named where the curves are not."""
    notes = []
    for name, shift in shifts.items():
        curve = study.curves[name]
        steps = curve.steps_to(LEVELS[0])
        if steps is not None:
            point, align = (steps, LEVELS[0]), "left" if shift[0] > 0 else "right"
            notes.append(
                Note(ENTRIES[name].short if named else "", f"{steps} steps", point, shift, curve.colour, align, point)
            )
    return notes


def _worst(study: Study) -> list[Note]:
    """How far up the worst cases go."""
    notes = []
    for name, shift in (("chebyshev", (-14, 8)), ("fast", (14, 8)), ("sobolev", (-4, 12))):
        curve = study.curves[name]
        k = int(curve.bound.argmax())
        top = (float(curve.bound_times[k]), float(curve.bound[k]))
        notes.append(Note("", f"{top[1]:.0f}×", top, shift, curve.colour, "center"))
    return notes
