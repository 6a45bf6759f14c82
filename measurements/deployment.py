"""From a decision to the file: build one network with one strategy, and verify what was built.

A build is a folder: the .tflite, `labels.txt`, its protocol, the card that says what it promises,
and the C array where it was asked for. It is put in place whole.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from measurements import c_array, model_card, promise, protocol, recording, tasks
from measurements.device import base, boards
from measurements.device.base import Board, Observation
from measurements.embedding import embedded
from measurements.errors import HarnessError
from measurements.model_card import Card
from measurements.plan import Cell
from measurements.production import Made, Order, Progress, produce, sha256
from measurements.promise import Figure, Outcome
from measurements.record import Measurement
from measurements.tasks import TaskData
from measurements.timing import Repetition

TAKES = 3
"""Sessions that latency is promised from: each a worker process of its own."""

LABELS, PROTOCOL = "labels.txt", "protocol.toml"
"""Names in the folder of a build."""

Watch = Callable[[str], None]


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
    promised: Promised | None = None
    """What to hold it against; None: nothing yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A build, built and measured again."""

    outcomes: tuple[Outcome, ...]
    """One per promised figure."""
    same_bytes: bool | None
    """The file came out as it was; None: it is not known how it was."""
    noisy: bool
    """The machine was busy while it was timed."""

    @property
    def holds(self) -> bool:
        """Whether every figure is within its interval."""
        return all(outcome.holds for outcome in self.outcomes)


def build(
    request: Request, folder: Path, *, c_files: bool = False, watch: Watch = lambda _: None
) -> Card:
    """Train or take cached weights, optimize, convert, measure, and write the folder.

    Args:
        request: what.
        folder: made by this; an earlier build there is replaced.
        c_files: write the C array too.
        watch: told how it goes.

    Returns:
        The card, as it lies in the folder.

    Raises:
        HarnessError: when it can't be made or measured, or something else is in the folder.
    """
    _check_free(folder)
    data = tasks.load(request.task, request.data_dir)
    if odd := [name for name in data.class_names if "\n" in name or "\r" in name]:
        raise HarnessError(f"{data.name}: class name {odd[0]!r} has a line break in it")
    made, takes = _made_and_measured(request, data, watch)
    card = _card(request, data, made, takes)
    content = Path(made.path or "").read_bytes()
    with _replacing(folder) as fresh:
        (fresh / card.file).write_bytes(content)
        (fresh / LABELS).write_text("".join(f"{n}\n" for n in data.class_names), encoding="utf-8")
        shutil.copyfile(protocol.path_of(request.protocol), fresh / PROTOCOL)
        (fresh / model_card.JSON).write_text(model_card.to_json(card), encoding="utf-8")
        (fresh / model_card.MARKDOWN).write_text(model_card.to_markdown(card), encoding="utf-8")
        if c_files:
            name = Path(card.file).stem
            symbol, inside = c_array.identifier(name), embedded(content)
            (fresh / f"{symbol}.h").write_text(c_array.header(name, inside), encoding="ascii")
            (fresh / f"{symbol}.cc").write_text(c_array.source(name, inside), encoding="ascii")
    return card


def request_of(
    folder: Path, cache: Path, data_dir: Path | None = None, device: str | None = None
) -> Request:
    """How to make again what lies in a folder.

    Args:
        folder: of the build.
        cache: checkpoints and made files; an empty folder, and all is made anew.
        data_dir: folder of data sets.
        device: where to measure; None: where it was promised for.

    Raises:
        HarnessError: when the folder is no build, or its file not the one that the card describes.
    """
    card = model_card.read(folder)
    model = folder / card.file
    if not model.is_file() or sha256(model) != card.sha256:
        raise HarnessError(f"{model}: not the file that its card describes")
    return Request(
        network=card.network,
        strategy=card.strategy,
        task=card.task,
        protocol=str(folder / PROTOCOL),
        board=boards.board(device or card.device),
        cache=cache,
        seed=card.seed,
        data_dir=data_dir,
        promised=Promised(
            figures=card.figures,
            protocol=card.protocol,
            data_sha256=card.data_sha256,
            sha256=card.sha256,
        ),
    )


def request_of_record(
    record: Measurement, cache: Path, data_dir: Path | None = None, device: str | None = None
) -> Request:
    """How to make again what a record is of; as `request_of`.

    Raises:
        HarnessError: when the record is a failure.
    """
    if record.failure:
        raise HarnessError(f"record {record.id} is a failure: {record.failure}")
    return Request(
        network=record.network,
        strategy=record.strategy,
        task=record.task,
        protocol=record.protocol.partition("@")[0],
        board=boards.board(device or record.device),
        cache=cache,
        seed=record.seed,
        data_dir=data_dir,
        promised=Promised(
            figures=promise.promised([record]),
            protocol=record.protocol,
            data_sha256=record.environment.get("data_sha256"),
            sha256=record.environment.get("file_sha256"),
        ),
    )


def verify(request: Request, watch: Watch = lambda _: None) -> Verdict:
    """Build again, measure again, and compare with what was promised.

    Args:
        request: as `request_of` or `request_of_record` gives it.
        watch: told how it goes.

    Raises:
        HarnessError: when protocol or data are others than those of the promise, or it can't be
            made again.
    """
    then = request.promised
    if then is None:
        raise HarnessError(f"{request.network}+{request.strategy}: nothing was promised of it")
    rules = protocol.load(request.protocol)
    if then.protocol.rpartition("@")[2] != rules.hash:
        raise HarnessError(
            f"the promise was made with protocol {then.protocol}, this is {rules.label}: name its "
            "file with --protocol"
        )
    data = tasks.load(request.task, request.data_dir)
    if then.data_sha256 not in (None, data.hash):
        raise HarnessError(
            f"{data.name}: other data than those of the promise: hash {data.hash}, not "
            f"{then.data_sha256}"
        )
    made, takes = _made_and_measured(request, data, watch)
    same = None if then.sha256 is None else sha256(Path(made.path or "")) == then.sha256
    return Verdict(
        outcomes=promise.outcomes(then.figures, takes),
        same_bytes=same,
        noisy=any(take.noisy for take in takes),
    )


def _made_and_measured(
    request: Request, data: TaskData, watch: Watch
) -> tuple[Made, list[Measurement]]:
    rules = protocol.load(request.protocol)
    seed = rules.seeds_of(request.network)[0] if request.seed is None else request.seed
    name = f"{request.network}+{request.strategy}"
    order = Order(
        network=request.network,
        strategies=(request.strategy,),
        task=request.task,
        protocol=request.protocol,
        seed=seed,
        data_dir=str(request.data_dir) if request.data_dir else None,
        cache=str(request.cache),
        content=f"{rules.label} {data.hash}",
    )
    (made,) = produce(order, lambda now: watch(_words(now)))
    if made.failure:
        raise HarnessError(f"{name}: {made.failure}")
    model = Path(made.path or "")
    watch("scoring")
    scored = base.score(request.board, model, data.x_test, data.y_test)
    if scored.failure:
        raise HarnessError(f"{name}: {scored.failure}")
    takes = [_timed(request, data, made, scored, seed, rules.label, watch) for _ in range(TAKES)]
    if failed := next((take.failure for take in takes if take.failure), ""):
        raise HarnessError(f"{name}: {failed}")
    return made, takes


def _timed(
    request: Request,
    data: TaskData,
    made: Made,
    scored: Observation,
    seed: int,
    label: str,
    watch: Watch,
) -> Measurement:
    """One session: a record as a campaign would write it."""
    watch("timing")
    (times,) = base.time(request.board, [Path(made.path or "")], request.repetition)
    cell = Cell(
        network=request.network,
        strategy=request.strategy,
        task=data.name,
        device=request.board.name,
        seed=seed,
        protocol=label,
    )
    seen = replace(times, accuracy=scored.accuracy, n_test=scored.n_test)
    return recording.record(cell, made, seen, data, 0.0)


def _card(request: Request, data: TaskData, made: Made, takes: Sequence[Measurement]) -> Card:
    first = takes[0]
    kept = ("processor", "system", "machine", "kernels", "threads", "versions")
    return Card(
        network=request.network,
        strategy=request.strategy,
        task=data.name,
        classes=data.classes,
        seed=first.seed or 0,
        protocol=first.protocol,
        data_sha256=data.hash,
        n_train=len(data.y_train),
        n_test=len(data.y_test),
        file=f"{request.network}-{request.strategy.replace('+', '-')}.tflite",
        sha256=sha256(Path(made.path or "")),
        device=request.board.name,
        figures=promise.promised(takes),
        noisy=any(take.noisy for take in takes),
        environment={k: first.environment[k] for k in kept if k in first.environment},
        note=made.note,
    )


def _words(now: Progress) -> str:
    of = f", epoch {now.epoch} of {now.epochs}" if now.epochs else ""
    return f"{now.stage} of {now.network}{of}"


def _check_free(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise HarnessError(f"{folder}: a file is in the way; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / model_card.JSON).is_file():
        raise HarnessError(f"{folder}: holds something else than a build; name another folder")


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A fresh folder that takes the place of another when all went well."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as place:
        fresh = Path(place) / "fresh"
        fresh.mkdir()
        yield fresh
        if folder.exists():
            folder.rename(Path(place) / "old")
        fresh.rename(folder)
