"""Sobolev-optimal methods for Gegenbauer weights, by the overflow-free scheme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from polyunroll.arithmetic.exact import sign
from polyunroll.errors import InvalidInput
from polyunroll.measures import Gegenbauer, chebyshev, gegenbauer, parse_measure
from polyunroll.methods.base import Method, nonnegative, require_spectrum
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
