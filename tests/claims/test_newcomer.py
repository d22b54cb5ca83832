"""A newcomer follows proofs/README.md to the letter, and a stranger ships theorems in a package of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import proofs

FOLDER = Path(proofs.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")
COMMAND = Path(sys.executable).with_name("polyunroll")

# what the newcomer writes into the template, and what must be proved then
MINE = {
    'id="template"': 'id="{id}"',
    '"P = (1-x)*P[t-1]", "P >= 0", "P <= 1"': '"P = (1-x)**2*P[t-2]", "P >= 0", "P <= 1"',
    "P_t = (1 − hλ)P_(t−1), and 0": "P_t = (1 − hλ)²P_(t−2), and 0",
    "start=1,": "start=2,",
    'reference="Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 2"': 'reference="polyunroll"',
}
OUTSIDE = '''"""A theorem from outside."""

import polyunroll as pu

CLAIM = pu.Claim(
    id="outside_square",
    title="A square is not negative.",
    statement=("x**2 >= 0",),
    variables={"x": "(-oo, oo)"},
    reference="a stranger",
    rules=({"rule": "sign"},),
)
'''


def steps() -> list[str]:
    """The numbered steps of the README, each as its text."""
    part = README.split("## Adding one, in five steps")[1].split("\n## ")[0]
    return re.split(r"^\d+\. ", part, flags=re.MULTILINE)[1:]


def run(arguments: list[str], path: Path) -> Any:
    """A command with a folder before all others on Python's path."""
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run(
        [str(COMMAND), *arguments], cwd=path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def test_the_readme_has_five_steps_and_one_command():
    found = steps()
    assert [re.match(r"\*\*(\w+)", step)[1] for step in found] == ["Say", "Copy", "State", "Prove", "Check"]
    assert re.findall(r"`([^`]+\.py)`", found[1]) == ["_template.py", "<id>.py"]
    assert re.findall(r"^ +(polyunroll .+)$", found[4], flags=re.MULTILINE) == ["polyunroll verify <id>"]


def test_what_the_template_names_is_in_the_readme():
    third, template = steps()[2], (FOLDER / "_template.py").read_text(encoding="utf-8")
    for name in re.findall(r"`([a-z]+)`", third):
        assert f"{name}=" in template or name == "until", name
        assert name in template


def test_a_newcomer_adds_a_theorem(tmp_path):
    name = "two_gradient_steps"
    shutil.copytree(FOLDER, tmp_path / "proofs", ignore=shutil.ignore_patterns("__pycache__"))
    template, target = re.findall(r"`([^`]+\.py)`", steps()[1])
    copied = tmp_path / "proofs" / target.replace("<id>", name)
    shutil.copy(tmp_path / "proofs" / template, copied)
    text = copied.read_text(encoding="utf-8")
    for old, new in MINE.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new.format(id=name))
    copied.write_text(text, encoding="utf-8")

    [command] = re.findall(r"^ +polyunroll (.+)$", steps()[4], flags=re.MULTILINE)
    arguments = command.replace("<id>", name).split()
    proved = run(arguments, tmp_path)
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert re.search(rf"{name}\s+PROVED\s+all t >= 2", proved.stdout)

    # "Once it says PROVED, change a constant in the statement: it must no longer."
    copied.write_text(text.replace("(1-x)**2*P[t-2]", "(1-x)**3*P[t-2]"), encoding="utf-8")
    refuted = run(arguments, tmp_path)
    assert refuted.returncode == 1
    assert "PROVED" not in refuted.stdout.replace("0 PROVED", "")


@pytest.fixture
def stranger(tmp_path):
    """A folder with a distribution that has an entry point in the group that the README names."""
    [group] = re.findall(r"entry point in the group `([^`]+)`", README.replace("\n", " "))
    (tmp_path / "outside_proofs").mkdir()
    (tmp_path / "outside_proofs" / "__init__.py").touch()
    (tmp_path / "outside_proofs" / "square.py").write_text(OUTSIDE, encoding="utf-8")
    about = tmp_path / "outside-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\noutside = outside_proofs\n")
    return tmp_path


def test_a_strangers_theorem_is_in_the_table_and_certified(stranger):
    shown = run(["verify", "outside_*", "--format", "json", "-o", "certificates"], stranger)
    assert shown.returncode == 0, shown.stderr
    [row] = json.loads(shown.stdout)
    assert (row["id"], row["verdict"], row["scope"], row["reference"]) == (
        "outside_square",
        "PROVED",
        "all t",
        "a stranger",
    )
    checked = run(["verify", "--certificate", "certificates/outside_square.json"], stranger)
    assert checked.returncode == 0, checked.stderr
    assert "PROVED" in checked.stdout


def test_a_strangers_theorem_is_in_verify(stranger):
    code = "import polyunroll as pu; print([(c.id, v.verdict) for c, v in pu.verify('*square')])"
    environment = {**os.environ, "PYTHONPATH": str(stranger)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "('outside_square', 'PROVED')" in done.stdout
