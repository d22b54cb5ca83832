"""The verdict on a claim: PROVED, REFUTED with a counterexample, or UNDECIDED.

A claim is plain data (see `polyunroll.claims.claim`). What is stated: relations between formulas in the variables, t,
and sequences that programs define, for all integers t ≥ start and all values in a box that satisfy the hypotheses. What
is given as proof: closed forms for the programs, verified by induction, and for each relation the rule that settles it,
f and g_k standing for relations and hypotheses read as f ≥ 0 (or f = 0):

    identity    f − Σ m_k g_k is the rational function 0
    sign        f − Σ m_k g_k ≥ 0 on the box, exponentials ranging over what their bases allow
    induction   f − Σ b_k g_k ≥ 0 at the first t, and f(t+1) − Σ c_k g_k(t) − Σ m_k g_k(t+1) ≥ 0; or everywhere = 0

Factors b_k, c_k and m_k, at t, are ≥ 0 on the box, or g_k = 0 is an equation; equations and ≠ are derived from
equations alone, and f > 0 follows where some m_k g_k > 0. At the same step only hypotheses and relations that stand
earlier in the statement are used, at the step before (c_k) all: so relations are proved in the order of (t, place), and
none is used before it is proved.

With a last t the programs are run in the claim's field, and each t is settled by itself. Every division must be by
something proved not to vanish on the box, at every t at which it takes place; only for a program's divisions by what
involves opaque registers that is a hypothesis, which the verdict lists. A counterexample is found by running the
programs on rational numbers, without any closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel import programs
from polyunroll.claims.kernel.programs import ClosedForms, Jet, Steps, opaque_states
from polyunroll.claims.kernel.ratio import Ratio
from polyunroll.claims.kernel.refute import inhabited, refute
from polyunroll.claims.kernel.scope import Failure, Interval, Meaning, Scope, evaluate, interval_ends, symbol
from polyunroll.claims.kernel.shape import require
from polyunroll.claims.kernel.sign import nonnegative, nonzero, positive

__all__ = ["PROVED", "REFUTED", "UNDECIDED", "Decision", "decide"]

PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"

Data = Mapping[str, Any]
Facts = list[tuple[str, Ratio]]
"""Hypotheses and relations: the sign, and the difference that is = 0, ≠ 0, ≥ 0 or > 0."""


@dataclass(frozen=True)
class Decision:
    """A verdict, why, and what it takes for granted.

    Attributes
    ----------
    verdict : str
    reason : str
        What failed, or the counterexample.
    hypotheses : tuple of str
        Beyond the claim's own: what the program divides by, where that is not proved to be ≠ 0.
    """

    verdict: str
    reason: str = ""
    hypotheses: tuple[str, ...] = ()


def decide(claim: Data) -> Decision:
    """Check a claim's proof; where it fails, look for a counterexample.

    Raises
    ------
    InvalidInput
        If the claim is malformed.
    """
    require(claim)
    try:
        return Decision(PROVED, "", _prove(claim))
    except (Failure, ArithmeticError) as failure:
        found = refute(claim)
        return Decision(REFUTED, found) if found else Decision(UNDECIDED, str(failure))


@dataclass
class _Setting:
    """What the parts of a proof share.

    Attributes
    ----------
    claim : mapping
    scope : Scope
    domains : dict of name to Interval
        Where variables, t and exponentials range.
    closed : dict of name to Ratio
        The sequences' closed forms, as far as verified.
    steps : Steps
    bounded : dict of symbol to Ratio
        What runs over a bounded register's interval as the symbol runs over its domain.
    """

    claim: Data
    scope: Scope
    domains: dict[str, Interval]
    closed: dict[str, Ratio]
    steps: Steps
    bounded: dict[str, Ratio]

    def meaning(self, t: int = -1, values: Any = None) -> Meaning:
        """What formulas mean for all t, by closed forms, or at one t, by the programs' own values."""
        scope, sequences = self.scope, self.claim["sequences"]

        def always(name: str, lag: int) -> Ratio:
            if name in sequences and name not in self.closed:
                raise Failure(f"the sequence {name} is named where it has no closed form yet")
            return scope.shift(self.closed[name] if name in sequences else scope.field.variables[name], -lag)

        def once(name: str, lag: int) -> Ratio:
            if name not in sequences:
                return scope.at(scope.field.variables[name], t - lag)
            key, state, derivative = sequences[name]
            if t < lag or state not in values[key][t - lag]:
                raise Failure(f"{name} has no value at t = {t - lag}")
            return values[key][t - lag][state][derivative]  # type: ignore[no-any-return]

        return Meaning(self.claim["definitions"], always if values is None else once, scope.field.number, scope.divide)

    def facts(self, meaning: Meaning) -> Facts:
        """The hypotheses and the statement."""
        found = []
        for relation in (*self.claim["hypotheses"], *self.claim["statement"]):
            sign, left, right = relation["relation"], meaning.value(relation["left"]), meaning.value(relation["right"])
            found.append((sign, right - left if sign in ("<", "<=") else left - right))
        return found


