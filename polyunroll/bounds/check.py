"""The checker of certificates: it verifies both ends of an enclosure and never searches.

The error polynomials are derived anew from the method. Every cell of the grid is bounded, the pieces of the others are
verified one by one and must cover their cells, and the lower end is the value at the points named. Nothing here calls
`supremum` or `mixture`, and nothing chooses: what is not in the certificate is not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import factorial
from typing import Any

from flint import arb, arb_poly, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import exact
from polyunroll.bounds.certificate import SCHEMA
from polyunroll.bounds.cosine import Cosine
from polyunroll.bounds.mixture import Point
from polyunroll.bounds.pairs import error_polynomials, functions
from polyunroll.bounds.question import Question
from polyunroll.bounds.values import at_only_point, end_points
from polyunroll.errors import InvalidInput
from polyunroll.methods import exact_from_text, method_from_data

__all__ = ["check"]

_MORE_BITS = 32
"""The checker's own balls must not be what fails, so it works a little finer than the search did."""


class _Fails(Exception):
    """The first thing that could not be verified."""


def check(data: Mapping[str, Any]) -> tuple[bool, str]:
    """Verify a certificate.

    Parameters
    ----------
    data : mapping
        As `certificate` gives it, or as read back from JSON.

    Returns
    -------
    tuple of (bool, str)
        Whether both ends are verified, and a sentence: what was verified, or the first thing that was not.

    Raises
    ------
    InvalidInput
        If the data are no certificate.
    """
    if data.get("schema") != SCHEMA:
        raise InvalidInput(f"this is no certificate: its schema must be {SCHEMA!r}")
    try:
        question = Question.of(
            method_from_data(data["method"]),
            data["t"],
            exact_from_text(data["R"]),
            exact_from_text(data["G"]),
            data["criterion"],
            data["split"],
            data["estimator"],
            data["plain_steps"],
            method_from_data(data["solver"]) if data["estimator"] == "implicit" else None,
        )
        lower, upper = exact(data["lower"], "lower"), exact(data["upper"], "upper")
        bits = int(data["precision"]) + _MORE_BITS
        verify = _KINDS[data["kind"]]
        with ball_precision(bits):
            try:
                low, high = verify(question, data)
                _compare(low, high, lower, upper)
            except _Fails as failure:
                return False, str(failure)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"the certificate is malformed: {type(error).__name__}: {error}") from None
    return True, f"both ends are verified ({data['kind']}): {question.note}"


def _compare(low: arb, high: arb, lower: fmpq, upper: fmpq) -> None:
    """What was verified, low ≤ value ≤ high, must be inside what is claimed."""
    if not low.lower() >= arb(lower) and not (low.is_exact() and low == arb(lower)):
        raise _Fails(f"the lower end {_shown(lower)} is not reached: {low.str(15)} is")
    if not high.upper() <= arb(upper) and not (high.is_exact() and high == arb(upper)):
        raise _Fails(f"the upper end {_shown(upper)} is not established: {high.str(15)} is")


def _shown(value: fmpq) -> str:
    return str(arb(value).str(15, radius=False))


def _number(pair: Any) -> arb:
    """An exact ball from [m, e]."""
    mantissa, exponent = pair
    return arb((int(mantissa), int(exponent)))


# -- kinds -------------------------------------------------------------------------------------------------------------


def _start(question: Question, data: Mapping[str, Any]) -> tuple[arb, arb]:
    """P_0 = E_0 = 1 and D_0 = 0."""
    if question.t or question.estimator != "unrolled":
        raise _Fails(f"the certificate is for t = 0, unrolled; the question has t = {question.t}")
    return ball(question.R), ball(question.R)


def _only_point(question: Question, data: Mapping[str, Any]) -> tuple[arb, arb]:
    value = ball(at_only_point(question))
    return value, value


