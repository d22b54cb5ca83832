"""The checker of certificates: it verifies both ends of an enclosure and never searches.

The error polynomials are derived anew from the method. Every cell of the grid is bounded, the pieces of the others are
verified one by one and must cover their cells, and the lower end is the value at the points named. Nothing here calls
the search for suprema or for mixtures, and nothing chooses: what is not in the certificate is not found.

Every inequality is one of balls, which holds only if it is certain: a ball that is undefined satisfies none of them.
What a certificate says is bounded before it is used, so that none can ask for more memory than a search would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import factorial
from typing import Any

from flint import arb, arb_poly, fmpq

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import Exact, sign
from polyunroll.bounds.certificate import SCHEMA
from polyunroll.bounds.cosine import Cosine
from polyunroll.bounds.evaluation import grid_derivatives, values_at
from polyunroll.bounds.pairs import error_polynomials, functions
from polyunroll.bounds.question import Question
from polyunroll.bounds.shape import require_shape
from polyunroll.bounds.values import at_only_point, end_points
from polyunroll.errors import InvalidInput
from polyunroll.methods import exact_from_text, method_from_data

__all__ = ["check"]

_MORE_BITS = 32
"""The checker's own balls must not be what fails, so it works a little finer than the search did."""

_MAX_PRECISION = 1_000_000
_MAX_WORK = 300_000_000  # steps times bits, of the generic engine
_MAX_CLOSED_STEPS = 10**15

_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)

Data = Mapping[str, Any]
Square = tuple[arb, arb]


class _Fails(Exception):
    """The first thing that could not be verified."""


def check(data: Any) -> tuple[bool, str]:
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
    if not (isinstance(data, Mapping) and data.get("schema") == SCHEMA):
        raise InvalidInput(
            f"this is no certificate of a bound: its schema must be {SCHEMA!r}; a claim's is for verify --certificate"
        )
    require_shape(data)
    try:
        question = _question(data)
        lower, upper = _rational(data["lower"], "lower"), _rational(data["upper"], "upper")
        verify = _KINDS[data["kind"]]
        with ball_precision(_precision(question, data) + _MORE_BITS):
            low, high = verify(question, data)
            for name, larger, smaller in (("lower", low, lower), ("upper", upper, high)):
                if not _certain(larger, smaller):
                    short = (_ball(smaller) - _ball(larger)).upper().str(3, radius=False)
                    raise _Fails(f"the {name} end {data[name][:40]} is not established: it is off by up to {short}")
            value = ball(lower).union(ball(upper)).str(15)
    except _Fails as failure:
        return False, str(failure)
    except InvalidInput:
        raise
    except _MALFORMED as error:
        raise InvalidInput(f"the certificate is malformed: {type(error).__name__}: {error}") from None
    return True, f"both ends are verified ({data['kind']}): {value} for {_asked(data)}; {question.note}"


# -- reading -----------------------------------------------------------------------------------------------------------


def _question(data: Data) -> Question:
    method, solver = method_from_data(data["method"]), method_from_data(data["solver"])
    implicit = data["estimator"] == "implicit"
    if not implicit and solver != method:
        raise _Fails(f"the certificate names a linear solver, which the estimator {data['estimator']} has not")
    return Question.of(
        method,
        data["t"],
        exact_from_text(data["R"]),
        exact_from_text(data["G"]),
        data["criterion"],
        data["split"],
        data["estimator"],
        data["plain_steps"],
        solver if implicit else None,
    )


def _asked(data: Data) -> str:
    """The method and the sizes, in the certificate's own words, which may be long."""
    texts = {**data["method"]["parameters"], "R": data["R"], "G": data["G"]}
    return ", ".join([data["method"]["name"], *(f"{name} = {text[:40]}" for name, text in texts.items())])


def _require_between(value: int, name: str, least: int, most: int) -> None:
    """Refuse a whole number out of range before anything of its size is made."""
    if not least <= value <= most:
        size = str(value) if value.bit_length() <= 64 else f"a number of {value.bit_length()} bits"
        raise _Fails(f"the certificate's {name} is {size}; {least} to {most} are allowed")


def _rational(text: Any, name: str) -> fmpq:
    value = exact_from_text(text)
    if not isinstance(value, fmpq):
        raise InvalidInput(f"the certificate's {name} end is not rational")
    return value


def _precision(question: Question, data: Data) -> int:
    """The search's working precision, if the work it asks for is within reason."""
    bits: int = data["precision"]
    _require_between(bits, "precision", 2, _MAX_PRECISION)
    steps = max(question.t, question.plain_steps)
    if data["kind"] == "suprema":
        _require_between(steps * (bits + _parameter_size(question)), "work, steps times bits,", 0, _MAX_WORK)
    else:
        _require_between(steps, "number of steps", 0, _MAX_CLOSED_STEPS)
    return bits


def _parameter_size(question: Question) -> int:
    """Characters of the longest parameter."""
    methods = [question.method.as_data(), question.solver.as_data()]
    texts = [one for data in methods for one in data["parameters"].values()]
    texts += [one for data in methods for table in data.get("tables", {}).values() for one in table]
    return max(map(len, texts))


