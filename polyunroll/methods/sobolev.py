"""Sobolev-optimal methods: the overflow-free scheme for Gegenbauer weights, and the family for every measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from polyunroll.arithmetic.exact import public
from polyunroll.errors import InvalidInput
from polyunroll.measures import Gegenbauer, Jacobi, MarchenkoPastur, chebyshev, from_values, jacobi, parse_measure
from polyunroll.methods.base import Decay, Method, nonnegative, require_interval
from polyunroll.methods.free import WEIGHT, Free, Range
from polyunroll.methods.sobolev_banded import GEGENBAUER_DECAY, sobolev_for
from polyunroll.methods.sobolev_fixed import MEASURES, fixed_program, horizon_of, program_of_tails, refuse_horizon
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
        Register.of("kernel", "gamma*varpi**2*kernel[t-1] + A*A/sigma", "1", first=0),
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
    measure : a measure of polyunroll.measures, default the Chebyshev weight
    eta : exact number or symbol ≥ 0
        The weight of the derivative term, in units of λ².
    T : int, optional
        The horizon, for measures without a short recurrence (discrete and mixed ones, densities, estimates) and only
        for them: P_T is the minimiser, and earlier iterates are not.
    digits : int or "exact", optional
        For those: how P_T is computed. In doubles by default; with that many digits; or exactly, in rationals.

    Raises
    ------
    InvalidInput
        If ℓ = L, eta < 0, the measure is none of polyunroll's, its support is not the spectrum's, T is missing or not
        wanted, or a discrete measure has too few atoms for it: N atoms support T ≤ 2N−1, or N−1 if η = 0.

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Section 5. The recurrences: `orthogonal.gegenbauer`,
    `orthogonal.jacobi` and `orthogonal.marchenko_pastur`.
    """

    name: ClassVar[str] = "sobolev"
    decay: ClassVar[Decay | None] = GEGENBAUER_DECAY
    free: ClassVar[Free | None] = Free(
        (*WEIGHT, Range("eta", 1e-5, 1e3, is_logarithmic=True)),  # η in units of L²
        lambda spectrum, values: Sobolev(
            spectrum, jacobi(values["alpha"], values["beta"]), public(values["eta"] * spectrum.high**2)
        ),
    )
    options: ClassVar[tuple[str, ...]] = ("measure", "eta", "horizon")

    def __init__(
        self, spectrum: Spectrum, measure: Any = None, eta: Any = 1, T: int | None = None, digits: Any = None
    ) -> None:
        require_interval(spectrum, "a Sobolev method")
        weight = chebyshev() if measure is None else measure
        number = nonnegative(eta, "eta")
        label = f"Sobolev {weight}, η={getattr(number, 'expr', number)}"
        if isinstance(weight, MEASURES):
            self._define(spectrum, fixed_program("sobolev", spectrum, weight, number, T, digits), label)
            object.__setattr__(self, "decay", None)
            object.__setattr__(self, "is_whole", True)
            return
        refuse_horizon(weight, T, digits)
        if isinstance(weight, Gegenbauer):
            self._define(spectrum, PROGRAM, label, eta=number, a=weight.a)
        elif isinstance(weight, (Jacobi, MarchenkoPastur)):
            weight.require_hull(spectrum)
            banded = sobolev_for(weight)
            self._define(spectrum, banded.program, label, eta=number, **banded.values)
            object.__setattr__(self, "decay", banded.decay)
        else:
            raise InvalidInput(f"measure = {measure!r} is not a measure; give one, such as measures.legendre()")

    @classmethod
    def rebuild(cls, spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]) -> Sobolev:
        """The measure's parameters and eta, or the table of a method with a horizon."""
        if not tables:
            return cls(spectrum, from_values(values), values["eta"])
        made = object.__new__(cls)
        made._define(spectrum, program_of_tails(spectrum, tables["tail"]), f"Sobolev, {len(tables['tail'])} steps")
        object.__setattr__(made, "decay", None)
        object.__setattr__(made, "is_whole", True)
        return made

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> Sobolev:
        """Take --measure (such as chebyshev, jacobi:alpha,beta or eigenvalues:FILE), --eta and --horizon."""
        measure = parse_measure(options["measure"]) if "measure" in options else None
        return cls(spectrum, measure, options.get("eta", "1"), horizon_of(options))
