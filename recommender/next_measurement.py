"""The next measurement for one question: the answer of today, and what could still change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from measurements import costing, protocol
from measurements.plan import Cell
from recommender.acquisition import outlook
from recommender.advisor import Advisor, records
from recommender.board import Board
from recommender.constraints import Constraints
from recommender.engine import limits_of, pick_within
from recommender.profile import Profile

SCHEMA = "dlmo.next/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One that could change the answer."""

    network: str
    """Name."""
    strategy: str
    """Slug."""
    gain: float
    """Points of merit that the pick rises by on average."""
    p_change: float
    """Probability that the pick becomes another."""
    minutes: float
    """What it costs, with all that has to be trained for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure next."""

    profile: Profile
    """Who asks, with task and device settled."""
    constraints: Constraints
    """The limits."""
    pick: tuple[str, str, str] | None
    """Network, strategy and evidence of today's answer; None when nothing is feasible."""
    measurements: tuple[Measurement, ...]
    """The best for each minute first; empty when none left can change the answer."""
    n_open: int
    """How many could change it, those not listed included."""
    level: float
    """Those that could not were ruled out by intervals that hold with this probability."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON: `schema query pick measurements n_open level`."""
        profile = self.profile
        pick = self.pick and dict(zip(("network", "strategy", "evidence"), self.pick, strict=True))
        return {
            "schema": SCHEMA,
            "query": {
                "service_class": profile.service_class,
                "task": profile.task,
                "device": profile.device,
                "size_kind": profile.size_kind,
                "confidence": profile.confidence,
                "limits": self.constraints.to_dict(),
            },
            "pick": pick,
            "measurements": [
                {
                    "network": m.network,
                    "strategy": m.strategy,
                    "gain_points": float(f"{m.gain:.4g}"),
                    "p_change": float(f"{m.p_change:.4g}"),
                    "minutes": float(f"{m.minutes:.4g}"),
                }
                for m in self.measurements
            ],
            "n_open": self.n_open,
            "level": float(f"{self.level:.4g}"),
        }


def plan(
    profile: Profile,
    constraints: Constraints,
    *,
    measurements: Sequence[Path | str] = (),
    recipe: str = "quick",
    top: int = 5,
) -> Plan:
    """Rank the measurements that could change the advice.

    Args:
        profile: who asks.
        constraints: the limits.
        measurements: stores, as `Advisor.load` takes them.
        recipe: the protocol that would be measured with; what it trained already costs no more.
        top: how many to list at most.

    Raises:
        DlmoError: as `Advisor.load`, `Advisor.advise` and `protocol.load`.
    """
    advisor = Advisor.load(measurements, networks=profile.networks)
    asked = advisor.resolve(profile)
    ranking, limits = advisor.ranking(asked), limits_of(constraints)
    rules = protocol.load(recipe)
    seconds = np.array(
        costing.each_alone(_cells(ranking.board, rules), records(measurements)), dtype=float
    )
    # Whom the question rules out is not worth a measurement.
    anyone = advisor.ranking(replace(asked, evidence="any"))
    found = outlook(ranking, limits, np.where(anyone.eligible, seconds, np.inf))
    pick = pick_within(ranking, limits)
    board = ranking.board
    return Plan(
        profile=asked,
        constraints=constraints,
        pick=None if pick is None else _named(board, pick),
        measurements=tuple(
            Measurement(
                network=board.network[p.candidate],
                strategy=board.strategy[p.candidate],
                gain=p.gain,
                p_change=p.p_change,
                minutes=p.seconds / 60,
            )
            for p in found.prospects[:top]
        ),
        n_open=len(found.prospects),
        level=found.level,
    )


def _named(board: Board, place: int) -> tuple[str, str, str]:
    evidence = "measured" if board.measured[place] else "predicted"
    return board.network[place], board.strategy[place], evidence


def _cells(board: Board, rules: protocol.Protocol) -> list[Cell]:
    return [
        Cell(
            network=network,
            strategy=strategy,
            task=board.task,
            device=board.device,
            seed=rules.seeds_of(network)[0],
            protocol=rules.label,
        )
        for network, strategy in zip(board.network, board.strategy, strict=True)
    ]


__all__ = ["Measurement", "Plan", "plan"]
