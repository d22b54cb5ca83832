"""The Marchenko–Pastur law: the limit of the eigenvalues of a sample covariance matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.balls import ball
from polyunroll.arithmetic.exact import exact, is_symbolic, sign, sqrt
from polyunroll.errors import InvalidInput
from polyunroll.measures.moments import marchenko_pastur_moments
from polyunroll.output.literals import fraction_literal
from polyunroll.spectrum import Spectrum

__all__ = ["MarchenkoPastur", "marchenko_pastur"]


@dataclass(frozen=True)
class MarchenkoPastur:
    """The law of AᵀA/samples, A of independent entries, with ratio r = features/samples; scaled and shifted to [ℓ, L].

    Its density is √((λ−a)(b−λ))/(2πrλ) on [a, b] = [(1−√r)², (1+√r)²]; for r > 1 there is also an atom of mass 1 − 1/r
    at λ = 0. A ridge moves both. On a spectrum [ℓ, L] it is the law with that hull: for r ≥ 1 the ridge is ℓ and the
    scale (L−ℓ)/(1+√r)²; for r < 1 the scale is (L−ℓ)/(4√r), and the ridge, what is left of ℓ, must be ≥ 0.

    Parameters
    ----------
    ratio : fmpq or number of ℚ(√d), > 0

    References
    ----------
    Marchenko and Pastur, Math. USSR-Sb. 1 (1967) 457–483.
    """

    ratio: Any

    def __str__(self) -> str:
        return f"marchenko-pastur:{fraction_literal(self.ratio)}"

    @property
    def has_gap(self) -> bool:
        """Whether ratio ≥ 1, so that the hull begins at the ridge."""
        return sign(self.ratio - 1) >= 0

    def chebyshev_moments(self, count: int, spectrum: Spectrum) -> list[Any]:
        """∫T_m(σ(λ))dμ for m = 0 … count − 1, in balls at the precision in force."""
        return marchenko_pastur_moments(ball(sqrt(self.ratio)), count, self.has_gap)

    def require_hull(self, spectrum: Spectrum) -> None:
        """Refuse a spectrum that is no scaled and shifted hull of the law.

        Raises
        ------
        InvalidInput
        OutsideField
            If √r and the spectrum do not lie in one ℚ(√d).
        """
        if self.has_gap:
            return
        # ridge ≥ 0 is (L+ℓ)/(L−ℓ) ≥ (1+r)/(2√r)
        root = sqrt(self.ratio)
        if sign(spectrum.center * 2 * root - (1 + self.ratio) * spectrum.radius) < 0:
            raise InvalidInput(
                f"the spectrum {spectrum} is not the support of {self}, scaled and with a ridge >= 0; "
                f"give Spectrum.marchenko_pastur({fraction_literal(self.ratio)!r}), or L/ell <= "
                f"((1+sqrt(ratio))/(1-sqrt(ratio)))^2"
            )


def marchenko_pastur(ratio: Any) -> MarchenkoPastur:
    """The Marchenko–Pastur law with ratio = features/samples.

    Raises
    ------
    InvalidInput
        If the ratio is not > 0, or has symbols.
    OutsideField
        If √ratio lies in no ℚ(√d).
    """
    number = exact(ratio, "ratio")
    if is_symbolic(number):
        raise InvalidInput(f"ratio = {ratio} has symbols; the Marchenko–Pastur law needs a number")
    if sign(number) <= 0:
        raise InvalidInput(f"ratio = {ratio} is not allowed; features / samples must be > 0")
    sqrt(number)
    return MarchenkoPastur(number if isinstance(number, fmpq) or number.b != 0 else number.a)
