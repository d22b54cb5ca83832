"""The classical Jacobi methods: P_t is the Jacobi polynomial of degree t, divided by its value at 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flint import acb, fmpq

from polyunroll.arithmetic.exact import is_symbolic, sign
from polyunroll.errors import InvalidInput
from polyunroll.measures import parse_measure
from polyunroll.measures.jacobi import exponent
from polyunroll.methods.base import Decay, Envelope, Extremes, Method, chebyshev_rate, require_interval
from polyunroll.methods.free import WEIGHT, Free
from polyunroll.methods.sobolev_decay import jacobi_mass, larger, polynomial_product, size_of
from polyunroll.orthogonal.jacobi import RECURRENCE
from polyunroll.output.literals import fraction_literal
from polyunroll.program import Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["Jacobi"]

# varpi is p_{t−1}(σ(0))/p_t(σ(0)) for the monic p_t, so that the iterates themselves are what is carried.
PROGRAM = Program.of(
    parameters=("ell", "L", "alpha", "beta"),
    constants={"ab": "alpha+beta", "z0": "-(L+ell)/(L-ell)", "h": "2/(L-ell)"},
    registers=(*RECURRENCE, Register.of("varpi", "1/(z0 - b[t-1] - gamma[t-1]*varpi[t-1])", "0", first=0)),
    states=(State.of("x"), State.of("previous")),
    query={"x": "1"},
    assignments={
        "next": {
            "x": "varpi*(z0-b[t-1])",
            "previous": "-varpi*gamma[t-1]*varpi[t-1]",
            "gradient": "varpi*h",
        },
        "previous": {"x": "1"},
        "x": {"next": "1"},
    },
)


# Where |E_t| and |D_t| are largest, for α ≥ β > −1 and t ≥ 1. In s, with p = p_t, ' = d/ds, z0 = σ(0) < −1 and
# λ d/dλ = (s − z0) d/ds:
#
# 1. p' is a multiple of the Jacobi polynomial of α+1 ≥ β+1, and α+1 > −1/2: |p'| is largest at s = 1 (Szegő 7.32.1).
# 2. (1−s²)p'' + (β−α−(α+β+2)s)p' + Np = 0 with N = t(t+α+β+1) (DLMF 18.8.1). E = p − (s−z0)p' has E' = −(s−z0)p'', so
#    at its critical points in (−1, 1) p'' = 0, and there as at both ends (1−s²)p'' = 0: p = (α−β+(α+β+2)s)p'/N, so
#
#        −E = g(s)p',    g(s) = s − z0 − (α−β+(α+β+2)s)/N.
#
# 3. N ≥ α+β+2, so g does not decrease; g(−1) = −z0 − 1 + 2(β+1)/N > 0. So |E| ≤ g(1) max|p'| = |E(1)|.
# 4. |p| is largest at s = 1 if also α ≥ −1/2 (Szegő 7.32.1); for α < −1/2 it is largest inside.
# 5. X and Y are both largest at s = 1, and so is X/s + Y/(1−s).
def _pair_at_end(values: Mapping[str, Any], t: int, point: Any) -> tuple[Any, Any]:
    """(P_t, P_t') at λ = L.

    With y = (L+ℓ)/(L−ℓ), P_t(L) = (−1)^t C(t+α, t)/(C(t+β, t)·F), F = ₂F₁(−t, t+α+β+1; β+1; (1−y)/2), a sum of t+1
    terms without cancellation (DLMF 18.5.7, 18.6.1); P_t'(L) = P_t(L)·N/((α+1)(L−ℓ)).
    """
    ell, width = values["ell"], values["L"] - values["ell"]
    alpha, beta, total = values["alpha"], values["beta"], values["ab"] + t + 1
    F = acb(-ell / width).hypgeom([acb(-t), acb(total)], [acb(beta + 1)], n=t + 1).real
    ratio = ((alpha + t + 1).lgamma() - (beta + t + 1).lgamma()).exp() * (beta + 1).gamma() / (alpha + 1).gamma()
    P = (-1) ** t * ratio / F
    return P, P * t * total / ((alpha + 1) * width)


_AT_LARGEST = Extremes(
    ("L",),
    _pair_at_end,
    "at the zeros of P_t'' and at both ends −E_t is a positive, increasing linear function of λ times P_t'; |P_t| and "
    "|P_t'| are largest at L (Szegő, Orthogonal Polynomials, Theorem 7.32.1)",
)


# With orthonormal p_n, P_t = p_t/p_t(0) and 1/p_t(0)² = ∫P_t² dμ. The Christoffel–Darboux formula at λ = 0, where the
# zeros of p_t and p_{t+1} interlace, bounds the kernel: K_t(0,0) ≤ a_{t+1}|p_t p_{t+1}|/(|z0|−1), and the quotient of
# monic p_{t+1} by p_t is at most |z0|+1, so K_t(0,0) ≤ p_t(0)²(|z0|+1)/(|z0|−1) = p_t(0)²/κ. And 1/K_t(0,0) is the
# least ∫P² dμ, at most that of Chebyshev's residual, (2ξ^t)². So (∫P_t² dμ)^(1/2) ≤ 2ξ^t/√κ, for any μ.
def _envelopes(values: Mapping[str, Any]) -> tuple[Envelope, ...]:
    """The bound above, the sizes of polynomials by ∫p² dμ, and Markov's |p'| ≤ t² max|p| on [−1, 1]."""
    mass, m = jacobi_mass(values["alpha"], values["beta"])
    energy = (2 / (values["ell"] / values["L"]).sqrt(),)
    P = polynomial_product(energy, size_of(mass, m))
    zero, width = 0 * energy[0], values["L"] - values["ell"]
    D = (zero, zero, *(2 * v / width for v in P))
    E = tuple(p + values["L"] * d for p, d in zip((*P, zero, zero), D, strict=True))
    return (Envelope(chebyshev_rate(values, lambda x: x.sqrt()), P, E, D),)


_DECAY = Decay(
    lambda values, sqrt: (chebyshev_rate(values, sqrt),),
    lambda values: larger(values["alpha"], values["beta"]) + fmpq(5, 2),
    _envelopes,
    upper="∫P_t²dμ ≤ 4ξ^(2t)/κ by Christoffel and Darboux; max|P|² is at most the kernel at (1, 1) times ∫P² for a "
    "weight (1−s²)^m below a multiple of μ (Szegő 4.5.8, 7.32), and Markov's inequality",
    lower="max|E_t| ≥ 1/|T_t(σ(0))| ≥ ξ^t for every method",
    power_source="asymptotic analysis: orthonormal Jacobi polynomials are of size t^(max(α,β)+1/2) at an end, their "
    "derivatives t² times that",
    power_proved=False,
)


class Jacobi(Method):
    """The method with P_t(λ) = p_t(σ(λ))/p_t(σ(0)), p_t the Jacobi polynomial of α and β.

    σ maps [ℓ, L] to [−1, 1]; p_t is orthogonal for the weight (1−s)^α(1+s)^β, so α belongs to λ = L and β to λ = ℓ.
    α = β = −1/2 is the Chebyshev method. P_t is no kernel polynomial: `Sobolev` with `eta=0` is.

    Parameters
    ----------
    spectrum : Spectrum
        With ℓ < L.
    alpha, beta : exact numbers or symbols > −1, default 0 (Legendre polynomials)

    Raises
    ------
    InvalidInput
        If ℓ = L, alpha ≤ −1 or beta ≤ −1.

    Notes
    -----
    For α ≥ β, α ≥ −1/2 the error polynomials are largest at λ = L (`extremes`): a bound at any t is two evaluations.

    References
    ----------
    DLMF 18.9.2 (recurrence); Szegő, Orthogonal Polynomials, 7.32 (largest values).
    """

    name: ClassVar[str] = "jacobi"
    decay: ClassVar[Decay | None] = _DECAY
    free: ClassVar[Free | None] = Free(
        WEIGHT, lambda spectrum, values: Jacobi(spectrum, values["alpha"], values["beta"])
    )
    options: ClassVar[tuple[str, ...]] = ("measure",)

    def __init__(self, spectrum: Spectrum, alpha: Any = 0, beta: Any = 0) -> None:
        require_interval(spectrum, "the Jacobi method")
        a, b = exponent(alpha, "alpha"), exponent(beta, "beta")
        shown = (v.expr if is_symbolic(v) else fraction_literal(v) for v in (a, b))
        self._define(spectrum, PROGRAM, f"Jacobi {','.join(map(str, shown))}", alpha=a, beta=b)
        if not self.is_symbolic and sign(a - b) >= 0 and sign(a + fmpq(1, 2)) >= 0:
            object.__setattr__(self, "extremes", _AT_LARGEST)

    @classmethod
    def rebuild(cls, spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]) -> Jacobi:
        """The two exponents."""
        return cls(spectrum, values["alpha"], values["beta"])

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> Jacobi:
        """Take --measure, a weight with two exponents such as jacobi:1/2,0."""
        if "measure" not in options:
            return cls(spectrum)
        measure = parse_measure(options["measure"])
        if not hasattr(measure, "alpha"):
            raise InvalidInput(f"measure = {options['measure']!r} is not allowed here; give jacobi:alpha,beta")
        return cls(spectrum, measure.alpha, measure.beta)
