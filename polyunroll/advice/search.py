"""The candidates: splits of the budget searched in doubles, each one found proved by `worst_case`.

Where a run is split into plain and differentiated steps, or into plain steps and those of a linear solver, all splits
of the whole budget are looked at, in doubles on a grid; that no other split does better than the one found is not
proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, isnan
from typing import Any

import numpy as np

from polyunroll.advice.answer import Candidate
from polyunroll.arithmetic.exact import public, sign, to_float
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.worst_case import worst_case
from polyunroll.interpret.double_jets import DoubleJets
from polyunroll.methods.base import Method
from polyunroll.methods.chebyshev import Chebyshev
from polyunroll.methods.gradient_descent import GradientDescent
from polyunroll.optimal.compare import usual_methods
from polyunroll.optimal.frontier import best_step
from polyunroll.output.literals import decimal_literal
from polyunroll.spectrum import Spectrum

__all__ = ["Search", "Setting"]

_NODES = 400
_NOT_YET = Enclosure(Fraction(0), Fraction(0))


@dataclass(frozen=True)
class Setting:
    """What the bounds are asked for; the numbers are exact."""

    spectrum: Spectrum
    R: Any
    G: Any
    G_restarted: Any
    split: str
    parameters: int | None


class Search:
    """The candidates of one setting: splits searched in doubles, bounds proved."""

    def __init__(self, setting: Setting, budget: int, memory: int | None, digits: int) -> None:
        self.setting, self.budget, self.memory, self.digits = setting, budget, memory, digits
        self.R, self.G, self.G_restarted = map(to_float, (setting.R, setting.G, setting.G_restarted))

    def candidates(self) -> Iterator[Candidate]:
        """All of them, in no order; none where memory allows nothing."""
        setting, budget = self.setting, self.budget
        chebyshev = Chebyshev(setting.spectrum)
        best_plain = _Maxima(chebyshev, budget)
        for method in usual_methods(setting.spectrum):
            maxima = best_plain if method == chebyshev else _Maxima(method, budget)
            fits = self._fitting(method)
            yield from self._unrolled(method, maxima, fits)
            if restarted := [K for K in fits if budget > K]:
                yield self._truncated(method, maxima, restarted)
            if budget > 1 and self._fits(1 + len(method.program.states)):
                yield self._implicit(method, maxima, method, maxima)
                if method != chebyshev:
                    yield self._implicit(chebyshev, best_plain, method, maxima)
        if setting.split == "total" and sign(setting.G) == 0 and sign(setting.R) > 0:
            yield from self._best_constant_step()

    def _unrolled(self, method: Method, maxima: _Maxima, fits: list[int]) -> Iterator[Candidate]:
        """All of the budget, and fewer steps where they seem to be better or memory allows no more."""
        if not fits:
            return
        first = maxima.E if self.setting.split == "total" else maxima.P
        for t in sorted({_least(fits, lambda t: first[t] * self.R + maxima.D[t] * self.G), fits[-1]}):
            yield self._candidate("unrolled", method, t)

    def _truncated(self, method: Method, maxima: _Maxima, fits: list[int]) -> Candidate:
        def bound(K: int) -> float:
            return float(maxima.P[K] * self.R + maxima.D[K] * maxima.P[self.budget - K] * self.G_restarted)

        K = _least(fits, bound)
        return self._candidate("truncated", method, K, self.budget - K)

    def _implicit(self, method: Method, plain: _Maxima, solver: Method, solved: _Maxima) -> Candidate:
        def bound(S: int) -> float:
            return float(solved.P[S] * self.R + solved.Q[S] * plain.P[self.budget - S] * self.G_restarted)

        S = _least(range(1, self.budget), bound)
        return self._candidate("implicit", method, S, self.budget - S, solver)

    def _best_constant_step(self) -> Iterator[Candidate]:
        spectrum = self.setting.spectrum
        fits = self._fitting(GradientDescent(spectrum))
        if fits and fits[-1] > 1:  # E_1 = 1 for every step
            found = best_step(spectrum, fits[-1], public(self.setting.R), 0, self.digits)
            short = GradientDescent(spectrum, decimal_literal(found.step, self.digits + 1))
            yield self._candidate("unrolled", short, fits[-1])

    def _candidate(
        self, estimator: str, method: Method, steps: int, plain: int = 0, solver: Method | None = None
    ) -> Candidate:
        setting = self.setting
        G = public(setting.G if estimator == "unrolled" else setting.G_restarted)
        if solver is None:
            mode, memory, products = self._mode(method, steps)
        else:
            mode, memory, products = "", 1 + len(solver.program.states), steps
        bare = Candidate(
            estimator, method, steps, plain, solver, mode, _NOT_YET, public(setting.R), G, memory, products
        )
        bound = worst_case(method, steps, bare.R, G, self.digits, split=setting.split, **bare.how)
        return replace(bare, bound=bound)

    def _fits(self, kept: int) -> bool:
        return self.memory is None or kept <= self.memory

    def _fitting(self, method: Method) -> list[int]:
        """The numbers of differentiated steps that memory allows, ascending."""
        return [K for K in range(1, self.budget + 1) if self._mode(method, K)[0]]

    def _mode(self, method: Method, K: int) -> tuple[str, int, int]:
        """(mode, vectors kept, products) for K differentiated steps; ("", 0, 0) where neither mode fits.

        Forward mode is taken for p = 1 where it keeps less, and where reverse mode does not fit.
        """
        p, reverse = self.setting.parameters, ("reverse", K, K)
        if p is None:
            return reverse if self._fits(K) else ("", 0, 0)
        forward = ("forward", p * len(method.program.states), p * K)
        first, second = (forward, reverse) if p == 1 and forward[1] < K else (reverse, forward)
        return first if self._fits(first[1]) else second if self._fits(second[1]) else ("", 0, 0)


class _Maxima:
    """max|P_t|, max|P_t'|, max|P_t − λP_t'| and max|(1 − P_t)/λ| for t = 0 … most, on a grid, in doubles."""

    def __init__(self, method: Method, most: int) -> None:
        ell, L = to_float(method.spectrum.low), to_float(method.spectrum.high)
        nodes = (L + ell) / 2 + (L - ell) / 2 * np.cos(np.linspace(0, np.pi, max(_NODES, 2 * most)))
        runner = DoubleJets(method, np.stack([nodes, nodes]))
        rows = []
        with np.errstate(all="ignore"):
            for t in range(most + 1):
                runner.advance(t)
                P, D = np.ldexp(*runner.columns())
                rows.append([np.abs(v).max() for v in (P, D, P - nodes * D, (1 - P) / nodes)])
        self.P, self.D, self.E, self.Q = np.nan_to_num(np.array(rows).T, nan=inf, posinf=inf)


def _least(choices: Iterable[int], bound: Callable[[int], float]) -> int:
    """The choice with the least bound; a bound that is no number counts as infinite."""
    return min(choices, key=lambda k: inf if isnan(value := bound(k)) else value)
