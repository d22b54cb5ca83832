"""Measures of finitely many atoms: given ones, and the eigenvalues in a user's file or array."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from flint import fmpq

from polyunroll.arithmetic.exact import exact, in_order, is_symbolic, sign
from polyunroll.errors import InvalidInput
from polyunroll.output.literals import fraction_literal
from polyunroll.spectrum import Spectrum

__all__ = ["Discrete", "discrete", "empirical"]

_MOST = 1_000_000  # numbers in a file
_SHOWN = 60  # characters of a line in a message


@dataclass(frozen=True)
class Discrete:
    """Atoms at exact nodes > 0, ascending and distinct, with exact weights > 0 of sum 1.

    Attributes
    ----------
    nodes, weights : tuple of exact numbers
    """

    nodes: tuple[Any, ...]
    weights: tuple[Any, ...]

    def __str__(self) -> str:
        return f"discrete:{len(self.nodes)} atoms"

    def __repr__(self) -> str:
        ends = f"{fraction_literal(self.nodes[0])}, …, {fraction_literal(self.nodes[-1])}"
        return f"Discrete({len(self.nodes)} atoms: {ends})"

    @property
    def spectrum(self) -> Spectrum:
        """The smallest interval that holds the atoms."""
        return Spectrum(self.nodes[0], self.nodes[-1], note="atoms")

    def atoms(self, spectrum: Spectrum, degree: int, digits: int | None) -> tuple[list[Any], list[Any]]:
        """(nodes, weights) in λ; the same for every degree and precision.

        Raises
        ------
        InvalidInput
            If an atom lies outside the spectrum.
        """
        for node in (self.nodes[0], self.nodes[-1]):
            if not spectrum.contains(node):
                raise InvalidInput(
                    f"the measure has an atom at {fraction_literal(node)}, outside the spectrum {spectrum}; "
                    "give a spectrum that holds all atoms"
                )
        return list(self.nodes), list(self.weights)


def discrete(nodes: Iterable[Any], weights: Iterable[Any] | None = None) -> Discrete:
    """A measure of finitely many atoms.

    Parameters
    ----------
    nodes : iterable of exact numbers > 0
        Equal ones are joined.
    weights : iterable of exact numbers ≥ 0, optional
        As many; equal ones by default. They are divided by their sum, and atoms of weight 0 are left out.

    Raises
    ------
    InvalidInput
        If a node is not > 0, a weight is negative, all weights are 0, or the two differ in number.
    """
    points = [exact(value, f"nodes[{i}]") for i, value in enumerate(_listed(nodes, "nodes"))]
    if not points:
        raise InvalidInput("nodes is empty; give at least one node")
    masses = (
        [fmpq(1)] * len(points)
        if weights is None
        else [exact(value, f"weights[{i}]") for i, value in enumerate(_listed(weights, "weights"))]
    )
    if len(masses) != len(points):
        raise InvalidInput(f"there are {len(points)} nodes and {len(masses)} weights; give as many weights as nodes")
    joined: dict[Any, Any] = {}
    for i, (point, mass) in enumerate(zip(points, masses, strict=True)):
        if is_symbolic(point) or is_symbolic(mass):
            raise InvalidInput("a discrete measure needs numbers, not symbols")
        if sign(point) <= 0:
            raise InvalidInput(f"nodes[{i}] = {fraction_literal(point)} is not allowed; eigenvalues must be > 0")
        if sign(mass) < 0:
            raise InvalidInput(f"weights[{i}] = {fraction_literal(mass)} is negative; weights must be >= 0")
        if sign(mass) > 0:
            joined[point] = joined[point] + mass if point in joined else mass
    if not joined:
        raise InvalidInput("all weights are 0; at least one must be > 0")
    total = sum(joined.values(), fmpq(0))
    ordered = sorted(joined.items(), key=lambda pair: in_order(pair[0]))
    return Discrete(tuple(point for point, _ in ordered), tuple(mass / total for _, mass in ordered))


def _listed(values: Any, name: str) -> list[Any]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InvalidInput(f"{name} is a {type(values).__name__}; give a list of numbers")
    array = np.asarray(values) if isinstance(values, np.ndarray) else None
    if array is None:
        return list(values)
    if array.ndim != 1:
        raise InvalidInput(f"{name} has shape {array.shape}; give one dimension")
    return list(array.tolist() if array.dtype == np.float64 or array.dtype.kind in "iu" else array)


def empirical(eigenvalues: Any) -> Discrete:
    """The empirical measure of a list of eigenvalues, all of the same weight.

    Parameters
    ----------
    eigenvalues : path, or iterable of exact numbers > 0
        A file: NPY (one dimension, real; never a pickle), or text with numbers separated by commas, blanks or line
        ends, each read exactly; lines that start with # and a first line without numbers are left out.

    Raises
    ------
    InvalidInput
        If the file cannot be read, or holds anything but numbers > 0.
    """
    if isinstance(eigenvalues, (str, os.PathLike)):
        return discrete(_read(Path(eigenvalues)))
    return discrete(eigenvalues)


def _read(path: Path) -> list[Any]:
    try:
        with path.open("rb") as file:
            start = file.read(6)
        if start == b"\x93NUMPY":
            return _from_npy(path)
        return _from_text(path, path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(f"the file {str(path)!r} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"the file {str(path)!r} is neither NPY nor text") from None


def _from_npy(path: Path) -> list[Any]:
    try:
        values = np.load(path, allow_pickle=False)
    except (ValueError, EOFError):
        raise InvalidInput(f"the file {str(path)!r} is no NPY file of plain numbers") from None
    if values.dtype.kind not in "fiu" or values.size > _MOST:
        raise InvalidInput(f"the file {str(path)!r} holds {values.size} entries of dtype {values.dtype}; give reals")
    return _listed(np.squeeze(values) if values.size > 1 else values.ravel(), f"the array in {str(path)!r}")


def _like_a_number(text: str) -> bool:
    """Whether a column's name is none: digits, or what a float may be that is no number."""
    return any(map(str.isdigit, text)) or text.strip("+-").lower() in ("nan", "inf", "infinity")


def _from_text(path: Path, text: str) -> list[Any]:
    found: list[Any] = []
    first = True
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.replace(",", " ").replace(";", " ").split()
        if not parts or parts[0].startswith("#"):
            continue
        try:
            found += [exact(part, "it") for part in parts]
        except InvalidInput:
            if first and not any(map(_like_a_number, parts)):
                first = False
                continue
            shown = line.strip()[:_SHOWN]
            raise InvalidInput(f"line {number} of {str(path)!r} is {shown!r}; it must hold numbers") from None
        first = False
        if len(found) > _MOST:
            raise InvalidInput(f"the file {str(path)!r} holds more than {_MOST} numbers")
    if not found:
        raise InvalidInput(f"the file {str(path)!r} holds no numbers")
    return found
