"""Other people's tables and benchmark logs as measurements.

The form of a file is recognised from its content. A row is taken whole or refused with its line and
the reason; what was taken is written by the caller, in one append.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measurements import benchmarking, published
from measurements.dataset import check
from measurements.errors import DatasetError, DlmoError
from measurements.mapping import Words
from measurements.origin import Origin, Rows
from measurements.record import Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that was not taken."""

    path: Path
    """The file."""
    line: int
    """Its line there, counted from 1."""
    reason: str
    """Why."""

    def __str__(self) -> str:
        """As compilers print it, so that editors find the line."""
        return f"{self.path}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What files gave."""

    records: tuple[Measurement, ...]
    """Checked, in the order of files and rows."""
    refusals: tuple[Refusal, ...]
    """Rows that were not taken."""


def read_files(paths: Sequence[Path], words: Words, device: str = "", task: str = "") -> Import:
    """Read published tables, the JSON of `litert-benchmark` and the output of `benchmark_model`.

    Args:
        paths: the files.
        words: what their words stand for.
        device: name of the device of rows that name none.
        task: name of the task of benchmarked models that the mapping does not give one.

    Raises:
        DatasetError: for a file that can't be read or is none of the known kinds.
    """
    records: list[Measurement] = []
    refusals: list[Refusal] = []
    for path in paths:
        content = _content(path)
        digest = hashlib.sha256(content).hexdigest()
        origin = Origin(path=path, sha256=digest, words=words, device=device, task=task)
        for line, build in _rows(content, origin):
            where = f"{path}:{line}"
            try:
                records.append(check(build(), where))
            except DlmoError as error:
                reason = str(error).removeprefix(f"{where}: ")
                refusals.append(Refusal(path=path, line=line, reason=reason))
    return Import(records=tuple(records), refusals=tuple(refusals))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from None


def _rows(content: bytes, origin: Origin) -> Rows:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{origin.path}: not text in UTF-8: {error.reason}") from None
    for recognises, rows in KINDS:
        if recognises(text):
            return rows(text, origin)
    raise DatasetError(
        f"{origin.path}: neither a CSV with the columns {', '.join(published.COLUMNS)}, nor the "
        "JSON of litert-benchmark, nor the output of benchmark_model"
    )


KINDS = (
    (benchmarking.is_litert_benchmark, benchmarking.litert_benchmark),
    (benchmarking.is_benchmark_model, benchmarking.benchmark_model),
    (published.is_table, published.rows),
)
"""What recognises a kind of file, and what reads its rows."""
