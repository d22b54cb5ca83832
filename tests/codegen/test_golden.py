"""Golden files: the emitted text to the byte. `python tests/codegen/test_golden.py` writes them anew."""

from __future__ import annotations

import ast
import difflib
import keyword
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import polyunroll as pu
from polyunroll.codegen.generate import DERIVATIVES, targets
from polyunroll.codegen.words import RESERVED

FOLDER = Path(__file__).resolve().parent.parent / "golden"
S = pu.Spectrum("1/100", 1)
ENDINGS = {"c": ".c"}


def chebyshev():
    return pu.Chebyshev(S), 50


def gd_list():
    return pu.GradientDescent(S, ["1/2", "3/2", "2/(L+ell)", "1"]), 4


def sobolev():
    return pu.Sobolev(S, pu.measures.gegenbauer("1/2"), eta=1), 20


def nesterov():
    return pu.Nesterov(S), 30


CASES = [(f"chebyshev{'-' + d if d else ''}", chebyshev, t, d) for t in targets() for d in (None, *DERIVATIVES)]
CASES += [("gd-list", gd_list, "numpy", None), ("gd-list", gd_list, "c", None)]
CASES += [("nesterov", nesterov, "numpy", None), ("nesterov", nesterov, "numba", None)]
CASES += [("sobolev-jvp", sobolev, "numpy", "jvp"), ("sobolev-vjp", sobolev, "torch", "vjp")]


def path_of(name, target):
    return FOLDER / f"{name}_{target}{ENDINGS.get(target, '.py')}".replace("-", "_")


def made(make, target, derivative):
    return str(pu.generate(*make(), target, derivative))


cases = pytest.mark.parametrize(
    ("name", "make", "target", "derivative"), CASES, ids=[f"{name}-{target}" for name, _, target, _ in CASES]
)


@cases
def test_the_text_is_what_it_was(name, make, target, derivative):
    expected = path_of(name, target).read_text(encoding="utf-8")
    found = made(make, target, derivative)
    lines = difflib.unified_diff(expected.splitlines(), found.splitlines(), "golden", "now", lineterm="", n=1)
    assert found == expected, "\n".join(list(lines)[:60])


def test_there_are_no_other_files():
    assert {path.name for path in FOLDER.iterdir()} == {"README.md"} | {path_of(n, t).name for n, _, t, _ in CASES}


@cases
def test_the_file_is_plain_and_in_order(name, make, target, derivative):
    text = path_of(name, target).read_text(encoding="utf-8")
    assert text.isascii()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\t" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert not re.search(r"#\[|@[A-Z_]+@", text)
    assert "20" + "2" not in re.sub(r"[0-9.]*[0-9]{5,}[0-9.e+-]*", "", text)  # no date


ALLOWED = {
    "numpy": {"numpy", "scipy"},
    "numba": {"numpy", "numba"},
    "jax": {"jax"},
    "torch": {"torch"},
    "array-api": set(),
}
STANDARD = {"__future__", "collections", "typing", "math", "sys"}


@cases
def test_imports_are_only_the_targets(name, make, target, derivative):
    text = path_of(name, target).read_text(encoding="utf-8")
    if target == "c":
        assert set(re.findall(r"#include (\S+)", text)) == {"<math.h>", "<stddef.h>", "<stdlib.h>", "<string.h>"}
        return
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.partition(".")[0])
    assert found <= ALLOWED[target] | STANDARD


@pytest.mark.parametrize(("name", "target"), [(n, t) for n, _, t, _ in CASES if t != "c"])
def test_the_file_is_formatted(name, target):
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    text = path_of(name, target).read_text(encoding="utf-8")
    for arguments in (["format", "--isolated", "-"], ["check", "--isolated", "--select", "E,F,W,I,UP,B", "-"]):
        done = subprocess.run(
            [ruff, *arguments, "--quiet", "--stdin-filename", "solver.py"],
            input=text, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert done.stdout in ("", text)


@pytest.mark.parametrize("target", targets())
@pytest.mark.parametrize("derivative", [None, *DERIVATIVES])
def test_words_of_templates_are_reserved(target, derivative):
    # so that no state or register of a program, whatever its name, is taken for something else
    text = made(lambda: (pu.GradientDescent(S, ["1", "1/2"]), 2), target, derivative)
    if target == "c":
        plain = re.sub(r"/\*.*?\*/|\"[^\"]*\"|^#include[^\n]*", "", text, flags=re.S | re.M)
        words = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", plain)) - {"x_bar", "gradient_bar", "product_bar", "define"}
    else:
        nodes = list(ast.walk(ast.parse(text)))
        words = {node.id for node in nodes if isinstance(node, ast.Name)}
        words |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        words |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    words = {word for word in words if not re.fullmatch(r"_.*|c[0-9]+|x|x_|x_before|x_bar", word)}
    assert words <= RESERVED | set(keyword.kwlist), words - RESERVED


def write_all():
    """Write every golden file anew."""
    for name, make, target, derivative in CASES:
        path_of(name, target).write_text(made(make, target, derivative), encoding="utf-8")


if __name__ == "__main__":
    write_all()
