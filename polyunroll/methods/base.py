"""What every method is: a program, the exact values of its parameters, and a spectrum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from polyunroll.arithmetic.exact import Exact, exact, is_symbolic, public, sign, sqrt
from polyunroll.arithmetic.expression import parse_step
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.methods.free import Free
from polyunroll.output.literals import fraction_literal
from polyunroll.program import Program
from polyunroll.spectrum import Spectrum

__all__ = [
    "STEP_NAMES",
    "Decay",
    "Envelope",
    "Extremes",
    "Method",
    "chebyshev_rate",
    "nonnegative",
    "require_interval",
    "require_spectrum",
    "step_size",
]

STEP_NAMES = ("L", "ell", "kappa")
"""What a step-size expression may name, besides sqrt."""


@dataclass(frozen=True)
class Extremes:
    """A fact about one family: where its error polynomials are largest, and their values there.

    Attributes
    ----------
    points : tuple of {"ell", "L"}
        For every t and R, G ≥ 0, the maxima over [ℓ, L] of |P|, |E|, |D|, of R|A| + G|D| and of X/s + Y/(1−s), A
        being E or P, X and Y the squares of R·A and G·D, are attained at one of these points.
    pair : function of (ball of each parameter and constant, t, the point's ball)
        (P_t, P_t') there, in balls, fast enough for t = 10⁶; t ≥ 1.
    source : str
        Where this is proved.
    is_rational : bool
        Whether `pair` takes exact numbers as well.
    """

    points: tuple[str, ...]
    pair: Callable[[Mapping[str, Any], int, Any], tuple[Any, Any]]
    source: str
    is_rational: bool = False


@dataclass(frozen=True)
class Envelope:
    """Bounds ratio^t·(a polynomial in t) on max|P_t|, max|E_t| and max|D_t|; all in balls ≥ 0.

    Attributes
    ----------
    ratio : ball
    P, E, D : tuple of balls
        The polynomials' coefficients, ascending in t. None is negative, so that each term t^k·ratio^t decreases
        from t = k/ln(1/ratio) on.
    """

    ratio: Any
    P: tuple[Any, ...]
    E: tuple[Any, ...]
    D: tuple[Any, ...]


@dataclass(frozen=True)
class Decay:
    """A fact about one family without horizon: how fast its worst cases decay (or grow), for all t.

    Attributes
    ----------
    moduli : function of (exact parameters and constants, square root)
        Numbers ≥ 0, the largest of which is the asymptotic rate ρ: the limit of V_t^(1/t), R > 0. ρ = 0 only on a
        spectrum of one point, where the method is gradient descent with step 1/L: P_t = (1 − λ/L)^t.
    power : function of exact parameters and constants
        p with V_t between two positive multiples of t^p ρ^t for large t, in the split `total`, R > 0, ρ > 0.
    envelopes : function of (ball of each parameter and constant)
        For every t ≥ 1 each of max|P_t|, max|E_t|, max|D_t| over [ℓ, L] is at most the largest of the envelopes'
        values; for ρ > 0.
    upper, lower : str
        Why the envelopes hold, and why V_t is not smaller than ρ^t says.
    power_source : str
        Why p is the power.
    power_proved : bool
        Whether that is a proof, or asymptotic analysis.
    """

    moduli: Callable[[Mapping[str, Any], Callable[[Any], Any]], tuple[Any, ...]]
    power: Callable[[Mapping[str, Any]], Any]
    envelopes: Callable[[Mapping[str, Any]], tuple[Envelope, ...]]
    upper: str
    lower: str
    power_source: str
    power_proved: bool = True


def chebyshev_rate(values: Mapping[str, Any], sqrt: Callable[[Any], Any]) -> Any:
    """ξ = (1−√κ)/(1+√κ) = (L−ℓ)/(L+ℓ+2√(ℓL)), in any field: the least rate a method with fixed coefficients can have.

    max|E_t| ≥ 1/|T_t(σ(0))| = 2/(ξ^t + ξ^−t) ≥ ξ^t, E_t being of degree ≤ t with E_t(0) = 1.
    """
    ell, high = values["ell"], values["L"]
    return (high - ell) / (high + ell + 2 * sqrt(ell * high))


@dataclass(frozen=True, init=False, repr=False)
class Method:
    """A first-order method with fixed coefficients on a spectrum.

    A family subclasses this, one file a family, and calls `_define` with its program. Methods are equal
    when spectrum, program and parameters are.

    Attributes
    ----------
    spectrum : Spectrum
    program : Program
    values : tuple of (name, exact number)
        The program's parameters.
    label : str
        What tables and plots call it.
    """

    spectrum: Spectrum
    program: Program
    values: tuple[tuple[str, Any], ...]
    label: str = field(compare=False)

    extremes: ClassVar[Extremes | None] = None
    """Where the error polynomials are largest, for families (or single methods) that know; see `Extremes`."""
    decay: ClassVar[Decay | None] = None
    """How fast the worst cases decay, for families that know; see `Decay`."""
    is_whole: ClassVar[bool] = False
    """Whether it is the method asked for at t = `horizon` only, not on the way."""
    free: ClassVar[Free | None] = None
    """The family's free parameters, for families that have some."""
    name: ClassVar[str] = ""
    """The family's name on the command line."""
    found: str = field(default="", init=False, compare=False)
    """Of a method that a search found: in what sense it is the best, and how near, for reports."""
    options: ClassVar[tuple[str, ...]] = ()
    """The command line options the family takes, of step, measure, eta, c and others."""

    def _define(self, spectrum: Spectrum, program: Program, label: str, **values: Any) -> None:
        require_spectrum(spectrum)
        object.__setattr__(self, "spectrum", spectrum)
        object.__setattr__(self, "program", program)
        object.__setattr__(self, "values", (*spectrum.parameters, *values.items()))
        object.__setattr__(self, "label", label)

    @property
    def horizon(self) -> int | None:
        """None for an anytime method, T for one that is defined for T steps only."""
        return self.program.horizon

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters as users see them: Fractions, numbers of ℚ(√d), SymPy expressions."""
        return {name: public(value) for name, value in self.values}

    @property
    def is_symbolic(self) -> bool:
        """Whether a parameter contains a symbol."""
        tables = (value for register in self.program.registers for value in register.table or ())
        return any(is_symbolic(value) for value in (*(value for _, value in self.values), *tables))

    def require_steps(self, steps: int) -> None:
        """Refuse more steps than a fixed-horizon method has.

        Raises
        ------
        HorizonError
        """
        if self.horizon is not None and steps > self.horizon:
            raise HorizonError(f"t = {steps} is beyond this method's {self.horizon} steps; give t <= {self.horizon}")

    def require_answer(self, steps: int) -> None:
        """Refuse a number of steps that the method was not made for, where a statement on it is asked for.

        Raises
        ------
        HorizonError
        """
        self.require_steps(steps)
        if self.is_whole and steps not in (0, self.horizon):
            raise HorizonError(
                f"t = {steps} is not this method's horizon; it is made for {self.horizon} steps as a whole: "
                f"give t = {self.horizon}"
            )

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> Method:
        """Build the method from command line texts; families with options override it."""
        return cls(spectrum)  # type: ignore[call-arg]

    def as_data(self) -> dict[str, Any]:
        """The method as plain data: its family's name, its parameters as exact text, and its tables if it has any."""
        data: dict[str, Any] = {
            "name": self.name,
            "parameters": {name: fraction_literal(value) for name, value in self.values},
        }
        tables = {r.name: [fraction_literal(v) for v in r.table] for r in self.program.registers if r.table is not None}
        return {**data, "tables": tables} if tables else data

    @classmethod
    def rebuild(cls, spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]) -> Method:
        """The method of `as_data`'s parameters (ell and L taken out) and tables; families with any override it."""
        return cls(spectrum)  # type: ignore[call-arg]

    @classmethod
    def rebuild_on(
        cls, base: type[Method], spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]
    ) -> Method:
        """As `rebuild`, for data that name another family as a base; families that have one override it."""
        raise InvalidInput(f"the method {cls.name} has no base; the data must be those of Method.as_data")

    def __repr__(self) -> str:
        own = ", ".join(f"{k}={v}" for k, v in self.parameters.items() if k not in ("ell", "L"))
        return f"{type(self).__name__}({self.spectrum}{', ' + own if own else ''})"


