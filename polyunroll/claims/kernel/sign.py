"""Signs of polynomials on boxes, by Bernstein coefficients with bisection: exact, several variables, infinite ends.

A variable in [a, b] becomes a + (b−a)u, u in [0, 1]; one in [a, ∞) becomes a + u, u ≥ 0. If all coefficients, Bernstein
in the former and of powers in the latter, are ≥ 0, the polynomial is ≥ 0 on the box; if moreover on every face that
belongs to the box some coefficient is > 0, it is > 0 on the box.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import product
from math import comb

from flint import fmpq, fmpq_mpoly

from polyunroll.claims.kernel.ratio import Field, Ratio
from polyunroll.claims.kernel.scope import Interval

__all__ = ["nonnegative", "nonzero", "positive"]

Exponents = tuple[int, ...]
Table = dict[Exponents, fmpq]

_WORK = 20_000  # boxes, and coefficients in all of them


def nonzero(value: Ratio, domains: Mapping[str, Interval]) -> bool:
    """Whether a rational function's numerator is proved not to vanish on the box (each factor of one sign)."""
    signs = [(factor, -factor) for factor, _ in value.numerator.factor()[1]]
    return not value.is_zero and all(any(_proved(value.field, f, domains, True) for f in pair) for pair in signs)


def _signed(value: Ratio, domains: Mapping[str, Interval], strict: bool) -> bool:
    """Whether N/D is proved ≥ 0 (> 0) on the box, by the signs of the factors of D, which must not vanish, and of N."""
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
                # perhaps the factors of N change sign together
                product = value.numerator * value.denominator
                return nonzero(value.below(), domains) and _proved(value.field, product, domains, strict)
            sign *= (-1) ** (power % 2)
    return sign > 0


nonnegative = partial(_signed, strict=False)
positive = partial(_signed, strict=True)


def _proved(field: Field, polynomial: fmpq_mpoly, domains: Mapping[str, Interval], strict: bool) -> bool:
    """Whether the polynomial is ≥ 0, or > 0, on the box; False also when undecided."""
    used = [i for i, degree in enumerate(polynomial.degrees()) if degree > 0]
    names = [field.names[i] for i in used]
    if any(name not in domains for name in names):
        return False
    table: Table = {tuple(int(key[i]) for i in used): value for key, value in polynomial.to_dict().items()}
    pending = [list(box) for box in product(*(_bounded(domains[name]) for name in names))]
    work = 0
    while pending and work < _WORK:
        box = pending.pop()
        coefficients, degrees = _coefficients(table, box)
        work += 50 + len(coefficients)
        if min(coefficients.values(), default=fmpq(0)) >= 0 and (not strict or _faces(coefficients, degrees, box)):
            continue
        tips = [{0, top} if None not in (side.low, side.high) else {0} for side, top in zip(box, degrees, strict=True)]
        below = [key for key, value in coefficients.items() if value < 0]
        if any(all(k in tip for k, tip in zip(key, tips, strict=True)) for key in below):
            return False  # it is the polynomial's value in a corner
        halves = _bisect(box)
        if not halves:
            return False
        pending += halves
    return not pending


def _bounded(interval: Interval) -> list[Interval]:
    """The interval; the whole line as two halves."""
    if interval.low is None and interval.high is None:
        return [Interval(None, fmpq(0)), Interval(fmpq(0), None)]
    return [interval]


def _coefficients(table: Table, box: list[Interval]) -> tuple[Table, list[int]]:
    """The coefficients in the box's own coordinates, one variable after the other, and the degrees; zeros may lack."""
    degrees = [max((exponents[i] for exponents in table), default=0) for i in range(len(box))]
    for i, (interval, degree) in enumerate(zip(box, degrees, strict=True)):
        moved: Table = {}
        for exponents, coefficient in table.items():
            for k, part in enumerate(_power(interval, exponents[i], degree)):
                if part != 0:
                    key = (*exponents[:i], k, *exponents[i + 1 :])
                    moved[key] = moved.get(key, fmpq(0)) + coefficient * part
        table = moved
    return table, degrees


def _power(interval: Interval, exponent: int, degree: int) -> list[fmpq]:
    """x^exponent in the interval's basis of a degree: Bernstein on [a, b], powers of u on [a, ∞) or (−∞, b]."""
    low, high = interval.low, interval.high
    if low is not None and high is not None:
        return [_blossom(low, high, exponent, degree, k) for k in range(degree + 1)]
    origin, direction = (low, 1) if low is not None else (high, -1)
    assert origin is not None  # `_bounded` saw to it
    return [fmpq(comb(exponent, k) * direction**k) * origin ** (exponent - k) for k in range(exponent + 1)]


def _blossom(low: fmpq, high: fmpq, exponent: int, degree: int, k: int) -> fmpq:
    """The k-th Bernstein coefficient: x^exponent's symmetric multilinear form, k arguments at the high end."""
    total = fmpq(0)
    for j in range(max(0, exponent - degree + k), min(k, exponent) + 1):
        total += comb(k, j) * comb(degree - k, exponent - j) * high**j * low ** (exponent - j)
    return total / comb(degree, exponent)


def _faces(coefficients: Table, degrees: list[int], box: list[Interval]) -> bool:
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
    above = [exponents for exponents, value in coefficients.items() if value > 0]
    return all(
        any(all(end in (None, place) for end, place in zip(face, one, strict=True)) for one in above)
        for face in product(*choices)
    )


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
