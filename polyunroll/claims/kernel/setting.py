"""What the parts of a proof share: the claim's field, where its names range, what its formulas mean, what it cites.

A citation is of a proved claim, or of an axiom, with values for its variables and names for its sequences.

What a cited claim says of all its variables and all t it says of these values at this t. Its sequences must be the
citing claim's own: the same program, parameters and λ; its exponentials formulas V with V(0) = 1 and V(t+1) =
base·V(t); its free sequences formulas in the citing claim's; its vectors' data those that start and change in the same
way.

An axiom may be about a number that exists. That is a variable of the citing claim, any real number, which then stands
for such a number: what is proved holds for some value of it instead of all.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flint import fmpq

from polyunroll.claims.kernel.ratio import Ratio
from polyunroll.claims.kernel.scope import Data, Interval, Meaning, Scope, demand
from polyunroll.claims.kernel.sign import nonnegative, nonzero, positive

Facts = list[tuple[str, Ratio]]
"""Hypotheses and relations: the sign, and the difference that is = 0, ≠ 0, ≥ 0 or > 0."""

EMPTY: dict[str, Any] = {"free": {}, "vectors": {}, "cited": []}
"""What a claim need not say."""


@cache
def stored(name: str) -> Data:
    """What a file beside this one says."""
    return dict(json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8")))


def axioms() -> Data:
    """The textbook theorems that a proof may cite: claims without a proof, some about a number that `exists`."""
    return stored("axioms.json")


def cited(given: Data) -> dict[str, Any]:
    """The claim, or the axiom, that a citation is of."""
    return {**EMPTY, **(given["claim"] if "claim" in given else axioms()[given["axiom"]])}


def formulas(rule: Data) -> list[str]:
    """The formulas in a rule: its factors, and what its cases are of, with those in them."""
    found = [factor for part in ("using", "from", "base") for factor in rule.get(part, {}).values()]
    return [*found, rule["of"], *formulas(rule["above"]), *formulas(rule["below"])] if "of" in rule else found


def domains(scope: Scope, start: int) -> dict[str, Interval]:
    """Where symbols, variables, t and exponentials range: Z = base^t, t ≥ start ≥ 0."""
    found = {**dict.fromkeys(scope.symbols, Interval(None, None)), **scope.domains, "t": Interval(fmpq(start), None)}
    for name, base in scope.bases.items():
        for low, high in ((0, 1), (1, None), (-1, 1), (0, None)):
            if nonnegative(base - low, scope.domains) and (high is None or nonnegative(-base + high, scope.domains)):
                strict = low == 0 and positive(base, scope.domains)
                found.setdefault(name, Interval(fmpq(low), None if high is None else fmpq(high), strict))
    return found


class Setting(NamedTuple):
    """A proof under way.

    Attributes
    ----------
    claim : mapping
    scope : Scope
    domains : dict of name to Interval
        Where variables, t, exponentials and symbols range.
    closed : dict of name to Ratio
        The sequences' closed forms, as far as verified.
    bounded : dict of symbol to Ratio
        What runs over a bounded register's interval as the symbol runs over its domain.
    hypotheses : set of str
        What the proof takes for granted: that programs do not divide by 0, where that is not proved.
    axioms : set of str
        The axioms that it uses, or that what it cites uses.
    """

    claim: Data
    scope: Scope
    domains: dict[str, Interval]
    closed: dict[str, Ratio]
    bounded: dict[str, Ratio]
    hypotheses: set[str]
    axioms: set[str]

    def meaning(self, t: int = -1, values: Any = None) -> Meaning:
        """What formulas mean for all t, by closed forms, or at one t, by the programs' own values."""
        scope, sequences = self.scope, self.claim["sequences"]

        def always(name: str, lag: int) -> Ratio:
            known = name not in sequences or name in self.closed
            demand(known, "the sequence {} is named where it has no closed form yet", name)
            return scope.shift(self.closed[name] if name in sequences else scope.named(name), -lag)

        def once(name: str, lag: int) -> Ratio:
            if name not in sequences:
                return scope.at(scope.named(name), t - lag)
            key, state, derivative = sequences[name]
            demand(t >= lag and state in values[key][t - lag], "{} has no value at t = {}", name, t - lag)
            return values[key][t - lag][state][derivative]  # type: ignore[no-any-return]

        return Meaning(self.claim["definitions"], always if t < 0 else once, scope.field.number)

    def facts(self, meaning: Meaning) -> Facts:
        """The hypotheses, what is cited, and the statement."""
        found = [_difference(meaning, relation) for relation in self.claim["hypotheses"]]
        known = list(found)
        for given in self.claim["cited"]:
            found += self._instance(given, meaning, known)
        return found + [_difference(meaning, relation) for relation in self.claim["statement"]]

    def holds(self, relation: str, f: Ratio) -> bool:
        """Whether f = 0, f ≠ 0, f > 0 or f ≥ 0 is proved on the box, as the relation says."""
        if relation == "=":
            return f == 0
        f = f.substitute(self.bounded) if f.names() & self.bounded.keys() else f
        if relation == "!=":
            return nonzero(f, self.domains) and nonzero(f.below(), self.domains)
        return (positive if relation in ("<", ">") else nonnegative)(f, self.domains)

    def inner(self, given: Data, meaning: Meaning) -> Meaning:
        """What a cited claim's formulas mean here."""
        values = given["values"]

        def named(name: str, lag: int) -> Any:
            return meaning.value(values[name], lag) if name in values else meaning.named(name, lag)

        return Meaning(cited(given)["definitions"], named, self.scope.field.number)

    def _instance(self, given: Data, meaning: Meaning, known: Facts) -> Facts:
        """What a cited claim says here, once its variables' values are in their domains and its hypotheses hold."""
        inner, claim = self.inner(given, meaning), cited(given)
        for name, text in claim["variables"].items():
            self.inside(inner.named(name, 0), text)
        for relation in claim["hypotheses"]:
            sign, f = _difference(inner, relation)
            good = (sign, f) in known or self.holds(sign, f)
            demand(good, "the hypothesis {} {} 0 of {} is not proved", f, sign, claim["id"])
        return [_difference(inner, relation) for relation in claim["statement"]]

    def inside(self, value: Ratio, interval: str) -> None:
        """Prove that a value is in an interval with rational ends."""
        good = all(self.holds(*side) for side in Interval.of(interval).sides(value))
        demand(good, "{} is not proved to be in {}", value, interval)


