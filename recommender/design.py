"""What each target is made of: the columns of its regression (`recommender.effects`)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from recommender.effects import Column, Design, Levels, deviations, indicators, scaled
from recommender.features import Features
from recommender.latency import LATENCY


def size_columns(rows: Features, levels: Levels, domain: NDArray[np.object_]) -> Iterator[Column]:
    """Log of the size over what `recommender.arithmetic` makes of the counts."""
    fact = scaled(rows)
    yield "mean", np.ones(len(rows))
    dense_integer = rows.integer * (1 - rows.pruned)
    kinds = (dense_integer, rows.half, rows.pruned, rows.pruned * rows.integer, rows.static)
    for kind in kinds:
        yield "technique", kind
        yield "technique x fact", kind * fact["channels"]
    for network in indicators(rows.network, levels.networks):
        yield "network", network
        for kind in (rows.integer, rows.pruned, rows.half):
            yield "network x technique", network * kind
        for task in indicators(rows.task, levels.tasks):
            yield "network x task", network * task
    yield from deviations(domain, levels.domains, {"domain": (np.ones(len(rows)), *kinds)})


def accuracy_columns(
    rows: Features, levels: Levels, domain: NDArray[np.object_]
) -> Iterator[Column]:
    """Logit of the accuracy: network x task level, and effects that vary with capacity."""
    fact = scaled(rows)
    yield "mean", np.ones(len(rows))
    yield "mean", fact["classes"]
    for task in indicators(rows.task, levels.tasks):
        yield "task", task
    capacity = ("parameters", "layers", "macs", "depthwise")
    for values in (*(fact[name] for name in capacity), rows.searched):
        yield "fact", values
        yield "fact x task", values * fact["classes"]
    kinds = (
        rows.integer,
        rows.half,
        rows.pruned,
        rows.pruned * (rows.sparsity - 0.75) * 4,
        rows.static,
    )
    for kind in (*kinds, rows.distilled):
        yield "technique", kind
        yield "technique x fact", kind * fact["parameters"]
        yield "technique x task", kind * fact["classes"]
        yield "technique x fact", kind * fact["parameters"] * fact["classes"]
    yield "distilled", rows.distilled
    for network in indicators(rows.network, levels.networks):
        yield "network", network
        for task in indicators(rows.task, levels.tasks):
            yield "network x task", network * task
        yield "network x distilled", network * rows.distilled
        for kind in kinds[:3]:
            yield "network x technique", network * kind
            yield "network x technique", network * kind * fact["classes"]
    yield from deviations(domain, levels.domains, {"domain": (np.ones(len(rows)), *kinds)})


DESIGNS: dict[str, Design] = {
    "size_kb": Design(
        columns=size_columns,
        spreads={
            "mean": 0.5,
            "technique": 0.05,
            "technique x fact": 0.03,
            "network": 0.05,
            "network x technique": 0.02,
            "network x task": 0.02,
            "domain": 0.05,
        },
        noise=(0.01, 0.01),
    ),
    "latency_ms": LATENCY,
    "accuracy_pct": Design(
        columns=accuracy_columns,
        spreads={
            "mean": 3.0,
            "task": 0.3,
            "fact": 0.3,
            "fact x task": 0.15,
            "technique": 0.05,
            "technique x fact": 0.05,
            "technique x task": 0.05,
            "distilled": 0.2,
            "network": 0.4,
            "network x task": 0.3,
            "network x distilled": 0.15,
            "network x technique": 0.05,
            "domain": 0.3,
        },
        noise=(0.05, 0.05),
    ),
}
"""Target -> its structure. `file_kb` has that of `size_kb`, of the unpruned form: a dense file
stores its zeros."""
