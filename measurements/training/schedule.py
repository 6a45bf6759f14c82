"""How learning rate, sparsity and the number of epochs go along with a training: pure functions."""

from __future__ import annotations

import math
from collections.abc import Callable

WARM_UP = 0.2
"""Share of a one-cycle schedule in which the rate rises."""

RAMP = 0.7
"""Share of the pruning in which the sparsity rises; the rest lets the weights settle."""


def _one_cycle(done: float) -> float:
    if done < WARM_UP:
        return 0.04 + 0.96 * done / WARM_UP
    return _cosine((done - WARM_UP) / (1 - WARM_UP))


def _cosine(done: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * done))


def _constant(_: float) -> float:
    return 1.0


SCHEDULES: dict[str, Callable[[float], float]] = {
    "one-cycle": _one_cycle,
    "cosine": _cosine,
    "constant": _constant,
}
"""Name -> share of the training that is done -> share of the highest learning rate."""


def sparsity(done: float, target: float) -> float:
    """Share of zeros, by the cubic schedule of Zhu and Gupta (2017).

    Args:
        done: share of the pruning that is done, 0 to 1.
        target: share of zeros at the end of the ramp.
    """
    return target * (1 - (1 - min(1.0, done / RAMP)) ** 3)


def epochs_within(budget_s: float, *, wanted: int, done: int, seconds: float) -> int:
    """Epochs that a training will have, given what its epochs took so far.

    Args:
        budget_s: seconds that the training may take; 0: any.
        wanted: epochs asked for.
        done: epochs done.
        seconds: that they took.

    Returns:
        Between `done` (at least one) and `wanted`.
    """
    if not budget_s or not done:
        return wanted
    return max(done, 1, min(wanted, int(budget_s * done / seconds)))
