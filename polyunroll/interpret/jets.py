"""Jets: P_t, P_t' and P_t'' at many points, in doubles, mpmath numbers or Arb balls."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from polyunroll.arithmetic.balls import ball
from polyunroll.arithmetic.exact import Exact, exact, whole_number
from polyunroll.arithmetic.systems import BALLS, EXACT, MPSystem, System
from polyunroll.errors import InvalidInput
from polyunroll.interpret.double_jets import DoubleJets
from polyunroll.interpret.machine import Machine
from polyunroll.methods.base import Method

__all__ = ["DividedDifferences", "Jets", "ball_jets", "exact_jets", "jets"]


@dataclass(frozen=True)
class Jets:
    """P_t and its derivatives at points, with a power of two for each point.

    Attributes
    ----------
    t : int
    points : array, shape (N,)
    mantissas : array, shape (order + 1, N)
        Row k times 2^exponents is the k-th derivative of P_t. Doubles, or mpmath numbers (dtype object, with
        exponents 0).
    exponents : int array, shape (N,)
    """

    t: int
    points: NDArray[Any]
    mantissas: NDArray[Any]
    exponents: NDArray[np.int64]

    def derivative(self, k: int = 0) -> NDArray[Any]:
        """The k-th derivative of P_t at the points; doubles may underflow to 0 here, mantissas do not."""
        if self.mantissas.dtype == object:
            return np.asarray(self.mantissas[k])
        with np.errstate(under="ignore", over="ignore"):
            return np.asarray(np.ldexp(self.mantissas[k], self.exponents))

    def log10_abs(self, k: int = 0) -> NDArray[np.float64]:
        """log10 |k-th derivative|, −inf at a zero."""
        if self.mantissas.dtype == object:
            return np.array([float(_log10(v)) for v in self.mantissas[k]])
        with np.errstate(divide="ignore"):
            return np.asarray(np.log10(np.abs(self.mantissas[k])) + self.exponents * np.log10(2.0))

    def error_pair(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """(E, D) mantissas, E = P − λP', D = P'."""
        P, D = self.mantissas[0], self.mantissas[1]
        return P - self.points * D, D


def _log10(value: Any) -> Any:
    return value.context.log10(abs(value)) if value != 0 else float("-inf")


class _PointModule:
    """States as lists of divided-difference columns, one a point, in any field with Python operators."""

    def __init__(self, nodes: list[list[Any]], zero: Any) -> None:
        self._nodes, self._zero = nodes, zero

    def start(self, weight: Any) -> list[list[Any]]:
        return [[weight + self._zero] + [self._zero] * (len(column) - 1) for column in self._nodes]

    def gradient(self, query: list[list[Any]]) -> list[list[Any]]:
        return [
            [x * p + (column[j - 1] if j else self._zero) for j, (x, p) in enumerate(zip(nodes, column, strict=True))]
            for nodes, column in zip(self._nodes, query, strict=True)
        ]

    def combine(self, terms: list[tuple[Any, list[list[Any]]]]) -> list[list[Any]]:
        coefficients = [c for c, _ in terms]
        return [
            [
                sum((c * v for c, v in zip(coefficients, entries, strict=True)), self._zero)
                for entries in zip(*columns, strict=True)
            ]
            for columns in zip(*(element for _, element in terms), strict=True)
        ]


def _columns(method: Method, t: int, points: list[Exact], order: int, system: System, zero: Any) -> Any:
    nodes = [[system.convert(point)] * (order + 1) for point in points]
    return Machine(method, _PointModule(nodes, zero), system).run(t)


def _finite_doubles(values: Any, name: str) -> NDArray[np.float64]:
    """A user's list of numbers, shape (N,)."""
    try:
        x = np.asarray(values)
        x = x.astype(float) if x.dtype.kind != "c" else np.full(x.shape, np.nan)
    except (TypeError, ValueError):
        x = np.full(1, np.nan)
    if x.ndim != 1 or not np.all(np.isfinite(x)):
        raise InvalidInput(f"{name} = {values!r} is not allowed; give a list of finite numbers")
    return x


