"""An inner problem as every estimator sees it: F(x, θ) = 0, with products by the two derivatives of F, counted.

For an `Oracle` F = ∇f, whose derivative is the symmetric Hessian. For a `Contraction` F(x) = x − Φ(x), so that
gradient descent with step 1 is the plain iteration x ← Φ(x) and any other program may be run on it as well.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np

from polyunroll.arithmetic.exact import whole_number
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.hypergradient.meter import Meter
from polyunroll.interpret.arrays import (
    Array,
    dtype_name,
    is_real_floating,
    namespace,
    require_finite,
    require_shape,
    zeros,
)
from polyunroll.methods.base import Method
from polyunroll.methods.gradient_descent import GradientDescent
from polyunroll.problems.bilevel import OuterLoss
from polyunroll.problems.checks import as_numpy
from polyunroll.problems.contraction import Contraction
from polyunroll.problems.oracle import Oracle
from polyunroll.spectrum import Spectrum

__all__ = [
    "Inner",
    "Outer",
    "fixed_point",
    "from_problem",
    "has_steps",
    "like",
    "method_for",
    "open_problem",
    "read_array",
    "read_number",
    "read_plain_steps",
    "read_start",
    "read_theta",
    "require_modulus",
    "require_parameters",
]


def fixed_point() -> Method:
    """Gradient descent with step 1: x ← x − F(x), which on a contraction is x ← Φ(x)."""
    return GradientDescent(Spectrum(1, 1), step=1)


class Inner:
    """F at one θ, counted; shapes of what the problem returns are checked.

    Attributes
    ----------
    problem
        What it was made of.
    n, p : int
    is_contraction : bool
    modulus : float or None
        A contraction's Lipschitz constant, where it is known.
    """

    def __init__(self, problem: Any, meter: Meter) -> None:
        self.problem, self.meter = problem, meter
        self.is_contraction = isinstance(problem, Contraction)
        if not self.is_contraction and not isinstance(problem, Oracle):
            raise InvalidInput(
                f"the inner problem is of type {type(problem).__name__}; allowed is an Oracle (gradient, hvp, cross, "
                "cross_T) or a Contraction (map, jvp, vjp, parameter_jacobian, parameter_vjp), each with dimension "
                "and parameters"
            )
        for name, least in (("dimension", 1), ("parameters", 0)):
            value = getattr(problem, name)
            if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
                raise InvalidInput(f"the inner problem's {name} is {value!r}; allowed is a whole number >= {least}")
        self.n, self.p = int(problem.dimension), int(problem.parameters)
        self.modulus: float | None = getattr(problem, "modulus", None) if self.is_contraction else None
        support = getattr(problem, "support", None)
        self.support: Callable[[Array], Array] | None = support if self.is_contraction and callable(support) else None

    def _held(self, name: str, value: Array, *shape: int) -> Array:
        return self.meter.hold(from_problem(name, value, *shape))

    def F(self, x: Array) -> Array:
        """∇f(x) or x − Φ(x), shape (n,)."""
        self.meter.ask("gradients")
        if self.is_contraction:
            return self.meter.hold(x - self._held("map", self.problem.map(x), self.n))
        return self._held("gradient", self.problem.gradient(x), self.n)

    def product(self, x: Array, v: Array) -> Array:
        """∂_xF(x) v, of the shape of v."""
        shape = tuple(int(length) for length in v.shape)
        columns = shape[1] if len(shape) == 2 else 1
        if self.is_contraction:
            self.meter.ask("jvps", columns)
            return self.meter.hold(v - self._held("jvp", self.problem.jvp(x, v), *shape))
        self.meter.ask("matvecs", columns)
        return self._held("hvp", self.problem.hvp(x, v), *shape)

    def product_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        """∂_xF(x)ᵀ u, shape (n,)."""
        if not self.is_contraction:
            return self.product(x, u)
        self.meter.ask("vjps")
        return self.meter.hold(u - self._held("vjp", self.problem.vjp(x, u), self.n))

    def cross(self, x: Array) -> Array:
        """∂_θF(x), shape (n, p)."""
        self.meter.ask("jvps", self.p)
        if self.is_contraction:
            return -self._held("parameter_jacobian", self.problem.parameter_jacobian(x), self.n, self.p)
        return self._held("cross", self.problem.cross(x), self.n, self.p)

    def cross_T(self, x: Array, u: Array) -> Array:  # noqa: N802
        """∂_θF(x)ᵀ u, shape (p,)."""
        self.meter.ask("vjps")
        if self.is_contraction:
            return -from_problem("parameter_vjp", self.problem.parameter_vjp(x, u), self.p)
        return from_problem("cross_T", self.problem.cross_T(x, u), self.p)


class Outer:
    """An outer loss, counted and checked, at one θ."""

    def __init__(self, loss: OuterLoss, theta: Array, meter: Meter) -> None:
        self.loss, self._theta, self._meter = loss, theta, meter

    def gradients(self, x: Array) -> tuple[Array, Array]:
        """∇_xE, shape (n,), and ∇_θE, shape (p,).

        Raises
        ------
        InvalidInput
            If a shape does not fit or a value is not finite.
        """
        self._meter.ask("outer")
        found = []
        partial = tuple(self.loss.gradients(x, self._theta))
        if len(partial) != 2:
            raise InvalidInput(f"the outer loss gives {len(partial)} gradients; it must give two, in x and in theta")
        for name, value, by in zip(("x", "theta"), partial, (x, self._theta), strict=True):
            called = f"the outer loss's gradient in {name}"
            value = read_array(called, value)
            require_shape(called, value, tuple(int(k) for k in by.shape))
            require_finite(called, value)
            found.append(value)
        return found[0], found[1]


def read_array(name: str, value: Any) -> Array:
    """An array of the library it came in, of real floating-point numbers; lists and whole numbers become doubles.

    Raises
    ------
    InvalidInput
        If an entry is no real number, or another library's array has no real floating dtype.
    """
    if namespace(value) in (None, np):
        found = as_numpy(name, value)
        return found if found.dtype.kind == "f" else found.astype(np.float64)
    if not is_real_floating(value):
        raise InvalidInput(f"{name} has dtype {dtype_name(value)}; give real floating-point numbers")
    return value


def read_number(name: str, value: Any) -> float:
    """A real number as a float.

    Raises
    ------
    InvalidInput
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidInput(f"{name} is {value!r}; give a number")
    return float(value)


