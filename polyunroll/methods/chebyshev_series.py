"""Any polynomial with P(0) = 1 as a method of O(1) memory, through its Chebyshev series.

With p_n = T_n(σ)/T_n(σ(0)), the residuals of the Chebyshev method, P = Σ w_n p_n where w_n = c_n T_n(σ(0)), c_n the
Chebyshev coefficients of P, and Σ w_n = P(0) = 1. Summed by parts,

    P = p_0 + Σ_{n=1…T} τ_n (p_n − p_{n−1}),    τ_n = w_n + w_{n+1} + … + w_T.

So the Chebyshev method runs, and a second vector collects its moves, each times its τ. Every combination then has
weight 1 whatever the τ_n are: there is no partial sum of another weight, no table can break P(0) = 1, and rounded τ_n
still give a method. Clenshaw's backward scheme would ask for gradients at states of weight ≠ 1; a running sum Σ w_n p_n
has such states too, and is no iterate before the last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from flint import fmpq, fmpq_poly

from polyunroll.arithmetic.exact import Exact, exact, is_symbolic, is_sympy, sign
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Method, require_spectrum
from polyunroll.output.literals import fraction_literal
from polyunroll.program import Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["BASES", "FixedPolynomial"]

BASES = ("power", "chebyshev")

_ALLOWED = "ascending coefficients, a SymPy Poly, or NumPy's Polynomial or Chebyshev"
_SHOWN = 60  # characters of a long number in a message


def _program(tails: tuple[Exact, ...]) -> Program:
    """States: the Chebyshev method's iterate y and its last move, and the output x."""
    return Program.of(
        parameters=("ell", "L"),
        constants={"rho2": "((L-ell)/(L+ell))**2", "h": "2/(L+ell)"},
        registers=(
            Register.of("omega", "1/(1 - rho2*omega[t-1]/4)", "1", "1/(1 - rho2/2)"),
            Register.of("momentum", "rho2*omega*omega[t-1]/4", "0", "rho2*omega/2"),
            Register.tabulated("tail", tails),
        ),
        states=(State.of("x"), State.of("y"), State.of("move", "0")),
        query={"y": "1"},
        assignments={
            "move": {"move": "momentum", "gradient": "-omega*h"},
            "y": {"y": "1", "move": "1"},
            "x": {"x": "1", "move": "tail"},
        },
    )


class FixedPolynomial(Method):
    """The method with a given residual polynomial P_T = P, P(0) = 1, in three vectors.

    Its iterate at a step t < T has the residual p_0 + Σ_{n≤t} τ_n(p_n − p_{n−1}) (see the module), of weight 1 too.

    Parameters
    ----------
    spectrum : Spectrum
        Without symbols.
    p : sequence of exact numbers, sympy.Poly, or numpy.polynomial.Polynomial or Chebyshev
        Needed. Ascending coefficients; a float means its shortest decimal. The horizon T is their number less one, so
        zeros at the end are steps too. NumPy's objects keep their domain and window.
    basis : {"power", "chebyshev"}
        What a plain sequence holds: coefficients of 1, λ, λ², … or of T_0(σ), T_1(σ), …, σ the map of [ℓ, L] to
        [−1, 1].
    normalise : bool
        Divide by P(0) first, exactly; for rounded coefficients.

    Raises
    ------
    InvalidInput
        If P(0) is not exactly 1 (with `normalise`: is 0), or an argument is none of these.
    OutsideField
        If the coefficients and the spectrum do not lie in one ℚ(√d).

    References
    ----------
    DLMF 18.9.1 (recurrence of T_n); Mason and Handscomb, Chebyshev Polynomials, 2003, Section 2.4 (series).

    Examples
    --------
    >>> from polyunroll import FixedPolynomial, Spectrum, residual
    >>> residual(FixedPolynomial(Spectrum(1, 3), [1, "-1/2", "1/7"]), 2)
    Poly(1/7*lambda**2 - 1/2*lambda + 1, lambda, domain='QQ')
    """

    name: ClassVar[str] = "polynomial"
    options: ClassVar[tuple[str, ...]] = ("coefficients",)

    def __init__(self, spectrum: Spectrum, p: Any = None, basis: str = "power", normalise: bool = False) -> None:
        _require_numbers(spectrum)
        if basis not in BASES:
            raise InvalidInput(f"basis = {basis!r} is not known; give {' or '.join(BASES)}")
        weights = _weights(spectrum, *_read(p, basis))
        total = sum(weights, fmpq(0))
        if normalise and total != 0:
            weights = [w / total for w in weights]
        elif total != 1:
            shown = fraction_literal(total)
            shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
            divide = "it must be exactly 1; divide the coefficients by it (in Python, normalise=True does)"
            hint = "it must not be 0" if normalise else divide
            raise InvalidInput(f"the polynomial has P(0) = {shown}; {hint}")
        self._define_tails(spectrum, _tails(weights))

    def _define_tails(self, spectrum: Spectrum, tails: tuple[Exact, ...]) -> None:
        self._define(spectrum, _program(tails), f"polynomial of degree {len(tails)}")

    @classmethod
    def from_tails(cls, spectrum: Spectrum, tails: Iterable[Any]) -> FixedPolynomial:
        """The method with given τ_1 … τ_T; any numbers give P(0) = 1.

        Parameters
        ----------
        spectrum : Spectrum
        tails : iterable of exact numbers
            τ_n = Σ_{k≥n} c_k T_k(σ(0)), c_k the Chebyshev coefficients.

        Raises
        ------
        InvalidInput
            If one of them is no number.
        """
        _require_numbers(spectrum)
        made = object.__new__(FixedPolynomial)
        made._define_tails(spectrum, tuple(_number(value, f"tails[{i}]") for i, value in enumerate(tails)))
        return made

    @classmethod
    def rebuild(cls, spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]) -> FixedPolynomial:
        """The table of τ_n."""
        return cls.from_tails(spectrum, tables["tail"])

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> FixedPolynomial:
        """Take --coefficients, ascending and separated by commas."""
        if "coefficients" not in options:
            raise InvalidInput("the method polynomial needs --coefficients, ascending, such as 1,-3/2,1/2")
        return cls(spectrum, options["coefficients"].split(","))

    @property
    def tails(self) -> tuple[Exact, ...]:
        """τ_1 … τ_T, exactly."""
        (table,) = (register.table for register in self.program.registers if register.table is not None)
        return table

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.spectrum}, {self.horizon} steps)"


