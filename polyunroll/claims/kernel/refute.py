"""Counterexamples: a claim's programs run on rational numbers, without any closed form.

A relation is refuted only at a point of the box where the hypotheses hold and everything it names is defined, by exact
comparison. Where to look is for others to say. They give a point: numbers for the variables, under each free sequence's
name the terms that it repeats, and under "" how a vector is formed, step by step, from the first vector u_0: by
(a, b, c) u_k becomes a·u_k + b·u_0 + c·gradient(u_k).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import sqrt
from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel.programs import Runner, constants
from polyunroll.claims.kernel.scope import Data, Failure, Interval, Meaning, demand
from polyunroll.errors import OutsideField

_HOLDS = dict(zip(("=", "!=", "<", ">", "<=", ">="), (eq, ne, lt, gt, le, ge), strict=True))
_UNDEFINED = (ArithmeticError, OutsideField, Failure, KeyError)

Point = Mapping[str, Any]


def admits(claim: Data, point: Point) -> bool:
    """Whether a point is in the claim's box and its hypotheses hold there."""
    with suppress(*_UNDEFINED):
        meaning = _meaning(claim, point, claim["start"], {})
        boxes = [(text, [point[name]]) for name, text in claim["variables"].items()]
        boxes += [(text, point[name]) for name, text in claim["free"].items()]
        inside = all(Interval.of(text).has(value) for text, values in boxes for value in values)
        return inside and all(_true(meaning, relation) for relation in claim["hypotheses"])
    return False


def _meaning(claim: Data, point: Point, t: int, runs: Mapping[str, list[Any]]) -> Meaning:
    """What formulas mean at a point and a step."""

    def names(name: str, lag: int) -> Any:
        if name in fixed:
            return fixed[name]
        if name in claim["free"]:
            return point[name][(t - lag) % len(point[name])]
        if name == "t":
            return fmpq(t - lag)
        if name in claim["exponentials"]:
            return parse(claim["exponentials"][name]).evaluate(lambda used, _: point[used], fmpq) ** (t - lag)
        key, state, derivative = claim["sequences"][name]
        demand(0 <= t - lag < len(runs[key]), "{} has no value at t = {}", name, t - lag)
        return runs[key][t - lag][state][derivative]

    def formed(place: int) -> dict[str, fmpq]:
        vectors = claim["vectors"].items()
        return {name: Meaning(claim["definitions"], names, fmpq).value(pair[place]) for name, pair in vectors}

    fixed = {**({"weight": fmpq(1)} if claim["vectors"] else {}), **{name: point[name] for name in claim["variables"]}}
    fixed |= (first := formed(0))
    for a, b, c in point.get("", ()):
        gradient = formed(1)
        fixed |= {name: a * fixed[name] + b * first[name] + c * gradient[name] for name in first}
    return Meaning(claim["definitions"], names, fmpq)


def _true(meaning: Meaning, relation: Data) -> bool:
    return bool(_HOLDS[relation["relation"]](meaning.value(relation["left"]), meaning.value(relation["right"])))


def refute(claim: Data, point: Point, steps: int) -> str:
    """A counterexample at a point, in a sentence, or nothing: the programs run, and every relation is looked at."""
    last = claim["start"] + steps if claim["until"] is None else claim["until"]
    runs: dict[str, list[Any]] = {key: [] for key in claim["programs"]}
    for key, given in claim["programs"].items():
        order = max([0, *(d for program, _, d in claim["sequences"].values() if program == key)])

        def known(t: int, given: Data = given) -> Data:
            now = _meaning(claim, point, t, {})
            scalars = {name: now.value(text) for name, text in given["parameters"].items()}
            return constants(given["program"], scalars, fmpq, sqrt)

        with suppress(*_UNDEFINED):  # it may not be defined from some step on
            lam = _meaning(claim, point, 0, {}).value(given["lam"])
            runner = Runner(given["program"], known, lam, order, fmpq)
            runs[key].append(runner.values())
            for _ in range(last):
                runs[key].append(runner.step())
    for t in range(claim["start"], last + 1):
        meaning = _meaning(claim, point, t, runs)
        for relation in claim["statement"]:
            with suppress(*_UNDEFINED):  # undefined is not the same as false
                if not _true(meaning, relation):
                    where = ", ".join(f"{name} = {value}" for name, value in {**point, "t": t}.items() if name)
                    left, right = (meaning.value(relation[side]) for side in ("left", "right"))
                    return f"at {where}: {left} {relation['relation']} {right} is false"
    return ""
