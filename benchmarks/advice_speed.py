"""How fast answers are: `python benchmarks/advice_speed.py`.

Whole processes are compared with the floor in the same run, alternating, since machines differ.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from measurements.strategy import grammar
from recommender import Advisor, Constraints, Profile
from recommender.board import Board, Quantity
from recommender.conformal import calibrate
from recommender.engine import choose
from recommender.ranking import rank
from recommender.scale import TARGETS

FLOOR = [sys.executable, "-c", "import typer, rich.table, rich.console, numpy"]
ADVISE = [
    sys.executable,
    "-c",
    "from recommender.cli import main; main()",
    *["--class", "mid-end", "--max-size", "500KB", "--max-latency", "50ms"],
]


def seconds(action: Callable[[], object], repeats: int) -> float:
    """Median seconds of some repeats, after one that is not counted."""
    action()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def started_fresh(repeats: int = 15) -> tuple[float, float]:
    """Median seconds of the command, and its median ratio to the floor taken just before it."""

    def spent(command: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    spent(FLOOR), spent(ADVISE)
    pairs = [(spent(FLOOR), spent(ADVISE)) for _ in range(repeats)]
    seconds_taken = statistics.median(advise for _, advise in pairs)
    return seconds_taken, statistics.median(advise / floor for floor, advise in pairs)


def many_questions(n: int) -> pd.DataFrame:
    """`n` seeded questions."""
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "service_class": random.choice(["low-end", "mid-end", "high-end"], n),
            "max_size_kb": np.exp(random.uniform(0, 12, n)),
            "max_latency_ms": np.exp(random.uniform(0, 8, n)),
            "min_accuracy_pct": random.uniform(30, 90, n),
        }
    )


def large_board(n: int) -> Board:
    """`n` seeded candidates, half of them predicted."""
    random = np.random.default_rng(0)
    slugs = [s.slug for s in grammar()]
    calibration = calibrate([random.exponential(size=12) for _ in range(16)])
    given = random.random(n) < 0.5
    values = {
        "accuracy_pct": random.uniform(10, 99, n),
        "size_kb": np.exp(random.uniform(0, 12, n)),
        "file_kb": np.exp(random.uniform(0, 12, n)),
        "latency_ms": np.exp(random.uniform(0, 8, n)),
    }
    return Board(
        device="bench",
        task="cifar10",
        network=tuple(f"net{i // len(slugs)}" for i in range(n)),
        strategy=tuple(slugs[i % len(slugs)] for i in range(n)),
        measured=given,
        measured_task=True,
        quantities={
            target: Quantity(
                target=target,
                value=values[target],
                given=given,
                spread=np.where(given, 0.0, 0.1),
                anchored=given,
                free=calibration,
                tied=calibration,
            )
            for target in TARGETS
        },
        ram_kb=np.full(n, np.nan),
        rows=((),) * n,
        sources={},
    )


def main() -> None:
    """Print every figure beside its bound."""
    taken, ratio = started_fresh()
    print(f"command, started fresh     {taken * 1e3:7.0f} ms, {ratio:.2f} x the floor (bound: 2 x)")
    advisor = Advisor.load()
    profile = Profile(service_class="mid-end")
    limits = Constraints(max_size_kb=500, max_latency_ms=50)
    once = seconds(lambda: advisor.advise(profile, limits), 200)
    print(f"Advisor.advise             {once * 1e3:7.2f} ms (bound: 1 ms)")
    questions = many_questions(100_000)
    many = seconds(lambda: advisor.advise_many(questions), 3)
    print(f"advise_many, 100,000       {many:7.2f} s (bound: 2 s)")
    board = large_board(1_000_000)
    asked = replace(profile, task="cifar10", device="bench")
    zeros, ones = np.zeros(len(board)), np.ones(len(board), dtype=bool)

    def answer() -> None:
        choose(rank(board, asked, scores=zeros, lawful=ones), limits, top=5)

    print(f"1,000,000 candidates       {seconds(answer, 3):7.2f} s (bound: 1 s)")


if __name__ == "__main__":
    main()
