"""Sobolev-optimal methods for Gegenbauer weights, by the overflow-free scheme."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb, factorial
from typing import Any, ClassVar

from polyunroll.arithmetic.exact import sign
from polyunroll.errors import InvalidInput
from polyunroll.measures import Gegenbauer, chebyshev, gegenbauer, parse_measure
from polyunroll.methods.base import Decay, Envelope, Method, chebyshev_rate, nonnegative, require_spectrum
from polyunroll.orthogonal.gegenbauer import REGISTERS
from polyunroll.program import Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["Sobolev"]

# States are q = Q_n/Q_n(0), which all weights ≥ 0 keep away from 0/0, y = S_n/Q_n(0) with weight A_n, which may
# vanish, and x, the running average that is K_n(λ,0)/K_n(0,0). varpi is Q_{n−1}(0)/Q_n(0), kernel the normalised
# K_n(0,0)k_n/Q_n(0)², so no number here grows or decays with n. Here "0" is λ = 0, that is s = s0.
PROGRAM = Program.of(
    parameters=("ell", "L", "eta", "a"),
    constants={"s0": "-(L+ell)/(L-ell)", "eta_s": "4*eta/(L-ell)**2", "h": "2/(L-ell)"},
    registers=(
        *REGISTERS,
        Register.of("varpi", "1/(s0 - gamma[t-1]*varpi[t-1])", "0", first=0),
        Register.of("A", "1 + varpi*varpi[t-1]*(c - d*A[t-2])", "1", "1", "1", first=-1),
        Register.of("kernel", "gamma*varpi**2*kernel[t-1] + A**2/sigma", "1", first=0),
    ),
    states=(
        State.of("x"),
        State.of("q"),
        State.of("q_previous"),
        State.of("y", "A"),
        State.of("y_previous", "A[t-1]"),
    ),
    query={"q": "1"},
    assignments={
        "q_next": {
            "q": "varpi*s0",
            "q_previous": "-varpi*gamma[t-1]*varpi[t-1]",
            "gradient": "varpi*h",
        },
        "y_next": {
            "q_next": "1",
            "q_previous": "varpi*varpi[t-1]*c",
            "y_previous": "-varpi*varpi[t-1]*d",
        },
        "x": {"x": "gamma*varpi**2*kernel[t-1]/kernel", "y_next": "A/(sigma*kernel)"},
        "q_previous": {"q": "1"},
        "q": {"q_next": "1"},
        "y_previous": {"y": "1"},
        "y": {"y_next": "1"},
    },
)


# In s = σ(λ), ' = d/ds and μ of mass 1, P_t is the least of ∫P² dμ + η_s∫P'² dμ among P of degree ≤ t that are 1 at
# λ = 0. Chebyshev's residual T_t/T_t(s0) is one of them, with |T_t| ≤ 1, |T_t'| ≤ t², 1/|T_t(s0)| ≤ 2ξ^t. So
#
#     ∫P_t² dμ + η_s∫P_t'² dμ ≤ (1 + η_s t⁴)·4ξ^(2t) ≤ (2(1 + √η_s t²)ξ^t)².
#
# With an integer m ≥ max(0, a − 1/2), M dμ = (1−s²)^(a−1/2) ds ≥ (1−s²)^m ds, M = √π Γ(a+1/2)/Γ(a+1). For p of degree n
# max|p|² ≤ K_n(1,1)∫p²(1−s²)^m ds, K_n the kernel of that weight, largest at (1, 1) (Szegő, Theorem 7.32.1) and there
#
#     2^(−2m−1)/(m!(m+1)!)·(n+1)(n+2)…(n+2m+1)·(n+m+1) ≤ 2^(−2m−1)/(m!(m+1)!)·(n+m+1)^(2m+2)    (4.5.8).
#
# That bounds P_t (n = t), and P_t' in two ways: by Markov's |P_t'| ≤ t² max|P_t|, and (n = t−1) by ∫P_t'² dμ itself.


def _product(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
    """The product of two polynomials."""
    total = [0 * a[0]] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            total[i + j] = total[i + j] + x * y
    return tuple(total)


def _envelopes(values: Mapping[str, Any]) -> tuple[Envelope, ...]:
    """The bounds above, with that on P_t' which is smaller for t near 10/ln(1/ξ)."""
    a, ratio, width = values["a"], chebyshev_rate(values, lambda x: x.sqrt()), values["L"] - values["ell"]
    zero, half, m = 0 * a, 0 * a + 1 / (0 * a + 2), 0
    while not a <= half + m:
        m += 1
    mass = half.gamma() * (a + half).gamma() / (a + 1).gamma()
    size = 2 * (mass / (2 ** (2 * m + 1) * factorial(m) * factorial(m + 1))).sqrt()
    root = values["eta_s"].sqrt()
    energy = (size, zero, size * root)
    P = _product(energy, _shifted_power(m + 1, m + 1))
    if root * (10 / ratio.log()) ** 2 > 1:
        D = tuple(v / root for v in _product(energy, _shifted_power(m, m + 1)))
    else:
        D = (zero, zero, *P)
    length = max(len(P), len(D))
    P, D = (tuple(p) + (zero,) * (length - len(p)) for p in (P, [2 * v / width for v in D]))
    return (Envelope(ratio, P, tuple(p + values["L"] * d for p, d in zip(P, D, strict=True)), D),)