def _require_numbers(spectrum: Spectrum) -> None:
    require_spectrum(spectrum)
    if spectrum.is_symbolic:
        raise InvalidInput(f"the spectrum {spectrum} has symbols; a fixed polynomial needs numbers")


# -- what a user gives -------------------------------------------------------------------------------------------------
def _number(value: Any, name: str) -> Exact:
    number = exact(value, name)
    if is_symbolic(number):
        raise InvalidInput(f"{name} = {value} has symbols; a fixed polynomial needs numbers")
    return number  # type: ignore[no-any-return]


def _read(p: Any, basis: str) -> tuple[list[Exact], str, tuple[Exact, Exact] | None]:
    """Coefficients, their basis, and (u(0), u') of its argument u if that is neither λ nor (Chebyshev) σ."""
    window = None
    if is_sympy(p):
        if not hasattr(p, "all_coeffs") or len(p.gens) != 1:
            raise InvalidInput(f"p = {p} is not a polynomial in one variable; give a sympy.Poly of one generator")
        values: Iterable[Any] = reversed(p.all_coeffs())
    elif all(hasattr(p, name) for name in ("coef", "domain", "window")):
        kinds = {"Polynomial": "power", "Chebyshev": "chebyshev"}
        if type(p).__name__ not in kinds:
            raise InvalidInput(f"p is NumPy's {type(p).__name__}; give a Polynomial or a Chebyshev")
        basis, values, window = kinds[type(p).__name__], p.coef.tolist(), _window(p)
    elif isinstance(p, Sequence) and not isinstance(p, (str, bytes)):
        values = p
    elif getattr(p, "ndim", 0) == 1:
        values = list(p)
    else:
        raise InvalidInput(f"p is {'missing' if p is None else f'a {type(p).__name__}'}; give {_ALLOWED}")
    coefficients = [_number(value, f"p[{i}]") for i, value in enumerate(values)]
    if not coefficients:
        raise InvalidInput(f"p is empty; give {_ALLOWED}")
    return coefficients, basis, window


def _window(p: Any) -> tuple[Exact, Exact]:
    """(u(0), u') of the map u(λ) of a NumPy polynomial's domain to its window."""
    (d0, d1), (w0, w1) = ([_number(v, "p's domain") for v in ends.tolist()] for ends in (p.domain, p.window))
    if d0 == d1:
        raise InvalidInput("p has a domain of one point; give one with two different ends")
    return (w0 * d1 - w1 * d0) / (d1 - d0), (w1 - w0) / (d1 - d0)


# -- from coefficients to τ --------------------------------------------------------------------------------------------
def _tails(weights: list[Any]) -> tuple[Exact, ...]:
    total, found = fmpq(0), []
    for w in reversed(weights[1:]):
        total = total + w
        found.append(total)
    return tuple(reversed(found))


