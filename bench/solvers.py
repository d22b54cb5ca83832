"""Emitted solvers: time per step, as a ratio to one `H @ x`; peers beside them where they are installed.

One pinned core, one run, all jobs interleaved, medians of 9; `cpu` is the time this process had the core, which other
people's work does not lengthen. Targets are held against the clock. The Chebyshev method; H dense (n = 300, 1500,
4000) and sparse (n = 10⁵, a grid's Laplacian); ∂H x is of rank one. Targets are held for n ≥ 1500. What a solver does
once (checks, the start) is spread over its steps. Beside them BLAS's symmetric product, on which NumPy's solvers rest.
`--quick` leaves n = 4000 out.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np
import scipy.sparse as sparse
from scipy.linalg.blas import dsymv
from scipy.sparse.linalg import cg

import polyunroll as pu

ROUNDS = 9
S = pu.Spectrum("1/100", 1)
WIDE = 16
RANK_ONE = "dH x of rank one, excluded"
STEPS = {10: 2000, 300: 100, 1500: 50, 4000: 40, 100_000: 60}


@dataclass
class Job:
    """Something that makes a number of steps, what its time per step may be as a ratio, and a job taken off that."""

    name: str
    run: Callable[[], object]
    steps: int
    target: float | None = None
    against: str = "H @ x"
    without: str | None = None
    clock: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self) -> None:
        clock, cpu = time.perf_counter(), time.process_time()
        self.run()
        self.clock.append((time.perf_counter() - clock) / self.steps)
        self.cpu.append((time.process_time() - cpu) / self.steps)


def interleaved(jobs: list[Job]) -> None:
    """Run all jobs in turns, once before the clock runs, and print their medians."""
    for job in jobs:
        job.run()
    for _ in range(ROUNDS):
        for job in jobs:
            job.time()
    clock = {job.name: statistics.median(job.clock) for job in jobs}
    cpu = {job.name: statistics.median(job.cpu) for job in jobs}
    for times in (clock, cpu):
        times |= {job.name: times[job.name] - times[job.without] for job in jobs if job.without}
    print(f"  {'':44s} {'clock':>13s} {'cpu':>13s} {'ratio':>8s} {'of cpu':>8s}")
    for job in jobs:
        ratio, of_cpu = clock[job.name] / clock[job.against], cpu[job.name] / cpu[job.against]
        verdict = (
            "" if job.target is None else f"  target {job.target:.2f}: {'met' if ratio <= job.target else 'MISSED'}"
        )
        what = "" if job.against == "H @ x" else f" of {job.against}"
        times = f"{clock[job.name] * 1e6:10.2f} µs {cpu[job.name] * 1e6:10.2f} µs"
        print(f"  {job.name:44s} {times} {ratio:8.3f} {of_cpu:8.3f}{what}{verdict}", flush=True)


def have(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def dense(n: int) -> dict[str, Any]:
    """A symmetric matrix with eigenvalues about in [1/100, 1], and vectors."""
    rng = np.random.default_rng(n)
    G = rng.standard_normal((n, n))
    G += G.T
    G *= 0.49 / (2 * np.sqrt(2 * n))
    G[np.diag_indices(n)] += 0.505
    return with_vectors(G, n)


def grid(n: int) -> dict[str, Any]:
    """The Laplacian of a grid of about n points, shifted and scaled."""
    side = int(np.sqrt(n))
    line = sparse.diags_array([-np.ones(side - 1), 2 * np.ones(side), -np.ones(side - 1)], offsets=[-1, 0, 1])
    eye = sparse.eye_array(side)
    H = sparse.csr_array((sparse.kron(line, eye) + sparse.kron(eye, line)) * (0.99 / 8))
    return with_vectors(sparse.csr_array(H + 0.01 * sparse.eye_array(side * side)), side * side)


def with_vectors(H: Any, n: int) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    b, x0 = rng.standard_normal((2, n))
    U = rng.standard_normal((n, 1)) / np.sqrt(n)
    return {"H": H, "b": b, "x0": x0, "U": U, "db": rng.standard_normal((n, WIDE)), "X": rng.standard_normal((n, WIDE))}


def emitted(target: str, steps: int, derivative: str | None = None) -> Any:
    return pu.generate(pu.Chebyshev(S), steps, target, derivative).load()


def rank_one(x: Any, U: Any, W: Any, steps: int) -> None:
    out = np.empty((x.size, W.shape[1]))
    for _ in range(steps):
        np.matmul(U, (x @ U)[:, None] * W, out=out)


def jobs_of(given: dict[str, Any], n: int, held: bool) -> list[Job]:
    """Ours, with their targets where they are held."""
    H, b, x0, U, db, steps = given["H"], given["b"], given["x0"], given["U"], given["db"], STEPS[n]
    one, wide = (U, np.ones((1, 1))), (U, np.ones((1, WIDE)))
    plain, with_jvp, with_vjp = (emitted("numpy", steps, d) for d in (None, "jvp", "vjp"))
    jobs = [
        Job("H @ x", lambda: [H @ x0 for _ in range(steps)], steps),
        Job("numpy solve", lambda: plain.solve(H, b, x0), steps, 0.65 if held else None),
        Job(
            "numpy jvp, 1 tangent",
            lambda: with_jvp.jvp(H, b, x0, one, db[:, :1]),
            steps,
            1.15 if held else None,
            without=RANK_ONE,
        ),
        Job("numpy vjp by b and x0", lambda: with_vjp.vjp(H, b, x0, x0), steps),
        Job("numpy vjp by H too", lambda: with_vjp.vjp(H, b, x0, x0, one), steps),
        Job(f"H @ X, {WIDE} columns", lambda: [H @ given["X"] for _ in range(steps)], steps),
        Job(
            f"numpy jvp, {WIDE} tangents",
            lambda: with_jvp.jvp(H, b, x0, wide, db),
            steps,
            1.15 if held else None,
            f"H @ X, {WIDE} columns",
            f"{RANK_ONE}, {WIDE} columns",
        ),
        Job(RANK_ONE, lambda: rank_one(x0, *one, steps), steps),
        Job(f"{RANK_ONE}, {WIDE} columns", lambda: rank_one(x0, *wide, steps), steps),
    ]
    if isinstance(H, np.ndarray):
        by_columns = np.asfortranarray(H)
        jobs.insert(1, Job("H @ x, stored by columns", lambda: [by_columns @ x0 for _ in range(steps)], steps))
        jobs.insert(2, Job("BLAS's dsymv alone", lambda: [dsymv(1.0, H.T, x0) for _ in range(steps)], steps))
    if have("numba"):
        fast = emitted("numba", steps, "jvp")
        jobs.insert(-7, Job("numba solve", lambda: fast.solve(H, b, x0), steps))
        run = lambda: fast.jvp(H, b, x0, one, db[:, :1])  # noqa: E731
        jobs.insert(-7, Job("numba jvp, 1 tangent", run, steps, 0.80 if held else None, without=RANK_ONE))
    return jobs


def peers(given: dict[str, Any], n: int) -> list[Job]:
    """Others given the same problem; scipy's cg makes as many steps, each with one product."""
    H, b, x0, U, db, steps = given["H"], given["b"], given["x0"], given["U"], given["db"], STEPS[n]
    jobs = [Job("scipy cg", lambda: cg(H, -b, x0=x0, rtol=0.0, atol=0.0, maxiter=steps), steps)]
    if sparse.issparse(H):
        return jobs
    rows = emitted("numpy", steps).COEFFICIENTS
    if have("jax"):
        jobs += jax_peers(H, b, x0, U, db[:, 0], rows, steps)
    if have("torch"):
        jobs += torch_peers(H, b, x0, U, db[:, 0], rows, steps)
    return jobs


