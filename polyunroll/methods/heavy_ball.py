"""Polyak's heavy ball."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from polyunroll.methods.base import Decay, Envelope, Extremes, Method, chebyshev_rate
from polyunroll.program import Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["HeavyBall"]

# with r = √(ℓL): (√L ± √ℓ)² = L + ℓ ± 2r
PROGRAM = Program.of(
    parameters=("ell", "L"),
    constants={
        "root": "sqrt(ell*L)",
        "momentum": "(L+ell-2*root)/(L+ell+2*root)",
        "h_first": "2/(L+ell)",
        "h": "4/(L+ell+2*root)",
    },
    registers=(Register.of("step", "h", "h_first"),),
    states=(State.of("x"), State.of("previous")),
    query={"x": "1"},
    assignments={
        "next": {"x": "1+momentum", "previous": "-momentum", "gradient": "-step"},
        "previous": {"x": "1"},
        "x": {"next": "1"},
    },
)


# P_t = (−ξ)^t (a T_t(σ) + b U_t(σ)) with β = ξ² the momentum, a = 2β/(1+β), b = (1−β)/(1+β), a + b = 1: both sides
# satisfy the recurrence p_{t+1} = −2ξσ p_t − β p_{t−1} and agree at t = 0 and 1.
#
# So (−ξ)^(−t) P_t = Σ c_k T_k(σ) with c_k ≥ 0, for U_t = 2T_t + 2T_{t−2} + …, ending in 2T_1 or in 1. For one T_k,
# k ≥ 1, and with σ_0 = σ(0) < −1, −E is
#
#     (σ − σ_0)T_k' − T_k = |σ_0|T_k' + (k−1)T_k + 2k(T_{k−2} + T_{k−4} + …), the last term halved if it is T_0,
#
# in which no coefficient is negative; for T_0 it is −1. The coefficient of T_0 in −(−ξ)^(−t)E_t is then at least
# Σ k c_k − c_0 over even k, which is ≥ 0 for t ≥ 1: c_0 = b and c_2 ≥ 2b for even t, and c_0 = 0 for odd t. A sum of
# T_k(σ) without negative coefficients is largest in modulus at σ = 1, that is at L; hence |P_t|, |D_t| and |E_t| are.


def _weights(values: Mapping[str, Any]) -> tuple[Any, Any]:
    """(a, b)."""
    beta = values["momentum"]
    return 2 * beta / (1 + beta), (1 - beta) / (1 + beta)


def _pair_at_end(values: Mapping[str, Any], t: int, point: Any) -> tuple[Any, Any]:
    """(P_t, P_t') at L: T_t(1) = 1, T_t'(1) = t², U_t(1) = t+1, U_t'(1) = t(t+1)(t+2)/3, and dσ/dλ = 2/(L−ℓ)."""
    a, b = _weights(values)
    power = (-chebyshev_rate(values, lambda x: x.sqrt())) ** t
    slope = 2 / (values["L"] - values["ell"])
    return power * (a + b * (t + 1)), power * slope * (a * t * t + b * (t * (t + 1) * (t + 2) // 3))


def _envelopes(values: Mapping[str, Any]) -> tuple[Envelope, ...]:
    """The values at L; |E_t| is L|D_t| − |P_t| there."""
    a, b = _weights(values)
    zero, slope = 0 * b, 2 / (values["L"] - values["ell"])
    D = tuple(slope * v for v in (zero, 2 * b / 3, a + b, b / 3))
    E = tuple(values["L"] * v for v in D)
    return (Envelope(chebyshev_rate(values, lambda x: x.sqrt()), (a + b, b), E, D),)


_DECAY = Decay(
    lambda values, sqrt: (chebyshev_rate(values, sqrt),),
    lambda values: 3,
    _envelopes,
    upper="P_t = (−ξ)^t(2β T_t(σ) + (1−β)U_t(σ))/(1+β), β = ξ², a sum of T_k(σ) without negative coefficients",
    lower="max|E_t| ≥ 1/|T_t(σ(0))| ≥ ξ^t for every method",
    power_source="|E_t| = L|D_t| − |P_t| at L, where U_t' is t(t+1)(t+2)/3",
)


class HeavyBall(Method):
    """Polyak's heavy ball: the Chebyshev method with its coefficients at their limit t → ∞.

    Momentum ((√L−√ℓ)/(√L+√ℓ))², step 4/(√L+√ℓ)², first step 2/(L+ℓ). Its coefficients lie in ℚ(√(ℓL)).

    Parameters
    ----------
    spectrum : Spectrum

    References
    ----------
    Polyak, USSR Comput. Math. Math. Phys. 4 (1964) 1–17.
    """

    name: ClassVar[str] = "heavy-ball"
    extremes: ClassVar[Extremes | None] = Extremes(
        ("L",), _pair_at_end, "(−ξ)^(−t)P_t and −(−ξ)^(−t)E_t are sums of T_k(σ) without negative coefficients"
    )
    decay: ClassVar[Decay | None] = _DECAY

    def __init__(self, spectrum: Spectrum) -> None:
        self._define(spectrum, PROGRAM, "Heavy ball")
