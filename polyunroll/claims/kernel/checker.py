"""The verdict on a claim: PROVED, REFUTED with a counterexample, or UNDECIDED.

A claim is plain data (see `polyunroll.claims.claim`). What is stated: relations between formulas in the variables, t,
and sequences that programs define, for all integers t ≥ start and all values in a box that satisfy the hypotheses. What
is given as proof: closed forms for the programs, verified by induction, and for each relation the rule that settles it,
f and g_k standing for relations and hypotheses read as f ≥ 0 (or f = 0):

    identity    f − Σ m_k g_k is the rational function 0
    sign        f − Σ m_k g_k ≥ 0 on the box, exponentials ranging over what their bases allow
    induction   f − Σ b_k g_k ≥ 0 at the first t, and f(t+1) − Σ c_k g_k(t) − Σ m_k g_k(t+1) ≥ 0; or everywhere = 0

Factors b_k, c_k and m_k are ≥ 0 on the box, or g_k = 0 is an equation; an equation is derived from equations alone. At
the same step only hypotheses and relations that stand earlier in the statement are used, at the step before (c_k) all
are: so relations are proved in the order of (t, place), and none is used before it is proved.

With a last t the programs are run in the claim's field, and each t is settled by itself. Every division must be by
something proved not to vanish on the box; divisions inside opaque registers are a hypothesis. A counterexample is found
by running the programs on rational numbers, without any closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel.programs import (
    ClosedForms,
    Failure,
    Runner,
    Steps,
    constants,
    opaque_names,
    opaque_states,
    settled,
    verify,
)
from polyunroll.claims.kernel.ratio import Ratio
from polyunroll.claims.kernel.refute import refute
from polyunroll.claims.kernel.scope import Interval, Scope, evaluate, looks_back, of_sequences
from polyunroll.claims.kernel.sign import nonnegative, nonzero, positive
from polyunroll.errors import InvalidInput

__all__ = ["PROVED", "REFUTED", "UNDECIDED", "Decision", "decide"]

PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"

_RELATIONS = ("=", "<=", ">=", "<", ">", "!=")


@dataclass(frozen=True)
class Decision:
    """A verdict, why, and what it takes for granted.

    Attributes
    ----------
    verdict : str
    reason : str
        What failed, or the counterexample.
    hypotheses : tuple of str
        Beyond the claim's own: divisions that are assumed possible.
    """

    verdict: str
    reason: str = ""
    hypotheses: tuple[str, ...] = ()


def decide(claim: Mapping[str, Any]) -> Decision:
    """Check a claim's proof; where it fails, look for a counterexample.

    Raises
    ------
    InvalidInput
        If the claim is malformed.
    """
    _require(claim)
    try:
        return Decision(PROVED, "", _prove(claim))
    except (Failure, ZeroDivisionError, ArithmeticError) as failure:
        found = refute(claim)
        return Decision(REFUTED, found) if found else Decision(UNDECIDED, str(failure))


def _require(claim: Mapping[str, Any]) -> None:
    for key in ("variables", "exponentials", "start", "definitions", "programs", "sequences", "statement", "proof"):
        if key not in claim:
            raise InvalidInput(f"the claim has no {key!r}")
    if not claim["statement"]:
        raise InvalidInput("the claim states nothing")
    for relation in (*claim["statement"], *claim.get("hypotheses", ())):
        if relation["relation"] not in _RELATIONS:
            raise InvalidInput(f"{relation['relation']!r} is no relation; use one of {', '.join(_RELATIONS)}")
    if claim.get("until") is not None and not 0 <= claim["start"] <= claim["until"]:
        raise InvalidInput(f"until = {claim['until']} is before the claim's start = {claim['start']}")


# -- proving -----------------------------------------------------------------------------------------------------------

Facts = list[tuple[str, Ratio]]
"""Hypotheses and relations: the sign, and the difference that is = 0, ≠ 0, ≥ 0 or > 0."""


@dataclass
class _Setting:
    """What a claim's formulas mean.

    Attributes
    ----------
    claim : mapping
    scope : Scope
    domains : dict of name to Interval
        Where variables, t and exponentials range.
    known : dict of name to Ratio
        Definitions that do not speak of sequences, and the closed forms of sequences.
    early : dict of (name, t) to Ratio
        The sequences' own values at the first steps.
    steps : Steps
    hypotheses : Facts
    bounded : dict of symbol to Ratio
        What runs over a bounded register's interval as the symbol runs over its domain.
    """

    claim: Mapping[str, Any]
    scope: Scope
    domains: dict[str, Interval]
    known: dict[str, Ratio]
    early: dict[tuple[str, int], Ratio]
    steps: Steps
    hypotheses: Facts
    bounded: dict[str, Ratio]

    def parse(self, text: str) -> Ratio:
        """A formula that speaks of no sequence."""
        return self.scope.parse(text, self.known)

    def facts(self, side: Callable[[str], Ratio]) -> Facts:
        """The hypotheses and the statement, `side` giving the value of a side."""
        found = list(self.hypotheses)
        for relation in self.claim["statement"]:
            left, right = side(relation["left"]), side(relation["right"])
            found.append((relation["relation"], right - left if relation["relation"] in ("<", "<=") else left - right))
        return found


def _prove(claim: Mapping[str, Any]) -> tuple[str, ...]:
    """The hypotheses under which the claim is proved; raises Failure otherwise."""
    until, programs = claim.get("until"), claim["programs"]
    proofs = {key: claim["proof"].get("programs", {}).get(key, {}) for key in programs}
    extra: tuple[str, ...] = ()
    begin, count = claim["start"], 0 if until is None else until
    for key, given in programs.items():
        if until is None:
            states = opaque_states(proofs[key].get("states", {})).values()
            extra += opaque_names(given["program"], set(proofs[key].get("registers", {})))
            extra += tuple(f"{name}.{k}" for name, k in states)
            start = int(proofs[key].get("start", claim["start"]))
            begin = max(begin, start + max(looks_back(side, claim) for side in _sides(claim)))
            count = max(count, settled(given["program"], start))
    if until is not None:
        begin = until + 1
    elif extra:
        begin = max(begin, count)  # from here on one step takes symbols to symbols
    scope = Scope(claim["variables"], claim["start"], claim["exponentials"], extra)
    setting = _Setting(claim, scope, _domains(scope), {}, {}, Steps(), [], {})
    for name, text in claim["definitions"].items():
        if not of_sequences(text, claim):
            setting.known[name] = setting.parse(text)
    for relation in claim.get("hypotheses", ()):
        left, right = setting.parse(relation["left"]), setting.parse(relation["right"])
        if (left - right).names() - set(claim["variables"]):
            raise Failure("a hypothesis speaks of more than variables")
        sign = relation["relation"]
        setting.hypotheses.append((sign, right - left if sign in ("<", "<=") else left - right))
    for key, given in programs.items():
        values = _program(setting, key, given, proofs[key], max(count, begin) if until is None else until)
        for name, (program, state, derivative) in claim["sequences"].items():
            if program == key:
                early = {(name, t): jets[state][derivative] for t, jets in enumerate(values) if state in jets}
                setting.early.update(early)
    rules = _rules(claim)
    if until is None:
        scope.start, setting.domains["t"] = begin, Interval(fmpq(begin), None)
        stepped = bool(extra) and any(looks_back(side, claim) for side in _sides(claim))
        facts = setting.facts(lambda text: _side(setting, text, stepped))
        for number, rule in enumerate(rules, len(setting.hypotheses)):
            _settle(setting, facts, number, rule, stepped)
    for t in range(claim["start"], begin):  # before the closed forms hold, by the programs' own values
        facts = setting.facts(lambda text, t=t: _early(setting, text, t))  # type: ignore[misc]
        for number, rule in enumerate(rules, len(setting.hypotheses)):
            plain = {"rule": "identity" if facts[number][0] == "=" else "sign"}
            _settle(setting, facts, number, plain if until is None else rule, True)
    return _divisions(setting)


def _sides(claim: Mapping[str, Any]) -> list[str]:
    return [relation[side] for relation in claim["statement"] for side in ("left", "right")]


def _early(setting: _Setting, text: str, t: int) -> Ratio:
    """A side of a relation at one early t, its sequences taken from the run."""
    claim, scope = setting.claim, setting.scope

    def lookup(name: str, lag: int) -> Ratio:
        if name in claim["sequences"]:
            if t < lag:
                raise Failure(f"{name} is looked at before t = 0")
            return setting.early[name, t - lag]
        if name in claim["definitions"] and name not in setting.known:
            return _early(setting, claim["definitions"][name], t - lag)
        value = setting.known[name] if name in setting.known else scope.field.variables[name]
        return scope.at(value, t - lag)

    return _evaluated(setting, text, lookup)


def _evaluated(setting: _Setting, text: str, lookup: Callable[[str, int], Ratio]) -> Ratio:
    try:
        return evaluate(parse(text), lookup, setting.scope.field.number, setting.scope.divisors.append)  # type: ignore[no-any-return]
    except KeyError as missing:
        raise InvalidInput(f"the formula {text!r} names {missing}, which the claim does not define") from None


def _rules(claim: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rules = claim["proof"].get("relations", [])
    if len(rules) != len(claim["statement"]):
        raise Failure(f"the proof has {len(rules)} rules; the statement has {len(claim['statement'])} relations")
    return list(rules)


def _domains(scope: Scope) -> dict[str, Interval]:
    """Where variables, t and exponentials range: Z = base^t, t ≥ start ≥ 0."""
    if scope.start < 0:
        raise Failure("statements start at t >= 0")
    found = {**scope.domains, "t": Interval(fmpq(scope.start), None)}
    one = scope.field.number(1)
    for name, base in scope.bases.items():
        up, down = nonnegative(base, scope.domains), nonnegative(one - base, scope.domains)
        strictly = positive(base, scope.domains)
        if up and down:
            found[name] = Interval(fmpq(0), fmpq(1), low_open=strictly)
        elif nonnegative(base - 1, scope.domains):
            found[name] = Interval(fmpq(1), None)
        elif down and nonnegative(one + base, scope.domains):
            found[name] = Interval(fmpq(-1), fmpq(1))
        elif up:
            found[name] = Interval(fmpq(0), None, low_open=strictly)
    return found


def _program(
    setting: _Setting, key: str, given: Mapping[str, Any], proof: Mapping[str, Any], count: int
) -> list[dict[str, list[Ratio]]]:
    """Verify one program's closed forms, which become known; the states' own values at t = 0, 1, …, count."""
    scope, claim = setting.scope, setting.claim
    roots = {name: setting.parse(text) for name, text in proof.get("roots", {}).items()}
    for name, value in roots.items():
        if not nonnegative(value, setting.domains):
            raise Failure(f"the root {name} is not proved to be >= 0")
    lam, parameters = setting.parse(given["lam"]), {n: setting.parse(s) for n, s in given["parameters"].items()}
    for value in (lam, *parameters.values()):
        if value.names() - set(claim["variables"]):
            raise Failure(f"λ or a parameter of {key} is {value}, which is no function of the variables alone")
    known = constants(scope, given["program"], parameters, roots)
    if claim.get("until") is not None:
        order = max([0, *(derivative for program, _, derivative in claim["sequences"].values() if program == key)])
        runner = Runner(given["program"], known, lam, order, scope.field.number, scope.divisors.append)
        values = [runner.values()]
        for _ in range(count):
            runner.step()
            values.append(runner.values())
        return values
    symbols = {
        register["name"]: scope.field.variables[f"{register['name']}_0"]
        for register in given["program"]["registers"]
        if f"{register['name']}_0" in scope.field.variables
    }
    texts = proof.get("states", {})
    symbols |= {text: scope.field.variables[f"{name}.{k}"] for text, (name, k) in opaque_states(texts).items()}

    def lookup(name: str, lag: int) -> Ratio:
        """In a state's closed form `A[t-1]` is an opaque register one step back."""
        if lag:
            return scope.field.variables[f"{name}_{lag}"]
        local = {**setting.known, **symbols}
        return local[name] if name in local else scope.field.variables[name]

    forms = ClosedForms(
        given["program"],
        lam,
        {name: setting.parse(text) for name, text in proof.get("registers", {}).items()},
        {name: [_evaluated(setting, text, lookup) for text in jet] for name, jet in texts.items()},
        int(proof.get("start", claim["start"])),
    )
    if not forms.states:
        raise Failure("the proof gives no closed forms for a program's states")
    values = verify(scope, forms, known, setting.steps, count)
    _bound(setting, proof.get("bounds", {}), range(forms.start, settled(given["program"], forms.start) + 1))
    for name, (program, state, derivative) in claim["sequences"].items():
        if program == key:
            registers = {register: [form] for register, form in {**symbols, **forms.registers}.items()}
            setting.known[name] = {**registers, **forms.states}[state][derivative]
    return values


