"""The dataset: append-only JSON lines, one file per device.

A line is one `Measurement`. A line is whole or it does not count: an append is locked, written in
one piece and flushed to disk, and what a crash left of a last line is dropped. A bad line anywhere
else means that somebody edited the file, and is an error.
"""

from __future__ import annotations

import dataclasses
import gc
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from measurements import journal, own_network
from measurements.errors import DatasetError, UnknownNameError
from measurements.record import SCHEMA_VERSION, Measurement, encode, packed
from measurements.strategy import Strategy
from measurements.subject import DATA

if TYPE_CHECKING:
    import pandas as pd

SUSPECT_QUANTITIES = ("accuracy", "size", "latency", "ram")
"""What a record may mark as suspect."""

FACTS = (
    "classes",
    "input",
    "parameters",
    "macs",
    "channels",
    "layers",
    "depthwise_share",
    "searched",
)
"""Facts of a network that a record may bring along, where it is no shipped one; columns of a frame,
units as in `measurements.subject.Network`."""

_IMPORTED = {"params": "parameters"} | {name: name for name in FACTS if name != "parameters"}
"""Facts in the environment of an imported record -> their names."""

_decoder = msgspec.json.Decoder(Measurement)


class TornLineWarning(UserWarning):
    """The last line of a file is cut off; it was dropped."""


def files(paths: Sequence[Path | str] = ()) -> tuple[Path, ...]:
    """The .jsonl files that the paths stand for, sorted within each folder.

    Args:
        paths: folders of .jsonl files, or files; none means the shipped data.

    Raises:
        DatasetError: for a path that is not there, or a folder without a .jsonl file.
    """
    found: list[Path] = []
    for path in [Path(p) for p in paths] or [DATA]:
        if path.is_dir():
            inside = sorted(path.glob("*.jsonl"))
            if not inside:
                raise DatasetError(f"{path}: no .jsonl file in this folder")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise DatasetError(f"{path}: no such file or folder")
    return tuple(found)


def read(*paths: Path | str) -> list[Measurement]:
    """All measurements of the given files and folders, in the order of files and lines.

    Args:
        paths: folders of .jsonl files, or files; none means the shipped data.

    Raises:
        DatasetError: naming file, line and field of the first thing that is wrong, also when
            there is no record at all.
    """
    with _no_cycles():
        records = [record for path in files(paths) for record in _read_file(path)]
    if not records:
        names = ", ".join(str(path) for path in files(paths))
        raise DatasetError(f"{names}: no measurement in it")
    return records


def append(records: Iterable[Measurement], store: Path | str) -> None:
    """Add records to a store, safely beside other processes; on disk when this returns.

    Args:
        records: what to add.
        store: a .jsonl file, or a folder that gets one file per device.

    Raises:
        DatasetError: when the store can't be written, or a record is not a valid one.
    """
    for path, lines in _lines_by_file(records, Path(store)).items():
        _write(path, lines, fresh=False)


def merge(sources: Sequence[Path | str], store: Path | str) -> int:
    """Copy what the store does not hold yet from other stores; see `add`.

    Args:
        sources: files and folders to take from.
        store: a .jsonl file or a folder; made when it is not there.

    Returns:
        The number of records added.

    Raises:
        DatasetError: when something can't be read or written.
    """
    return add(read(*sources), store) if sources else 0


def add(records: Iterable[Measurement], store: Path | str) -> int:
    """Append those records that the store does not hold yet; exact duplicates are dropped.

    Safe beside other processes that append or add: what they add meanwhile counts as held.

    Args:
        records: what to add.
        store: a .jsonl file or a folder; made when it is not there.

    Returns:
        The number of records added.

    Raises:
        DatasetError: when the store can't be read or written, or a record is not a valid one.
    """
    fresh = _lines_by_file(records, Path(store))
    elsewhere = [path for path in _existing(Path(store)) if path not in fresh]
    held = {encode(record) for path in elsewhere for record in _read_file(path)}
    return sum(
        _write(path, [line for line in dict.fromkeys(lines) if line not in held], fresh=True)
        for path, lines in fresh.items()
    )


def check(record: Measurement, where: str) -> Measurement:
    """The record as it reads back from a store.

    Args:
        record: anything that was built.
        where: where it comes from, for the error.

    Raises:
        DatasetError: when no store would take it.
    """
    try:
        line = encode(record)
    except (TypeError, ValueError) as error:
        raise DatasetError(f"{where}: {error}") from None
    return _decode(line, where)


