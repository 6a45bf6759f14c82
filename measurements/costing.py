"""What a single measurement would cost: its own trainings, and all that they start from.

Where records show what things took, those figures count (`measurements.plan`); where nobody
recorded any, the assumptions below do, so that what is dear stays dearer than what is cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from measurements.plan import MEASURE_SECONDS, TRAIN_SECONDS, Cell, Costs
from measurements.record import Measurement
from measurements.scope import TEACHER
from measurements.strategy import Strategy
from measurements.subject import networks, tasks

IMAGE_SECONDS, MAC_SECONDS = 1e-3, 1e-10
"""Assumed of one training step, for each image: benchmarks/training_speed.py on two cores."""
EPOCHS = 12.0
"""Assumed of a float training, and of a distillation."""
SHARES = {"float": 1.0, "kd": 1.0, "prn": 1 / 3, "qat": 1 / 6}
"""Assumed of each kind of training, in float trainings."""
IMAGES = 50_000
"""Assumed of a task that nobody has facts of."""
HANDLING_SECONDS = 20.0
"""Assumed of converting, quantizing, scoring and timing one file."""


def each_alone(cells: Sequence[Cell], records: Iterable[Measurement]) -> list[float]:
    """What each cell would take if it was the next one to be measured.

    Args:
        cells: what could be measured.
        records: what was measured so far, on any task and device. A training counts as done when a
            record of the same network, task, seed and protocol needed it.

    Returns:
        Seconds per cell.
    """
    rows = list(records)
    training = Costs(rows, TRAIN_SECONDS, ("strategy", "task", "protocol"))
    measuring = Costs(rows, MEASURE_SECONDS, ("strategy", "device", "task"))
    done = {trunk for row in rows if not row.failure for trunk in _trainings(_cell_of(row))}
    result = []
    for cell in cells:
        seconds = 0.0
        for trunk in _trainings(cell):
            if trunk not in done:
                found = training.of(trunk)
                seconds += _assumed(trunk) if found is None else found
        measured = measuring.of(cell)
        result.append(seconds + (HANDLING_SECONDS if measured is None else measured))
    return result


def _trainings(cell: Cell) -> list[Cell]:
    """The trainings that a cell rests on, as the cells that are nothing but that training."""
    strategy = Strategy.parse(cell.strategy)
    start = "kd" if strategy.distilled else ""
    chain = [start or "nq"]
    if strategy.pruned:
        chain.append(replace(strategy, quantizer=None).slug)
    if strategy.quantizer == "qat":
        chain.append(strategy.slug)
    own = [replace(cell, strategy=slug, device="") for slug in chain]
    if strategy.distilled:
        own.insert(0, replace(cell, network=TEACHER, strategy="nq", device=""))
    return own


def _cell_of(row: Measurement) -> Cell:
    return Cell(
        network=row.network,
        strategy=row.strategy,
        task=row.task,
        device=row.device,
        seed=0 if row.seed is None else row.seed,
        protocol=row.protocol,
    )


def _assumed(trunk: Cell) -> float:
    facts, task = networks().get(trunk.network), tasks().get(trunk.task)
    macs = facts.backbone_macs if facts else 0
    images = task.train_examples if task else IMAGES
    strategy = Strategy.parse(trunk.strategy)
    kind = "float"
    if strategy.quantizer == "qat":
        kind = "qat"
    elif strategy.pruned:
        kind = "prn"
    elif strategy.distilled:
        kind = "kd"
    return SHARES[kind] * EPOCHS * images * (IMAGE_SECONDS + MAC_SECONDS * macs)
