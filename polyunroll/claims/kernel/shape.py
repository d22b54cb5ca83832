"""What data must look like to be a claim. All else is refused before anything is computed.

Every name means one thing: variables, t, exponentials, definitions and sequences share one space of names, and a
program's parameters, constants, registers and states another. Formulas have ASCII letters only, since others that look
different may be read as one name, and nothing that a reader sees and `ast` does not, such as comments.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel.programs import opaque_states
from polyunroll.claims.kernel.scope import interval_ends
from polyunroll.errors import InvalidInput

__all__ = ["require"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TEXT = re.compile(r"[A-Za-z0-9_+\-−*/^()\[\],.<>=! ]*")
_RESERVED = ("t", "sqrt", "gradient")
_MOST = 1_000  # of a step
_MOST_LAG = 50

# A text, a step, a list of one kind, a tuple of several, a mapping of names ("*") or of these keys ("?": may lack).
_TEXTS = {"*": "text"}
_RELATION = {"left": "text", "relation": "text", "right": "text"}
_REGISTER = {"name": "text", "?law": "text", "?starts": ["text"], "?first": "step", "?table": ["text"]}
_PROGRAM = {
    "parameters": ["text"],
    "constants": [{"name": "text", "formula": "text"}],
    "registers": [_REGISTER],
    "states": _TEXTS,
    "query": _TEXTS,
    "assignments": [{"target": "text", "terms": _TEXTS}],
    "output": "text",
}
_FORMS = {"states": {"*": ["text"]}, "registers": _TEXTS, "bounds": _TEXTS, "roots": _TEXTS, "start": "step"}
_RULE = {"rule": "text", "?factor": "text", "?using": _TEXTS, "?from": _TEXTS, "?base": _TEXTS}
_CLAIM = {
    "id": "text",
    "variables": _TEXTS,
    "hypotheses": [_RELATION],
    "exponentials": _TEXTS,
    "start": "step",
    "until": "step or None",
    "definitions": _TEXTS,
    "programs": {"*": {"program": _PROGRAM, "parameters": _TEXTS, "lam": "text"}},
    "sequences": {"*": ("text", "text", "step")},
    "statement": [_RELATION],
    "proof": {"programs": {"*": _FORMS}, "relations": [_RULE]},
}

Data = Mapping[str, Any]
Names = Collection[str]


def require(claim: Any) -> None:
    """Refuse data that do not describe a claim with a proof.

    Raises
    ------
    InvalidInput
        Saying what is wrong.
    """
    _fits(claim, _CLAIM, "the claim")
    run, proofs = claim["until"] is not None, claim["proof"]["programs"]
    if not claim["statement"]:
        raise InvalidInput("the claim states nothing")
    if claim["start"] < 0 or (run and claim["until"] < claim["start"]):
        raise InvalidInput(f"the claim is about t from {claim['start']} until {claim['until']}, which is nothing")
    if {*proofs} != {*claim["programs"]}:
        raise InvalidInput("the proof must be about every program of the claim, and about no other")
    _distinct(claim["id"])
    _distinct(*claim["programs"])
    _distinct(*claim["variables"], *claim["exponentials"], *claim["definitions"], *claim["sequences"])
    for base in claim["exponentials"].values():
        _formula(base, claim["variables"])
    known, still = {"t", *claim["variables"], *claim["exponentials"], *claim["sequences"]}, {*claim["variables"]}
    for name, formula in claim["definitions"].items():
        _formula(formula, known, known)
        known.add(name)
        if {used for used, _ in parse(formula).names()} <= still:
            still.add(name)
    for relations, names in ((claim["statement"], known), (claim["hypotheses"], still)):
        for relation in relations:
            if relation["relation"] not in ("=", "<=", ">=", "<", ">", "!="):
                raise InvalidInput(f"{relation['relation']!r} is no relation; use one of = != < <= > >=")
            for side in ("left", "right"):
                _formula(relation[side], names, names)
    places = [str(place) for place in range(len(claim["hypotheses"]) + len(claim["statement"]))]
    if len(claim["proof"]["relations"]) != len(claim["statement"]):
        raise InvalidInput("the proof must have one rule for each relation of the statement")
    for rule in claim["proof"]["relations"]:
        grounds = [pair for part in ("using", "from", "base") for pair in rule.get(part, {}).items()]
        for place, factor in (*grounds, (places[0], rule.get("factor", "1"))):
            _formula(factor, known, known)
            if place not in places:
                raise InvalidInput(f"{place!r} is not the number of a hypothesis or relation, below {len(places)}")
    for key, given in claim["programs"].items():
        _program(given["program"], run)
        if {*given["parameters"]} != {*given["program"]["parameters"]}:
            raise InvalidInput(f"the program {key} takes the parameters {', '.join(given['program']['parameters'])}")
        for text in (given["lam"], *given["parameters"].values(), *proofs[key]["roots"].values()):
            _formula(text, still)
        _closed_forms(given["program"], proofs[key], known, run)
    for key, state, derivative in claim["sequences"].values():
        program = claim["programs"].get(key, {"program": {"states": (), "registers": ()}})["program"]
        counts = {register["name"]: 1 for register in program["registers"]}
        counts |= {name: _MOST_LAG if run else len(proofs[key]["states"][name]) for name in program["states"]}
        if not 0 <= derivative < counts.get(state, 0):
            raise InvalidInput(f"derivative {derivative} of {state} in {key} is no sequence that the proof speaks of")


def _closed_forms(program: Data, proof: Data, known: Names, run: bool) -> None:
    registers = {register["name"] for register in program["registers"]}
    opaque = registers - {*proof["registers"]}
    if proof["start"] < 0 or not {*proof["registers"]} <= registers or not {*proof["bounds"]} <= opaque:
        raise InvalidInput("a proof is about t >= 0, closed forms are of registers, and bounds of other registers")
    states = {*proof["states"]}
    if states != {*program["states"]} and not (run and not states):
        raise InvalidInput(f"closed forms are needed for each of the states {', '.join(program['states'])}")
    if len({*map(len, proof["states"].values())}) > 1 or not all(proof["states"].values()):
        raise InvalidInput("each state needs a closed form, and as many derivatives as the others")
    ends = [end for interval in proof["bounds"].values() for end in interval_ends(interval)[:2] if end is not None]
    for text in (*proof["registers"].values(), *ends):
        _formula(text, known, known)
    for text in (text for jet in proof["states"].values() for text in jet):
        _formula(text, {*known, *opaque, *opaque_states(proof["states"])}, {*known, *opaque})


def _program(program: Data, run: bool) -> None:
    registers = [register["name"] for register in program["registers"]]
    known = {*program["parameters"]}
    for constant in program["constants"]:
        _formula(constant["formula"], known)
        known.add(constant["name"])
    known.add("t")
    for register in program["registers"]:
        if {*register} not in ({"name", "law", "starts", "first"}, {"name", "table"} if run else {}):
            raise InvalidInput("a register has a law, starts and a first step; only a claim until some t has a table")
        if register.get("first", 0) > 1:
            raise InvalidInput("a register's first step is at most 1")
        for text in (*register.get("starts", ()), register.get("law", "0")):
            _formula(text, known, registers)
        known.add(register["name"])
    targets, assigned = {*program["states"]}, {one["target"] for one in program["assignments"]}
    combinations = [(program["query"], "gradient"), *((one["terms"], one["target"]) for one in program["assignments"])]
    for terms, target in combinations:
        if not terms or not {*terms} <= targets:
            raise InvalidInput(f"a combination of {', '.join(terms) or 'nothing'} is not one of states")
        targets.add(target)
    constants = [constant["name"] for constant in program["constants"]]
    _distinct(*program["parameters"], *constants, *registers, *{*program["states"], *assigned})
    for text in (*program["states"].values(), *(text for terms, _ in combinations for text in terms.values())):
        _formula(text, known, registers)
    if program["output"] not in program["states"]:
        raise InvalidInput(f"a program's output is one of its states, not {program['output']!r}")


def _fits(value: Any, kind: Any, what: str) -> None:
    """Refuse a value that is not built as its kind says."""
    parts: list[tuple[Any, Any, str]] | None = None
    if isinstance(kind, dict):
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            kinds = dict.fromkeys(value, kind["*"]) if "*" in kind else {key.strip("?"): kind[key] for key in kind}
            if {key for key in kind if key[0] not in "?*"} <= {*value} <= {*kinds}:
                parts = [(one, kinds[key], key) for key, one in value.items()]
    elif isinstance(kind, (list, tuple)):
        if isinstance(value, (list, tuple)) and (isinstance(kind, list) or len(kind) == len(value)):
            parts = [(one, kind[place % len(kind)], what) for place, one in enumerate(value)]
    elif kind == "text":
        parts = [] if isinstance(value, str) and _TEXT.fullmatch(value) else None
    elif (type(value) is int and abs(value) <= _MOST) or (value is None and kind == "step or None"):
        parts = []
    if parts is None:
        raise InvalidInput(f"{what}: {str(value)[:200]!r} must be {str(kind)[:200]}")
    for part in parts:
        _fits(*part)


def _distinct(*names: str) -> None:
    for name in names:
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise InvalidInput(f"{name!r} cannot be a name; names are of ASCII letters, digits and _, and not reserved")
    if len(set(names)) < len(names):
        raise InvalidInput(f"the names {', '.join(names)} are not different")


def _formula(text: str, known: Names, lagged: Names = ()) -> None:
    for name, lag in sorted(parse(text).names()):
        if lag > _MOST_LAG or name not in (lagged if lag else known):
            raise InvalidInput(f"the formula {text!r} names {name!r}, {lag} steps back, which means nothing there")
