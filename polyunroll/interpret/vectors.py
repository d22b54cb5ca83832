"""A program's states as iterates, or as iterates with tangents: the method run on a real problem.

Coefficients are Python floats, computed in doubles from exact constants, and arrays meet nothing but
operators; so a run may be traced, compiled and differentiated by the library whose arrays it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from polyunroll.arithmetic.exact import whole_number
from polyunroll.arithmetic.systems import DOUBLES
from polyunroll.errors import InvalidInput
from polyunroll.interpret.arrays import Array, weighted_sum
from polyunroll.interpret.inputs import Gradients, read
from polyunroll.interpret.machine import Machine
from polyunroll.methods.base import Method

__all__ = ["Run", "VectorModule", "run"]

Element = tuple[Array, ...]
"""(x,) or (x, X): an iterate of shape (n,), and with tangents its derivative of shape (n, p)."""


class VectorModule:
    """States as iterates, each with its derivative in the outer parameters if there are tangents.

    Parameters
    ----------
    gradients : Gradients
    """

    def __init__(self, gradients: Gradients) -> None:
        self._gradients = gradients

    def start(self, weight: float) -> Element:
        """weight·x_0 and weight·∂x_0."""
        return tuple(weighted_sum([(weight, part)]) for part in self._gradients.start)

    def gradient(self, query: Element) -> Element:
        """∇f(x) and its derivative ∇²f(x) X + ∂_θ∇f(x)."""
        value = self._gradients.gradient(query[0])
        if self._gradients.tangent is None:
            return (value,)
        return value, self._gradients.tangent(*query)

    def combine(self, terms: list[tuple[float, Element]]) -> Element:
        """Σ coefficient·element."""
        return tuple(weighted_sum([(c, element[i]) for c, element in terms]) for i in range(len(terms[0][1])))


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A method run on a problem, ready to be continued.

    Attributes
    ----------
    x : array, shape (n,)
        The iterate x_t.
    dx : array, shape (n, p), or None
        ∂x_t, one column for each outer parameter; None without tangents.
    history : tuple of arrays or None
        x_0, …, x_t if they were kept.
    steps : int
        t: the steps made, fewer than asked for if a callback stopped the run.
    gradients : int
        Evaluations of ∇f, one a step.
    """

    x: Array
    dx: Array | None
    history: tuple[Array, ...] | None
    steps: int
    gradients: int
    _machine: Machine = field(repr=False)

    def resume(self, steps: int, callback: Callable[..., Any] | None = None) -> Run:
        """Make further steps; nothing is computed again, and this Run stays as it is.

        Parameters
        ----------
        steps : int
            How many more, so that `run(…, steps=10).resume(5)` has made 15.
        callback : callable, optional
            As in `run`, called after each new step.

        Returns
        -------
        Run
            Equal to the last bit to one made in one go, and with its history if this one has its own.

        Raises
        ------
        InvalidInput
            If steps is no whole number ≥ 0.
        HorizonError
            If a fixed-horizon method has not so many steps left.
        """
        steps = whole_number(steps, "steps")
        self._machine.method.require_steps(self.steps + steps)
        return _advance(self._machine.copy(), steps, callback, self.history)

    def __repr__(self) -> str:
        tangents = "" if self.dx is None else f", p = {self.dx.shape[1]}"
        return f"Run({self._machine.method!r}, {self.steps} steps, n = {self.x.shape[0]}{tangents})"