def _shifted_power(shift: int, exponent: int) -> tuple[int, ...]:
    """(t + shift)^exponent."""
    return tuple(comb(exponent, k) * shift ** (exponent - k) for k in range(exponent + 1))


def _power(values: Mapping[str, Any]) -> Any:
    """P_t' is like an orthonormal polynomial of the weight, of size t^a at ±1 and t^0 inside, times t ξ^t.

    That is for η > 0, where the orthonormal Sobolev polynomials have derivatives like those; for η = 0 P_t is like
    one times ξ^t, and its derivative is largest at ±1, t² times larger.
    """
    a = values["a"]
    if sign(values["eta"]) == 0:
        return a + 2
    return a + 1 if sign(a) > 0 else 1


_DECAY = Decay(
    lambda values, sqrt: (chebyshev_rate(values, sqrt),),
    _power,
    _envelopes,
    upper="P_t minimises ∫P²dμ + η∫P'²dμ, which for Chebyshev's residual is ≤ (1 + η_s t⁴)·4ξ^(2t); max|P|² is at most "
    "the kernel at (1, 1) times ∫P² for a weight (1−s²)^m below (1−s²)^(a−1/2) (Szegő 4.5.8, 7.32)",
    lower="max|E_t| ≥ 1/|T_t(σ(0))| ≥ ξ^t for every method",
    power_source="asymptotic analysis: orthonormal Gegenbauer polynomials are of size t^a at ±1",
    power_proved=False,
)


class Sobolev(Method):
    """The method whose P_t minimises ∫P²dμ + η∫P'²dμ among P of degree t with P(0) = 1.

    P_t is the kernel polynomial K_t(λ,0)/K_t(0,0) of the Sobolev product, carried as a running average; it
    never divides by S_t(0), which may vanish. It minimises the expected squared Jacobian error in the split
    `partial` when ∂x_0−∂x* and ∂H(x_0−x*) are independent, zero-mean and isotropic given H, with variances in
    the ratio η, and μ is the expected spectral density of H.

    Parameters
    ----------
    spectrum : Spectrum
        With ℓ < L.
    measure : Gegenbauer, default the Chebyshev weight
    eta : exact number or symbol ≥ 0
        The weight of the derivative term, in units of λ².

    Raises
    ------
    InvalidInput
        If ℓ = L, eta < 0 or the measure is none of polyunroll's.

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 5. The recurrences: `orthogonal.gegenbauer`.
    """

    name: ClassVar[str] = "sobolev"
    decay: ClassVar[Decay | None] = _DECAY
    options: ClassVar[tuple[str, ...]] = ("measure", "eta")

    def __init__(self, spectrum: Spectrum, measure: Gegenbauer | None = None, eta: Any = 1) -> None:
        require_spectrum(spectrum)
        weight = chebyshev() if measure is None else measure
        if not isinstance(weight, Gegenbauer):
            raise InvalidInput(f"measure = {measure!r} is not a measure; give one of polyunroll.measures")
        number = nonnegative(eta, "eta")
        if not spectrum.is_symbolic and sign(spectrum.radius) == 0:
            raise InvalidInput(f"the spectrum {spectrum} is one point; a Sobolev method needs ell < L")
        self._define(
            spectrum,
            PROGRAM,
            f"Sobolev {weight}, η={getattr(number, 'expr', number)}",
            eta=number,
            a=weight.a,
        )

    @classmethod
    def rebuild(cls, spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]) -> Sobolev:
        """The Gegenbauer parameter and eta."""
        return cls(spectrum, gegenbauer(values["a"]), values["eta"])

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> Sobolev:
        """Take --measure (chebyshev, legendre or gegenbauer:a) and --eta."""
        measure = parse_measure(options["measure"]) if "measure" in options else None
        return cls(spectrum, measure, options.get("eta", "1"))
