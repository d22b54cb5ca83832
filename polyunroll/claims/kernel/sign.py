"""Signs of polynomials on boxes, by Bernstein coefficients with bisection: exact, several variables, infinite ends.

A variable in [a, b] becomes a + (b−a)u, u in [0, 1]; one in [a, ∞) becomes a + u, u ≥ 0. If all coefficients, Bernstein
in the former and of powers in the latter, are ≥ 0, the polynomial is ≥ 0 on the box; if moreover on every face that
belongs to the box some coefficient is > 0, it is > 0 on the box.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import comb

from flint import fmpq, fmpq_mpoly

from polyunroll.claims.kernel.ratio import Field, Ratio
from polyunroll.claims.kernel.scope import Interval

__all__ = ["nonnegative", "nonzero", "positive"]

Exponents = tuple[int, ...]
Table = dict[Exponents, fmpq]

_BOXES = 400


def nonnegative(value: Ratio, domains: Mapping[str, Interval]) -> bool:
    """Whether value ≥ 0 is proved on the box; its denominator must be proved not to vanish, too."""
    return _ratio_sign(value, domains, strict=False)


def positive(value: Ratio, domains: Mapping[str, Interval]) -> bool:
    """Whether value > 0 is proved on the box."""
    return _ratio_sign(value, domains, strict=True)


def nonzero(value: Ratio, domains: Mapping[str, Interval]) -> bool:
    """Whether a polynomial or rational function is proved not to vanish on the box (each factor of one sign)."""
    _, factors = value.numerator.factor()
    return all(_definite(value.field, factor, domains) for factor, _ in factors)


def _definite(field: Field, polynomial: fmpq_mpoly, domains: Mapping[str, Interval]) -> bool:
    return _proved(field, polynomial, domains, True) or _proved(field, -polynomial, domains, True)


def _ratio_sign(value: Ratio, domains: Mapping[str, Interval], strict: bool) -> bool:
    """N/D by the signs of the factors of D and of N."""
    if value.is_zero:
        return not strict
    sign = 1
    for part in (value.numerator, value.denominator):
        constant, factors = part.factor()
        sign *= 1 if constant > 0 else -1
        for factor, power in factors:
            if power % 2 == 0 and (not strict and part is value.numerator):
                continue
            if _proved(value.field, factor, domains, strict or part is value.denominator):
                continue
            if not _proved(value.field, -factor, domains, strict or part is value.denominator):
                return _whole(value, domains, strict)
            sign *= (-1) ** (power % 2)
    return sign > 0


def _whole(value: Ratio, domains: Mapping[str, Interval], strict: bool) -> bool:
    """N·D at once, for a numerator whose factors change sign together."""
    return nonzero(Ratio(value.field, value.denominator, value.field.number(1).numerator), domains) and _proved(
        value.field, value.numerator * value.denominator, domains, strict
    )


def _proved(field: Field, polynomial: fmpq_mpoly, domains: Mapping[str, Interval], strict: bool) -> bool:
    """Whether the polynomial is ≥ 0, or > 0, on the box; False also when undecided."""
    used = [i for i in range(len(field.names)) if any(exponents[i] for exponents in polynomial.to_dict())]
    names = [field.names[i] for i in used]
    if any(name not in domains for name in names):
        return False
    table: Table = {
        tuple(int(exponents[i]) for i in used): coefficient for exponents, coefficient in polynomial.to_dict().items()
    }
    degrees = [max(exponents[i] for exponents in table) for i in range(len(names))]
    pending = [[domains[name] for name in names]]
    for _ in range(_BOXES):
        if not pending:
            return True
        box = pending.pop()
        line = next((i for i, side in enumerate(box) if side.low is None and side.high is None), None)
        if line is not None:
            pending += [
                [*box[:line], half, *box[line + 1 :]] for half in (Interval(fmpq(0), None), Interval(None, fmpq(0)))
            ]
            continue
        coefficients = _coefficients(table, box)
        if min(coefficients.values(), default=fmpq(0)) >= 0 and (not strict or _faces(coefficients, box, degrees)):
            continue
        halves = _bisect(box)
        if not halves:
            return False
        pending += halves
    return False


def _coefficients(table: Table, box: list[Interval]) -> Table:
    """The coefficients in the box's own coordinates, one variable after the other."""
    for i, interval in enumerate(box):
        degree = max((exponents[i] for exponents in table), default=0)
        moved: Table = {}
        for exponents, coefficient in table.items():
            for k, part in enumerate(_power(interval, exponents[i], degree)):
                if part != 0:
                    key = (*exponents[:i], k, *exponents[i + 1 :])
                    moved[key] = moved.get(key, fmpq(0)) + coefficient * part
        table = moved
    return table


def _power(interval: Interval, exponent: int, degree: int) -> list[fmpq]:
    """x^exponent in the interval's basis of a degree: Bernstein on [a, b], powers of u on [a, ∞) or (−∞, b]."""
    low, high = interval.low, interval.high
    if low is not None and high is not None:
        # Bernstein coefficients of (a + (b−a)u)^e raised to the degree: blossom values
        return [
            sum(
                (
                    fmpq(comb(k, j) * comb(degree - k, exponent - j), comb(degree, exponent))
                    * high**j
                    * low ** (exponent - j)
                    for j in range(max(0, exponent - degree + k), min(k, exponent) + 1)
                ),
                fmpq(0),
            )
            for k in range(degree + 1)
        ]
    origin, direction = (low, 1) if low is not None else (high or fmpq(0), -1)
    return [fmpq(comb(exponent, k) * direction**k) * origin ** (exponent - k) for k in range(exponent + 1)]


def _faces(coefficients: Table, box: list[Interval], degrees: list[int]) -> bool:
    """Whether some coefficient is > 0 on the interior and on every face that belongs to the box."""
    choices = []
    for interval, top in zip(box, degrees, strict=True):
        ends: list[int | None] = [None]
        finite = interval.low is not None and interval.high is not None
        if interval.low is not None and not interval.low_open:
            ends.append(0)
        if interval.high is not None and not interval.high_open:
            ends.append(top if finite else 0)
        choices.append(ends)
    for face in product(*choices):
        if not any(
            value > 0 and all(end is None or exponents[i] == end for i, end in enumerate(face))
            for exponents, value in coefficients.items()
        ):
            return False
    return True


def _bisect(box: list[Interval]) -> list[list[Interval]]:
    """Two halves of the box along its widest finite side; none if no side is finite."""
    best, cut, middle = fmpq(0), -1, fmpq(0)
    for i, side in enumerate(box):
        if side.low is not None and side.high is not None and side.high - side.low > best:
            best, cut, middle = side.high - side.low, i, (side.low + side.high) / 2
    if cut < 0:
        return []
    side = box[cut]
    left = Interval(side.low, middle, side.low_open, False)
    right = Interval(middle, side.high, False, side.high_open)
    return [[*box[:cut], half, *box[cut + 1 :]] for half in (left, right)]
