"""Calibrated widths from errors on groups that were left out whole.

Errors on one network are alike, so rows are not exchangeable; networks are. Each left-out group's
scores share one vote, and one more vote stands for the group to come and counts as infinite: with
`g` groups no level above `g / (g + 1)` can be had, and none is invented (Dunn, Wasserman, Ramdas:
"Distribution-Free Prediction Sets for Two-Layer Hierarchical Models", JASA 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_DIGITS = 6
"""Of scores: less would make a level of a width, and back, a matter of rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The distribution of |error| / predicted spread on groups never seen."""

    scores: FloatArray
    """`(m,)` ascending scores."""
    levels: FloatArray
    """`(m,)` share of future scores at or below each; its last is the highest level to be had."""

    @property
    def highest(self) -> float:
        """Highest level that the number of groups supports; 0 without groups."""
        return float(self.levels[-1]) if len(self.levels) else 0.0

    def width(self, level: float) -> float:
        """Half-width, in predicted spreads, of the central interval at `level`; inf above reach."""
        if level > self.highest + 1e-12:
            return float("inf")
        return float(np.interp(level, self.levels, self.scores)) if len(self.levels) else 0.0

    def widest(self, level: float) -> tuple[float, float]:
        """Half-width at `level`, or at the highest level that can be had, and that level."""
        granted = min(level, self.highest)
        return (self.width(granted) if granted else float("inf")), granted

    def level(self, width: FloatArray) -> FloatArray:
        """Probability that the score is at most `width`: the inverse of `width`.

        Beyond the largest score seen nothing more is known than the highest level.
        """
        if not len(self.levels):
            return np.zeros_like(width)
        return np.interp(width, self.scores, self.levels, left=0.0)


def calibrate(scores: Sequence[FloatArray]) -> Calibration:
    """Pool the scores of left-out groups, one vote a group.

    Args:
        scores: for each group, `(n_g,)` absolute errors over predicted spreads; empty groups are
            passed over.

    Returns:
        The calibration, a zero-width score at level 0 before the rest.
    """
    groups = [np.sort(np.round(np.abs(g), _DIGITS)) for g in scores if len(g)]
    if not groups:
        return Calibration(scores=np.empty(0), levels=np.empty(0))
    pooled = np.unique(np.concatenate(groups))
    # (m, g): the share of each group's scores that lies at or below each score.
    below = np.stack([np.searchsorted(g, pooled, side="right") / len(g) for g in groups], axis=1)
    tails = _at_least(below)
    places = [int(np.argmax(tails[:, k] >= 0.5 - 1e-12)) for k in range(1, len(groups) + 1)]
    levels = np.arange(1, len(groups) + 1) / (len(groups) + 1)
    # Equal scores become one, at the highest of their levels: width and level stay inverses.
    found = pooled[places]
    last = np.append(found[1:] > found[:-1], True) & (found > 0)
    return Calibration(
        scores=np.concatenate([[0.0], found[last]]),
        levels=np.concatenate([[0.0], levels[last]]),
    )


def _at_least(shares: FloatArray) -> FloatArray:
    """The probabilities that of one draw of each group so many are at or below a score.

    Args:
        shares: `(m, g)` probability for each score and group.

    Returns:
        `(m, g + 1)`, column `k` for at least `k` of the `g`.
    """
    count = np.zeros((len(shares), shares.shape[1] + 1))
    count[:, 0] = 1
    for share in shares.T:
        count[:, 1:] = count[:, 1:] * (1 - share)[:, None] + count[:, :-1] * share[:, None]
        count[:, 0] *= 1 - share
    return np.asarray(count[:, ::-1].cumsum(axis=1)[:, ::-1], dtype=float)
