"""Certified suprema of |f| for cosine sums f(θ) = Σ a_k cos kθ: any degree, any number of digits.

1. f … f‴ on θ_j = jπ/N, N ≥ 2.5n, by one discrete Fourier transform in balls. By Riesz's inequality for even
   trigonometric polynomials, ‖f‖ ≤ B := max_j|f(θ_j)| / cos(nπ/2N).
2. On a cell |θ−θ_j| ≤ δ = π/2N, with x = nδ, |f| ≤ |f_j| + |f′_j|δ + Bx²/2 (Taylor and Bernstein). Cells that stay
   below the largest |f_j| are excluded; of the others, again with third derivatives.
3. What is left gets a Taylor model (`local`), and the supremum is the largest of theirs. Where many cells are left,
   rough models, of derivatives at the screen's precision, first settle those with a lower peak.

References
----------
M. Riesz, Jahresber. DMV 23 (1914) 354–368 (Bernstein's inequality, and that near a maximum |f(θ)| ≥ ‖f‖cos nθ).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import NamedTuple

from flint import arb

from polyunroll.arithmetic.balls import ball_precision, precision
from polyunroll.bounds.cosine import Cosine
from polyunroll.bounds.enclosure import Portable, TooWide
from polyunroll.bounds.local import LocalModel, Piece, larger, order_for

__all__ = ["Supremum", "grid_size", "supremum"]

Jets = dict[int, list[arb]]

_SCREEN_BITS = 64
_PIECES = 4_000
_MANY_CELLS = 60
"""From here on the derivatives at all cells come from transforms, not from evaluations cell by cell."""
_ROUGH_PIECES = 40


class _Rough(NamedTuple):
    """A Taylor order, the bits beyond the screen's that it deserves, and for how many cells it pays."""

    order: int
    bits: int
    fewest: int
    most: int | None


_ROUGH = (_Rough(7, 0, _MANY_CELLS, None), _Rough(18, 64, 6, _MANY_CELLS))


@dataclass(frozen=True)
class Supremum(Portable):
    """sup|f| in [lower, upper], attained near θ = jπ/N + δu; the cells that were not excluded, with their pieces.

    All at the precision the search ran at; `lower`, `upper` and `u` are exact balls.
    """

    lower: arb
    upper: arb
    j: int
    u: arb
    N: int
    order: int
    cells: dict[int, list[Piece]]

    @property
    def theta(self) -> arb:
        """The place, at the precision in force."""
        return (2 * self.j + self.u) * arb.pi() / (2 * self.N) if self.N else arb(0)

    @property
    def end(self) -> str | None:
        """Which end of the spectrum the place is exactly, if it is one."""
        if self.u != 0 or self.j not in (0, self.N):
            return None
        return "L" if self.j == 0 else "ell"


