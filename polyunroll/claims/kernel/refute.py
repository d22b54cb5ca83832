"""Counterexamples: a claim's programs run on rational numbers in its box, without any closed form.

A relation is refuted only at a point of the box where the hypotheses hold and everything it names is defined, by exact
comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from math import gcd, prod
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import sqrt
from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel.programs import Runner, constants
from polyunroll.claims.kernel.scope import Failure, Interval, Meaning, evaluate
from polyunroll.errors import OutsideField

__all__ = ["inhabited", "refute"]

_SAMPLES = 400
_LONG_SAMPLES = 12  # of them, looked at for more steps
_STEPS, _LONG_STEPS = 7, 40
_INSIDE = tuple(fmpq(k, 100) for k in (43, 14, 86, 2, 98, 71))
_BEYOND = tuple(fmpq(k, 10) for k in (10, 1, 30, 200, 4, 5000))
_HOLDS = dict(zip(("=", "!=", "<", ">", "<=", ">="), (eq, ne, lt, gt, le, ge), strict=True))
_UNDEFINED = (ArithmeticError, OutsideField, Failure)

Data = Mapping[str, Any]


def refute(claim: Data) -> str:
    """A counterexample, in a sentence, or nothing."""
    for count, point in enumerate(_points(claim)):
        with suppress(*_UNDEFINED):
            if found := _refute_at(claim, point, _LONG_STEPS if count < _LONG_SAMPLES else _STEPS):
                return found
    return ""


def inhabited(claim: Data) -> bool:
    """Whether the hypotheses are seen to hold somewhere in the box, so that the claim speaks of something."""
    return not claim["hypotheses"] or any(True for _ in _points(claim))


def _points(claim: Data) -> Iterator[dict[str, fmpq]]:
    """Rational points of the box, ends that belong to it included, at which the hypotheses hold."""
    domains = {name: Interval.of(text) for name, text in claim["variables"].items()}
    choices = [_choices(interval) for interval in domains.values()]
    total = prod(map(len, choices))
    stride = max(1, total * 5 // 13)  # scattered over the product of the choices
    while gcd(stride, total) > 1:
        stride += 1
    for count in range(min(total, _SAMPLES)):
        index, point = count * stride % total, {}
        for name, values in zip(domains, choices, strict=True):
            index, place = divmod(index, len(values))
            point[name] = values[place]
        with suppress(*_UNDEFINED):
            point = _solved(claim, point)
            meaning = _meaning(claim, point, claim["start"], {})
            inside = all(interval.has(point[name]) for name, interval in domains.items())
            if inside and all(_true(meaning, relation) for relation in claim["hypotheses"]):
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


def _solved(claim: Data, point: dict[str, fmpq]) -> dict[str, fmpq]:
    """The point, moved along one variable for each equation among the hypotheses that is linear in it."""
    for relation in claim["hypotheses"]:
        for name in point if relation["relation"] == "=" else ():
            meanings = [_meaning(claim, {**point, name: fmpq(k)}, claim["start"], {}) for k in range(3)]
            a, b, c = (one.value(relation["left"]) - one.value(relation["right"]) for one in meanings)
            if a - 2 * b + c == 0 != a - b:
                point = {**point, name: a / (a - b)}
                break
    return point


def _meaning(claim: Data, point: Data, t: int, runs: Mapping[str, list[Any]]) -> Meaning:
    """What formulas mean at a point and a step."""

    def names(name: str, lag: int) -> Any:
        if name in point:
            return point[name]
        if name == "t":
            return fmpq(t - lag)
        if name in claim["exponentials"]:
            base = evaluate(parse(claim["exponentials"][name]), lambda used, _: point[used], fmpq, _ignore)
            return base ** (t - lag)
        key, state, derivative = claim["sequences"][name]
        if not 0 <= t - lag < len(runs.get(key, ())) or state not in runs[key][t - lag]:
            raise Failure(f"{name} has no value at t = {t - lag}")
        return runs[key][t - lag][state][derivative]

    return Meaning(claim["definitions"], names, fmpq, _ignore)


def _true(meaning: Meaning, relation: Data) -> bool:
    return bool(_HOLDS[relation["relation"]](meaning.value(relation["left"]), meaning.value(relation["right"])))


def _refute_at(claim: Data, point: Data, steps: int) -> str:
    """Run the programs at a point and look at every relation for the first steps."""
    last = claim["start"] + steps if claim["until"] is None else claim["until"]
    plain = _meaning(claim, point, claim["start"], {})
    runs: dict[str, list[Any]] = {}
    for key, given in claim["programs"].items():
        order = max([0, *(d for program, _, d in claim["sequences"].values() if program == key)])
        scalars = {name: plain.value(text) for name, text in given["parameters"].items()}
        known = constants(given["program"], scalars, fmpq, _ignore, sqrt)
        runner = Runner(given["program"], known, plain.value(given["lam"]), order, fmpq, _ignore)
        runs[key] = [runner.values()]
        with suppress(*_UNDEFINED):  # it may not be defined from some step on
            for _ in range(last):
                runs[key].append(runner.step())
    for t in range(claim["start"], last + 1):
        meaning = _meaning(claim, point, t, runs)
        for relation in claim["statement"]:
            with suppress(*_UNDEFINED):  # undefined is not the same as false
                if not _true(meaning, relation):
                    where = ", ".join(f"{name} = {value}" for name, value in {**point, "t": t}.items())
                    sides = [meaning.value(relation[side]) for side in ("left", "right")]
                    return f"at {where}: {sides[0]} {relation['relation']} {sides[1]} is false"
    return ""


def _ignore(divisor: Any) -> None:
    """Numbers say themselves when they are divided by 0."""
