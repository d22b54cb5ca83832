"""Sphinx configuration."""

from __future__ import annotations

import inspect
import re
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

import polyunroll

project = "polyunroll"
author = "polyunroll developers"
copyright = "2026, polyunroll developers"
version = release = metadata.version("polyunroll")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery"]  # gallery/ holds scripts; the pages made from them are examples/
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}  # the gallery's pages are the latter
nitpicky = False
suppress_warnings = ["ref.python"]  # a bare `name` in a type may be an attribute of several classes

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autosummary_generate = False
python_maximum_signature_line_length = 90

napoleon_google_docstring = False
napoleon_numpy_docstring = True
napoleon_use_ivar = True  # a dataclass field may stand both under Attributes and in the class body
napoleon_use_rtype = False

sys.path.append(str(Path(__file__).parent))  # for gallery_style
sphinx_gallery_conf = {
    "examples_dirs": str(Path(__file__).parent / "gallery"),
    "gallery_dirs": "examples",
    "filename_pattern": "/plot_",
    "within_subsection_order": "gallery_style.Order",
    "reset_modules": ("matplotlib", "gallery_style.apply"),
    "capture_repr": (),
    "image_srcset": ["2x"],
    "remove_config_comments": True,
    "show_memory": False,
    "download_all_examples": False,
    "write_computation_times": False,
}

html_theme = "furo"
html_math_renderer = "mathml"
html_title = "polyunroll"
html_show_sourcelink = False

_LITERAL = re.compile(r"(``.+?``|:[\w:+.-]+:`[^`]*`|`[^`]*`_{0,2})")


def plain_mathematics(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Take `|`, `*` and a closing `_` in docstrings for the characters they are, as in max |E_t| and x*.

    What stands between backticks, in examples and in blocks after `::` is left alone, and so are the
    sections of NumPy style, which are read afterwards.
    """
    block: int | None = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if block is not None and line.strip() and indent <= block:
            block = None
        if block is None and not line.lstrip().startswith((">>>", "...", "* ", ".. ", "|--")):
            parts = _LITERAL.split(line)
            parts[::2] = [re.sub(r"(?<!\\)([|*]|(?<=\w)_(?!\w))", r"\\\1", part) for part in parts[::2]]
            lines[number] = "".join(parts)
        if block is None and line.rstrip().endswith("::"):
            block = indent


def plain(text: str) -> str:
    """A sentence as Markdown: what looks like a link, as in P[λ, μ](∂H), or emphasis is not meant."""
    return re.sub(r"([\[\]*])", r"\\\1", text)


def is_exception(value: object) -> bool:
    """Whether a value is a class of errors or warnings."""
    return isinstance(value, type) and issubclass(value, BaseException)


def listed_above(module: ModuleType) -> list[str]:
    """The names in a module of what is public at the top as well, so that it is described once."""
    public = [getattr(polyunroll, name) for name in polyunroll.__all__]
    return [name for name, value in vars(module).items() if any(value is known for known in public)]


class PublicNames(SphinxDirective):
    """Documents every name in `polyunroll.__all__`: `classes`, `exceptions`, `functions` or `modules`."""

    required_arguments = 1
    kinds: ClassVar[dict[str, tuple[str, Any]]] = {
        "classes": ("autoclass", lambda value: inspect.isclass(value) and not is_exception(value)),
        "exceptions": ("autoexception", is_exception),
        "functions": ("autofunction", inspect.isroutine),
        "modules": ("automodule", inspect.ismodule),
    }

    def run(self) -> list[nodes.Node]:
        directive, belongs = self.kinds[self.arguments[0]]
        names = sorted(name for name in polyunroll.__all__ if belongs(getattr(polyunroll, name)))
        if not names:
            return []
        summary = ["```{eval-rst}", ".. currentmodule:: polyunroll", "", ".. autosummary::", ""]
        summary += [f"   {name}" for name in names]
        details = ["", ".. currentmodule:: polyunroll", ""]
        for name in names:
            target = f"polyunroll.{name}" if directive == "automodule" else name
            details += [f".. {directive}:: {target}"]
            if directive != "autofunction":
                details += ["   :members:"]
            if directive == "automodule":
                details += [f"   :exclude-members: {', '.join(listed_above(getattr(polyunroll, name)))}"]
            details += [""]
        return self.parse_text_to_nodes("\n".join([*summary, *details, "```", ""]))


class ClaimsTable(SphinxDirective):
    """Every claim with the verdict that the kernel gives it while this page is built."""

    def run(self) -> list[nodes.Node]:
        lines = []
        for claim, verdict in polyunroll.verify():
            scope = f"{verdict.verdict}, {verdict.scope}"
            assumed = f" Where {'; '.join(verdict.hypotheses)}." if verdict.hypotheses else ""
            uses = [f"`{name}`" for name in verdict.cites] + [f"the axiom `{name}`" for name in verdict.axioms]
            rests = f" By {', '.join(uses)}." if uses else ""
            lines += [f"`{claim.id}`", f": {plain(claim.title)}{assumed}{rests} *{scope}. {claim.reference}.*", ""]
        return self.parse_text_to_nodes("\n".join(lines))


def mathml(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Write a formula as MathML, which browsers draw themselves: no script, no network."""
    display = "block" if isinstance(node, nodes.math_block) else "inline"
    translator.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (mathml, None), (mathml, None))
    app.add_directive("public-names", PublicNames)
    app.add_directive("claims-table", ClaimsTable)
    app.connect("autodoc-process-docstring", plain_mathematics, priority=400)  # before napoleon
