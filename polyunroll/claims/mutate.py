"""Mutants of a claim: false statements that must not be proved, and altered proofs that must be rejected.

A statement's mutant is false if sampling says so (`sampling.false_at`), and is else set aside. An altered proof of a
true statement may still be one: it is, if nothing that it asserts is false at any sample (`sampling.looks_sound`).
"""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from polyunroll.claims.kernel import checker
from polyunroll.claims.kernel.checker import PROVED, REFUTED
from polyunroll.claims.kernel.refute import admits
from polyunroll.claims.sampling import false_at, looks_sound
from polyunroll.claims.search import points
from polyunroll.errors import InvalidInput

__all__ = [
    "Mutant",
    "Shares",
    "altered_proofs",
    "altered_statements",
    "is_proof",
    "mutate",
    "shares_of_proofs",
    "shares_of_statements",
]

Data = dict[str, Any]
Place = tuple[str | int, ...]

_OTHER_SIGNS: dict[type, type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_OTHER_RELATIONS = {
    "=": ("<", ">", "!="),
    "!=": ("=",),
    "<=": ("<", ">=", "="),
    ">=": (">", "<=", "="),
    "<": ("<=", ">", "="),
    ">": (">=", "<", "="),
}
_RULES = ("identity", "sign", "induction", "structure")
_GROUNDS, _CASES = ("using", "from", "base"), ("above", "below")
LIMIT = 24
_FEW, _MANY = 25, 100  # samples
_PLACES = 100  # at which the kernel looks for a counterexample
MALFORMED = "MALFORMED"


@dataclass(frozen=True)
class Mutant:
    """An altered claim, and what was altered."""

    what: str
    data: Data


@dataclass
class Shares:
    """How mutants fared.

    Attributes
    ----------
    made : int
        Of these many, which the kernel can read,
    counted : int
        these were false statements, or altered proofs of a true one, beyond doubt; the others are set aside.
    refuted : int
        Of the counted ones: with a counterexample (statements only).
    valid : int
        Set aside because the altered proof is still a proof.
    accepted : list of Mutant
        Of the counted ones: PROVED, which must not happen.
    """

    made: int = 0
    counted: int = 0
    refuted: int = 0
    valid: int = 0
    accepted: list[Mutant] = field(default_factory=list)

    def __add__(self, other: Shares) -> Shares:
        return Shares(
            self.made + other.made,
            self.counted + other.counted,
            self.refuted + other.refuted,
            self.valid + other.valid,
            self.accepted + other.accepted,
        )


def mutate(claim: Data, others: Sequence[Data] = (), limit: int | None = LIMIT) -> tuple[Shares, Shares]:
    """Decide mutants of a claim.

    Parameters
    ----------
    claim : dict
        As `Claim.as_data` gives it.
    others : sequence of dict
        Claims whose proofs are tried under this statement.
    limit : int, optional
        At most so many statements and so many proofs, taken evenly; all without.

    Returns
    -------
    (Shares, Shares)
        Of statements and of proofs.
    """
    statements = shares_of_statements(_evenly(altered_statements(claim), limit))
    return statements, shares_of_proofs(_evenly(altered_proofs(claim, others), limit))


def shares_of_statements(mutants: Iterable[Mutant]) -> Shares:
    """Decide altered statements, under the proof they come with and under one without inductions and grounds."""
    shares = Shares()
    for mutant in mutants:
        verdicts = {_verdict(mutant.data), _verdict(_plain(mutant.data), 1)}  # a counterexample needs no proof
        if MALFORMED in verdicts:
            continue
        shares.made += 1
        if not false_at(mutant.data, _MANY if PROVED in verdicts else _FEW):
            continue
        shares.counted += 1
        shares.refuted += REFUTED in verdicts
        shares.accepted += [mutant] if PROVED in verdicts else []
    return shares


def shares_of_proofs(mutants: Iterable[Mutant]) -> Shares:
    """Decide altered proofs of true statements."""
    shares = Shares()
    for mutant in mutants:
        shares.made += 1
        if not is_proof(mutant.data):
            shares.counted += 1
        elif looks_sound(mutant.data):
            shares.counted += 1
            shares.accepted.append(mutant)
        else:
            shares.valid += 1
    return shares


def is_proof(data: Data) -> bool:
    """Whether the kernel accepts the proof of a true statement: there is no counterexample to look for."""
    return _verdict(data, 1) == PROVED


def _verdict(data: Data, most: int = _PLACES) -> str:
    """What the kernel says, given so many points of those where the hypotheses hold."""

    def places(claim: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        return islice((point for point in points(claim) if admits(claim, point)), most)

    try:
        return checker.decide(data, places).verdict
    except InvalidInput:
        return MALFORMED


def _plain(data: Data) -> Data:
    """The claim with the plainest rule for each relation."""
    rules = [{"rule": "identity" if relation["relation"] == "=" else "sign"} for relation in data["statement"]]
    return {**data, "proof": {**data["proof"], "relations": rules}}


def _evenly(mutants: Iterable[Mutant], limit: int | None) -> list[Mutant]:
    found = list(mutants)
    if limit is None or len(found) <= limit:
        return found
    return [found[i * len(found) // limit] for i in range(limit)]


# -- statements --------------------------------------------------------------------------------------------------------


def altered_statements(claim: Data) -> Iterator[Mutant]:
    """The claim with one thing in its statement altered; the proof stays."""
    yield from _different(claim, _statements(claim))


def _statements(claim: Data) -> Iterator[Mutant]:
    moving = {*claim["sequences"], *claim["exponentials"]}
    for name, text in claim["definitions"].items():
        if {node.id for node in ast.walk(_tree(text)) if isinstance(node, ast.Name)} & {"t", *moving}:
            moving.add(name)
    for number, relation in enumerate(claim["statement"]):
        for side in ("left", "right"):
            yield from _texts(claim, ("statement", number, side), moving)
        for other in _OTHER_RELATIONS[relation["relation"]]:
            yield _with(claim, ("statement", number, "relation"), other)
    for name in claim["definitions"]:
        yield from _texts(claim, ("definitions", name), moving)
    for name in claim["exponentials"]:
        yield from _texts(claim, ("exponentials", name), ())
    for key, given in claim["programs"].items():
        yield from _texts(claim, ("programs", key, "lam"), ())
        for name in given["parameters"]:
            yield from _texts(claim, ("programs", key, "parameters", name), ())
    for name, pair in claim.get("vectors", {}).items():
        for place in range(len(pair)):
            yield from _texts(claim, ("vectors", name, place), ())
    for part in ("variables", "free"):
        for name, domain in claim.get(part, {}).items():
            for wider in _wider(domain):
                yield _with(claim, (part, name), wider)
    for name, (_, _, order) in claim["sequences"].items():
        for other in (order - 1, order + 1):
            yield _with(claim, ("sequences", name, 2), other)
    if claim["start"]:
        yield _with(claim, ("start",), claim["start"] - 1)
    if claim.get("until") is not None:
        yield _with(claim, ("until",), claim["until"] + 1)
    for number in range(len(claim.get("hypotheses", ()))):
        yield _without_hypothesis(claim, number)


def _wider(domain: str) -> Iterator[str]:
    body = domain.strip()
    low, high = (end.strip() for end in body[1:-1].split(","))
    if "oo" not in low:
        yield f"{body[0]}{_moved(low, -1)}, {high}{body[-1]}"
        yield f"[{low}, {high}{body[-1]}"
    if "oo" not in high:
        yield f"{body[0]}{low}, {_moved(high, 1)}{body[-1]}"
        yield f"{body[0]}{low}, {high}]"


def _moved(end: str, by: int) -> str:
    above, _, below = end.partition("/")
    return f"{int(above) + by * int(below or 1)}/{below or 1}"


def _without_hypothesis(claim: Data, number: int) -> Mutant:
    def kept(grounds: Mapping[str, str]) -> dict[str, str]:
        places = {int(place): factor for place, factor in grounds.items() if int(place) != number}
        return {str(place - (place > number)): factor for place, factor in places.items()}

    def renumber(rule: Data) -> None:
        rule.update({part: kept(rule[part]) for part in _GROUNDS if part in rule})
        for part in _CASES:
            if part in rule:
                renumber(rule[part])

    data = copy.deepcopy(claim)
    dropped = data["hypotheses"].pop(number)
    for rule in data["proof"]["relations"]:
        renumber(rule)
    return Mutant(f"without the hypothesis {dropped['left']} {dropped['relation']} {dropped['right']}", data)


# -- proofs ------------------------------------------------------------------------------------------------------------


def altered_proofs(claim: Data, others: Sequence[Data] = ()) -> Iterator[Mutant]:
    """The claim with one thing in its proof altered; the statement stays."""
    yield from _different(claim, _proofs(claim, others))


def _proofs(claim: Data, others: Sequence[Data]) -> Iterator[Mutant]:
    for key, proof in claim["proof"]["programs"].items():
        at: Place = ("proof", "programs", key)
        for name, jet in proof["states"].items():
            for order in range(len(jet)):
                yield from _texts(claim, (*at, "states", name, order), claim["exponentials"])
            yield _with(claim, (*at, "states", name), jet[::-1])
            for other, forms in proof["states"].items():
                yield _with(claim, (*at, "states", name), proof["states"][other] if other != name else [*forms, "0"])
        for group in ("registers", "roots"):
            for name, text in proof[group].items():
                yield from _texts(claim, (*at, group, name), claim["exponentials"])
                yield _with(claim, (*at, group, name), f"-({text})")
                yield _without(claim, (*at, group), name)
        for name, interval in proof.get("bounds", {}).items():
            low, high = interval.strip()[1:-1].split(",")
            for changed in (f"({high},{low})", f"({low}, {high} - 1/100)", f"({low} + 1/100, {high})"):
                yield _with(claim, (*at, "bounds", name), changed)
            yield _without(claim, (*at, "bounds"), name)
        for start in (proof["start"] - 1, proof["start"] + 1, 0):
            yield _with(claim, (*at, "start"), start)
    for number, given in enumerate(claim.get("cited", ())):
        yield _with(claim, ("cited",), [*claim["cited"][:number], *claim["cited"][number + 1 :]])
        for name in given["values"]:
            yield from _texts(claim, ("cited", number, "values", name), claim["exponentials"])
            for another in given["values"].values():
                yield _with(claim, ("cited", number, "values", name), another)
    yield from _altered_rules(claim)
    for other in others:
        if other["id"] != claim["id"]:
            yield Mutant(f"the proof of {other['id']}", {**claim, "proof": other["proof"]})


def _altered_rules(claim: Data) -> Iterator[Mutant]:
    rules = claim["proof"]["relations"]
    at: Place = ("proof", "relations")
    yield _with(claim, at, rules[1:])
    yield _with(claim, at, [*rules[1:], *rules[:1]])
    for number, rule in enumerate(rules):
        yield from _altered_rule(claim, rule, (*at, number), str(number))
    cited = sum(len(given["claim"]["statement"]) for given in claim.get("cited", ()) if "claim" in given)
    names = [str(place) for place in range(len(claim["hypotheses"]) + cited + len(rules))]
    for number, rule in enumerate(rules):
        for place in names:
            if place not in rule.get("using", {}):
                yield _with(claim, (*at, number), {**rule, "using": {place: "1"}})


def _altered_rule(claim: Data, rule: Data, at: Place, own: str) -> Iterator[Mutant]:
    for other in _RULES:
        yield _with(claim, (*at, "rule"), other)
    for part in _GROUNDS:
        for ground in rule.get(part, {}):
            yield from _texts(claim, (*at, part, ground), ())
            yield _without(claim, (*at, part), ground)
    yield _with(claim, at, {**rule, "using": {**rule.get("using", {}), own: "1"}})
    if "of" in rule:
        yield from _texts(claim, (*at, "of"), ())
        for part in _CASES:
            yield from _altered_rule(claim, rule[part], (*at, part), own)
            yield _with(claim, at, rule[part])
        yield _with(claim, at, {**rule, "above": rule["below"], "below": rule["above"]})


# -- formulas ----------------------------------------------------------------------------------------------------------


def _texts(claim: Data, place: Place, moving: Iterable[str]) -> Iterator[Mutant]:
    """The claim with the formula at a place altered in one spot."""
    text = _at(claim, place)
    tree = _tree(text)
    nodes = list(ast.walk(tree))
    for number in range(len(nodes)):
        for variant in range(3):
            changed = copy.deepcopy(tree)
            node = list(ast.walk(changed))[number]
            if _alter(node, variant, frozenset(moving), changed):
                yield _with(claim, place, ast.unparse(ast.fix_missing_locations(changed)))


def _tree(text: str) -> ast.AST:
    return ast.parse(text.strip().replace("−", "-").replace("^", "**"), mode="eval")


def _alter(node: ast.AST, variant: int, moving: frozenset[str], tree: ast.AST) -> bool:
    """Alter a node in place, if the variant is one of its kind."""
    match node:
        case ast.Constant(value=int(value)) if variant < 2:
            node.value = value + (1, -1)[variant]
        case ast.BinOp(op=sign) if type(sign) in _OTHER_SIGNS and not variant:
            node.op = _OTHER_SIGNS[type(sign)]()
        case ast.UnaryOp(op=ast.USub()) if not variant:
            node.op = ast.UAdd()
        case ast.Name(id="t") if variant < 2 and not _inside_index(tree, node):
            return _replace(tree, node, ast.parse(("t + 1", "t - 1")[variant], mode="eval").body)
        case ast.Name(id=name) if name in moving and not variant and not _inside_index(tree, node):
            return _replace(tree, node, ast.parse(f"{name}[t-1]", mode="eval").body)
        case _:
            return False
    return True


def _inside_index(tree: ast.AST, node: ast.AST) -> bool:
    return any(node in ast.walk(part) for part in ast.walk(tree) if isinstance(part, ast.Subscript))


def _replace(tree: ast.AST, old: ast.AST, new: ast.expr) -> bool:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return True
    return False


# -- places ------------------------------------------------------------------------------------------------------------


def _at(data: Any, place: Place) -> Any:
    for key in place:
        data = data[key]
    return data


def _with(claim: Data, place: Place, value: Any) -> Mutant:
    data = copy.deepcopy(claim)
    _at(data, place[:-1])[place[-1]] = value
    return Mutant(f"{'.'.join(map(str, place))}: {_at(claim, place)} → {value}", data)


def _without(claim: Data, place: Place, name: str) -> Mutant:
    data = copy.deepcopy(claim)
    del _at(data, place)[name]
    return Mutant(f"{'.'.join(map(str, place))}: without {name}", data)


def _different(claim: Data, mutants: Iterable[Mutant]) -> Iterator[Mutant]:
    """The mutants that differ from the claim and from each other."""
    seen = {json.dumps(claim, sort_keys=True)}
    for mutant in mutants:
        text = json.dumps(mutant.data, sort_keys=True)
        if text not in seen:
            seen.add(text)
            yield mutant