def _prove(claim: Data) -> tuple[str, ...]:
    """The hypotheses under which the claim is proved; raises Failure otherwise."""
    start, until, back = claim["start"], claim["until"], _looks_back(claim)
    opaque = {} if until is not None else _opaque(claim, back)
    scope = Scope(claim["variables"], claim["exponentials"], opaque)
    setting = _Setting(claim, scope, _domains(scope, start), {}, Steps(), {})
    begin = last = start
    if until is not None:
        begin = until + 1
    else:
        for key, given in claim["programs"].items():
            begins = claim["proof"]["programs"][key]["start"]
            begin = max(begin, begins + back)
            last = max([last, programs.settled(given["program"], begins), *(begins + lag for lag in opaque.values())])
        if scope.symbols:
            begin = max(begin, last)  # from here on one step takes symbols to symbols
    values = {key: _program(setting, key, last, begin if until is None else until) for key in claim["programs"]}
    if not inhabited(claim):
        raise Failure("no point was found at which the hypotheses hold")
    rules = list(enumerate(claim["proof"]["relations"], len(claim["hypotheses"])))
    for t in range(start, begin):  # each by itself, by the programs' own values
        meaning = setting.meaning(t, values)
        facts = setting.facts(meaning)
        for number, rule in rules:
            _settle(setting, facts, number, _EARLY[facts[number][0]] if until is None else rule, meaning, once=True)
    if until is None:
        scope.since, setting.domains["t"] = begin, Interval(fmpq(begin), None)
        meaning = setting.meaning()
        facts = setting.facts(meaning)
        for number, rule in rules:
            _settle(setting, facts, number, rule, meaning)
    return _divisions(setting, last)


_EARLY = {sign: {"rule": "identity" if sign == "=" else "sign"} for sign in ("=", "!=", "<", ">", "<=", ">=")}


def _looks_back(claim: Data) -> int:
    """How many steps back the statement looks at a sequence, through definitions too."""
    depth = dict.fromkeys(claim["sequences"], 0)

    def deepest(text: str) -> int:
        return max((depth[name] + lag for name, lag in parse(text).names() if name in depth), default=-1)

    for name, text in claim["definitions"].items():
        if (reach := deepest(text)) >= 0:
            depth[name] = reach
    texts = [relation[side] for relation in claim["statement"] for side in ("left", "right")]
    for rule in claim["proof"]["relations"]:
        texts += [rule.get("factor", "1")]
        texts += [factor for part in ("using", "from", "base") for factor in rule.get(part, {}).values()]
    return max(0, *map(deepest, texts))


def _opaque(claim: Data, back: int) -> dict[str, int]:
    """What is left without a closed form, and how many steps back a symbol is needed for it."""
    found: dict[str, int] = {}
    for key, given in claim["programs"].items():
        proof, program = claim["proof"]["programs"][key], given["program"]
        used = [pair for text in programs.formulas(program) for pair in parse(text).names()]
        forms = [pair for jet in proof["states"].values() for text in jet for pair in parse(text).names()]
        for name in {register["name"] for register in program["registers"]} - {*proof["registers"]}:
            by_program, by_forms = (max([0, *(lag for one, lag in pairs if one == name)]) for pairs in (used, forms))
            found[f"{key}.{name}"] = max(by_program, by_forms + max(back, 1))
        found |= {f"{key}.{name}": max(back, 1) for name in opaque_states(proof["states"]).values()}
    return found


def _domains(scope: Scope, start: int) -> dict[str, Interval]:
    """Where symbols, variables, t and exponentials range: Z = base^t, t ≥ start ≥ 0."""
    found = {**dict.fromkeys(scope.symbols, Interval(None, None)), **scope.domains, "t": Interval(fmpq(start), None)}
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


