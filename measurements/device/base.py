"""What a board is asked, and what is made of its answers: the same for a local and a remote one.

A board only has to run the worker on a job and hand on its answers (`Board.answers`). Latencies are
taken by `measurements.device.latency`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from measurements.child import Answer, ChildError
from measurements.environment import PACKAGES
from measurements.errors import DeviceError
from measurements.subject import Device
from measurements.timing import Repetition

MEMORY_BYTES = 4_000_000_000
"""Address space of the worker; the runtime itself takes about 0.2 GB of it."""

_WORKER = ("answer.py", "environment.py", "timing.py", "device/worker.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker is to do. Paths are on the machine that asks."""

    models: tuple[Path, ...] = ()
    """The .tflite files; none: only what the board is."""
    images: Path | None = None
    """.npy of the images to classify, `(n, rows, columns, channels)`; None: don't."""
    labels: Path | None = None
    """.npy of their classes, `(n,)`."""
    repetition: Repetition | None = None
    """How often to time; None: don't."""


class Board(Protocol):
    """Something that runs .tflite files with certain kernels and threads."""

    @property
    def name(self) -> str:
        """As in records, `x86_64-xnnpack-1t`."""

    @property
    def kernels(self) -> str:
        """`xnnpack`, `builtin` or `reference`."""

    @property
    def threads(self) -> int:
        """Threads of one inference."""

    @property
    def host(self) -> str:
        """The machine that scores; the same one for its other kernels and threads."""

    @property
    def device(self) -> Device:
        """Its facts, as far as they are known without asking it."""

    def answers(self, job: Job) -> Iterator[Answer]:
        """Run the worker on a job; its answers as they come.

        Raises:
            ChildError: when the worker crashes, hangs or gives up, or was interrupted too often.
            DeviceError: when the board can't be reached, or can't run the worker.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a board said about one model. Unknown is None, or an empty tuple."""

    accuracy: float | None = None
    """Share of the images classified rightly, 0 to 1."""
    n_test: int | None = None
    """Number of images."""
    latencies_s: tuple[float, ...] = ()
    """Seconds per inference, raw values in the order taken."""
    single_latencies_s: tuple[float, ...] = ()
    """Seconds of single inferences, for p95 and p99."""
    noisy: bool = False
    """The machine was busy or drifted in every take."""
    failure: str = ""
    """Why it could not be scored or timed; empty when it could."""
    environment: dict[str, Any] = field(default_factory=dict)
    """Facts of the run."""


def check(board: Board) -> dict[str, Any]:
    """Ask a board what it is.

    Returns:
        Its facts, as `environment.facts` gives them.

    Raises:
        DeviceError: when it can't be reached, or can't run models.
    """
    try:
        said = [answer for answer in board.answers(Job()) if "facts" in answer]
    except ChildError as error:
        raise DeviceError(f"{board.name}: {error}") from None
    facts: dict[str, Any] = said[-1]["facts"]
    if missing := [name for name, version in facts["versions"].items() if version is None]:
        raise DeviceError(
            f"{board.name}: not installed there: {', '.join(missing)}; its Python needs "
            f"{' and '.join(PACKAGES)}"
        )
    return facts


def score(board: Board, model: Path, images: NDArray[Any], labels: NDArray[Any]) -> Observation:
    """Classify images on a board; a crash is the observation's failure.

    Args:
        board: where.
        model: the .tflite.
        images: `(n, rows, columns, channels)`, bytes for 0 to 1 or floats as the network takes
            them.
        labels: `(n,)` classes.
    """
    with _in_memory(images) as image_file, _in_memory(labels) as label_file:
        job = Job(models=(model,), images=image_file, labels=label_file)
        try:
            said = [answer for answer in board.answers(job) if "scored" in answer][-1]
        except ChildError as error:
            return Observation(failure=str(error))
    return Observation(accuracy=said["right"] / said["of"], n_test=said["of"])


def worker_files() -> dict[str, bytes]:
    """What a board needs to run `python -m measurements.device.worker`: a folder of six files.

    Returns:
        Path inside the folder -> content.
    """
    package = files("measurements")
    content = {f"measurements/{name}": package.joinpath(name).read_bytes() for name in _WORKER}
    # The packages' own __init__ would import what a board does not have.
    return content | {"measurements/__init__.py": b"", "measurements/device/__init__.py": b""}


def request(board: Board, job: Job) -> dict[str, Any]:
    """A job in the worker's words, in plain JSON values."""
    return {
        "models": [str(path) for path in job.models],
        "images": str(job.images) if job.images else None,
        "labels": str(job.labels) if job.labels else None,
        "repetition": asdict(job.repetition) if job.repetition else None,
        "kernels": board.kernels,
        "threads": board.threads,
        "memory_bytes": MEMORY_BYTES,
    }


@contextmanager
def _in_memory(array: NDArray[Any]) -> Iterator[Path]:
    """The array as a .npy file that other processes can read and no crash can leave behind."""
    descriptor = os.memfd_create("array")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            np.save(file, array, allow_pickle=False)
        yield Path(f"/proc/{os.getpid()}/fd/{descriptor}")
    finally:
        os.close(descriptor)