def _bound(setting: _Setting, bounds: Mapping[str, str], first: range) -> None:
    """Verify intervals of opaque registers: at the first steps, and that the laws, in their order, keep them."""
    scope, ends = setting.scope, []
    for name, text in bounds.items():
        if f"{name}_0" not in scope.field.variables:
            raise InvalidInput(f"{name!r} is bounded but is no opaque register")
        opened = [text.strip()[0] == "(", text.strip()[-1] == ")"]
        low, high = (None if "oo" in end else setting.parse(end) for end in text.strip()[1:-1].split(","))
        ends += [(name, low, opened[0], 1), (name, high, opened[1], -1)]
        if low is None and high is not None:
            opened.reverse()
        top = None if low is None or high is None else fmpq(1)
        for symbol in scope.extra:
            if symbol.rpartition("_")[0] == name:
                place = scope.field.variables[symbol]
                if low is not None:
                    place = low + (place if high is None else (high - low) * place)
                elif high is not None:
                    place = high - place
                setting.domains[symbol] = Interval(None if low is None and high is None else fmpq(0), top, *opened)
                setting.bounded[symbol] = scope.shift(place, -int(symbol.rpartition("_")[2]))
    setting.domains["t"] = Interval(fmpq(first.stop), None)
    for name, end, open_, sign in ends:
        if end is not None:
            values = [setting.steps.meant[t][f"{name}_0"] - scope.at(end, t) for t in first]
            for value in (*values, setting.steps.laws[name] - end):
                if not _holds_on(setting, ">" if open_ else ">=", sign * value):
                    raise Failure(f"the bound {end} of the register {name} is not proved: {sign * value}")


