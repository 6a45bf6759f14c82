"""The non-dominated set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


_FEW = 1000
"""Up to so many candidates, comparing all pairs costs less than loading the library."""


def non_dominated(losses: FloatArray) -> BoolArray:
    """Mark the rows that no other row beats.

    Args:
        losses: `(n, m)`, one row per candidate, one column per objective; lower is better.

    Returns:
        `(n,)` mask; equal rows are all marked, rows with NaN or infinity never.
    """
    front = np.zeros(len(losses), dtype=bool)
    finite = np.flatnonzero(np.isfinite(losses).all(axis=1))
    # An own copy in C order: the library reads the buffer as it lies.
    points = np.ascontiguousarray(losses[finite], dtype=float)
    front[finite] = _among_few(points) if len(points) <= _FEW else _among_many(points)
    return front


def _among_few(points: FloatArray) -> BoolArray:
    no_worse = np.ones((len(points), len(points)), dtype=bool)
    for column in points.T:
        no_worse &= column[:, None] <= column
    beats = no_worse & ~no_worse.T
    return np.asarray(~beats.any(axis=0), dtype=bool)


def _among_many(points: FloatArray) -> BoolArray:
    import moocore

    return np.asarray(moocore.is_nondominated(points, keep_weakly=True), dtype=bool)
