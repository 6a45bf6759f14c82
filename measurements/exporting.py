"""The dataset as a file for other tools."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from measurements.dataset import to_frame
from measurements.errors import DatasetError, UnknownNameError, known
from measurements.record import Measurement
from measurements.timing import median_interval, percentile

if TYPE_CHECKING:
    import pandas as pd


SPREAD = ("latency_low_ms", "latency_high_ms", "latency_p95_ms", "latency_p99_ms")
"""Columns beside the median: its 95 % bootstrap interval, and percentiles of single inferences."""


def frame_of(records: Sequence[Measurement]) -> pd.DataFrame:
    """One row per measurement: the columns of `measurements.to_frame`, and `SPREAD` in ms.

    Args:
        records: as `measurements.read` gives them.

    Returns:
        The frame; NaN where the raw values that a column is derived from are not known.
    """
    frame = to_frame(records)
    spread, place = [_spread_ms(record) for record in records], list(frame).index("latency_ms") + 1
    for shift, name in enumerate(SPREAD):
        frame.insert(place + shift, name, [row[shift] for row in spread])
    return frame


def _spread_ms(record: Measurement) -> tuple[float, ...]:
    low = high = p95 = p99 = math.nan
    if len(record.latencies_s) > 1:  # a published table gives one value, of unknown spread
        low, high = median_interval(record.latencies_s)
    if record.single_latencies_s:
        p95, p99 = (percentile(record.single_latencies_s, share) for share in (0.95, 0.99))
    return tuple(float(f"{seconds * 1e3:.12g}") for seconds in (low, high, p95, p99))


def export(frame: pd.DataFrame, form: str, path: Path) -> None:
    """Write a frame; what stood in the file before is replaced only when all is written.

    Args:
        frame: as `frame_of` gives it.
        form: one of `FORMATS`.
        path: the file to write.

    Raises:
        UnknownNameError: for an unknown format.
        DatasetError: when the file can't be written, or Parquet's library is not installed.
    """
    if form not in FORMATS:
        raise UnknownNameError(f"unknown format '{form}'{known(form, FORMATS)}")
    if path.is_dir():
        raise DatasetError(f"{path}: a folder; give the name of a file")
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        FORMATS[form](frame, part)
        part.replace(path)
    except OSError as error:
        raise DatasetError(f"{path}: can't be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)


def _csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    try:
        frame.to_parquet(path, engine="pyarrow", index=False)
    except ImportError:
        raise DatasetError(
            "Parquet needs pyarrow: pip install 'dlmo-advisor[parquet]', or take --format csv"
        ) from None


FORMATS: dict[str, Callable[[pd.DataFrame, Path], None]] = {"csv": _csv, "parquet": _parquet}
"""Name of a format -> what writes it."""
