"""Claims as the plain data that the kernel reads, written in one call. A certificate may hold any such data."""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]


def relation(text: str) -> Data:
    """`left <= right`, the sign between spaces, as its parts."""
    left, sign, right = next(
        text.partition(f" {sign} ") for sign in ("<=", ">=", "!=", "=", "<", ">") if f" {sign} " in text
    )
    return {"left": left, "relation": sign.strip(), "right": right}


def claim(*statement: str, rules: Any = None, hypotheses: tuple[str, ...] = (), **parts: Any) -> Data:
    """A claim; by default a rule is `identity` for an equation and `sign` for the rest."""
    relations = [relation(text) for text in statement]
    plain = [{"rule": "identity" if one["relation"] == "=" else "sign"} for one in relations]
    empty: Data = {"variables": {}, "exponentials": {}, "definitions": {}, "programs": {}, "sequences": {}}
    proofs = parts.pop("proofs", {})
    return {
        "id": "attack",
        "start": 0,
        "until": None,
        **empty,
        "hypotheses": [relation(text) for text in hypotheses],
        "statement": relations,
        **parts,
        "proof": {"programs": proofs, "relations": plain if rules is None else list(rules)},
    }


def program(
    states: dict[str, str],
    assignments: dict[str, dict[str, str]],
    *registers: Data,
    parameters: tuple[str, ...] = (),
    constants: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> Data:
    """A program; by default the gradient is taken at the first state."""
    return {
        "parameters": list(parameters),
        "constants": [{"name": name, "formula": text} for name, text in (constants or {}).items()],
        "registers": list(registers),
        "states": states,
        "query": query or {next(iter(states)): "1"},
        "assignments": [{"target": target, "terms": terms} for target, terms in assignments.items()],
        "output": next(iter(states)),
    }


def register(name: str, law: str, *starts: str, first: int = 0) -> Data:
    """A register."""
    return {"name": name, "law": law, "starts": list(starts), "first": first}


def of(
    data: Data,
    states: dict[str, list[str]],
    names: dict[str, list[Any]] | None = None,
    *,
    parameters: dict[str, str] | None = None,
    lam: str = "1",
    **proof: Any,
) -> Data:
    """The parts of a claim about one program, called p; its sequence P is the first state's polynomial."""
    return {
        "programs": {"p": {"program": data, "parameters": parameters or {}, "lam": lam}},
        "sequences": names or {"P": ["p", next(iter(data["states"])), 0]},
        "proofs": {"p": {"states": states, "registers": {}, "bounds": {}, "roots": {}, "start": 0, **proof}},
    }
