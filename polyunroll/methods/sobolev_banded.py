"""The O(1) programs of Sobolev methods and Jacobian kernels for Jacobi weights and the Marchenko–Pastur law.

All run the scheme of `orthogonal.kernel`: 5 vectors for Jacobi weights, 7 for Marchenko–Pastur.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyunroll.measures import Gegenbauer, Jacobi, MarchenkoPastur
from polyunroll.methods.base import Decay
from polyunroll.methods.sobolev_decay import (
    end_power,
    gegenbauer_mass,
    jacobi_mass,
    jacobian_kernel_envelopes,
    larger,
    marchenko_pastur_mass,
    minimiser_decay,
    sobolev_envelopes,
)
from polyunroll.orthogonal import jacobi, marchenko_pastur
from polyunroll.orthogonal.kernel import kernel_program
from polyunroll.program import Program

__all__ = ["GEGENBAUER_DECAY", "Banded", "jacobian_kernel_for", "sobolev_for"]

_JACOBI = {"ab": "alpha+beta", "z0": "-(L+ell)/(L-ell)", "h": "2/(L-ell)"}
# In z = λ/scale − 1 − r. For r < 1 [ℓ, L] is the support; for r ≥ 1 it begins at the ridge, which is ℓ.
_INSIDE = {"root": "sqrt(ratio)", "h": "4*root/(L-ell)", "z0": "-h*(L+ell)/2", "e": "ratio"}
_WITH_GAP = {"root": "sqrt(ratio)", "h": "(1+root)**2/(L-ell)", "z0": "-1 - ratio - h*ell", "e": "ratio"}

_SOBOLEV = ("ell", "L", "eta")
_KERNEL = ("ell", "L", "c")
_PROGRAMS = {
    ("sobolev", "jacobi"): kernel_program(
        2, (*_SOBOLEV, "alpha", "beta"), {**_JACOBI, "eta_s": "eta*h**2"}, jacobi.SOBOLEV
    ),
    ("sobolev", "inside"): kernel_program(
        3, (*_SOBOLEV, "ratio"), {**_INSIDE, "eta_z": "eta*h**2"}, marchenko_pastur.SOBOLEV
    ),
    ("sobolev", "with gap"): kernel_program(
        3, (*_SOBOLEV, "ratio"), {**_WITH_GAP, "eta_z": "eta*h**2"}, marchenko_pastur.SOBOLEV
    ),
    ("kernel", "jacobi"): kernel_program(2, (*_KERNEL, "alpha", "beta"), _JACOBI, jacobi.JACOBIAN_KERNEL),
    ("kernel", "inside"): kernel_program(3, (*_KERNEL, "ratio"), _INSIDE, marchenko_pastur.JACOBIAN_KERNEL),
    ("kernel", "with gap"): kernel_program(3, (*_KERNEL, "ratio"), _WITH_GAP, marchenko_pastur.JACOBIAN_KERNEL),
}

Envelopes = Callable[[Mapping[str, Any], Any, int], Any]


def _decays(envelopes: Envelopes, norm: str) -> dict[str, Decay]:
    """A decay for each kind of weight."""
    return {
        "gegenbauer": minimiser_decay(
            lambda values: envelopes(values, *gegenbauer_mass(values["a"])),
            lambda values: end_power(values, values["a"] - fmpq(1, 2)),
            norm,
        ),
        "jacobi": minimiser_decay(
            lambda values: envelopes(values, *jacobi_mass(values["alpha"], values["beta"])),
            lambda values: end_power(values, larger(values["alpha"], values["beta"])),
            norm,
        ),
        "marchenko-pastur": minimiser_decay(
            lambda values: envelopes(values, *marchenko_pastur_mass(values)),
            lambda values: end_power(values, fmpq(1, 2)),
            norm,
        ),
    }


_SOBOLEV_DECAYS = _decays(
    sobolev_envelopes, "∫P²dμ + η∫P'²dμ, which for Chebyshev's residual is ≤ (1 + η_s t⁴)·4ξ^(2t)"
)
_KERNEL_DECAYS = _decays(
    jacobian_kernel_envelopes,
    "∫E²dμ + c∫P²dμ, whose root is ≤ 2(2t²/(1−κ) + √c)ξ^t for Chebyshev's residual",
)
GEGENBAUER_DECAY = _SOBOLEV_DECAYS["gegenbauer"]


@dataclass(frozen=True)
class Banded:
    """A program for a measure, the measure's own parameters, and the decay where one is known."""

    program: Program
    values: dict[str, Any]
    decay: Decay | None


def sobolev_for(measure: Jacobi | MarchenkoPastur) -> Banded:
    """What `Sobolev` runs for a measure."""
    return _banded("sobolev", measure, _SOBOLEV_DECAYS)


def jacobian_kernel_for(measure: Gegenbauer | Jacobi | MarchenkoPastur) -> Banded:
    """What `JacobianKernel` runs for a measure."""
    return _banded("kernel", measure, _KERNEL_DECAYS)


def _banded(product: str, measure: Gegenbauer | Jacobi | MarchenkoPastur, decays: dict[str, Decay]) -> Banded:
    if isinstance(measure, MarchenkoPastur):
        kind = "with gap" if measure.has_gap else "inside"
        # Between the atom and the rest of the law nothing bounds P_t by its mean square.
        decay = None if measure.has_gap and measure.ratio != 1 else decays["marchenko-pastur"]
        return Banded(_PROGRAMS[product, kind], {"ratio": measure.ratio}, decay)
    values = {"alpha": measure.alpha, "beta": measure.beta}
    return Banded(_PROGRAMS[product, "jacobi"], values, decays["jacobi"])