def to_frame(records: Iterable[Measurement]) -> pd.DataFrame:
    """One row per measurement, in the units of the outside: %, kB (1000 bytes), ms.

    Args:
        records: as `read` gives them.

    Returns:
        Columns `id task network strategy device accuracy_pct size_kb file_kb compressed_kb
        latency_ms ram_kb suspect n_test seed protocol source noisy failure untrained`, and those
        of `FACTS` that any record brings. Unknown is NaN; `suspect` names the quantities not to be
        believed, joined by blanks, or is empty. Suspect values are in the frame: leaving them out
        is for whoever learns from it.
    """
    import pandas as pd

    rows = list(records)
    facts = [_facts(r) for r in rows]
    brought = [name for name in FACTS if any(name in row for row in facts)]
    return pd.DataFrame(
        {
            "id": [r.id for r in rows],
            "task": [r.task for r in rows],
            "network": [r.network for r in rows],
            "strategy": [r.strategy for r in rows],
            "device": [r.device for r in rows],
            "accuracy_pct": _scaled([r.accuracy for r in rows], 100),
            "size_kb": _scaled([r.size_bytes for r in rows], 1e-3),
            "file_kb": _scaled([r.file_bytes for r in rows], 1e-3),
            "compressed_kb": _scaled([r.compressed_bytes for r in rows], 1e-3),
            "latency_ms": _scaled([r.latency_s for r in rows], 1e3),
            "ram_kb": _scaled([r.ram_bytes for r in rows], 1e-3),
            "suspect": [" ".join(q for q in SUSPECT_QUANTITIES if q in r.suspect) for r in rows],
            "n_test": _scaled([r.n_test for r in rows], 1),
            "seed": _scaled([r.seed for r in rows], 1),
            "protocol": [r.protocol for r in rows],
            "source": [r.source for r in rows],
            "noisy": [r.noisy for r in rows],
            "failure": [r.failure for r in rows],
            "untrained": [r.untrained for r in rows],
            **{name: [row.get(name, float("nan")) for row in facts] for name in brought},
        }
    )


def _facts(record: Measurement) -> dict[str, float]:
    """Those of `FACTS` that a record tells: its own network's graph, or the table it is from."""
    environment = record.environment
    if found := own_network.of_record(environment):
        own, outputs = found
        return own.counts(outputs)
    told = {name: environment.get(key) for key, name in _IMPORTED.items()}
    return {name: float(value) for name, value in told.items() if isinstance(value, int | float)}


def _scaled(values: Sequence[float | None], factor: float) -> list[float]:
    """Unknown as NaN; rounded to 12 digits so that 0.719 reads as 71.9, not 71.89999999999999."""
    return [float("nan") if v is None else float(f"{v * factor:.12g}") for v in values]


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Records form no cycles; looking for some again and again takes a third of the time."""
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looking:
            gc.enable()


def _read_file(path: Path) -> Iterator[Measurement]:
    try:
        for number, line in journal.lines(path):
            if line.isspace():
                continue
            if line.endswith(b"\n") or journal.is_whole(line):
                yield packed(_decode(line, path, number))
            else:
                warnings.warn(
                    f"{path}: line {number} is cut off and was dropped",
                    TornLineWarning,
                    stacklevel=2,
                )
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from None


def _decode(line: bytes, path: Path | str, number: int = 0) -> Measurement:
    try:
        record = _decoder.decode(line)
        if record.schema != SCHEMA_VERSION:
            raise msgspec.ValidationError("unknown schema")
        slug = Strategy.parse(record.strategy).slug
        if record.suspect and not set(record.suspect) <= set(SUSPECT_QUANTITIES):
            odd = sorted(set(record.suspect) - set(SUSPECT_QUANTITIES))[0]
            raise msgspec.ValidationError(
                f"unknown quantity '{odd}'; known: {', '.join(SUSPECT_QUANTITIES)} - at `$.suspect`"
            )
    except UnknownNameError as error:
        raise DatasetError(f"{_place(path, number)}: field 'strategy': {error}") from None
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise DatasetError(f"{_place(path, number)}: {_what_is_wrong(line, error)}") from None
    # A hand-written `PRQ` and `prn+blq` are the same strategy, and must have the same id.
    return record if record.strategy == slug else dataclasses.replace(record, strategy=slug)


def _place(path: Path | str, number: int) -> str:
    return f"{path}: line {number}" if number else f"{path}"


def _what_is_wrong(line: bytes, error: Exception) -> str:
    """In our words: msgspec says `Expected `float`, got `str` - at `$.accuracy``."""
    try:
        version: Any = msgspec.json.decode(line)["schema"]
    except Exception:  # not an object, or without a version: the first message is the better one
        version = SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        return (
            f"field 'schema': version {version!r} is not known here; this release reads "
            f"version {SCHEMA_VERSION}"
        )
    message, _, where = str(error).partition(" - at `$")
    place = where.strip("`.").removeprefix(".")
    return f"field '{place}': {message}" if place else message


def _existing(store: Path) -> list[Path]:
    if store.is_dir():
        return sorted(store.glob("*.jsonl"))
    return [store] if store.exists() else []


def _file_of(record: Measurement, store: Path) -> Path:
    if store.suffix == ".jsonl" and not store.is_dir():
        return store
    return store / f"{quote(record.device, safe=' +@')}.jsonl"


def _lines_by_file(records: Iterable[Measurement], store: Path) -> Mapping[Path, list[bytes]]:
    """Check every record before anything is written."""
    lines: defaultdict[Path, list[bytes]] = defaultdict(list)
    for record in records:
        checked = check(record, f"{store}: {record.network} {record.strategy} {record.device}")
        lines[_file_of(checked, store)].append(encode(checked))
    return lines


def _write(path: Path, lines: Sequence[bytes], *, fresh: bool) -> int:
    def canonical(line: bytes) -> bytes:
        return encode(_decode(line, path))

    try:
        return journal.append(path, lines, canonical if fresh else None)
    except OSError as error:
        raise DatasetError(f"{path}: can't be written: {error.strerror}") from None
