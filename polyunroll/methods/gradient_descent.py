"""Gradient descent, with one constant step or a finite list of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from polyunroll.arithmetic.exact import public
from polyunroll.errors import InvalidInput
from polyunroll.methods.base import Decay, Envelope, Extremes, Method, step_size
from polyunroll.methods.free import Free, Range
from polyunroll.output.literals import fraction_literal
from polyunroll.program import Program, Register, State
from polyunroll.spectrum import Spectrum

__all__ = ["GradientDescent"]


def _pair(values: Mapping[str, Any], t: int, point: Any) -> tuple[Any, Any]:
    """(P_t, P_t') = ((1−hλ)^t, −ht(1−hλ)^(t−1))."""
    factor = 1 - values["h"] * point
    power = factor ** (t - 1)
    return power * factor, -values["h"] * t * power


_ENDS = Extremes(
    ("ell", "L"),
    _pair,
    "|1−hλ| is largest at an end; E' = −λP'', and with it (αE² + βD²)' has the sign of hλ−1 on [ℓ, L]",
    is_rational=True,
)


def _moduli(values: Mapping[str, Any], sqrt: Callable[[Any], Any]) -> tuple[Any, ...]:
    return abs(1 - values["h"] * values["ell"]), abs(1 - values["h"] * values["L"])


def _envelopes(values: Mapping[str, Any]) -> tuple[Envelope, ...]:
    """One for each end λ, where all maxima are (`_ENDS`), with f an upper bound of |1−hλ|.

    |E_t(λ)| = |1−hλ|^(t−1)·|1−hλ+thλ| ≤ f^(t−1)(f + thλ) and |D_t(λ)| = ht|1−hλ|^(t−1) ≤ ht·f^(t−1).
    """
    h = values["h"]
    found = []
    for point in (values["ell"], values["L"]):
        f = abs(1 - h * point).upper()
        if f > 0:
            found.append(Envelope(f, (1 + 0 * f,), (1 + 0 * f, h * point / f), (0 * f, h / f)))
    return tuple(found)


_DECAY = Decay(
    _moduli,
    lambda values: 1,
    _envelopes,
    upper="|E_t| = |1−hλ|^(t−1)|1−hλ+thλ| and |D_t| = ht|1−hλ|^(t−1), largest at an end",
    lower="the value of |E_t| at the end where |1−hλ| is largest",
    power_source="|E_t| there is |1−hλ|^(t−1)|1−hλ+thλ| with hλ > 0",
)


class GradientDescent(Method):
    """Gradient descent x_t = x_{t−1} − h ∇f(x_{t−1}), with P_t(λ) = (1 − hλ)^t.

    Parameters
    ----------
    spectrum : Spectrum
    step : exact number, str, or a sequence of them, default "1/L"
        A text may name L, ell, kappa and sqrt, such as "2/(L+ell)". A sequence of T steps makes a method
        with horizon T and P_t = ∏(1 − h_i λ).

    Raises
    ------
    InvalidInput
        If a step is not > 0 or the list is empty.

    References
    ----------
    Scieur, Gidel, Bertrand, Pedregosa, NeurIPS 2022, Theorem 2 (constant step).
    """

    name: ClassVar[str] = "gd"
    extremes: ClassVar[Extremes | None] = _ENDS
    decay: ClassVar[Decay | None] = _DECAY
    free: ClassVar[Free | None] = Free(
        (Range("step", 0.02, 1.999),),  # in units of 1/L
        lambda spectrum, values: GradientDescent(spectrum, public(values["step"] / spectrum.high)),
    )
    options: ClassVar[tuple[str, ...]] = ("step",)

    def __init__(self, spectrum: Spectrum, step: Any = "1/L") -> None:
        if getattr(step, "ndim", 0) == 1:  # an array of steps
            step = step.tolist()
        if isinstance(step, Sequence) and not isinstance(step, str):
            if not step:
                raise InvalidInput("step = [] is not allowed; give at least one step size")
            table = tuple(step_size(h, spectrum, f"step[{i}]") for i, h in enumerate(step))
            self._define(spectrum, self._program(table), f"GD, {len(table)} steps")
            object.__setattr__(self, "extremes", None)
            object.__setattr__(self, "decay", None)
            return
        if callable(step):
            raise InvalidInput(f"step = {step!r} is a function; give a step size, or a list of them, one for each step")
        h = step_size(step, spectrum)
        shown = step.replace(" ", "") if isinstance(step, str) else fraction_literal(h)
        self._define(spectrum, self._program(None), f"GD h={shown}", h=h)

    @staticmethod
    def _program(table: tuple[Any, ...] | None) -> Program:
        return Program.of(
            parameters=("ell", "L") if table else ("ell", "L", "h"),
            constants={},
            registers=(Register.tabulated("h", table),) if table else (),
            states=(State.of("x"),),
            query={"x": "1"},
            assignments={"x": {"x": "1", "gradient": "-h"}},
        )

    @classmethod
    def rebuild(cls, spectrum: Spectrum, values: Mapping[str, Any], tables: Mapping[str, Any]) -> GradientDescent:
        """The constant step, or the list of steps."""
        return cls(spectrum, tables["h"] if tables else values["h"])

    @classmethod
    def from_options(cls, spectrum: Spectrum, options: Mapping[str, str]) -> GradientDescent:
        """Take --step, one expression or several separated by commas."""
        step = options.get("step", "1/L")
        return cls(spectrum, step.split(",") if "," in step else step)
