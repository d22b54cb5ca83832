"""Counting what an estimator asks for, and how many vectors it holds."""

from __future__ import annotations

import weakref
from collections import Counter

from polyunroll.hypergradient.result import Costs
from polyunroll.interpret.arrays import Array

__all__ = ["Meter"]


class Meter:
    """Counts questions by kind, and live vectors by watching arrays die."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._alive: dict[int, int] = {}
        self._now = self._peak = 0

    def ask(self, kind: str, times: int = 1) -> None:
        """Count a question; `kind` is a name of `Costs`."""
        self._asked[kind] += times

    def hold(self, array: Array) -> Array:
        """Count an array as held until nobody refers to it; returns it."""
        key = id(array)
        if key not in self._alive:
            columns = int(array.shape[1]) if len(array.shape) == 2 else 1
            self._alive[key] = columns
            self._now += columns
            self._peak = max(self._peak, self._now)
            weakref.finalize(array, self._drop, key).atexit = False
        return array

    def _drop(self, key: int) -> None:
        self._now -= self._alive.pop(key)

    def costs(self) -> Costs:
        """What was counted so far."""
        return Costs(**self._asked, peak_vectors=self._peak)
