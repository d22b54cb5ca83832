"""Programs as data, run on polynomials and their λ-derivatives; closed forms for all t by induction.

A state is the list (p, p', …, p^(m)) of its polynomial's λ-derivatives, elements of the claim's field with λ one of its
expressions; a gradient is (λp, λp' + p, …). Closed forms for registers and states are verified in two parts: they equal
the program's own values at the first steps, and if they hold at t−1, t−2, … they hold at t, as identities of rational
functions in t, the exponentials and the variables.

Registers without a closed form stay opaque: symbols, one for each step back. So does a state's k-th derivative whose
form is its own name (x, x_1, x_2, …); other forms may be in terms of such symbols, and are then invariants of the
program: with the symbols replaced by the values they take, they hold at the first steps, and one step on arbitrary
symbols takes the forms at t−1 to the forms at t.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from polyunroll.arithmetic.exact import exact
from polyunroll.arithmetic.expression import Expression, parse
from polyunroll.claims.kernel.ratio import Ratio
from polyunroll.claims.kernel.scope import Scope, evaluate
from polyunroll.errors import InvalidInput

__all__ = ["ClosedForms", "Failure", "Steps", "constants", "opaque_names", "opaque_states", "settled", "verify"]

Jet = list[Any]


class Failure(Exception):
    """A step of a proof that could not be verified."""


@dataclass
class ClosedForms:
    """What a proof says of a program.

    Attributes
    ----------
    program : dict
        As `Program.as_data` gives it.
    lam : Ratio
        λ.
    registers : dict of name to Ratio
        Closed forms in t; a register that is not here is opaque.
    states : dict of name to list of Ratio
        Closed forms of the state's polynomial and derivatives; a symbol for one that is opaque.
    start : int
        From which t on they hold.
    """

    program: Mapping[str, Any]
    lam: Ratio
    registers: dict[str, Ratio]
    states: dict[str, list[Ratio]]
    start: int


@dataclass
class Steps:
    """How the opaque symbols of the programs verified so far change from step to step.

    Attributes
    ----------
    now : dict of symbol to Ratio
        What stands for time t, in symbols that stand for time t−1.
    older : dict of symbol to Ratio
        What stands for time t, one step back; a state's symbol then stands for time t−1 itself.
    laws : dict of register to Ratio
        What its law says, in present and older symbols.
    meant : list of dict of symbol to Ratio
        The symbols' values at t = 0, 1, …
    """

    now: dict[str, Ratio] = field(default_factory=dict)
    older: dict[str, Ratio] = field(default_factory=dict)
    laws: dict[str, Ratio] = field(default_factory=dict)
    meant: list[dict[str, Ratio]] = field(default_factory=list)

    def back(self, scope: Scope, value: Ratio, lag: int = 1) -> Ratio:
        """The value at t−lag, in symbols that stand for time t−1; only lag ≤ 1 if there are any.

        Raises
        ------
        Failure
            If a symbol has no older one.
        """
        used = value.names() & set(scope.extra)
        if lag == 0:
            return value.substitute(self.now) if used else value
        if not used:
            return scope.shift(value, -lag)
        if lag > 1 or used - set(self.older):
            raise Failure(f"{value} is looked back at further than its symbols {', '.join(sorted(used))} allow")
        return scope.shift(value, -1).substitute(self.older)


def opaque_states(states: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """Names of formulas that are symbols of the states a proof leaves opaque: x and x_1, x_2 for derivatives."""
    return {
        text: (name, k)
        for name, texts in states.items()
        for k, text in enumerate(texts)
        if text == (f"{name}_{k}" if k else name)
    }


def opaque_names(program: Mapping[str, Any], closed: set[str]) -> tuple[str, ...]:
    """The field's extra names for registers without a closed form: name_0, name_1, … back in time."""
    lags = {register["name"]: 0 for register in program["registers"]}
    for text in _formulas(program):
        for name, lag in parse(text).names():
            if name in lags:
                lags[name] = max(lags[name], lag)
    return tuple(f"{name}_{lag}" for name in lags if name not in closed for lag in range(lags[name] + 1))


def _formulas(program: Mapping[str, Any]) -> list[str]:
    found = [*program["states"].values(), *program["query"].values()]
    for register in program["registers"]:
        found += [*register.get("starts", ()), *([register["law"]] if register.get("law") else [])]
    for assignment in program["assignments"]:
        found += assignment["terms"].values()
    return found


