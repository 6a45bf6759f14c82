"""How fast and in how much memory a large dataset is read.

Writes rows like the shipped ones (each with a seed of its own, so that no two are equal) to a
scratch file, reads them in a fresh process, and prints seconds and peak resident memory. Published
rows are short; those of the harness (`--raw`) bring their raw latencies and environment, 4 kB each.

    python benchmarks/dataset_load.py [--raw] [ROWS]
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

from measurements.dataset import read
from measurements.record import encode
from measurements.subject import DATA

LIMIT_S, LIMIT_BYTES = 15.0, 2e9

READ = """
import resource, sys, time
from measurements.dataset import read
start = time.perf_counter()
rows = len(read(sys.argv[1]))
seconds = time.perf_counter() - start
print(rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def main(rows: int, source: str) -> int:
    """Print the figures; 1 when a limit for a million rows is broken, else 0."""
    shipped = read(DATA / source)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.jsonl"
        with path.open("wb") as file:
            for seed, record in enumerate(itertools.islice(itertools.cycle(shipped), rows)):
                file.write(encode(dataclasses.replace(record, seed=seed)) + b"\n")
        megabytes = path.stat().st_size / 1e6
        done = subprocess.run(
            [sys.executable, "-c", READ, str(path)], check=True, capture_output=True, text=True
        )
    count, seconds, peak = map(float, done.stdout.split())
    print(f"{count:,.0f} rows ({megabytes:.0f} MB): {seconds:.1f} s, peak {peak / 1e9:.2f} GB")
    return int(seconds > LIMIT_S * rows / 1e6 or peak > LIMIT_BYTES)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--raw", action="store_true", help="rows with raw latencies")
    asked = parser.parse_args()
    sys.exit(main(asked.rows, "x86_64-xnnpack-1t.jsonl" if asked.raw else "sensors-2022.jsonl"))
