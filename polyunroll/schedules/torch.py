"""Schedules for PyTorch: an optimiser with its scheduler for step sizes and momenta, and one for any schedule.

What is guaranteed on f(x) = ½ xᵀHx + bᵀx with the eigenvalues of H in the spectrum: after T steps the parameters are
x_T, up to rounding, and ‖x_T − x*‖ ≤ max|P_T| ‖x_0 − x*‖ (`Schedule.error_after`). On any other objective, and with
stochastic gradients, none of polyunroll's bounds holds. Near a minimum where the Hessian's eigenvalues lie in the
spectrum the iterates follow the quadratic ones to first order in the distance; how near that must be is not said. Far
from it a method with momentum or large steps may diverge where small steps would not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polyunroll.errors import InvalidInput
from polyunroll.schedules.base import Schedule
from polyunroll.schedules.linear import linear_table, require_schedule
from polyunroll.schedules.momentum import StepSchedule

try:
    import torch
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        'polyunroll.schedules.torch needs PyTorch; install it with pip install "polyunroll[torch]"',
        name=missing.name,
    ) from None

__all__ = ["MomentumOptimizer", "MomentumScheduler", "ProgramOptimizer", "optimizer_and_scheduler"]


def optimizer_and_scheduler(params: Any, schedule: StepSchedule) -> tuple[MomentumOptimizer, MomentumScheduler]:
    """An optimiser and the scheduler that sets its step size and momentum; step the one, then the other.

    Parameters
    ----------
    params : iterable of tensors or of dicts
        As for any optimiser.
    schedule : Schedule
        Of the form "momentum" or "richardson".

    Raises
    ------
    InvalidInput
        If the schedule is of another form, or has no steps.

    Examples
    --------
    >>> import torch, polyunroll as pu
    >>> from polyunroll.schedules.torch import optimizer_and_scheduler
    >>> x = torch.ones(2, requires_grad=True)
    >>> made = pu.schedule(pu.Chebyshev(pu.Spectrum(1, 4)), 30, "momentum")
    >>> optimizer, scheduler = optimizer_and_scheduler([x], made)
    >>> for _ in range(30):
    ...     optimizer.zero_grad()
    ...     (torch.tensor([0.5, 2.0]) @ x**2).backward()
    ...     _ = optimizer.step()
    ...     scheduler.step()
    >>> bool(x.abs().max() < 1e-6)
    True
    """
    first = _steps(schedule).step_sizes[0]
    optimizer = MomentumOptimizer(params, lr=first)
    return optimizer, MomentumScheduler(optimizer, schedule)


def _steps(schedule: object) -> StepSchedule:
    require_schedule(schedule)
    if not isinstance(schedule, StepSchedule):
        raise InvalidInput("the schedule has no step sizes; make one with form='momentum' or form='richardson'")
    if not schedule.step_sizes:
        raise InvalidInput("the schedule has no steps; its polynomial is 1")
    return schedule


def _closed(closure: Callable[[], Any] | None) -> Any:
    """What a closure returns, called with gradients on."""
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


class MomentumOptimizer(torch.optim.Optimizer):  # type: ignore[misc]
    """x ← x + v with v ← momentum·v − lr·∇f(x): the momentum multiplies the last move, whatever lr was then.

    `torch.optim.SGD` divides differently: there the step sizes and `StepSchedule.decays` make the same method, if no
    decay is 0: it keeps no velocity while its momentum is 0. At t = 1, where nothing is there to decay, give another.

    Parameters
    ----------
    params : iterable of tensors or of dicts
    lr : float
    momentum : float
    """

    def __init__(self, params: Any, lr: float, momentum: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one step; parameters without a gradient stay."""
        loss = _closed(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "move" not in state:
                    state["move"] = torch.zeros_like(p)
                move = state["move"]
                move.mul_(group["momentum"]).sub_(p.grad, alpha=group["lr"])
                p.add_(move)
        return loss


class MomentumScheduler(torch.optim.lr_scheduler.LRScheduler):  # type: ignore[misc]
    """Sets `lr` and `momentum` of every group to a schedule's numbers; both are 0 after the last, and nothing moves.

    A fixed-horizon schedule is over then; for more steps start anew, with a new optimiser. It may be pickled, and its
    `state_dict` resumes it.

    Parameters
    ----------
    optimizer : MomentumOptimizer
    schedule : Schedule
        Of the form "momentum" or "richardson".
    last_epoch : int
        Steps made less one, where a run is resumed; −1 for a new one.
    """

    def __init__(self, optimizer: MomentumOptimizer, schedule: StepSchedule, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, MomentumOptimizer):
            raise InvalidInput(f"optimizer is a {type(optimizer).__name__}; give a MomentumOptimizer")
        schedule = _steps(schedule)
        self._step_sizes, self._momenta = schedule.step_sizes, schedule.momenta
        self._sha256 = schedule.as_data()["sha256"]
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The step size of the next step, for each group; sets its momentum too."""
        t = self.last_epoch
        over = t >= len(self._step_sizes)
        for group in self.optimizer.param_groups:
            group["momentum"] = 0.0 if over else self._momenta[t]
        return [0.0 if over else self._step_sizes[t]] * len(self.optimizer.param_groups)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # PyTorch warns at the first step unless it saw the optimiser being made; a pickled one has lost that mark
        self._step_count = state["last_epoch"] + 2

    def state_dict(self) -> dict[str, Any]:
        """Where the run is, and the schedule's checksum."""
        return {"last_epoch": self.last_epoch, "sha256": self._sha256}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go to where another run of the same schedule was.

        Raises
        ------
        InvalidInput
            If that was another schedule.
        """
        if state_dict.get("sha256") != self._sha256:
            raise InvalidInput(f"the state belongs to the schedule {state_dict.get('sha256')!r}, not {self._sha256!r}")
        self.last_epoch = self._step_count = int(state_dict["last_epoch"])
        self._step_count += 1
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]


class ProgramOptimizer(torch.optim.Optimizer):  # type: ignore[misc]
    """Runs a schedule of any form, by its own count of steps.

    Between steps the parameters are where the next gradient is to be taken, which need not be the iterate: `solution`
    gives that. After the T-th step the parameters are x_T itself, and later steps change nothing. It may be pickled,
    and its `state_dict` resumes it.

    Parameters
    ----------
    params : iterable of tensors or of dicts
    schedule : Schedule

    Raises
    ------
    InvalidInput
        If what is given is no schedule.
    """

    def __init__(self, params: Any, schedule: Schedule) -> None:
        self._table = linear_table(schedule)
        super().__init__(params, {"count": 0, "sha256": schedule.as_data()["sha256"]})

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_table": self._table}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go to where another run of the same schedule was.

        Raises
        ------
        InvalidInput
            If that was another schedule.
        """
        own = {group["sha256"] for group in self.param_groups}
        for group in state_dict["param_groups"]:
            if group.get("sha256") not in own:
                raise InvalidInput(f"the state belongs to the schedule {group.get('sha256')!r}, not {own.pop()!r}")
        super().load_state_dict(state_dict)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one step; parameters without a gradient stay."""
        loss = _closed(closure)
        for group in self.param_groups:
            t = group["count"]
            if t >= self._table.steps:
                continue
            group["count"] = t + 1
            for p in group["params"]:
                if p.grad is not None:
                    self._advance(p, t)
        return loss

    def _advance(self, p: Any, t: int) -> None:
        table = self._table
        old = self._vectors(p)
        new = []
        for i in range(len(old)):
            total = p.grad * float(table.gradient[t, i])
            for j in table.terms(i):
                total.add_(old[j], alpha=float(table.update[t, i, j]))
            new.append(total)
        self.state[p]["vectors"] = new
        point = torch.zeros_like(p)
        for j in table.queried():
            if table.query[t + 1, j] != 0:
                point.add_(new[j], alpha=float(table.query[t + 1, j]))
        p.copy_(point)

    def _vectors(self, p: Any) -> list[Any]:
        """The program's states for one parameter, made from it at the start."""
        if "vectors" not in self.state[p]:
            self.state[p]["vectors"] = [p.detach() * float(weight) for weight in self._table.start]
        vectors: list[Any] = self.state[p]["vectors"]
        return vectors

    def solution(self) -> list[Any]:
        """The iterate x_t of each parameter, group by group."""
        return [
            self.state[p]["vectors"][self._table.output].clone() if "vectors" in self.state[p] else p.detach().clone()
            for group in self.param_groups
            for p in group["params"]
        ]
