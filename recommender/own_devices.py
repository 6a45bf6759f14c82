"""What the user's file of devices says about a device: limits of its memory, and stale records.

Where there is no such file nothing is read, and nothing costs time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from measurements.device import notes
from recommender.constraints import Constraints


def stale(device: str, paths: Sequence[Path | str]) -> Mapping[str, str]:
    """The records that were taken when a device was another one.

    Args:
        device: its name.
        paths: where the records are, as `recommender.advisor.records` takes them.

    Returns:
        Id of a record -> what has changed since.

    Raises:
        DlmoError: for notes or records that can't be read.
    """
    seen = notes.seen()
    if device not in seen:
        return {}
    from measurements.plan import stale as changed_since
    from recommender.advisor import records

    rows = [record for record in records(paths) if record.device == device]
    return {row.id: changed for row in rows if (changed := changed_since(row, seen))}


def limited(
    device: str | None, constraints: Constraints, size_kind: str
) -> tuple[Constraints, str, list[str]]:
    """A question with the limits of the device's memory, where it names none of its own.

    Args:
        device: its name.
        constraints: as asked.
        size_kind: what a limit on size bounds, as asked.

    Returns:
        Limits, what the one on size bounds, and what was added, in words. Flash holds the file as
        it is stored.

    Raises:
        DeviceError: for a file that can't be read.
    """
    if device is None or not notes.path().exists():
        return constraints, size_kind, []
    from measurements.device.inventory import entries

    entry, added = entries().get(device), []
    if entry and entry.ram_kb is not None and constraints.max_ram_kb is None:
        constraints = replace(constraints, max_ram_kb=entry.ram_kb)
        added.append(f"memory of {device}: {entry.ram_kb:g} kB")
    if entry and entry.flash_kb is not None and constraints.max_size_kb is None:
        constraints, size_kind = replace(constraints, max_size_kb=entry.flash_kb), "file"
        added.append(f"flash of {device}: {entry.flash_kb:g} kB for the stored file")
    return constraints, size_kind, added
