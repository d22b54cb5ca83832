"""Weights from doubles, changed as little as equations need: the exact step from a search to a proved lower bound."""

from __future__ import annotations

from flint import arb, arb_mat

__all__ = ["nearest_weights"]

Balls = list[arb]

_LEAST = 1e-6  # of the largest weight: a functional without weight may take on this share of a change


def nearest_weights(rows: list[Balls], start: Balls, target: Balls) -> Balls | None:
    """Balls around the weights w nearest to `start` with Σ w_j·rows[j] = target exactly; None if there are none.

    Distances are in units of the weights themselves, or of a small share of the largest. That the weights are nearest
    is no matter for a proof; that they satisfy the equations is, and the enclosure of the solution shows it.

    Parameters
    ----------
    rows : list of list of arb, shape (n, k)
        Functionals, one a row.
    start : list of arb, shape (n,)
    target : list of arb, shape (k,)
    """
    largest = max((abs(v) for v in start), key=float) if start else arb(0)
    if not largest > 0:
        return None
    units = [abs(v).max(largest * _LEAST).mid() for v in start]
    scaled = arb_mat([[unit * v for v in row] for unit, row in zip(units, rows, strict=True)])
    begin = arb_mat([[v / unit] for v, unit in zip(start, units, strict=True)])
    residual = arb_mat([[v] for v in target]) - scaled.transpose() * begin
    try:
        change = scaled * (scaled.transpose() * scaled).solve(residual)
    except ZeroDivisionError:
        return None
    return [unit * (begin[i, 0] + change[i, 0]) for i, unit in enumerate(units)]
