"""Steps to a guaranteed Jacobian error by every method, against the minimax limit: the table in docs/choosing.md.

For each condition number and each level the least n with V_t ≤ level for all t ≥ n, proved (`steps_to`), (R, G) =
(1, 0); the limit is the least t at which some polynomial has W_t ≤ level, with the next smaller t proved not to do. The
limit at many hundred steps takes minutes: `--quick` leaves out L/ℓ = 10 000.
"""

from __future__ import annotations

import math
import sys
import time
from fractions import Fraction

import polyunroll as pu
from polyunroll.errors import PolyunrollError
from polyunroll.optimal.compare import usual_methods

LEVELS = ("1e-3", "1e-6")
CONDITIONS = (100, 1000, 10_000)


def limit_steps(spectrum: pu.Spectrum, level: str) -> int:
    """The least t with a minimax limit ≤ level."""
    known: dict[int, float] = {}

    def log_limit(t: int) -> float:
        if t not in known:
            found = pu.Minimax(spectrum, t, digits=4).limit
            if not (found.upper <= Fraction(level) or found.lower > Fraction(level)):
                found = pu.Minimax(spectrum, t, digits=12).limit
                assert found.upper <= Fraction(level) or found.lower > Fraction(level)
            known[t] = math.log(found.upper)
        return known[t]

    target = math.log(float(level))
    # log M_t is nearly linear from where the limit begins to fall: two small t give a slope, and secants the rest
    root = math.sqrt(spectrum.condition_number)
    low, high = round(2 * root), round(3 * root)
    while True:
        slope = (log_limit(high) - log_limit(low)) / (high - low)
        guess = high + max(1 - high, math.ceil((target - log_limit(high)) / slope))
        if guess in known:
            break
        low, high = high, guess
    while log_limit(guess) > target:
        guess += 1
    while log_limit(guess - 1) <= target:
        guess -= 1
    return guess


def main() -> None:
    """Print the table as Markdown."""
    conditions = CONDITIONS[: 2 if "--quick" in sys.argv else 3]
    heads = [f"{level}, L/ℓ = {c}" for c in conditions for level in LEVELS]
    rows: dict[str, list[str]] = {"limit": []}
    for c in conditions:
        spectrum = pu.Spectrum(Fraction(1, c), 1)
        for level in LEVELS:
            start = time.perf_counter()
            limit = limit_steps(spectrum, level)
            rows["limit"].append(str(limit))
            print(f"limit at L/ℓ = {c}, {level}: {limit} ({time.perf_counter() - start:.0f} s)", file=sys.stderr)
            for method in usual_methods(spectrum):
                start = time.perf_counter()
                try:
                    steps = pu.steps_to(method, level)
                    cell = f"{steps} ({steps / limit:.3f})"
                except PolyunrollError as error:
                    cell = "-"
                    print(error, file=sys.stderr)
                rows.setdefault(method.label, []).append(cell)
                print(f"  {method.label}: {cell} ({time.perf_counter() - start:.0f} s)", file=sys.stderr)
    print("| method | " + " | ".join(heads) + " |")
    print("|---|" + "---:|" * len(heads))
    for label, cells in rows.items():
        print(f"| {label} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
