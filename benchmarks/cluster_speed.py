"""How much faster two workers of a Dask cluster train a campaign than one.

    python benchmarks/cluster_speed.py [--network vgg] [--task digits] [--trainings 4] [--epochs 8]

Each worker is a process pinned to as many cores as any other, so that the second one brings cores
of its own: the figure holds on a machine with twice --cores idle cores. Both campaigns start from
an empty cache and must come to the same files.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

from measurements import campaign, scope

LEAST = 1.8


def main() -> int:
    """Print the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="vgg")
    parser.add_argument("--task", default="digits")
    parser.add_argument("--trainings", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--cores", type=int, default=1, help="of each worker")
    asked = parser.parse_args()
    there = sorted(os.sched_getaffinity(0))
    if len(there) < 2 * asked.cores:
        print(f"two workers need {2 * asked.cores} cores; {len(there)} may be used")
        return 2
    load = os.getloadavg()[0]
    (one, made), (two, same) = (train(asked, there, workers) for workers in (1, 2))
    ratio = one / two
    print(
        f"{asked.trainings} trainings of {asked.network} on {asked.task}, {asked.cores} core(s) "
        f"per worker, load {load:.1f} before: one worker {one:.1f} s, two {two:.1f} s"
    )
    print(f"two workers: {ratio:.2f} times as fast (at least {LEAST})")
    print(f"the files are {'the same' if made == same else 'DIFFERENT'}")
    return 0 if ratio >= LEAST and made and made == same else 1


def pin(cores: list[int]) -> None:
    """Keep all threads of this process, and what they start, on some cores."""
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), cores)


def train(
    asked: argparse.Namespace, cores: list[int], workers: int
) -> tuple[float, dict[str, str]]:
    """Seconds of a campaign's training, and the hash of each file that it made."""
    from distributed import LocalCluster

    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
    ):
        with cluster.get_client() as client:
            for place, address in enumerate(client.scheduler_info(n_workers=-1)["workers"]):
                own = cores[place * asked.cores : (place + 1) * asked.cores]
                client.run(pin, own, workers=[address])
        rules = Path(folder) / "speed.toml"
        seeds = list(range(asked.trainings))
        rules.write_text(f"seeds = {seeds}\n[recipe]\nepochs = {asked.epochs}\n")
        wanted = scope.requested(
            networks=[asked.network],
            strategies=["nq"],
            devices=[],
            tasks=(asked.task,),
            protocol=str(rules),
            store=Path(folder) / "store",
            cache=Path(folder) / "cache",
            scheduler=cluster.scheduler_address,
        )
        start = time.monotonic()
        campaign.run(wanted, train_only=True)
        seconds = time.monotonic() - start
        files = sorted((Path(folder) / "cache").rglob("*.tflite"))
        hashes = {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }
    return seconds, hashes


if __name__ == "__main__":
    sys.exit(main())