def settled(program: Mapping[str, Any], start: int) -> int:
    """A step after which every law holds, and all that is looked back at has its closed form.

    Raises
    ------
    InvalidInput
        If the program has a table.
    """
    if any("table" in register for register in program["registers"]):
        raise InvalidInput(
            "a program with a table has no closed form for all t; state the claim for t until its horizon"
        )
    lags = [lag for text in _formulas(program) for _, lag in parse(text).names()]
    laws = [register["first"] + len(register["starts"]) for register in program["registers"]]
    return int(max([start + max(lags, default=0), start + 1, *laws]))


def constants(
    scope: Scope, program: Mapping[str, Any], scalars: Mapping[str, Ratio], roots: Mapping[str, Ratio]
) -> dict[str, Ratio]:
    """Parameters and constants; a constant with sqrt takes the root that the proof names, once it is verified.

    Raises
    ------
    Failure
        If a root's square is not what stands under it. (That the root is ≥ 0 is for the caller to prove.)
    """
    known = dict(scalars)

    def root(inside: Expression) -> Ratio:
        value = _value(scope, inside, known)
        for candidate in roots.values():
            if candidate * candidate == value:
                return candidate
        raise Failure(f"no root given has the square {value}")

    for constant in program["constants"]:
        known[constant["name"]] = evaluate(
            parse(constant["formula"]),
            lambda name, lag: known[name],
            scope.field.number,
            scope.divisors.append,
            root,
        )
    return known


def _value(scope: Scope, expression: Expression, known: Mapping[str, Ratio]) -> Ratio:
    return evaluate(expression, lambda name, lag: known[name], scope.field.number, scope.divisors.append)  # type: ignore[no-any-return]


class Runner:
    """A program running in any field: numbers, or the claim's rational functions.

    Parameters
    ----------
    program : mapping
    known : mapping of name to value
        Parameters and constants.
    lam : value
        λ, or the derivative-free part of it.
    order : int
        How many λ-derivatives to carry.
    convert, divide
        As for `evaluate`.
    """

    def __init__(
        self, program: Mapping[str, Any], known: Mapping[str, Any], lam: Any, order: int, convert: Any, divide: Any
    ) -> None:
        self.program, self.known, self.lam, self.order = program, known, lam, order
        self._convert, self._divide = convert, divide
        self.history: dict[tuple[str, int], Any] = {}
        self.t = min([0, *(r.get("first", 1) for r in program["registers"])]) - 1
        while self.t < 0:
            self._scalars()
        self.states = {name: [self.scalar(text), *([convert(0)] * order)] for name, text in program["states"].items()}

    def scalar(self, text: str) -> Any:
        """A formula's present value."""

        def lookup(name: str, lag: int) -> Any:
            if name == "t":
                return self._convert(self.t)
            if name in self.known:
                return self.known[name]
            return self.history[name, self.t - lag]

        return evaluate(parse(text), lookup, self._convert, self._divide)

    def _scalars(self) -> None:
        self.t += 1
        for register in self.program["registers"]:
            if "table" in register:
                if self.t:
                    self.history[register["name"], self.t] = self._convert(exact(register["table"][self.t - 1]))
                continue
            first, starts = register["first"], register["starts"]
            if first <= self.t < first + len(starts):
                self.history[register["name"], self.t] = self.scalar(starts[self.t - first])
            elif self.t >= first + len(starts):
                self.history[register["name"], self.t] = self.scalar(register["law"])

    def values(self) -> dict[str, Jet]:
        """The states as they are, and the registers, which are jets of one number."""
        registers = {name: [value] for (name, t), value in self.history.items() if t == self.t}
        return {**registers, **self.states}

    def step(self) -> None:
        """One step of registers and states."""
        self._scalars()
        self.states = advance(self.program, self.states, self.scalar, self.lam)


def advance(program: Mapping[str, Any], states: Mapping[str, Jet], scalar: Any, lam: Any) -> dict[str, Jet]:
    """The states after one step, `scalar` giving the step's coefficients."""

    def combine(terms: Mapping[str, str], values: Mapping[str, Jet]) -> Jet:
        total: Jet | None = None
        for name, text in terms.items():
            coefficient = scalar(text)
            part = [coefficient * value for value in values[name]]
            total = part if total is None else [a + b for a, b in zip(total, part, strict=True)]
        assert total is not None
        return total

    values = dict(states)
    query = combine(program["query"], values)
    values["gradient"] = [lam * p + (k * query[k - 1] if k else 0) for k, p in enumerate(query)]
    for assignment in program["assignments"]:
        values[assignment["target"]] = combine(assignment["terms"], values)
    return {name: values[name] for name in states}


