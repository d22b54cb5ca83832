"""The Chebyshev method (Chebyshev iteration)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from polyunroll.methods.base import Decay, Envelope, Extremes, Method, chebyshev_rate
from polyunroll.program import Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["Chebyshev"]

PROGRAM = Program.of(
    parameters=("ell", "L"),
    constants={"rho2": "((L-ell)/(L+ell))**2", "h": "2/(L+ell)"},
    registers=(
        Register.of("omega", "1/(1 - rho2*omega[t-1]/4)", "1", "1/(1 - rho2/2)"),
        # omega − 1 without its cancellation where κ is near 1
        Register.of("momentum", "rho2*omega*omega[t-1]/4", "0", "rho2*omega/2"),
    ),
    states=(State.of("x"), State.of("previous")),
    query={"x": "1"},
    assignments={
        "next": {"x": "omega", "previous": "-momentum", "gradient": "-omega*h"},
        "previous": {"x": "1"},
        "x": {"next": "1"},
    },
)


def _pair_at_end(values: Mapping[str, Any], t: int, point: Any) -> tuple[Any, Any]:
    """(P_t, P_t') at λ = L: T_t(1) = 1, T_t'(1) = t², both over T_t(σ_0), and dσ/dλ = 2/(L−ℓ)."""
    ell, high = values["ell"], values["L"]
    inverse = 1 / (-(high + ell) / (high - ell)).chebyshev_t(t)
    return inverse, 2 * t * t * inverse / (high - ell)


def _envelopes(values: Mapping[str, Any]) -> tuple[Envelope, ...]:
    """1/|T_t(σ_0)| = 2ξ^t/(1+ξ^2t) ≤ 2ξ^t, |D_t| ≤ 2t²/((L−ℓ)|T_t(σ_0)|), and |E_t| = L|D_t| − |P_t| at L."""
    ratio = chebyshev_rate(values, lambda x: x.sqrt())
    zero = 0 * ratio
    slope = 4 / (values["L"] - values["ell"])
    return (Envelope(ratio, (zero + 2,), (zero, zero, values["L"] * slope), (zero, zero, slope)),)


_DECAY = Decay(
    lambda values, sqrt: (chebyshev_rate(values, sqrt),),
    lambda values: 2,
    _envelopes,
    upper="max|E_t| = (2t²/(1−κ) − 1)/|T_t(σ(0))|, max|D_t| = 2t²/((L−ℓ)|T_t(σ(0))|), |T_t(σ(0))| ≥ ξ^(−t)/2",
    lower="max|E_t| ≥ 1/|T_t(σ(0))| ≥ ξ^t for every method",
    power_source="max|E_t| = (2t²/(1−κ) − 1)·2ξ^t/(1+ξ^(2t))",
)


class Chebyshev(Method):
    """The method whose residual is least in the worst case: P_t(λ) = T_t(σ(λ))/T_t(σ(0)).

    σ maps [ℓ, L] to [−1, 1]. Run as x_{t+1} = ω_t(x_t − h∇f(x_t)) + (1−ω_t)x_{t−1}, h = 2/(L+ℓ).

    Parameters
    ----------
    spectrum : Spectrum

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 3; DLMF 18.9.1 (recurrence of T_n).
    """

    name: ClassVar[str] = "chebyshev"
    extremes: ClassVar[Extremes | None] = Extremes(
        ("L",), _pair_at_end, "Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 3; |T_t| ≤ 1, |T_t'| ≤ t²"
    )
    decay: ClassVar[Decay | None] = _DECAY

    def __init__(self, spectrum: Spectrum) -> None:
        self._define(spectrum, PROGRAM, "Chebyshev")