def _program(setting: _Setting, key: str, last: int, count: int) -> list[dict[str, Jet]]:
    """Verify one program's closed forms, which become known; its own values at t = 0, 1, …, count."""
    scope, claim, meaning = setting.scope, setting.claim, setting.meaning()
    given, proof = claim["programs"][key], claim["proof"]["programs"][key]
    lam = meaning.value(given["lam"])
    scalars = {name: meaning.value(text) for name, text in given["parameters"].items()}
    roots = [meaning.value(text) for text in proof["roots"].values()]

    def root(value: Ratio) -> Ratio:
        for candidate in roots:
            if candidate * candidate == value and nonnegative(candidate, setting.domains):
                return candidate  # type: ignore[no-any-return]
        raise Failure(f"no root given has the square {value} and is proved to be >= 0")

    known = programs.constants(given["program"], scalars, scope.field.number, scope.divide, root)
    if claim["until"] is not None:
        order = max([0, *(derivative for program, _, derivative in claim["sequences"].values() if program == key)])
        runner = programs.Runner(given["program"], known, lam, order, scope.field.number, scope.divide)
        return [runner.values(), *(runner.step() for _ in range(count))]
    names = {register["name"] for register in given["program"]["registers"]}
    opaque = {name: name for name in names - {*proof["registers"]}} | opaque_states(proof["states"])

    def lookup(name: str, lag: int) -> Any:
        if name in opaque:
            return scope.field.variables[symbol(f"{key}.{opaque[name]}", lag)]
        return meaning.named(name, lag)

    scope.since = proof["start"]
    registers = {name: meaning.value(text) for name, text in proof["registers"].items()}
    walk = partial(evaluate, lookup=lookup, convert=scope.field.number, divide=scope.divide)
    states = {name: [walk(parse(text)) for text in texts] for name, texts in proof["states"].items()}
    scope.since = 0
    forms = ClosedForms(key, given["program"], lam, known, registers, states, proof["start"])
    found = programs.verify(scope, forms, setting.steps, last, count)
    _bound(setting, key, proof, last)
    jets = {**{name: [registers[name] if name in registers else lookup(name, 0)] for name in names}, **states}
    for name, (program, state, derivative) in claim["sequences"].items():
        if program == key:
            setting.closed[name] = jets[state][derivative]
    return found


def _bound(setting: _Setting, key: str, proof: Data, last: int) -> None:
    """Verify intervals of opaque registers: at the first steps, and that the laws, in their order, keep them."""
    scope, meaning, checks = setting.scope, setting.meaning(), []
    scope.since = proof["start"]
    for name, text in proof["bounds"].items():
        given, opened = interval_ends(text)[:2], interval_ends(text)[2:]
        ends = [None if end is None else meaning.value(end) for end in given]
        checks += [(f"{key}.{name}", *check) for check in zip(ends, opened, (1, -1), strict=True)]
        for one in (one for one, (register, _) in scope.symbols.items() if register == f"{key}.{name}"):
            low, high = (None if end is None else scope.shift(end, -scope.symbols[one][1]) for end in ends)
            place = scope.field.variables[one]
            if low is not None:
                setting.bounded[one] = low + (place if high is None else (high - low) * place)
                setting.domains[one] = Interval(fmpq(0), None if high is None else fmpq(1), *opened)
            elif high is not None:
                setting.bounded[one], setting.domains[one] = high - place, Interval(fmpq(0), None, opened[1])
    scope.since, setting.domains["t"] = 0, Interval(fmpq(last + 1), None)
    for register, end, out, sign in checks:
        own = symbol(register, 0)
        if not all(own in meant for meant in setting.steps.meant[proof["start"] : last + 1]):
            raise Failure(f"{register} is bounded where it has no value")
        if end is not None:
            values = [setting.steps.meant[t][own] - scope.at(end, t) for t in range(proof["start"], last + 1)]
            for value in (*values, setting.steps.laws[own] - end):
                if not _holds(setting, ">" if out else ">=", sign * value):
                    raise Failure(f"the bound {end} of {register} is not proved: {sign * value}")


