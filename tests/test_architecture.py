"""The house stays in order: who imports whom, how long a file is, and what no file may call."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import polyunroll

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "polyunroll"
MODULES = sorted(PACKAGE.rglob("*.py"))

LONGEST = 450  # lines in a module
# Text is parsed with ast, never evaluated; and the form that simplify chooses may differ between versions.
FORBIDDEN_CALLS = {"eval", "exec", "sympify", "simplify"}
PRECISION_SETTERS = {"workprec", "workdps", "extraprec", "extradps"}
PRECISION_HOLDERS = {"ctx", "mp", "iv"}


def place(module: Path, node: ast.AST | None = None) -> str:
    line = getattr(node, "lineno", None)
    return module.relative_to(ROOT).as_posix() + (f":{line}" if line else "")


def last_name(node: ast.expr) -> str | None:
    """The name that an expression such as `sympy.core.sympify` ends in."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def nodes(module: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(module.read_text(encoding="utf-8"), filename=str(module)))


def sets_precision(node: ast.AST) -> bool:
    """Whether a node is like `mp.dps = 50`, `flint.ctx.prec = 100` or `mp.workprec(100)`."""
    if isinstance(node, ast.Call):
        return last_name(node.func) in PRECISION_SETTERS
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return node.attr in {"prec", "dps"} and last_name(node.value) in PRECISION_HOLDERS
    return False


def project_settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_there_is_one_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    cited = re.findall(r"^version: (.+)$", citation, flags=re.MULTILINE)
    assert cited == [project_settings()["project"]["version"]] == [polyunroll.__version__]


def test_import_contracts_are_kept() -> None:
    checked = run_python(
        "import sys; from importlinter.cli import lint_imports;"
        "sys.path.insert(0, '.'); sys.exit(lint_imports(no_cache=True))"
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_room_is_in_the_contract() -> None:
    contracts = project_settings()["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["id"] == "rooms"]
    listed = [room.strip(" ()") for layer in layers for room in layer.split("|")]
    assert len(listed) == len(set(listed))
    rooms = {module.relative_to(PACKAGE).parts[0].removesuffix(".py") for module in MODULES}
    assert rooms - {"__init__"} <= set(listed)


def test_every_folder_with_modules_is_a_package() -> None:
    # import-linter does not see the modules of a folder without __init__.py.
    assert [place(m.parent) for m in MODULES if not (m.parent / "__init__.py").exists()] == []


def test_no_module_is_too_long() -> None:
    lengths = {place(m): len(m.read_text(encoding="utf-8").splitlines()) for m in MODULES}
    assert {name: length for name, length in lengths.items() if length >= LONGEST} == {}


def test_nothing_is_evaluated_or_simplified() -> None:
    calls = [
        f"{place(module, node)} {last_name(node.func)}"
        for module in MODULES
        for node in nodes(module)
        if isinstance(node, ast.Call) and last_name(node.func) in FORBIDDEN_CALLS
    ]
    assert calls == []


def test_only_the_arithmetic_room_sets_a_precision() -> None:
    found = [
        place(module, node)
        for module in MODULES
        if not module.is_relative_to(PACKAGE / "arithmetic")
        for node in nodes(module)
        if sets_precision(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        ("polyunroll", ["numpy", "scipy", "sympy"]),
        ("polyunroll.claims.kernel", ["numpy", "scipy", "sympy"]),
    ],
)
def test_an_import_stays_light(imported: str, absent: list[str]) -> None:
    path = ROOT.joinpath(*imported.split("."))
    if not path.is_dir() and not path.with_suffix(".py").exists():
        pytest.skip(f"there is no {imported}")
    code = f"import sys, {imported}; print(*sorted(set({absent!r}) & set(sys.modules)))"
    loaded = run_python(code)
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.split() == []
