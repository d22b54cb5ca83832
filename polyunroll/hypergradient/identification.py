"""When the support of the iterates stops changing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from polyunroll.interpret.arrays import Array

__all__ = ["Support"]


class Support:
    """Watches the support of the iterates of a run.

    Parameters
    ----------
    of : callable or None
        x ↦ boolean array, or None where the problem has no support.
    """

    def __init__(self, of: Callable[[Array], Array] | None) -> None:
        self._of = of
        self._last: Any = None
        self._since = 0
        self.offset = 0  # steps made before the run that is being watched

    def look(self, t: int, x: Array) -> None:
        """See x_t."""
        if self._of is None:
            return
        now = np.asarray(self._of(x))
        if self._last is not None and not np.array_equal(now, self._last):
            self._since = self.offset + t
        self._last = now

    @property
    def identified_at(self) -> int | None:
        """The first step since which nothing changed; None without a support."""
        return None if self._of is None or self._last is None else self._since
