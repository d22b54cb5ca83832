"""Nesterov's accelerated gradient with constant momentum, for strongly convex functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from polyunroll.methods.base import Decay, Envelope, Method
from polyunroll.program import Program, State
from polyunroll.spectrum import Spectrum

__all__ = ["Nesterov"]

PROGRAM = Program.of(
    parameters=("ell", "L"),
    constants={"root": "sqrt(ell*L)", "momentum": "(L-root)/(L+root)", "h": "1/L"},
    states=(State.of("x"), State.of("previous")),
    query={"x": "1+momentum", "previous": "-momentum"},
    assignments={
        "next": {"x": "1+momentum", "previous": "-momentum", "gradient": "-h"},
        "previous": {"x": "1"},
        "x": {"next": "1"},
    },
)


# With x = (1 − λ/L)/(1 − κ) in [0, 1] on [ℓ, L], u = √x and ρ = 1 − √κ,
#
#     P_t = (ρu)^t w_t(u),    w_t = T_t(u) + √κ u U_{t−1}(u):
#
# both sides satisfy p_{t+1} = q((1+β)p_t − βp_{t−1}), q = 1 − λ/L, and agree at t = 0 and 1, since βq = (ρu)² and
# (1+β)q = 2ρu². On [0, 1] T_t, U_{t−1} and their derivatives are at most what they are at 1, so |w_t| and |w_t'| are;
# dP/dλ = −(dP/du)/(2uL(1−κ)) gives, with W_t = t w_t(1) + w_t'(1) and for t ≥ 2,
#
#     |P_t| ≤ ρ^t w_t(1),   |P_t'| ≤ ρ^t u^(t−2) W_t/(2L(1−κ)),   λ|P_t'| ≤ ρ^t x^(t/2−1)(κ/(1−κ) + 1 − x) W_t/2,
#
# and x^m(1−x) ≤ 1/(m+1) bounds the last by ρ^t (κ/(2(1−κ)) + 1/t) W_t. For t = 1, E_1 = 1, and the bounds hold too.
# w_t(1) = 1 + √κ t and W_t = t(1 + 2√κ/3) + t²(1 + √κ) + t³√κ/3.


def _envelopes(values: Mapping[str, Any]) -> tuple[Envelope, ...]:
    """The bounds above."""
    kappa, root = values["ell"] / values["L"], values["root"] / values["L"]
    zero, one = 0 * root, 1 + 0 * root
    W = (zero, 1 + 2 * root / 3, 1 + root, root / 3)
    P = (one, root, zero, zero)
    # E: P + (κ/(2(1−κ)))W + W/t
    E = tuple(p + kappa / (2 * (1 - kappa)) * w + v for p, w, v in zip(P, W, (*W[1:], zero), strict=True))
    D = tuple(w / (2 * values["L"] * (1 - kappa)) for w in W)
    return (Envelope(1 - root, P, E, D),)


_DECAY = Decay(
    lambda values, sqrt: (1 - sqrt(values["ell"] * values["L"]) / values["L"],),
    lambda values: 3,
    _envelopes,
    upper="P_t = (ρu)^t(T_t(u) + √κ u U_{t−1}(u)), u² = (1−λ/L)/(1−κ), ρ = 1−√κ, and the bounds on [0, 1] at u = 1",
    lower="the value of |E_t| at ℓ, where P_t > 0 > P_t'",
    power_source="|E_t| = P_t + ℓ|P_t'| at ℓ, where w_t'(1) has the term √κ t³/3",
)


class Nesterov(Method):
    """Nesterov's method: a gradient step 1/L from x + β(x − previous), β = (1−√κ)/(1+√κ).

    Its coefficients lie in ℚ(√(ℓL)).

    Parameters
    ----------
    spectrum : Spectrum

    References
    ----------
    Nesterov, Introductory Lectures on Convex Optimization (2004), scheme 2.2.11 (constant step III).
    """

    name: ClassVar[str] = "nesterov"
    decay: ClassVar[Decay | None] = _DECAY

    def __init__(self, spectrum: Spectrum) -> None:
        self._define(spectrum, PROGRAM, "Nesterov")