def _points(question: Question, data: Mapping[str, Any]) -> tuple[arb, arb]:
    """The closed form: the family's fact says that the maxima are at these points."""
    points = {point.place: point for point in end_points(question)}
    largest = [point.x + point.y for point in points.values()]
    if question.criterion == "separate":
        total = _largest([p.x for p in points.values()]) + _largest([p.y for p in points.values()])
        return total, total
    if question.criterion == "pointwise":
        return _largest(largest), _largest(largest)
    squares = {name: Point(p.x * p.x, p.y * p.y, name) for name, p in points.items()}
    low = _two_points([squares[name] for name in data["places"]], data["p"])
    if data["s"] is None:
        only = squares[data["places"][0]]
        if not all(p is only or (p.x <= only.x and p.y <= only.y) for p in squares.values()):
            raise _Fails(f"the end point {only.place} is not the worst in both terms")
        return low, low
    return low, _largest([p.at(_inside(data["s"])) for p in squares.values()]).sqrt()


def _suprema(question: Question, data: Mapping[str, Any]) -> tuple[arb, arb]:
    """The generic engine's answer: cells, pieces and places."""
    pair = error_polynomials(question, int(data["precision"]))
    s = None if data["s"] is None else _inside(data["s"])
    rule, parts = functions(question, pair, s)
    if rule == "zero":
        return arb(0), arb(0)
    if rule == "exact" and s is None:
        raise _Fails("the certificate names no s, which the criterion exact needs")
    if len(data["suprema"]) != len(parts):
        raise _Fails(f"the certificate has {len(data['suprema'])} suprema; the question has {len(parts)}")
    tops = [_verify_supremum(Cosine(part), one) for part, one in zip(parts, data["suprema"], strict=True)]
    if rule == "exact":
        A, B = (Cosine(part) for part in functions(question, pair)[1])
        points = []
        for place in data["places"]:
            theta = _theta(place)
            a, b = A.value(theta), B.value(theta)
            points.append(Point(a * a, b * b, None))
        return _two_points(points, data["p"]), tops[0].sqrt()
    values = [
        abs(Cosine(part).value(_theta(one))).nonnegative_part()
        for part, one in zip(parts, data["suprema"], strict=True)
    ]
    if rule in ("separate", "product"):
        low, high = ball(question.G), ball(question.G)
        for value, top in list(zip(values, tops, strict=True))[rule == "separate" :]:
            low, high = low * value, high * top
        return (low + values[0], high + tops[0]) if rule == "separate" else (low, high)
    return _largest(values), _largest(tops)


_KINDS = {"start": _start, "one point": _only_point, "points": _points, "suprema": _suprema}


# -- parts -------------------------------------------------------------------------------------------------------------


def _theta(place: Mapping[str, Any]) -> arb:
    """θ = jπ/N + δu with δ = π/2N."""
    N = int(place["N"])
    return (2 * int(place["j"]) + _number(place["u"])) * arb.pi() / (2 * N) if N else arb(0)


def _inside(pair: Any) -> arb:
    s = _number(pair)
    if not (s > 0 and s < 1):
        raise _Fails(f"s = {s.str(5)} is not inside (0, 1)")
    return s


def _two_points(points: list[Point], weight: Any) -> arb:
    """√(pX_1 + (1−p)X_2) + √(pY_1 + (1−p)Y_2), the error of a problem with at most two eigenvalues."""
    p = arb(1) if weight is None or len(points) == 1 else _number(weight)
    if not (p >= 0 and p <= 1) or len(points) not in (1, 2):
        raise _Fails(f"{len(points)} points with weight {p.str(5)} are no problem with two eigenvalues")
    first, last = points[0], points[-1]
    x, y = p * first.x + (1 - p) * last.x, p * first.y + (1 - p) * last.y
    return x.nonnegative_part().sqrt() + y.nonnegative_part().sqrt()


def _largest(values: list[arb]) -> arb:
    result = values[0]
    for value in values[1:]:
        result = result.max(value)
    return result


