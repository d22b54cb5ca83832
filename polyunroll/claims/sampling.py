"""A second opinion on claims: exact sampling that shares no code with the kernel.

Formulas are read with `ast` and evaluated in Fractions; programs run on polynomials in λ, coefficient by coefficient,
and are evaluated and differentiated at the end. A sample can show that a statement is false, never that it is true.
"""

from __future__ import annotations

import ast
import operator
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import isqrt, perm
from typing import Any

__all__ = ["Sample", "Undefined", "false_at", "looks_sound", "samples"]

Data = Mapping[str, Any]
Polynomial = list[Fraction]

STEPS = 7
_POINTS = 60
_LONG, _LONG_STEPS = 6, 24  # points that are looked at for longer
_TIMES: dict[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_RELATIONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class Undefined(Exception):
    """A formula has no value here: a division by 0, a root that is not rational, a step before the first."""


@cache
def _tree(text: str) -> ast.expr:
    return ast.parse(text.strip().replace("−", "-").replace("^", "**"), mode="eval").body


def evaluate(text: str, lookup: Callable[[str, int], Fraction]) -> Fraction:
    """A formula's value, `lookup(name, lag)` giving those of names.

    Raises
    ------
    Undefined
    """

    def walk(node: ast.AST) -> Fraction:
        match node:
            case ast.Constant():
                return Fraction(str(node.value))
            case ast.Name():
                return lookup(node.id, 0)
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                steps = index.right.value if isinstance(index, ast.BinOp) else 0  # type: ignore[attr-defined]
                return lookup(name, steps)
            case ast.UnaryOp(op=sign, operand=inner):
                return -walk(inner) if isinstance(sign, ast.USub) else walk(inner)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return walk(left) ** int(walk(right))
            case ast.BinOp(left=left, op=sign, right=right):
                return _TIMES[type(sign)](walk(left), walk(right))
            case ast.Call(args=[inner]):
                return _root(walk(inner))
        raise Undefined(ast.dump(node))

    try:
        return walk(_tree(text))
    except ZeroDivisionError:
        raise Undefined(f"{text} divides by 0") from None


def _root(value: Fraction) -> Fraction:
    above, below = isqrt(max(value.numerator, 0)), isqrt(value.denominator)
    if value < 0 or above * above != value.numerator or below * below != value.denominator:
        raise Undefined(f"the root of {value} is not rational")
    return Fraction(above, below)


# -- programs ----------------------------------------------------------------------------------------------------------


@dataclass
class _Run:
    """A program's registers and its states' polynomials in λ, step by step."""

    program: Data
    known: dict[str, Fraction]
    registers: dict[tuple[str, int], Fraction] = field(default_factory=dict)
    states: list[dict[str, Polynomial]] = field(default_factory=list)

    def at(self, t: int) -> dict[str, Polynomial]:
        if not self.states:
            for earlier in range(min([0, *(r.get("first", 0) for r in self.program["registers"])]), 1):
                self._update(earlier)
            self.states.append({name: [self._scalar(text, 0)] for name, text in self.program["states"].items()})
        while len(self.states) <= t:
            now = len(self.states)
            self._update(now)
            self.states.append(self._step(now))
        return self.states[t]

    def _scalar(self, text: str, t: int) -> Fraction:
        return evaluate(text, lambda name, lag: self.scalar(name, t - lag))

    def scalar(self, name: str, t: int) -> Fraction:
        if name == "t":
            return Fraction(t)
        if name in self.known:
            return self.known[name]
        if (name, t) not in self.registers:
            raise Undefined(f"{name} has no value at t = {t}")
        return self.registers[name, t]

    def _update(self, t: int) -> None:
        for register in self.program["registers"]:
            if "table" in register:
                if 0 < t <= len(register["table"]):
                    self.registers[register["name"], t] = Fraction(register["table"][t - 1])
                continue
            place = t - register["first"]
            if place >= 0:
                starts = register["starts"]
                text = starts[place] if place < len(starts) else register["law"]
                self.registers[register["name"], t] = self._scalar(text, t)

    def _step(self, t: int) -> dict[str, Polynomial]:
        values = dict(self.states[-1])
        gradient = self._combination(self.program["query"], values, t)
        values["gradient"] = [Fraction(0), *gradient]
        for assignment in self.program["assignments"]:
            values[assignment["target"]] = self._combination(assignment["terms"], values, t)
        return {name: values[name] for name in self.program["states"]}

    def _combination(self, terms: Mapping[str, str], values: Mapping[str, Polynomial], t: int) -> Polynomial:
        total: Polynomial = []
        for name, text in terms.items():
            factor = self._scalar(text, t)
            total += [Fraction(0)] * (len(values[name]) - len(total))
            for power, value in enumerate(values[name]):
                total[power] += factor * value
        return total


def _derivative(polynomial: Polynomial, order: int, at: Fraction) -> Fraction:
    return sum(
        (perm(k, order) * value * at ** (k - order) for k, value in enumerate(polynomial) if k >= order), Fraction(0)
    )


# -- samples -----------------------------------------------------------------------------------------------------------


class Sample:
    """A claim at one point of its box.

    Parameters
    ----------
    claim : mapping
        As `Claim.as_data` gives it.
    point : mapping of variable to Fraction

    Raises
    ------
    Undefined
        If a parameter of a program has no rational value here.
    """

    def __init__(self, claim: Data, point: Mapping[str, Fraction]) -> None:
        self.claim, self.point = claim, dict(point)
        self._known: dict[tuple[str, int], Fraction] = {}
        self._runs: dict[str, _Run] = {}
        self._lam: dict[str, Fraction] = {}
        for key, given in claim["programs"].items():
            known = {name: self.value(text, 0) for name, text in given["parameters"].items()}
            for constant in given["program"]["constants"]:
                known[constant["name"]] = evaluate(constant["formula"], lambda name, lag, k=known: k[name])  # type: ignore[misc]
            self._runs[key] = _Run(given["program"], known)
            self._lam[key] = self.value(given["lam"], 0)

    def value(self, text: str, t: int) -> Fraction:
        """A formula's value at step t."""
        return evaluate(text, lambda name, lag: self._name(name, t - lag))

    def _name(self, name: str, t: int) -> Fraction:
        if (name, t) not in self._known:
            self._known[name, t] = self._new(name, t)
        return self._known[name, t]

    def _new(self, name: str, t: int) -> Fraction:
        if name in self.point:
            return self.point[name]
        if name == "t":
            return Fraction(t)
        if name in self.claim["definitions"]:
            return self.value(self.claim["definitions"][name], t)
        if name in self.claim["exponentials"]:
            base = self.value(self.claim["exponentials"][name], t)
            if base == 0 and t < 0:
                raise Undefined(f"{name} divides by 0")
            return base**t
        if name not in self.claim["sequences"]:
            raise Undefined(f"{name} means nothing here")
        key, state, order = self.claim["sequences"][name]
        if state in self.claim["programs"][key]["program"]["states"]:
            return self.state(key, (state, order), t)
        return self.register(key, state, t)

    def state(self, key: str, place: tuple[str, int], t: int) -> Fraction:
        """A state's λ-derivative of some order at step t."""
        if t < 0:
            raise Undefined(f"{place[0]} has no value at t = {t}")
        return _derivative(self._runs[key].at(t)[place[0]], place[1], self._lam[key])

    def register(self, key: str, name: str, t: int) -> Fraction:
        """A register's value at step t."""
        self._runs[key].at(max(t, 0))
        return self._runs[key].scalar(name, t)

    def holds(self, relation: Data, t: int) -> bool:
        """Whether a relation is true at step t."""
        return _RELATIONS[relation["relation"]](self.value(relation["left"], t), self.value(relation["right"], t))


def samples(claim: Data, count: int = _POINTS, seed: int = 1) -> Iterator[Sample]:
    """The claim at points of its box where its hypotheses hold; first the simple ones, then random ones."""
    chance = random.Random(seed)
    domains = {name: _interval(text) for name, text in claim["variables"].items()}
    found = 0
    for attempt in range(20 * count):
        try:
            sample = Sample(claim, {name: _choice(domain, chance, attempt) for name, domain in domains.items()})
            if not all(sample.holds(hypothesis, claim["start"]) for hypothesis in claim.get("hypotheses", ())):
                continue
        except Undefined:
            continue
        yield sample
        found += 1
        if found == count:
            return


def _interval(text: str) -> tuple[Fraction | None, Fraction | None, bool, bool]:
    body = text.strip()
    low, high = (None if "oo" in end else Fraction(end.strip()) for end in body[1:-1].split(","))
    return low, high, body[0] == "[", body[-1] == "]"


def _choice(
    domain: tuple[Fraction | None, Fraction | None, bool, bool], chance: random.Random, attempt: int
) -> Fraction:
    """A point of an interval: often an end that belongs to it, sometimes near an end, else anywhere."""
    low, high, left, right = domain
    kind = chance.randrange(6) if attempt else 5
    if kind == 0 and left and low is not None:
        return low
    if kind == 1 and right and high is not None:
        return high
    part = Fraction(chance.randrange(1, 64), 64)
    if kind == 2:
        part = Fraction(1, 10 ** chance.randrange(2, 5))
    if kind == 3:
        part = 1 - Fraction(1, 10 ** chance.randrange(2, 5))
    if low is not None and high is not None:
        return low + (high - low) * part
    far = part / (1 - part) * chance.choice((1, 4))
    if low is not None:
        return low + far
    return high - far if high is not None else far * chance.choice((1, -1))


def _last(claim: Data, number: int) -> int:
    if claim.get("until") is not None:
        return int(claim["until"])
    return int(claim["start"]) + (_LONG_STEPS if number < _LONG else STEPS)


def false_at(claim: Data, count: int = _POINTS, seed: int = 1) -> dict[str, str] | None:
    """A point, and t, at which a relation of the statement is false; nothing if none was met."""
    for number, sample in enumerate(samples(claim, count, seed)):
        for t in range(claim["start"], _last(claim, number) + 1):
            for relation in claim["statement"]:
                try:
                    if not sample.holds(relation, t):
                        return {name: str(value) for name, value in {**sample.point, "t": t}.items()}
                except Undefined:
                    continue
    return None


# -- proofs ------------------------------------------------------------------------------------------------------------


def looks_sound(claim: Data, count: int = 20, seed: int = 2) -> str:
    """What a claim's proof asserts and a sample shows to be false; empty if no sample does.

    Closed forms are compared with the programs' own values, roots and factors with 0, registers with their bounds, and
    what each rule says of its relation is evaluated step by step.
    """
    begins = [proof["start"] for proof in claim["proof"]["programs"].values()]
    settled = claim["start"] if claim.get("until") is not None else max([claim["start"], *begins]) + 3
    for sample in samples(claim, count, seed):
        for t in range(claim["start"], max(_last(claim, _LONG), settled) + 1):
            for check in (_forms, _rules) if t >= settled else (_forms,):
                try:
                    if wrong := check(claim, sample, t):
                        return f"{wrong} at {sample.point}, t = {t}"
                except Undefined:
                    continue
    return ""


def _forms(claim: Data, sample: Sample, t: int) -> str:
    if claim.get("until") is not None:
        return ""
    for key, proof in claim["proof"]["programs"].items():
        opaque = {
            f"{name}_{k}" if k else name: (name, k) for name, jet in proof["states"].items() for k in range(len(jet))
        }
        opaque = {text: place for text, place in opaque.items() if proof["states"][place[0]][place[1]] == text}
        registers = {r["name"] for r in claim["programs"][key]["program"]["registers"]} - {*proof["registers"]}

        def lookup(name: str, lag: int, key: str = key, opaque: Any = opaque, registers: Any = registers) -> Fraction:
            if name in opaque:
                return sample.state(key, opaque[name], t - lag)
            if name in registers:
                return sample.register(key, name, t - lag)
            return sample.value(name, t - lag)

        for name, text in proof["roots"].items():
            if sample.value(text, t) < 0:
                return f"the root {name} is negative"
        if t < proof["start"]:
            continue
        for name, text in proof["registers"].items():
            if sample.value(text, t) != sample.register(key, name, t):
                return f"the closed form of {name} is wrong"
        for name, jet in proof["states"].items():
            for order, text in enumerate(jet):
                if evaluate(text, lookup) != sample.state(key, (name, order), t):
                    return f"the closed form of {name}, derivative {order}, is wrong"
        for name, text in proof.get("bounds", {}).items():
            low, high = (end if "oo" in end else sample.value(end, t) for end in text.strip()[1:-1].split(","))
            value = sample.register(key, name, t)
            if (not isinstance(low, str) and value < low) or (not isinstance(high, str) and value > high):
                return f"{name} leaves its bounds"
    return ""


def _rules(claim: Data, sample: Sample, t: int) -> str:
    relations = [*claim.get("hypotheses", ()), *claim["statement"]]

    def difference(number: int, t: int) -> Fraction:
        relation = relations[number]
        value = sample.value(relation["left"], t) - sample.value(relation["right"], t)
        return -value if relation["relation"] in ("<", "<=") else value

    def total(part: Mapping[str, str], t: int) -> tuple[Fraction, bool]:
        terms = [(sample.value(text, t), int(place)) for place, text in part.items()]
        good = all(factor >= 0 or relations[place]["relation"] == "=" for factor, place in terms)
        return sum((factor * difference(place, t) for factor, place in terms), Fraction(0)), good

    for number, rule in enumerate(claim["proof"]["relations"], len(claim.get("hypotheses", ()))):
        used, good = total(rule.get("using", {}), t)
        rest = difference(number, t) - used
        if rule["rule"] == "induction" and claim.get("until") is None:
            used, good = total(rule.get("using", {}), t + 1)
            before, also = total(rule.get("from", {str(number): rule.get("factor", "1")}), t)
            rest, good = difference(number, t + 1) - before - used, good and also
        sign = {"=": "=", "!=": "!="}.get(relations[number]["relation"], ">=")
        if not good or not _RELATIONS[sign](rest, Fraction(0)):
            return f"the rule of relation {number} does not hold"
    return ""