def run(
    m: Method,
    H: Any,
    b: Any = None,
    x0: Any = None,
    steps: int | None = None,
    tangents: Any = None,
    callback: Callable[..., Any] | None = None,
    *,
    dx0: Any = None,
    keep: bool = False,
    check: bool = True,
) -> Run:
    """Run a method on f(x) = ½ xᵀHx + bᵀx, or on any problem that gives gradients.

    The iterate and its tangents are computed with operators only, so `run` may be traced by `jax.jit`
    (`steps` being a constant) and differentiated by JAX or PyTorch with respect to H, b and x0. Nothing is
    changed in place, the arguments included.

    Parameters
    ----------
    m : Method
        Not a symbolic one.
    H : array, sparse matrix, LinearOperator or Oracle, shape (n, n)
        Symmetric, with eigenvalues in the method's spectrum. An array of NumPy, JAX, PyTorch or any library
        that follows the array API. An Oracle has `gradient(x)`, and for tangents `hvp(x, v)` and `cross(x)`;
        n and p are its `dimension` and `parameters` if it has them.
    b : array, shape (n,), optional
        0 by default; not with an Oracle.
    x0 : array, shape (n,), optional
        The start, 0 by default; needed with an Oracle.
    steps : int, optional
        How many; by default all of a fixed-horizon method's.
    tangents : pair (dH, db) or True, optional
        What to propagate ∂x_t with. dH: the symmetric ∂_iH, as an array of shape (p, n, n) or a sequence of p
        matrices, dense, sparse or LinearOperators; or a function that takes x to the columns (∂_iH) x, shape
        (n, p); or None for 0. db: the columns ∂_ib, shape (n, p), or None for 0. With an Oracle, True.
    callback : callable, optional
        Called as `callback(t, x)`, or `callback(t, x, dx)` with tangents, at t = 0 and after every step. It
        must not change the arrays. If it returns something true, the run stops there.
    dx0 : array, shape (n, p), optional
        ∂x_0, 0 by default.
    keep : bool
        Whether to keep all iterates in `Run.history`.
    check : bool
        Whether to look at values: finite, symmetric, eigenvalues in the spectrum. Shapes and dtypes are
        checked always. Values that cannot be read, as while JAX traces, are not looked at, and an Oracle is
        trusted.

    Returns
    -------
    Run

    Raises
    ------
    InvalidInput
        If an argument is not allowed; the message says what is.
    HorizonError
        If steps is beyond a fixed-horizon method's.

    Notes
    -----
    All arrays are of one library and one real floating-point dtype, and so are the results; nested lists, and
    NumPy arrays beside JAX arrays, are converted. A step takes one product with H for x and one for the p
    tangents.

    Compiled by `jax.jit`, the loop is unrolled, and the compiler's time grows with the square of `steps`: some
    seconds for 40. Longer runs are better left uncompiled, or to a solver emitted for JAX, which has a loop.

    Symmetry is checked entry by entry, for a LinearOperator by a randomised check. Eigenvalues are computed
    up to n = `eigenvalues.DIRECT_UP_TO`; beyond, and for a LinearOperator, there is a randomised check
    (Lanczos), which may miss one. They may lie outside the spectrum by what rounding explains:
    4n·2⁻⁵²·max|λ| where they are computed, 1e-10·max|λ| in the check, and 4√n·ε·max|λ| where H's precision ε
    makes that more.

    Examples
    --------
    >>> import numpy as np
    >>> from polyunroll import Chebyshev, Spectrum, run
    >>> H, b = np.diag([0.1, 1.0]), np.array([1.0, 1.0])
    >>> done = run(Chebyshev(Spectrum("1/10", 1)), H, b, steps=60, tangents=([np.eye(2)], None))
    >>> done.x.round(6)
    array([-10.,  -1.])
    >>> done.dx.round(6)  # the derivative in a ridge penalty
    array([[100.],
           [  1.]])
    """
    if not isinstance(m, Method):
        raise InvalidInput(f"m is a {type(m).__name__}; give a method, such as Chebyshev(Spectrum('1/100', 1))")
    if m.is_symbolic:
        raise InvalidInput(f"{m!r} is symbolic and cannot be run; give it numbers for its symbols")
    if steps is None and m.horizon is None:
        raise InvalidInput("steps is missing; give a whole number ≥ 0")
    steps = whole_number(m.horizon if steps is None else steps, "steps")
    m.require_steps(steps)
    if callback is not None and not callable(callback):
        raise InvalidInput(f"callback is a {type(callback).__name__}; give a function of t, x (and dx) or None")
    machine = Machine(m, VectorModule(read(m.spectrum, H, b, x0, tangents, dx0, check)), DOUBLES)
    if callback is not None and callback(0, *machine.output):
        steps = 0
    return _advance(machine, steps, callback, (machine.output[0],) if keep else None)


def _advance(
    machine: Machine, steps: int, callback: Callable[..., Any] | None, history: tuple[Array, ...] | None
) -> Run:
    """Step a machine, which this call owns, and keep it in the Run."""
    kept = []
    for _ in range(steps):
        element = machine.step()
        if history is not None:
            kept.append(element[0])
        if callback is not None and callback(machine.t, *element):
            break
    x, *dx = machine.output
    whole = None if history is None else (*history, *kept)
    return Run(x, dx[0] if dx else None, whole, machine.t, machine.t, machine)
