"""Emitted solvers on a graphics processor: time per step, as a ratio to one `H @ x` there.

The same files that run on the processor: jax, torch, and array-api with CuPy's arrays. Where there is no graphics
processor, or none of the libraries, it says so and ends. Medians of 9; the device is waited for at each end.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import polyunroll as pu

N, STEPS, ROUNDS = 8192, 100, 9
S = pu.Spectrum("1/100", 1)


def problem() -> tuple[Any, Any, Any]:
    """A symmetric matrix with eigenvalues about in [1/100, 1], and two vectors, in single precision."""
    rng = np.random.default_rng(0)
    G = rng.standard_normal((N, N), dtype=np.float32)
    H = (G + G.T) * np.float32(0.49 / (2 * np.sqrt(2 * N)))
    H[np.diag_indices(N)] += np.float32(0.505)
    return H, *rng.standard_normal((2, N), dtype=np.float32)


def median(run: Callable[[], Any], wait: Callable[[Any], Any]) -> float:
    wait(run())
    seconds = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        wait(run())
        seconds.append(time.perf_counter() - before)
    return statistics.median(seconds)


def report(name: str, solver: Any, arrays: tuple[Any, Any, Any], wait: Callable[[Any], Any], compiled: Any) -> None:
    H, b, x0 = arrays
    solve = compiled(lambda H, b, x0: solver.solve(H, b, x0))
    jvp = compiled(lambda H, b, x0: solver.jvp(H, b, x0, None, b[:, None]))

    def products() -> Any:
        x = x0
        for _ in range(STEPS):
            x = H @ x
        return x

    bare = median(compiled(products) if name == "jax" else products, wait) / STEPS
    for what, run in (("solve", solve), ("jvp, 1 tangent", jvp)):
        step = median(lambda run=run: run(H, b, x0), wait) / STEPS
        print(f"{name:10s} {what:16s} {step * 1e6:10.1f} µs a step, {step / bare:6.2f} of H @ x ({bare * 1e6:.1f} µs)")


def emitted(target: str) -> Any:
    return pu.generate(pu.Chebyshev(S), STEPS, target, "jvp").load()


def with_jax() -> bool:
    import jax

    if jax.default_backend() not in ("gpu", "cuda", "rocm"):
        return False
    arrays = tuple(map(jax.numpy.asarray, problem()))
    report("jax", emitted("jax"), arrays, jax.block_until_ready, jax.jit)
    return True


def with_torch() -> bool:
    import torch

    if not torch.cuda.is_available():
        return False
    arrays = tuple(torch.from_numpy(value).cuda() for value in problem())
    report("torch", emitted("torch"), arrays, lambda value: torch.cuda.synchronize(), lambda f: f)
    return True


def with_cupy() -> bool:
    import cupy

    if cupy.cuda.runtime.getDeviceCount() == 0:
        return False
    arrays = tuple(map(cupy.asarray, problem()))
    report(
        "array-api", emitted("array-api"), arrays, lambda v: cupy.cuda.get_current_stream().synchronize(), lambda f: f
    )
    return True


def main() -> None:
    found = False
    for library, run in (("jax", with_jax), ("torch", with_torch), ("cupy", with_cupy)):
        if importlib.util.find_spec(library) is None:
            print(f"{library} is not installed")
        elif run():
            found = True
        else:
            print(f"{library} finds no graphics processor")
    if not found:
        print("nothing was measured: there is no graphics processor that an installed library can use")


if __name__ == "__main__":
    main()
