"""What each target is made of: the columns of its regression, in groups that share a spread.

Every column is a function of the facts alone; nothing here looks at a target, so nothing can leak
from a left-out row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.features import Features

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Column = tuple[str, FloatArray]
"""Group and values."""

UNSEEN = "*"
"""Stands for every level that no row was learned from: its effect keeps the prior's spread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The names that have effects of their own, each list ending in `UNSEEN`."""

    networks: tuple[str, ...]
    """Networks learned from."""
    domains: tuple[str, ...]
    """Devices (for latency) or protocols (for accuracy) learned from."""
    tasks: tuple[str, ...]
    """Tasks learned from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The structure of one target's regression."""

    columns: Callable[[Features, Levels, NDArray[np.object_]], Iterator[Column]]
    """Yields the columns for some rows; the last argument is each row's domain."""
    spreads: dict[str, float]
    """Group -> prior guess of the standard deviation of its effects, on the target's scale."""
    noise: tuple[float, float]
    """Prior guess of the noise of float and of integer rows, on the target's scale."""

    def matrix(
        self, rows: Features, levels: Levels, domain: NDArray[np.object_]
    ) -> tuple[FloatArray, IntArray]:
        """The `(n, p)` matrix of the rows and the `(p,)` group of each column."""
        names = list(self.spreads)
        pairs = list(self.columns(rows, levels, domain))
        return (
            np.stack([values for _, values in pairs], axis=1),
            np.array([names.index(group) for group, _ in pairs]),
        )


def _indicators(values: NDArray[np.object_], levels: Sequence[str]) -> Iterator[FloatArray]:
    """One 0/1 column per level; names that are no level count as `UNSEEN`."""
    codes, distinct = pd.factorize(values)
    place = {level: i for i, level in enumerate(levels)}
    at = np.array([place.get(name, place[UNSEEN]) for name in distinct], dtype=np.int64)[codes]
    for i in range(len(levels)):
        yield (at == i).astype(float)


def _scaled(rows: Features) -> dict[str, FloatArray]:
    """Facts on a log scale around a middling network, about one unit wide."""
    return {
        "classes": np.log10(rows.classes / 10),
        "parameters": np.log(rows.parameters / 1e6) / 4,
        "macs": np.log(rows.macs / 1e7) / 3,
        "layers": np.log(rows.layers / 40) / 2,
        "depthwise": (rows.depthwise_share > 0).astype(float),
        "channels": np.log(rows.channels / rows.parameters * 300) / 2,
    }


def size_columns(rows: Features, levels: Levels, domain: NDArray[np.object_]) -> Iterator[Column]:
    """Log of the size over what `recommender.arithmetic` makes of the counts."""
    fact = _scaled(rows)
    yield "mean", np.ones(len(rows))
    dense_integer = rows.integer * (1 - rows.pruned)
    kinds = (dense_integer, rows.half, rows.pruned, rows.pruned * rows.integer, rows.static)
    for kind in kinds:
        yield "technique", kind
        yield "technique x fact", kind * fact["channels"]
    for network in _indicators(rows.network, levels.networks):
        yield "network", network
        for kind in (rows.integer, rows.pruned, rows.half):
            yield "network x technique", network * kind
        for task in _indicators(rows.task, levels.tasks):
            yield "network x task", network * task
    yield from _own(domain, levels, {"domain": (np.ones(len(rows)), *kinds)})


