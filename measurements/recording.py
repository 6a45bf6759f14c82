"""A cell, its file and what a board said about it -> the record."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

from measurements import plan
from measurements.device.arena import arena_bytes
from measurements.device.base import Observation
from measurements.environment import installed
from measurements.own_network import FACTS, OUTPUTS, OwnNetwork
from measurements.plan import Cell
from measurements.production import Made, sha256
from measurements.record import Measurement
from measurements.tasks import TaskData

SINGLES_KEPT = 200
"""Single latencies that a record keeps, evenly picked: enough for p99, and no megabytes."""

DIGITS = 5
"""Significant digits of a latency: far below what two runs differ by, and half the bytes."""


def record(
    cell: Cell,
    made: Made,
    seen: Observation,
    data: TaskData,
    seconds: float,
    own: OwnNetwork | None = None,
) -> Measurement:
    """Put together what is known about a finished cell.

    Args:
        cell: what was to be measured.
        made: its file, or why there is none.
        seen: what the board said, or why it could not.
        data: what it was trained and scored on.
        seconds: what scoring and timing took.
        own: the network, where it is the user's own: its facts go with the record.
    """
    model = Path(made.path) if made.path else None
    content = model.read_bytes() if model else None
    return Measurement(
        task=cell.task,
        network=cell.network,
        strategy=cell.strategy,
        device=cell.device,
        seed=cell.seed,
        protocol=cell.protocol,
        source=f"dlmo-measure {installed('dlmo-advisor') or 'from its source'}",
        accuracy=seen.accuracy,
        n_test=seen.n_test,
        n_train=len(data.y_train),
        file_bytes=len(content) if content else None,
        compressed_bytes=len(gzip.compress(content, 9, mtime=0)) if content else None,
        latencies_s=_rounded(seen.latencies_s),
        single_latencies_s=_rounded(_thinned(seen.single_latencies_s)),
        ram_bytes=arena_bytes(model) if model and not seen.failure else None,
        noisy=seen.noisy,
        failure=seen.failure,
        environment={
            **seen.environment,
            plan.TRAIN_SECONDS: round(made.train_seconds, 3),
            plan.MEASURE_SECONDS: round(seconds, 3),
            "epochs": made.epochs,
            **({"note": made.note} if made.note else {}),
            plan.DATA_HASH: data.hash,
            **({FACTS: own.to_dict() | {OUTPUTS: data.classes}} if own else {}),
            "file_sha256": sha256(model) if model else None,
        },
    )


def _thinned(values: Sequence[float]) -> tuple[float, ...]:
    step = max(1, len(values) // SINGLES_KEPT)
    return tuple(values[::step][:SINGLES_KEPT])


def _rounded(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(f"{value:.{DIGITS}g}") for value in values)
