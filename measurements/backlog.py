"""What a campaign has still to measure, held against the data as they are now.

A record answers a cell as long as it was taken on the same data. Data are looked at only where they
are at hand and some record was taken on some; shipped tasks whose files are elsewhere are taken to
be what they were.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measurements import plan, tasks
from measurements.device import notes
from measurements.device.fingerprint import Identity
from measurements.plan import DATA_HASH, Cell
from measurements.record import Measurement
from measurements.scope import Campaign, wanted, words_of_tasks
from measurements.tasks import TaskData


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """The cells of a campaign that are left, and what is particular about some."""

    cells: tuple[Cell, ...]
    """To be measured, in that order."""
    costs: tuple[float | None, ...]
    """Seconds that each will take; None: unknown."""
    failed: frozenset[Cell]
    """Those cells of the campaign, left or not, that have failed so far."""
    changed: tuple[str, ...]
    """Tasks whose data are no longer those of some record; its cells are left."""
    stale: Mapping[str, str]
    """Devices that are no longer what some record was taken on -> what has changed; those cells are
    left."""
    data: Mapping[str, TaskData]
    """What was loaded to find out, by name."""

    def remarks(self) -> list[str]:
        """What a user should know before it is measured, a sentence each."""
        lines = [
            f"{task}: its data are others than those of some records; their cells are measured anew"
            for task in self.changed
        ]
        lines += [
            f"{device}: stale cells are measured anew: {change}"
            for device, change in self.stale.items()
        ]
        if given_up := len(self.failed.difference(self.cells)):
            lines.append(f"{given_up} cells failed; --retry-failed measures them again")
        return lines


def left(
    campaign: Campaign, records: Sequence[Measurement], data: Mapping[str, TaskData] | None = None
) -> Backlog:
    """Compare what a campaign wants with what its store holds.

    Args:
        campaign: what is wanted.
        records: what the store holds.
        data: what was loaded already, by name.

    Raises:
        DlmoError: for names that are unknown and data that are bad.
    """
    cells, loaded = wanted(campaign), dict(data or {})
    known: dict[str, set[str]] = {cell.task: set() for cell in cells}
    for record in records:
        if record.task in known and isinstance(was := record.environment.get(DATA_HASH), str):
            known[record.task].add(was)
    for task, word in words_of_tasks(campaign).items():
        if known.get(task) and task not in loaded and _is_at_hand(word, campaign.data_dir):
            loaded[task] = tasks.load(word, campaign.data_dir)
    hashes = {task: loaded[task].hash for task in loaded}
    seen = notes.seen()
    unanswered = plan.missing(cells, records, data=hashes, devices=seen)
    unmeasured = plan.missing(cells, records, data=hashes, devices=seen, retry_failed=True)
    missing = unmeasured if campaign.retry_failed else unanswered
    return Backlog(
        cells=missing,
        costs=tuple(plan.costs(missing, records, data=hashes)),
        failed=frozenset(unmeasured) - frozenset(unanswered),
        changed=_changed(unanswered, plan.missing(cells, records), known, hashes),
        stale=_stale(unanswered, records, seen),
        data=loaded,
    )


def _changed(
    missing: Collection[Cell],
    never: Collection[Cell],
    known: Mapping[str, set[str]],
    hashes: Mapping[str, str],
) -> tuple[str, ...]:
    """Tasks with cells that are missing only because of other data."""
    again = {cell.task for cell in set(missing) - set(never)}
    return tuple(t for t in known if t in again and known[t] - {hashes.get(t, "")})


def _stale(
    missing: Collection[Cell], records: Sequence[Measurement], seen: Mapping[str, Identity]
) -> dict[str, str]:
    """What has changed about devices with cells that are missing only because of it."""
    left = {(c.network, c.strategy, c.task, c.device, c.seed, c.protocol) for c in missing}
    return {
        r.device: changed
        for r in records
        if (r.network, r.strategy, r.task, r.device, r.seed, r.protocol) in left
        and (changed := plan.stale(r, seen))
    }


def _is_at_hand(word: str, data_dir: Path | None) -> bool:
    if word not in tasks.LOADERS:
        return Path(word).exists()
    folder = data_dir or os.environ.get(tasks.DATA_DIR)
    return bool(folder) and (Path(folder or "") / f"{word}.npz").exists()
