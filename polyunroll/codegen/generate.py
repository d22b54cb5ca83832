"""`generate`: a method as a standalone solver."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import polyunroll.codegen
from polyunroll.arithmetic.exact import whole_number
from polyunroll.codegen.facts import facts_of
from polyunroll.codegen.ir import solver_of
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.output.files import write_new
from polyunroll.schedules.base import MOST_STEPS

__all__ = ["DERIVATIVES", "Source", "generate", "targets"]

DERIVATIVES = ("jvp", "vjp")


@dataclass(frozen=True)
class Source:
    """An emitted solver; `str()` gives its text.

    Attributes
    ----------
    text : str
    target : str
    steps : int
    derivative : str or None
    """

    text: str
    target: str
    steps: int
    derivative: str | None

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        lines = self.text.count("\n")
        return f"Source(target={self.target!r}, steps={self.steps}, derivative={self.derivative!r}, {lines} lines)"

    def write(self, path: str | os.PathLike[str], force: bool = False) -> Path:
        """Write the text to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
        force : bool
            Whether to replace a file that exists.

        Returns
        -------
        Path

        Raises
        ------
        InvalidInput
            If the file exists and is not to be replaced, or cannot be written.
        """
        return write_new(path, self.text, force)

    def load(self) -> Any:
        """The emitted file as a module, without writing it; for C, its functions by `ctypes`.

        Raises
        ------
        InvalidInput
            If the target's library, or a C compiler, is not there.
        """
        return _target(self.target).load(self)


def generate(m: Method, steps: int | None = None, target: str = "numpy", derivative: str | None = None) -> Source:
    """A method's first steps as the source of a solver that runs without polyunroll.

    Parameters
    ----------
    m : Method
        Not a symbolic one.
    steps : int, optional
        1 to 1 000 000; for a method with a horizon, the horizon if left out.
    target : str
        The library it is for; `targets()` lists them.
    derivative : None, "jvp" or "vjp"
        What the file has beside `solve`: `jvp` carries the derivatives of x in p parameters along, `vjp` gives those of
        u^T x by a reverse sweep.

    Returns
    -------
    Source

    Raises
    ------
    InvalidInput
        If an argument is not allowed.
    HorizonError
        If there are more steps than a fixed-horizon method has.

    Examples
    --------
    >>> import numpy as np
    >>> from polyunroll import Chebyshev, Spectrum, generate
    >>> solver = generate(Chebyshev(Spectrum("1/10", 1)), 60).load()
    >>> solver.solve(np.diag([0.1, 1.0]), np.array([1.0, 1.0])).round(6)
    array([-10.,  -1.])
    """
    if not isinstance(m, Method):
        raise InvalidInput(f"m is a {type(m).__name__}; give a method, such as Chebyshev(Spectrum('1/100', 1))")
    printer = _target(target)
    if derivative is not None and derivative not in DERIVATIVES:
        raise InvalidInput(f"derivative = {derivative!r} is not allowed; give None, 'jvp' or 'vjp'")
    if steps is None and m.horizon is None:
        raise InvalidInput(
            "steps = None is not allowed for a method without a horizon; give --steps, a whole number >= 1"
        )
    steps = whole_number(m.horizon if steps is None else steps, "steps", 1)
    if steps > MOST_STEPS:
        raise InvalidInput(f"steps = {steps} is not allowed; a solver has at most {MOST_STEPS}")
    solver = solver_of(m, steps)
    facts = facts_of(m, steps, target, derivative)
    return Source(printer.render(solver, facts, derivative), target, steps, derivative)


@cache
def targets() -> tuple[str, ...]:
    """The targets there are: each folder of this room is one."""
    folders = [module.name for module in iter_modules(polyunroll.codegen.__path__) if module.ispkg]
    return tuple(sorted(name.replace("_", "-") for name in folders))


def _target(name: Any) -> ModuleType:
    """A target's printer."""
    if name not in targets():
        raise InvalidInput(f"target = {name!r} is not allowed; give one of {', '.join(targets())}")
    return import_module(f"polyunroll.codegen.{name.replace('-', '_')}")
