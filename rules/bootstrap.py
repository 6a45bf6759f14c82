"""Intervals of a statistic over pairs that come in groups, by drawing the groups anew.

Pairs of one network resemble each other, so that drawing pairs would make an interval too narrow:
whole groups are drawn with replacement. Where all pairs are of one group, pairs are drawn, and the
interval speaks of that group alone. (Davison, Hinkley: Bootstrap Methods and their Application,
1997, section 3.8.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DRAWS = 2000
"""Draws of one interval."""

CONFIDENCE = 0.9
"""Share of the draws that an interval holds, as much left out below as above."""

SEED = 7344
"""Seed of the draws, the same for each interval, so that none hangs on the others."""


def median_interval(effects: FloatArray, groups: IntArray) -> tuple[float, float]:
    """Interval of the median.

    Args:
        effects: `(n,)`, one value for each pair, n at least 1.
        groups: `(n,)`, the group of each pair, numbered from 0.

    Returns:
        Low and high.
    """
    order = np.argsort(effects, kind="stable")
    values, times = effects[order], _times_drawn(groups)[:, order]
    reached = np.cumsum(times, axis=1)
    half = reached[:, -1:] / 2
    # The median of the drawn values with their repetitions: of an even number, the middle two.
    lower = values[np.argmax(reached >= half, axis=1)]
    upper = values[np.argmax(reached > half, axis=1)]
    return _interval((lower + upper) / 2)


def trend_interval(effects: FloatArray, over: FloatArray, groups: IntArray) -> tuple[float, float]:
    """Interval of Spearman's rank correlation.

    Args:
        effects: `(n,)`, one value for each pair.
        over: `(n,)`, what the correlation is taken with.
        groups: `(n,)`, the group of each pair, numbered from 0.

    Returns:
        Low and high; NaN when no draw has a trend.
    """
    drawn = (np.repeat(np.arange(len(effects)), times) for times in _times_drawn(groups))
    trends = np.array([rank_correlation(effects[rows], over[rows]) for rows in drawn])
    told = trends[~np.isnan(trends)]
    return _interval(told) if len(told) else (np.nan, np.nan)


def rank_correlation(one: FloatArray, other: FloatArray) -> float:
    """Spearman's rank correlation, ties at their mean rank.

    Args:
        one: `(n,)`.
        other: `(n,)`.

    Returns:
        -1 to 1; NaN where one side is constant.
    """
    a, b = _ranks(one), _ranks(other)
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else float("nan")


def _ranks(values: FloatArray) -> FloatArray:
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    ranks: FloatArray = (last - (times - 1) / 2)[place]
    return ranks


def _times_drawn(groups: IntArray) -> IntArray:
    """`(DRAWS, n)`: how often each pair is drawn."""
    units = groups if groups.max() > 0 else np.arange(len(groups))
    n = int(units.max()) + 1
    times = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=DRAWS)
    drawn: IntArray = times[:, units]
    return drawn


def _interval(draws: FloatArray) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return round(float(low), 9), round(float(high), 9)
