"""What probes say of a device, for a terminal or a pipe, within 80 columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recommender import wording
from recommender.cells import collapsed
from recommender.probing import TARGET, Probe, forecast

SCHEMA = "dlmo.probe/1"
LEVEL = 0.8
"""Of the intervals: eight networks support little more, and at wide ends."""
FAR = 1000
"""Where the ends of an interval are further apart, it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """One cell's, in ms."""

    network: str
    """Name."""
    strategy: str
    """Slug."""
    evidence: str
    """`measured` or `predicted`."""
    value: float
    """Measured, or the median of what is predicted."""
    low: float | None
    """Lower end of the interval; None: none can be had."""
    high: float | None
    """Upper end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A device after its probes."""

    device: str
    """Its name."""
    probes: tuple[Probe, ...]
    """Those that were taken now."""
    level: float
    """Of the intervals: `LEVEL`, or what the dataset supports."""
    cells: tuple[Latency, ...]
    """All of them, measured or not."""

    @classmethod
    def of(cls, frame: pd.DataFrame, asked: pd.DataFrame, probes: Sequence[Probe]) -> Probed:
        """Forecast a device's cells.

        Args:
            frame: what is known, the probes included.
            asked: its cells: columns `task network strategy device`.
            probes: those that were taken now.
        """
        found = forecast(frame, asked, [LEVEL])
        value, factor = np.exp(found.log_ms), np.exp(found.half[0])
        keys = ["task", "network", "strategy", "device"]
        measured = collapsed(frame, TARGET).set_index(keys)[TARGET].to_dict()

        def cells() -> Iterator[Latency]:
            rows = asked[keys].itertuples(index=False, name=None)
            for key, middle, times in zip(rows, value, factor, strict=True):
                known = measured.get(key)
                ends = (float(middle / times), float(middle * times))
                low, high = (known, known) if known else ends if np.isfinite(times) else (None,) * 2
                yield Latency(
                    network=key[1],
                    strategy=key[2],
                    evidence="measured" if known else "predicted",
                    value=float(known or middle),
                    low=low,
                    high=high,
                )

        return cls(
            device=str(asked["device"].iloc[0]),
            probes=tuple(probes),
            level=float(found.levels.min()),
            cells=tuple(cells()),
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON: `schema device level probes cells`."""
        return {
            "schema": SCHEMA,
            "device": self.device,
            "level": _short(self.level),
            "probes": [
                {"network": p.network, "strategy": p.strategy, "factor": _short(p.factor)}
                for p in self.probes
            ],
            "cells": [
                {
                    "network": c.network,
                    "strategy": c.strategy,
                    "evidence": c.evidence,
                    "latency_ms": {
                        "value": _short(c.value),
                        "low": _short(c.low),
                        "high": _short(c.high),
                    },
                }
                for c in self.cells
            ],
        }


def as_json(probed: Probed) -> str:
    """For machines, as `Probed.to_dict`."""
    return json.dumps(probed.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_table(probed: Probed) -> str:
    """The probes with what each was worth, then all cells."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(probed))


PROBE_FORMATS: dict[str, Callable[[Probed], str]] = {"table": as_table, "json": as_json}
"""Name on the command line -> the function that writes it."""


def _lines(probed: Probed) -> Iterator[str]:
    if probed.probes:
        yield f"{'timed on ' + probed.device:44} {'in doubt by then, up or down':>30}"
        yield "─" * 75
        for probe in probed.probes:
            name = wording.candidate(probe.network, probe.strategy)
            yield f"{name:44} {'x ' + wording.number(probe.factor):>30}"
        yield ""
    yield f"{'latency on ' + probed.device:36} {'ms':>9} {'interval':>19} evidence"
    yield "─" * 75
    for cell in probed.cells:
        ends = "unknown"
        if cell.evidence == "measured":
            ends = ""
        elif cell.low is not None and cell.high is not None and cell.high < FAR * cell.low:
            ends = f"{wording.number(cell.low)} - {wording.number(cell.high)}"
        name = wording.candidate(cell.network, cell.strategy)
        yield f"{name:36} {wording.number(cell.value):>9} {ends:>19} {cell.evidence}"
    yield ""
    yield f"Intervals hold with a probability of {probed.level:.0%}."


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
