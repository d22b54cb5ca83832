"""Coefficients of Sobolev methods against a hand-written Arnoldi in NumPy: degree 500 on [1/100, 1] (and [1/4, 9/4]).

polyunroll computes every register of a banded program up to the degree: the recurrence of the weight, the Sobolev
coefficients d_i and σ_n, and where it says "whole program" also the values at 0 and the kernel sum, which the method
needs. The peer is the tightest plain loop of classical Gram–Schmidt done twice, in the basis (√w p, √(ηw) p') on
degree + 2 Gauss nodes computed beforehand, coefficients only. One pinned core, interleaved, medians, printed as ratios.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import polyunroll as pu
from polyunroll.arithmetic.expression import parse
from polyunroll.arithmetic.systems import DOUBLES, EXACT, System
from polyunroll.interpret.scalars import Scalars, constants_of
from polyunroll.orthogonal.arnoldi import Product, orthonormal
from polyunroll.program import Assignment, Program, State

DEGREE, ROUNDS = 500, 7

M = pu.measures
INTERVAL, LAW = pu.Spectrum("1/100", 1), pu.Spectrum.marchenko_pastur("1/4")
METHODS = {
    "Sobolev chebyshev": pu.Sobolev(INTERVAL),
    "Sobolev jacobi:1,0": pu.Sobolev(INTERVAL, M.jacobi(1, 0)),
    "Sobolev jacobi:1/2,0": pu.Sobolev(INTERVAL, M.jacobi("1/2", 0)),
    "Sobolev jacobi:1/3,-1/4": pu.Sobolev(INTERVAL, M.jacobi("1/3", "-1/4")),
    "Sobolev marchenko-pastur:1/4": pu.Sobolev(LAW, M.marchenko_pastur("1/4")),
    "Jacobian kernel chebyshev": pu.JacobianKernel(INTERVAL),
    "Jacobian kernel marchenko-pastur:1/4": pu.JacobianKernel(LAW, M.marchenko_pastur("1/4")),
}


def coefficients_only(program: Program) -> Program:
    """The program's registers up to σ_n, with nothing left to run."""
    names = [register.name for register in program.registers]
    registers = program.registers[: names.index("sigma") + 1]
    one = (("x", parse("1")),)
    states, assignments = (State.of("x"),), (Assignment("x", one),)
    return replace(program, registers=registers, states=states, query=one, assignments=assignments, output="x")


def registers(method: pu.Method, program: Program, system: System, degree: int) -> Scalars:
    """Every register up to a degree."""
    scalars = Scalars(program, constants_of(program, dict(method.values)), system)
    while scalars.t < degree:
        scalars.advance()
    return scalars


def peer(s: np.ndarray, w: np.ndarray, eta: float, degree: int) -> np.ndarray:
    """The Hessenberg matrix of the Sobolev product, by classical Gram–Schmidt done twice."""
    count, root_eta = s.size, np.sqrt(eta)
    V, H = np.zeros((degree + 1, 2 * count)), np.zeros((degree + 1, degree))
    V[0, :count] = np.sqrt(w / w.sum())
    for n in range(degree):
        u = V[n]
        x = np.concatenate([s * u[:count], s * u[count:] + root_eta * u[:count]])
        K = V[: n + 1]
        h = K @ x
        x -= h @ K
        g = K @ x
        x -= g @ K
        size = np.sqrt(x @ x)
        H[: n + 1, n], H[n + 1, n] = h + g, size
        V[n + 1] = x / size
    return H


def median(*functions: Callable[[], Any]) -> list[float]:
    """Median seconds of each, the rounds interleaved."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS):
        for found, function in zip(times, functions, strict=True):
            start = time.perf_counter()
            function()
            found.append(time.perf_counter() - start)
    return [statistics.median(found) for found in times]


def main() -> None:
    """Print the medians and the ratios."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    s, w = np.polynomial.legendre.leggauss(DEGREE + 2)
    nodes, weights = s.tolist(), w.tolist()
    arnoldi, ours = median(
        lambda: peer(s, w, 4 / 0.99**2, DEGREE),
        lambda: orthonormal(Product("sobolev", nodes, weights, 4 / 0.99**2, -1.01 / 0.99), DEGREE),
    )
    print(f"degree {DEGREE}; plain NumPy CGS2 Arnoldi on {DEGREE + 2} nodes: {arnoldi * 1e3:.1f} ms")
    print(f"polyunroll's Arnoldi on the same nodes:            {ours * 1e3:.1f} ms, {ours / arnoldi:.2f} of it\n")
    print(f"{'':38}{'doubles, ms':>12}{'program, ms':>13}{'Arnoldi/ours':>14}{'exact, s':>10}{'program, s':>12}")
    for name, method in METHODS.items():
        short, full = coefficients_only(method.program), method.program
        a, b, c, d = (
            seconds
            for system in (DOUBLES, EXACT)
            for seconds in median(
                lambda short=short, method=method, system=system: registers(method, short, system, DEGREE),
                lambda full=full, method=method, system=system: registers(method, full, system, DEGREE),
            )
        )
        print(f"{name:38}{a * 1e3:12.2f}{b * 1e3:13.2f}{arnoldi / a:14.1f}{c:10.3f}{d:12.3f}")
    degrees = [250, 500, 1000, 2000, 4000]
    method = METHODS["Sobolev jacobi:1/2,0"]
    short = coefficients_only(method.program)
    times = [median(lambda n=n: registers(method, short, DOUBLES, n))[0] for n in degrees]
    slope = np.polyfit(np.log(degrees), np.log(times), 1)[0]
    shown = ", ".join(f"{n}: {t * 1e3:.2f}" for n, t in zip(degrees, times, strict=True))
    print(f"\njacobi:1/2,0 in doubles, ms by degree: {shown}; time grows like degree^{slope:.2f}")


if __name__ == "__main__":
    main()
