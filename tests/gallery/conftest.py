"""The scripts of the gallery, run as a reader runs them."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"


@pytest.fixture(scope="module")
def run_script(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Runs docs/gallery/plot_<name>.py in an empty folder, without a screen, and gives the names it leaves."""

    def run(name: str) -> dict[str, Any]:
        import matplotlib as mpl
        import matplotlib.pyplot as plt

        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path_factory.mktemp(name))
            mpl.use("Agg")
            patch.setattr(plt, "show", lambda: None)
            left = runpy.run_path(str(GALLERY / f"plot_{name}.py"))
            assert plt.get_fignums(), "a page of the gallery draws something"
            plt.close("all")
        return left

    return run
