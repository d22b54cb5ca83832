"""Counterexamples: a claim's programs run on rational numbers, without any closed form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import sqrt
from polyunroll.arithmetic.expression import Expression, parse
from polyunroll.claims.kernel.programs import Runner
from polyunroll.claims.kernel.scope import Interval, evaluate, looks_back
from polyunroll.errors import OutsideField

__all__ = ["refute"]

_SAMPLE_STEPS = 7
_SAMPLES = 400


def refute(claim: Mapping[str, Any]) -> str:
    """A counterexample, in a sentence, or nothing."""
    for count, point in enumerate(_points(claim["variables"])):
        if count >= _SAMPLES:
            return ""
        try:
            found = _refute_at(claim, point)
        except (ZeroDivisionError, OutsideField, KeyError):
            continue
        if found:
            return found
    return ""


def _points(variables: Mapping[str, str]) -> Iterator[dict[str, fmpq]]:
    """Rational points of the box, ends that belong to it included."""
    names = list(variables)
    choices = []
    for text in variables.values():
        interval = Interval.of(text)
        low = fmpq(-3) if interval.low is None else interval.low
        high = low + 3 if interval.high is None else interval.high
        if interval.low is None and interval.high is not None:
            low = high - 3
        inner = [low + (high - low) * fmpq(k, 7) for k in (3, 1, 5, 6)]
        ends = [end for end, open_ in ((low, interval.low_open), (high, interval.high_open)) if not open_]
        choices.append([*inner, *ends])
    for values in product(*choices):
        yield dict(zip(names, values, strict=True))


def _refute_at(claim: Mapping[str, Any], point: Mapping[str, fmpq]) -> str:
    """Run the programs at a point and look at every relation for the first steps."""

    def number(text: str, known: Mapping[str, Any]) -> Any:
        return evaluate(parse(text), lambda name, lag: known[name], lambda c: c, lambda d: None)

    known: dict[str, Any] = dict(point)
    bases = {name: number(text, known) for name, text in claim["exponentials"].items()}
    local = dict(known)
    for name, text in claim["definitions"].items():
        if {used for used, _ in parse(text).names()} <= set(local):
            local[name] = number(text, local)
    for relation in claim.get("hypotheses", ()):
        if not _holds(number(relation["left"], local), relation["relation"], number(relation["right"], local)):
            return ""
    runners = {}
    for key, given in claim["programs"].items():
        scalars = {name: number(text, local) for name, text in given["parameters"].items()}
        scalars = _constants(given["program"], scalars)
        order = max([0, *(d for p, _, d in claim["sequences"].values() if p == key)])
        runners[key] = Runner(given["program"], scalars, number(given["lam"], local), order, fmpq, lambda d: None)
    past: dict[tuple[str, int], Any] = {}

    def at(t: int, text: str) -> Any:
        return evaluate(parse(text), lambda name, lag: past[name, t - lag], lambda c: c, lambda d: None)

    until = claim.get("until")
    for t in range(claim["start"] + _SAMPLE_STEPS if until is None else until + 1):
        if t:
            for runner in runners.values():
                runner.step()
        past.update({(name, t): value for name, value in known.items()})
        past.update({("t", t): fmpq(t), **{(name, t): base**t for name, base in bases.items()}})
        for name, (key, state, derivative) in claim["sequences"].items():
            past[name, t] = runners[key].values()[state][derivative]
        for name, text in claim["definitions"].items():
            if t >= looks_back(text, claim):
                past[name, t] = at(t, text)
        if t < claim["start"]:
            continue
        for relation in claim["statement"]:
            left, right = at(t, relation["left"]), at(t, relation["right"])
            if not _holds(left, relation["relation"], right):
                where = ", ".join(f"{name} = {value}" for name, value in {**point, "t": t}.items())
                return f"at {where}: {left} {relation['relation']} {right} is false"
    return ""


def _constants(program: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters and constants as exact numbers."""
    known = dict(parameters)

    def value(expression: Expression) -> Any:
        return evaluate(expression, lambda name, lag: known[name], lambda c: c, lambda d: None, root)

    def root(inside: Expression) -> Any:
        return sqrt(value(inside))

    for constant in program["constants"]:
        known[constant["name"]] = value(parse(constant["formula"]))
    return known


def _holds(left: Any, relation: str, right: Any) -> bool:
    if relation == "=":
        return bool(left == right)
    if relation == "!=":
        return bool(left != right)
    if relation == "<":
        return bool(left < right)
    if relation == ">":
        return bool(left > right)
    return bool(left <= right) if relation == "<=" else bool(left >= right)
