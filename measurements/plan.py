"""Which cells are still to be measured, and what they will cost."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import MappingProxyType

from measurements.dataset import read
from measurements.device.fingerprint import Identity, change, identity
from measurements.record import Measurement
from measurements.strategy import Strategy
from measurements.subject import networks as shipped_networks

TRAIN_SECONDS, MEASURE_SECONDS = "train_seconds", "measure_seconds"
"""Where a record's environment keeps what it cost."""

DATA_HASH = "data_sha256"
"""Where a record's environment keeps the hash of the data that it was taken on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One measurement to take."""

    network: str
    """Name of the network."""
    strategy: str
    """Slug of the strategy."""
    task: str
    """Name of the task."""
    device: str
    """Name of the device."""
    seed: int
    """Seed of the training."""
    protocol: str
    """Name and hash of the protocol, as in records."""

    @property
    def product(self) -> tuple[str, str, str, int, str]:
        """What has to be made for it once, whatever the number of devices."""
        return (self.network, self.strategy, self.task, self.seed, self.protocol)


def cells(
    *,
    runs: Iterable[tuple[str, int]],
    strategies: Iterable[Strategy],
    tasks: Iterable[str],
    devices: Iterable[str],
    protocol: str,
) -> tuple[Cell, ...]:
    """Every combination, each once, in the order in which they are measured.

    What shares a training (task, network, seed) stays together.

    Args:
        runs: networks, each with a seed.
        strategies: what is done to them.
        tasks: names.
        devices: names.
        protocol: name and hash.
    """
    slugs = [strategy.slug for strategy in strategies]
    every = product(tasks, runs, devices, slugs)
    return tuple(
        dict.fromkeys(
            Cell(network=n, strategy=s, task=t, device=d, seed=seed, protocol=protocol)
            for t, (n, seed), d, s in every
        )
    )


def held(store: Path) -> list[Measurement]:
    """What a store holds already: nothing when it is not there, or holds no whole line yet.

    Raises:
        DatasetError: for a line that is wrong.
    """
    paths = sorted(store.glob("*.jsonl")) if store.is_dir() else [store]
    begun = [path for path in paths if path.exists() and b"\n" in path.read_bytes()]
    return read(*begun) if begun else []


def missing(
    wanted: Sequence[Cell],
    records: Iterable[Measurement],
    *,
    data: Mapping[str, str] = MappingProxyType({}),
    devices: Mapping[str, Identity] = MappingProxyType({}),
    retry_failed: bool = False,
) -> tuple[Cell, ...]:
    """The cells that no record answers yet.

    Args:
        wanted: the cells.
        records: what was measured so far.
        data: task -> hash of its data as they are now, where that is known; a record that was
            taken on others is no answer.
        devices: device -> what it is now, where that is known; a record that was taken when it was
            another is none either.
        retry_failed: nor is a recorded failure.
    """
    answered = {
        (r.network, r.strategy, r.task, r.device, r.seed, r.protocol)
        for r in records
        if _is_of(data, r) and not stale(r, devices) and not (retry_failed and r.failure)
    }
    return tuple(
        cell
        for cell in wanted
        if (cell.network, cell.strategy, cell.task, cell.device, cell.seed, cell.protocol)
        not in answered
    )


def stale(record: Measurement, devices: Mapping[str, Identity]) -> str:
    """What has changed about a record's device since; empty when nothing is known to have."""
    now = devices.get(record.device)
    return change(identity(record.environment), now) if now else ""


def _is_of(data: Mapping[str, str], record: Measurement) -> bool:
    """Whether a record was taken on the data as they are now, as far as both are known."""
    then, now = record.environment.get(DATA_HASH), data.get(record.task)
    return then is None or now is None or then == now


def costs(
    wanted: Sequence[Cell],
    records: Iterable[Measurement],
    *,
    data: Mapping[str, str] = MappingProxyType({}),
) -> list[float | None]:
    """What each cell will take, from what the recorded ones took.

    A training counts for the first cell that needs it, and for none when a record shows that it
    was done. Where a network was not trained yet, the others' seconds per multiply-accumulate
    stand in.

    Args:
        wanted: the cells, in the order in which they are measured.
        records: what was measured so far, on any task and device.
        data: as in `missing`; what was trained on others has to be trained anew.

    Returns:
        Seconds per cell; None where no record says anything about it.
    """
    rows = list(records)
    training = Costs(rows, TRAIN_SECONDS, ("strategy", "task", "protocol"))
    measuring = Costs(rows, MEASURE_SECONDS, ("strategy", "device", "task"))
    made = {
        (r.network, r.strategy, r.task, r.seed, r.protocol)
        for r in rows
        if _is_of(data, r) and not (r.failure and not r.environment.get(TRAIN_SECONDS))
    }
    result: list[float | None] = []
    for cell in wanted:
        train = 0.0 if cell.product in made else training.of(cell)
        measure = measuring.of(cell)
        made.add(cell.product)
        result.append(None if train is None or measure is None else train + measure)
    return result


class Costs:
    """Recorded seconds of one kind, by network where known, else per multiply-accumulate."""

    def __init__(self, rows: Sequence[Measurement], kind: str, alike: tuple[str, ...]) -> None:
        self._alike = alike
        own: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
        per_mac: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)
        for row in rows:
            seconds = row.environment.get(kind)
            if isinstance(seconds, int | float) and not row.failure:
                key = self._key(row)
                own[row.network, *key].append(seconds)
                if macs := _macs(row.network):
                    per_mac[key].append(seconds / macs)
        self._own, self._per_mac = _medians(own), _medians(per_mac)

    def of(self, cell: Cell) -> float | None:
        """Seconds that the cell will take; None when nothing is known."""
        key = self._key(cell)
        if (cell.network, *key) in self._own:
            return self._own[cell.network, *key]
        macs = _macs(cell.network)
        return self._per_mac[key] * macs if macs and key in self._per_mac else None

    def _key(self, of: Measurement | Cell) -> tuple[str, ...]:
        return tuple(str(getattr(of, name)) for name in self._alike)


def _macs(network: str) -> int | None:
    facts = shipped_networks().get(network)
    return facts.backbone_macs if facts else None


def _medians(
    values: Mapping[tuple[str, ...], Sequence[float]],
) -> dict[tuple[str, ...], float]:
    return {key: statistics.median(found) for key, found in values.items()}
