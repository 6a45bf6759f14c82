"""What the page is given: every board, what the remarks say of it, and the constants of selection.

The page's scripts select from these data alone, so that they hold no fact and no threshold of their
own.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from measurements.strategy import SETUPS, TECHNIQUES
from measurements.subject import devices, tasks
from recommender import advisor as loading
from recommender.advice import Advice
from recommender.constraints import LIMITS, Constraints
from recommender.engine import MUCH, NEAR
from recommender.profile import SAY, SERVICE_CLASSES, Profile
from recommender.scale import TARGETS

if TYPE_CHECKING:
    from measurements.record import Measurement

SCHEMA = "dlmo.page/1"

ROW_COLUMNS = (
    "network", "strategy", "task", "device", "accuracy_pct", "size_kb", "file_kb", "latency_ms",
    "ram_kb", "n_latencies", "source", "source_row", "remarks", "id",
)  # fmt: skip
"""Of the table of measurements."""


def atlas(advice: Advice) -> dict[str, Any]:
    """The page's data, as JSON takes them.

    Args:
        advice: the answer that the page opens with.
    """
    forecast = advice.advisor.forecast
    row_sets, verdicts = _Interned(), _Interned()
    boards = {
        device: {
            task: _board(advice, device, task, row_sets, verdicts)
            for task in forecast.tasks(device)
        }
        for device in forecast.devices
    }
    ids = {row for rows in row_sets.members for row in rows}
    stale = {k: v for name in forecast.devices for k, v in advice.advisor.stale(name).items()}
    return {
        "schema": SCHEMA,
        "query": {
            **asdict(advice.profile),
            "limits": advice.constraints.to_dict(),
            "top": advice.choice.top,
        },
        "origin": asdict(advice.advisor.origin),
        "basis": advice.basis.to_dict(),
        "limits": [asdict(limit) for limit in LIMITS],
        "say": SAY,
        "near": NEAR,
        "much": MUCH,
        "service_classes": {name: _finite(asdict(c)) for name, c in SERVICE_CLASSES.items()},
        "setups": {slug: setup for setup, slug in SETUPS.items()},
        "techniques": [
            {"name": t.name, "title": t.title, "integer": t.integer} for t in TECHNIQUES.values()
        ],
        "titles": {
            "task": {name: task.title for name, task in tasks().items()},
            "device": {name: device.title for name, device in devices().items()},
        },
        "calibrations": forecast.content["calibrations"],
        "boards": boards,
        "row_sets": row_sets.members,
        "verdicts": [verdict.to_dict() for verdict in verdicts.members],
        "sources": {k: v for k, v in forecast.content["sources"].items() if k in ids},
        "stale": {k: v for k, v in stale.items() if k in ids},
        "rows": {"columns": ROW_COLUMNS, "values": _rows(advice, ids, stale)},
    }


class _Interned:
    """Equal values kept once, and known by their place."""

    def __init__(self) -> None:
        self._place: dict[Hashable, int] = {}

    def place(self, value: Hashable) -> int:
        return self._place.setdefault(value, len(self._place))

    @property
    def members(self) -> list[Any]:
        return list(self._place)


def _board(
    advice: Advice, device: str, task: str, row_sets: _Interned, verdicts: _Interned
) -> dict[str, Any]:
    forecast = advice.advisor.forecast
    stored = forecast.content["boards"][device][task]
    kept = ("network", "strategy", "measured", *TARGETS, "ram_kb", "measured_task")
    return {
        **{key: stored[key] for key in kept},
        "calibrations": device if device in forecast.content["calibrations"] else "",
        "rows": [row_sets.place(tuple(rows)) for rows in stored["rows"]],
        "judged": {
            name: _judged(advice, Profile(service_class=name, task=task, device=device), verdicts)
            for name in SERVICE_CLASSES
        },
    }


def _judged(advice: Advice, profile: Profile, verdicts: _Interned) -> dict[str, Any]:
    """What the remarks say of a board to a service class."""
    advisor = advice.advisor
    asked = replace(profile, classes=advice.profile.classes)
    said = advisor.advise(asked, Constraints(), top=0)
    lawful = advisor.ranking(replace(asked, follow="paper")).eligible
    speaker_sets = _Interned()
    return {
        "say": [_short(float(points)) for points in said.ranking.say],
        "lawful": [int(x) for x in lawful],
        "speakers": [speaker_sets.place(ids) for ids in said.speakers],
        "speaker_sets": speaker_sets.members,
        "verdicts": [verdicts.place(verdict) for verdict in said.verdicts],
    }


def _rows(advice: Advice, ids: Iterable[str], stale: Mapping[str, str]) -> list[list[Any]]:
    """The measurements behind the boards, as they were recorded."""
    wanted = set(ids)
    if not wanted:
        return []
    found = {r.id: r for r in loading.records(advice.advisor.origin.measurements)}
    return [_row(row, found[row], stale.get(row, "")) for row in sorted(wanted & set(found))]


def _row(row: str, record: Measurement, changed: str) -> list[Any]:
    notes = [f"{what} suspect: {why}" for what, why in record.suspect.items()]
    if changed:
        notes.append(f"stale: {changed}")
    if record.noisy:
        notes.append("the machine was busy while latency was taken")
    return [
        record.network,
        record.strategy,
        record.task,
        record.device,
        _scaled(record.accuracy, 100),
        _scaled(record.size_bytes, 1e-3),
        _scaled(record.file_bytes, 1e-3),
        _scaled(record.latency_s, 1e3),
        _scaled(record.ram_bytes, 1e-3),
        len(record.latencies_s),
        record.source,
        record.source_row,
        "; ".join(notes),
        row,
    ]


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else float(f"{value * factor:.9g}")


def _short(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no infinity; None stands for it."""
    return {k: None if v in (math.inf, -math.inf) else v for k, v in values.items()}
