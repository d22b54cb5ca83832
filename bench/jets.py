"""Jets in doubles against a hand-written NumPy loop: Chebyshev on [1/100, 1], 4001 points, t = 10 000.

The peer is the tightest plain loop for P_t alone, `p0, p1 = p1, (a − bλ)p1 + c·p0` on preallocated buffers with its
coefficients computed beforehand, looked at for rescaling as often as polyunroll does; a second one does the same for
(P, P', P''/2). One pinned core, the runs interleaved, medians, printed as ratios.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time

import numpy as np

import polyunroll as pu

POINTS, STEPS, EVERY, ROUNDS = 4001, 10_000, 16, 7


def loop(points: np.ndarray, ell: float, high: float) -> np.ndarray:
    """log10 |P_t| by the plain loop."""
    rho2, h = ((high - ell) / (high + ell)) ** 2, 2 / (high + ell)
    omegas = [1.0, 1 / (1 - rho2 / 2)]
    while len(omegas) < STEPS:
        omegas.append(1 / (1 - rho2 * omegas[-1] / 4))
    p0, p1, buffer = np.ones_like(points), np.ones_like(points), np.empty_like(points)
    exponents = np.zeros(points.size, dtype=np.int64)
    for t, omega in enumerate(omegas, 1):
        np.multiply(points, -omega * h, out=buffer)
        buffer += omega
        buffer *= p1
        p0 *= 1 - omega
        p0 += buffer
        p0, p1 = p1, p0
        if t % EVERY == 0:
            size = np.maximum(np.abs(p0), np.abs(p1))
            if not (size.min() > 2.0**-100 and size.max() < 2.0**100):
                _, shift = np.frexp(size)
                np.ldexp(p0, -shift, out=p0)
                np.ldexp(p1, -shift, out=p1)
                exponents += shift
    return np.log10(np.abs(p1)) + exponents * np.log10(2.0)


def jet_loop(points: np.ndarray, ell: float, high: float) -> np.ndarray:
    """log10 |P_t|, with P' and P''/2 carried along, by a plain loop on (3, N) buffers."""
    rho2, h = ((high - ell) / (high + ell)) ** 2, 2 / (high + ell)
    omegas = [1.0, 1 / (1 - rho2 / 2)]
    while len(omegas) < STEPS:
        omegas.append(1 / (1 - rho2 * omegas[-1] / 4))
    p0, p1 = np.zeros((2, 3, points.size))
    p0[0] = p1[0] = 1.0
    gradient, buffer = np.empty_like(p0), np.empty_like(p0)
    exponents = np.zeros(points.size, dtype=np.int64)
    for t, omega in enumerate(omegas, 1):
        np.multiply(points, p1, out=gradient)
        gradient[1:] += p1[:-1]
        p0 *= 1 - omega
        np.multiply(p1, omega, out=buffer)
        p0 += buffer
        gradient *= -omega * h
        p0 += gradient
        p0, p1 = p1, p0
        if t % EVERY == 0:
            size = np.maximum(np.abs(p0).max(axis=0), np.abs(p1).max(axis=0))
            if not (size.min() > 2.0**-100 and size.max() < 2.0**100):
                _, shift = np.frexp(size)
                np.ldexp(p0, -shift, out=p0)
                np.ldexp(p1, -shift, out=p1)
                exponents += shift
    return np.log10(np.abs(p1[0])) + exponents * np.log10(2.0)


def main() -> None:
    """Print the medians and the ratios."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    spectrum = pu.Spectrum("1/100", 1)
    method, points = pu.Chebyshev(spectrum), np.linspace(0.01, 1.0, POINTS)
    runs = {
        "NumPy loop, P only": lambda: loop(points, 0.01, 1.0),
        "NumPy loop, P, P', P''": lambda: jet_loop(points, 0.01, 1.0),
    }
    for order in range(3):
        runs[f"polyunroll, order {order}"] = lambda order=order: pu.jets(method, STEPS, points, order=order)
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    jets, peer = pu.jets(method, STEPS, points, order=0), loop(points, 0.01, 1.0)
    logs = jets.log10_abs()
    print(f"{POINTS} points, t = {STEPS}: log10 max|P_t| = {logs.max():.3f}, zeros: {int(np.isinf(logs).sum())}")
    print(f"largest difference from the loop in log10|P_t| near the peak: {abs(logs.max() - peer.max()):.1e}")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    plain, full = medians["NumPy loop, P only"], medians["NumPy loop, P, P', P''"]
    for name, median in medians.items():
        each = median / STEPS * 1e6
        print(f"{name:24s} {each:7.2f} µs a step   {median / plain:5.2f} × P only   {median / full:5.2f} × P, P', P''")


if __name__ == "__main__":
    main()
