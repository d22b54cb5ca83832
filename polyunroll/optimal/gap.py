"""How far any method is from the minimax limit, proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from polyunroll.arithmetic.exact import exact
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.worst_case import worst_case
from polyunroll.methods.base import Method
from polyunroll.optimal.minimax import Minimax, quotient

__all__ = ["MinimaxGap", "minimax_gap"]


@dataclass(frozen=True)
class MinimaxGap:
    """A method's proved worst cases against the least that any method with fixed coefficients can have.

    Attributes
    ----------
    W, V : Enclosure
        Of the method.
    limit : Enclosure
        The least W_t of all; no V_t is below it either.
    W_ratio, V_ratio : Enclosure or None
        W and V as multiples of the limit, ≥ 1; None where the limit is 0.
    """

    W: Enclosure
    V: Enclosure
    limit: Enclosure

    def __str__(self) -> str:
        ratio = self.V_ratio
        above = "" if ratio is None else f": {ratio.decimal(5)} times as much"
        return f"V = {self.V.decimal(6)}, the limit is {self.limit.decimal(6)}{above}"

    @property
    def W_ratio(self) -> Enclosure | None:
        """W/limit."""
        return quotient(self.W, self.limit)

    @property
    def V_ratio(self) -> Enclosure | None:
        """V/limit."""
        return quotient(self.V, self.limit)


def minimax_gap(m: Method, t: int, R: Any = 1, G: Any = 0, split: str = "total", digits: int = 15) -> MinimaxGap:
    """How far a method's worst case after t steps is from the minimax limit, all proved.

    Parameters
    ----------
    m : Method
        Without symbols.
    t : int
    R, G : exact numbers ≥ 0, not both 0
    split : {"total", "partial"}
    digits : int
        Of each of the three enclosures.

    Returns
    -------
    MinimaxGap

    Raises
    ------
    InvalidInput, HorizonError, TooWide
        As `worst_case`.
    LinearProgramFailed, ExchangeFailed
        As `Minimax`.
    """
    W, V = (worst_case(m, t, R, G, digits, criterion=c, split=split) for c in ("pointwise", "exact"))
    if (
        isinstance(m, Minimax)
        and m.criterion == "pointwise"
        and m.max_residual is None
        and (m.problem.t, m.problem.R, m.problem.G, m.problem.split)
        == (
            t,
            exact(R),
            exact(G),
            split,
        )
    ):
        return MinimaxGap(W, V, m.limit)
    return MinimaxGap(W, V, Minimax(m.spectrum, t, R, G, split, digits).limit)
