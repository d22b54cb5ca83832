"""Exact errors of hypergradients on quadratics: the true ones plus what the residual polynomials say is wrong.

Every estimator here returns ∇_θE(x̂) + ∂x̂ᵀ∇_xE(x̂) for some x̂ and ∂x̂ whose errors `Predictor` knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from polyunroll.hypergradient.inner import Inner, like
from polyunroll.hypergradient.result import Prediction
from polyunroll.interpret.arrays import Array
from polyunroll.interpret.jets import DividedDifferences, jets
from polyunroll.methods.base import Method
from polyunroll.problems.bilevel import OuterLoss
from polyunroll.problems.checks import Doubles, as_numpy
from polyunroll.problems.prediction import Predictor
from polyunroll.problems.quadratic import Quadratic

__all__ = ["first_order", "implicit", "truncated", "unrolled"]

Predict = Callable[[], Prediction]


def unrolled(
    inner: Inner, loss: OuterLoss, theta: Array, method: Method, steps: int, x0: Array, dx0: Array | None
) -> Predict | None:
    """The errors of t differentiated steps, or None where the problem is no quadratic."""
    return _lazily(inner, loss, theta, x0, dx0, lambda known: _unrolled(known, method, steps))


def truncated(
    inner: Inner, loss: OuterLoss, theta: Array, method: Method, plain_steps: int, steps: int, x0: Array
) -> Predict | None:
    """The errors of N plain steps and K differentiated ones, or None where the problem is no quadratic."""

    def errors(known: Predictor) -> tuple[Doubles, Doubles]:
        plain = _values(method, plain_steps, known)
        P, D = DividedDifferences(method, known.eigenvalues).at(steps)
        return known.iterate_error(P * plain), known.truncated_error(P, D, plain)

    return _lazily(inner, loss, theta, x0, None, errors)


def implicit(
    inner: Inner,
    loss: OuterLoss,
    theta: Array,
    method: Method,
    steps: int,
    solver: Method,
    solver_steps: int,
    x0: Array,
) -> Predict | None:
    """The errors of N plain steps and a polynomial linear solver, or None where the problem is no quadratic."""

    def errors(known: Predictor) -> tuple[Doubles, Doubles]:
        plain = _values(method, steps, known)
        return known.iterate_error(plain), known.implicit_error(_values(solver, solver_steps, known), plain)

    return _lazily(inner, loss, theta, x0, None, errors)


def first_order(
    inner: Inner, loss: OuterLoss, theta: Array, method: Method, steps: int, share: float = 1.0
) -> Predict | None:
    """The errors of leaving out a share of the derivative of r steps by their start, or None without a quadratic.

    The share is 1 for FOM. UFOM with probability q leaves out 1, or 1 − 1/q in its exact branch.
    """
    problem = inner.problem
    if not isinstance(problem, Quadratic):
        return None

    def predict() -> Prediction:
        known = Predictor(problem, theta)
        P = _values(method, steps, known)
        x_error = known.iterate_error(P)
        in_x, _ = loss.gradients(like(theta, problem.solution() + x_error), theta)
        eigenvectors = np.linalg.eigh(problem.doubles().dense_hessian())[1]
        left_out = (eigenvectors * (share * (1 - P))) @ eigenvectors.T
        return Prediction(left_out @ as_numpy("an outer gradient", in_x), left_out, x_error)

    return predict


def _unrolled(known: Predictor, method: Method, steps: int) -> tuple[Doubles, Doubles]:
    P, D = DividedDifferences(method, known.eigenvalues).at(steps)
    return known.iterate_error(P), known.error(P, D)


def _values(method: Method, t: int, known: Predictor) -> Doubles:
    return np.asarray(jets(method, t, known.eigenvalues, order=0).derivative(0))


def _lazily(
    inner: Inner,
    loss: OuterLoss,
    theta: Array,
    x0: Array,
    dx0: Array | None,
    errors: Callable[[Predictor], tuple[Doubles, Doubles]],
) -> Predict | None:
    problem = inner.problem
    if not isinstance(problem, Quadratic) or problem.parameters == 0:
        return None

    def predict() -> Prediction:
        doubles = problem.doubles()
        known = Predictor(doubles, x0, dx0)
        x_error, jacobian_error = errors(known)
        solution, jacobian = doubles.solution(), doubles.solution_jacobian()
        true = _hypergradient(loss, theta, solution, jacobian)
        found = _hypergradient(loss, theta, solution + x_error, jacobian + jacobian_error)
        return Prediction(found - true, jacobian_error, x_error)

    return predict


def _hypergradient(loss: OuterLoss, theta: Any, x: Doubles, dx: Doubles) -> Doubles:
    in_x, in_theta = (as_numpy("an outer gradient", g) for g in loss.gradients(like(theta, x), theta))
    return np.asarray(in_theta + dx.T @ in_x)
