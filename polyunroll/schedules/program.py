"""Program tables: a method as formulas with exact parameters, and the registers' values as doubles."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from polyunroll.arithmetic.balls import ball_precision, midpoint
from polyunroll.arithmetic.exact import whole_number
from polyunroll.arithmetic.expression import Expression, Name
from polyunroll.arithmetic.systems import BALLS, EXACT, System
from polyunroll.errors import InvalidInput
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.methods.base import Method
from polyunroll.output.checksums import sha256_of_data
from polyunroll.output.files import write_atomic
from polyunroll.output.literals import fraction_literal, nearest_double
from polyunroll.spectrum import Spectrum

__all__ = ["FORMS", "SCHEMA", "Schedule", "read_schedule", "schedule", "spectrum_data"]

SCHEMA = "polyunroll/schedule/1"
FORMS = ("program",)
_BALL_BITS = (128, 512, 2048)

Values = dict[str, tuple[float, ...]]


class _TooWide(Exception):
    """A ball holds numbers that round to different doubles."""


@dataclass(frozen=True)
class Schedule:
    """A method's coefficients, as plain data.

    Parameters
    ----------
    method : dict
        `name`, the family's name on the command line, and `parameters`, exact numbers as text.
    spectrum : dict
        `ell`, `L`, `kappa` and `condition_number`, exact numbers as text.
    program : dict
        The formulas, as `Program.as_data` gives them.
    steps : int
    constants : dict of str to float
        The program's parameters and constants, correctly rounded.
    registers : dict of str to tuple of float
        For each register its values at steps 1, 2, …, `steps`, correctly rounded.
    history : dict of str to tuple of float
        For each register that the first step looks back at, its values at steps 0, −1, …, correctly rounded.
    form : str
        "program".
    """

    method: dict[str, Any]
    spectrum: dict[str, str]
    program: dict[str, Any]
    steps: int
    constants: dict[str, float]
    registers: Values
    history: Values
    form: str = "program"

    def as_data(self) -> dict[str, Any]:
        """The schedule as plain JSON data, with its schema's name and the SHA-256 of all the rest."""
        content = {"schema": SCHEMA, **asdict(self)}
        for table in ("registers", "history"):
            content[table] = {name: list(values) for name, values in content[table].items()}
        return {**content, "sha256": sha256_of_data(content)}

    def to_json(self) -> str:
        """The schedule as JSON text: equal schedules give equal texts, wherever they are made."""
        return json.dumps(self.as_data(), sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the JSON text to a file, whole or not at all.

        Raises
        ------
        InvalidInput
            If the file cannot be written.
        """
        return write_atomic(path, self.to_json())


def spectrum_data(spectrum: Spectrum) -> dict[str, str]:
    """A spectrum as plain data: its ends, κ = ℓ/L and L/ℓ as exact text."""
    names = ("ell", "L", "kappa", "condition_number")
    return {name: fraction_literal(getattr(spectrum, name)) for name in names}


def schedule(method: Method, steps: int | None = None, form: str = "program") -> Schedule:
    """The coefficients of a method's first steps.

    The registers are run in ball arithmetic, with more bits until every ball lies within what rounds to one
    double; a value that no ball can settle, such as an exact zero, is computed exactly. So every double in
    the result is the one nearest to the exact value.

    Parameters
    ----------
    method : Method
    steps : int, optional
        At least 1; for a method with a horizon, the horizon if left out.
    form : str
        "program": the formulas, and the registers' values.

    Returns
    -------
    Schedule

    Raises
    ------
    InvalidInput
        If the form is not known, the steps are missing or no whole number ≥ 1, the method has symbolic
        parameters, or a value is beyond the largest double.
    HorizonError
        If there are more steps than a fixed-horizon method has.
    """
    if form not in FORMS:
        raise InvalidInput(f"form = {form!r} is not allowed; give 'program'")
    if not isinstance(method, Method):
        raise InvalidInput(f"method = {method!r} is not a method; give one, such as Chebyshev(spectrum)")
    if steps is None:
        steps = method.horizon
        if steps is None:
            raise InvalidInput("steps = None is not allowed for a method without a horizon; give a whole number >= 1")
    steps = whole_number(steps, "steps", 1)
    method.require_steps(steps)
    if method.is_symbolic:
        raise InvalidInput(f"{method!r} has symbolic parameters; a schedule needs numbers")
    constants = constants_of(method.program, dict(method.values))
    registers, history = _register_values(method, constants, steps)
    return Schedule(
        method=method.as_data(),
        spectrum=spectrum_data(method.spectrum),
        program=method.program.as_data(),
        steps=steps,
        constants={name: nearest_double(value) for name, value in constants.items()},
        registers=registers,
        history=history,
    )


def _register_values(method: Method, constants: Mapping[str, Any], steps: int) -> tuple[Values, Values]:
    for bits in _BALL_BITS:
        try:
            with ball_precision(bits):
                return _run(method, constants, steps, BALLS)
        except (_TooWide, ZeroDivisionError):
            continue
    try:
        return _run(method, constants, steps, EXACT)
    except ZeroDivisionError:
        raise InvalidInput(f"the program of {method!r} divides by zero within its first {steps} steps") from None


def _run(method: Method, constants: Mapping[str, Any], steps: int, system: System) -> tuple[Values, Values]:
    program = method.program
    scalars = Scalars(program, constants, system)
    nearest = nearest_double if system is EXACT else _nearest_in_ball
    names = [register.name for register in program.registers]
    past = [(name, back) for name, lag in program.max_lag().items() for back in range(1, lag + 1)]
    look_back = scalars.evaluator([Expression(f"{name}[t-{back}]", Name(name, back)) for name, back in past])
    present = scalars.evaluator([Expression(name, Name(name)) for name in names])
    registers: dict[str, list[float]] = {name: [] for name in names}
    history: dict[str, list[float]] = {}
    for t in range(1, steps + 1):
        scalars.advance()
        if t == 1:
            for (name, _), value in zip(past, look_back(), strict=True):
                if value is not None:  # a register may start later than the furthest look back
                    history.setdefault(name, []).append(nearest(value))
        for name, value in zip(names, present(), strict=True):
            registers[name].append(nearest(value))
    return _frozen(registers), _frozen(history)


def _frozen(values: Mapping[str, list[float]]) -> Values:
    return {name: tuple(numbers) for name, numbers in values.items()}


def _nearest_in_ball(value: Any) -> float:
    """The double that everything in a ball rounds to."""
    if not value.is_finite():
        raise _TooWide
    middle, radius = midpoint(value), midpoint(value.rad())
    low, high = (nearest_double(end) for end in (middle - radius, middle + radius))
    if low != high:
        raise _TooWide
    return low


def read_schedule(path: str | os.PathLike[str]) -> Schedule:
    """Read a schedule from a file, and check that it is as it was written.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Schedule
        The data alone; no method is built.

    Raises
    ------
    InvalidInput
        If the file cannot be read, is no schedule of this schema, or does not have the SHA-256 it names.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise InvalidInput(f"{path} is not a schedule: it holds no JSON text") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise InvalidInput(f"{path} is not a schedule of the schema {SCHEMA!r}")
    named = data.pop("sha256", None)
    if named != sha256_of_data(data):
        raise InvalidInput(f"{path} was changed: it does not have the sha256 it names, {named!r}")
    del data["schema"]
    if set(data) != {field.name for field in fields(Schedule)}:
        raise InvalidInput(f"{path} is not a schedule of the schema {SCHEMA!r}: its keys are {sorted(data)}")
    for table in ("registers", "history"):
        data[table] = {name: tuple(values) for name, values in data[table].items()}
    return Schedule(**data)
