"""The answer: one pick, its rivals, what just missed, and what to relax, with the reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from measurements.strategy import Strategy
from recommender import reasons
from recommender.constraints import LIMITS, Constraints
from recommender.engine import Choice, gain
from recommender.profile import Profile
from recommender.ranking import Ranking
from recommender.relax import Relaxation, generous

if TYPE_CHECKING:
    from recommender.advisor import Advisor

SCHEMA = "dlmo.advice/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an answer rests on."""

    n_measurements: int
    """Records, the suspect and failed ones included."""
    sha256: str
    """Hash over the records, the same in any order."""
    devices: tuple[str, ...]
    """Devices with records."""

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON."""
        return {
            "n_measurements": self.n_measurements,
            "sha256": self.sha256,
            "devices": list(self.devices),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A remark that has something to say about this question."""

    id: str
    """Of the remark."""
    source: str
    """Where it is from, with the section."""
    says: str
    """The remark, in a sentence."""
    effect: str
    """What it does: `recommend`, `prefer`, `avoid`, `caution` or `inform`."""
    strategy: str | None
    """Strategies or networks that it speaks about, if any in particular."""
    audit: str | None
    """What this device's own measurements say about it."""
    contradicted_on: tuple[str, ...] = ()
    """On a device that somebody else published: the measured devices that contradict it."""

    def to_dict(self) -> dict[str, str | None]:
        """As in the JSON."""
        return {
            "id": self.id,
            "source": self.source,
            "says": self.says,
            "effect": self.effect,
            "strategy": self.strategy,
            "audit": "; ".join(filter(None, (self.audit, self._elsewhere()))) or None,
        }

    def _elsewhere(self) -> str:
        return f"contradicted on {', '.join(self.contradicted_on)}" if self.contradicted_on else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """An answer. Cheap to make: texts and tables are written when they are asked for."""

    ranking: Ranking
    """The candidates in order."""
    constraints: Constraints
    """The limits asked for."""
    choice: Choice
    """What was found, as indices."""
    verdicts: tuple[Verdict, ...]
    """The remarks that speak here."""
    speakers: tuple[tuple[str, ...], ...]
    """For each candidate, the ids of the remarks that weigh for (`+id`) or against (`-id`) it, and
    of those that would if this device did not contradict them (`0id`)."""
    basis: Basis
    """What it rests on."""
    advisor: Advisor = field(repr=False, compare=False)
    """Who answered: for reports that also show the questions next to this one."""

    @property
    def profile(self) -> Profile:
        """Who asked, with task and device resolved."""
        return self.ranking.profile

    @property
    def feasible(self) -> bool:
        """Whether anything meets every limit."""
        return self.choice.pick is not None

    @property
    def pick(self) -> dict[str, Any] | None:
        """The candidate to deploy, as in the JSON."""
        pick = self.choice.pick
        return None if pick is None else self.candidate(pick, reasons.of_pick(self))

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `--format json`: keys always present, None where unknown."""
        choice = self.choice
        return {
            "schema": SCHEMA,
            "query": self._query(),
            "feasible": self.feasible,
            "pick": self.pick,
            "alternatives": [
                self.candidate(int(i), reasons.of_rival(self, int(i))) for i in choice.alternatives
            ],
            "frontier": [
                self.candidate(int(i), reasons.of_member(self, int(i))) for i in choice.frontier
            ],
            "near_misses": [self._near_miss(int(i)) for i in choice.near_misses],
            "relaxations": [self._relaxation(r) for r in choice.relaxations],
            "rules": [verdict.to_dict() for verdict in self.verdicts],
            "basis": self.basis.to_dict(),
        }

    def candidate(self, index: int, why: list[str]) -> dict[str, Any]:
        """One candidate as in the JSON.

        Args:
            index: its place on the board.
            why: its reasons.
        """
        board = self.ranking.board
        return {
            "network": board.network[index],
            "strategy": board.strategy[index],
            "setup": Strategy.parse(board.strategy[index]).setup,
            "evidence": "measured" if board.measured[index] else "predicted",
            "p_feasible": round(float(self.choice.p_feasible[index]), 4),
            "accuracy_pct": self._value("accuracy_pct", index),
            "size_kb": self._value("size_kb", index),
            "file_kb": self._value("file_kb", index),
            "latency_ms": self._value("latency_ms", index),
            "ram_kb": _value(*[float(board.ram_kb[index])] * 3),
            "reasons": why,
            "rows": list(board.rows[index]),
        }

    def breaks(self, index: int) -> dict[str, dict[str, float]]:
        """The limits that a candidate breaks, with what it needs instead."""
        limits = self.choice.limits
        needs = self.ranking.needs[index]
        return {
            limit.name: {
                "limit": limit.sign * float(limits[i]),
                "needs": limit.sign * generous(float(needs[i])),
                "change_pct": _change_pct(float(limits[i]), float(needs[i])),
            }
            for i, limit in enumerate(LIMITS)
            if needs[i] > limits[i]
        }

    def gain(self, index: int) -> float | None:
        """Accuracy points over the pick, as surely delivered; None without a pick."""
        return self._gain(index, None)

    def near_gain(self, index: int) -> float | None:
        """The same of a near miss: a measured one is held against the best measured one."""
        return self._gain(index, self.choice.measured_pick)

    def _gain(self, index: int, measured_pick: int | None) -> float | None:
        if self.choice.pick is None:
            return None
        one = np.array([index])
        points = float(gain(self.ranking, one, self.choice.pick, measured_pick)[0])
        return round(points, 4) if math.isfinite(points) else None

    def _value(self, target: str, index: int) -> dict[str, float | None] | None:
        quantity = self.ranking.board.quantities[target]
        return _value(*quantity.interval(index, self.profile.confidence))

    def _query(self) -> dict[str, Any]:
        profile = self.profile
        return {
            "service_class": profile.service_class,
            "task": profile.task,
            "device": profile.device,
            "size_kind": profile.size_kind,
            "confidence": profile.confidence,
            "evidence": profile.evidence,
            "follow": profile.follow,
            "limits": self.constraints.to_dict(),
        }

    def _near_miss(self, index: int) -> dict[str, Any]:
        return {
            "candidate": self.candidate(index, reasons.of_near_miss(self, index)),
            "breaks": self.breaks(index),
            "gain": {"accuracy_pct": self.near_gain(index)},
        }

    def _relaxation(self, relaxation: Relaxation) -> dict[str, Any]:
        limits = self.choice.limits
        return {
            "change": {
                LIMITS[i].name: {
                    "from": LIMITS[i].sign * float(limits[i]),
                    "to": LIMITS[i].sign * value,
                    "change_pct": _change_pct(float(limits[i]), value),
                }
                for i, value in relaxation.limits
            },
            "buys": self.candidate(relaxation.buys, reasons.of_purchase(self, relaxation)),
        }


def _change_pct(limit: float, needed: float) -> float:
    """Signed as people see it: a size limit goes up, an accuracy limit goes down."""
    moved = 100 * (needed - limit) / abs(limit)
    return round(moved if limit > 0 else -moved, 4)


def _value(value: float, low: float, high: float) -> dict[str, float | None] | None:
    """VALUE of the JSON, six significant digits; an end that nobody can give is None."""
    if not math.isfinite(value):
        return None
    return {"value": _round(value), "low": _round(low), "high": _round(high)}


def _round(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None
