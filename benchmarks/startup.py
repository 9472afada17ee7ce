"""How fast `glocal --help` answers: median wall time, and its ratio to an interpreter that does nothing.

    python benchmarks/startup.py [--runs 15]

The two commands run in turn, so that a noisy machine slows both.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

GLOCAL = Path(sys.executable).with_name("glocal")


def seconds(command: list[str]) -> float:
    """Wall time of one run of a command."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    commands = {"python -c pass": [sys.executable, "-c", "pass"], "glocal --help": [str(GLOCAL), "--help"]}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:16s} median {median:.3f} s, best {min(times[name]):.3f} s of {runs}")
    print(f"ratio            {medians['glocal --help'] / medians['python -c pass']:.1f}")


if __name__ == "__main__":
    main()
