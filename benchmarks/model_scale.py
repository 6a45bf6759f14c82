"""Times and peak memory of the model at scale: `python benchmarks/model_scale.py`."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd

from measurements import read
from measurements.strategy import grammar
from measurements.subject import networks
from recommender import fitting
from recommender.model import fit

ROWS, CANDIDATES = 100_000, 1_000_000


@contextmanager
def timed(what: str, aim_s: float) -> Iterator[None]:
    """Print how long the block took, and the peak memory of the process so far.

    Beside other busy processes the processor's time says more than the clock's.
    """
    start, busy = time.perf_counter(), time.process_time()
    yield
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{what:<40}{seconds:8.1f} s,{busy:7.1f} s of processor (aim {aim_s:.0f} s)"
        f"{peak:7.2f} GB peak",
        flush=True,
    )


def drawn(count: int, random: np.random.Generator) -> pd.DataFrame:
    """Random rows over the shipped networks, all strategies, three tasks and ten devices."""
    slugs = [s.slug for s in grammar()] + [f"prn{pct}+blq" for pct in range(50, 100, 5)]
    choose = {
        "task": ["cifar10", "cifar100", "digits"],
        "network": list(networks()),
        "strategy": slugs,
        "device": [f"board{i}" for i in range(10)],
    }
    return pd.DataFrame(
        {k: random.choice(np.array(v, dtype=object), count) for k, v in choose.items()}
    )


def main() -> None:
    """Run the three."""
    random = np.random.default_rng(0)
    noise = np.exp(random.normal(0, 0.1, (3, ROWS)))
    rows = drawn(ROWS, random).assign(
        size_kb=1000 * noise[0], latency_ms=50 * noise[1], accuracy_pct=80 / (1 + 0.2 * noise[2])
    )
    with timed("shipped forecast rebuilt", 10):
        fitting.content(read())
    with timed(f"{ROWS:,} rows fitted", 60):
        model = fit(rows)
    candidates = drawn(CANDIDATES, random)
    with timed(f"{CANDIDATES:,} candidates predicted", 10):
        model.predict(candidates)
    facts = {"parameters": 1e6, "macs": 1e7, "channels": 1e4}
    spread = {k: v * np.exp(random.normal(0, 1, CANDIDATES)) for k, v in facts.items()}
    with timed(f"{CANDIDATES:,} unlike networks predicted", 60):
        model.predict(candidates.assign(**spread))


if __name__ == "__main__":
    main()
