"""Methods side by side against the least worst case that any method with fixed coefficients can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from polyunroll.arithmetic.exact import sign, whole_number
from polyunroll.bounds.enclosure import Enclosure
from polyunroll.bounds.question import sizes
from polyunroll.bounds.worst_case import worst_case
from polyunroll.errors import InvalidInput
from polyunroll.measures import jacobi
from polyunroll.methods.base import Method, require_interval
from polyunroll.methods.chebyshev import Chebyshev
from polyunroll.methods.gradient_descent import GradientDescent
from polyunroll.methods.heavy_ball import HeavyBall
from polyunroll.methods.jacobian_kernel import JacobianKernel
from polyunroll.methods.nesterov import Nesterov
from polyunroll.methods.sobolev import Sobolev
from polyunroll.optimal.minimax import Minimax, quotient
from polyunroll.spectrum import Spectrum

__all__ = ["Comparison", "compare", "usual_methods"]

_MOST_STEPS = 400
"""Of the search for the limit: about 20 s there, growing with the third power."""


@dataclass(frozen=True)
class Comparison:
    """Proved worst cases of several methods, and the minimax limit, at several numbers of steps.

    Attributes
    ----------
    spectrum : Spectrum
    R, G : exact numbers
    split : str
    steps : tuple of int
    methods : tuple of Method
    limit : tuple of Enclosure
        The least W_t of any method with fixed coefficients, one for each of `steps`; no V_t is below it.
    V, W : tuple of tuple of Enclosure or None
        A row for each method: its exact worst case V_t and its pointwise W_t at each of `steps`; None at steps beyond
        the horizon of a method that has one, and before it where the method is made for its last step alone.
    """

    spectrum: Spectrum
    R: Any
    G: Any
    split: str
    steps: tuple[int, ...]
    methods: tuple[Method, ...]
    limit: tuple[Enclosure, ...]
    V: tuple[tuple[Enclosure | None, ...], ...]
    W: tuple[tuple[Enclosure | None, ...], ...]

    def multiple(self, method: int, step: int, pointwise: bool = False) -> Enclosure | None:
        """V_t (or W_t) of one method at one of the steps, as a multiple of the limit; None where there is none."""
        value = (self.W if pointwise else self.V)[method][step]
        return None if value is None else quotient(value, self.limit[step])

    def __str__(self) -> str:
        """V_t of each method at each of the steps as a multiple of the limit, a line for each."""
        names = ["t", "limit", *(method.label for method in self.methods)]
        width = max(map(len, names))
        rows = [[str(t) for t in self.steps], [value.decimal(5) for value in self.limit]]
        for i in range(len(self.methods)):
            multiples = [self.multiple(i, k) for k in range(len(self.steps))]
            rows.append(["-" if value is None else value.decimal(5) for value in multiples])
        cells = ("".join(f"  {cell:>12}" for cell in row) for row in rows)
        return "\n".join(f"{name:{width}}{row}" for name, row in zip(names, cells, strict=True))

    def best(self, step: int) -> Method:
        """The method with the least V_t at steps[step], by its upper end."""
        values = {i: row[step] for i, row in enumerate(self.V)}
        found = min((value.upper, i) for i, value in values.items() if value is not None)
        return self.methods[found[1]]


def usual_methods(spectrum: Spectrum) -> list[Method]:
    """Gradient descent with its two classical steps, the accelerated methods, and the kernel methods."""
    return [
        GradientDescent(spectrum),
        GradientDescent(spectrum, "2/(L+ell)"),
        Nesterov(spectrum),
        HeavyBall(spectrum),
        Chebyshev(spectrum),
        Sobolev(spectrum),
        Sobolev(spectrum, jacobi("-9/10", 0)),
        JacobianKernel(spectrum),
    ]


def compare(
    spectrum: Spectrum,
    t: int | Iterable[int],
    methods: Iterable[Method] | None = None,
    R: Any = 1,
    G: Any = 0,
    split: str = "total",
    digits: int = 6,
) -> Comparison:
    """Compare methods' proved worst cases with the minimax limit, at every step up to t or at given steps.

    Parameters
    ----------
    spectrum : Spectrum
        With ℓ < L.
    t : int or iterable of int
        The last step, ≥ 1; or the steps themselves. The limit is searched up to 400 steps.
    methods : iterable of Method, optional
        On that spectrum; by default gradient descent with its two classical steps, Nesterov, heavy ball, Chebyshev,
        Sobolev (Chebyshev weight, and Jacobi weight −9/10, 0) and the Jacobian kernel.
    R, G : exact numbers ≥ 0, not both 0
    split : {"total", "partial"}
    digits : int
        Of every enclosure.

    Returns
    -------
    Comparison

    Raises
    ------
    InvalidInput
        If an argument is none of these, or a method is on another spectrum.
    ExchangeFailed, LinearProgramFailed
        If the search for the limit fails.
    """
    require_interval(spectrum, "a comparison")
    steps = _steps(t)
    chosen = tuple(usual_methods(spectrum) if methods is None else methods)
    if not chosen:
        raise InvalidInput("methods = [] is not allowed; give at least one method")
    for method in chosen:
        if not isinstance(method, Method):
            raise InvalidInput(f"{method!r} is not a method; give one, such as Chebyshev(spectrum)")
        if method.spectrum.parameters != spectrum.parameters:
            raise InvalidInput(f"{method.label} is on the spectrum {method.spectrum}, not on {spectrum}")
    R, G = sizes(R, G)
    how = {"R": R, "G": G, "digits": digits, "split": split}
    V = tuple(_row(method, steps, how, "exact") for method in chosen)
    # where one of the two is 0 there is nothing to mix, and V is W
    W = V if sign(R) == 0 or sign(G) == 0 else tuple(_row(method, steps, how, "pointwise") for method in chosen)
    limit = tuple(Minimax(spectrum, step, R, G, split, digits).limit for step in steps)
    return Comparison(spectrum, R, G, split, steps, chosen, limit, V, W)


def _steps(t: Any) -> tuple[int, ...]:
    if isinstance(t, Iterable) and not isinstance(t, str):
        steps = tuple(sorted({whole_number(step, "t") for step in t}))
        if not steps:
            raise InvalidInput("t = [] is not allowed; give at least one number of steps")
    else:
        steps = tuple(range(1, whole_number(t, "t", 1) + 1))
    if steps[-1] > _MOST_STEPS:
        raise InvalidInput(f"t = {steps[-1]} is not allowed; the limit is searched up to t = {_MOST_STEPS}")
    return steps


def _row(method: Method, steps: tuple[int, ...], how: dict[str, Any], criterion: str) -> tuple[Enclosure | None, ...]:
    """One method's enclosures, in one pass over the steps."""
    last = steps[-1] if method.horizon is None else method.horizon
    allowed = [step for step in steps if step == last or (step < last and not method.is_whole)]
    found = dict(zip(allowed, worst_case(method, allowed, criterion=criterion, **how), strict=True))
    return tuple(found.get(step) for step in steps)
