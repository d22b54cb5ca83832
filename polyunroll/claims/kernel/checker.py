"""The verdict on a claim: PROVED, REFUTED with a counterexample, or UNDECIDED.

A claim is plain data (see `polyunroll.claims.claim`). What is stated: relations between formulas in the variables, t,
and sequences that programs define, for all integers t ≥ start and all values in a box that satisfy the hypotheses; or,
where it speaks of vectors, for every vector that any program forms. What is given as proof: closed forms for the
programs, verified by induction, claims that are cited, and for each relation the rule that settles it, f and g_k
standing for relations, hypotheses and what is cited, read as f ≥ 0 (or f = 0):

    identity    f − Σ m_k g_k is the rational function 0
    sign        f − Σ m_k g_k ≥ 0 on the box, exponentials ranging over what their bases allow
    induction   f − Σ b_k g_k ≥ 0 at the first t, and f(t+1) − Σ c_k g_k(t) − Σ m_k g_k at t+1 ≥ 0; or everywhere = 0
    structure   f = 0 for each vector a program starts with; f(au + bv) = a f(u) + b f(v) for all a, b; and for the
                gradient at u f = Σ c_k g_k(u), the g_k being relations that have this rule too
    cases       one of the first two rules, or this again, where h ≥ 0 and where h ≤ 0: g_−1 is h, then −h, and those
                of the cases around it are g_−2, …

Factors b_k, c_k and m_k are ≥ 0 on the box, or g_k = 0 is an equation; equations and ≠ are derived from
equations alone, and f > 0 follows where some m_k g_k > 0. At the same step only hypotheses, what is cited and relations
that stand earlier in the statement are used, at the step before (c_k) all: so relations are proved in the order of
(t, place), and none is used before it is proved.

With a last t the programs are run in the claim's field, and each t is settled by itself. Every division must be by
something proved not to vanish on the box, at every t at which it takes place; only for a program's divisions by what
involves opaque registers that is a hypothesis, which the verdict lists. A counterexample is found by running the
programs on rational numbers, at points that are proposed, without any closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from flint import fmpq

from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel import programs
from polyunroll.claims.kernel.programs import Jet, opaque_states
from polyunroll.claims.kernel.ratio import Ratio
from polyunroll.claims.kernel.refute import Point, admits, refute
from polyunroll.claims.kernel.scope import Data, Failure, Interval, Meaning, Scope, demand, symbol
from polyunroll.claims.kernel.setting import EMPTY, Facts, Setting, cited, domains, exists, formulas, link
from polyunroll.claims.kernel.shape import require
from polyunroll.claims.kernel.sign import nonnegative, nonzero

PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"

_STEPS, _LONG_STEPS, _LONG_SAMPLES = 7, 40, 12  # how far to look for a counterexample, and at how many points farther


class Decision(NamedTuple):
    """A verdict, why, and what it takes for granted.

    Attributes
    ----------
    verdict : str
    reason : str
        What failed, or the counterexample.
    hypotheses : tuple of str
        Beyond the claim's own: what programs divide by, where that is not proved to be ≠ 0.
    axioms : tuple of str
        The textbook theorems that the proof, or one that it cites, uses.
    """

    verdict: str
    reason: str = ""
    hypotheses: tuple[str, ...] = ()
    axioms: tuple[str, ...] = ()


def decide(claim: Data, points: Callable[[Data], Iterable[Point]] = lambda claim: ()) -> Decision:
    """Check a claim's proof; where it fails, look for a counterexample at the points that are proposed.

    One of these must show that the claim's hypotheses can hold.

    Raises
    ------
    InvalidInput
        If the claim is malformed.
    """
    require(claim)
    claim = {**EMPTY, **claim}
    try:
        found = _prove(claim)
        somewhere = not claim["hypotheses"] or any(admits(claim, point) for point in points(claim))
        demand(somewhere, "no point was found at which the hypotheses hold")
        return Decision(PROVED, "", tuple(sorted(found.hypotheses)), tuple(sorted(found.axioms)))
    except (Failure, ArithmeticError) as failure:
        places = () if exists(claim) else points(claim)  # false at one number is not false at each
        for count, point in enumerate(point for point in places if admits(claim, point)):
            if place := refute(claim, point, _STEPS if count >= _LONG_SAMPLES else _LONG_STEPS):
                return Decision(REFUTED, place)
        return Decision(UNDECIDED, str(failure))


def _prove(claim: Data) -> Setting:
    """Prove the claim, with what that takes for granted; raises Failure if it is not proved."""
    start, until, back = claim["start"], claim["until"], _looks_back(claim)
    opaque = {} if until is not None else _opaque(claim, back)
    begin = last = start
    if until is not None:
        begin = until + 1
    else:
        for key, given in claim["programs"].items():
            begins = claim["proof"]["programs"][key]["start"]
            begin = max(begin, begins + back)
            last = max([last, programs.settled(given["program"], begins), *(begins + lag for lag in opaque.values())])
        if opaque:
            begin = max(begin, last)  # from here on one step takes symbols to symbols
    reach = back + 2 + max([0, *opaque.values()])
    scope = Scope(claim, opaque, reach, max(begin, last))
    ranges = domains(scope, start) | dict.fromkeys(claim["vectors"], Interval(None, None))
    setting = Setting(claim, scope, ranges, {}, {}, set(), set())
    values = {key: _program(setting, key, last, begin if until is None else until) for key in claim["programs"]}
    _cited(setting)
    first = len(claim["hypotheses"]) + sum(len(cited(given)["statement"]) for given in claim["cited"])
    rules = list(enumerate(claim["proof"]["relations"], first))
    for t in [*range(start, begin), *([-1] if until is None else [])]:  # each early t by itself, then all later ones
        if t < 0:
            scope.since, setting.domains["t"] = begin, Interval(fmpq(begin), None)
        meaning = setting.meaning(t, values)
        facts = setting.facts(meaning)
        for number, rule in rules:
            early = until is None and t >= 0
            _settle(setting, facts, number, {} if early else rule, meaning, t >= 0)
    _divisions(setting, last)
    return setting


def _cited(setting: Setting) -> None:
    """Prove what is cited."""
    for given in setting.claim["cited"]:
        claim = cited(given)
        link(setting, given)
        if "axiom" in given:
            setting.axioms.add(given["axiom"])
            continue
        try:
            inner = _prove(claim)
        except (Failure, ArithmeticError) as failure:
            raise Failure(f"it cites {claim['id']}, which is not PROVED: {failure}") from None
        setting.hypotheses.update(f"{claim['id']}: {text}" for text in inner.hypotheses)
        setting.axioms.update(inner.axioms)


def _lag(*texts: str) -> int:
    """The most steps back that formulas look."""
    return max([0, *(lag for text in texts for _, lag in parse(text).names())])


def _looks_back(claim: Data) -> int:
    """At most how many steps back the statement looks at a sequence, through definitions too."""
    texts = [relation[side] for relation in claim["statement"] for side in ("left", "right")]
    texts += [text for rule in claim["proof"]["relations"] for text in formulas(rule)]
    deep = [_looks_back(cited(given)) + _lag(*given["values"].values()) for given in claim["cited"]]
    return _lag(*texts) + sum(map(_lag, claim["definitions"].values())) + max([0, *deep])


def _opaque(claim: Data, back: int) -> dict[str, int]:
    """What is left without a closed form, and at most how many steps back a symbol is needed for it."""
    found: dict[str, int] = {}
    for key, given in claim["programs"].items():
        proof, program = claim["proof"]["programs"][key], given["program"]
        forms = _lag(*(text for jet in proof["states"].values() for text in jet)) + max(back, 1)
        names = {register["name"] for register in program["registers"]} - {*proof["registers"]}
        found |= dict.fromkeys((f"{key}.{name}" for name in names), max(forms, _lag(*programs.formulas(program))))
        found |= {f"{key}.{name}": max(back, 1) for name in opaque_states(proof["states"]).values()}
    return found


def _program(setting: Setting, key: str, last: int, count: int) -> list[dict[str, Jet]]:
    """Verify one program's closed forms, which become known; its own values at t = 0, 1, …, count."""
    scope, claim, meaning = setting.scope, setting.claim, setting.meaning()
    given, proof = claim["programs"][key], claim["proof"]["programs"][key]
    lam = meaning.value(given["lam"])
    scalars = {name: meaning.value(text) for name, text in given["parameters"].items()}
    roots = [meaning.value(text) for text in proof["roots"].values()]

    def root(value: Ratio) -> Ratio:
        found = [one for one in roots if one * one == value and nonnegative(one, setting.domains)]
        demand(bool(found), "no root given has the square {} and is proved to be >= 0", value)
        return found[0]  # type: ignore[no-any-return]

    known = programs.constants(given["program"], scalars, scope.field.number, root)

    def at(t: int) -> dict[str, Ratio]:
        return {name: scope.at(value, t) for name, value in known.items()} if claim["free"] else known

    if claim["until"] is not None:
        order = max([0, *(derivative for program, _, derivative in claim["sequences"].values() if program == key)])
        runner = programs.Runner(given["program"], at, lam, order, scope.field.number)
        return [runner.values(), *(runner.step() for _ in range(count))]
    names = {register["name"] for register in given["program"]["registers"]}
    opaque = {name: name for name in names - {*proof["registers"]}} | opaque_states(proof["states"])

    def lookup(name: str, lag: int) -> Any:
        if name in opaque:
            return scope.field.variables[symbol(f"{key}.{opaque[name]}", lag)]
        return meaning.named(name, lag)

    scope.since = proof["start"]
    registers = {name: meaning.value(text) for name, text in proof["registers"].items()}
    forms_of = Meaning({}, lookup, scope.field.number).value
    states = {name: [forms_of(text) for text in texts] for name, texts in proof["states"].items()}
    scope.since = 0
    forms = programs.ClosedForms(key, given["program"], lam, known, registers, states, proof["start"])
    found = programs.verify(scope, forms, at, last, count)
    _bound(setting, key, proof, last)
    jets = {**{name: [registers[name] if name in registers else lookup(name, 0)] for name in names}, **states}
    for name, (program, state, derivative) in claim["sequences"].items():
        if program == key:
            setting.closed[name] = jets[state][derivative]
    return found


