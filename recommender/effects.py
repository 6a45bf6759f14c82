"""The columns of a regression: effects in groups that share a spread, and names with their own.

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


def indicators(values: NDArray[np.object_], levels: Sequence[str]) -> Iterator[FloatArray]:
    """One 0/1 column per level; names that are no level count as `UNSEEN`."""
    codes, distinct = pd.factorize(values)
    place = {level: i for i, level in enumerate(levels)}
    at = np.array([place.get(name, place[UNSEEN]) for name in distinct], dtype=np.int64)[codes]
    for i in range(len(levels)):
        yield (at == i).astype(float)


def scaled(rows: Features) -> dict[str, FloatArray]:
    """Facts on a log scale around a middling network, about one unit wide."""
    return {
        "classes": np.log10(rows.classes / 10),
        "parameters": np.log(rows.parameters / 1e6) / 4,
        "macs": np.log(rows.macs / 1e7) / 3,
        "layers": np.log(rows.layers / 40) / 2,
        "depthwise": (rows.depthwise_share > 0).astype(float),
        "channels": np.log(rows.channels / rows.parameters * 300) / 2,
    }


def deviations(
    names: NDArray[np.object_], levels: Sequence[str], blocks: dict[str, tuple[FloatArray, ...]]
) -> Iterator[Column]:
    """A level's own deviations; with a single one there is nothing to deviate from.

    Args:
        names: `(n,)` level of each row.
        levels: those with effects of their own, the last of them `UNSEEN`.
        blocks: group -> columns that each level has its own effects of.
    """
    if len(levels) <= 2:
        return
    for member in indicators(names, levels):
        for group, columns in blocks.items():
            for values in columns:
                yield group, member * values
