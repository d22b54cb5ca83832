"""Solvers for JAX: compiled loops (`lax.scan`), so that jit, grad, vmap and the like go through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polyunroll.codegen.facts import Facts
from polyunroll.codegen.functional import blocks_and_words
from polyunroll.codegen.ir import Solver
from polyunroll.codegen.loading import load_python
from polyunroll.codegen.text import TEMPLATES, join, unpacked

if TYPE_CHECKING:
    from polyunroll.codegen.generate import Source

__all__ = ["load", "render"]


def render(solver: Solver, facts: Facts, derivative: str | None) -> str:
    """The file's text."""
    blocks, words = blocks_and_words(solver, facts, "JAX", derivative)
    blocks["unpack"] = [f"{unpacked(solver)} = row"] if solver.columns else []
    blocks["callback"] = [
        "callback : callable, optional",
        "    Called as callback(t, x) after step t, by way of jax.debug.callback.",
    ]
    blocks["tolerance"] = ["With a tolerance > 0, reverse-mode differentiation is not possible."]
    words["TABLE"] = (
        "jnp.asarray(COEFFICIENTS, dtype=like.dtype)" if solver.columns else "jnp.zeros((STEPS, 0), dtype=like.dtype)"
    )
    parts = [(__name__, "head.txt"), (TEMPLATES, "solve.txt"), (__name__, "run.txt"), (__name__, "tools.txt")]
    if derivative == "jvp":
        parts += [(TEMPLATES, "jvp.txt"), (__name__, "beside.txt")]
    if derivative == "vjp":
        parts += [(TEMPLATES, "vjp.txt"), (__name__, "reverse.txt")]
    # a callback leaves the compiled loop by JAX's own way
    text = join(parts, blocks, words)
    for arguments in ("t, x", "t, block[:, 0], block[:, 1:]"):
        plain = f"        return callback is not None and callback({arguments})\n"
        compiled = f"jax.debug.callback(callback, {arguments})"
        text = text.replace(plain, f"        if callback is not None:\n            {compiled}\n        return None\n")
    return text


def load(source: Source) -> Any:
    """The file as a module."""
    return load_python(source.text, "JAX")
