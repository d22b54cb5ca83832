"""How fast a method's worst cases decay: the asymptotic rate exactly, and a proved bound for all t ≥ some N."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from flint import arb, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import exact, public, sign, sqrt
from polyunroll.errors import InvalidInput, OutsideField
from polyunroll.interpret.scalars import constants_of
from polyunroll.methods.base import Decay, Method

__all__ = ["Rate", "Tail", "largest", "rate"]

_BITS = 128
_MAX_BITS = 100_000


@dataclass(frozen=True)
class Rate:
    """V_t stays between two positive multiples of t^power·rate^t for large t (split `total`, R > 0).

    Attributes
    ----------
    rate : Fraction or number of ℚ(√d)
        The limit of V_t^(1/t). 0 where the error itself is 0 from t = 2 on.
    power : Fraction or number of ℚ(√d)
    converges : bool
        Whether rate < 1.
    proved : str
        What is proved of both, and by what.
    """

    rate: Any
    power: Any
    converges: bool
    proved: str

    def __float__(self) -> float:
        return float(self.rate)

    def __str__(self) -> str:
        powers = {"0": "", "1": "t "}
        text = powers.get(str(self.power), f"t^{_base(self.power)} ") + f"{_base(self.rate)}^t"
        return text if self.converges else f"{text}, which diverges"


def _base(number: Any) -> str:
    text = str(number)
    return text if text.isdigit() else f"({text})"


def rate(method: Method) -> Rate:
    """The asymptotic rate of a method's worst-case Jacobian error, exactly.

    Parameters
    ----------
    method : Method
        Without symbols or horizon.

    Returns
    -------
    Rate

    Raises
    ------
    InvalidInput
        If the method has symbols or a horizon, or its family declares no `Decay`.
    OutsideField
        If the rate lies outside ℚ and every ℚ(√d).

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorems 2 and 3 (gradient descent and Chebyshev).
    """
    facts = decay_of(method)
    values = constants_of(method.program, dict(method.values))
    ratio = max(_moduli(facts, values))
    if ratio == 0:
        return Rate(public(fmpq(0)), public(fmpq(0)), True, "proved: P_t = (1−λ/L)^t on the spectrum [L, L], t ≥ 2")
    converges = sign(ratio - 1) < 0
    power = exact(facts.power(values))
    proved = "" if converges else "the method diverges, its rate being >= 1; "
    proved += f"rate: proved, from above as {facts.upper}, from below by {facts.lower}; power: "
    proved += (
        f"proved, as {facts.power_source}" if facts.power_proved else f"not proved here, from {facts.power_source}"
    )
    return Rate(public(ratio), public(power), converges, proved)


def decay_of(method: Method) -> Decay:
    """The family's fact, for a method without symbols or horizon.

    Raises
    ------
    InvalidInput
    """
    if not isinstance(method, Method):
        raise InvalidInput(f"{method!r} is not a method; give one, such as Chebyshev(Spectrum('1/100', 1))")
    if method.is_symbolic:
        raise InvalidInput(f"{method!r} has symbols; a rate needs numbers")
    if method.horizon is not None:
        raise InvalidInput(
            f"{method!r} ends after {method.horizon} steps; rates and burn-in are of methods without end"
        )
    if method.decay is None:
        raise InvalidInput(f"{method!r} is of a family that declares no proved decay; nothing is known for all t")
    return method.decay


def _moduli(facts: Decay, values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(exact(value) for value in facts.moduli(values, sqrt))


class Tail:
    """A proved upper bound on V_t over any range of steps, from the family's `Decay`.

    Parameters
    ----------
    method : Method
        With a rate ρ < 1.
    R, G : exact numbers ≥ 0
    split : {"total", "partial"}

    Attributes
    ----------
    precision : int
        Bits to call the methods with.
    decreasing_from : int
        From this t on `over(t, t)` does not increase.
    vanishes : bool
        Whether ρ = 0: then P_t = (1−λ/L)^t with λ = L only, and V_t = 0 for t ≥ 2.

    Raises
    ------
    InvalidInput
        If ρ ≥ 1, or that cannot be told from ρ < 1.
    """

    def __init__(self, method: Method, R: Any, G: Any, split: str) -> None:
        facts = decay_of(method)
        values = constants_of(method.program, dict(method.values))
        try:
            ratio: Any = max(_moduli(facts, values))
        except OutsideField:
            ratio = None
        self.precision = _BITS
        self.vanishes = ratio is not None and bool(ratio == 0)
        self._terms: list[list[_Term]] = []
        self.decreasing_from = 2
        if self.vanishes:
            return
        self._require_contraction(facts, values, ratio)
        with ball_precision(self.precision):
            envelopes = facts.envelopes({name: ball(value) for name, value in values.items()})
            r, g = ball(R), ball(G)
            A = [[r * v for v in (one.E if split == "total" else one.P)] for one in envelopes]
            B = [[g * v for v in one.D] for one in envelopes]
            if len(envelopes) == 1:  # max|A| + max|B| ≤ the sum of the two polynomials
                A, B = [[a + b for a, b in zip_longest(A[0], B[0], fillvalue=arb(0))]], []
            for parts in filter(None, (A, B)):
                self._terms.append([_Term(one.ratio, p) for one, p in zip(envelopes, parts, strict=True)])
            turn = largest([arb(term.degree) / -term.log for terms in self._terms for term in terms])
            self.decreasing_from = max(1, int(turn.upper().ceil().fmpq()))

    def _require_contraction(self, facts: Decay, values: dict[str, Any], known: Any) -> None:
        """Choose a precision that tells ρ from 1 well."""
        if known is not None and sign(known - 1) >= 0:
            raise InvalidInput(f"the method diverges: its rate is {public(known)} >= 1, and its burn-in has no end")
        while self.precision <= _MAX_BITS:
            with ball_precision(self.precision):
                if known is not None:
                    ratio = ball(known)
                else:
                    ratio = largest(list(facts.moduli({name: ball(v) for name, v in values.items()}, arb.sqrt)))
                gap = 1 - ratio
                if gap > 0 and 4 * gap.rel_accuracy_bits() > 3 * self.precision:
                    return
                if gap < 0:
                    raise InvalidInput(f"the method diverges: its rate is {ratio.str(10)}, and its burn-in has no end")
            self.precision *= 2
        raise InvalidInput("the method's rate cannot be told from 1, and its burn-in may have no end")

    def over(self, first: int, last: int) -> arb:
        """A bound on V_t for all t in [first, last], first ≥ 1; call it inside `ball_precision`."""
        total = arb(0)
        for terms in self._terms:
            total += largest([term.top(first, last) for term in terms])
        return total.upper()

    def holds_from(self, t: int, size: Any) -> bool:
        """Whether V_s ≤ size for all s ≥ t, by this bound; size is an exact number > 0."""
        if t < self.decreasing_from:
            return False
        if self.vanishes:
            return True
        with ball_precision(self.precision):
            return bool(self.over(t, t) <= ball(size))

    def below(self, size: Any) -> int:
        """An N with V_t ≤ size for all t ≥ N, the least one that this bound gives; size is an exact number > 0."""
        if self.vanishes:
            return 2
        with ball_precision(self.precision):
            limit, start = ball(size), self.decreasing_from
            # over(t, t) does not increase from `start` on
            low, high = start - 1, start
            while not self.over(high, high) <= limit:
                low, high = high, 2 * high
            while high - low > 1:
                middle = (low + high) // 2
                if self.over(middle, middle) <= limit:
                    high = middle
                else:
                    low = middle
            return high


class _Term:
    """ratio^t·p(t), the coefficients of p not negative."""

    def __init__(self, ratio: arb, p: list[arb]) -> None:
        self._ratio, self._p, self.log = ratio, p, ratio.log()
        self._slope = [k * v for k, v in enumerate(p)][1:]
        self.degree = len(p) - 1

    def top(self, first: int, last: int) -> arb:
        """A bound for first ≤ t ≤ last: the value at an end where the sign of p'/p + ln ratio is known throughout."""
        low, high = _value(self._p, first), _value(self._p, last)
        if first == last or not low > 0:
            return self._ratio**first * high
        if _value(self._slope, last) / low + self.log <= 0:
            return self._ratio**first * low
        if _value(self._slope, first) / high + self.log >= 0:
            return self._ratio**last * high
        return self._ratio**first * high


def _value(polynomial: list[arb], t: int) -> arb:
    total = arb(0)
    for coefficient in reversed(polynomial):
        total = total * t + coefficient
    return total


def largest(values: list[arb]) -> arb:
    """A ball around the largest."""
    result = values[0]
    for value in values[1:]:
        result = result.max(value)
    return result