def _require_unused(data: Data, *names: str) -> None:
    """Refuse a proof that holds more than is verified."""
    for name in names:
        if data[name] not in (None, []):
            raise _Fails(f"the certificate has {name}, which no proof of its kind uses")


def _certain(larger: Exact | arb, smaller: Exact | arb) -> bool:
    """Whether larger ≥ smaller: exactly where both are exact, else for all that their balls hold."""
    if isinstance(larger, arb) or isinstance(smaller, arb):
        return bool(_ball(larger) >= _ball(smaller))
    return sign(larger - smaller) >= 0


def _ball(value: Exact | arb) -> arb:
    return value if isinstance(value, arb) else ball(value)


def _dyadic(pair: list[int]) -> arb:
    """An exact ball from [m, e]."""
    return arb((pair[0], pair[1]))


# -- kinds -------------------------------------------------------------------------------------------------------------


def _start(question: Question, data: Data) -> tuple[Exact, Exact]:
    """P_0 = E_0 = 1 and D_0 = 0."""
    if question.t or question.estimator != "unrolled":
        raise _Fails(f"the certificate is for t = 0, unrolled; the question has t = {question.t}")
    _require_unused(data, "s", "p", "places", "suprema")
    return question.R, question.R


def _only_point(question: Question, data: Data) -> tuple[Any, Any]:
    """|A|R + |B|G at the only eigenvalue, exactly where one field holds it."""
    if sign(question.method.spectrum.radius) != 0:
        raise _Fails("the certificate is for a spectrum of one point; the question's has two ends")
    _require_unused(data, "s", "p", "places", "suprema")
    value = at_only_point(question)
    return value, value


def _points(question: Question, data: Data) -> tuple[arb, arb]:
    """The closed form: the family's fact says that the maxima are at these points."""
    if question.method.extremes is None or question.estimator != "unrolled" or question.t < 1:
        raise _Fails(
            f"the question has no closed form: {question.method.name} at t = {question.t}, {question.estimator}"
        )
    _require_unused(data, "suprema", *(("s", "p") if question.criterion != "exact" else ()))
    points = {str(point.place): (point.x, point.y) for point in end_points(question)}
    if question.criterion == "separate":
        total = _largest([x for x, _ in points.values()]) + _largest([y for _, y in points.values()])
        return total, total
    if question.criterion == "pointwise":
        largest = _largest([x + y for x, y in points.values()])
        return largest, largest
    squares = {name: (x * x, y * y) for name, (x, y) in points.items()}
    low = _two_points([squares[name] for name in data["places"]], data["p"])
    if data["s"] is not None:
        s = _inside(data["s"])
        return low, _largest([x / s + y / (1 - s) for x, y in squares.values()]).sqrt()
    name = data["places"][0]
    x, y = points[name]
    if not all(other == name or (x >= one[0] and y >= one[1]) for other, one in points.items()):
        raise _Fails(f"the end point {name} is not the worst in both terms")
    return low, x + y


def _suprema(question: Question, data: Data) -> tuple[arb, arb]:
    """The generic engine's answer: cells, pieces and places."""
    if sign(question.method.spectrum.radius) == 0:
        raise _Fails("the certificate is for an interval; the question's spectrum is one point")
    pair = error_polynomials(question, data["precision"])
    s = None if data["s"] is None else _inside(data["s"])
    rule, parts = functions(question, pair, s)
    if rule != "exact":
        _require_unused(data, "s", "p")
    elif s is None:
        raise _Fails("the certificate names no s, which the criterion exact needs")
    if rule == "zero":
        return arb(0), arb(0)
    given = data["suprema"]
    if len(given) != len(parts):
        raise _Fails(f"the certificate has {len(given)} suprema; the question has {len(parts)}")
    tops = [_verify_supremum(Cosine(part), one, data["precision"]) for part, one in zip(parts, given, strict=True)]
    if rule == "exact":
        A, B = functions(question, pair)[1]
        values = [_values([A, B], place) for place in data["places"]]
        return _two_points([(a * a, b * b) for a, b in values], data["p"]), tops[0].sqrt()
    lows = [abs(_values([part], one)[0]).nonnegative_part() for part, one in zip(parts, given, strict=True)]
    if rule in ("separate", "product"):
        low, high = ball(question.G), ball(question.G)
        for value, top in list(zip(lows, tops, strict=True))[rule == "separate" :]:
            low, high = low * value, high * top
        return (low + lows[0], high + tops[0]) if rule == "separate" else (low, high)
    return _largest(lows), _largest(tops)


_KINDS: dict[str, Callable[[Question, Data], tuple[Any, Any]]] = {
    "start": _start,
    "one point": _only_point,
    "points": _points,
    "suprema": _suprema,
}


# -- lower ends --------------------------------------------------------------------------------------------------------


