"""Where a training stands, on disk: plain arrays, put in place whole.

A reader sees the last whole checkpoint or none; a file that can't be read counts as none.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measurements.atomic import replacing


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A training after some of its epochs."""

    weights: Sequence[NDArray[Any]]
    """Of the network, in its own order."""
    optimizer: Sequence[NDArray[Any]] = ()
    """The optimizer's variables; none once the training is finished."""
    epoch: int
    """Epochs done."""
    seconds: float
    """That they took."""
    accuracy: float
    """On the watched images, 0 to 1."""
    finished: bool
    """No epoch is left."""


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; on disk when this returns."""
    arrays = {f"w{i:05}": np.asarray(a) for i, a in enumerate(checkpoint.weights)}
    arrays |= {f"o{i:05}": np.asarray(a) for i, a in enumerate(checkpoint.optimizer)}
    facts = {
        key: np.asarray(getattr(checkpoint, key))
        for key in ("epoch", "seconds", "accuracy", "finished")
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays, **facts)  # type: ignore[arg-type]


def load(path: Path) -> Checkpoint | None:
    """Read a checkpoint; None when there is none that can be read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            names = sorted(file.files)
            return Checkpoint(
                weights=[file[n] for n in names if n.startswith("w")],
                optimizer=[file[n] for n in names if n[0] == "o"],
                epoch=int(file["epoch"]),
                seconds=float(file["seconds"]),
                accuracy=float(file["accuracy"]),
                finished=bool(file["finished"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