def verify(
    scope: Scope, forms: ClosedForms, known: Mapping[str, Ratio], steps: Steps, count: int
) -> list[dict[str, Jet]]:
    """Verify closed forms for all t ≥ start; returns the states' own values at t = 0, 1, …, count.

    `steps` is that of the programs verified before, whose symbols the forms may use, and learns this one's.

    Raises
    ------
    Failure
        Naming the first register or state, and the step, that does not agree.
    """
    program, order = forms.program, len(next(iter(forms.states.values()))) - 1
    if set(forms.states) != set(program["states"]):
        raise Failure("closed forms are needed for every state of the program")
    runner = Runner(program, known, forms.lam, order, scope.field.number, scope.divisors.append)
    registers = [r["name"] for r in program["registers"] if r["name"] not in forms.registers]
    values = []
    for t in range(max(count, settled(program, forms.start)) + 1):
        if t:
            runner.step()
        values.append(runner.values())
        steps.meant += [{}] * (t + 1 - len(steps.meant))
        steps.meant[t] = {
            **steps.meant[t],
            **{
                f"{name}_{lag}": runner.history[name, t - lag]
                for name in registers
                for lag in range(t + 2)
                if (name, t - lag) in runner.history and f"{name}_{lag}" in scope.field.variables
            },
            **{
                f"{name}.{k}": value
                for name, jet in runner.states.items()
                for k, value in enumerate(jet)
                if f"{name}.{k}" in scope.extra
            },
        }
        if t >= forms.start:
            _agree_at(scope, forms, runner, t, steps.meant[t])
    _induction(scope, forms, known, registers, steps)
    return values


def _agree_at(scope: Scope, forms: ClosedForms, runner: Runner, t: int, meant: Mapping[str, Ratio]) -> None:
    for name, form in forms.registers.items():
        if (name, t) not in runner.history or scope.at(form, t) != runner.history[name, t]:
            raise Failure(f"the closed form of the register {name} fails at t = {t}")
    for name, jet in forms.states.items():
        for k, form in enumerate(jet):
            if scope.at(form, t).substitute(meant) != runner.states[name][k]:
                raise Failure(f"the closed form of {name}, derivative {k}, fails at t = {t}")


def _induction(scope: Scope, forms: ClosedForms, known: Mapping[str, Ratio], opaque: list[str], steps: Steps) -> None:
    """If all closed forms hold at t−1, t−2, …, they hold at t."""
    program, variables = forms.program, scope.field.variables
    present: dict[str, Ratio] = {}

    def lookup(name: str, lag: int) -> Ratio:
        if name == "t":
            return variables["t"] - lag
        if name in known:
            return known[name]
        return variables[f"{name}_{lag}"] if name in opaque else steps.back(scope, forms.registers[name], lag)

    def scalar(text: str) -> Ratio:
        return evaluate(parse(text), lookup, scope.field.number, scope.divisors.append)  # type: ignore[no-any-return]

    for register in program["registers"]:
        name = register["name"]
        law = scalar(register["law"])
        value = law.substitute(present)
        if name in opaque:
            steps.laws[name], present[f"{name}_0"] = law, value
        elif value != forms.registers[name]:
            raise Failure(f"the law of the register {name} does not take its closed form from t−1 to t")
    for name in opaque:
        lag = 0
        while f"{name}_{lag + 1}" in variables:
            steps.older[f"{name}_{lag}"] = variables[f"{name}_{lag + 1}"]
            lag += 1
    symbols = {f"{name}.{k}": (name, k) for name, jet in forms.states.items() for k in range(len(jet))}
    symbols = {symbol: place for symbol, place in symbols.items() if symbol in scope.extra}
    steps.older.update({symbol: variables[symbol] for symbol in symbols})
    before = {name: [steps.back(scope, form) for form in jet] for name, jet in forms.states.items()}
    after = advance(program, before, scalar, forms.lam)
    after = {name: [value.substitute(present) for value in jet] for name, jet in after.items()}
    steps.now.update({**present, **{symbol: after[name][k] for symbol, (name, k) in symbols.items()}})
    for name, jet in after.items():
        for k, value in enumerate(jet):
            if value != steps.back(scope, forms.states[name][k], 0):
                raise Failure(f"the step does not take the closed form of {name}, derivative {k}, from t−1 to t")