def _settle(setting: _Setting, facts: Facts, number: int, rule: Data, meaning: Meaning, once: bool = False) -> None:
    """Verify one relation by the rule the proof names; no induction where t is fixed `once`."""
    scope, (relation, f), name = setting.scope, facts[number], rule["rule"]

    def total(part: Mapping[str, str], limit: int, move: Callable[[Ratio], Ratio]) -> Ratio:
        """The sum of facts, each times a factor that keeps its sign."""
        found = scope.field.number(0)
        for place, text in part.items():
            (kind, g), factor = facts[int(place)], meaning.value(text)
            if int(place) >= limit or kind == "!=" or (relation in ("=", "!=") and kind != "="):
                raise Failure(f"relation {place} is no ground for a relation {relation!r} here")
            if kind != "=" and not _holds(setting, ">=", factor):
                raise Failure(f"the factor {factor} is not proved to be >= 0")
            found = found + factor * move(g)
        return found

    def stay(g: Ratio) -> Ratio:
        return g

    def renewed(g: Ratio) -> Ratio:
        return g.substitute(setting.steps.now) if g.names() & scope.symbols.keys() else g

    def ahead(g: Ratio) -> Ratio:
        return scope.shift(renewed(g), 1)

    if name == ("identity" if relation == "=" else "sign"):
        used = rule.get("using", {})
        rest, goal = f - total(used, number, stay), relation
        grounds = [(facts[int(place)][0], meaning.value(text)) for place, text in used.items()]
        if relation in ("<", ">") and any(k in ("<", ">") and _holds(setting, ">", m) for k, m in grounds):
            goal = ">="  # for m g > 0
        if not _holds(setting, goal, rest) and not _holds(setting, goal, renewed(rest)):
            raise Failure(f"{rest} is not proved to be {goal} 0 on the box")
    elif name == "induction" and not once and relation in ("=", "<=", ">="):
        begin = scope.at(f - total(rule.get("base", {}), number, stay), scope.since)
        begin = begin.substitute(setting.steps.meant[scope.since]) if scope.symbols else begin
        if not _holds(setting, relation, begin):
            raise Failure(f"the induction does not start: {begin} is not proved to be {relation} 0")
        before = rule.get("from", {str(number): rule.get("factor", "1")})
        rest = ahead(f) - total(before, len(facts), stay) - total(rule.get("using", {}), number, ahead)
        if not _holds(setting, relation, rest):
            raise Failure(f"the induction step is not proved for {f}: {rest} remains")
    else:
        raise Failure(f"the rule {name!r} does not settle the relation {relation!r}")


def _holds(setting: _Setting, relation: str, f: Ratio) -> bool:
    """Whether f = 0, f ≠ 0, f > 0 or f ≥ 0 is proved on the box, as the relation says."""
    if relation == "=":
        return f.is_zero
    f = f.substitute(setting.bounded) if f.names() & setting.bounded.keys() else f
    if relation == "!=":
        return nonzero(f, setting.domains) and nonzero(f.below(), setting.domains)
    return (positive if relation in ("<", ">") else nonnegative)(f, setting.domains)


def _divisions(setting: _Setting, last: int) -> tuple[str, ...]:
    """Prove that no division is by 0; what opaque registers the program divides by becomes a hypothesis."""
    scope, domains = setting.scope, setting.domains
    assumed: set[str] = set()
    seen: set[tuple[str, int]] = set()
    scope.divisions.sort(key=lambda division: not division[2])  # what becomes a hypothesis first
    for divisor, begin, own in scope.divisions:
        if divisor.is_zero:
            raise Failure("a division is by 0")
        for text, factor in _factors(divisor):
            opaque = bool(factor.names() & scope.symbols.keys())
            # what opaque symbols stand for at the first steps has been divided by there, and their bounds hold later
            since = max(begin, last) if opaque else begin
            if (text, since) in seen or text in assumed:
                continue
            seen.add((text, since))
            domains["t"] = Interval(fmpq(since), None)
            if text in scope.bases and nonzero(scope.bases[text], domains):
                continue  # a power of something that does not vanish
            if not _holds(setting, "!=", factor):
                if not (opaque and own):
                    raise Failure(f"a division by {text} is not proved possible for t >= {since}")
                assumed.add(text)
    return tuple(f"{text} != 0" for text in sorted(assumed))


def _factors(value: Ratio) -> list[tuple[str, Ratio]]:
    one = value.field.number(1).numerator
    parts = (value.numerator, value.denominator)
    return [(str(factor), Ratio(value.field, factor, one)) for part in parts for factor, _ in part.factor()[1]]
