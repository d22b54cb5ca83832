"""A claim: a formal statement about sequences that programs define, and a proof for the kernel to check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from polyunroll.claims.kernel.setting import axioms
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method
from polyunroll.program import Program

__all__ = ["KINDS", "Claim", "Sequences", "relation"]

KINDS = ("identity", "upper bound", "tight bound", "optimality", "existence", "limit")


@dataclass(frozen=True)
class Sequences:
    """A program with its parameters, and what is proved about it.

    Parameters
    ----------
    program : Program, Method, or mapping of name to (text, …)
        A family's program, taken from methods/, so that what is proved is what runs. Or sequences of numbers, each by
        its values at t = 0, 1, … and then its law.
    parameters : mapping of name to text
        The program's parameters in the claim's variables.
    lam : text
        λ in the claim's variables.
    names : mapping of name to (state, derivative)
        The sequences the statement speaks of: P = ("x", 0) is the iterate's polynomial, ("x", 1) its derivative. A
        register is named like a state, with the derivative 0.
    states : mapping of state to list of text
        Proof: closed forms of each state's polynomial and derivatives in t and the exponentials. One that is the
        state's own name (x, or x_1, x_2 for derivatives) is left opaque, and others may be in terms of it.
    registers : mapping of register to text
        Proof: closed forms of registers; one that is missing stays opaque.
    bounds : mapping of register to interval text
        Proof: intervals, with ends in t and the variables, that opaque registers stay in.
    roots : mapping of name to text
        Proof: non-negative square roots that the program's constants take.
    start : int
        From which t on the closed forms hold.
    """

    program: Any
    parameters: Mapping[str, str]
    lam: str
    names: Mapping[str, tuple[str, int]]
    states: Mapping[str, Sequence[str]] = field(default_factory=dict)
    registers: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, str] = field(default_factory=dict)
    roots: Mapping[str, str] = field(default_factory=dict)
    start: int = 0

    def program_data(self) -> dict[str, Any]:
        """The program as the kernel reads it."""
        if isinstance(self.program, Mapping):
            return {
                "parameters": list(self.parameters),
                "constants": [],
                "registers": [
                    {"name": name, "law": law, "starts": starts, "first": 0}
                    for name, (*starts, law) in self.program.items()
                ],
                "states": {"idle": "1"},
                "query": {"idle": "1"},
                "assignments": [{"target": "idle", "terms": {"idle": "1"}}],
                "output": "idle",
            }
        program = self.program.program if isinstance(self.program, Method) else self.program
        if not isinstance(program, Program):
            raise InvalidInput(f"{self.program!r} is no program; give a Program or a method")
        return program.as_data()


def _citation(name: str, values: Mapping[str, str], through: tuple[str, ...]) -> dict[str, Any]:
    """The citation of a claim or an axiom as the kernel reads it, with all of the cited claim."""
    from polyunroll.claims.verify import claims

    if name in axioms():
        of = axioms()[name]
        given: dict[str, Any] = {"axiom": name}
    else:
        if name not in claims() or name in through:
            raise InvalidInput(f"{through[-1]!r} cites {name!r}, which is not there or cites it in turn")
        of = claims()[name].as_data(through)
        given = {"claim": of}
    names = [name for part in _NAMED for name in of.get(part, ())]
    return {**given, "values": {name: name for name in names} | dict(values)}


_NAMED = ("variables", "exists", "exponentials", "free", "sequences", "vectors")


def relation(text: str) -> tuple[str, str, str]:
    """`left <= right` as its three parts.

    Raises
    ------
    InvalidInput
        If there is no relation, or more than one.
    """
    for sign in ("<=", ">=", "!=", "<", ">", "="):
        left, found, right = text.partition(sign)
        if found:
            if any(other in right for other in "<>="):
                break
            return left.strip(), sign, right.strip()
    raise InvalidInput(f"{text!r} is not one relation; write left = right, with one of = != < <= > >=")


def _parts(text: str) -> dict[str, str]:
    return dict(zip(("left", "relation", "right"), relation(text), strict=True))


@dataclass(frozen=True)
class Claim:
    """A statement for all integers t ≥ start and all values of its variables, with its proof.

    A rule is {"rule": "identity"}, {"rule": "sign"}, {"rule": "induction"}, or, about vectors, {"rule": "structure"}.
    Under "using" it may name hypotheses and earlier relations of the statement, each with a factor; an induction under
    "base" those that help at the first t, and under "from" those that step t gives to step t + 1, by default the
    relation itself with the factor 1. The rule {"rule": "cases", "of": "h", "above": …, "below": …} takes one rule,
    identity, sign or cases again, where h ≥ 0 and one where h ≤ 0; they may use "h >= 0" and "h <= 0". See
    `kernel.checker` for what the rules verify.

    Parameters
    ----------
    id : str
    title : str
        One sentence in words.
    statement : sequence of text
        Relations such as "P = Z", between formulas in variables, t, exponentials, definitions and sequences.
    variables : mapping of name to interval text
    hypotheses : sequence of text
        Relations between formulas in the variables, under which the statement is made.
    reference : str
        Paper and theorem number, or "polyunroll".
    kind : str
        One of `KINDS`.
    start : int
        The first t.
    until : int, optional
        The last t; the statement is about all t ≥ start without.
    exponentials : mapping of name to base
        Z = base^t.
    free : mapping of name to interval text
        Free sequences: each term may be any number of the interval. A program's parameter may be one.
    vectors : mapping of name to (text, text)
        Instead of programs: what is known of each vector that any program forms. A number that is the first formula, in
        `weight`, for a state that starts as weight·x_0, and the second, in what is known of u, for the gradient at u;
        a combination's is the combination.
    definitions : mapping of name to text
        Abbreviations, in order.
    cites : mapping of label to (id, mapping of name to text)
        Proof: claims that it cites, or axioms (`claims/kernel/axioms.json`), by their ids, with a formula for each of
        the variables, exponentials and free sequences there, and the name here of each sequence and of vectors' data.
        What is not named stands for itself. A rule names the relations "label: relation".
    programs : mapping of name to Sequences
    rules : sequence of mapping
        Proof: for each relation the rule that settles it; identities by default.
    point : mapping of variable to exact number
        Proof: where the hypotheses hold, if that is not easily found.
    remark : str
        How the formal statement relates to the sentence, where that needs saying.

    Raises
    ------
    InvalidInput
        If the kind is unknown, a relation is malformed, or two programs give a sequence one name.
    """

    id: str
    title: str
    statement: Sequence[str]
    variables: Mapping[str, str]
    reference: str
    kind: str = "identity"
    start: int = 0
    until: int | None = None
    hypotheses: Sequence[str] = ()
    exponentials: Mapping[str, str] = field(default_factory=dict)
    free: Mapping[str, str] = field(default_factory=dict)
    vectors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    cites: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, Sequences] = field(default_factory=dict)
    rules: Sequence[Mapping[str, Any]] = ()
    point: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput(f"kind = {self.kind!r} is not known; give one of {', '.join(KINDS)}")
        for text in (*self.hypotheses, *self.statement):
            relation(text)
        names = [name for one in self.programs.values() for name in one.names]
        if len(set(names)) < len(names):
            raise InvalidInput(f"two programs name their sequences {', '.join(names)}; the names must differ")

    def _rule(self, rule: Mapping[str, Any], own: str, places: Mapping[str, str]) -> dict[str, Any]:
        """A rule whose grounds are numbers: hypotheses first, then what is cited, then the statement's relations."""
        found = {key: value for key, value in rule.items() if key != "factor"}
        if "factor" in rule:
            found["from"] = {own: rule["factor"]}
        for part in {"using", "from", "base"} & found.keys():
            if unknown := set(found[part]) - set(places):
                raise InvalidInput(f"a rule of {self.id!r} uses {unknown}, which the claim does not state")
            found[part] = {places[text]: factor for text, factor in found[part].items()}
        farther = {text: str(int(place) - 1) if int(place) < 0 else place for text, place in places.items()}
        for part, sign in {"above": ">=", "below": "<="}.items():
            if part in found:
                case = f"{found.get('of')} {sign} 0"
                found[part] = self._rule(found[part], own, {**farther, case: "-1"})
        return found

    def as_data(self, through: tuple[str, ...] = ()) -> dict[str, Any]:
        """What the kernel checks, as plain JSON data; `through` are the claims that cite this one.

        Raises
        ------
        InvalidInput
            If what it cites is not there, or cites it in turn.
        """
        cited = {label: _citation(*cite, (*through, self.id)) for label, cite in self.cites.items()}
        texts = [*self.hypotheses]
        for label, given in cited.items():
            statement = (given["claim"] if "claim" in given else axioms()[given["axiom"]])["statement"]
            texts += [f"{label}: {one['left']} {one['relation']} {one['right']}" for one in statement]
        plain = [{"rule": "identity"}] * len(self.statement)
        places = {text: str(number) for number, text in enumerate((*texts, *self.statement))}
        more: dict[str, Any] = {"free": dict(self.free)} if self.free else {}
        more |= {"vectors": {name: list(pair) for name, pair in self.vectors.items()}} if self.vectors else {}
        more |= {"cited": list(cited.values())} if cited else {}
        return {
            "id": self.id,
            "variables": dict(self.variables),
            "hypotheses": [_parts(text) for text in self.hypotheses],
            "exponentials": dict(self.exponentials),
            "start": self.start,
            "until": self.until,
            "definitions": dict(self.definitions),
            "programs": {
                key: {"program": one.program_data(), "parameters": dict(one.parameters), "lam": one.lam}
                for key, one in self.programs.items()
            },
            "sequences": {
                name: [key, state, derivative]
                for key, one in self.programs.items()
                for name, (state, derivative) in one.names.items()
            },
            **more,
            "statement": [_parts(text) for text in self.statement],
            "proof": {
                "programs": {
                    key: {
                        "states": {"idle": ["1"]}
                        if isinstance(one.program, Mapping)
                        else {state: list(texts) for state, texts in one.states.items()},
                        "registers": dict(one.registers),
                        "bounds": dict(one.bounds),
                        "roots": dict(one.roots),
                        "start": one.start,
                    }
                    for key, one in self.programs.items()
                },
                "relations": [
                    self._rule(rule, own, places) for own, rule in zip(self.statement, self.rules or plain, strict=True)
                ],
                **({"point": dict(self.point)} if self.point else {}),
            },
        }

    def __str__(self) -> str:
        return f"{self.id}: {self.title}"

    def _repr_latex_(self) -> str:
        from polyunroll.claims.render import latex

        return f"$${latex(self.as_data())}$$"
