"""Schedules for optax: as schedules of step sizes, and as a gradient transformation.

What is guaranteed on f(x) = ½ xᵀHx + bᵀx with the eigenvalues of H in the spectrum: after T updates the parameters are
x_T, up to rounding, and ‖x_T − x*‖ ≤ max|P_T| ‖x_0 − x*‖ (`Schedule.error_after`). On any other objective, and with
stochastic gradients, none of polyunroll's bounds holds. Near a minimum where the Hessian's eigenvalues lie in the
spectrum the iterates follow the quadratic ones to first order in the distance; how near that must be is not said. Far
from it a method with momentum or large steps may diverge where small steps would not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from polyunroll.errors import InvalidInput
from polyunroll.schedules.base import Schedule
from polyunroll.schedules.linear import LinearTable, linear_table, require_schedule
from polyunroll.schedules.momentum import StepSchedule

try:
    import jax
    import jax.numpy as jnp
    import optax
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        'polyunroll.schedules.optax needs optax; install it with pip install "polyunroll[optax]"',
        name=missing.name,
    ) from None

__all__ = [
    "MoveState",
    "ProgramState",
    "decay_schedule",
    "gradient_transformation",
    "solution",
    "step_size_schedule",
]

Tree = Any


class MoveState(NamedTuple):
    """The state of a schedule of step sizes and momenta: steps made, and the last move."""

    count: Any
    move: Tree


class ProgramState(NamedTuple):
    """The state of any other schedule: steps made, and the program's vectors, the iterate's last."""

    count: Any
    vectors: tuple[Tree, ...]


def step_size_schedule(schedule: StepSchedule) -> Callable[[Any], Any]:
    """An optax schedule: count ↦ h_{count+1}, and 0 from count = T on, so that the parameters stay.

    Parameters
    ----------
    schedule : Schedule
        Of the form "momentum" or "richardson".

    Returns
    -------
    function
        Of a count that may be traced.

    Raises
    ------
    InvalidInput
        If the schedule is of another form.
    """
    return _indexed(_steps(schedule).step_sizes)


def decay_schedule(schedule: StepSchedule) -> Callable[[Any], Any]:
    """An optax schedule: count ↦ d_{count+1}, the decay of a heavy ball whose learning rate is `step_size_schedule`.

    See `StepSchedule.decays`; 0 from count = T on. With `optax.inject_hyperparams(optax.sgd)` both make the method.

    Raises
    ------
    InvalidInput
        If the schedule is of another form, or a step size is 0.
    """
    return _indexed(_steps(schedule).decays)


def gradient_transformation(schedule: Schedule) -> Any:
    """An `optax.GradientTransformation` that runs a schedule of any form.

    The parameters are where the next gradient is to be taken. For schedules of step sizes that is the iterate x_t; for
    others it may not be, and `solution` gives the iterate. After the T-th update the parameters are x_T itself, and
    later updates are zero: a fixed-horizon schedule is over then, and must be started anew for more steps.

    Parameters
    ----------
    schedule : Schedule

    Returns
    -------
    optax.GradientTransformation
        Its update works under `jax.jit`: coefficients are arrays, indexed by the count. It needs no parameters, and
        uses them, where given, to keep rounding errors from adding up.

    Raises
    ------
    InvalidInput
        If what is given is no schedule.

    Examples
    --------
    >>> import jax, optax, polyunroll as pu
    >>> from polyunroll.schedules.optax import gradient_transformation
    >>> made = pu.schedule(pu.Chebyshev(pu.Spectrum(1, 4)), 30, "momentum")
    >>> transformation, x = gradient_transformation(made), jax.numpy.ones(2)
    >>> state = transformation.init(x)
    >>> for _ in range(30):
    ...     change, state = transformation.update(jax.numpy.array([1.0, 4.0]) * x, state)
    ...     x = optax.apply_updates(x, change)
    >>> bool(abs(x).max() < 1e-6)
    True
    """
    require_schedule(schedule)
    if isinstance(schedule, StepSchedule):
        return _move_transformation(schedule)
    return _program_transformation(linear_table(schedule))


def solution(params: Tree, state: Any) -> Tree:
    """The iterate x_t, from the parameters and the transformation's state."""
    return state.vectors[-1] if isinstance(state, ProgramState) else params


