"""Solvers for PyTorch: out of place throughout, so that autograd and torch.func go through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polyunroll.codegen.facts import Facts
from polyunroll.codegen.functional import blocks_and_words
from polyunroll.codegen.ir import Solver
from polyunroll.codegen.loading import load_python
from polyunroll.codegen.text import TEMPLATES, join

if TYPE_CHECKING:
    from polyunroll.codegen.generate import Source

__all__ = ["load", "render"]


def render(solver: Solver, facts: Facts, derivative: str | None) -> str:
    """The file's text."""
    blocks, words = blocks_and_words(solver, facts, "PyTorch", derivative)
    words["ARRAY"] = "a tensor"
    parts = [(__name__, "head.txt"), (TEMPLATES, "solve.txt"), (TEMPLATES, "run.txt"), (__name__, "tools.txt")]
    if derivative == "jvp":
        parts += [(TEMPLATES, "jvp.txt"), (__name__, "beside.txt")]
    if derivative == "vjp":
        parts += [(TEMPLATES, "vjp.txt"), (TEMPLATES, "reverse.txt")]
    return join(parts, blocks, words)


def load(source: Source) -> Any:
    """The file as a module."""
    return load_python(source.text, "PyTorch")