def from_problem(name: str, value: Any, *shape: int) -> Array:
    """What a problem gave for one of its names, as an array of a stated shape.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    called = f"what the problem's {name} gives"
    found = read_array(called, value)
    require_shape(called, found, shape)
    return found


def read_theta(theta: Any) -> Array:
    """θ as an array of shape (p,), of the library it came in; a number is one parameter.

    Raises
    ------
    InvalidInput
        If it is no finite real array of one dimension.
    """
    if theta is None:
        raise InvalidInput("theta is missing; give an array of shape (p,), or a number where p = 1")
    if isinstance(theta, Real):
        theta = [float(theta)]
    theta = read_array("theta", theta)
    if namespace(theta) is np:
        theta = np.asarray(theta, dtype=np.float64)
    theta = namespace(theta).reshape(theta, (1,)) if len(theta.shape) == 0 else theta
    require_shape("theta", theta, ("p",))
    require_finite("theta", theta)
    return theta


def like(array: Array, values: Any) -> Array:
    """NumPy values as an array of the library and dtype of another."""
    xp = namespace(array)
    return values if xp is np else xp.asarray(values, dtype=array.dtype)


def open_problem(problem: Any, theta: Array, meter: Meter) -> tuple[Inner, Outer]:
    """The inner problem and the outer loss at θ, counted by one meter.

    Raises
    ------
    InvalidInput
        If the problem has no `at` and `outer`, or its parts do not fit θ.
    """
    if not callable(getattr(problem, "at", None)) or not isinstance(getattr(problem, "outer", None), OuterLoss):
        raise InvalidInput(
            f"problem is of type {type(problem).__name__}; allowed is a Bilevel(inner, outer), or anything with "
            "at(theta) and an outer loss named outer"
        )
    inner = Inner(problem.at(theta), meter)
    if inner.p not in (0, int(theta.shape[0])):
        raise InvalidInput(f"theta has {int(theta.shape[0])} entries; the inner problem has {inner.p} outer parameters")
    return inner, Outer(problem.outer, theta, meter)


def has_steps(m: Method, t: int) -> bool:
    """Whether a method may be run for t steps."""
    try:
        m.require_steps(t)
    except HorizonError:
        return False
    return True


def read_plain_steps(steps: Any, method: Method, x0: Any) -> int:
    """A number of plain steps that the method has: ≥ 1, or ≥ 0 where a start is given.

    Raises
    ------
    InvalidInput, HorizonError
    """
    if steps is None and method.horizon is None:
        raise InvalidInput("steps is missing; give a whole number >= 1")
    count = whole_number(method.horizon if steps is None else steps, "steps", 0 if x0 is not None else 1)
    method.require_steps(count)
    return count


def read_start(x0: Any, inner: Inner, theta: Array) -> Array:
    """x_0, shape (n,); 0 by default, of the library of θ.

    Raises
    ------
    InvalidInput
        If the shape is another or a value is not finite.
    """
    if x0 is None:
        return zeros((inner.n,), theta)
    x0 = read_array("x0", x0)
    require_shape("x0", x0, (inner.n,))
    require_finite("x0", x0)
    return 1.0 * x0


def method_for(m: Method | None, inner: Inner) -> Method:
    """The method to run: m, or the plain iteration of a contraction.

    Raises
    ------
    InvalidInput
        If there is neither, the method is symbolic, or the plain iteration is not known to converge.
    """
    if m is None:
        if not inner.is_contraction:
            raise InvalidInput("m is missing; give a method, such as Chebyshev(Spectrum('1/100', 1))")
        require_modulus(inner.modulus)
        return fixed_point()
    if not isinstance(m, Method):
        raise InvalidInput(f"m is a {type(m).__name__}; give a method, such as Chebyshev(Spectrum('1/100', 1))")
    if m.is_symbolic:
        raise InvalidInput(f"{m!r} is symbolic and cannot be run; give it numbers for its symbols")
    return m


def require_parameters(inner: Inner) -> None:
    """Refuse an inner problem that no outer parameter reaches.

    Raises
    ------
    InvalidInput
    """
    if inner.p == 0:
        raise InvalidInput(
            "the inner problem has no outer parameters, and the answer would be a silent zero; for the derivative by "
            "its start use itd in reverse mode (start_gradient), fom or ufom"
        )


def require_modulus(q: float | None) -> None:
    """Refuse a map that is known not to be a contraction.

    Raises
    ------
    InvalidInput
        If q is at or above 1, or no number at or above 0.
    """
    if q is not None and not 0 <= read_number("the contraction constant", q) < 1:
        raise InvalidInput(f"the contraction constant is {q}; it must be at least 0 and below 1")
