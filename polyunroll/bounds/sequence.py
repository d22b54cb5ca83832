"""P_t for many t in one pass over the steps, and quick two-sided bounds on the worst case of each.

The states of the program are run as Chebyshev series with ball coefficients. With λ = center + radius·σ,

    σ Σ a_k T_k = ½ Σ a_k (T_{k+1} + T_{|k−1|}),

two shifts of the coefficients (DLMF 18.9.1). A gradient is kept as center·query + radius·σ·query until it is combined
with states, for there center·query nearly cancels: then the radii grow no faster than r_{t+1} = 2r_t + r_{t−1}, that is
by log2(1 + √2) = 1.272 bits a step, and step t works with that many bits for each of the T − t steps still to come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flint import acb, arb, arb_poly

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.systems import BALLS
from polyunroll.interpret.machine import Machine
from polyunroll.methods.base import Method

__all__ = ["Rough", "coefficient_sequence", "quick_bounds", "rough_bounds"]

Balls = list[arb]

_LOSS_PER_STEP = 1.3
_GUARD = 48


# -- the pass ----------------------------------------------------------------------------------------------------------


class _Series:
    """A state: a Chebyshev series, or a sum of others that is multiplied out when it is needed."""

    __slots__ = ("_doubled", "_polynomial", "is_gradient", "terms")

    def __init__(
        self,
        terms: list[tuple[Any, _Series, bool]],
        polynomial: arb_poly | None = None,
        is_gradient: bool = False,
    ) -> None:
        self.terms = terms  # (coefficient, series, whether 2σ times the series is meant)
        self.is_gradient = is_gradient
        self._polynomial = polynomial
        self._doubled: arb_poly | None = None

    @property
    def polynomial(self) -> arb_poly:
        """The a_k of Σ a_k T_k, as an `arb_poly`."""
        if self._polynomial is None:
            total = arb_poly([0])
            for coefficient, series, moved in self.terms:
                total += (series.doubled if moved else series.polynomial) * coefficient
            self._polynomial, self.terms, self.is_gradient = total, [], False
        return self._polynomial

    @property
    def doubled(self) -> arb_poly:
        """2σ times the series."""
        if self._doubled is None:
            p = self.polynomial
            self._doubled = p.left_shift(1) + p.right_shift(1) + arb_poly([0, p[0]])
        return self._doubled


class _SeriesModule:
    """Chebyshev series as the states of a program."""

    def __init__(self, center: arb, radius: arb) -> None:
        self._center, self._half = center, radius / 2

    def start(self, weight: Any) -> _Series:
        """The constant `weight`."""
        return _Series([], arb_poly([weight]))

    def gradient(self, query: _Series) -> _Series:
        """λ times the query, as a sum over the states that the query is a sum of."""
        terms = query.terms or [(arb(1), query, False)]
        parts = [(c * self._center, series, False) for c, series, _ in terms]
        return _Series(parts + [(c * self._half, series, True) for c, series, _ in terms], is_gradient=True)

    def combine(self, terms: list[tuple[Any, _Series]]) -> _Series:
        """Σ coefficient·series, like terms put together."""
        found: dict[tuple[int, bool], tuple[Any, _Series, bool]] = {}
        for coefficient, element in terms:
            for c, series, moved in element.terms if element.is_gradient else [(1, element, False)]:
                before = found.get((id(series), moved))
                value = coefficient * c if before is None else before[0] + coefficient * c
                found[id(series), moved] = value, series, moved
        return _Series(list(found.values()))


def coefficient_sequence(method: Method, steps: int, bits: int) -> Iterator[Balls]:
    """Balls around the Chebyshev coefficients a_0 … a_t of P_t, for t = 1, 2, …, `steps`, in one pass.

    The largest coefficient of each is right to `bits` bits. The radii are looked at, never trusted: where they are too
    wide, the pass is made again with more bits.

    Parameters
    ----------
    method : Method
        Without symbols, on a spectrum of more than one point.
    steps : int
    bits : int

    Raises
    ------
    HorizonError
    """
    guard, loss, done = _GUARD + 4 * max(steps, 1).bit_length(), _LOSS_PER_STEP, 0
    while done < steps:
        for t, values in enumerate(_pass(method, steps, bits + guard, loss), 1):
            widest, largest = max(v.rad() for v in values), max(abs(v).lower() for v in values)
            if not widest * arb(2) ** bits < largest:
                break
            if t > done:
                done = t
                with ball_precision(bits + 16):
                    values = [+v for v in values]
                yield values
        guard, loss = 2 * guard, 1.5 * loss


def _pass(method: Method, steps: int, bits: int, loss: float) -> Iterator[Balls]:
    """The coefficients step by step; no precision is in force while a caller looks at them."""
    spectrum = method.spectrum
    with ball_precision(bits + int(loss * steps)):
        machine = Machine(method, _SeriesModule(ball(spectrum.center), ball(spectrum.radius)), BALLS)
    for t in range(1, steps + 1):
        with ball_precision(bits + int(loss * (steps - t))):
            machine.step()
            for state in machine.states.values():
                _ = state.polynomial
            values = machine.output.polynomial.coeffs()
        yield values + [arb(0)] * (t + 1 - len(values))


# -- quick bounds ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rough:
    """V in [lower, upper], exact balls, typically a few per cent apart."""

    lower: arb
    upper: arb


def quick_bounds(A: Balls, B: Balls) -> Rough:
    """Two-sided bounds on V from the coefficients alone, R and G already in them.

    Σ|a_k| + Σ|b_k| ≥ max|A| + max|B| ≥ V, and V is at least |A| + |B| at either end. They are close where the
    polynomials are largest at an end, for there all a_k T_k have one sign, or nearly all.
    """
    above, at_high, at_low = arb(0), arb(0), arb(0)
    for series in (A, B):
        even, odd, size = arb(0), arb(0), arb(0)
        for k, v in enumerate(series):
            size += abs(v)
            if k % 2:
                odd += v
            else:
                even += v
        above += size
        at_high += abs(even + odd)
        at_low += abs(even - odd)
    return Rough(at_high.max(at_low).lower(), above.upper())


def rough_bounds(A: Balls, B: Balls) -> Rough:
    """Two-sided bounds on V from the values of A and B on one grid, R and G already in them.

    On N + 1 points cos(jπ/N), N = 5n: by Riesz's inequality max|A| ≤ grid maximum / cos(nπ/2N), and so for B, which
    bounds V by their sum; A²/s + B²/(1−s), of degree 2n, is at most its grid maximum / cos(2nπ/2N) for any s; and a
    value of |A| + |B| is attained.
    """
    n = max(len(A), len(B)) - 1
    if n == 0:
        total = abs(A[0]) + abs(B[0])
        return Rough(total.lower(), total.upper())
    N = _smooth(5 * n)
    B = B + [arb(0)] * (n + 1 - len(B))
    both = [acb(a, b) for a, b in zip(A, B, strict=True)]
    # S_j = Σ (a_k + i b_k) e^{−2πijk/2N}; its even part is A + iB at θ_j = jπ/N
    S = acb.dft(both + [acb(0)] * (2 * N - n - 1))
    a, b = [], []
    for j in range(N + 1):
        value = S[j] + S[-j]
        a.append(abs(value.real))
        b.append(abs(value.imag))
    top_a, top_b = _largest(a) / 2, _largest(b) / 2
    angle = arb.pi() * n / (2 * N)
    upper = (top_a + top_b) / angle.cos()
    lower = _largest([x + y for x, y in zip(a, b, strict=True)]) / 2
    if top_a > 0 and top_b > 0:
        s = (top_a / (top_a + top_b)).mid()
        p, q = 1 / s, 1 / (1 - s)
        mixed = _largest([p * x * x + q * y * y for x, y in zip(a, b, strict=True)]) / 4
        upper = upper.min((mixed / (2 * angle).cos()).sqrt())
    return Rough(lower.lower(), upper.upper())


def _largest(values: Balls) -> arb:
    result = values[0]
    for value in values[1:]:
        result = result.max(value)
    return result


def _smooth(size: int) -> int:
    """The least N ≥ size that has only factors 2, 3 and 5."""
    while True:
        rest = size
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return size
        size += 1
