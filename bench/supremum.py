"""Certified suprema at 50 digits: the generic engine, closed forms, ties, and Sollya's supnorm where it is installed.

One pinned core, medians. The polynomial is |E_t| of the heavy ball on [1/100, 1], which the engine knows nothing
about; for ties it is P_t of the Chebyshev method, all of whose t + 1 peaks are equally high. `--long` adds Sollya at
t = 300, which takes minutes.
"""

from __future__ import annotations

import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from flint import arb

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.bounds.cosine import Cosine, error_pair
from polyunroll.bounds.question import Question
from polyunroll.bounds.supremum import supremum
from polyunroll.bounds.worst_case import answer
from polyunroll.interpret.series import chebyshev_balls

S = pu.Spectrum("1/100", 1)
BITS = 168  # 50 digits
GUARD = 160


def coefficients(method: pu.Method, t: int, split: str) -> list:
    """Chebyshev coefficients of E_t (or P_t), in balls."""
    with ball_precision(BITS + GUARD):
        P = chebyshev_balls(method, t, BITS + GUARD // 2)
        return error_pair(P, ball(S.center), ball(S.radius))[0] if split == "total" else P


def engine(a: list) -> Callable[[], object]:
    """The supremum, coefficients given."""

    def run() -> object:
        with ball_precision(BITS + GUARD):
            found = supremum(Cosine(a), BITS)
            assert found.upper <= found.lower * (1 + arb(2) ** (2 - BITS))
            return found

    return run


def timed(run: Callable[[], object], rounds: int) -> float:
    """Median seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def sollya(t: int, limit: float) -> float | None:
    """Seconds of Sollya's supnorm on the same E_t at 2^−170, or None where it does not finish."""
    E = pu.jacobian_error(pu.HeavyBall(S), t)[0]
    terms = " + ".join(f"({c.p}/{c.q})*x^{k}" for k, c in enumerate(reversed(E.all_coeffs())) if c != 0)
    script = f"prec = 2000;\np = {terms};\nr = supnorm(p, 0, [1/100;1], absolute, 2^(-170));\nr;\nquit;\n"
    start = time.perf_counter()
    try:
        done = subprocess.run(["sollya"], input=script, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    return time.perf_counter() - start if done.returncode == 0 and "[" in done.stdout else None


def main() -> None:
    """Print the medians beside the targets."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    heavy, cheb = pu.HeavyBall(S), pu.Chebyshev(S)
    found: dict[int, float] = {}
    print("|E_t|, heavy ball, 50 digits                          seconds   target")
    for t, rounds, target in ((100, 7, 0.010), (1000, 5, 0.15), (10_000, 3, 1.5)):
        found[t] = timed(engine(coefficients(heavy, t, "total")), rounds)
        print(f"  coefficients given, t = {t:<6d}                      {found[t]:9.4f}   {target}")
    growth = math.log(found[10_000] / found[100]) / math.log(100)
    print(f"  growth from t = 100 to 10 000: t^{growth:.2f}                         t^1.2")
    for t, rounds, target in ((1000, 3, 0.6), (10_000, 1, 10)):
        seconds = timed(lambda t=t: answer(Question.of(heavy, t), BITS), rounds)
        print(f"  from the program, t = {t:<6d}                        {seconds:9.4f}   {target}")
    for name, method in (("Chebyshev", cheb), ("gradient descent", pu.GradientDescent(S, "2/(L+ell)"))):
        seconds = timed(lambda method=method: pu.worst_case(method, 10_000, digits=50), 7)
        print(f"  closed form, t = 10000, {name:18s}          {seconds:9.5f}   0.005")
    seconds = timed(engine(coefficients(cheb, 1000, "partial")), 1)
    print(f"  1001 equal peaks (Chebyshev P_t, t = 1000)           {seconds:9.4f}   3")
    if shutil.which("sollya") is None:
        print("Sollya is not installed; its supnorm is left out")
        return
    for t, limit in ((100, 60.0), (300, 600.0)) if "--long" in sys.argv else ((100, 60.0),):
        ours = timed(engine(coefficients(heavy, t, "total")), 5)
        theirs = sollya(t, limit)
        said = f"did not finish in {limit:.0f} s" if theirs is None else f"{theirs:9.3f} s, {theirs / ours:8.0f} × ours"
        print(f"  Sollya supnorm at 2^-170, t = {t}: {said}")


if __name__ == "__main__":
    main()
