"""How the gallery looks: the order of its pages, and what matplotlib draws in; scripts leave that alone."""

from __future__ import annotations

from typing import Any

STYLE: dict[str, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 110,
    "figure.figsize": (7.5, 4.2),
    "grid.alpha": 0.25,
    "legend.frameon": False,
}

PAGES = (
    "curse_on_real_data",
    "step_size_frontier",
    "your_own_spectrum",
    "truncation_and_warm_start",
    "itd_aid_elastic_net",
    "nsid",
    "fom_ufom",
    "graph_interpolation",
    "graph_learning",
)


class Order:
    """The place of a script: as in `PAGES`, others at the end by their names."""

    def __init__(self, folder: str) -> None:
        self.places = {f"plot_{name}.py": place for place, name in enumerate(PAGES)}

    def __call__(self, file: str) -> tuple[int, str]:
        return self.places.get(file, len(PAGES)), file


def apply(gallery_conf: dict[str, Any], script: str) -> None:
    """Set the style before a script runs."""
    import matplotlib as mpl

    mpl.rcParams.update(STYLE)
