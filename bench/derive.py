"""Exact P_t and E_t at t = 1000 on [1/100, 1], beside SymPy's and FLINT's own Chebyshev polynomials.

polyunroll derives P_t from the method's program; the peers know T_t and are composed with the map of [ℓ, L] to [−1, 1].
One pinned core, medians; each Sobolev run in a process of its own so that its peak memory is seen.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction

from flint import fmpq, fmpq_poly, fmpz_poly
from sympy import QQ, Poly, Symbol
from sympy.polys.orthopolys import chebyshevt_poly

import polyunroll as pu
from polyunroll.interpret.transfer import residual_polynomial

STEPS = 1000
SPECTRUM = pu.Spectrum("1/100", 1)


def error_pair(P: fmpq_poly) -> tuple[fmpq_poly, fmpq_poly]:
    """P and E = P − λP'."""
    return P, P - fmpq_poly([0, 1]) * P.derivative()


def by_flint() -> object:
    """P and E from FLINT's T_t, composed."""
    T = fmpq_poly(fmpz_poly.chebyshev_t(STEPS))
    composed = T(fmpq_poly([fmpq(-101, 99), fmpq(200, 99)]))
    return error_pair(composed / composed[0])


def by_sympy() -> object:
    """P and E from SymPy's T_t, composed."""
    x = Symbol("x")
    T = chebyshevt_poly(STEPS, x, polys=True).set_domain(QQ)
    composed = T.compose(Poly(Fraction(200, 99) * x - Fraction(101, 99), x, domain=QQ))
    P = composed.quo_ground(composed.nth(0))
    return P, P - Poly(x, x, domain=QQ) * P.diff(x)


def derive(method: pu.Method) -> object:
    """P and E as a user gets them."""
    return pu.residual(method, STEPS), pu.jacobian_error(method, STEPS)[0]


def timed(run: Callable[[], object], rounds: int) -> float:
    """Median seconds."""
    times = []
    for _ in range(rounds):
        residual_polynomial.cache_clear()
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the medians."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    flint = timed(by_flint, 5)
    rows = [
        ("FLINT chebyshev_t, composed with σ", flint),
        ("polyunroll, Chebyshev", timed(lambda: derive(pu.Chebyshev(SPECTRUM)), 5)),
        ("polyunroll, heavy ball", timed(lambda: derive(pu.HeavyBall(SPECTRUM)), 5)),
        ("SymPy chebyshevt_poly, composed with σ", timed(by_sympy, 1)),
    ]
    print(f"exact P_t and E_t at t = {STEPS} on {SPECTRUM}")
    for name, seconds in rows:
        print(f"{name:42s} {seconds:8.3f} s   {seconds / flint:8.1f} × FLINT")
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__, "sobolev"], check=True)


def sobolev() -> None:
    """One Sobolev derivation in this process, with its peak memory."""
    method = pu.Sobolev(SPECTRUM, pu.measures.chebyshev(), eta="1/10")
    seconds = timed(lambda: derive(method), 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'polyunroll, Sobolev (Chebyshev, η = 1/10)':42s} {seconds:8.3f} s   peak memory {peak:.0f} MB")


if __name__ == "__main__":
    sobolev() if sys.argv[1:] == ["sobolev"] else main()
