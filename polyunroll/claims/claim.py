"""A claim: a formal statement about sequences that programs define, and a proof for the kernel to check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
    program : Program or type of Method or Method
        A family's program, taken from methods/, so that what is proved is what runs.
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
        program = self.program.program if isinstance(self.program, Method) else self.program
        if not isinstance(program, Program):
            raise InvalidInput(f"{self.program!r} is no program; give a Program or a method")
        return program.as_data()


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

    A rule is {"rule": "identity"}, {"rule": "sign"} or {"rule": "induction"}. Under "using" it may name hypotheses and
    earlier relations of the statement, each with a factor; an induction under "base" those that help at the first t,
    and under "from" those that step t gives to step t + 1, by default the relation itself with the factor 1. See
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
    definitions : mapping of name to text
        Abbreviations, in order.
    programs : mapping of name to Sequences
    rules : sequence of mapping
        Proof: for each relation the rule that settles it; identities by default.
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
    definitions: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, Sequences] = field(default_factory=dict)
    rules: Sequence[Mapping[str, Any]] = ()
    remark: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput(f"kind = {self.kind!r} is not known; give one of {', '.join(KINDS)}")
        for text in (*self.hypotheses, *self.statement):
            relation(text)
        names = [name for one in self.programs.values() for name in one.names]
        if len(set(names)) < len(names):
            raise InvalidInput(f"two programs name their sequences {', '.join(names)}; the names must differ")

    def _rule(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """A rule whose grounds are numbers: hypotheses count from 0, the statement's relations after them."""
        places = {text: str(number) for number, text in enumerate((*self.hypotheses, *self.statement))}
        found = dict(rule)
        for part in ("using", "from", "base"):
            if part in rule:
                if unknown := set(rule[part]) - set(places):
                    raise InvalidInput(f"a rule of {self.id!r} uses {unknown}, which the claim does not state")
                found[part] = {places[text]: factor for text, factor in rule[part].items()}
        return found

    def as_data(self) -> dict[str, Any]:
        """What the kernel checks, as plain JSON data."""
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
            "statement": [_parts(text) for text in self.statement],
            "proof": {
                "programs": {
                    key: {
                        "states": {state: list(texts) for state, texts in one.states.items()},
                        "registers": dict(one.registers),
                        "bounds": dict(one.bounds),
                        "roots": dict(one.roots),
                        "start": one.start,
                    }
                    for key, one in self.programs.items()
                },
                "relations": [self._rule(rule) for rule in self.rules or [{"rule": "identity"}] * len(self.statement)],
            },
        }

    def _repr_latex_(self) -> str:
        from polyunroll.claims.render import latex

        return f"$${latex(self.as_data())}$$"
