"""How long `import polyunroll` takes beside a Python that does nothing.

Fresh processes, the commands in turn, medians of the wall-clock time. SymPy is measured in the same run,
as the library whose import the package puts off.

    python bench/import_time.py [--runs 20]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": "pass",
    "import polyunroll": "import polyunroll",
    "import sympy": "import sympy",
}


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="fresh processes for each command")
    runs = parser.parse_args().runs

    for code in COMMANDS.values():  # byte code is compiled and files are cached before the clock starts
        seconds(code)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, code in COMMANDS.items():
            times[name].append(seconds(code))

    bare = statistics.median(times["python -c pass"])
    print(f"{'command':<20} {'median':>9} {'least':>9} {'ratio':>7}    ({runs} fresh processes each)")
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"{name:<20} {median * 1e3:>6.1f} ms {min(measured) * 1e3:>6.1f} ms {median / bare:>7.2f}")


if __name__ == "__main__":
    main()
