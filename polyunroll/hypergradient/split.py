"""How to split T steps into N plain and K differentiated ones: the least bound that the error pair gives.

Truncated differentiation has the error pair (P_K, P_K' P_N), so that with R = ‖∂x*‖ and G = ‖∂H‖ ‖x_0 − x*‖

    ‖error‖ ≤ max|P_K| R + max|P_K'| max|P_N| G,    N + K = T,

for every smooth H(θ). The maxima are taken on a grid, in doubles: good for advice, and no proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyunroll.arithmetic.exact import to_float, whole_number
from polyunroll.errors import HorizonError, InvalidInput
from polyunroll.hypergradient.failures import finite_end
from polyunroll.hypergradient.forward import run_plain
from polyunroll.hypergradient.inner import Inner, has_steps, like, read_number
from polyunroll.hypergradient.linear import conjugate_gradients, norm
from polyunroll.interpret.arrays import Array
from polyunroll.interpret.double_jets import DoubleJets
from polyunroll.methods.base import Method
from polyunroll.problems.prediction import Predictor
from polyunroll.problems.quadratic import Quadratic

__all__ = ["Split", "best_split", "measure"]

GRID = 400
PROBES = 4


@dataclass(frozen=True)
class Split:
    """N plain steps and K differentiated ones.

    Attributes
    ----------
    plain, steps : int
        N, extra plain steps included, and K ≥ 1.
    bound : float
        The bound on the Jacobian error it is chosen for.
    R, G : float
        The constants behind it.
    """

    plain: int
    steps: int
    bound: float
    R: float
    G: float


def best_split(m: Method, steps: int, R: float, G: float, extra: int = 0) -> Split:
    """The split of T = `steps` with the least bound.

    Parameters
    ----------
    m : Method
        Without symbols.
    steps : int
        T ≥ 1.
    R, G : float
        ‖∂x*‖ and ‖∂H‖ ‖x_0 − x*‖, each ≥ 0 and not both 0.
    extra : int
        Plain steps made besides the T, ≥ 0: they cost no derivative and no memory.

    Returns
    -------
    Split

    Raises
    ------
    InvalidInput, HorizonError

    Notes
    -----
    The first row of the table, N = 0 (all steps differentiated), wins where G is small against R.
    """
    T, extra = whole_number(steps, "steps", 1), whole_number(extra, "extra")
    for name, value in (("R", R), ("G", G)):
        if not 0 <= read_number(name, value) < float("inf"):
            raise InvalidInput(f"{name} is {value}; it must be a finite number at or above 0")
    if R == 0 and G == 0:
        raise InvalidInput("R = 0 and G = 0 leave nothing to bound; give at least one > 0")
    if not isinstance(m, Method):
        raise InvalidInput(f"m is a {type(m).__name__}; give a method, such as Chebyshev(Spectrum('1/100', 1))")
    if m.is_symbolic:
        raise InvalidInput(f"{m!r} has symbols; a split needs numbers")
    steps_had = [t for t in range(T + extra + 1) if has_steps(m, t)]
    values, slopes = _maxima(m, steps_had)
    found: Split | None = None
    for K in range(1, T + 1):
        N = T - K + extra
        if K not in values or N not in values:
            continue
        bound = values[K] * R + slopes[K] * values[N] * G
        if found is None or bound < found.bound:
            found = Split(N, K, bound, R, G)
    if found is None:
        raise HorizonError(f"no split of {T} steps and {extra} extra ones fits the method's horizon {m.horizon}")
    return found


def _maxima(m: Method, steps: list[int]) -> tuple[dict[int, float], dict[int, float]]:
    """max|P_t| and max|P_t'| for ascending t, on a grid of the spectrum."""
    ell, L = to_float(m.spectrum.low), to_float(m.spectrum.high)
    nodes = (L + ell) / 2 + (L - ell) / 2 * np.cos(np.linspace(0, np.pi, GRID))
    runner = DoubleJets(m, np.stack([nodes, nodes]))
    values, slopes = {}, {}
    with np.errstate(under="ignore", over="ignore"):
        for t in steps:
            runner.advance(t)
            mantissas, exponents = runner.columns()
            values[t], slopes[t] = map(float, np.abs(np.ldexp(mantissas, exponents)).max(axis=1))
    return values, slopes


def measure(inner: Inner, method: Method, steps: int, x0: Array, theta: Array) -> tuple[float, float]:
    """(R, G) of the problem at hand.

    On a quadratic they are computed. Elsewhere x* is taken to be x_T after T plain steps; G is then
    ‖∂_θ∇f(x_0) − ∂_θ∇f(x_T)‖_F, which is ‖∂H (x_0 − x_T)‖_F on a quadratic, and R comes from a few solves
    H z = −∂_θ∇f(x_T) u with random signs u, for which the mean of ‖z‖² is ‖∂x*‖_F². All of it is counted.
    """
    if isinstance(inner.problem, Quadratic):
        known = Predictor(inner.problem, x0)
        return known.R, known.G_partial
    steps = steps if method.horizon is None else method.horizon
    x = run_plain(method, steps, inner.F, x0, inner.meter)
    before, after = inner.cross(x0), inner.cross(x)
    for value in (before, after):
        finite_end("the derivative of the gradient in theta", value, steps, x, inner.meter.costs())
    rng = np.random.default_rng(0)
    squares = []
    for _ in range(PROBES):
        signs = like(theta, rng.choice([-1.0, 1.0], size=inner.p))
        solved = conjugate_gradients(lambda v: inner.product(x, v), after @ signs, 10 * inner.n, 1e-2, inner.meter)
        squares.append(norm(solved.v) ** 2)
    return float(np.sqrt(np.mean(squares))), norm(after - before)