def _difference(meaning: Meaning, relation: Data) -> tuple[str, Ratio]:
    sign, left, right = relation["relation"], meaning.value(relation["left"]), meaning.value(relation["right"])
    return sign, right - left if sign in ("<", "<=") else left - right


def link(setting: Setting, given: Data) -> None:
    """Verify that a cited claim is about all t needed, and that its names mean here what they mean there.

    Raises
    ------
    Failure
    """
    claim, here, values, scope = cited(given), setting.claim, given["values"], setting.scope
    long = claim["until"] is None or (here["until"] is not None and claim["until"] >= here["until"])
    every = long and claim["start"] <= here["start"]
    demand(every, "{} is not about every t that this claim is about", claim["id"])
    demand(not exists(claim), "{} is about a number that exists, not about all", claim["id"])
    always = setting.meaning()
    inner = setting.inner(given, always)
    if any(claim[part] for part in ("exponentials", "free", "programs", "vectors")):
        for name in claim["variables"]:
            still = inner.named(name, 0).names() <= {*here["variables"]} - {*exists(here)}
            demand(still, "{} is the same at every t in {}, and {} is not", name, claim["id"], values[name])
    for name in claim.get("exists", ()):
        own = exists(here).count(values[name]) == 1 and here["variables"].get(values[name]) == "(-oo, oo)"
        demand(own, "{} is not a variable of its own, in (-oo, oo)", values[name])
    for name, base in claim["exponentials"].items():
        power = inner.named(name, 0)
        good = scope.at(power, 0) == 1 and scope.shift(power, 1) == inner.value(base) * power
        demand(good, "{} is not {}^t", values[name], base)
    for name, domain in claim["free"].items():
        value = inner.named(name, 0)
        good = value.names() <= {*here["variables"], *scope.moving} - {*scope.symbols}
        demand(good, "{} is not made of free sequences alone", values[name])
        setting.inside(value, domain)
    for name, (key, *what) in claim["sequences"].items():
        own, *mine = here["sequences"].get(values[name], [""])
        demand(what == mine, "{} is not the sequence {} of {}", values[name], name, claim["id"])
        ours, theirs = here["programs"][own], claim["programs"][key]
        texts = [(ours["lam"], theirs["lam"])]
        texts += [(ours["parameters"][one], text) for one, text in theirs["parameters"].items()]
        same = ours["program"] == theirs["program"] and all(always.value(a) == inner.value(b) for a, b in texts)
        demand(same, "{} is of another program than {} of {}", values[name], name, claim["id"])
    for name, pair in claim["vectors"].items():
        mine = here["vectors"].get(values[name], ())
        same = [always.value(text) for text in mine] == [inner.value(text) for text in pair]
        demand(same, "{} does not start and change as {} of {} does", values[name], name, claim["id"])


def exists(claim: Data) -> list[str]:
    """The variables of a claim that stand for numbers that exist by an axiom."""
    return [given["values"][name] for given in claim["cited"] for name in cited(given).get("exists", ())]
