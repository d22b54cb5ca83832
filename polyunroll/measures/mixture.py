"""Mixtures of measures: known eigenvalues, and a background that holds a polynomial down between them.

A polynomial that is small at known eigenvalues may be as large as 10^100 between them, where rounding, or an eigenvalue
known to 16 digits only, meets it. A share ω of a weight on the whole spectrum holds its mean size there below its norm
divided by √ω.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision, midpoint, to_double
from polyunroll.arithmetic.exact import exact, is_symbolic, sign, to_float
from polyunroll.errors import InvalidInput
from polyunroll.measures.density import Density
from polyunroll.measures.discrete import Discrete, discrete
from polyunroll.measures.estimate import Estimate
from polyunroll.measures.gegenbauer import Gegenbauer, chebyshev
from polyunroll.output.literals import fraction_literal
from polyunroll.spectrum import Spectrum

__all__ = ["Mixture", "mixed"]

_DOUBLE_BITS = 100
_GUARD_DIGITS = 20


@dataclass(frozen=True)
class Mixture:
    """A sum of measures, at most one of them discrete, with exact shares > 0 of sum 1.

    Attributes
    ----------
    parts : tuple of Discrete, Density and the Chebyshev weight
    shares : tuple of exact numbers
    """

    parts: tuple[Any, ...]
    shares: tuple[Any, ...]

    def __str__(self) -> str:
        return "mixed:" + "+".join(
            f"{to_float(share):.3g}*{part}" for share, part in zip(self.shares, self.parts, strict=True)
        )

    def __repr__(self) -> str:
        return f"Mixture({str(self).removeprefix('mixed:')})"

    def atoms(self, spectrum: Spectrum, degree: int, digits: int | None) -> tuple[list[Any], list[Any]]:
        """Nodes and weights that integrate polynomials of degree ≤ 2·degree: every part's own, times its share.

        Returns
        -------
        nodes, weights : lists of double, or of exact numbers with `digits`

        Raises
        ------
        InvalidInput
            If an atom lies outside the spectrum, or a density is not integrable.
        """
        nodes: list[Any] = []
        weights: list[Any] = []
        for share, part in zip(self.shares, self.parts, strict=True):
            if isinstance(part, Gegenbauer):
                own = _gauss(spectrum, degree + 1, digits)
            else:
                own = part.atoms(spectrum, degree, digits)
            nodes += own[0] if digits is not None else map(_double, own[0])
            weights += [w * share if digits is not None else _double(w) * to_float(share) for w in own[1]]
        return nodes, weights


def mixed(measures: Any, shares: Any) -> Any:
    """A mixture of measures, such as the eigenvalues of a matrix and 1e-8 of the Chebyshev weight.

    Parameters
    ----------
    measures : iterable
        chebyshev(), the weight on the method's spectrum; densities, atoms, mixtures; estimates, each of which counts
        as the atoms it found.
    shares : iterable of exact numbers > 0
        As many. They are divided by their sum.

    Returns
    -------
    A measure
        A `Discrete` if all are discrete, the measure itself if there is one only, otherwise a `Mixture`.

    Raises
    ------
    InvalidInput
        If one is none of these measures, a share is not > 0, or the two differ in number.

    Examples
    --------
    >>> from polyunroll import measures
    >>> measures.mixed([measures.empirical(["1/10", "1/2", 1]), measures.chebyshev()], [1, "1e-8"])
    Mixture(1*discrete:3 atoms+1e-08*chebyshev)
    """
    parts = _listed(measures)
    sizes = [exact(share, f"shares[{i}]") for i, share in enumerate(_listed(shares))]
    if not parts:
        raise InvalidInput("measures is empty; give at least one measure")
    if len(parts) != len(sizes):
        raise InvalidInput(f"there are {len(parts)} measures and {len(sizes)} shares; give as many shares as measures")
    smooth: dict[Any, Any] = {}
    points: list[tuple[Any, Any]] = []
    for i, (part, size) in enumerate(zip(parts, sizes, strict=True)):
        if is_symbolic(size) or sign(size) <= 0:
            raise InvalidInput(f"shares[{i}] = {fraction_literal(size)} is not allowed; give a number > 0")
        for own, measure in _flat(part, f"measures[{i}]"):
            if isinstance(measure, Discrete):
                points += [(node, size * own * mass) for node, mass in zip(measure.nodes, measure.weights, strict=True)]
            else:
                smooth[measure] = smooth.get(measure, fmpq(0)) + size * own
    found = dict(smooth)
    if points:
        atoms = discrete([node for node, _ in points], [mass for _, mass in points])
        found = {atoms: sum((mass for _, mass in points), fmpq(0)), **smooth}
    if len(found) == 1:
        return next(iter(found))
    total = sum(found.values(), fmpq(0))
    return Mixture(tuple(found), tuple(size / total for size in found.values()))


def _listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, Iterable) and not isinstance(values, (str, bytes)) else [values]


def _flat(measure: Any, name: str) -> list[tuple[Any, Any]]:
    """(share, measure) pairs without mixtures and estimates."""
    if isinstance(measure, Mixture):
        return list(zip(measure.shares, measure.parts, strict=True))
    if isinstance(measure, Estimate):
        return [(fmpq(1), measure.measure)]
    is_weight = isinstance(measure, Gegenbauer) and measure == chebyshev()
    if not is_weight and not isinstance(measure, (Discrete, Density)):
        raise InvalidInput(
            f"{name} = {measure!s} cannot be part of a mixture; give chebyshev(), a density, atoms or an estimate"
        )
    return [(fmpq(1), measure)]


def _double(value: Any) -> float:
    return value if isinstance(value, float) else to_float(exact(value))


def _gauss(spectrum: Spectrum, count: int, digits: int | None) -> tuple[list[Any], list[Any]]:
    """Gauss's rule of the Chebyshev weight: the zeros of T_count, all of one weight (DLMF 3.5.23)."""
    with ball_precision(_DOUBLE_BITS if digits is None else int((digits + _GUARD_DIGITS) * 3.33)):
        center, radius = ball(spectrum.center), ball(spectrum.radius)
        nodes = [center - radius * (arb.pi() * (2 * j + 1) / (2 * count)).cos() for j in range(count)]
        return [to_double(x) if digits is None else midpoint(x) for x in nodes], [fmpq(1, count)] * count
