"""The dataset as a file for other tools."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from measurements.errors import DatasetError, UnknownNameError, known

if TYPE_CHECKING:
    import pandas as pd


def export(frame: pd.DataFrame, form: str, path: Path) -> None:
    """Write a frame; what stood in the file before is replaced only when all is written.

    Args:
        frame: as `measurements.to_frame` gives it.
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