def jets(method: Method, t: int, points: Any, order: int = 2, digits: int | None = None) -> Jets:
    """P_t and its derivatives at points.

    Parameters
    ----------
    method : Method
        Without symbols.
    t : int
        Number of gradient evaluations, ≥ 0.
    points : array-like, shape (N,)
        Doubles; with `digits`, exact numbers (or floats, taken as their shortest decimals).
    order : int
        Highest derivative, ≥ 0.
    digits : int, optional
        None for doubles with exponents; else mpmath numbers computed with this many digits.

    Returns
    -------
    Jets

    Raises
    ------
    InvalidInput
        If t or order is no whole number ≥ 0, a point is not finite, or the method has symbols.
    HorizonError
        If t is beyond the method's horizon.
    """
    t, order = whole_number(t, "t"), whole_number(order, "order")
    method.require_steps(t)
    if method.is_symbolic:
        raise InvalidInput(f"{method!r} has symbols; jets need numbers")
    scale = [factorial(k) for k in range(order + 1)]
    if digits is not None:
        system = MPSystem(whole_number(digits, "digits", 1))
        exact_points = [exact(point, "a point") for point in points]
        columns = _columns(method, t, exact_points, order, system, system.convert(0))
        values = np.empty((order + 1, len(columns)), dtype=object)
        for i, column in enumerate(columns):
            for k in range(order + 1):
                values[k, i] = column[k] * scale[k]
        shown = np.empty(len(columns), dtype=object)
        shown[:] = [system.convert(point) for point in exact_points]
        return Jets(t, shown, values, np.zeros(len(columns), dtype=np.int64))
    x = _finite_doubles(points, "points")
    runner = DoubleJets(method, np.broadcast_to(x, (order + 1, x.size)))
    runner.advance(t)
    mantissas, exponents = runner.columns()
    return Jets(t, x, mantissas * np.array(scale, dtype=float)[:, None], exponents)


def ball_jets(method: Method, t: int, points: list[Exact], order: int = 2) -> list[list[arb]]:
    """Balls around P_t, P_t', … at exact points, at the precision in force (call inside `ball_precision`)."""
    columns = _columns(method, t, points, order, BALLS, ball(exact(0)))
    return [[value * factorial(k) for k, value in enumerate(column)] for column in columns]


def exact_jets(method: Method, t: int, points: list[Exact], order: int = 2) -> list[list[Exact]]:
    """P_t, P_t', … exactly at exact points, by the plain recurrence."""
    columns = _columns(method, t, points, order, EXACT, exact(0))
    return [[value * factorial(k) for k, value in enumerate(column)] for column in columns]


class DividedDifferences:
    """P_t(λ_i) and the divided differences P_t[λ_i, λ_j] for growing t, in doubles.

    The Jacobian error of an unrolled method consists of them where ∂H does not commute with H (Daleckii and Krein's
    formula); `problems.Predictor` takes both.

    Parameters
    ----------
    method : Method
        Without symbols.
    eigenvalues : array, shape (n,)

    Raises
    ------
    InvalidInput
        If the eigenvalues are not finite real numbers, or the method has symbolic parameters.

    Notes
    -----
    The divided differences run through the recurrence themselves, so close or equal eigenvalues lose nothing. On the
    diagonal they are P_t'(λ_i).

    Examples
    --------
    >>> import polyunroll as pu
    >>> P, differences = pu.DividedDifferences(pu.GradientDescent(pu.Spectrum(1, 2), step="1/2"), [1, 2]).at(1)
    >>> P.tolist(), differences.tolist()
    ([0.5, 0.0], [[-0.5, -0.5], [-0.5, -0.5]])
    """

    def __init__(self, method: Method, eigenvalues: Any) -> None:
        x = _finite_doubles(eigenvalues, "eigenvalues")
        self._n = x.size
        self._runner = DoubleJets(method, np.stack([np.repeat(x, x.size), np.tile(x, x.size)]))

    def at(self, t: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(P, D) with P of shape (n,) and D of shape (n, n), at a t that is not below the last one.

        Raises
        ------
        InvalidInput
            If t is no whole number ≥ 0, or below the last one.
        HorizonError
            If t is beyond the method's horizon.
        """
        self._runner.advance(whole_number(t, "t"))
        values, exponents = self._runner.columns()
        with np.errstate(under="ignore", over="ignore"):
            first, second = np.ldexp(values, exponents).reshape(2, self._n, self._n)
        return first[:, 0].copy(), second
