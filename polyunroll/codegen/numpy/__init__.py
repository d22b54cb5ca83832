"""Solvers for NumPy arrays, by BLAS from SciPy: every operation of the loop works in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from polyunroll.codegen.buffers import Combine
from polyunroll.codegen.facts import Facts
from polyunroll.codegen.inplace import blocks_and_words, schedules
from polyunroll.codegen.ir import Solver
from polyunroll.codegen.loading import load_python
from polyunroll.codegen.text import TEMPLATES, coefficient, fill, join, template

if TYPE_CHECKING:
    from polyunroll.codegen.generate import Source

__all__ = ["load", "render"]

_BLAS = ("daxpy", "dgemm", "dnrm2", "dscal", "dsymv")

_COLUMNS = """\
if factors is not None:
    # added in place; BLAS sees rows as columns
    U, W = factors
    inner = (x @ U)[:, None] * W
    dgemm(1.0, inner.T, U.T, beta=1.0, c=moved.T, overwrite_c=1)
elif dH is not None:
    moved += dH(x)"""

_PRODUCT_WITH_COLUMNS = '''\
def _product_with_columns(H: Any, p: int) -> Callable[[Array, Array], None]:
    """A function that writes H X for X of shape (n, p)."""
    n = H.shape[0]
    dense = np.asarray(H, dtype=np.float64) if isinstance(H, np.ndarray) else None

    def together(tangents: Array, out: Array) -> None:
        if dense is not None:
            np.matmul(dense, tangents, out=out)
        elif p == 1:
            out[:, 0] = H @ tangents[:, 0]
        else:
            out[...] = H @ tangents

    if dense is None or p > 3:
        return together
    columns = dense.T if dense.flags.c_contiguous else np.asfortranarray(dense)

    def one_by_one(tangents: Array, out: Array) -> None:
        v, y = tangents.reshape(n * p), out.reshape(n * p)
        for k in range(p):
            strides = {"offx": k, "incx": p, "offy": k, "incy": p}
            dsymv(1.0, columns, v, y=y, overwrite_y=1, **strides)

    return one_by_one'''


def render(solver: Solver, facts: Facts, derivative: str | None) -> str:
    """The file's text."""
    blocks, words = blocks_and_words(solver, facts, "NumPy and SciPy", derivative)
    forward, backward = schedules(solver)
    blocks["before"] = _operations(forward.before)
    blocks["after"] = [*_operations(forward.after), *blocks["moves"]]
    blocks["before_bar"] = _operations(backward.before)
    blocks["after_bar"] = [*_operations(backward.after), *blocks["moves_bar"]]
    blocks["columns"] = _COLUMNS.split("\n")
    blocks["product_with_columns"] = _PRODUCT_WITH_COLUMNS.split("\n")
    parts = [(TEMPLATES, "arrays_solve.txt"), (__name__, "loop.txt")]
    if derivative is not None:
        parts.append((TEMPLATES, f"arrays_{derivative}.txt"))
    if derivative == "vjp":
        parts.append((__name__, "reverse.txt"))
    body = join(parts, blocks, words)
    words["BLAS"] = ", ".join(name for name in _BLAS if f"{name}(" in body)
    return fill(template(__name__, "head.txt"), blocks, words) + "\n\n" + body


def load(source: Source) -> Any:
    """The file as a module."""
    return load_python(source.text, "NumPy and SciPy")


def _operations(operations: Sequence[Combine]) -> list[str]:
    """Linear combinations by BLAS, in place."""
    lines = []
    for operation in operations:
        target = operation.target
        own, others = operation.own, list(operation.others)
        if target != operation.value:
            lines.append(f"# {operation.value}, in the place of {target}")
        if own is not None and own.coefficient.value == 0:
            lines.append(f"{target}.fill(0.0)")
        elif own is None:
            first = others.pop(0)
            lines.append(f"np.multiply({first.source}, {coefficient(first.coefficient)}, out={target})")
        elif own.coefficient.value != 1:
            lines.append(f"dscal({coefficient(own.coefficient)}, {target})")
        for term in others:
            factor = "" if term.coefficient.value == 1 else f", a={coefficient(term.coefficient)}"
            lines.append(f"daxpy({term.source}, {target}{factor})")
    return lines
