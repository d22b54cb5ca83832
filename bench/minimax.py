"""Minimax polynomials: the proved relative gap and the seconds it takes, with the limits asked of them.

python bench/minimax.py
"""

from __future__ import annotations

import time

import polyunroll as pu

CASES = [("1/100", 10, 30, 10.0), ("1/100", 20, 30, 10.0), ("1/100", 50, 30, 10.0), ("1e-4", 200, 12, 120.0)]
SIZES = [(1, 0), (0, 1), (1, 1), (1, 10)]


def main() -> None:
    """Print one line for each case."""
    heads = ("ell", "t", "R, G", "limit", "gap", "asked", "V/limit", "seconds", "asked")
    widths = (6, 4, 6, 20, 9, 6, 8, 8, 6)
    print(*(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)))
    for ell, t, digits, seconds in CASES:
        for R, G in SIZES:
            start = time.perf_counter()
            best = pu.Minimax(pu.Spectrum(ell, 1), t, R, G, digits=digits)
            taken = time.perf_counter() - start
            ratio = f"{float(best.V) / float(best.limit):8.4f}" if best.upper else f"{'-':>8}"
            gap = f"{float(best.gap):9.1e}"
            good = best.gap <= 10.0**-digits and taken <= seconds
            print(
                f"{ell:>6} {t:4} {R:3}, {G:2} {best.limit.decimal(15):>20} {gap} {f'1e-{digits}':>6} {ratio} "
                f"{taken:8.2f} {seconds:6.0f}{'' if good else '  MISSED'}"
            )


if __name__ == "__main__":
    main()
