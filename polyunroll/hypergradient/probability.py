"""The best probability of the exact branch in UFOM, known or learned on the way.

A call costs c_0 + c_1 q, and the iterations to a given accuracy grow like (V² + (1/q − 1)D²)^p, V² = ‖G‖² and
D² = ‖G − G_FO‖² (means or bounds). For p ≥ 1 the product is least at q = 1 if p(c_0 + c_1)D² ≥ c_1V², and elsewhere
at the positive root of c_1(V² − D²)q² + (1 − p)c_1D²q − p c_0D² = 0.
"""

from __future__ import annotations

from numbers import Real

from polyunroll.errors import InvalidInput
from polyunroll.hypergradient.inner import read_number

__all__ = ["Probability", "best_probability", "read_probability"]

LEAST = 0.05
DECAY = 0.99


def read_probability(name: str, value: object) -> float:
    """A number above 0 and at most 1.

    Raises
    ------
    InvalidInput
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) <= 1:
        raise InvalidInput(f"{name} is {value!r}; it must be above 0 and at most 1")
    return float(value)


def _size(name: str, value: float, positive: bool = False) -> float:
    if not 0 <= read_number(name, value) < float("inf") or (positive and value == 0):
        raise InvalidInput(f"{name} is {value}; it must be a finite number {'above' if positive else 'at or above'} 0")
    return float(value)


def best_probability(D2: float, V2: float, c0: float, c1: float, p: float = 1.0, least: float = LEAST) -> float:
    """The q with the least (c_0 + c_1 q)(V² + (1/q − 1)D²)^p, in [least, 1].

    Parameters
    ----------
    D2, V2 : float
        ‖G − G_FO‖² and ‖G‖², means or bounds, ≥ 0.
    c0, c1 : float
        Cost of a call, and what the exact branch adds; above 0.
    p : float
        Power of the second moment in the number of iterations, above 0.
    least : float
        q_min.

    Returns
    -------
    float

    Raises
    ------
    InvalidInput
        If a number is out of range.

    References
    ----------
    Likhosherstov, Song, Choromanski, Davis, Weller, ICML 2021 (p = 1).

    Examples
    --------
    >>> best_probability(D2=1, V2=5, c0=1, c1=1)
    0.5
    """
    D2, V2 = _size("D2", D2), _size("V2", V2)
    c0, c1, p = _size("c0", c0, True), _size("c1", c1, True), _size("p", p, True)
    least = read_probability("least", least)
    if D2 == 0:
        return least
    if p >= 1 and p * (c0 + c1) * D2 >= c1 * V2:
        return 1.0

    def objective(q: float) -> float:
        return float((c0 + c1 * q) * (V2 + (1 / q - 1) * D2) ** p)

    candidates = [least, 1.0] if p < 1 else []
    candidates += [min(max(q, least), 1.0) for q in _roots(c1 * (V2 - D2), (1 - p) * c1 * D2, -p * c0 * D2) if q > 0]
    return min(candidates, key=objective)


def _roots(a: float, b: float, c: float) -> list[float]:
    """The real roots of ax² + bx + c."""
    if a == 0:
        return [-c / b] if b != 0 else []
    inside = b * b - 4 * a * c
    if inside < 0:
        return []
    half = -(b + (inside**0.5 if b >= 0 else -(inside**0.5))) / 2
    return [half / a, c / half] if half != 0 else [0.0]


class Probability:
    """The probability of the exact branch, learned from exact draws by moving averages.

    Parameters
    ----------
    c0, c1 : float
        Cost of a call, and what the exact branch adds; above 0.
    p : float
        Power of the second moment in the number of iterations.
    least : float
        q_min.
    decay : float
        Of the exponential moving averages, which are corrected for their start at 0.

    Raises
    ------
    InvalidInput
        If a number is out of range.

    Notes
    -----
    Until the first exact draw q = 1. D² is the mean of ‖G − G_FO‖², not of the corrected update.
    """

    def __init__(self, c0: float, c1: float, p: float = 1.0, least: float = LEAST, decay: float = DECAY) -> None:
        best_probability(1, 1, c0, c1, p, least)  # checks the numbers
        if not 0 <= read_number("decay", decay) < 1:
            raise InvalidInput(f"decay is {decay}; it must be at least 0 and below 1")
        self._costs, self._decay = (c0, c1, p, least), decay
        self._sums, self._weight = [0.0, 0.0], 0.0
        self.exact_draws = 0

    def learn(self, D2: float, V2: float) -> None:
        """Take in ‖G − G_FO‖² and ‖G‖² of an exact draw."""
        for i, value in enumerate((_size("D2", D2), _size("V2", V2))):
            self._sums[i] = self._decay * self._sums[i] + (1 - self._decay) * value
        self._weight = self._decay * self._weight + (1 - self._decay)
        self.exact_draws += 1

    @property
    def means(self) -> tuple[float, float] | None:
        """The moving averages of (D², V²), or None before the first exact draw."""
        if self.exact_draws == 0:
            return None
        return self._sums[0] / self._weight, self._sums[1] / self._weight

    @property
    def q(self) -> float:
        """The probability to use next."""
        return 1.0 if self.means is None else best_probability(*self.means, *self._costs)
