"""What matplotlib draws the scripts of the gallery in; the scripts themselves leave it alone."""

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


def apply(gallery_conf: dict[str, Any], script: str) -> None:
    """Set the style before a script runs."""
    import matplotlib as mpl

    mpl.rcParams.update(STYLE)
