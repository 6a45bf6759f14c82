"""The candidates of one device and task, as arrays: what each would score, weigh and take.

Everything that is asked of a candidate is asked of what it is *sure* to deliver: a measured value
as it was measured, a predicted one at the unfavourable bound that holds with the asked confidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from recommender.conformal import Calibration
from recommender.constraints import LIMITS, Limit
from recommender.scale import SCALES

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One target over the `n` candidates of a board."""

    target: str
    """As in `recommender.scale.TARGETS`."""
    value: FloatArray
    """`(n,)` measured value, or the median of the prediction; NaN where nothing is known."""
    given: BoolArray
    """`(n,)` the value is given, not predicted."""
    spread: FloatArray
    """`(n,)` on the target's scale: standard error of a given value, predicted spread else."""
    anchored: BoolArray
    """`(n,)` the plain form of the candidate's network was measured."""
    free: Calibration
    """Of predictions for networks known only by their facts."""
    tied: Calibration
    """Of predictions for anchored networks."""

    def bound(self, confidence: float, *, upper: bool, sure: bool) -> FloatArray:
        """The `(n,)` values that hold on one side with the asked confidence.

        Args:
            confidence: 0.5 to below 1.
            upper: the bound from above, or from below.
            sure: given values as they are, without their standard error.
        """
        level = 2 * confidence - 1
        width = np.where(self.anchored, self.tied.width(level), self.free.width(level))
        own = 0.0 if sure else NormalDist().inv_cdf(confidence)
        width = np.where(self.given, own, width)
        scale = SCALES[self.target]
        with np.errstate(invalid="ignore"):  # no spread, infinite width: nothing to move
            shift = np.where(self.spread > 0, width * self.spread, 0.0)
        moved = scale.inverse(scale.link(self.value) + (shift if upper else -shift))
        return np.where(shift == 0, self.value, moved)

    def interval(self, index: int, confidence: float) -> tuple[float, float, float]:
        """Value, lower and upper bound of one candidate, each bound held with the confidence."""
        one = replace(
            self,
            value=self.value[index : index + 1],
            given=self.given[index : index + 1],
            spread=self.spread[index : index + 1],
            anchored=self.anchored[index : index + 1],
        )
        low, high = (one.bound(confidence, upper=u, sure=False)[0] for u in (False, True))
        return float(one.value[0]), float(low), float(high)

    def probability(self, limit: float, *, upper: bool) -> FloatArray:
        """The `(n,)` probabilities that the limit is met; 0 where nothing is known."""
        scale = SCALES[self.target]
        room = (scale.link(np.array(limit)) - scale.link(self.value)) * (1 if upper else -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.abs(room) / self.spread
        level = np.where(self.anchored, self.tied.level(z), self.free.level(z))
        met = self.value <= limit if upper else self.value >= limit
        p = np.where(self.given | (self.spread == 0), met, 0.5 + 0.5 * np.sign(room) * level)
        return np.asarray(np.where(np.isnan(self.value), 0.0, p), dtype=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All candidates for a task on a device, ordered by network and strategy."""

    device: str
    """Name."""
    task: str
    """Name."""
    network: tuple[str, ...]
    """`n` names."""
    strategy: tuple[str, ...]
    """`n` slugs."""
    measured: BoolArray
    """`(n,)` accuracy, size and latency of this very candidate were measured."""
    measured_task: bool
    """Anything was measured for this task on this device."""
    quantities: dict[str, Quantity]
    """Target -> its values."""
    ram_kb: FloatArray
    """`(n,)` working memory: measured, or computed from the graph; NaN where unknown."""
    rows: tuple[tuple[str, ...], ...]
    """Ids of the measurements that a candidate rests on: its own, or those of its network."""
    sources: dict[str, str]
    """Measurement id -> where it is from, in a few words."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Measurement id -> what has changed about the device since it was taken."""

    def __len__(self) -> int:
        return len(self.network)

    def quantity(self, limit: Limit, size_kind: str) -> Quantity | None:
        """What a limit bounds; None for working memory, which has no distribution."""
        if limit.target == "size_kb" and size_kind == "file":
            return self.quantities["file_kb"]
        return self.quantities.get(limit.target)

    def needs(self, confidence: float, size_kind: str) -> FloatArray:
        """The tightest limits that each candidate meets with the asked confidence.

        Returns:
            `(n, 4)` in the order of `LIMITS`, as losses (accuracy negated); infinite where nothing
            can be promised.
        """
        needs = np.empty((len(self), len(LIMITS)), order="F")  # it is read by columns
        for column, limit in zip(needs.T, LIMITS, strict=True):
            quantity = self.quantity(limit, size_kind)
            sure = (
                self.ram_kb
                if quantity is None
                else quantity.bound(confidence, upper=limit.upper, sure=True)
            )
            column[:] = np.where(np.isnan(sure), np.inf, limit.sign * sure)
        return needs

    def p_feasible(self, limits: FloatArray, size_kind: str) -> FloatArray:
        """The `(n,)` probabilities with which each candidate meets its tightest limit.

        Args:
            limits: `(4,)` losses in the order of `LIMITS`, infinite where there is none.
            size_kind: `compressed` or `file`.
        """
        p = np.ones(len(self))
        for limit, bound in zip(LIMITS, limits, strict=True):
            if not np.isfinite(bound):
                continue
            quantity = self.quantity(limit, size_kind)
            met = (
                np.nan_to_num(self.ram_kb, nan=np.inf) <= bound
                if quantity is None
                else quantity.probability(limit.sign * float(bound), upper=limit.upper)
            )
            p = np.minimum(p, met)
        return p