def _side(setting: _Setting, text: str, stepped: bool, back: int = 0) -> Ratio:
    """One side of a relation; `P[t-1]` is a sequence one step back; `stepped`: in symbols that stand for time t−1."""
    claim, scope = setting.claim, setting.scope

    def lookup(name: str, lag: int) -> Ratio:
        if name in claim["definitions"] and name not in setting.known:
            return _side(setting, claim["definitions"][name], stepped, back + lag)
        value = setting.known[name] if name in setting.known else scope.field.variables[name]
        return setting.steps.back(scope, value, back + lag) if stepped else scope.shift(value, -back - lag)

    return _evaluated(setting, text, lookup)


def _settle(setting: _Setting, facts: Facts, number: int, rule: Mapping[str, Any], plain: bool) -> None:
    """Verify one relation by the rule the proof names; no induction where `plain`."""
    scope, steps, (relation, f) = setting.scope, setting.steps, facts[number]
    name, used = rule.get("rule"), rule.get("using", {})
    if name == ("identity" if relation == "=" else "sign"):
        rest = f - _combined(setting, facts, used, relation, number)
        if not _holds_on(setting, relation, rest):
            raise Failure(
                f"the two sides differ by {rest}, not proved {relation} 0"
                if relation == "="
                else f"the sign of {rest} on the box is not decided"
            )
        return
    if name != "induction" or plain or relation not in ("=", "<=", ">="):
        raise Failure(f"the rule {name!r} does not settle the relation {relation!r}")
    first = f - _combined(setting, facts, rule.get("base", {}), relation, number)
    begin = scope.at(first, scope.start).substitute(steps.meant[scope.start] if scope.extra else {})
    if not _holds_on(setting, relation, begin):
        raise Failure(f"the induction does not start: {begin} is not proved to be {relation} 0")
    rest = steps.back(scope, f, 0)  # at t, from what holds at t−1
    before = rule.get("from", {str(number): rule.get("factor", "1")})
    rest = rest - _combined(setting, facts, before, relation, len(facts), 1)
    rest = rest - _combined(setting, facts, used, relation, number, 0)
    if not _holds_on(setting, relation, rest, 1):
        raise Failure(f"the induction step is not proved for {f}: {rest} remains")


