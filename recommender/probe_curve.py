"""How well a device's latencies are known after a few probes: each device left out in turn.

The rest of the dataset, and as many of the device's own cells as `recommender.probing` would
choose, are learned from; the cells that were not probed are the judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed

from measurements.dataset import to_frame
from measurements.record import Measurement
from recommender import probing
from recommender.cells import collapsed
from recommender.errors import AdviceError
from recommender.evaluate import LEVELS, WITHIN

TARGET = probing.TARGET
FEWEST = 20
"""Cells that a device must have to be judged: fewer say nothing once ten are probed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """How well one device is known after some probes."""

    device: str
    """Its name."""
    probes: int
    """How many of its cells were learned from."""
    rows: int
    """Cells predicted: those that were not."""
    median_error: float
    """% of the measured latency."""
    p90_error: float
    """The same, 90th percentile."""
    within: float
    """Share within `WITHIN` % of the measured latency."""
    spearman: float
    """Rank correlation with the measured latencies."""
    coverage: tuple[float, ...]
    """Share within the intervals of each of `LEVELS`."""
    level: tuple[float, ...]
    """Of the intervals: those of `LEVELS`, or what the dataset supports."""
    width: tuple[float, ...]
    """Upper over lower end of the intervals, median."""


def curve(records: Sequence[Measurement], probes: Sequence[int]) -> list[Point]:
    """Leave each device out, give some of its cells back, predict the others.

    Args:
        records: the dataset.
        probes: numbers of cells to give back.

    Returns:
        For each device with at least `FEWEST` timed cells, a point per number.

    Raises:
        AdviceError: when there is no such device, or nothing besides it.
    """
    good = to_frame([record for record in records if not record.failure])
    counts = collapsed(good, TARGET)["device"].value_counts()
    devices = sorted(name for name in counts.index if counts[name] >= FEWEST)
    if not devices or len(counts) < 2:
        raise AdviceError(
            f"--probes leaves devices out: it takes one with {FEWEST} timed cells or more, and "
            "another to learn from"
        )
    found = Parallel(n_jobs=min(len(devices), cpu_count()))(
        delayed(_of_device)(good, str(name), probes) for name in devices
    )
    return [point for points in found for point in points]


def _of_device(frame: pd.DataFrame, device: str, probes: Sequence[int]) -> list[Point]:
    others, own = frame[frame["device"] != device], frame[frame["device"] == device]
    cells = collapsed(own, TARGET)
    asked = cells[["task", "network", "strategy", "device"]]
    order = probing.choose(others, asked, asked, max(probes))
    points = []
    for count in probes:
        chosen = np.isin(np.arange(len(cells)), [probe.place for probe in order[:count]])
        known = pd.concat([others, cells[chosen]]) if chosen.any() else others
        points.append(_point(known, cells[~chosen], device, int(chosen.sum())))
    return points


def _point(known: pd.DataFrame, hidden: pd.DataFrame, device: str, probes: int) -> Point:
    columns = ["task", "network", "strategy", "device"]
    found = probing.forecast(known, hidden[columns], LEVELS)
    truth = hidden[TARGET].to_numpy(dtype=float)
    error = 100 * np.abs(np.exp(found.log_ms) / truth - 1)
    miss = np.abs(np.log(truth) - found.log_ms)
    ranks = pd.DataFrame({"one": found.log_ms, "other": truth}).rank()
    return Point(
        device=device,
        probes=probes,
        rows=len(truth),
        median_error=float(np.median(error)),
        p90_error=float(np.quantile(error, 0.9)),
        within=float(np.mean(error <= WITHIN)),
        spearman=float(ranks["one"].corr(ranks["other"])),
        coverage=tuple(float(np.mean(miss <= half)) for half in found.half),
        level=tuple(float(level.min()) for level in found.levels),
        width=tuple(float(np.median(np.exp(2 * half))) for half in found.half),
    )
