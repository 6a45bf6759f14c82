"""What a first campaign takes: all seven setups of vgg on digits, TensorFlow's import included.

    python benchmarks/quick_campaign.py

Runs `dlmo-measure run --networks vgg --tasks digits --protocol quick` with an empty cache, and
prints the seconds that passed and those that the processor worked; exit status 1 from three minutes
on. On a busy machine the second figure tells more: halved, it is what two cores would take.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measurements.dataset import read
from measurements.strategy import SETUPS

LIMIT_S = 180.0


def main() -> int:
    """Print the figures; 1 when it took too long."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        words = ["run", "--networks", "vgg", "--tasks", "digits", "--protocol", "quick", "--quiet"]
        words += ["--out", str(store), "--cache", str(Path(folder) / "cache")]
        start = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "measurements.cli", *words],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
        )
        seconds = time.monotonic() - start
        records = read(store)
    assert [record.strategy for record in records] == list(SETUPS.values())
    assert not any(record.failure for record in records)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"seven setups in {seconds:.0f} s (under {LIMIT_S:g} s), "
        f"{used.ru_utime + used.ru_stime:.0f} s of processor time"
    )
    return int(seconds >= LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