def latency_columns(
    rows: Features, levels: Levels, domain: NDArray[np.object_]
) -> Iterator[Column]:
    """Log of the latency; integer kernels over their multiply-accumulates.

    Float and integer kernels are two machines in one box: each has its own level, and its own
    dependence on work, weights and depth.
    """
    fact = _scaled(rows)
    integer, real = rows.integer, 1 - rows.integer
    pruned_real, pruned_integer = rows.pruned * real, rows.pruned * integer
    yield "mean", real
    yield "mean", integer
    for name in ("macs", "parameters", "layers", "depthwise"):
        yield "float x fact", real * fact[name]
    for name in ("macs", "parameters", "depthwise"):
        yield "integer x fact", integer * fact[name]
    # Which kernels an integer form takes is one matter; whether halved or zero weights change
    # anything is another: on most devices they do not.
    kernels = (rows.integer - rows.static, rows.static, rows.aware)
    forms = (rows.half, pruned_real, pruned_integer)
    for kind in kernels:
        yield "kernel", kind
    for kind in forms:
        yield "form", kind
    for group, kind in (("kernel", rows.static), ("form", rows.half), ("form", pruned_real)):
        for name in ("macs", "depthwise", "parameters"):
            yield f"{group} x fact", kind * fact[name]
        yield f"{group} x task", kind * fact["classes"]
    yield "form x task", pruned_integer * fact["classes"]
    yield "float x task", real * fact["classes"]
    yield "integer x task", integer * fact["classes"]
    for network in _indicators(rows.network, levels.networks):
        yield "network x float", network * real
        yield "network x integer", network * integer
        for kind in kernels[:2]:
            yield "network x kernel", network * kind
        for kind in forms[:2]:
            yield "network x form", network * kind
        yield "network x task", network * real * fact["classes"]
    # A device is fast at one kind of work and slow at another: its own dependence on the facts,
    # and what facts can't tell of a network, in float and in integer kernels.
    slopes = ("macs", "parameters", "layers", "depthwise")
    own = {
        "domain": (real, integer),
        "domain x float fact": tuple(real * fact[name] for name in slopes),
        "domain x integer fact": tuple(integer * fact[name] for name in slopes),
        "domain x kernel": kernels,
        "domain x form": forms,
        "domain x network": tuple(
            network * kind
            for network in _indicators(rows.network, levels.networks)
            for kind in (real, *kernels[:2])
        ),
    }
    yield from _own(domain, levels, own)


def accuracy_columns(
    rows: Features, levels: Levels, domain: NDArray[np.object_]
) -> Iterator[Column]:
    """Logit of the accuracy: network x task level, and effects that vary with capacity."""
    fact = _scaled(rows)
    yield "mean", np.ones(len(rows))
    yield "mean", fact["classes"]
    for task in _indicators(rows.task, levels.tasks):
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
    for network in _indicators(rows.network, levels.networks):
        yield "network", network
        yield "network x task", network * fact["classes"]
        yield "network x distilled", network * rows.distilled
        for kind in kinds[:3]:
            yield "network x technique", network * kind
            yield "network x technique", network * kind * fact["classes"]
    yield from _own(domain, levels, {"domain": (np.ones(len(rows)), *kinds)})


def _own(
    domain: NDArray[np.object_], levels: Levels, blocks: dict[str, tuple[FloatArray, ...]]
) -> Iterator[Column]:
    """A domain's own deviations; with a single domain there is nothing to deviate from."""
    if len(levels.domains) <= 2:
        return
    for member in _indicators(domain, levels.domains):
        for group, columns in blocks.items():
            for values in columns:
                yield group, member * values


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
    "latency_ms": Design(
        columns=latency_columns,
        spreads={
            "mean": 10.0,
            "float x fact": 0.7,
            "integer x fact": 0.15,
            "kernel": 0.3,
            "kernel x fact": 0.1,
            "kernel x task": 0.15,
            "form": 0.3,
            "form x fact": 0.1,
            "form x task": 0.15,
            "float x task": 0.3,
            "integer x task": 0.05,
            "network x float": 0.5,
            "network x integer": 0.15,
            "network x kernel": 0.1,
            "network x form": 0.05,
            "network x task": 0.2,
            "domain": 1.0,
            "domain x float fact": 0.2,
            "domain x integer fact": 0.2,
            "domain x kernel": 0.5,
            "domain x form": 0.05,
            "domain x network": 0.15,
        },
        noise=(0.1, 0.05),
    ),
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
            "network x task": 0.15,
            "network x distilled": 0.15,
            "network x technique": 0.05,
            "domain": 0.3,
        },
        noise=(0.05, 0.05),
    ),
}
"""Target -> its structure. `file_kb` has that of `size_kb`, of the unpruned form: a dense file
stores its zeros."""
