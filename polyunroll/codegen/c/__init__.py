"""Solvers in C99, without a library; `load` compiles them and calls them by ctypes."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from polyunroll.codegen.buffers import Combine
from polyunroll.codegen.c.calling import load
from polyunroll.codegen.facts import Facts
from polyunroll.codegen.inplace import schedules
from polyunroll.codegen.ir import Solver
from polyunroll.codegen.text import Names, docstring, indented, join, sum_lines

__all__ = ["load", "render"]

_WIDTH = 100


def render(solver: Solver, facts: Facts, derivative: str | None) -> str:
    """The file's text."""
    step = solver.step
    forward, backward = schedules(solver)
    weights = dict(solver.starts)
    count = len(solver.columns)
    suffix = "_bar"
    while any(name + suffix in forward.vectors for name in backward.vectors):
        suffix += "_"
    bars = {name: name + suffix for name in backward.vectors}
    doc = docstring(solver, facts, "only the C standard library", derivative)
    first = f"{count} * t" if count != 1 else "t"
    row = [f"const double *row = rows + {first};"] if count else []
    states = list(step.states)
    blocks: dict[str, Sequence[str]] = {
        "doc": [f" * {line}".rstrip() for line in doc],
        "coefficients": _coefficients(solver),
        "vectors": _vectors(forward.vectors, 0),
        "rows": ["const double *rows = coefficients(memory + @);"],
        "row": row,
        "start": [f"{name}[i] = {_times(weights[name], 'v[i]')};" for name in states],
        "before": _operations(forward.before, {}),
        "after": _operations(forward.after, {}),
        "moves": _moves(forward.moves, {}),
        "vectors_bar": _vectors([bars[name] for name in backward.vectors], len(forward.vectors)),
        "start_in": [f"{name}[i] = {_times(weights[name], 'start[i]')};" for name in states],
        "start_bar": [f"{bars[name]}[i] = {'bar[i]' if name == step.output else '0.0'};" for name in states],
        "save": [f"memcpy(saved + {k} * n, {name}, n * sizeof(double));" for k, name in enumerate(states)],
        "restore": [f"memcpy({name}, saved + {k} * n, n * sizeof(double));" for k, name in enumerate(states)],
        "before_bar": _operations(backward.before, bars),
        "after_bar": _operations(backward.after, bars),
        "moves_bar": _moves(backward.moves, bars),
    }
    words = {
        "STEPS": str(solver.steps),
        "COLUMNS": str(count),
        "GAP": str(isqrt(solver.steps - 1) + 1),
        "VECTORS": str(len(forward.vectors)),
        "VECTORS_BAR": str(len(backward.vectors)),
        "STATE_COUNT": str(len(states)),
        "QUERY": forward.gradient.at,
        "GRADIENT": forward.gradient.target,
        "QUERY_BAR": bars[backward.gradient.at],
        "PRODUCT": bars[backward.gradient.target],
        "SUM": " + ".join(_times(weights[name], f"{bars[name]}[i]") for name in states if weights[name] != 0) or "0.0",
    }
    texts = []
    for part in ("head.txt", *((f"{derivative}.txt",) if derivative else ())):
        total = f"{words['VECTORS']} * size"
        if part == "vjp.txt":
            total = f"({words['VECTORS']} + {words['VECTORS_BAR']}) * size"
        blocks["rows"] = [f"const double *rows = coefficients(memory + {total});"]
        if not count:
            blocks["rows"] = []
        texts.append(join([(__name__, part)], blocks, words))
    return "\n".join(texts)


def _times(weight: float, name: str) -> str:
    return name if weight == 1 else "0.0" if weight == 0 else f"{weight!r} * {name}"


def _vectors(names: Sequence[str], before: int) -> list[str]:
    return [f"double *{name} = memory{f' + {k} * size' if k else ''};" for k, name in enumerate(names, before)]


def _operations(operations: Sequence[Combine], names: dict[str, str]) -> list[str]:
    """All of them in one pass over the vectors."""
    if not operations:
        return []
    lines = ["for (size_t i = 0; i < size; i++) {"]
    for operation in operations:
        terms = [type(term)(term.coefficient, names.get(term.source, term.source)) for term in operation.terms]
        target = names.get(operation.target, operation.target)
        lines += indented(sum_lines(target, terms, "[i]", ";", 80, "row[{}]"), "    ")
    return [*lines, "}"]


def _moves(moves: Sequence[tuple[str, str]], names: dict[str, str]) -> list[str]:
    """The pointers change places."""
    if not moves:
        return []
    pairs = [(names.get(a, a), names.get(b, b)) for a, b in moves]
    lines = [f"double *moved[] = {{{', '.join(b for _, b in pairs)}}};"]
    return [*lines, *(f"{a} = moved[{k}];" for k, (a, _) in enumerate(pairs))]


def _power(base: str, exponent: int, is_name: bool) -> str:
    if is_name and exponent == 2:
        return f"({base} * {base})"
    return f"pow({base}, {exponent}.0)"


def _braces(row: Sequence[float]) -> str:
    return "{" + ", ".join(map(repr, row)) + "}"


def _coefficients(solver: Solver) -> list[str]:
    """The coefficient array: a table, or a function that fills one by the method's own recurrence."""
    count, made = len(solver.columns), solver.recurrence
    if not count:
        return ["/* All coefficients are the same at every step. */"]
    rows = list(zip(*solver.columns, strict=True))
    opening = "static const double *coefficients(double *rows)"
    if made is None:
        return [
            "/* One row for each step. */",
            "static const double ROWS[STEPS][COLUMNS] = {",
            *(f"    {_braces(row)}," for row in rows),
            "};",
            "",
            opening,
            "{",
            "    (void)rows;",
            "    return &ROWS[0][0];",
            "}",
        ]
    names = Names(made, _power)
    body: list[str] = []
    for law in made.laws:
        body += names.statement(names(law.name), law.formula, "{name} = {value};", _WIDTH)
    for k, formula in enumerate(made.columns):
        body += names.statement(f"rows[COLUMNS * t + {k}]", formula, "{name} = {value};", _WIDTH)
    known = {line.partition(" = ")[0] for line in names.history("{name} = {value}")}
    assigned = dict.fromkeys(line.partition(" = ")[0] for line in body)
    fresh = [name for name in assigned if name not in known and not name.startswith("rows[")]
    lines = names.constants("const double {name} = {value};", " /* ", " */")
    if made.first > 1:
        lines.append("static const double first[][COLUMNS] = {")
        lines += [f"    {_braces(row)}," for row in rows[: made.first - 1]]
        lines += ["};", "memcpy(rows, first, sizeof(first));"]
    lines += names.history("double {name} = {value};")
    lines.append(f"for (size_t step = {made.first}; step <= STEPS; step++) {{")
    lines += ["    const size_t index = step - 1;"]
    if names.uses_time:
        lines.append("    const double t = (double)step;")
    lines += indented(names.shifts("{name} = {value};", "const double {name} = {value};"), "    ")
    if fresh:
        lines.append(f"    double {', '.join(fresh)};")
    lines += indented([line.replace("rows[COLUMNS * t", "rows[COLUMNS * index") for line in body], "    ")
    lines += ["}", "return rows;"]
    comment = "/* The coefficients, one row for each step, from the method's own recurrence. */"
    return [comment, opening, "{", *indented(lines, "    "), "}"]
