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

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from polyunroll.arithmetic.exact import exact
from polyunroll.arithmetic.expression import parse
from polyunroll.claims.kernel.ratio import Ratio
from polyunroll.claims.kernel.scope import Data, Scope, demand, small, symbol

Jet = list[Any]


class ClosedForms(NamedTuple):
    """What a proof says of a program.

    Attributes
    ----------
    key : str
        The claim's name for the program; an opaque register or state is `key.name` in the scope.
    program : dict
        As `Program.as_data` gives it.
    lam : Ratio
        λ.
    known : dict of name to Ratio
        Parameters and constants, at t.
    registers : dict of name to Ratio
        Closed forms in t; a register that is not here is opaque.
    states : dict of name to list of Ratio
        Closed forms of each state's polynomial and derivatives, equally many; a symbol for one that is opaque.
    start : int
        From which t ≥ 0 on they hold.
    """

    key: str
    program: Data
    lam: Ratio
    known: dict[str, Ratio]
    registers: dict[str, Ratio]
    states: dict[str, list[Ratio]]
    start: int


def formulas(program: Data) -> list[str]:
    """All formulas of a program without tables but those of its constants."""
    found = [*program["states"].values(), *program["query"].values()]
    for register in program["registers"]:
        found += [register["law"], *register["starts"]]
    for assignment in program["assignments"]:
        found += assignment["terms"].values()
    return found


def opaque_states(states: Mapping[str, list[str]]) -> dict[str, str]:
    """Names in formulas, x and x_1, x_2 for derivatives, of what a proof leaves opaque; and its name in symbols."""
    names = {f"{name}_{k}" if k else name: (name, k) for name, texts in states.items() for k in range(len(texts))}
    return {text: f"{name}'{k}" for text, (name, k) in names.items() if states[name][k] == text}


def settled(program: Data, start: int) -> int:
    """A step from which on every law holds, and all that is looked back at has its closed form."""
    lags = [lag for text in formulas(program) for _, lag in parse(text).names()]
    laws = [register["first"] + len(register["starts"]) for register in program["registers"]]
    return int(max([start + max(lags, default=0), start + 1, *laws]))


def constants(program: Data, scalars: Mapping[str, Any], convert: Any, sqrt: Any) -> dict[str, Any]:
    """Parameters and constants, `sqrt` giving the non-negative square root of a value."""
    known = dict(scalars)
    for constant in program["constants"]:
        known[constant["name"]] = small(parse(constant["formula"]).evaluate(lambda name, _: known[name], convert, sqrt))
    return known


class Runner:
    """A program running in any field: numbers, or the claim's rational functions.

    Parameters
    ----------
    program : mapping
    known : function of t
        Parameters and constants at step t.
    lam : value
        λ.
    order : int
        How many λ-derivatives to carry.
    convert : function
        Embeds rational numbers.
    """

    def __init__(self, program: Data, known: Callable[[int], Data], lam: Any, order: int, convert: Any) -> None:
        self.program, self._known, self.lam, self._convert = program, known, lam, convert
        self.history: dict[tuple[str, int], Any] = {}
        self.t = min([0, *(register.get("first", 0) for register in program["registers"])]) - 1
        while self.t < 0:
            self._scalars()
        self.states = {name: [self.scalar(text), *([convert(0)] * order)] for name, text in program["states"].items()}

    def scalar(self, text: str) -> Any:
        """A formula's present value.

        Raises
        ------
        Failure
            If a register has no value at the step at which it is looked at.
        """

        def lookup(name: str, lag: int) -> Any:
            if name == "t":
                return self._convert(self.t)
            if name in self.known:
                return self.known[name]
            place = (name, self.t - lag)
            demand(place in self.history, "the register {} has no value at t = {}", *place)
            return self.history[place]

        return small(parse(text).evaluate(lookup, self._convert))

    def _scalars(self) -> None:
        self.t += 1
        self.known = self._known(self.t)
        for register in self.program["registers"]:
            name, table = register["name"], register.get("table")
            if table is not None:
                if 0 < self.t <= len(table):
                    self.history[name, self.t] = self._convert(exact(table[self.t - 1]))
            elif self.t >= register["first"]:
                texts = [*register["starts"][self.t - register["first"] :][:1], register["law"]]
                self.history[name, self.t] = self.scalar(texts[0])

    def values(self) -> dict[str, Jet]:
        """The registers, which are jets of one number, and the states."""
        return {**{name: [value] for (name, t), value in self.history.items() if t == self.t}, **self.states}

    def step(self) -> dict[str, Jet]:
        """One step of registers and states; their values after it."""
        self._scalars()
        self.states = advance(self.program, self.states, self.scalar, self.lam)
        return self.values()


