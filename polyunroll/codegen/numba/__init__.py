"""Solvers for Numba: compiled loops over dense and compressed sparse rows, and vector updates in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from polyunroll.codegen.buffers import Combine
from polyunroll.codegen.facts import Facts
from polyunroll.codegen.inplace import blocks_and_words, schedules
from polyunroll.codegen.ir import Solver
from polyunroll.codegen.loading import load_python
from polyunroll.codegen.text import TEMPLATES, call, indented, join, sum_lines

if TYPE_CHECKING:
    from polyunroll.codegen.generate import Source

__all__ = ["load", "render"]

_FAST_SOLVE = """\
kernel = None if _is_oracle(H) else _compiled(H, start.size // n)
if kernel is not None and callback is None and precondition is None:
    constant = np.zeros(0) if offset is None else offset
    none = np.zeros((n, 0)), np.zeros((0, 0))
    found = _loop(*kernel, constant, *none, start, n, start.size, tolerance)
    return np.asarray(found).reshape(shape)"""

_FAST_JVP = """\
kernel = None if oracle or p != 1 else _compiled(H, 2)
simple = callback is None and precondition is None
if kernel is not None and simple and (dH is None or factors is not None):
    constant = np.zeros(0) if offset is None else offset
    if "db" in blocks:
        first = np.zeros(n) if offset is None else offset
        constant = np.concatenate([first, blocks["db"][:, 0]])
    U, W = factors or (np.zeros((n, 0)), np.zeros((0, 0)))
    found = _loop(*kernel, constant, U, W, start, n, n, tolerance)
    return found[:n], found[n:].reshape(n, p)"""

_PRODUCT_WITH_COLUMNS = '''\
def _product_with_columns(H: Any, p: int) -> Callable[[Array, Array], None]:
    """A function that writes H X for X of shape (n, p)."""
    dense = np.asarray(H, dtype=np.float64) if isinstance(H, np.ndarray) else None

    def together(tangents: Array, out: Array) -> None:
        if dense is not None:
            np.matmul(dense, tangents, out=out)
        elif p == 1:
            out[:, 0] = H @ tangents[:, 0]
        else:
            out[...] = H @ tangents

    return together'''


def render(solver: Solver, facts: Facts, derivative: str | None) -> str:
    """The file's text."""
    blocks, words = blocks_and_words(solver, facts, "Numba and NumPy", derivative)
    forward, backward = schedules(solver)
    count = len(solver.columns)
    updates, calls = _updates(forward.before, forward.after, count, "")
    updates_bar, calls_bar = _updates(backward.before, backward.after, count, "_bar")
    blocks["update"], blocks["update_bar"] = updates, updates_bar
    blocks["call_before"], blocks["call_after"] = calls
    blocks["call_before_bar"], blocks["call_after_bar"] = calls_bar
    blocks["fast_solve"], blocks["fast_jvp"] = _FAST_SOLVE.split("\n"), _FAST_JVP.split("\n")
    blocks["columns"] = ["if dH is not None:", "    moved += dH(x)"]
    blocks["product_with_columns"] = _PRODUCT_WITH_COLUMNS.split("\n")
    words["ROWS"] = "np.array(COEFFICIENTS)" if count else "np.zeros((STEPS, 0))"
    parts = [(__name__, "head.txt"), (TEMPLATES, "arrays_solve.txt"), (__name__, "kernels.txt"), (__name__, "loop.txt")]
    if derivative is not None:
        parts.append((TEMPLATES, f"arrays_{derivative}.txt"))
    if derivative == "vjp":
        parts.append((__name__, "reverse.txt"))
    return join(parts, blocks, words)


def load(source: Source) -> Any:
    """The file as a module."""
    return load_python(source.text, "Numba and NumPy")


def _updates(
    before: Sequence[Combine], after: Sequence[Combine], count: int, suffix: str
) -> tuple[list[str], tuple[list[str], list[str]]]:
    """Functions that update the vectors in one pass, and how they are called."""
    lines: list[str] = []
    calls: list[list[str]] = []
    for place, operations in (("before", before), ("after", after)):
        used = [term.source for operation in operations for term in operation.terms]
        used = list(dict.fromkeys([*used, *(operation.target for operation in operations)]))
        name = f"_{place}{suffix}"
        if not operations:
            calls.append([])
            continue
        columns = {term.coefficient.column for o in operations for term in o.terms} - {None}
        lines += ["@njit", *call(f"def {name}", [f"{v}: Any" for v in ("row", *used)], " -> None:", 0)]
        lines += [f'    """The vectors {place} the gradient, in one pass."""']
        lines += [f"    c{k} = row[{k}]" for k in sorted(columns, key=str)]
        lines += [f"    for i in range({used[0]}.size):"]
        for operation in operations:
            lines += indented(sum_lines(operation.target, operation.terms, "[i]", width=80), " " * 8)
        lines += ["", ""]
        calls.append(call(name, ["ROWS[t]", *used], "", 8))
    return lines, (calls[0], calls[1])
