"""What every schedule is: a method's exact data and, beside them, the numbers of one form."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.output.checksums import sha256_of_data
from polyunroll.output.literals import fraction_literal
from polyunroll.schedules.formats import format_of
from polyunroll.schedules.method_data import built_from
from polyunroll.spectrum import Spectrum

__all__ = ["MOST_STEPS", "SCHEMA", "Schedule", "common_data", "spectrum_data"]

SCHEMA = "polyunroll/schedule/1"
MOST_STEPS = 1_000_000
"""More are not written, nor read."""


class _NotInThisForm(InvalidInput, AttributeError):
    """What other forms have and this one has not."""


@dataclass(frozen=True)
class Schedule:
    """A method's first steps as plain data: `pu.schedule` makes one, `pu.read_schedule` reads one.

    Every form has the exact method in it, as formulas and rationals, and the numbers of the form as correctly rounded
    doubles. A file of any format has the keys `schema`, `form`, those listed here, those of the form's class, and
    `sha256`, the SHA-256 of all the others as canonical JSON.

    Parameters
    ----------
    method : dict
        `name`, the family's name on the command line; `parameters`, exact numbers as text; `tables` if it has any.
    spectrum : dict
        `ell`, `L`, `kappa` and `condition_number`, exact numbers as text.
    program : dict
        The formulas, as `Program.as_data` gives them.
    steps : int
        T.
    horizon : int or None
        None where each x_t on the way is the method's own; else the number of steps these numbers are made for as a
        whole: stopped earlier, the error is another (see `error_after`).
    """

    form: ClassVar[str] = ""
    tables: ClassVar[tuple[str, ...]] = ()
    """The fields that hold a number, or several, for each step."""

    method: dict[str, Any]
    spectrum: dict[str, str]
    program: dict[str, Any]
    steps: int
    horizon: int | None

    def as_data(self) -> dict[str, Any]:
        """The schedule as plain JSON data, with its schema's name and the SHA-256 of all the rest."""
        content: dict[str, Any] = {"schema": SCHEMA, "form": self.form}
        content |= {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return {**content, "sha256": sha256_of_data(content)}

    def to_json(self) -> str:
        """The schedule as JSON text: equal schedules give equal texts, wherever they are made."""
        return json.dumps(self.as_data(), sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"

    def write(self, path: str | os.PathLike[str], force: bool = False) -> Path:
        """Write a file, whole or not at all, in the format that its name ends in.

        Parameters
        ----------
        path : str or path
            `.json`, `.csv`, `.npz` (nothing pickled) or `.py` (literals only); JSON if it has no ending.
        force : bool
            Whether to replace a file that exists.

        Returns
        -------
        Path

        Raises
        ------
        InvalidInput
            If the ending is another, the file exists and is not to be replaced, or it cannot be written.
        """
        from polyunroll.output.files import write_new

        return write_new(path, format_of(path).encode(self.as_data(), self.tables), force)

    @cached_property
    def _built(self) -> Method:
        return built_from(self.method, self.program)

    def as_method(self) -> Method:
        """The method the schedule was made of, exactly.

        For a class that is not polyunroll's own, a method with the same spectrum, program and parameters.
        """
        return self._built

    def error_after(self, t: int) -> float:
        """A proved upper bound of ‖x_t − x*‖/‖x_0 − x*‖ on every quadratic with this spectrum, stopped after t steps.

        It is max|P| over [ℓ, L], P being the residual of the first t steps, a little above it where rounded. Nothing
        is said about objectives that are not quadratic, nor about the rounding errors of the run.

        Parameters
        ----------
        t : int
            0 … T.

        Raises
        ------
        InvalidInput
            If t is none of these.
        """
        t = whole_number(t, "t")
        if t > self.steps:
            raise InvalidInput(f"t = {t} is beyond this schedule's {self.steps} steps; give t <= {self.steps}")
        return self._error_after(t)

    def _error_after(self, t: int) -> float:
        return largest_residual(self.as_method(), t)

    @property
    def horizon_note(self) -> str:
        """One sentence on stopping early."""
        if self.horizon is None:
            return "It may be stopped after any step: each x_t is the method's own."
        half = self.steps // 2
        end, early = self.error_after(self.steps), self.error_after(half)
        return (
            f"It is made for {self.horizon} steps as a whole: after {self.steps} the iterate's error "
            f"|x_t - x*| is at most {end:.3g} times that of the start, stopped after {half} at most {early:.3g} times."
        )

    def __getattr__(self, name: str) -> Any:
        if name in ("step_sizes", "momenta", "decays"):
            raise _NotInThisForm(
                f"a schedule of the form {self.form!r} has no {name}; the forms 'momentum' and 'richardson' have"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._built!r}, {self.steps} steps)"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return value


def common_data(method: Method, steps: int, whole: bool = False) -> dict[str, Any]:
    """The fields that every form has; `whole` where only all steps together give the method's P_T."""
    return {
        "method": method.as_data(),
        "spectrum": spectrum_data(method.spectrum),
        "program": method.program.as_data(),
        "steps": steps,
        "horizon": steps if whole else method.horizon,
    }


def spectrum_data(spectrum: Spectrum) -> dict[str, str]:
    """A spectrum as plain data: its ends, κ = ℓ/L and L/ℓ as exact text."""
    names = ("ell", "L", "kappa", "condition_number")
    return {name: fraction_literal(getattr(spectrum, name)) for name in names}


def largest_residual(method: Method, t: int) -> float:
    """max|P_t| over the spectrum, proved, rounded up a little."""
    from polyunroll.bounds.worst_case import worst_case

    found = worst_case(method, t, R=1, G=0, digits=6, split="partial")
    return float(found.upper) * (1 + 2**-50)
