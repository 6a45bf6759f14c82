"""Which limit to move, how far, and what that buys."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_DIGITS = 6
"""Significant digits of a limit that is proposed; it is rounded to the generous side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """A change of limits and the candidate that is the pick under them."""

    limits: tuple[tuple[int, float], ...]
    """Index in `recommender.constraints.LIMITS` and the new value, as a loss; the rest stay."""
    buys: int
    """Index of the candidate."""

    def applied(self, limits: FloatArray) -> FloatArray:
        """The limits after the change."""
        moved = limits.copy()
        for index, value in self.limits:
            moved[index] = value
        return moved


def generous(loss: float) -> float:
    """Round a loss up to `_DIGITS` significant digits, so that what it is the limit of meets it."""
    if loss == 0 or not math.isfinite(loss):
        return loss
    unit = 10.0 ** (math.floor(math.log10(abs(loss))) - _DIGITS + 1)
    rounded = float(f"{round(loss / unit) * unit:.{_DIGITS}g}")
    return rounded if rounded >= loss else float(f"{(round(loss / unit) + 1) * unit:.{_DIGITS}g}")


def changes(needs: FloatArray, limits: FloatArray) -> FloatArray:
    """Relative move of each limit that each candidate would need.

    Args:
        needs: `(n, k)` losses.
        limits: `(k,)` losses, infinite where there is none.

    Returns:
        `(n, k)`: 0 where the limit is met, infinite where no move helps.
    """
    with np.errstate(invalid="ignore"):
        moves = (needs - limits) / np.abs(limits)
    return np.where(needs <= limits, 0.0, np.where(np.isinf(needs), np.inf, moves))


def single(
    needs: FloatArray, limits: FloatArray, *, worthwhile: IntArray, front: IntArray
) -> list[Relaxation]:
    """For each limit alone, its smallest move that lets something worthwhile in.

    Args:
        needs: `(n, k)` losses.
        limits: `(k,)` losses.
        worthwhile: indices of the candidates to move for, members of the front.
        front: indices of the candidates that may be picked, best first.

    Returns:
        At most one for each limit that is set, in their order.
    """
    wanted = needs[worthwhile]
    broken = wanted > limits
    alone = broken.sum(axis=1) == 1
    found = []
    for index in np.flatnonzero(np.isfinite(limits)):
        able = wanted[alone & broken[:, index] & np.isfinite(wanted[:, index]), index]
        if len(able):
            value = generous(float(able.min()))
            found.append(_bought(needs, limits, ((int(index), value),), front))
    return found


def _bought(
    needs: FloatArray, limits: FloatArray, moves: tuple[tuple[int, float], ...], front: IntArray
) -> Relaxation:
    """A move with the pick under it, which may be another than the one that it was made for."""
    moved = Relaxation(limits=moves, buys=-1)
    within = (needs[front] <= moved.applied(limits)).all(axis=1)
    return replace(moved, buys=int(front[within.argmax()]))


def joint(needs: FloatArray, limits: FloatArray, *, front: IntArray) -> Relaxation | None:
    """The smallest move of several limits: its largest relative part is the least.

    Args:
        needs: `(n, k)` losses.
        limits: `(k,)` losses.
        front: indices of the candidates that may be picked, best first; of two moves that are
            equally large the first stays.

    Returns:
        None when no move lets anything in.
    """
    moves = changes(needs[front], limits)
    worst = moves.max(axis=1)
    if not np.isfinite(worst).any():
        return None
    total = np.where(np.isfinite(moves), moves, 0.0).sum(axis=1)
    least = int(np.lexsort((total, worst))[0])
    parts = tuple(
        (int(index), generous(float(needs[front[least], index])))
        for index in np.flatnonzero(moves[least] > 0)
    )
    return _bought(needs, limits, parts, front)
