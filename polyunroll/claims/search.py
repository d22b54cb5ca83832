"""Deciding a claim: the kernel, with points at which it looks for counterexamples.

The points are guesses, and the kernel believes none: it evaluates the claim at each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from math import gcd, prod
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import exact
from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel import checker
from polyunroll.claims.kernel.checker import PROVED, REFUTED, UNDECIDED, Decision
from polyunroll.claims.kernel.scope import Failure, Interval, Meaning

__all__ = ["PROVED", "REFUTED", "UNDECIDED", "Decision", "decide", "points"]

_SAMPLES = 400
_INSIDE = tuple(fmpq(k, 100) for k in (43, 14, 86, 2, 98, 71))
_BEYOND = tuple(fmpq(k, 10) for k in (10, 1, 30, 200, 4, 5000))
_VECTORS = ((), ((2, -1, fmpq(-1, 3)),), ((2, -1, fmpq(-1, 3)), (3, -2, fmpq(-2, 7))), ((0, 0, 1),))
_PERIOD = 7

Data = Mapping[str, Any]


def decide(claim: Data) -> Decision:
    """Check a claim's proof; where it fails, look for a counterexample.

    Raises
    ------
    InvalidInput
        If the claim is malformed.
    """
    return checker.decide(claim, points)


def points(claim: Data) -> Iterator[dict[str, Any]]:
    """Rational points of a claim's box, ends that belong to it included, in the order in which to look at them."""
    domains = {name: Interval.of(text) for name, text in claim["variables"].items()}
    if "point" in claim["proof"] and not claim["free"]:
        yield {"": []} | {name: exact(text) for name, text in claim["proof"]["point"].items()}
    choices = [_choices(interval) for interval in domains.values()]
    free = {name: _choices(Interval.of(text)) for name, text in claim["free"].items()}
    for count, values in enumerate(islice(_scattered(choices), _SAMPLES)):
        point: dict[str, Any] = dict(zip(domains, values, strict=True))
        point |= {
            name: [of[(3 * k * k + k * count + count) % len(of)] for k in range(_PERIOD)] for name, of in free.items()
        }
        try:
            point = _solved(claim, point, [*domains])
        except (ArithmeticError, Failure):
            continue
        if not claim["vectors"]:
            yield point
        else:
            yield from ({**point, "": [*vector]} for vector in _VECTORS)


def _scattered(choices: list[list[fmpq]]) -> Iterator[list[fmpq]]:
    """The product of the choices, in an order that jumps about; over and over if it is one point."""
    total = prod(map(len, choices))
    stride = max(1, total * 5 // 13)
    while gcd(stride, total) > 1:
        stride += 1
    for count in range(max(total, 20)):
        index, point = count * stride % total, []
        for values in choices:
            index, place = divmod(index, len(values))
            point.append(values[place])
        yield point


def _choices(interval: Interval) -> list[fmpq]:
    """Some points of an interval."""
    low, high = interval.low, interval.high
    if low is not None and high is not None:
        found = [low + (high - low) * part for part in _INSIDE]
    else:
        found = [low + part for part in _BEYOND] if low is not None else [(high or fmpq(0)) - part for part in _BEYOND]
    ends = [fmpq(0) if low is None and high is None else None, low, high]
    return [*found, *(end for end in ends if end is not None and interval.has(end))]


def _solved(claim: Data, point: dict[str, Any], movable: list[str]) -> dict[str, Any]:
    """The point, moved along one variable for each equation among the hypotheses that is linear in it."""

    def difference(relation: Data, values: Data) -> Any:
        meaning = Meaning(claim["definitions"], lambda name, _: values[name], fmpq)
        return meaning.value(relation["left"]) - meaning.value(relation["right"])

    for relation in claim["hypotheses"]:
        used = {name for side in ("left", "right") for name, _ in parse(relation[side]).names()}
        if relation["relation"] != "=" or used & {*claim["vectors"]}:
            continue
        for name in movable:
            a, b, c = (difference(relation, {**point, name: fmpq(k)}) for k in range(3))
            if a - 2 * b + c == 0 != a - b:
                point = {**point, name: a / (a - b)}
                break
    return point
