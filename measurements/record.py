"""One observation: what a network with a strategy scored, weighed and took on a device."""

from __future__ import annotations

import hashlib
import math
import statistics
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

SCHEMA_VERSION = 1
"""Version of the records below. History:

1   first form.

A field that is added with a default keeps the version; anything else raises it, and
`measurements.dataset` keeps reading the old ones.
"""

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A row of the dataset. Unknown is None, or an empty tuple; raw values are kept."""

    schema: int = SCHEMA_VERSION
    """Version of this form."""
    task: Name
    """Name of the `Task`."""
    network: Name
    """Name of the `Network`."""
    strategy: Name
    """Slug of the `Strategy`."""
    device: Name
    """Name of the `Device`."""
    accuracy: Fraction | None = None
    """Share of the test split that the converted model classifies rightly, 0 to 1."""
    n_test: Count | None = None
    """Images that `accuracy` was measured on."""
    n_train: Count | None = None
    """Images trained on."""
    file_bytes: Amount | None = None
    """Bytes of the .tflite as stored."""
    compressed_bytes: Amount | None = None
    """Bytes of it under gzip, level 9."""
    latencies_s: tuple[Amount, ...] = ()
    """Seconds per inference, raw values in the order taken; a published table gives one."""
    single_latencies_s: tuple[Amount, ...] = ()
    """Seconds of single inferences, for p95 and p99, where they were kept."""
    ram_bytes: Amount | None = None
    """Working memory of one inference (the arena of tflite-micro)."""
    seed: int | None = None
    """Seed of the training."""
    protocol: str = ""
    """Name and hash of the training and timing protocol."""
    source: str = ""
    """Who says so: a publication with its table, or this harness with its version."""
    source_row: str = ""
    """The source's own row, where it is a table."""
    suspect: dict[str, str] = field(default_factory=dict)
    """Quantity (`accuracy`, `size`, `latency`, `ram`) -> why its value is not to be believed. Such
    values stay here and out of every fit."""
    noisy: bool = False
    """The machine was busy while latency was taken."""
    failure: str = ""
    """Why nothing could be measured; empty when it could."""
    environment: dict[str, Any] = field(default_factory=dict)
    """Facts of the run: processor, cores, governor, load, versions."""

    @property
    def size_bytes(self) -> float | None:
        """The size that limits are held against: compressed where known, else as stored."""
        return self.file_bytes if self.compressed_bytes is None else self.compressed_bytes

    @property
    def latency_s(self) -> float | None:
        """Median of the raw latencies, seconds."""
        return statistics.median(self.latencies_s) if self.latencies_s else None

    @property
    def untrained(self) -> bool:
        """The weights were random.

        Latency and stored size are those of a trained network, how well it compresses is not quite.
        """
        return self.accuracy is None and self.environment.get("epochs") == 0

    @property
    def id(self) -> str:
        """Hash of the content: the same observation has the same id in every store."""
        return hashlib.sha256(encode(self)).hexdigest()[:16]


class _Series:
    """A field of raw values: reads as a tuple, and takes eight bytes a value once it is packed.

    A tuple takes 32, and raw values are nearly all that a record of the harness holds.
    """

    def __init__(self, slot: Any) -> None:
        self.slot = slot

    def __get__(self, record: Measurement | None, owner: type | None = None) -> Any:
        held = self.slot.__get__(record, owner)
        return _doubles(len(held) // 8).unpack(held) if isinstance(held, bytes) else held

    def __set__(self, record: Measurement, values: Any) -> None:
        self.slot.__set__(record, values)

    def pack(self, record: Measurement) -> None:
        values = self.__get__(record)
        self.slot.__set__(record, _doubles(len(values)).pack(*values))


@lru_cache
def _doubles(count: int) -> struct.Struct:
    return struct.Struct(f"{count}d")


_SERIES = {
    name: _Series(getattr(Measurement, name)) for name in ("latencies_s", "single_latencies_s")
}
for _name, _field in _SERIES.items():
    setattr(Measurement, _name, _field)


def packed(record: Measurement) -> Measurement:
    """The same record, its raw values held packed: for many records at once.

    Args:
        record: one as it reads back from a store, whose raw values are all numbers.
    """
    for series in _SERIES.values():
        series.pack(record)
    return record


_encoder = msgspec.json.Encoder(order="deterministic")


def encode(record: Measurement) -> bytes:
    """The record as one line of JSON, without the line's end; fields at rest are left out.

    The same record gives the same bytes, before it was written and after it was read.

    Raises:
        TypeError, ValueError: for a value that JSON can't hold, NaN and infinity among them.
    """
    content = {name: getattr(record, name) for name in Measurement.__slots__}
    for name in _NUMBERS:
        content[name] = _number(name, content[name])
    for name in _SERIES:
        content[name] = [_number(name, value) for value in content[name]]
    return _encoder.encode({name: value for name, value in content.items() if not _at_rest(value)})


_NUMBERS = ("accuracy", "file_bytes", "compressed_bytes", "ram_bytes")


def _number(name: str, value: float | None) -> float | None:
    """56000 and 56000.0 are one value, and NaN is none: JSON would hold it as null."""
    if value is not None and not math.isfinite(value):
        raise ValueError(f"field '{name}': {value} is not a finite number; unknown is None")
    return None if value is None else float(value)


def _at_rest(value: object) -> bool:
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)
