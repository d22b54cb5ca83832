"""The verdict on a claim: PROVED, REFUTED with a counterexample, or UNDECIDED.

A claim is plain data (see `polyunroll.claims.claim`). What is stated: relations between formulas in the variables, t,
and sequences that programs define, for all integers t ≥ start and all values in a box. What is given as proof: closed
forms for the programs, verified by induction, and for each relation the rule that settles it:

    identity    both sides are the same rational function
    sign        the difference has one sign on the box, exponentials ranging over what their bases allow
    induction   f(start) ≥ 0 and f(t+1) − c·f(t) ≥ 0 with c ≥ 0, f the difference; then f ≥ 0 for all t

Every division must be by something proved not to vanish on the box; divisions inside opaque registers are a hypothesis.
A counterexample is found by running the programs on rational numbers, without any closed form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.exact import sqrt
from polyunroll.arithmetic.expression import Expression, parse
from polyunroll.claims.kernel.programs import ClosedForms, Failure, Runner, opaque_names, verify
from polyunroll.claims.kernel.ratio import Ratio
from polyunroll.claims.kernel.scope import Interval, Scope, evaluate
from polyunroll.claims.kernel.sign import nonnegative, nonzero, positive
from polyunroll.errors import InvalidInput, OutsideField

__all__ = ["PROVED", "REFUTED", "UNDECIDED", "Decision", "decide"]

PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"

_SAMPLE_STEPS = 7
_SAMPLES = 400
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
        found = _refute(claim)
        return Decision(REFUTED, found) if found else Decision(UNDECIDED, str(failure))


def _require(claim: Mapping[str, Any]) -> None:
    for key in ("variables", "exponentials", "start", "definitions", "programs", "sequences", "statement", "proof"):
        if key not in claim:
            raise InvalidInput(f"the claim has no {key!r}")
    if not claim["statement"]:
        raise InvalidInput("the claim states nothing")
    for relation in claim["statement"]:
        if relation["relation"] not in _RELATIONS:
            raise InvalidInput(f"{relation['relation']!r} is no relation; use one of {', '.join(_RELATIONS)}")


# -- proving -----------------------------------------------------------------------------------------------------------


def _prove(claim: Mapping[str, Any]) -> tuple[str, ...]:
    """The hypotheses under which the claim is proved; raises Failure otherwise."""
    proofs = claim["proof"].get("programs", {})
    extra = tuple(
        name
        for key, given in claim["programs"].items()
        for name in opaque_names(given["program"], set(proofs.get(key, {}).get("registers", {})))
    )
    scope = Scope(claim["variables"], claim["start"], claim["exponentials"], extra)
    domains = _domains(scope)
    known: dict[str, Ratio] = {}
    for name, text in claim["definitions"].items():
        if not _of_sequences(text, claim):
            known[name] = scope.parse(text, known)
    early: dict[tuple[str, int], Ratio] = {}
    begin = claim["start"]
    for key, given in claim["programs"].items():
        forms, values = _program(scope, given, proofs.get(key, {}), claim, known, domains)
        begin = max(begin, forms.start + _looks_back(claim))
        for name, (program, state, derivative) in claim["sequences"].items():
            if program == key:
                known[name] = forms.states[state][derivative]
                early.update({(name, t): jets[state][derivative] for t, jets in enumerate(values)})
    for name, text in claim["definitions"].items():
        if name not in known:
            known[name] = _side(scope, text, known)
    scope.start, domains["t"] = begin, Interval(fmpq(begin), None)
    for relation, rule in zip(claim["statement"], _rules(claim), strict=True):
        left, right = (_side(scope, relation[side], known) for side in ("left", "right"))
        _settle(scope, domains, relation["relation"], left, right, rule, known)
    for t in range(claim["start"], begin):  # before the closed forms hold, by the program's own values
        for relation in claim["statement"]:
            left, right = (_early(scope, relation[side], known, early, claim, t) for side in ("left", "right"))
            _settle(scope, domains, relation["relation"], left, right, _EARLY_RULES[relation["relation"]], known)
    return _divisions(scope, domains, set(extra))


_EARLY_RULES = {sign: {"rule": "identity" if sign == "=" else "sign"} for sign in _RELATIONS}


def _early(
    scope: Scope,
    text: str,
    known: Mapping[str, Ratio],
    early: Mapping[tuple[str, int], Ratio],
    claim: Mapping[str, Any],
    t: int,
) -> Ratio:
    """A side of a relation at one early t, its sequences taken from the run."""

    def lookup(name: str, lag: int) -> Ratio:
        if name in claim["sequences"]:
            if t < lag:
                raise Failure(f"{name} is looked at before t = 0")
            return early[name, t - lag]
        if name in claim["definitions"] and _of_sequences(claim["definitions"][name], claim):
            return _early(scope, claim["definitions"][name], known, early, claim, t - lag)
        value = known[name] if name in known else scope.field.variables[name]
        return scope.at(value, t - lag)

    return evaluate(parse(text), lookup, scope.field.number, scope.divisors.append)  # type: ignore[no-any-return]


def _looks_back(claim: Mapping[str, Any]) -> int:
    """How many steps back the statement looks at a sequence."""
    texts = [relation[side] for relation in claim["statement"] for side in ("left", "right")]
    return max((lag for text in texts for _, lag in parse(text).names()), default=0)


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
    scope: Scope,
    given: Mapping[str, Any],
    proof: Mapping[str, Any],
    claim: Mapping[str, Any],
    known: Mapping[str, Ratio],
    domains: Mapping[str, Interval],
) -> tuple[ClosedForms, list[dict[str, list[Ratio]]]]:
    """Verify one program's closed forms; they, and the states' own values at t = 0, 1, …, before they hold."""
    roots = {name: scope.parse(text, known) for name, text in proof.get("roots", {}).items()}
    for name, value in roots.items():
        if not nonnegative(value, domains):
            raise Failure(f"the root {name} is not proved to be >= 0")
    opaque = {
        register["name"]: scope.field.variables[f"{register['name']}_0"]
        for register in given["program"]["registers"]
        if f"{register['name']}_0" in scope.field.variables
    }
    local = {**known, **opaque}
    forms = ClosedForms(
        given["program"],
        scope.parse(given["lam"], known),
        {name: scope.parse(text, known) for name, text in given["parameters"].items()},
        {name: scope.parse(text, known) for name, text in proof.get("registers", {}).items()},
        {name: [_aged(scope, text, local) for text in texts] for name, texts in proof.get("states", {}).items()},
        int(proof.get("start", claim["start"])),
    )
    if not forms.states:
        raise Failure("the proof gives no closed forms for a program's states")
    return forms, verify(scope, forms, roots)


def _aged(scope: Scope, text: str, known: Mapping[str, Ratio]) -> Ratio:
    """A state's closed form; `A[t-1]` is an opaque register one step back."""

    def lookup(name: str, lag: int) -> Ratio:
        if lag:
            return scope.field.variables[f"{name}_{lag}"]
        return known[name] if name in known else scope.field.variables[name]

    try:
        return evaluate(parse(text), lookup, scope.field.number, scope.divisors.append)  # type: ignore[no-any-return]
    except KeyError as missing:
        raise InvalidInput(f"the formula {text!r} names {missing}, which the claim does not define") from None