def _bound(setting: Setting, key: str, proof: Data, last: int) -> None:
    """Verify intervals of opaque registers: at the first steps, and that the laws, in their order, keep them."""
    scope, meaning = setting.scope, setting.meaning()
    scope.since = proof["start"]
    bounds = {f"{key}.{name}": Interval.of(text, meaning.value) for name, text in proof["bounds"].items()}
    for one, (register, lag) in scope.symbols.items():
        if bound := bounds.get(register):
            low, high = (None if end is None else scope.shift(end, -lag) for end in (bound.low, bound.high))
            place = scope.field.variables[one]
            if low is not None:
                setting.bounded[one] = low + (place if high is None else (high - low) * place)
                setting.domains[one] = Interval(fmpq(0), None if high is None else fmpq(1), *bound[2:])
            elif high is not None:
                setting.bounded[one], setting.domains[one] = high - place, Interval(fmpq(0), None, bound.high_open)
    scope.since, setting.domains["t"] = 0, Interval(fmpq(last + 1), None)
    early = range(proof["start"], last + 1)
    for register, bound in bounds.items():
        own = symbol(register, 0)
        demand(all(own in scope.meant[t] for t in early), "{} is bounded where it has no value", register)
        for sign, side in bound.sides(scope.field.variables[own]):
            values = [scope.at(side, t).substitute({own: scope.meant[t][own]}) for t in early]
            for value in (*values, side.substitute({own: scope.laws[own]})):
                demand(setting.holds(sign, value), "a bound of {} is not proved: {} {} 0", register, value, sign)