def unrolled(H: Any, b: Any, x: Any, rows: Any) -> Any:
    """Chebyshev's steps written by hand."""
    previous = x
    for omega, momentum, step in rows:
        x, previous = omega * x + momentum * previous + step * (H @ x + b), x
    return x


def jax_peers(H: Any, b: Any, x0: Any, U: Any, db: Any, rows: Any, steps: int) -> list[Job]:
    import jax

    jax.config.update("jax_enable_x64", True)
    H, b, x0, U, db = map(jax.numpy.asarray, (H, b, x0, U[:, 0], db))
    short = rows[: min(20, steps)]  # compiling takes time quadratic in the steps

    def of(theta: Any) -> Any:
        return unrolled_rank_one(H, b + theta * db, x0, U, theta, short)

    def unrolled_rank_one(H: Any, b: Any, x: Any, u: Any, theta: Any, rows: Any) -> Any:
        previous = x
        for omega, momentum, step in rows:
            gradient = H @ x + theta * (u @ x) * u + b
            x, previous = omega * x + momentum * previous + step * gradient, x
        return x

    peer = jax.jit(lambda theta: jax.jvp(of, (theta,), (1.0,)))
    solver = emitted("jax", steps, "jvp")
    ours = jax.jit(lambda H, b, x0, db: solver.jvp(H, b, x0, (U[:, None], jax.numpy.ones((1, 1))), db[:, None]))
    solve = jax.jit(lambda H, b, x0: solver.solve(H, b, x0))
    jobs = [
        Job("JAX, jitted, unrolled, jvp", lambda: jax.block_until_ready(peer(0.0)), len(short)),
        Job("jax solve, jitted", lambda: solve(H, b, x0).block_until_ready(), steps),
        Job("jax jvp, 1 tangent, jitted", lambda: jax.block_until_ready(ours(H, b, x0, db)), steps),
    ]
    if have("jaxopt"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jaxopt

        def function(x: Any, theta: Any) -> Any:
            return 0.5 * x @ (H @ x) + 0.5 * theta * (U @ x) ** 2 + (b + theta * db) @ x

        descent = jaxopt.GradientDescent(function, stepsize=1.0, maxiter=len(short), tol=0.0, unroll=True, jit=True)
        run = jax.jit(lambda theta: jax.jvp(lambda th: descent.run(x0, th).params, (theta,), (1.0,)))
        jobs.append(Job("jaxopt GradientDescent, unroll, jvp", lambda: jax.block_until_ready(run(0.0)), len(short)))
    return jobs


def torch_peers(H: Any, b: Any, x0: Any, U: Any, db: Any, rows: Any, steps: int) -> list[Job]:
    import torch

    torch.set_num_threads(1)
    H, b, x0, U, db = (torch.from_numpy(np.ascontiguousarray(value)) for value in (H, b, x0, U[:, 0], db))

    def of(theta: Any) -> Any:
        previous = x = x0
        for omega, momentum, step in rows:
            gradient = H @ x + theta * (U @ x) * U + (b + theta * db)
            x, previous = omega * x + momentum * previous + step * gradient, x
        return x

    zero, one = torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)
    solver = emitted("torch", steps, "jvp")
    factors = U[:, None], torch.ones((1, 1), dtype=torch.float64)
    return [
        Job("PyTorch forward mode", lambda: torch.func.jvp(of, (zero,), (one,)), steps),
        Job("torch solve", lambda: solver.solve(H, b, x0), steps),
        Job("torch jvp, 1 tangent", lambda: solver.jvp(H, b, x0, factors, db[:, None]), steps),
    ]


