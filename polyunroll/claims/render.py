"""Claims in LaTeX and in words, generated from the formal statement: nothing here is written by hand.

Both work on the data that the kernel checks (`Claim.as_data`), so that what is read is what is verified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import latex as number_latex
from polyunroll.arithmetic.expression import Const, Name, Node, parse
from polyunroll.claims.kernel.setting import axioms

__all__ = ["formulas", "latex", "scope", "sentence"]

Data = Mapping[str, Any]

_GREEK = {"lam": "lambda"} | {
    name: name
    for name in (
        *(
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "mu",
            "nu",
            "xi",
            "pi",
        ),
        *("rho", "sigma", "tau", "phi", "chi", "psi", "omega", "varpi", "ell", "Gamma", "Delta", "Theta", "Lambda"),
        *("Xi", "Pi", "Sigma", "Phi", "Psi", "Omega"),
    )
}
_SIGNS = {"=": "=", "!=": r"\ne", "<": "<", ">": ">", "<=": r"\le", ">=": r"\ge"}
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def scope(claim: Data) -> str:
    """Which t a claim is about: "all t", "all t >= 2", "t <= 10", "2 <= t <= 10" or "t = 3"."""
    start, until = claim["start"], claim.get("until")
    if until is None:
        return f"all t >= {start}" if start else "all t"
    if start == until:
        return f"t = {until}"
    return f"{start} <= t <= {until}" if start else f"t <= {until}"


# -- words -------------------------------------------------------------------------------------------------------------


def sentence(claim: Data) -> str:
    """A claim as a plain sentence: its t, variables, hypotheses, relations, and what the names in them mean.

    Examples
    --------
    >>> sentence(gd_residual.as_data())
    'For all t, lam in (0, oo) and x in (0, 1): P = Z; … Here Z = (1-x)^t, …, P is the polynomial of x after t steps …'
    """
    whole = [f"For {scope(claim)}"]
    some = _some(claim)
    ranging = {**claim["variables"], **{f"every {name}_t": text for name, text in claim.get("free", {}).items()}}
    if all_of := [f"{name} in {domain}" for name, domain in ranging.items() if name not in some]:
        whole.append(_listed(all_of))
    if claim.get("vectors"):
        whole.append(
            "every program and every vector that it forms, combinations having the combinations of these numbers"
        )
    whole += [f"and for some number {name} ({axiom})" for name, axiom in some.items()]
    where = ", ".join(whole)
    if claim.get("hypotheses"):
        where += f" with {_listed(map(_relation, claim['hypotheses']))}"
    used = _used(claim)
    means = [f"{name} = {_power_of(base)}" for name, base in claim["exponentials"].items() if name in used]
    means += [f"{name} = {text}" for name, text in claim["definitions"].items() if name in used]
    means += [_sequence(claim, name) for name in claim["sequences"] if name in used]
    means += [
        f"{name} is {start} for a vector that starts as weight times x_0, and {gradient} for the gradient at a vector"
        for name, (start, gradient) in claim.get("vectors", {}).items()
    ]
    means += [_program(key, given) for key, given in claim["programs"].items()]
    said = f"{where}: {'; '.join(map(_relation, claim['statement']))}."
    return f"{said} Here {_listed(means)}." if means else said


def _some(claim: Data) -> dict[str, str]:
    """The variables that stand for a number that exists, and the axiom that says so."""
    given = [one for one in claim.get("cited", ()) if "axiom" in one]
    return {one["values"][name]: one["axiom"] for one in given for name in axioms()[one["axiom"]]["exists"]}


def _power_of(base: str) -> str:
    return f"{base}^t" if isinstance(parse(base).tree, Name) else f"({base})^t"


def _relation(relation: Data) -> str:
    return f"{relation['left']} {relation['relation']} {relation['right']}"


def _listed(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _sequence(claim: Data, name: str) -> str:
    key, state, order = claim["sequences"][name]
    if state not in claim["programs"][key]["program"]["states"]:
        return f"{name} is the register {state} of {key} at step t"
    of = ("", "the derivative of ", "the second derivative of ")[order] if order < 3 else f"derivative {order} of "
    return f"{name} is {of}the polynomial of {state} after t steps of {key}"


def _used(claim: Data) -> set[str]:
    """What the statement names, through definitions too; the others are there for the proof."""
    texts = [one[side] for one in (*claim["statement"], *claim.get("hypotheses", ())) for side in ("left", "right")]
    texts += [text for pair in claim.get("vectors", {}).values() for text in pair]
    for given in claim["programs"].values():
        texts += [given["lam"], *given["parameters"].values()]
    used = {name for text in texts for name, _ in parse(text).names()}
    for name, text in reversed(claim["definitions"].items()):
        if name in used:
            used |= {one for one, _ in parse(text).names()}
    return used


def _program(key: str, given: Data) -> str:
    values = [f"{name} = {text}" for name, text in given["parameters"].items() if name != text]
    return f"{key} is a program{' with ' if values else ''}{', '.join(values)} at lambda = {given['lam']}"


# -- LaTeX -------------------------------------------------------------------------------------------------------------


def latex(claim: Data) -> str:
    """A claim's relations and where they hold, for a display: an `aligned` block without the surrounding signs."""
    relations, where = formulas(claim)
    lines = [rf"{left} &{sign} {right}" for left, sign, right in relations]
    return "\n".join((r"\begin{aligned}", " \\\\\n".join([*lines, *(rf"&{part}" for part in where)]), r"\end{aligned}"))