def _weights(spectrum: Spectrum, coefficients: list[Any], basis: str, window: tuple[Any, Any] | None) -> list[Any]:
    """w_0 … w_T. On a spectrum of one point the Chebyshev method is gradient descent, and p_n = (1 − λ/L)^n."""
    center, radius = spectrum.center, spectrum.radius
    if sign(radius) == 0:
        if basis == "chebyshev" and window is None:
            raise InvalidInput(f"the spectrum {spectrum} is one point and has no Chebyshev series; give basis='power'")
        powers = _powers(coefficients) if basis == "chebyshev" else coefficients
        start, slope = window or (fmpq(0), fmpq(1))
        return _composed(powers, start + slope * center, -slope * center)
    if basis == "power" or window is not None:
        start, slope = window or (fmpq(0), fmpq(1))
        shift, scale = start + slope * center, slope * radius
        if basis == "power" or (shift, scale) != (0, 1):
            powers = _powers(coefficients) if basis == "chebyshev" else coefficients
            coefficients = _chebyshev(_composed(powers, shift, scale))
    at_zero = -center / radius
    weights, previous, value = [], fmpq(1), at_zero
    for k, c in enumerate(coefficients):
        if k > 1:
            previous, value = value, 2 * at_zero * value - previous
        weights.append(c * value if k else c)
    return weights


def _composed(coefficients: list[Any], shift: Any, scale: Any) -> list[Any]:
    """Coefficients of Σ c_k (shift + scale·s)^k in powers of s, as many as there were."""
    if all(isinstance(v, fmpq) for v in (shift, scale, *coefficients)):
        found = fmpq_poly(coefficients)(fmpq_poly([shift, scale])).coeffs()
        return found + [fmpq(0)] * (len(coefficients) - len(found))
    total: list[Any] = []
    for c in reversed(coefficients):
        moved = [fmpq(0), *(scale * v for v in total)]
        total = [m + shift * v for m, v in zip(moved, [*total, fmpq(0)], strict=True)]
        total[0] = total[0] + c
        total = total[: len(coefficients)]
    return total


def _chebyshev(powers: list[Any]) -> list[Any]:
    """Chebyshev coefficients of Σ c_k s^k: half the powers at a time, s^k = ((z + 1/z)/2)^k."""
    n = len(powers) - 1
    if not all(isinstance(v, fmpq) for v in powers):
        total: list[Any] = []
        for c in reversed(powers):
            moved = [fmpq(0)] * (len(total) + 1)
            for k, v in enumerate(total):
                moved[k + 1] = moved[k + 1] + (v if k == 0 else v / 2)
                if k:
                    moved[k - 1] = moved[k - 1] + v / 2
            moved[0] = moved[0] + c
            total = moved[: n + 1]
        return total
    factors = {1: fmpq_poly([fmpq(1, 2), 0, fmpq(1, 2)])}  # z·s, and its powers
    found = _laurent(powers, factors).coeffs()
    found += [fmpq(0)] * (2 * n + 1 - len(found))
    return [found[n], *(2 * found[n + k] for k in range(1, n + 1))]


def _laurent(powers: list[Any], factors: dict[int, Any]) -> Any:
    """z^n Σ c_k s^k as a polynomial in z, n + 1 coefficients."""
    n = len(powers) - 1
    if n == 0:
        return fmpq_poly(powers)
    half = 1 << (n.bit_length() - 1)
    if half not in factors:
        factors[half] = _power_of(half, factors)
    low, high = _laurent(powers[:half], factors), _laurent(powers[half:], factors)
    # z^n (low + s^half·high): low has degree half − 1 in s, high n − half
    return low.left_shift(n - half + 1) + factors[half] * high


def _power_of(exponent: int, factors: dict[int, Any]) -> Any:
    if exponent not in factors:
        root = _power_of(exponent // 2, factors)
        factors[exponent] = root * root
    return factors[exponent]


def _powers(chebyshev: list[Any]) -> list[Any]:
    """Coefficients of Σ c_k T_k(u) in powers of u."""
    previous: list[Any] = [fmpq(1)]
    value: list[Any] = [fmpq(0), fmpq(1)]
    total: list[Any] = [fmpq(0)] * len(chebyshev)
    for k, c in enumerate(chebyshev):
        if k > 1:
            grown = [fmpq(0), *(2 * v for v in value)]
            for i, v in enumerate(previous):
                grown[i] = grown[i] - v
            previous, value = value, grown
        for i, v in enumerate(value if k else [fmpq(1)]):
            if v != 0:
                total[i] = total[i] + c * v
    return total
