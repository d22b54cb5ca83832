"""Fixed-horizon Sobolev methods and Jacobian kernels for measures without a short recurrence, in three vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flint import fmpq

from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.arithmetic.exact import exact, is_symbolic, to_float, whole_number
from polyunroll.errors import InvalidInput
from polyunroll.measures import Density, Discrete, Estimate, Mixture
from polyunroll.methods.chebyshev_series import FixedPolynomial
from polyunroll.orthogonal.arnoldi import Product, kernel_tails
from polyunroll.program import Program
from polyunroll.spectrum import Spectrum

__all__ = ["MEASURES", "fixed_program", "horizon_of", "program_of_tails", "refuse_horizon"]

MEASURES = (Discrete, Density, Estimate, Mixture)
"""The measures whose methods have a horizon."""

_MAX_DIGITS = 1_000
_GUARD_BITS = 64


def refuse_horizon(measure: object, T: Any, digits: Any) -> None:
    """Refuse T and digits for a measure that needs neither."""
    for name, value in (("T", T), ("digits", digits)):
        if value is not None:
            raise InvalidInput(
                f"{name} = {value!r} is not for the measure {measure}, whose method is exact and endless"
            )


def horizon_of(options: Mapping[str, str]) -> int | None:
    """The --horizon of the command line."""
    if "horizon" not in options:
        return None
    number = exact(options["horizon"], "horizon")
    if not (isinstance(number, fmpq) and number.q == 1 and number >= 1):
        raise InvalidInput(f"horizon = {options['horizon']!r} is not allowed; give a whole number >= 1")
    return int(number.p)


def fixed_program(kind: str, spectrum: Spectrum, measure: Any, parameter: Any, T: Any, digits: Any) -> Program:
    """The program of a kernel polynomial of degree T.

    Parameters
    ----------
    kind : {"sobolev", "jacobian"}
    spectrum : Spectrum
        Without symbols, ℓ < L.
    measure : Discrete, Density, Estimate or Mixture
    parameter : exact number
        η in units of λ², or c.
    T : int
    digits : None, int or "exact"
        Arnoldi in doubles, with that many digits, or in rationals (rational atoms, spectrum and parameter only).

    Raises
    ------
    InvalidInput
    """
    if T is None:
        raise InvalidInput(f"the measure {measure} has no short recurrence: its method needs a horizon, such as T=50")
    T = whole_number(T, "T", 1)
    if spectrum.is_symbolic or is_symbolic(parameter):
        raise InvalidInput(f"the measure {measure} needs numbers for the spectrum and parameters, not symbols")
    if digits == "exact":
        tails = _exactly(kind, spectrum, measure, parameter, T)
    elif digits is None:
        nodes, weights = measure.atoms(spectrum, T, None)
        product = _product(kind, spectrum, _doubles(nodes), _doubles(weights), parameter, to_float)
        tails = kernel_tails(product, T)
    else:
        digits = whole_number(digits, "digits", 1)
        if digits > _MAX_DIGITS:
            raise InvalidInput(f"digits = {digits} is not allowed; give 1 to {_MAX_DIGITS}, or 'exact'")
        nodes, weights = measure.atoms(spectrum, T, digits)
        with ball_precision(int(3.33 * digits) + T // 2 + _GUARD_BITS):
            product = _product(kind, spectrum, list(map(ball, nodes)), list(map(ball, weights)), parameter, ball)
            tails = kernel_tails(product, T)
    return program_of_tails(spectrum, tails)


def program_of_tails(spectrum: Spectrum, tails: Iterable[Any]) -> Program:
    """The program that runs a Chebyshev series."""
    return FixedPolynomial.from_tails(spectrum, tails).program


def _doubles(values: list[Any]) -> list[float]:
    return [value if isinstance(value, float) else to_float(exact(value)) for value in values]


def _exactly(kind: str, spectrum: Spectrum, measure: Any, parameter: Any, T: int) -> list[Any]:
    if isinstance(measure, Density):
        raise InvalidInput(f"the measure {measure} has no exact atoms; give digits")
    nodes, weights = measure.atoms(spectrum, T, None)
    if not all(isinstance(v, fmpq) for v in (spectrum.low, spectrum.high, parameter, *nodes, *weights)):
        raise InvalidInput("digits = 'exact' needs a rational spectrum, parameters and atoms; give a number of digits")
    return kernel_tails(_product(kind, spectrum, nodes, weights, parameter, lambda value: value), T)


def _product(
    kind: str,
    spectrum: Spectrum,
    nodes: list[Any],
    weights: list[Any],
    parameter: Any,
    convert: Callable[[Any], Any],
) -> Product:
    """The product in s, in any field."""
    center, radius = convert(spectrum.center), convert(spectrum.radius)
    own = convert(parameter)
    return Product(
        kind,
        [(node - center) / radius for node in nodes],
        weights,
        own / (radius * radius) if kind == "sobolev" else own,
        -center / radius,
    )