def _settle(setting: Setting, facts: Facts, number: int, rule: Data, meaning: Meaning, once: bool) -> None:
    """Verify one relation by the rule the proof names, the plainest without; no induction where t is fixed `once`."""
    scope, (relation, f) = setting.scope, facts[number]
    plain = "identity" if relation == "=" else "sign"
    name = rule.get("rule", plain)

    def total(part: Mapping[str, str], limit: int, move: Callable[[Ratio], Ratio] = lambda g: g) -> Ratio:
        """The sum of facts, moved to another step, each times a factor that keeps its sign."""
        found = scope.field.number(0)
        for place, text in part.items():
            (kind, g), factor = facts[int(place)], move(meaning.value(text))
            good = int(place) < limit and kind != "!=" and (kind == "=" or relation not in ("=", "!="))
            demand(good, "relation {} is no ground for a relation {} here", place, relation)
            demand(kind == "=" or setting.holds(">=", factor), "the factor {} is not proved to be >= 0", factor)
            found = found + factor * move(g)
        return found

    def renewed(g: Ratio) -> Ratio:
        return g.substitute(setting.scope.now) if g.names() & scope.symbols.keys() else g

    def ahead(g: Ratio) -> Ratio:
        return scope.shift(renewed(g), 1)

    if name == plain:
        used = rule.get("using", {})
        rest = f - total(used, number)
        above = [meaning.value(text) for place, text in used.items() if facts[int(place)][0] in ("<", ">")]
        enough = relation in ("<", ">") and any(setting.holds(">", factor) for factor in above)  # for m g > 0
        goal = ">=" if enough else relation
        good = setting.holds(goal, rest) or setting.holds(goal, renewed(rest))
        demand(good, "{} is not proved to be {} 0 on the box", rest, goal)
    elif name == "induction" and not once and relation in ("=", "<=", ">="):
        begin = scope.at(f - total(rule.get("base", {}), number), scope.since)
        begin = begin.substitute(setting.scope.meant[scope.since]) if scope.symbols else begin
        good = setting.holds(relation, begin)
        demand(good, "the induction does not start: {} is not proved to be {} 0", begin, relation)
        before = rule.get("from", {str(number): "1"})
        rest = ahead(f) - total(before, len(facts)) - total(rule.get("using", {}), number, ahead)
        good = setting.holds(relation, rest) or setting.holds(relation, renewed(rest))
        demand(good, "the induction step is not proved for {}: {} remains", f, rest)
    elif name == "cases":
        for part, sign in (("above", 1), ("below", -1)):
            demand(rule[part]["rule"] in (plain, name), "a case of {} has the rule {} or cases", f, plain)
            _settle(setting, [*facts, (">=", meaning.value(rule["of"]) * sign)], number, rule[part], meaning, once)
    else:
        demand(name == "structure", "the rule {} does not settle a relation {}", name, relation)
        _structure(setting, facts, number, rule, meaning)


