"""Lines of code that more than one target prints, in the form that formatters leave as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files

from polyunroll.codegen.columns import Recurrence
from polyunroll.codegen.facts import Facts
from polyunroll.codegen.ir import Coefficient, Solver, Term
from polyunroll.codegen.laws import Formula, Number, Operation, Variable, names_in, show, unique_name
from polyunroll.codegen.words import RESERVED_IN_COEFFICIENTS
from polyunroll.output.literals import fraction_literal

__all__ = [
    "TEMPLATES",
    "WIDTH",
    "Names",
    "assign_all",
    "call",
    "coefficient",
    "docstring",
    "fill",
    "indented",
    "join",
    "loop_over_rows",
    "names_tuple",
    "python_coefficients",
    "sum_lines",
    "template",
    "this_row",
    "unpacked",
]

TEMPLATES = "polyunroll.codegen.templates"
WIDTH = 88
_PLACE = re.compile(r"^( *)#\[([a-z_]+)\]$", re.MULTILINE)
_WORD = re.compile(r"@([A-Z_]+)@")
_LONGEST_NUMBER = 40
_DEEPEST = 15  # the furthest indentation of such a line, and " = "
_NOTHING = "#[]"


def template(package: str, name: str) -> str:
    """A template's text, from the folder of its target."""
    root, *rest = package.split(".")
    return files(root).joinpath(*rest, name).read_text(encoding="utf-8")


def fill(text: str, blocks: Mapping[str, Sequence[str]], words: Mapping[str, str]) -> str:
    """A template with its places filled.

    Parameters
    ----------
    text : str
        A line `#[name]` stands for a block of lines, which get its indentation, and `@NAME@` for a word.
    blocks : mapping of str to lines
    words : mapping of str to str
    """

    def block(match: re.Match[str]) -> str:
        return "\n".join(indented(blocks[match[2]], match[1])) or _NOTHING

    def word(match: re.Match[str]) -> str:
        return words[match[1]]

    # words first: what a block holds is never looked into again
    filled = _PLACE.sub(block, _WORD.sub(word, text))
    return "".join(line for line in filled.splitlines(keepends=True) if line.strip() != _NOTHING)


def join(parts: Sequence[tuple[str, str]], blocks: Mapping[str, Sequence[str]], words: Mapping[str, str]) -> str:
    """Templates, filled, one below the other."""
    return "\n\n".join(fill(template(package, name), blocks, words) for package, name in parts)


def indented(lines: Sequence[str], indent: str) -> list[str]:
    """Lines further to the right; empty ones stay empty."""
    return [indent + line if line else "" for line in lines]


def docstring(solver: Solver, facts: Facts, needs: str, derivative: str | None) -> list[str]:
    """The lines of an emitted file's docstring, without quotation marks.

    Parameters
    ----------
    solver : Solver
    facts : Facts
    needs : str
        The libraries that the file imports.
    derivative : str or None
    """
    plural = "" if solver.steps == 1 else "s"
    lines = [
        f"The method {facts.method}, {solver.steps} step{plural}: x near the minimiser of x^T H x / 2 + b^T x.",
        "",
        "Written by polyunroll, which it runs without.",
        f"It needs {needs}.",
        "H, of shape (n, n), is symmetric with its eigenvalues in [ell, L]. Another function is",
        "given by its gradient; nothing below is proved of that. The coefficients are constants,",
        "made for exactly this number of steps.",
        "",
        *_SIGNATURES[None],
        *(_SIGNATURES[derivative] if derivative else []),
        "",
    ]
    return [*lines, *facts.lines]


_SIGNATURES = {
    None: ["solve(H, b, x0) gives x, shape (n,)."],
    "jvp": ["jvp(H, b, x0, dH, db, dx0) gives x and its derivatives in p parameters, shape (n, p)."],
    "vjp": ["vjp(H, b, x0, u, dH) gives x and the derivatives of u^T x in parameters, b and x0."],
}


def loop_over_rows(solver: Solver) -> str:
    """What stands between `for` and the colon of a loop over all steps."""
    if not solver.columns:
        return "t in range(1, STEPS + 1)"
    return f"t, ({unpacked(solver)}) in enumerate(COEFFICIENTS, 1)"


def this_row(solver: Solver) -> list[str]:
    """The line that reads step t's coefficients."""
    return [f"{unpacked(solver)} = COEFFICIENTS[t - 1]"] if solver.columns else []


def unpacked(solver: Solver) -> str:
    """What a row is unpacked into."""
    return names_tuple([f"c{k}" for k in range(len(solver.columns))])


