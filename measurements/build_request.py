"""What to build, and what was promised of it before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from measurements import tasks
from measurements.device.base import Board
from measurements.own_network import OwnNetwork, check_classes
from measurements.promise import Figure
from measurements.tasks import TaskData
from measurements.timing import Repetition


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What was said of a file when it was made."""

    figures: tuple[Figure, ...]
    """Its figures."""
    protocol: str
    """Name and hash."""
    data_sha256: str | None
    """Of its data; None: unknown."""
    sha256: str | None
    """Of the file; None: unknown."""
    noisy: bool = False
    """The machine was busy while its latency was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to build, and where it is measured."""

    network: str
    """Name."""
    strategy: str
    """Slug."""
    task: str
    """Name of a task, or the path of the user's own data."""
    protocol: str
    """Name of a protocol, or the path of its file."""
    board: Board
    """Where it is scored and timed."""
    cache: Path
    """Checkpoints and made files."""
    seed: int | None = None
    """Of the training; None: the protocol's first."""
    data_dir: Path | None = None
    """Folder of data sets."""
    repetition: Repetition | None = None
    """How often to time; None: as usual."""
    own: OwnNetwork | None = None
    """The network, where it is the user's own."""
    promised: Promised | None = None
    """What to hold it against; None: nothing yet."""

    @property
    def name(self) -> str:
        """Of the candidate, as users write it."""
        return f"{self.network}+{self.strategy}"

    def data(self) -> TaskData:
        """Its task, images as the network takes them.

        Raises:
            DlmoError: when they can't be had, or the network is no classifier of them.
        """
        shape = self.own.facts.input_shape if self.own else tasks.SHAPE
        data = tasks.load(self.task, self.data_dir, shape)
        if self.own:
            check_classes(self.own, data.classes, data.name)
        return data
