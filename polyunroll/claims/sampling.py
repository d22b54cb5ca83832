"""A second opinion on claims: exact sampling that shares no code with the kernel.

Formulas are read with `ast` and evaluated in Fractions; programs run on polynomials in λ, coefficient by coefficient,
and are evaluated and differentiated at the end. A sample can show that a statement is false, never that it is true.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from polyunroll.claims.kernel.setting import axioms
from polyunroll.claims.running import Run, Undefined, derivative, evaluate

__all__ = ["Sample", "Undefined", "false_at", "looks_sound", "samples"]

Data = Mapping[str, Any]
Value = Callable[[str, int], Fraction]

STEPS = 7
_POINTS = 60
_LONG, _LONG_STEPS = 6, 24  # points that are looked at for longer
_RELATIONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


# -- samples -----------------------------------------------------------------------------------------------------------


class Sample:
    """A claim at one point of its box.

    Parameters
    ----------
    claim : mapping
        As `Claim.as_data` gives it.
    point : mapping of variable to Fraction
    chance : Random, optional
        What free sequences' terms and vectors are drawn from.

    Raises
    ------
    Undefined
        If a parameter of a program has no rational value here.
    """

    def __init__(self, claim: Data, point: Mapping[str, Fraction], chance: random.Random | None = None) -> None:
        self.claim, self.point = claim, dict(point)
        self._chance = chance or random.Random(1)
        self._known: dict[tuple[str, int], Fraction] = {}
        self._runs: dict[str, Run] = {}
        self._lam: dict[str, Fraction] = {}
        for key, given in claim["programs"].items():
            self._runs[key] = Run(given["program"], cache(lambda t, given=given: self._scalars(given, t)))
            self._runs[key].known(0)
            self._lam[key] = self.value(given["lam"], 0)
        if vectors := claim.get("vectors", {}):
            self.point |= self._vector(vectors)

    def _scalars(self, given: Data, t: int) -> dict[str, Fraction]:
        known = {name: self.value(text, t) for name, text in given["parameters"].items()}
        for constant in given["program"]["constants"]:
            known[constant["name"]] = evaluate(constant["formula"], lambda name, lag: known[name])
        return known

    def _vector(self, vectors: Data) -> dict[str, Fraction]:
        """What is known of a vector that is formed by chance from two starts and gradients."""

        def formed(place: int, names: Mapping[str, Fraction]) -> dict[str, Fraction]:
            def lookup(name: str, lag: int) -> Fraction:
                return names[name] if name in names else self._name(name, 0)

            return {name: evaluate(pair[place], lookup) for name, pair in vectors.items()}

        def combination(u: Mapping[str, Fraction], v: Mapping[str, Fraction]) -> dict[str, Fraction]:
            a, b = (Fraction(self._chance.randrange(-6, 7), self._chance.randrange(1, 4)) for _ in range(2))
            return {name: a * u[name] + b * v[name] for name in u}

        start = formed(0, {"weight": Fraction(1)})
        found = combination(start, formed(0, {"weight": Fraction(self._chance.randrange(-3, 4))}))
        for _ in range(self._chance.randrange(4)):
            found = combination(found, formed(1, found))
        return (
            formed(1, found) if self._chance.randrange(4) == 0 else start if self._chance.randrange(8) == 0 else found
        )

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
        if name in self.claim.get("free", {}):
            return _choice(_interval(self.claim["free"][name]), self._chance, 1)
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
        return derivative(self._runs[key].at(t)[place[0]], place[1], self._lam[key])

    def register(self, key: str, name: str, t: int) -> Fraction:
        """A register's value at step t."""
        self._runs[key].at(max(t, 0))
        return self._runs[key].scalar(name, t)

    def holds(self, relation: Data, t: int) -> bool:
        """Whether a relation is true at step t."""
        return _RELATIONS[relation["relation"]](self.value(relation["left"], t), self.value(relation["right"], t))

    def relations(self) -> list[tuple[Data, Value]]:
        """Hypotheses, what is cited and the statement, each with what its formulas mean."""
        found: list[tuple[Data, Value]] = [(one, self.value) for one in self.claim["hypotheses"]]
        for given in self.claim.get("cited", ()):
            claim = given["claim"] if "claim" in given else axioms()[given["axiom"]]
            found += [(one, self._inner(claim, given["values"])) for one in claim["statement"]]
        return found + [(one, self.value) for one in self.claim["statement"]]

    def _inner(self, claim: Data, values: Mapping[str, str]) -> Value:
        def value(text: str, t: int) -> Fraction:
            return evaluate(text, lambda name, lag: named(name, t - lag))

        def named(name: str, t: int) -> Fraction:
            if name in claim["definitions"]:
                return value(claim["definitions"][name], t)
            return Fraction(t) if name == "t" else self.value(values[name], t)

        return value


def _of_some_number(claim: Data) -> bool:
    """Whether a claim is about a number that exists by an axiom: no sample of it says that it is false."""
    return any("axiom" in given for given in claim.get("cited", ()))


def samples(claim: Data, count: int = _POINTS, seed: int = 1) -> Iterator[Sample]:
    """The claim at points of its box where its hypotheses hold; first the simple ones, then random ones."""
    chance = random.Random(seed)
    domains = {name: _interval(text) for name, text in claim["variables"].items()}
    found = 0
    for attempt in range(20 * count):
        try:
            sample = Sample(claim, {name: _choice(domain, chance, attempt) for name, domain in domains.items()}, chance)
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
    for number, sample in enumerate(() if _of_some_number(claim) else samples(claim, count, seed)):
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
    for sample in () if _of_some_number(claim) else samples(claim, count, seed):
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
    relations = sample.relations()

    def difference(number: int, t: int) -> Fraction:
        relation, value = relations[number]
        found = value(relation["left"], t) - value(relation["right"], t)
        return -found if relation["relation"] in ("<", "<=") else found

    def total(part: Mapping[str, str], t: int, cases: list[Fraction]) -> tuple[Fraction, bool]:
        terms = [(sample.value(text, t), int(place)) for place, text in part.items()]
        good = all(factor >= 0 or (place >= 0 and relations[place][0]["relation"] == "=") for factor, place in terms)
        known = [(factor, cases[place] if place < 0 else difference(place, t)) for factor, place in terms]
        return sum((factor * value for factor, value in known), Fraction(0)), good

    def settles(number: int, rule: Data, cases: list[Fraction]) -> bool:
        if rule["rule"] == "cases":
            side = sample.value(rule["of"], t)
            return settles(number, rule["above"], [*cases, side]) and settles(number, rule["below"], [*cases, -side])
        used, good = total(rule.get("using", {}), t, cases)
        rest = difference(number, t) - used
        if rule["rule"] == "induction" and claim.get("until") is None:
            used, good = total(rule.get("using", {}), t + 1, cases)
            before, also = total(rule.get("from", {str(number): "1"}), t, cases)
            rest, good = difference(number, t + 1) - before - used, good and also
        sign = {"=": "=", "!=": "!="}.get(relations[number][0]["relation"], ">=")
        return good and _RELATIONS[sign](rest, Fraction(0))

    for number, rule in enumerate(claim["proof"]["relations"], len(relations) - len(claim["statement"])):
        if not settles(number, rule, []):
            return f"the rule of relation {number} does not hold"
    return ""