def grid_size(n: int) -> int:
    """The least N ≥ max(4, 2.5n) that has only factors 2, 3 and 5."""
    N = max(4, (5 * n + 1) // 2)
    while True:
        rest = N
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return N
        N += 1


def _screen(f: Cosine, N: int, limit: int) -> tuple[list[list[arb]], int]:
    """f^(m)/n^m, m ≤ 3, on the grid, precise enough to tell sizes apart, and the bits that took.

    Raises
    ------
    TooWide
        If twice the precision in force does not do: then the coefficients themselves are too wide.
    """
    bits = _SCREEN_BITS
    while True:
        with ball_precision(bits):
            grid = f.grid(N)
            largest = max(abs(v).lower() for v in grid[0])
            if largest > 0 and max(v.rad() for v in grid[0]) * 2**20 < largest:
                return grid, bits
        if bits >= limit:
            raise TooWide("the coefficients are too wide for any bound on their supremum")
        bits = min(2 * bits, limit)


def supremum(f: Cosine, bits: int, floor: arb | None = None) -> Supremum:
    """Enclose sup|f| to a relative width of about 2^−bits; call it inside `ball_precision`.

    The coefficients' own radii limit what is reached: the caller looks at the width and comes again with narrower
    coefficients if it must.

    Parameters
    ----------
    f : Cosine
        Not identically 0, unless there is a floor.
    bits : int
    floor : arb, optional
        A value > 0 known to be attained elsewhere: where f stays below it, `upper` is no more than the floor and a
        hair, and `lower` is only a value of |f|. A function that may be 0 needs one.

    Raises
    ------
    TooWide
        If the coefficients' radii leave no bound on the supremum, or are not finite.
    """
    if not all(v.is_finite() for v in f.a):
        raise TooWide("a coefficient is not finite")
    if f.n == 0:
        size = abs(f.a[0])
        return Supremum(size.lower(), size.upper(), 0, arb(0), 0, 0, {})
    n, N = f.n, grid_size(f.n)
    if floor is not None and 2 * sum(map(abs, f.a), arb(0)) < floor:
        return Supremum(arb(0), floor.upper(), 0, arb(0), N, 1, {})
    grid, screen_bits = _screen(f, N, max(2 * precision(), 2 * _SCREEN_BITS))
    values, delta = grid[0], arb.pi() / (2 * N)
    bound = max(abs(v).upper() for v in values) / (n * delta).cos()
    start = max(range(N + 1), key=lambda j: abs(values[j]).lower())
    best, place = abs(values[start]).lower(), (start, arb(0))
    attained = best if floor is None or best >= floor else floor.lower()
    with ball_precision(screen_bits):
        cells = _not_excluded(grid, n * delta, bound, attained)
    settled: dict[int, list[Piece]] = {}
    for rough in _ROUGH:
        if rough.fewest < len(cells) <= (rough.most or N + 1) and bits > 4 * rough.order:
            with ball_precision(screen_bits + rough.bits):
                jets = _jets(f, cells, N, rough.order, None if rough.bits else grid)
                cells, low, better = _sift(jets, n * delta, bound, attained)
            settled |= low
            if better is not None:
                best, place = better
                attained = best
    tolerance = (attained * arb(2) ** (-bits - 2)).upper()
    order = order_for(n, delta, bound, (tolerance / 8).lower())
    models = _models(_jets(f, cells, N, order), n * delta, bound)
    cells.sort(key=lambda j: -float(abs(values[j]) / attained))
    upper = attained
    for j in cells:
        reached, high, u, pieces = models[j].supremum(attained, tolerance, _PIECES)
        settled[j] = pieces
        if reached.lower() > attained.lower():
            attained = best = reached
            place = (j, u)
        upper = larger(upper, high)
    if not (upper.is_finite() and best.is_finite()):
        raise TooWide("the coefficients are too wide for any bound on their supremum")
    return Supremum(best.lower(), upper.upper(), *place, N, order, settled)


def _not_excluded(grid: list[list[arb]], x: arb, bound: arb, attained: arb) -> list[int]:
    """The cells on which |f| is not proved to stay below what is attained; x = nδ."""
    second, fourth = bound * x**2 / 2, bound * x**4 / 24
    left = []
    for j, (f0, f1, f2, f3) in enumerate(zip(*grid, strict=True)):
        size = abs(f0) + x * abs(f1)
        if size + second < attained or size + x**2 * (abs(f2) / 2 + x * abs(f3) / 6) + fourth < attained:
            continue
        left.append(j)
    return left


def _sift(
    jets: Jets, x: arb, bound: arb, attained: arb
) -> tuple[list[int], dict[int, list[Piece]], tuple[arb, tuple[int, arb]] | None]:
    """Settle the cells that rough models show to stay below the largest value.

    Returns the cells that are left, the pieces of the others, and the largest value with its place if it is above
    `attained`. The remainders are taken twice as large, so that finer models agree with the pieces.
    """
    tolerance = attained * arb(2) ** (-2 * (len(next(iter(jets.values()))) - 1))
    found, better = {}, None
    for j, model in _models(jets, x, 2 * bound).items():
        reached, high, u, pieces = model.supremum(attained, tolerance, _ROUGH_PIECES)
        found[j] = high, pieces
        if reached.lower() > attained:
            attained = reached.lower()
            better = attained, (j, u)
    left = [j for j in jets if not found[j][0] < attained]
    return left, {j: pieces for j, (high, pieces) in found.items() if high < attained}, better


def _jets(f: Cosine, cells: list[int], N: int, order: int, known: list[list[arb]] | None = None) -> Jets:
    """f^(m)/n^m, m ≤ order, at the cells' centres: by evaluation if they are few, by transforms if many."""
    if len(cells) <= _MANY_CELLS:
        jets = f.derivatives([arb.pi() * j / N for j in cells], order)
        return {j: [value / arb(f.n) ** m for m, value in enumerate(jet)] for j, jet in zip(cells, jets, strict=True)}
    rows = known or []
    for start in range(len(rows), order + 1, 4):
        rows = rows + f.grid(N, start)
    return {j: [row[j] for row in rows[: order + 1]] for j in cells}


def _models(jets: Jets, x: arb, bound: arb) -> dict[int, LocalModel]:
    """Taylor models, in the variable n(θ − θ_j) on |·| ≤ x = nδ."""
    found = {}
    for j, jet in jets.items():
        found[j] = LocalModel(jet, x, bound * x ** len(jet) / factorial(len(jet)))
    return found
