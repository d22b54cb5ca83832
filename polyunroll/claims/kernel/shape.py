"""What data must look like to be a claim. All else is refused before anything is computed.

Every name means one thing: variables, t, exponentials, definitions and sequences share one space of names, and a
program's parameters, constants, registers and states another. Formulas have ASCII letters only, since others that look
different may be read as one name, and nothing that a reader sees and `ast` does not, such as comments.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel.programs import opaque_states
from polyunroll.claims.kernel.scope import Data, Interval
from polyunroll.claims.kernel.setting import EMPTY, axioms, cited, formulas, stored
from polyunroll.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TEXT = re.compile(r"[A-Za-z0-9_+\-−*/^()\[\],.<>=! ]*")
_RESERVED = ("t", "sqrt", "gradient")
_MOST = 1_000  # of a step
_MOST_LAG = 50

Names = Collection[str]


def require(claim: Any) -> None:
    """Refuse data that do not describe a claim with a proof.

    Raises
    ------
    InvalidInput
        Saying what is wrong.
    """
    _fits(claim, "claim", "the claim")
    claim = {**EMPTY, **claim}
    run, until, proofs = claim["until"] is not None, claim["until"], claim["proof"]["programs"]
    _expect(bool(claim["statement"]), "the claim states nothing")
    some = claim["start"] >= 0 and not (run and until < claim["start"])
    _expect(some, f"the claim is about t from {claim['start']} until {until}, which is nothing")
    _expect({*proofs} == {*claim["programs"]}, "the proof must be about every program of the claim, and no other")
    _distinct(claim["id"])
    _distinct(*claim["programs"])
    parts = ("variables", "exponentials", "definitions", "sequences", "free", "vectors")
    _distinct(*(name for part in parts for name in claim[part]), *["weight"][: len(claim["vectors"])])
    plain = not (run or claim["start"] or claim["exponentials"] or claim["programs"] or claim["free"])
    _expect(plain or not claim["vectors"], "a claim about vectors has no exponentials, programs, free sequences or t")
    _formulas(claim["exponentials"].values(), claim["variables"])
    known = {"t", *(name for part in parts for name in claim[part])} - {*claim["definitions"]}
    still, steady = {*claim["variables"]}, {*claim["variables"], *claim["free"]}  # steady: a program's parameters are
    for name, formula in claim["definitions"].items():
        _formulas([formula], known, known)
        known.add(name)
        for names in (still, steady):
            if {used for used, _ in parse(formula).names()} <= names:
                names.add(name)
    _formulas((begin for begin, _ in claim["vectors"].values()), {*still, "weight"})
    _formulas((gradient for _, gradient in claim["vectors"].values()), {*still, *claim["vectors"]})
    for relations, names in ((claim["statement"], known), (claim["hypotheses"], {*still, *claim["vectors"]})):
        _formulas((relation[side] for relation in relations for side in ("left", "right")), names, names)
    count = len(claim["hypotheses"]) + len(claim["statement"])
    count += sum(_citation(claim, given, known) for given in claim["cited"])
    rules = claim["proof"]["relations"]
    _expect(len(rules) == len(claim["statement"]), "the proof must have one rule for each relation of the statement")
    for rule in rules:
        fit = rule["rule"] != ("induction" if claim["vectors"] else "structure")
        _expect(fit, "the rule structure is for claims about vectors, and induction for others")
        _formulas(formulas(rule), known, known)
        _rule(rule, count)
    for key, given in claim["programs"].items():
        program, proof = given["program"], proofs[key]
        _program(program, run)
        good = {*given["parameters"]} == {*program["parameters"]}
        _expect(good, f"the program {key} takes the parameters {', '.join(program['parameters'])}")
        _formulas((*given["parameters"].values(), *proof["roots"].values()), steady)
        _formulas([given["lam"]], still)
        _closed_forms(program, proof, known, run)
    for key, state, derivative in claim["sequences"].values():
        _expect(key in proofs, f"{key} is no program of the claim")
        program = claim["programs"][key]["program"]
        counts = {register["name"]: 1 for register in program["registers"]}
        counts |= {name: _MOST_LAG if run else len(proofs[key]["states"][name]) for name in program["states"]}
        good = 0 <= derivative < counts.get(state, 0)
        _expect(good, f"derivative {derivative} of {state} in {key} is no sequence that the proof speaks of")


def _rule(rule: Data, count: int, depth: int = 0) -> None:
    grounds = {place for part in ("using", "from", "base") for place in rule.get(part, ())}
    parts = [part for part in ("of", "above", "below") if part in rule]
    good = len(parts) == (3 if rule["rule"] == "cases" else 0) and not (parts and grounds)
    _expect(good, "the rule cases, and no other, is of a formula, has a rule above and one below, and no grounds")
    good = grounds <= {str(place) for place in range(-depth, count)}
    _expect(good, f"a rule's grounds are numbers of hypotheses or relations, below {count}, or of cases around it")
    for part in parts[1:]:
        _rule(rule[part], count, depth + 1)


def _citation(claim: Data, given: Data, known: Names) -> int:
    """How many relations a citation is of."""
    one = ("claim" in given) != (given.get("axiom") in axioms())
    _expect(one, f"a citation is of a claim, or of one of the axioms {', '.join(axioms())}")
    of = cited(given)
    parts = ("variables", "exponentials", "free", "sequences", "vectors")
    good = {*given["values"]} == {*(name for part in parts for name in of[part]), *of.get("exists", ())}
    _expect(good, f"a citation of {of['id']} needs values for its names, and for no others")
    _formulas(given["values"].values(), known, known)
    fit = bool(claim["vectors"]) or not (of["vectors"] or "axiom" in given)
    _expect(fit, f"{of['id']} is about vectors and can be cited only by claims about vectors")
    if "claim" in given:
        require(of)
    return len(of["statement"])


def _closed_forms(program: Data, proof: Data, known: Names, run: bool) -> None:
    registers, states = {register["name"] for register in program["registers"]}, {*proof["states"]}
    opaque = registers - {*proof["registers"]}
    good = proof["start"] >= 0 and {*proof["registers"]} <= registers and {*proof["bounds"]} <= opaque
    _expect(good, "a proof is about t >= 0, closed forms are of registers, and bounds of other registers")
    good = states == {*program["states"]} or (run and not states)
    _expect(good, f"closed forms are needed for each of the states {', '.join(program['states'])}")
    good = len({*map(len, proof["states"].values())}) <= 1 and all(proof["states"].values())
    _expect(good, "each state needs a closed form, and as many derivatives as the others")
    bounds = [Interval.of(interval, str) for interval in proof["bounds"].values()]
    ends = [end for bound in bounds for end in (bound.low, bound.high) if end is not None]
    _formulas((*proof["registers"].values(), *ends), known, known)
    forms = (text for jet in proof["states"].values() for text in jet)
    _formulas(forms, {*known, *opaque, *opaque_states(proof["states"])}, {*known, *opaque})


def _program(program: Data, run: bool) -> None:
    registers = [register["name"] for register in program["registers"]]
    known = {*program["parameters"]}
    for constant in program["constants"]:
        _formulas([constant["formula"]], known)
        known.add(constant["name"])
    known.add("t")
    for register in program["registers"]:
        good = {*register} in ({"name", "law", "starts", "first"}, {"name", "table"} if run else {})
        _expect(good, "a register has a law, starts and a first step; only a claim until some t has a table")
        _expect(register.get("first", 0) <= 1, "a register's first step is at most 1")
        _formulas((*register.get("starts", ()), register.get("law", "0")), known, registers)
        known.add(register["name"])
    targets, assigned = {*program["states"]}, {one["target"] for one in program["assignments"]}
    combinations = [(program["query"], "gradient"), *((one["terms"], one["target"]) for one in program["assignments"])]
    for terms, target in combinations:
        _expect(bool(terms) and {*terms} <= targets, f"a combination of {', '.join(terms)} is not one of states")
        targets.add(target)
    constants = [constant["name"] for constant in program["constants"]]
    _distinct(*program["parameters"], *constants, *registers, *{*program["states"], *assigned})
    coefficients = (text for terms, _ in combinations for text in terms.values())
    _formulas((*program["states"].values(), *coefficients), known, registers)
    _expect(program["output"] in program["states"], "a program's output is one of its states")


def _fits(value: Any, kind: Any, what: str) -> None:
    """Refuse a value that is not built as its kind says: a name of the schema's, or what may be one's meaning there.

    That is a list of one kind, or of as many as it has, or a mapping of any names ("*") or of these ("?": may lack).
    """
    parts: list[tuple[Any, Any, str]] | None = None
    if isinstance(kind, dict):
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            kinds = dict.fromkeys(value, kind["*"]) if "*" in kind else {key.strip("?"): kind[key] for key in kind}
            if {key for key in kind if key[0] not in "?*"} <= {*value} <= {*kinds}:
                parts = [(one, kinds[key], key) for key, one in value.items()]
    elif isinstance(kind, list):
        if isinstance(value, (list, tuple)) and len(kind) in (1, len(value)):
            parts = [(one, kind[place % len(kind)], what) for place, one in enumerate(value)]
    elif kind in (schema := stored("schema.json")):
        return _fits(value, schema[kind], what)
    elif kind == "text":
        parts = [] if isinstance(value, str) and _TEXT.fullmatch(value) else None
    elif "|" in kind:
        parts = [] if value in kind.split("|") else None
    elif (type(value) is int and abs(value) <= _MOST) or (value is None and kind == "step or null"):
        parts = []
    if parts is None:
        raise InvalidInput(f"{what}: {str(value)[:200]!r} must be {str(kind)[:200]}")
    for part in parts:
        _fits(*part)


def _distinct(*names: str) -> None:
    good = all(_NAME.fullmatch(name) and name not in _RESERVED for name in names)
    _expect(good, f"of {', '.join(names)} not all are names: ASCII letters, digits and _, and not reserved")
    _expect(len({*names}) == len(names), f"the names {', '.join(names)} are not different")


def _formulas(texts: Iterable[str], known: Names, lagged: Names = ()) -> None:
    for text in texts:
        for name, lag in sorted(parse(text).names()):
            good = lag <= _MOST_LAG and name in (lagged if lag else known)
            _expect(good, f"the formula {text!r} names {name!r}, {lag} steps back, which means nothing there")


def _expect(good: bool, reason: str) -> None:
    if not good:
        raise InvalidInput(reason)