def _steps(schedule: object) -> StepSchedule:
    require_schedule(schedule)
    if not isinstance(schedule, StepSchedule):
        raise InvalidInput("the schedule has no step sizes; make one with form='momentum' or form='richardson'")
    return schedule


def _indexed(values: tuple[float, ...]) -> Callable[[Any], Any]:
    # one zero more, for every count from T on
    table = np.array([*values, 0.0])
    return lambda count: jnp.asarray(table)[jnp.clip(count, 0, len(values))]


def _move_transformation(schedule: StepSchedule) -> Any:
    steps = len(schedule.step_sizes)
    size, momentum = _indexed(schedule.step_sizes), _indexed(schedule.momenta)

    def init(params: Tree) -> MoveState:
        return MoveState(jnp.zeros([], jnp.int32), jax.tree_util.tree_map(jnp.zeros_like, params))

    def update(gradients: Tree, state: MoveState, params: Tree = None) -> tuple[Tree, MoveState]:
        h, m = size(state.count), momentum(state.count)
        move = jax.tree_util.tree_map(lambda g, v: m.astype(g.dtype) * v - h.astype(g.dtype) * g, gradients, state.move)
        return move, MoveState(jnp.minimum(state.count + 1, steps), move)

    return optax.GradientTransformation(init, update)


def _program_transformation(table: LinearTable) -> Any:
    # the output goes last
    order = [i for i in range(len(table.start)) if i != table.output] + [table.output]
    start, query = table.start[order], table.query[:, order]
    update_table, gradient_table = table.update[:, order][:, :, order], table.gradient[:, order]
    used = [np.flatnonzero(update_table[:, i].any(axis=0)) for i in range(len(order))]
    queried = np.flatnonzero(query.any(axis=0))

    def combined(terms: list[tuple[Any, Tree]]) -> Tree:
        coefficients = [c for c, _ in terms]
        return jax.tree_util.tree_map(
            lambda *parts: sum(c.astype(p.dtype) * p for c, p in zip(coefficients, parts, strict=True)),
            *[tree for _, tree in terms],
        )

    def point(count: Any, vectors: tuple[Tree, ...]) -> Tree:
        row = jnp.asarray(query)[count]
        return combined([(row[int(j)], vectors[int(j)]) for j in queried])

    def init(params: Tree) -> ProgramState:
        vectors = tuple(
            jax.tree_util.tree_map(lambda p, w=weight: jnp.asarray(w, p.dtype) * p, params) for weight in start
        )
        return ProgramState(jnp.zeros([], jnp.int32), vectors)

    def update(gradients: Tree, state: ProgramState, params: Tree = None) -> tuple[Tree, ProgramState]:
        active = state.count < table.steps
        t = jnp.minimum(state.count, table.steps - 1)
        A, B = jnp.asarray(update_table)[t], jnp.asarray(gradient_table)[t]
        vectors = tuple(
            jax.tree_util.tree_map(
                lambda new, old: jnp.where(active, new, old),
                combined([(B[i], gradients), *((A[i, int(j)], state.vectors[int(j)]) for j in used[i])]),
                state.vectors[i],
            )
            for i in range(len(order))
        )
        count = jnp.minimum(state.count + 1, table.steps)
        here = point(state.count, state.vectors) if params is None else params
        change = jax.tree_util.tree_map(
            lambda new, old: jnp.where(active, new - old, jnp.zeros_like(old)), point(count, vectors), here
        )
        return change, ProgramState(count, vectors)

    return optax.GradientTransformation(init, update)