def _combined(
    setting: _Setting,
    facts: Facts,
    used: Mapping[str, str],
    relation: str,
    limit: int,
    lag: int | None = None,
) -> Ratio:
    """The sum of facts before the limit, each times a factor that keeps its sign.

    With a lag in symbols of time t−1: the facts as they are then (1) or at t (0), the factors as they are then.
    """
    total, back = setting.scope.field.number(0), setting.steps.back
    for key, text in used.items():
        number, factor = int(key), setting.parse(text)
        kind, g = facts[number]
        if not 0 <= number < limit or kind == "!=" or (relation == "=" and kind != "="):
            raise Failure(f"relation {number} is no ground for a relation {relation!r} here")
        if kind != "=" and not _holds_on(setting, ">=", factor):
            raise Failure(f"the factor {factor} is not proved to be >= 0")
        total = total + (factor * g if lag is None else back(setting.scope, factor) * back(setting.scope, g, lag))
    return total


def _holds_on(setting: _Setting, relation: str, f: Ratio, ahead: int = 0) -> bool:
    """Whether f = 0, f ≠ 0, f > 0 or f ≥ 0, as the relation says, is proved on the box (t + ahead in t's place)."""
    f = f.substitute(setting.bounded) if setting.bounded else f
    f = setting.scope.shift(f, ahead) if ahead else f
    if relation == "=":
        return f.is_zero
    if relation == "!=":
        bottom = f.field.ratio(f.denominator, f.field.number(1).numerator)
        return nonzero(f, setting.domains) and nonzero(bottom, setting.domains)
    return (positive if relation in ("<", ">") else nonnegative)(f, setting.domains)


def _divisions(setting: _Setting) -> tuple[str, ...]:
    """Prove that no division is by 0; what involves opaque registers becomes a hypothesis."""
    assumed, scope, domains = False, setting.scope, setting.domains
    seen: set[str] = set()
    for divisor in scope.divisors:
        for part in (divisor.numerator, divisor.denominator):
            for factor, _ in part.factor()[1]:
                text = str(factor)
                if text in seen:
                    continue
                seen.add(text)
                ratio = scope.field.ratio(factor, scope.field.number(1).numerator)
                if text in scope.bases and nonzero(scope.bases[text], domains):
                    continue  # a power of something that does not vanish
                if nonzero(ratio.substitute(setting.bounded), domains):
                    continue
                symbols = ratio.names() & set(scope.extra)
                if symbols - set(setting.bounded) and not any("." in name for name in symbols):
                    assumed = True
                    continue
                raise Failure(f"a division by {text} is not proved possible on the box")
    return ("the program's own divisions are possible",) if assumed else ()