def advance(program: Data, states: Mapping[str, Jet], scalar: Any, lam: Any) -> dict[str, Jet]:
    """The states after one step, `scalar` giving the step's coefficients."""

    def combine(terms: Mapping[str, str]) -> Jet:
        parts = [(scalar(text), values[name]) for name, text in terms.items()]
        total = [parts[0][0] * value for value in parts[0][1]]
        for coefficient, jet in parts[1:]:
            total = [a + coefficient * value for a, value in zip(total, jet, strict=True)]
        return total

    values = dict(states)
    query = combine(program["query"])
    values["gradient"] = [lam * p + (k * query[k - 1] if k else 0) for k, p in enumerate(query)]
    for assignment in program["assignments"]:
        values[assignment["target"]] = combine(assignment["terms"])
    return {name: values[name] for name in states}


def verify(scope: Scope, forms: ClosedForms, known: Callable[[int], Data], last: int, count: int) -> list[Any]:
    """Verify closed forms for all t ≥ start; returns the program's own values at t = 0, 1, …, count or more.

    `known` gives parameters and constants step by step. The forms may use the symbols of programs verified before, and
    `scope` learns how this one's change; `last` is at least what is `settled` for all of them.

    Raises
    ------
    Failure
        Naming the first register or state, and the step, that does not agree.
    """
    runner = Runner(forms.program, known, forms.lam, len(next(iter(forms.states.values()))) - 1, scope.field.number)
    values = []
    for t in range(max(last, count) + 1):
        if t:
            runner.step()
        values.append(runner.values())
        scope.meant += [{}] * (t + 1 - len(scope.meant))
        own = {symbol(f"{forms.key}.{name}", t - then): value for (name, then), value in runner.history.items()}
        for name, jet in runner.states.items():
            own |= {symbol(f"{forms.key}.{name}'{k}", 0): value for k, value in enumerate(jet)}
        scope.meant[t] = {**scope.meant[t], **{name: own[name] for name in own.keys() & scope.symbols.keys()}}
        if forms.start <= t <= last:
            _agree_at(scope, forms, runner, t, scope.meant[t])
    scope.since, scope.own = last + 1, True
    _induction(scope, forms)
    scope.since, scope.own = 0, False
    return values


def _agree_at(scope: Scope, forms: ClosedForms, runner: Runner, t: int, meant: Mapping[str, Ratio]) -> None:
    values = runner.values()
    for name, jet in ({name: [form] for name, form in forms.registers.items()} | forms.states).items():
        for k, form in enumerate(jet):
            if form.names() & scope.symbols.keys():
                scope.divide(scope.at(form.below(), t).substitute(meant))
            good = name in values and scope.at(form, t).substitute(meant) == values[name][k]
            demand(good, "the closed form of {}, derivative {}, fails at t = {}", name, k, t)


def _induction(scope: Scope, forms: ClosedForms) -> None:
    """If all closed forms hold at t−1, t−2, …, they hold at t."""
    variables, now = scope.field.variables, scope.now

    def lookup(name: str, lag: int) -> Ratio:
        if name in forms.known:
            return forms.known[name]
        if name in forms.registers:
            return scope.shift(forms.registers[name], -lag)
        return variables["t" if name == "t" else symbol(f"{forms.key}.{name}", lag)]

    def scalar(text: str) -> Ratio:
        return parse(text).evaluate(lookup, scope.field.number)  # type: ignore[no-any-return]

    for register in forms.program["registers"]:
        name, law = register["name"], scalar(register["law"])
        own, value = symbol(f"{forms.key}.{name}", 0), law.substitute(now)
        if name not in forms.registers:
            scope.laws[own], now[own] = law, value
        good = value == forms.registers.get(name, value)
        demand(good, "the law of the register {} does not take its closed form from t−1 to t", name)
    before = {name: [scope.shift(form, -1) for form in jet] for name, jet in forms.states.items()}
    after = advance(forms.program, before, scalar, forms.lam)
    after = {name: [value.substitute(now) for value in jet] for name, jet in after.items()}
    mine = {symbol(f"{forms.key}.{name}'{k}", 0): value for name, jet in after.items() for k, value in enumerate(jet)}
    now.update({name: mine[name] for name in mine.keys() & scope.symbols.keys()})
    for name, jet in after.items():
        for k, value in enumerate(jet):
            good = value == forms.states[name][k].substitute(now)
            demand(good, "the step does not take the closed form of {}, derivative {}, from t−1 to t", name, k)