def _side(scope: Scope, text: str, known: Mapping[str, Ratio]) -> Ratio:
    """One side of a relation; `P[t-1]` is a sequence one step back."""

    def lookup(name: str, lag: int) -> Ratio:
        value = known[name] if name in known else scope.field.variables[name]
        return scope.shift(value, -lag) if lag else value

    try:
        return evaluate(parse(text), lookup, scope.field.number, scope.divisors.append)  # type: ignore[no-any-return]
    except KeyError as missing:
        raise InvalidInput(f"the formula {text!r} names {missing}, which the claim does not define") from None


def _settle(
    scope: Scope,
    domains: Mapping[str, Interval],
    relation: str,
    left: Ratio,
    right: Ratio,
    rule: Mapping[str, Any],
    known: Mapping[str, Ratio],
) -> None:
    """Verify one relation by the rule the proof names."""
    name = rule.get("rule")
    if relation == "=":
        if name != "identity" or left != right:
            raise Failure(f"the two sides differ by {left - right}")
        return
    f = left - right if relation in (">", ">=") else right - left
    if name == "sign":
        held = {"!=": nonzero, "<": positive, ">": positive}.get(relation, nonnegative)(f, domains)
        if not held or (relation == "!=" and not _denominator_held(f, domains)):
            raise Failure(f"the sign of {f} on the box is not decided")
        return
    if name == "induction" and relation in ("<=", ">="):
        factor = scope.parse(rule.get("factor", "1"), known)
        begin = scope.at(f, scope.start)
        if not nonnegative(begin, domains):
            raise Failure(f"the induction does not start: {begin} is not proved to be >= 0")
        if not nonnegative(factor, domains) or not nonnegative(scope.shift(f, 1) - factor * f, domains):
            raise Failure(f"the induction step is not proved for {f}")
        return
    raise Failure(f"the rule {name!r} does not settle the relation {relation!r}")


def _denominator_held(f: Ratio, domains: Mapping[str, Interval]) -> bool:
    return nonzero(f.field.ratio(f.denominator, f.field.number(1).numerator), domains)


