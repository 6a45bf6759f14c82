"""The non-dominated set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def non_dominated(losses: FloatArray) -> BoolArray:
    """Mark the rows that no other row beats.

    Args:
        losses: `(n, m)`, one row per candidate, one column per objective; lower is better.

    Returns:
        `(n,)` mask; equal rows are all marked, rows with NaN or infinity never.
    """
    import moocore

    front = np.zeros(len(losses), dtype=bool)
    finite = np.flatnonzero(np.isfinite(losses).all(axis=1))
    if len(finite):
        # An own copy in C order: the library reads the buffer as it lies.
        points = np.ascontiguousarray(losses[finite], dtype=float)
        front[finite] = moocore.is_nondominated(points, keep_weakly=True)
    return front
