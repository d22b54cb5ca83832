"""Certified suprema at 50 digits: the generic engine, closed forms, ties, and Sollya's supnorm where it is installed.

One pinned core, the runs interleaved, medians; `cpu` is the time this process had the core, which other people's work
does not lengthen. Targets are held against the seconds on the clock. The polynomials are E_t on [1/100, 1] of methods
whose largest value is at L (Chebyshev), at ℓ (Nesterov) and between (Sobolev, whose t peaks all but tie); for exact
ties P_t of the Chebyshev method, whose t + 1 peaks are equally high. `--long` adds Sollya at t = 300: ten minutes.
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
from dataclasses import dataclass, field

from flint import arb, fmpq_poly

import polyunroll as pu
from polyunroll.arithmetic.balls import ball, ball_precision
from polyunroll.bounds.cosine import Cosine, error_pair
from polyunroll.bounds.question import Question
from polyunroll.bounds.supremum import supremum
from polyunroll.bounds.worst_case import answer
from polyunroll.interpret.series import chebyshev_balls, remembered
from polyunroll.interpret.transfer import residual_polynomial

S = pu.Spectrum("1/100", 1)
DIGITS, BITS, GUARD = 50, 168, 160
SOLLYA_BITS, LIMIT = 165, 500
"""Sollya's default precision; it is much faster at t = 300 when told to work with more. Seconds it may take."""
METHODS = {"Chebyshev": pu.Chebyshev(S), "Nesterov": pu.Nesterov(S), "Sobolev": pu.Sobolev(S)}
GIVEN = {100: 0.010, 1000: 0.15, 10_000: 1.5}
PROGRAM = {1000: 0.6, 10_000: 10.0}


@dataclass
class Job:
    """Something to time, with the seconds it may take, its number of turns and the runs in a turn."""

    name: str
    run: Callable[[], object]
    target: float
    rounds: int
    batch: int = 1
    clock: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self) -> None:
        clock, cpu = time.perf_counter(), time.process_time()
        for _ in range(self.batch):
            self.run()
        self.clock.append((time.perf_counter() - clock) / self.batch)
        self.cpu.append((time.process_time() - cpu) / self.batch)

    def __str__(self) -> str:
        clock, cpu = statistics.median(self.clock), statistics.median(self.cpu)
        verdict = "met" if clock <= self.target else "MISSED"
        return f"  {self.name:48s} {clock:9.4f} {cpu:9.4f} {self.target:8g}  {self.target / clock:7.1f}x  {verdict}"


def interleaved(jobs: list[Job]) -> None:
    """Run all jobs in turns."""
    for k in range(max(job.rounds for job in jobs)):
        for job in jobs:
            if k < job.rounds:
                job.time()


def coefficients(method: pu.Method, t: int, split: str = "total") -> list[arb]:
    """Chebyshev coefficients of E_t (or P_t), in balls."""
    with ball_precision(BITS + GUARD):
        P = chebyshev_balls(method, t, BITS + GUARD // 2)
        return error_pair(P, ball(S.center), ball(S.radius))[0] if split == "total" else P


def engine(a: list[arb]) -> Callable[[], object]:
    """The supremum, coefficients given; it must be as narrow as asked."""

    def run() -> object:
        with ball_precision(BITS + GUARD):
            found = supremum(Cosine(a), BITS)
            assert found.upper <= found.lower * (1 + arb(2) ** -BITS)
            return found

    return run


def from_program(method: pu.Method, t: int) -> Callable[[], object]:
    """The answer with nothing known, as the first time that it is asked for."""

    def run() -> object:
        remembered.cache_clear()
        return answer(Question.of(method, t), BITS)

    return run


def sollya(t: int, bits: int) -> Callable[[], object]:
    """Sollya's supnorm of E_t of the Chebyshev method, to 2^−170, at a working precision."""
    P = residual_polynomial(METHODS["Chebyshev"], t)
    E = P - fmpq_poly([0, 1]) * P.derivative()
    terms = " + ".join(f"({c})*x^{k}" for k, c in enumerate(E.coeffs()) if c != 0)
    script = f"prec = {bits}!;\np = horner({terms});\nsupnorm(p, 0, [1/100;1], absolute, 2^(-170));\nquit;\n"

    def run() -> object:
        try:
            done = subprocess.run(["sollya"], input=script, capture_output=True, text=True, check=True, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return None
        assert "[" in done.stdout, done.stdout + done.stderr
        return done

    return run


def compare(t: int, bits: int, factor: int, rounds: int) -> None:
    """The engine and Sollya in turns on the same polynomial."""
    ours = Job("ours", engine(coefficients(METHODS["Chebyshev"], t)), math.inf, max(rounds, 5), 20)
    theirs = Job("Sollya", sollya(t, bits), math.inf, rounds)
    interleaved([ours, theirs])
    mine, other = statistics.median(ours.clock), statistics.median(theirs.clock)
    verdict = "met" if other >= factor * mine else "MISSED"
    stopped = ", stopped there" if other >= LIMIT else ""
    ratio = f"{other / mine:,.0f} times as long{stopped}, target {factor:,}"
    print(f"  t = {t}: {mine:.4f} s, Sollya at {bits} bits {other:.3f} s: {ratio}  {verdict}", flush=True)


def main() -> None:
    """Print the medians beside the targets."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    given = {
        (name, t): Job(
            f"{name}, coefficients given, t = {t}", engine(coefficients(method, t)), limit, 9 if t < 10_000 else 3
        )
        for t, limit in GIVEN.items()
        for name, method in METHODS.items()
    }
    closed = [
        Job(
            f"{method.label}, closed form, t = 10000",
            lambda m=method: pu.worst_case(m, 10_000, digits=DIGITS),
            0.005,
            15,
        )
        for method in (METHODS["Chebyshev"], pu.HeavyBall(S), pu.GradientDescent(S, "2/(L+ell)"))
    ]
    ties = [
        Job(
            f"{n + 1} equal peaks, coefficients given",
            engine(coefficients(METHODS["Chebyshev"], n, "partial")),
            limit,
            3,
        )
        for n, limit in ((100, math.inf), (1000, 3.0))
    ]
    program = [
        Job(
            f"{name}, from the program, t = {t}",
            from_program(method, t),
            limit,
            5 if t < 10_000 else 1,
        )
        for t, limit in PROGRAM.items()
        for name, method in METHODS.items()
    ]
    print(f"{'sup|E_t|, 50 digits; seconds, medians':50s} {'clock':>9s} {'cpu':>9s} {'target':>8s}  {'ratio':>8s}")
    for jobs in (list(given.values()), closed, ties, program):
        interleaved(jobs)
        print(*jobs, sep="\n", flush=True)
    for name in METHODS:
        first, last = (statistics.median(given[name, t].cpu) for t in (100, 10_000))
        power = math.log(last / first) / math.log(100)
        verdict = "met" if power <= 1.2 else "MISSED"
        print(f"  {name}, growth from t = 100 to 10 000 (cpu): t^{power:.2f}, target t^1.2  {verdict}")
    if shutil.which("sollya") is None:
        print("Sollya is not installed: no comparison.")
        return
    print("Sollya's supnorm at 2^-170, E_t of the Chebyshev method:")
    for bits in (SOLLYA_BITS, 2000):
        compare(100, bits, 100, 5)
    if "--long" in sys.argv:
        for bits in (2000, SOLLYA_BITS):
            compare(300, bits, 5000, 1)


if __name__ == "__main__":
    main()
