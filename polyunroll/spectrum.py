"""The spectrum [ℓ, L]: exact ends, condition number, and the map to [−1, 1]."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import Any

import numpy as np
from flint import fmpq

from polyunroll.arithmetic.exact import Exact, exact, is_symbolic, latex, public, sign, sqrt, to_float, whole_number
from polyunroll.errors import InvalidInput
from polyunroll.output.literals import directed_decimal, fraction_literal

__all__ = ["Spectrum"]


@dataclass(frozen=True, init=False, eq=True)
class Spectrum:
    """The interval [ℓ, L] that holds the eigenvalues of H, 0 < ℓ ≤ L.

    Parameters
    ----------
    ell, L : int, Fraction, str, float or SymPy number or symbol
        Strings such as "1/100", "0.01", "1e-8"; a float means its shortest decimal. SymPy symbols give
        a symbolic spectrum, on which 0 < ℓ < L is assumed.

    Raises
    ------
    InvalidInput
        If ℓ ≤ 0, ℓ > L, or an end is no finite number.

    Examples
    --------
    >>> S = Spectrum("1/100", 1)
    >>> S.kappa, S.condition_number
    (Fraction(1, 100), Fraction(100, 1))
    """

    parameters: tuple[tuple[str, Any], ...]
    """The ends as internal exact numbers, (("ell", ℓ), ("L", L))."""
    note: str = field(compare=False)
    """How the ends are known; empty when the user gave them."""

    def __init__(self, ell: Any, L: Any, *, note: str = "") -> None:
        low, high = exact(ell, "ell"), exact(L, "L")
        object.__setattr__(self, "parameters", (("ell", low), ("L", high)))
        object.__setattr__(self, "note", note)
        symbolic = [is_symbolic(end) for end in (low, high)]
        if not symbolic[0] and sign(low) <= 0:
            raise InvalidInput(f"ell = {ell} is not allowed; the smallest eigenvalue must be > 0")
        if any(symbolic):
            if not symbolic[1] and sign(high) <= 0:
                raise InvalidInput(f"L = {L} is not allowed; the largest eigenvalue must be > 0")
            return
        if sign(high - low) < 0:
            raise InvalidInput(f"ell = {ell} is larger than L = {L}; give 0 < ell <= L")

    # -- ends ------------------------------------------------------------------------------------
    @property
    def low(self) -> Any:
        """ℓ as an internal exact number."""
        return self.parameters[0][1]

    @property
    def high(self) -> Any:
        """L as an internal exact number."""
        return self.parameters[1][1]

    @property
    def ell(self) -> Any:
        """ℓ: a Fraction, or a number of ℚ(√d), or a SymPy expression."""
        return public(self.low)

    @property
    def L(self) -> Any:
        """L: a Fraction, or a number of ℚ(√d), or a SymPy expression."""
        return public(self.high)

    @property
    def kappa(self) -> Any:
        """κ = ℓ/L ≤ 1, the *inverse* condition number."""
        return public(self.low / self.high)

    @property
    def condition_number(self) -> Any:
        """L/ℓ ≥ 1."""
        return public(self.high / self.low)

    @property
    def is_symbolic(self) -> bool:
        """Whether an end contains a symbol."""
        return any(is_symbolic(value) for _, value in self.parameters)

    # -- the map to [−1, 1] ----------------------------------------------------------------------
    @property
    def center(self) -> Any:
        """(L+ℓ)/2, where the map λ = center + radius·s has s = 0."""
        return (self.high + self.low) / 2

    @property
    def radius(self) -> Any:
        """(L−ℓ)/2; zero for a spectrum of one point."""
        return (self.high - self.low) / 2

    def contains(self, value: Exact) -> bool:
        """Whether an exact number lies in [ℓ, L]."""
        return sign(value - self.low) >= 0 and sign(self.high - value) >= 0

    def points(self, count: int) -> list[fmpq]:
        """Chebyshev-spaced rational points of [ℓ, L], ends included exactly where rational.

        They crowd at both ends, where worst cases sit, as the extrema of a polynomial do.

        Raises
        ------
        InvalidInput
            If `count` is no whole number ≥ 2.
        """
        count = whole_number(count, "count", 2)
        low, high = to_float(self.low), to_float(self.high)
        middle, radius = (low + high) / 2, (high - low) / 2
        inner = middle - radius * np.cos(np.pi * np.arange(count) / (count - 1))
        ends = {0: self.low, count - 1: self.high}
        return [ends.get(i, fmpq(*value.as_integer_ratio())) for i, value in enumerate(inner.tolist())]

    # -- from data -------------------------------------------------------------------------------
    @classmethod
    def of(cls, H: Any, *, checks: int = 40, seed: int = 0) -> Spectrum:
        """A spectrum that holds a symmetric positive definite matrix's eigenvalues, and how it is known.

        Parameters
        ----------
        H : array, sparse matrix or LinearOperator, shape (n, n)
        checks : int
            Lanczos steps for matrices too large to diagonalise.
        seed : int
            Seed of the Lanczos start vector.

        Returns
        -------
        Spectrum
            Its `note` says "direct" (eigenvalues computed, widened by a backward error bound),
            "Gershgorin" (rigorous discs) or "Lanczos check" (an estimate, not a proof).

        Raises
        ------
        InvalidInput
            If H is not a square matrix of real numbers, not symmetric, or not positive definite.
        """
        from polyunroll.eigenvalues import enclose

        low, high, note = enclose(H, checks=checks, seed=seed)
        return cls(low, high, note=note)

    def outwards(self, digits: int) -> Spectrum:
        """The spectrum with its rational ends rounded outwards to so many decimal digits."""
        ends = directed_decimal(self.ell, digits, ROUND_FLOOR), directed_decimal(self.L, digits, ROUND_CEILING)
        return Spectrum(*map(str, ends), note=self.note)

    @classmethod
    def marchenko_pastur(cls, ratio: Any, scale: Any = 1, ridge: Any = 0) -> Spectrum:
        """The support of the Marchenko–Pastur law, scaled, plus a ridge.

        Parameters
        ----------
        ratio : exact number > 0
            r = features / samples. For r > 1 the law has an atom at 0, which a ridge moves to λ = ridge.
        scale : exact number > 0
            The variance of the entries.
        ridge : exact number ≥ 0
            Added to every eigenvalue; must be > 0 for ratio ≥ 1.

        Returns
        -------
        Spectrum
            Ends scale·(1∓√r)² + ridge, numbers of ℚ(√r); ℓ = ridge for r > 1.

        Raises
        ------
        InvalidInput
            If ratio ≤ 0, scale ≤ 0, ridge < 0, or ratio ≥ 1 without a ridge.
        """
        r, s, shift = exact(ratio, "ratio"), exact(scale, "scale"), exact(ridge, "ridge")
        if sign(r) <= 0:
            raise InvalidInput(f"ratio = {ratio} is not allowed; features / samples must be > 0")
        if sign(s) <= 0:
            raise InvalidInput(f"scale = {scale} is not allowed; it must be > 0")
        if sign(shift) < 0 or (sign(r - 1) >= 0 and sign(shift) == 0):
            raise InvalidInput(f"ridge = {ridge} is not allowed; it must be ≥ 0, and > 0 where ratio ≥ 1")
        root = sqrt(r)
        low = shift if sign(r - 1) > 0 else s * (1 - root) ** 2 + shift
        return cls(low, s * (1 + root) ** 2 + shift, note="Marchenko–Pastur")

    def __str__(self) -> str:
        return f"[{fraction_literal(self.ell)}, {fraction_literal(self.L)}]"

    def __repr__(self) -> str:
        return f"Spectrum({fraction_literal(self.ell)!r}, {fraction_literal(self.L)!r})"

    def _repr_latex_(self) -> str:
        return f"$[{latex(self.low)}, {latex(self.high)}]$"
