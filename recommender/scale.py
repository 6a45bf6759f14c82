"""The scales on which effects add: logarithm for sizes and latencies, logit for accuracies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

TARGETS = ("accuracy_pct", "size_kb", "file_kb", "latency_ms")
"""What is predicted; units in the names."""

_ACCURACY_EDGE = 0.01
"""Accuracies are kept this far from 0 and 100 %, where a logit has no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A monotone change of variable."""

    link: Callable[[FloatArray], FloatArray]
    """Target -> scale."""
    inverse: Callable[[FloatArray], FloatArray]
    """Scale -> target."""


def _logit(percent: FloatArray) -> FloatArray:
    share = np.clip(percent, _ACCURACY_EDGE, 100 - _ACCURACY_EDGE) / 100
    return np.asarray(np.log(share / (1 - share)), dtype=float)


def _percent(logit: FloatArray) -> FloatArray:
    return np.asarray(100 / (1 + np.exp(-np.clip(logit, -700, 700))), dtype=float)


def _exp(logarithm: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):  # an unbounded width is infinite, and says so
        return np.asarray(np.exp(logarithm), dtype=float)


_LOG = Scale(link=np.log, inverse=_exp)

SCALES: dict[str, Scale] = {
    "accuracy_pct": Scale(link=_logit, inverse=_percent),
    "size_kb": _LOG,
    "file_kb": _LOG,
    "latency_ms": _LOG,
}
"""Target -> its scale."""
