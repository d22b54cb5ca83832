"""Jacobian kernels: the methods that are least, in the mean over a measure, in the error polynomial E_t itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from polyunroll.arithmetic.exact import sign
from polyunroll.errors import InvalidInput
from polyunroll.measures import Gegenbauer, Jacobi, MarchenkoPastur, chebyshev, from_values, jacobi, parse_measure
from polyunroll.methods.base import Decay, Method, nonnegative, require_interval
from polyunroll.methods.free import WEIGHT, Free, Range
from polyunroll.methods.sobolev_banded import jacobian_kernel_for
from polyunroll.methods.sobolev_fixed import MEASURES, fixed_program, horizon_of, program_of_tails, refuse_horizon
from polyunroll.spectrum import Spectrum

__all__ = ["JacobianKernel"]


class JacobianKernel(Method):
    """The method whose P_t minimises ∫(P−λP')²dμ + c∫P²dμ among P of degree t with P(0) = 1.

    E_t = P_t − λP_t' multiplies ∂x_0 − ∂x* in the Jacobian's error (split `total`). Without the second term the product
    would vanish on P = λ, so c > 0.

    P_t is the kernel polynomial K_t(λ,0)/K_t(0,0) of that product. For Jacobi weights and the Marchenko–Pastur law its
    orthogonal polynomials S_n have a short recurrence: the combinations F_n of two or three orthogonal polynomials of μ
    whose derivative is as short have F_n − λF_n' of the same length, so the product's Gram matrix in the F_n is banded.

    Parameters
    ----------
    spectrum : Spectrum
        With ℓ < L.
    measure : a measure of polyunroll.measures, default the Chebyshev weight
    c : exact number or symbol > 0
    T, digits : optional
        The horizon, and how it is computed, for measures without a short recurrence, as in `Sobolev`.

    Raises
    ------
    InvalidInput
        If ℓ = L, c ≤ 0, the measure is none of polyunroll's, its support is not the spectrum's, T is missing or not
        wanted, or a discrete measure has too few atoms for it: N atoms support T ≤ 2N−1.

    Notes
    -----
    The recurrence: `orthogonal.kernel`; the Gram matrices: `orthogonal.jacobi`, `orthogonal.marchenko_pastur`.
    """

    name: ClassVar[str] = "jacobian-kernel"
    decay: ClassVar[Decay | None] = jacobian_kernel_for(chebyshev()).decay
    free: ClassVar[Free | None] = Free(
        (*WEIGHT, Range("c", 1e-3, 1e3, is_logarithmic=True)),
        lambda spectrum, values: JacobianKernel(spectrum, jacobi(values["alpha"], values["beta"]), values["c"]),
    )
    options: ClassVar[tuple[str, ...]] = ("measure", "c", "horizon")

    def __init__(
        self, spectrum: Spectrum, measure: Any = None, c: Any = 1, T: int | None = None, digits: Any = None
    ) -> None:
        require_interval(spectrum, "a Jacobian kernel")
        weight = chebyshev() if measure is None else measure
        number = positive_weight(c)
        label = f"Jacobian kernel {weight}, c={getattr(number, 'expr', number)}"
        if isinstance(weight, MEASURES):
            self._define(spectrum, fixed_program("jacobian", spectrum, weight, number, T, digits), label)
            object.__setattr__(self, "decay", None)
            object.__setattr__(self, "is_whole", True)
            return
        if not isinstance(weight, (Gegenbauer, Jacobi, MarchenkoPastur)):
            raise InvalidInput(f"measure = {measure!r} is not a measure; give one, such as measures.legendre()")
        refuse_horizon(weight, T, digits)
        if isinstance(weight, MarchenkoPastur):
            weight.require_hull(spectrum)
        banded = jacobian_kernel_for(weight)
        self._define(spectrum, banded.program, label, c=number, **banded.values)
        object.__setattr__(self, "decay", banded.decay)

    @classmethod
    def rebuild(cls, spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]) -> JacobianKernel:
        """The measure's parameters and c, or the table of a method with a horizon."""
        if not tables:
            return cls(spectrum, from_values(values), values["c"])
        made = object.__new__(cls)
        label = f"Jacobian kernel, {len(tables['tail'])} steps"
        made._define(spectrum, program_of_tails(spectrum, tables["tail"]), label)
        object.__setattr__(made, "decay", None)
        object.__setattr__(made, "is_whole", True)
        return made

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> JacobianKernel:
        """Take --measure (such as chebyshev, jacobi:alpha,beta or eigenvalues:FILE), --c and --horizon."""
        measure = parse_measure(options["measure"]) if "measure" in options else None
        return cls(spectrum, measure, options.get("c", "1"), horizon_of(options))


def positive_weight(c: Any) -> Any:
    """An exact number > 0, or a symbol."""
    number = nonnegative(c, "c")
    if type(number).__name__ != "Symbolic" and sign(number) == 0:
        raise InvalidInput(f"c = {c} is not allowed; without its second term the product vanishes on P = lambda: c > 0")
    return number
