"""The dataset: append-only JSON lines, one file per device.

A line is one `Measurement`. A line is whole or it does not count: an append is locked, written in
one piece and flushed to disk, and what a crash left of a last line is dropped. A bad line anywhere
else means that somebody edited the file, and is an error.
"""

from __future__ import annotations

import json
import os
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from measurements.errors import DatasetError, UnknownNameError
from measurements.record import SCHEMA_VERSION, Measurement, encode
from measurements.strategy import Strategy
from measurements.subject import DATA

if TYPE_CHECKING:
    import pandas as pd

SUSPECT_QUANTITIES = ("accuracy", "size", "latency", "ram")
"""What a record may mark as suspect."""

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
    lines: defaultdict[Path, list[bytes]] = defaultdict(list)
    for record in records:
        line = encode(record)
        _decode(line, Path(store), 0)
        lines[_file_of(record, Path(store))].append(line)
    for path, content in lines.items():
        _append_lines(path, content)


def merge(sources: Sequence[Path | str], store: Path | str) -> int:
    """Copy what the store does not hold yet from other stores; exact duplicates are dropped.

    Args:
        sources: files and folders to take from.
        store: a .jsonl file or a folder; made when it is not there.

    Returns:
        The number of records added.
    """
    target = Path(store)
    held = {encode(r) for path in _existing(target) for r in _read_file(path)}
    fresh: dict[bytes, Measurement] = {}
    for record in read(*sources):
        line = encode(record)
        if line not in held:
            fresh.setdefault(line, record)
    append(fresh.values(), target)
    return len(fresh)


def to_frame(records: Iterable[Measurement]) -> pd.DataFrame:
    """One row per measurement, in the units of the outside: %, kB (1000 bytes), ms.

    Args:
        records: as `read` gives them.

    Returns:
        Columns `id task network strategy device accuracy_pct size_kb file_kb compressed_kb
        latency_ms ram_kb suspect n_test seed protocol source noisy failure`. Unknown is NaN;
        `suspect` names the quantities not to be believed, joined by blanks, or is empty. Suspect
        values are in the frame: leaving them out is for whoever learns from it.
    """
    import pandas as pd

    rows = list(records)
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
        }
    )


def _scaled(values: Sequence[float | None], factor: float) -> list[float]:
    """Unknown as NaN; rounded to 12 digits so that 0.719 reads as 71.9, not 71.89999999999999."""
    return [float("nan") if v is None else float(f"{v * factor:.12g}") for v in values]


def _read_file(path: Path) -> Iterator[Measurement]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from None
    lines = content.split(b"\n")
    torn = lines.pop()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _decode(line, path, number)
    if torn.strip():
        try:
            yield _decode(torn, path, len(lines) + 1)
        except DatasetError:
            if _is_json(torn):
                raise
            warnings.warn(
                f"{path}: line {len(lines) + 1} is cut off and was dropped",
                TornLineWarning,
                stacklevel=2,
            )


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _decode(line: bytes, path: Path, number: int) -> Measurement:
    try:
        record = _decoder.decode(line)
        if record.schema != SCHEMA_VERSION:
            raise msgspec.ValidationError("unknown schema")
        Strategy.parse(record.strategy)
        if record.suspect and not set(record.suspect) <= set(SUSPECT_QUANTITIES):
            odd = sorted(set(record.suspect) - set(SUSPECT_QUANTITIES))[0]
            raise msgspec.ValidationError(
                f"unknown quantity '{odd}'; known: {', '.join(SUSPECT_QUANTITIES)} - at `$.suspect`"
            )
    except UnknownNameError as error:
        raise DatasetError(f"{path}: line {number}: field 'strategy': {error}") from None
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: line {number}: {_what_is_wrong(line, error)}") from None
    return record


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


def _append_lines(path: Path, lines: Sequence[bytes]) -> None:
    # POSIX only, like everything that writes a store; reading works anywhere.
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _mend_end(file.fileno())
            file.write(b"".join(line + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DatasetError(f"{path}: can't be written: {error.strerror}") from None


def _mend_end(descriptor: int) -> None:
    """Cut off what a crash left of a last line, so that it can't become a bad line in the middle.

    A last line that only lacks its end was written whole, by hand or by another tool: it is ended.
    """
    end = os.lseek(descriptor, 0, os.SEEK_END)
    tail, start = b"", end
    while start > 0 and b"\n" not in tail:
        step = min(65536, start)
        start -= step
        tail = os.pread(descriptor, step, start) + tail
    torn = tail[tail.rfind(b"\n") + 1 :]
    if not torn:
        return
    if _is_json(torn):
        os.write(descriptor, b"\n")
    else:
        os.ftruncate(descriptor, end - len(torn))