def _structure(setting: Setting, facts: Facts, number: int, rule: Data, meaning: Meaning) -> None:
    """Verify that an equation holds for every vector that a program forms, by the three ways to form one."""
    (relation, f), known, vectors = facts[number], setting.scope.field.variables, setting.claim["vectors"]
    grounds, rules = rule.get("from", {}), setting.claim["proof"]["relations"]
    structural = {len(facts) - len(rules) + i for i, one in enumerate(rules) if one["rule"] == "structure"}
    good = relation == "=" and {*map(int, grounds)} <= structural
    demand(good, "structure is for equations, from others that have this rule")
    begin, gradient = ({name: meaning.value(pair[place]) for name, pair in vectors.items()} for place in (0, 1))
    other = {name: known[f"{name}'"] for name in vectors}
    both = {name: known["'a"] * known[name] + known["'b"] * other[name] for name in vectors}
    rest = f.substitute(gradient)
    for place, text in grounds.items():
        rest = rest - meaning.value(text) * facts[int(place)][1]
    combined = f.substitute(both) - known["'a"] * f - known["'b"] * f.substitute(other)
    for what, value in (("start", f.substitute(begin)), ("combination", combined), ("gradient", rest)):
        demand(value == 0, "{} = 0 is not proved for the {} of vectors: {} remains", f, what, value)


def _divisions(setting: Setting, last: int) -> None:
    """Prove that no division is by 0; what opaque registers the program divides by becomes a hypothesis."""
    scope, domains = setting.scope, setting.domains
    seen: set[tuple[str, int]] = set()
    for divisor, begin, own in sorted(scope.divisions, key=lambda one: not one[2]):  # what becomes a hypothesis first
        demand(divisor != 0, "a division is by 0")
        parts = [factor for part in (divisor.numerator, divisor.denominator) for factor, _ in part.factor()[1]]
        for text, factor in ((str(part), scope.field.polynomial(part)) for part in parts):
            opaque = bool(factor.names() & scope.symbols.keys())
            # what opaque symbols stand for at the first steps has been divided by there, and their bounds hold later
            since = max(begin, last) if opaque else begin
            if (text, since) in seen or f"{text} != 0" in setting.hypotheses:
                continue
            seen.add((text, since))
            domains["t"] = Interval(fmpq(since), None)
            power = text in scope.bases and nonzero(scope.bases[text], domains)
            if not power and not setting.holds("!=", factor):
                demand(opaque and own, "a division by {} is not proved possible for t >= {}", text, since)
                setting.hypotheses.add(f"{text} != 0")
