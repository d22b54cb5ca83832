"""Signs of polynomials on boxes, by Bernstein coefficients with bisection: exact, several variables, infinite ends.

A variable in [a, b] becomes (a + bu)/(1 + u), u in [0, ∞], and the polynomial is multiplied by the power of 1 + u that
makes it one in u: its coefficients are Bernstein's, each times a binomial coefficient. One in [a, ∞) becomes a + u. If
all coefficients are ≥ 0, the polynomial is ≥ 0 on the box; if moreover on every face that belongs to the box some
coefficient is > 0, it is > 0 on the box.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import product
from math import prod

from flint import fmpq, fmpq_mpoly, fmpq_poly

from polyunroll.claims.kernel.ratio import Field, Ratio
from polyunroll.claims.kernel.scope import Interval

Table = dict[tuple[int, ...], fmpq]

_WORK = 20_000  # boxes, and coefficients in all of them
_TABLE = 2_000_000  # terms times coefficients of one box
_FAR = 6  # infinite sides are cut up to here


def nonzero(value: Ratio, domains: Mapping[str, Interval]) -> bool:
    """Whether a rational function's numerator is proved not to vanish on the box (each factor of one sign)."""
    signs = [(factor, -factor) for factor, _ in value.numerator.factor()[1]]
    return value != 0 and all(any(_proved(value.field, f, domains, True) for f in pair) for pair in signs)


def _signed(value: Ratio, domains: Mapping[str, Interval], strict: bool) -> bool:
    """Whether N/D is proved ≥ 0 (> 0) on the box, by the signs of the factors of D, which must not vanish, and of N."""
    if value == 0:
        return not strict
    sign = 1
    for part, not_zero in ((value.numerator, strict), (value.denominator, True)):
        constant, factors = part.factor()
        sign *= 1 if constant > 0 else -1
        for factor, power in factors:
            if (power % 2 == 0 and not not_zero) or _proved(value.field, factor, domains, not_zero):
                continue
            if not _proved(value.field, -factor, domains, not_zero):
                # perhaps the factors of N change sign together
                whole = value.numerator * value.denominator
                return nonzero(value.below(), domains) and _proved(value.field, whole, domains, strict)
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
    if len(table) * prod(degree + 1 for degree in polynomial.degrees()) > _TABLE:
        return False
    line = [Interval(None, fmpq(0)), Interval(fmpq(0), None)]  # the whole line
    sides = [line if (side.low, side.high) == (None, None) else [side] for side in (domains[name] for name in names)]
    pending: list[list[Interval]] = [list(box) for box in product(*sides)]
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


def _power(side: Interval, exponent: int, degree: int) -> list[fmpq]:
    """The coefficients of x^exponent in u, multiplied by (1 + u)^degree where both ends are finite."""
    low, high = side.low, side.high
    if None not in (low, high):
        return (fmpq_poly([low, high]) ** exponent * fmpq_poly([1, 1]) ** (degree - exponent)).coeffs()
    return (fmpq_poly([low, 1] if high is None else [high, -1]) ** exponent).coeffs()


def _faces(coefficients: Table, degrees: list[int], box: list[Interval]) -> bool:
    """Whether some coefficient is > 0 on the interior and on every face that belongs to the box."""
    choices: list[list[int | None]] = []
    for side, top in zip(box, degrees, strict=True):
        low = [0] if side.low is not None and not side.low_open else []
        high = [0 if side.low is None else top] if side.high is not None and not side.high_open else []
        choices.append([None, *low, *high])
    above = [exponents for exponents, value in coefficients.items() if value > 0]
    return all(
        any(all(end in (None, place) for end, place in zip(face, one, strict=True)) for one in above)
        for face in product(*choices)
    )


def _bisect(box: list[Interval]) -> list[list[Interval]]:
    """Two parts of the box across its widest side, an infinite one being cut at 1, 2, … from its end; none if none."""
    cuts = [(fmpq(0), -1, fmpq(0))]
    for i, side in enumerate(box):
        if side.low is not None and side.high is not None:
            cuts.append((side.high - side.low, i, (side.low + side.high) / 2))
        elif side.low is not None and side.low < _FAR:
            cuts.append((fmpq(1), i, side.low + 1))
        elif side.high is not None and side.high > -_FAR:
            cuts.append((fmpq(1), i, side.high - 1))
    _, cut, middle = max(cuts, key=lambda one: one[0])
    if cut < 0:
        return []
    side = box[cut]
    left = Interval(side.low, middle, side.low_open, False)
    right = Interval(middle, side.high, False, side.high_open)
    return [[*box[:cut], half, *box[cut + 1 :]] for half in (left, right)]
