"""Hypergradients beside their peers: jaxopt's implicit differentiation and unrolling, and a plain PyTorch loop.

Per-sample weights of ridge regression and the penalty of logistic regression, on breast_cancer and on a larger random
problem. Each contestant runs in a process of its own, one core, after one run that is not counted: seconds are the
median of five, memory is how far the process's peak grew from the problem being made to the last run. What makes the
same t steps must agree to 1e-8, and so must all that solve the implicit system. A peer that is not installed is named.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

Array = Any
STEPS = {"breast_cancer": 400, "random": 300}
TOLERANCE = 1e-8
NEEDS = {"jaxopt": ("jax", "jaxopt"), "torch": ("torch",), "polyunroll": ()}
CONTESTANTS = {
    "unrolled": ("polyunroll reverse", "polyunroll checkpoints", "polyunroll forward", "torch loop", "jaxopt unrolled"),
    "implicit": ("polyunroll aid", "jaxopt implicit"),
}
SEED = 20240


def data(name: str) -> tuple[Array, Array]:
    """(A, labels ±1), features standardised."""
    if name == "breast_cancer":
        from polyunroll.problems import load

        found = load(name, standardise_labels=False)
        return np.array(found.A), 2 * np.array(found.y) - 1
    rng = np.random.default_rng(SEED)
    A = rng.standard_normal((1500, 300))
    return A, np.sign(A @ rng.standard_normal(300) + rng.standard_normal(1500))


class Setting:
    """One problem: data, outer parameters, step size, and the outer loss ½‖x − target‖²."""

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.A, self.y = kind, *data(name)
        self.m, self.n = self.A.shape
        self.steps = STEPS[name]
        largest = float(np.linalg.norm(self.A, 2) ** 2 / self.m)
        self.penalty = largest / 100
        self.theta = np.ones(self.m) if kind == "ridge" else np.array([self.penalty])
        self.curvature = largest + self.penalty if kind == "ridge" else largest / 4 + self.penalty
        self.step = float(f"{1 / self.curvature:.6g}")
        self.target = np.random.default_rng(SEED).standard_normal(self.n)

    def inner(self, xp: Any, A: Array, y: Array) -> Callable[[Array, Array], Array]:
        """f(x, θ) in JAX or PyTorch."""
        if self.kind == "ridge":
            return lambda x, theta: (theta * (A @ x - y) ** 2).mean() / 2 + self.penalty / 2 * (x @ x)
        return lambda x, theta: xp(-y * (A @ x)).mean() + theta[0] / 2 * (x @ x)


def polyunroll_run(setting: Setting, which: str) -> Callable[[], Array]:
    import polyunroll as pu
    from polyunroll.problems import Bilevel, LogisticPenalty, RidgeSampleWeights, SquaredDistance

    if setting.kind == "ridge":
        inner: Any = RidgeSampleWeights(setting.A, setting.y, setting.penalty)
    else:
        inner = LogisticPenalty(setting.A, setting.y, setting.penalty)
    problem = Bilevel(inner, SquaredDistance(setting.target))
    S = pu.Spectrum(float(f"{setting.penalty * 0.99:.6g}"), float(f"{setting.curvature * 1.01:.6g}"))
    m = pu.GradientDescent(S, setting.step)
    itd, t = pu.hypergradient.itd, setting.steps
    if which == "aid":
        return lambda: pu.hypergradient.aid(problem, setting.theta, pu.Chebyshev(S), t, tolerance=1e-12).hypergradient
    how = {"reverse": {}, "checkpoints": {"checkpoints": 6}, "forward": {"mode": "forward"}}[which]
    return lambda: itd(problem, setting.theta, m, t, **how).hypergradient


def torch_run(setting: Setting, which: str) -> Callable[[], Array]:
    import torch

    torch.set_num_threads(1)
    f = setting.inner(torch.nn.functional.softplus, torch.tensor(setting.A), torch.tensor(setting.y))
    target = torch.tensor(setting.target)

    def once() -> Array:
        theta = torch.tensor(setting.theta, requires_grad=True)
        x = torch.zeros(setting.n, dtype=torch.float64, requires_grad=True)
        for _ in range(setting.steps):
            (g,) = torch.autograd.grad(f(x, theta), x, create_graph=True)
            x = x - setting.step * g
        (found,) = torch.autograd.grad(((x - target) ** 2).sum() / 2, theta)
        return found.numpy()

    return once


def jaxopt_run(setting: Setting, which: str) -> Callable[[], Array]:
    import jax

    jax.config.update("jax_enable_x64", True)
    import jaxopt
    from jaxopt.linear_solve import solve_cg

    f = setting.inner(jax.nn.softplus, jax.numpy.asarray(setting.A), jax.numpy.asarray(setting.y))
    if which == "unrolled":
        solver = jaxopt.GradientDescent(
            f, stepsize=setting.step, maxiter=setting.steps, tol=0.0, acceleration=False, implicit_diff=False
        )
    else:
        solver = jaxopt.LBFGS(
            f, maxiter=2000, tol=1e-13, implicit_diff=True, implicit_diff_solve=lambda A, b: solve_cg(A, b, tol=1e-13)
        )
    target, start = jax.numpy.asarray(setting.target), jax.numpy.zeros(setting.n)

    def outer(theta: Array) -> Array:
        return ((solver.run(start, theta).params - target) ** 2).sum() / 2

    gradient = jax.jit(jax.grad(outer))
    return lambda: np.asarray(gradient(jax.numpy.asarray(setting.theta)))


RUNS = {"polyunroll": polyunroll_run, "torch": torch_run, "jaxopt": jaxopt_run}


def peak_kib(reset: bool = False) -> int:
    """The process's peak memory, which Linux can be told to forget: what making the data took is not counted."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        (line,) = (s for s in Path("/proc/self/status").read_text().splitlines() if s.startswith("VmHWM"))
        return int(line.split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def one(contestant: str, kind: str, name: str) -> None:
    """Run one contestant in this process and print what it found as JSON."""
    library, which = contestant.split()
    setting = Setting(kind, name)
    run = RUNS[library](setting, which)
    before = peak_kib(reset=True)
    begin = time.perf_counter()
    found = run()
    first = time.perf_counter() - begin
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    grown = (peak_kib() - before) / 1024
    print(json.dumps({"found": found.tolist(), "first": first, "seconds": statistics.median(seconds), "MiB": grown}))


def missing(contestant: str) -> list[str]:
    """The modules a contestant needs and that are not installed."""
    return [module for module in NEEDS[contestant.split()[0]] if find_spec(module) is None]


def ask(contestant: str, kind: str, name: str) -> dict[str, Any] | str:
    """What one contestant found, or why there is nothing."""
    if gone := missing(contestant):
        return f"not installed: {', '.join(gone)}"
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--one", contestant, kind, name]
    done = subprocess.run(
        command, env={**os.environ, **threads}, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Print the tables; 1 if contestants disagree."""
    agree = True
    for kind in ("ridge", "logistic"):
        for name in STEPS:
            if name == "breast_cancer" and find_spec("sklearn") is None:
                print("breast_cancer: not installed: scikit-learn")
                continue
            setting = Setting(kind, name)
            print(
                f"\n{kind}, {name}: {setting.m} × {setting.n}, {len(setting.theta)} outer parameters, "
                f"t = {setting.steps}"
            )
            print(f"  {'':24}{'seconds':>10}{'first run':>12}{'memory MiB':>12}{'difference':>12}")
            for group, contestants in CONTESTANTS.items():
                reference: Array = None
                for contestant in contestants:
                    if contestant.endswith("forward") and len(setting.theta) > 600:
                        print(f"  {contestant:24}  left out: {len(setting.theta)} columns of tangents")
                        continue
                    found = ask(contestant, kind, name)
                    if isinstance(found, str):
                        print(f"  {contestant:24}  {found}")
                        agree &= not found.startswith("failed")
                        continue
                    value = np.array(found["found"])
                    reference = value if reference is None else reference
                    apart = float(np.linalg.norm(value - reference) / np.linalg.norm(reference))
                    agree &= apart <= TOLERANCE
                    numbers = f"{found['seconds']:10.4f}{found['first']:12.4f}{found['MiB']:12.1f}{apart:12.1e}"
                    line = f"  {contestant:24}{numbers}"
                    print(line if apart <= TOLERANCE else f"{line}  {group}: MORE THAN {TOLERANCE:.0e} APART")
    return 0 if agree else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:5])
    else:
        sys.exit(main())