def _divisions(scope: Scope, domains: Mapping[str, Interval], opaque: set[str]) -> tuple[str, ...]:
    """Prove that no division is by 0; what involves opaque registers becomes a hypothesis."""
    assumed = False
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
                if nonzero(ratio, domains):
                    continue
                if any(not ratio.derivative(name).is_zero for name in opaque):
                    assumed = True
                    continue
                raise Failure(f"a division by {text} is not proved possible on the box")
    return ("the program's own divisions are possible",) if assumed else ()


# -- refuting ----------------------------------------------------------------------------------------------------------


def _refute(claim: Mapping[str, Any]) -> str:
    """A counterexample, in a sentence, or nothing."""
    for count, point in enumerate(_points(claim["variables"])):
        if count >= _SAMPLES:
            return ""
        try:
            found = _refute_at(claim, point)
        except (ZeroDivisionError, OutsideField, KeyError):
            continue
        if found:
            return found
    return ""


def _points(variables: Mapping[str, str]) -> Iterator[dict[str, fmpq]]:
    """Rational points of the box, ends that belong to it included."""
    names = list(variables)
    choices = []
    for text in variables.values():
        interval = Interval.of(text)
        low = fmpq(-3) if interval.low is None else interval.low
        high = low + 3 if interval.high is None else interval.high
        if interval.low is None and interval.high is not None:
            low = high - 3
        inner = [low + (high - low) * fmpq(k, 7) for k in (3, 1, 5, 6)]
        ends = [end for end, open_ in ((low, interval.low_open), (high, interval.high_open)) if not open_]
        choices.append([*inner, *ends])
    for values in product(*choices):
        yield dict(zip(names, values, strict=True))


def _refute_at(claim: Mapping[str, Any], point: Mapping[str, fmpq]) -> str:
    """Run the programs at a point and look at every relation for the first steps."""

    def number(text: str, known: Mapping[str, Any]) -> Any:
        return evaluate(parse(text), lambda name, lag: known[name], lambda c: c, lambda d: None)

    known: dict[str, Any] = dict(point)
    bases = {name: number(text, known) for name, text in claim["exponentials"].items()}
    runners = {}
    for key, given in claim["programs"].items():
        plain = {name: text for name, text in claim["definitions"].items() if not _of_sequences(text, claim)}
        local = dict(known)
        for name, text in plain.items():
            if not {"t", *bases} & {used for used, _ in parse(text).names()}:
                local[name] = number(text, local)
        scalars = {name: number(text, local) for name, text in given["parameters"].items()}
        scalars = _constants(given["program"], scalars)
        order = max([0, *(d for p, _, d in claim["sequences"].values() if p == key)])
        runners[key] = Runner(given["program"], scalars, number(given["lam"], local), order, fmpq, lambda d: None)
    past: dict[tuple[str, int], Any] = {}
    for t in range(claim["start"] + _SAMPLE_STEPS):
        if t:
            for runner in runners.values():
                runner.step()
        values = {**known, "t": fmpq(t), **{name: base**t for name, base in bases.items()}}
        for name, text in claim["definitions"].items():
            values[name] = number(text, values)
        for name, (key, state, derivative) in claim["sequences"].items():
            values[name] = runners[key].states[state][derivative]
        past.update({(name, t): value for name, value in values.items()})
        if t < claim["start"]:
            continue
        for relation in claim["statement"]:
            left, right = (
                evaluate(parse(relation[side]), lambda name, lag, t=t: past[name, t - lag], lambda c: c, lambda d: None)  # type: ignore[misc]
                for side in ("left", "right")
            )
            if not _holds(left, relation["relation"], right):
                where = ", ".join(f"{name} = {value}" for name, value in {**point, "t": t}.items())
                return f"at {where}: {left} {relation['relation']} {right} is false"
    return ""


def _constants(program: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters and constants as exact numbers."""
    known = dict(parameters)

    def value(expression: Expression) -> Any:
        return evaluate(expression, lambda name, lag: known[name], lambda c: c, lambda d: None, root)

    def root(inside: Expression) -> Any:
        return sqrt(value(inside))

    for constant in program["constants"]:
        known[constant["name"]] = value(parse(constant["formula"]))
    return known


def _of_sequences(text: str, claim: Mapping[str, Any]) -> bool:
    """Whether a definition speaks of a sequence, directly or through another definition."""
    speaking = set(claim["sequences"])
    for name, formula in claim["definitions"].items():
        if {n for n, _ in parse(formula).names()} & speaking:
            speaking.add(name)
    return bool({name for name, _ in parse(text).names()} & speaking)


def _holds(left: Any, relation: str, right: Any) -> bool:
    if relation == "=":
        return bool(left == right)
    if relation == "!=":
        return bool(left != right)
    if relation == "<":
        return bool(left < right)
    if relation == ">":
        return bool(left > right)
    return bool(left <= right) if relation == "<=" else bool(left >= right)