def _values(parts: list[list[arb]], place: Data) -> list[arb]:
    """Cosine sums at θ = jπ/N + δu with δ = π/2N: whatever that is, its cosine is in [−1, 1]."""
    N, j = place["N"], place["j"]
    return values_at(parts, (2 * j + _dyadic(place["u"])) * arb.pi() / (2 * N) if N else arb(0))


def _inside(pair: Any) -> arb:
    s = _dyadic(pair)
    if not (s > 0 and s < 1):
        raise _Fails(f"s = {s.str(5)} is not inside (0, 1)")
    return s


def _two_points(points: list[Square], weight: Any) -> arb:
    """√(pX_1 + (1−p)X_2) + √(pY_1 + (1−p)Y_2), the error of a problem with at most two eigenvalues."""
    p = arb(1) if weight is None else _dyadic(weight)
    if not (p >= 0 and p <= 1) or len(points) not in (1, 2) or (len(points) == 1 and not p == 1):
        raise _Fails(f"{len(points)} points with weight {p.str(5)} are no problem with two eigenvalues")
    (x1, y1), (x2, y2) = points[0], points[-1]
    x, y = p * x1 + (1 - p) * x2, p * y1 + (1 - p) * y2
    return x.nonnegative_part().sqrt() + y.nonnegative_part().sqrt()


def _largest(values: list[arb]) -> arb:
    """A ball around the largest; undefined if one of them is."""
    result = values[0]
    for value in values[1:]:
        result = result.max(value)
    return result


# -- upper ends --------------------------------------------------------------------------------------------------------


def _verify_supremum(f: Cosine, data: Data, bits: int) -> arb:
    """An upper bound on sup|f|: the certificate's, once every cell is verified to stay below it.

    ‖f‖ ≤ B := max_j|f(θ_j)|/cos(nπ/2N) (Riesz, N ≥ 2.5n) and ‖f^(k)‖ ≤ n^k B (Bernstein), so Taylor's formula bounds
    |f| on the cells |θ−θ_j| ≤ δ = π/2N, which cover [0, π].
    """
    if f.n == 0:
        return abs(f.a[0])
    n = f.n
    claimed = _dyadic(data["upper"])
    N, order = data["N"], data["order"]
    _require_between(N, f"grid for the degree {n}", (5 * n + 1) // 2, 8 * n + 64)
    _require_between(order, "Taylor order", 1, 16 + bits // 2)
    listed = {int(j): pieces for j, pieces in data["cells"].items()}
    grid = f.grid(N)
    delta = arb.pi() / (2 * N)
    x = n * delta
    bound = _largest([abs(v) for v in grid[0]]) / x.cos()
    for j, (f0, f1, f2, f3) in enumerate(zip(*grid, strict=True)):
        if j in listed or abs(f0) + x * abs(f1) + bound * x**2 / 2 <= claimed:
            continue
        cubic = abs(f0) + x * (abs(f1) + x * (abs(f2) / 2 + x * abs(f3) / 6)) + bound * x**4 / 24
        if not cubic <= claimed:
            raise _Fails(f"cell {j} of {N} is not excluded: |f| is only known to be at most {cubic.str(8)} there")
    remainder = bound * (n * delta) ** (order + 1) / factorial(order + 1)
    for j, derivatives in grid_derivatives(f, [j for j in listed if 0 <= j <= N], N, order).items():
        model = arb_poly([value * delta**k / factorial(k) for k, value in enumerate(derivatives)])
        _verify_cell(j, listed[j], model, remainder, claimed)
    return claimed


def _verify_cell(j: int, pieces: Any, model: arb_poly, remainder: arb, claimed: arb) -> None:
    """The pieces must cover [−1, 1] from left to right; on each |model| + remainder must stay below what is claimed."""
    reached = arb(-1)
    for left, right, rule, point in pieces:
        low, high = _dyadic(left), _dyadic(right)
        if not (low <= reached and high > low):
            raise _Fails(f"the pieces of cell {j} leave a gap at u = {reached.str(8)}")
        reached = high
        q = model(arb_poly([(low + high) / 2, (high - low) / 2])).coeffs() or [arb(0)]
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
    if rule == "small" and point is None:
        return abs(q[0]) + rest
    if rule != "concave" or point is None or len(q) < 3 or q[0].contains(0):
        raise _Fails("a piece has a rule that does not apply to it")
    sigma = 1 if q[0] > 0 else -1
    curvature = -2 * sigma * q[2]
    for k, value in enumerate(q[3:], 3):
        curvature -= k * (k - 1) * abs(value)
    v = _dyadic(point)
    if not curvature > 0 or not abs(v) <= 1:
        raise _Fails("a piece said to be concave is not")
    polynomial = arb_poly(q) * sigma
    tilt = polynomial.derivative()(v)
    # at an end towards which f still rises the value there is the maximum; else the parabola's vertex bounds it
    top = polynomial(v) if abs(v) == 1 and tilt * v >= 0 else polynomial(v) + tilt * tilt / (2 * curvature)
    return _largest([top, rest - abs(q[0])])  # the second bounds −σq