def formulas(claim: Data) -> tuple[list[tuple[str, str, str]], list[str]]:
    """The relations as (left, sign, right) in LaTeX, and the formulas that say where they hold and what names mean."""
    written = partial(_written, partial(_name, claim))
    relations = [(written(one["left"]), _SIGNS[one["relation"]], written(one["right"])) for one in claim["statement"]]
    start, until = claim["start"], claim.get("until")
    steps = rf"t \ge {start}" if until is None else rf"{start} \le t \le {until}" if until > start else f"t = {until}"
    some = _some(claim)
    domains = [
        rf"{'' if name not in some else chr(92) + 'exists '}{_symbol(name)} \in {_domain(text)}"
        for name, text in claim["variables"].items()
    ]
    domains += [rf"{_symbol(name, 't')} \in {_domain(text)}" for name, text in claim.get("free", {}).items()]
    hypotheses = [
        f"{written(one['left'])} {_SIGNS[one['relation']]} {written(one['right'])}"
        for one in claim.get("hypotheses", ())
    ]
    where = [r",\quad ".join([steps, *domains, *hypotheses])]
    used = _used(claim)
    where += [
        rf"{_symbol(name)}(\mathrm{{weight}}\,x_0) = {written(start)},\quad {_symbol(name)}(\nabla) = {written(slope)}"
        for name, (start, slope) in claim.get("vectors", {}).items()
    ]
    where += [
        f"{_name(claim, name, 0)[0]} = {written(text)}" for name, text in claim["definitions"].items() if name in used
    ]
    return relations, where


def _written(name: Callable[[str, int], tuple[str, int]], text: str) -> str:
    return _walk(parse(text).tree, name)[0]


def _walk(node: Node, name: Callable[[str, int], tuple[str, int]]) -> tuple[str, int]:
    """A formula's LaTeX and how strongly it binds."""
    if isinstance(node, Const):
        return _number(node.value)
    if isinstance(node, Name):
        return name(node.id, node.lag)
    parts = [_walk(part, name) for part in node.args]
    if node.kind == "sqrt":
        return rf"\sqrt{{{parts[0][0]}}}", _ATOM
    if node.kind == "/":
        return rf"\frac{{{parts[0][0]}}}{{{parts[1][0]}}}", _POWER
    if node.kind == "^":
        return f"{_bracketed(parts[0], _ATOM)}^{{{parts[1][0]}}}", _POWER
    if node.kind == "neg":
        return f"-{_bracketed(parts[0], _PRODUCT)}", _SUM
    if node.kind == "*":
        left = parts[0][0] if parts[0][0].startswith("-") else _bracketed(parts[0], _PRODUCT)
        right = _bracketed(parts[1], _PRODUCT)
        return f"{left}{_times(right)}{right}", _PRODUCT
    return f"{parts[0][0]} {node.kind} {_bracketed(parts[1], _SUM if node.kind == '+' else _PRODUCT)}", _SUM


def _times(right: str) -> str:
    """Between factors: a dot before a number, else nothing to see."""
    return r" \cdot " if right[0].isdigit() or right.startswith(r"\frac") else r" \, "


def _bracketed(part: tuple[str, int], least: int) -> str:
    return part[0] if part[1] >= least and not part[0].startswith("-") else rf"\left({part[0]}\right)"


def _number(value: fmpq) -> tuple[str, int]:
    return number_latex(value), _ATOM if value.q == 1 and value >= 0 else _POWER


def _name(claim: Data, name: str, lag: int) -> tuple[str, int]:
    """A name: sequences and what is made of them carry t, exponentials are powers."""
    time = "t" if lag == 0 else f"t-{lag}"
    if name in claim["exponentials"]:
        base = _walk(parse(claim["exponentials"][name]).tree, partial(_name, claim))
        return f"{_bracketed(base, _ATOM)}^{{{time}}}", _POWER
    if name in _moving(claim):
        return _symbol(name, time), _ATOM
    if name == "t":
        return time, _ATOM if lag == 0 else _SUM
    return _symbol(name), _ATOM


def _moving(claim: Data) -> set[str]:
    """Sequences, and definitions that change with t."""
    moving = {*claim["sequences"], *claim.get("free", ())}
    for name, text in claim["definitions"].items():
        if {used for used, _ in parse(text).names()} & {"t", *claim["exponentials"], *moving}:
            moving.add(name)
    return moving


def _symbol(name: str, time: str = "") -> str:
    """A name as a symbol: eta_s is η with an index, lam is λ, and a longer word is upright."""
    match = re.fullmatch(r"([A-Za-z]+?)_?(\d+|(?<=_)\w+)?", name)
    stem, index = (match[1], match[2] or "") if match else (name, "")
    shown = rf"\{_GREEK[stem]}" if stem in _GREEK else stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"
    index = index if len(index) < 2 or index.isdigit() else rf"\mathrm{{{index}}}".replace("_", r"\_")
    below = ",".join(part for part in (index, time) if part)
    return f"{shown}_{{{below}}}" if below else shown


def _domain(text: str) -> str:
    body = text.strip()
    ends = [end.strip() for end in body[1:-1].split(",")]
    low, high = (re.sub(r"(\d+)/(\d+)", r"\\tfrac{\1}{\2}", end).replace("oo", r"\infty") for end in ends)
    return rf"{body[0]}{low}, {high}{body[-1]}"