def small() -> None:
    """Overhead: the time of a whole step at n = 10."""
    n, given = 10, dense(10)
    H, b, x0 = given["H"], given["b"], given["x0"]
    steps = STEPS[n]
    solvers = {"numpy": emitted("numpy", steps)}
    solvers |= {"numba": emitted("numba", steps)} if have("numba") else {}
    solvers |= {"c": emitted("c", steps)} if shutil.which("cc") else {}
    print("\nn = 10, a whole step")
    for name, solver in solvers.items():
        solver.solve(H, b, x0)
        seconds = []
        for _ in range(ROUNDS):
            before = time.perf_counter()
            solver.solve(H, b, x0)
            seconds.append((time.perf_counter() - before) / steps)
        median = statistics.median(seconds) * 1e6
        verdict = "" if name == "numpy" else f"  target 1 µs: {'met' if median < 1 else 'MISSED'}"
        print(f"  {name:44s} {median:12.3f} µs{verdict}", flush=True)


def main() -> None:
    sizes = [n for n in (300, 1500, 4000) if n < 4000 or "--quick" not in sys.argv]
    for n in sizes:
        print(f"\ndense, n = {n}, {STEPS[n]} steps: time per step, ratio to one H @ x", flush=True)
        given = dense(n)
        interleaved(jobs_of(given, n, held=n >= 1500) + peers(given, n))
    n = 100_000
    given = grid(n)
    print(f"\nsparse, n = {given['b'].size}, {STEPS[n]} steps: time per step, ratio to one H @ x", flush=True)
    interleaved(jobs_of(given, n, held=False) + peers(given, n))
    small()


if __name__ == "__main__":
    main()
