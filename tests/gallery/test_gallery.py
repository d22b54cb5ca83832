"""Every page of the gallery has tests of what it says."""

from __future__ import annotations

import runpy
from pathlib import Path

HERE = Path(__file__)
SCRIPTS = HERE.parents[2] / "docs" / "gallery"


def test_every_script_is_tested() -> None:
    scripts = {path.stem.removeprefix("plot_") for path in SCRIPTS.glob("*.py")}
    tests = {path.stem.removeprefix("test_") for path in HERE.parent.glob("test_*.py")} - {"gallery"}
    assert scripts
    assert scripts == tests


def test_every_script_has_its_place_on_the_page():
    pages = runpy.run_path(str(SCRIPTS.parent / "gallery_style.py"))["PAGES"]
    assert sorted(pages) == sorted(path.stem.removeprefix("plot_") for path in SCRIPTS.glob("*.py"))