def require_spectrum(value: object) -> None:
    """Refuse what is no Spectrum."""
    if not isinstance(value, Spectrum):
        raise InvalidInput(f"spectrum = {value!r} is not a Spectrum; give one, such as Spectrum('1/100', 1)")


def require_interval(spectrum: Spectrum, what: str) -> None:
    """Refuse what is no Spectrum, or one of a single point."""
    require_spectrum(spectrum)
    if not spectrum.is_symbolic and sign(spectrum.radius) == 0:
        raise InvalidInput(f"the spectrum {spectrum} is one point; {what} needs ell < L")


def nonnegative(value: Any, name: str) -> Any:
    """An exact number ≥ 0, or a symbol."""
    number = exact(value, name)
    if type(number).__name__ != "Symbolic" and sign(number) < 0:
        raise InvalidInput(f"{name} = {value} is not allowed; give a number >= 0")
    return number


def step_size(value: Any, spectrum: Spectrum, name: str = "step") -> Exact:
    """A step size: an exact number, or a text in L, ell, kappa and sqrt.

    Raises
    ------
    InvalidInput
        If the text names anything else, or the step is not > 0.
    OutsideField
        If its value lies outside ℚ and one ℚ(√d).
    """
    require_spectrum(spectrum)
    number: Any
    if isinstance(value, str):
        expression = parse_step(value, STEP_NAMES)
        known = {"L": spectrum.high, "ell": spectrum.low, "kappa": spectrum.low / spectrum.high}
        try:
            number = expression.evaluate(lambda id, lag: known[id], lambda c: c, sqrt)
        except ZeroDivisionError:
            raise InvalidInput(f"{name} = {value!r} divides by zero on the spectrum {spectrum}") from None
    else:
        number = exact(value, name)
    if type(number).__name__ != "Symbolic" and sign(number) <= 0:
        raise InvalidInput(f"{name} = {value} is not allowed; a step size must be > 0")
    return number  # type: ignore[no-any-return]