def names_tuple(names: Sequence[str]) -> str:
    """Names as a tuple without brackets."""
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)


def assign_all(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Several assignments at once, each on a line of its own if one does not hold them."""
    if not pairs:
        return []
    left, right = (", ".join(names) for names in zip(*pairs, strict=True))
    if len(left) + len(right) + _DEEPEST <= WIDTH:
        return [f"{left} = {right}"]
    return [f"{left} = (", *(f"    {value}," for _, value in pairs), ")"]


def coefficient(value: Coefficient) -> str:
    """A coefficient of a step: a number, or its name."""
    return repr(value.value) if value.value is not None else f"c{value.column}"


# -- the coefficient array in Python -------------------------------------------------------------
def python_coefficients(solver: Solver) -> list[str]:
    """Lines that define COEFFICIENTS, one tuple of floats for each step; none where no coefficient varies."""
    if not solver.columns:
        return []
    rows = list(zip(*solver.columns, strict=True))
    made = solver.recurrence
    if made is None:
        return ["", "# One row for each step.", *_table("COEFFICIENTS: list[tuple[float, ...]] = [", rows)]
    names = Names(made, _python_power)
    lines = [
        "",
        "",
        "def _coefficients() -> list[tuple[float, ...]]:",
        '    """The coefficients: one row for each step, from the method\'s own recurrence."""',
    ]
    body = names.constants("{name} = {value}", "  # ")
    body += _rows("rows: list[tuple[float, ...]]", rows[: made.first - 1])
    body += names.history("{name} = {value}")
    body.append(f"for {'t' if names.uses_time else '_'} in range({made.first}, STEPS + 1):")
    body += indented(names.shifts("{name} = {value}"), "    ")
    for law in made.laws:
        body += indented(names.statement(names(law.name), law.formula, "{name} = {value}", WIDTH - 8), "    ")
    body += indented(_append(names, made, len(solver.columns)), "    ")
    body.append("return rows")
    return [*lines, *indented(body, "    "), "", "", "COEFFICIENTS = _coefficients()"]


def _append(names: Names, made: Recurrence, count: int) -> list[str]:
    texts = [names.show(formula) for formula in made.columns]
    line = f"rows.append(({', '.join(texts)}{',' if count == 1 else ''}))"
    if len(line) <= WIDTH - 8:
        return [line]
    lines = []
    for k, formula in enumerate(made.columns):
        lines += names.statement(f"c{k}", formula, "{name} = {value}", WIDTH - 8)
    return [*lines, f"rows.append(({', '.join(f'c{k}' for k in range(count))}))"]


def _tuple(row: Sequence[float]) -> str:
    return f"({', '.join(map(repr, row))}{',' if len(row) == 1 else ''})"


def _table(opening: str, rows: Sequence[Sequence[float]]) -> list[str]:
    """A list of tuples, a tuple a line, which formatters would otherwise break up."""
    lines = [f"    {_tuple(row)}," for row in rows]
    if max(map(len, lines)) <= WIDTH:
        return [opening, *lines, "]"]
    return ["# fmt: off", opening, *lines, "]", "# fmt: on"]


def _rows(name: str, rows: Sequence[Sequence[float]]) -> list[str]:
    """A short list of tuples within a function, broken up as formatters do."""
    if not rows:
        return [f"{name} = []"]
    line = f"{name} = [{', '.join(map(_tuple, rows))}]"
    if len(line) + 4 <= WIDTH:
        return [line]
    lines = [f"{name} = ["]
    for row in rows:
        if len(_tuple(row)) + 9 <= WIDTH:
            lines.append(f"    {_tuple(row)},")
        else:
            lines += ["    (", *(f"        {value!r}," for value in row), "    ),"]
    return [*lines, "]"]


def _python_power(base: str, exponent: int, is_name: bool) -> str:
    # formatters set a power of a name without spaces
    return f"{base}**{exponent}" if is_name else f"{base} ** {exponent}"