def _verify_supremum(f: Cosine, data: Mapping[str, Any]) -> arb:
    """An upper bound on sup|f|: the certificate's, once every cell is verified to stay below it."""
    if f.n == 0:
        return abs(f.a[0])
    claimed, N, n = _number(data["upper"]), int(data["N"]), f.n
    if 5 * n > 2 * N:
        raise _Fails(f"the grid has N = {N}, less than 2.5 times the degree {n}")
    values, slopes = f.grid(N)
    delta = arb.pi() / (2 * N)
    bound = _largest([abs(v) for v in values]).upper() / (arb.pi() * n / (2 * N)).cos()
    second, fourth = bound * (n * delta) ** 2 / 2, bound * (n * delta) ** 4 / 24
    cells = {int(j): pieces for j, pieces in data["cells"].items()}
    for j in range(N + 1):
        if j in cells:
            _verify_cell(f, j, N, cells[j], int(data["order"]), bound, claimed)
            continue
        if abs(values[j]) + abs(slopes[j]) * delta + second <= claimed:
            continue
        f0, f1, f2, f3 = f.taylor(arb.pi() * j / N, 3)
        cubic = abs(f0) + delta * (abs(f1) + delta * (abs(f2) / 2 + delta * abs(f3) / 6)) + fourth
        if not cubic <= claimed:
            raise _Fails(f"cell {j} of {N} is not excluded: |f| is only known to be at most {cubic.str(8)} there")
    return claimed


def _verify_cell(f: Cosine, j: int, N: int, pieces: Any, order: int, bound: arb, claimed: arb) -> None:
    """The pieces must cover [−1, 1], and |f| must stay below what is claimed on each."""
    delta = arb.pi() / (2 * N)
    derivatives = f.taylor(arb.pi() * j / N, order)
    p = arb_poly([value * delta**k / factorial(k) for k, value in enumerate(derivatives)])
    remainder = bound * (f.n * delta) ** (order + 1) / factorial(order + 1)
    reached = arb(-1)
    for low_pair, high_pair, rule, point in sorted(
        pieces, key=lambda piece: Fraction(piece[0][0]) * Fraction(2) ** piece[0][1]
    ):
        low, high = _number(low_pair), _number(high_pair)
        if not (low <= reached and high > low):
            raise _Fails(f"the pieces of cell {j} leave a gap at u = {reached.str(8)}")
        reached = high
        q = p(arb_poly([(low + high) / 2, (high - low) / 2])).coeffs() or [arb(0)]
        size = _piece_bound(q, rule, point) + remainder
        if not size <= claimed:
            raise _Fails(f"a piece of cell {j} is not below the claimed supremum: only {size.str(8)} is known")
    if not reached >= 1:
        raise _Fails(f"the pieces of cell {j} end at u = {reached.str(8)}")


def _piece_bound(q: list[arb], rule: str, point: Any) -> arb:
    """An upper bound on |q| on [−1, 1] by one of the rules of `local`."""
    rest = arb(0)
    for value in q[1:]:
        rest += abs(value)
    if rule == "small":
        return abs(q[0]) + rest
    if rule != "concave" or len(q) < 3 or q[0].contains(0):
        raise _Fails(f"the rule {rule!r} does not apply to a piece")
    sign = 1 if q[0] > 0 else -1
    curvature = -2 * sign * q[2]
    for k, value in enumerate(q[3:], 3):
        curvature -= k * (k - 1) * abs(value)
    v = _number(point)
    if not curvature > 0 or not abs(v) <= 1:
        raise _Fails("a piece said to be concave is not")
    polynomial = arb_poly(q) * sign
    tilt = polynomial.derivative()(v)
    # at an end towards which f still rises the value there is the maximum; else the parabola's vertex bounds it
    top = polynomial(v) if abs(v) == 1 and tilt * v >= 0 else polynomial(v) + tilt * tilt / (2 * curvature)
    return _largest([top, rest - abs(q[0])])  # the second bounds −σq