class Names:
    """What a recurrence's constants and registers are called in an emitted file, and the lines on them.

    Parameters
    ----------
    made : Recurrence
    power : callable
        How the target writes a power; see `laws.show`.
    """

    def __init__(self, made: Recurrence, power: Callable[[str, int, bool], str]) -> None:
        self._made, self._power, self._parts = made, power, 0
        self._found: dict[tuple[str, int], str] = {("t", 0): "t"}
        lags = {(name, k) for name, values in made.history for k in range(1, len(values) + 1)}
        taken = {"t", "rows", "row"} | {f"c{k}" for k in range(len(made.columns))}
        plain = [name for name, _ in made.constants] + [law.name for law in made.laws]
        for name, lag in [*((name, 0) for name in plain), *sorted(lags)]:
            chosen = unique_name(f"{name}_{lag}" if lag else name, taken, "value", RESERVED_IN_COEFFICIENTS)
            taken.add(chosen)
            self._found[name, lag] = chosen

    def __call__(self, name: str, lag: int = 0) -> str:
        """The name of a constant, of t or of a register so many steps back."""
        return self._found[name, lag]

    @property
    def uses_time(self) -> bool:
        """Whether some formula names t."""
        formulas = (*(law.formula for law in self._made.laws), *self._made.columns)
        return any(("t", 0) in names_in(formula) for formula in formulas)

    def show(self, formula: Formula) -> str:
        """A formula as text."""
        return show(formula, self, self._power)

    def constants(self, form: str, comment: str, end: str = "") -> list[str]:
        """Constants as correctly rounded literals, with the exact number beside them where it is short."""
        lines = []
        for name, value in self._made.constants:
            line = form.format(name=self(name), value=self.show(Number(value)))
            exact = fraction_literal(value)
            told = len(exact) <= _LONGEST_NUMBER and ("/" in exact or "sqrt" in exact)
            lines.append(f"{line}{comment}{exact}{end}" if told else line)
        return lines

    def history(self, form: str) -> list[str]:
        """The registers' values at the last step before the recurrence's first, and further back."""
        lines = []
        for name, values in self._made.history:
            lines += [form.format(name=self(name, k), value=repr(value)) for k, value in enumerate(values)]
        return lines

    def shifts(self, form: str, new: str | None = None) -> list[str]:
        """What was a step back is one further back now; `new` is the form for names that have no value yet."""
        return [
            (new if new is not None and k == len(values) else form).format(name=self(name, k), value=self(name, k - 1))
            for name, values in self._made.history
            for k in range(len(values), 0, -1)
        ]

    def statement(self, name: str, formula: Formula, form: str, width: int) -> list[str]:
        """`name` = formula, its larger parts apart where the line would be too long."""
        line = form.format(name=name, value=self.show(formula))
        if len(line) <= width or not isinstance(formula, Operation):
            return [line]
        sizes = [len(self.show(a)) if isinstance(a, Operation) else 0 for a in formula.args]
        largest = sizes.index(max(sizes))
        if sizes[largest] == 0:
            return [line]
        self._parts += 1
        part = unique_name(f"part_{self._parts}", self._found.values(), "part", RESERVED_IN_COEFFICIENTS)
        self._found[part, 0] = part
        lines = self.statement(part, formula.args[largest], form, width)
        args = tuple(Variable(part) if k == largest else a for k, a in enumerate(formula.args))
        return [*lines, *self.statement(name, Operation(formula.kind, args), form, width)]


def sum_lines(
    target: str, terms: Sequence[Term], at: str = "", end: str = "", width: int = 72, column: str = "c{}"
) -> list[str]:
    """`target` = Σ coefficient·source, in several lines if one does not hold it.

    Parameters
    ----------
    target : str
    terms : sequence of Term
    at : str
        What follows each name, such as "[i]".
    end : str
        What ends a statement.
    width : int
    column : str
        What the coefficient array's columns are called.
    """
    name = target + at
    texts = [_term(term, at, column) for term in terms]
    lines, line = [], f"{name} = {texts[0]}"
    for term, text in zip(terms[1:], texts[1:], strict=True):
        value = term.coefficient.value
        minus = value is not None and value < 0
        part = f" - {text.removeprefix('-')}" if minus else f" + {text}"
        # the target is no later source: a term of its own comes first
        if len(line) + len(part) + len(end) > width:
            lines.append(line + end)
            line = f"{name} = {name}"
        line += part
    return [*lines, line + end]


def _term(term: Term, at: str, column: str) -> str:
    value, name = term.coefficient.value, term.source + at
    if value == 1:
        return name
    if value == -1:
        return f"-{name}"
    factor = column.format(term.coefficient.column) if value is None else repr(value)
    return f"{factor} * {name}"


def call(head: str, arguments: Sequence[str], tail: str, indent: int) -> list[str]:
    """A call or a signature as formatters break it up: head(arguments)tail."""
    joined = ", ".join(arguments)
    if indent + len(head) + len(joined) + len(tail) + 2 <= WIDTH:
        return [f"{head}({joined}){tail}"]
    if indent + 4 + len(joined) <= WIDTH:
        return [f"{head}(", f"    {joined}", f"){tail}"]
    return [f"{head}(", *(f"    {argument}," for argument in arguments), f"){tail}"]
