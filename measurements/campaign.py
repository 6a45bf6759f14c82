"""Runs a plan: makes files, scores and times them, and appends one record per cell.

Stopped at any moment, it goes on where it was: what is recorded is not measured again, what is made
is taken from the cache, and a training goes on from its last epoch. Every file it writes is either
appended to under a lock or put in place whole.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from threading import BoundedSemaphore
from types import MappingProxyType

from measurements import plan, protocol, recording, scoring, tasks
from measurements.backlog import left
from measurements.cluster import Cluster, connected
from measurements.dataset import append
from measurements.device import base, latency
from measurements.device.base import Board, Observation
from measurements.errors import DeviceError, HarnessError
from measurements.lock import alone, check_writable
from measurements.own_network import check_classes
from measurements.plan import Cell
from measurements.production import Made, Order, Progress, produce, whereabouts
from measurements.record import Measurement
from measurements.scope import Campaign, own_cache, words_of_tasks
from measurements.scoring import Score, Scores

STARTING = "starting"
"""Stage of the news that a training begins."""

WAITING = "waiting for a worker"
"""Stage of the news that a training is given to a cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """How a campaign goes, for whoever watches."""

    where: str
    """What is worked on, `"vgg on digits, seed 0"`."""
    stage: str
    """`training …`, `scoring`, `timing`, or how a cell ended."""
    done: int
    """Cells finished."""
    of: int
    """Cells that were missing when the campaign began."""
    progress: Progress | None = None
    """Where the training stands."""


Watch = Callable[[News], None]


def run(
    campaign: Campaign,
    watch: Watch = lambda _: None,
    *,
    train_only: bool = False,
    data: Mapping[str, tasks.TaskData] = MappingProxyType({}),
) -> list[Measurement]:
    """Measure what the store does not hold yet.

    Trainings run `campaign.jobs` at a time, or spread over a cluster; nothing is timed beside them.

    Args:
        campaign: what to measure.
        watch: told how it goes; with several jobs from several threads.
        train_only: make and score the files, for a later run on an idle machine to time.
        data: of tasks that are loaded already, by name.

    Returns:
        The new records, failures among them.

    Raises:
        DlmoError: before anything is trained: unknown names, bad data, a board that can't be
            reached, a store that can't be read, or that another campaign is writing.
        DeviceError: at the end, when a board was lost on the way: all else is measured.
    """
    check_writable(campaign.cache, "--cache")
    with _alone(campaign.store), ExitStack() as stack:
        backlog = left(campaign, plan.held(campaign.store), data)
        cells, words, loaded = backlog.cells, words_of_tasks(campaign), dict(backlog.data)
        for task in dict.fromkeys(cell.task for cell in cells):
            if task not in loaded:
                loaded[task] = tasks.load(words[task], campaign.data_dir)
        for name, task in dict.fromkeys((c.network, c.task) for c in cells):
            if name in campaign.own:
                check_classes(campaign.own[name], loaded[task].classes, task)
        session = _Session(
            campaign=campaign,
            data=loaded,
            of=len(cells),
            watch=watch,
            scores=Scores(cache=campaign.cache),
        )
        if not train_only:
            for board in campaign.boards:
                if board.name in {cell.device for cell in cells}:
                    base.check(board)
        if campaign.scheduler and cells:
            session.cluster = stack.enter_context(connected(campaign.scheduler))
        orders = [list(group) for _, group in groupby(cells, key=_what_is_trained)]
        # One training at a time is measured as soon as it is done. Several are all done first: no
        # timing beside them.
        together = campaign.jobs > 1 or bool(session.cluster)
        step = max(1, len(orders)) if together else 1
        for start in range(0, len(orders), step):
            made = session.prepare(orders[start : start + step], score=train_only)
            if not train_only:
                session.observe(orders[start : start + step], made)
        if session.lost:
            raise DeviceError(
                f"{'; '.join(session.lost.values())}; cells are left: run again when it is back"
            )
        return session.ended


def _what_is_trained(cell: Cell) -> tuple[str, str, int]:
    return cell.task, cell.network, cell.seed


@dataclass(slots=True, kw_only=True)
class _Session:
    """A campaign under way."""

    campaign: Campaign
    data: dict[str, tasks.TaskData]
    of: int
    watch: Watch
    scores: Scores
    cluster: Cluster | None = None
    ended: list[Measurement] = field(default_factory=list)
    free_cores: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_cores()))
    """For scoring beside other scoring, whatever the number of orders."""
    lost: dict[str, str] = field(default_factory=dict)
    """Boards that were out of reach for a while -> why."""
    shaped: dict[tuple[str, tasks.Shape], tasks.TaskData] = field(default_factory=dict)
    """Task and shape -> its images at that shape, for a network of the user's own."""

    @property
    def untrained(self) -> bool:
        """Whether there is no accuracy to take."""
        return protocol.load(self.campaign.protocol).untrained

    def prepare(self, orders: Sequence[Sequence[Cell]], *, score: bool) -> list[dict[str, Made]]:
        """Make what the cells need, and score it if asked; several orders at the same time."""
        from joblib import Parallel, delayed

        def prepared(cells: Sequence[Cell]) -> dict[str, Made]:
            files = self.make(cells)
            if score and not self.untrained:
                self.score_all(cells, files)
            return files

        # On a cluster each job waits for a worker: how many run at a time is for its scheduler.
        jobs = len(orders) if self.cluster else self.campaign.jobs
        return list(
            Parallel(n_jobs=jobs, backend="threading")(delayed(prepared)(cells) for cells in orders)
        )

    def observe(self, orders: Sequence[Sequence[Cell]], made: Sequence[dict[str, Made]]) -> None:
        """Score and time what was made, board after board."""
        for cells, files in zip(orders, made, strict=True):
            for board in self.campaign.boards:
                try:
                    if board.name in self.lost:
                        base.check(board)
                    self.measure(board, [c for c in cells if c.device == board.name], files)
                except DeviceError as error:
                    self.lost[board.name] = str(error)
                    self.tell(board.name, "out of reach, its cells are left")

    def make(self, cells: Sequence[Cell]) -> dict[str, Made]:
        """The files of cells that share a training, by strategy."""
        first = cells[0]
        where = f"{first.network} on {first.task}, seed {first.seed}"
        order = Order(
            network=first.network,
            strategies=tuple(dict.fromkeys(cell.strategy for cell in cells)),
            task=words_of_tasks(self.campaign)[first.task],
            protocol=self.campaign.protocol,
            seed=first.seed,
            data_dir=str(self.campaign.data_dir) if self.campaign.data_dir else None,
            cache=str(self.campaign.cache),
            content=f"{first.protocol} {self.data[first.task].hash}",
            **whereabouts(self.campaign.own.get(first.network)),
        )
        self.tell(where, WAITING if self.cluster else STARTING)
        files = {m.strategy: m for m in self.produce(order, where, self.data[first.task].hash)}
        self.tell(where, "made")
        return files

    def produce(self, order: Order, where: str, data_hash: str) -> Iterator[Made]:
        """Make an order's files, here or on the cluster."""

        def watch(now: Progress) -> None:
            self.tell(where, now.stage, now)

        if self.cluster is None:
            return produce(order, watch)
        shared = self.campaign.cache != own_cache()
        return self.cluster.produce(order, data_hash, shared=shared, watch=watch)

    def score_all(self, cells: Sequence[Cell], files: Mapping[str, Made]) -> None:
        """Score the files of cells that share a training, several at the same time, for later."""
        from joblib import Parallel, delayed

        boards = {board.name: board for board in self.campaign.boards if scoring.lasts(board)}
        # Threads change no accuracy: one cell stands for all that differ in nothing else.
        distinct = {(c.strategy, boards[c.device].kernels): c for c in cells if c.device in boards}

        def score(cell: Cell, model: Path) -> None:
            with self.free_cores:
                found = self.score(boards[cell.device], cell, model)
            failed = found.seen.failure
            self.tell(_name(cell), f"failed: {failed}" if failed else "scored")

        Parallel(n_jobs=_cores(), backend="threading")(
            delayed(score)(cell, Path(path))
            for cell in distinct.values()
            if (path := files[cell.strategy].path)
        )

    def measure(self, board: Board, cells: Sequence[Cell], files: dict[str, Made]) -> None:
        """Score and time cells of one board, and record them."""
        scored: list[tuple[Cell, Made, Score]] = []
        for cell in cells:
            made = files[cell.strategy]
            score = Score(seen=Observation(failure=made.failure), seconds=0.0)
            if made.path and not self.untrained:
                score = self.score(board, cell, Path(made.path))
            if score.seen.failure:
                self.finish(cell, made, score.seen, score.seconds)
            else:
                scored.append((cell, made, score))
        if not scored:
            return
        first = scored[0][0]
        timed_now = f"{len(scored)} files" if len(scored) > 1 else first.strategy
        self.tell(f"{first.network} {timed_now} on {first.task}, {first.device}", "timing")
        start = time.monotonic()
        models = [Path(made.path or "") for _, made, _ in scored]
        timed = latency.time(board, models, self.campaign.repetition)
        share = (time.monotonic() - start) / len(scored)
        for (cell, made, score), times in zip(scored, timed, strict=True):
            both = replace(times, accuracy=score.seen.accuracy, n_test=score.seen.n_test)
            self.finish(cell, made, both, score.seconds + share)

    def score(self, board: Board, cell: Cell, model: Path) -> Score:
        """Accuracy on the test split, once for each file and kernel set."""
        self.tell(_name(cell), "scoring")
        return self.scores.take(board, model, self.images(cell))

    def images(self, cell: Cell) -> tasks.TaskData:
        """The task of a cell as its network takes it; the last one of another shape is kept."""
        own = self.campaign.own.get(cell.network)
        if own is None or own.facts.input_shape == tasks.SHAPE:
            return self.data[cell.task]
        key = (cell.task, own.facts.input_shape)
        if key not in self.shaped:
            word = words_of_tasks(self.campaign)[cell.task]
            self.shaped = {key: tasks.load(word, self.campaign.data_dir, own.facts.input_shape)}
        return self.shaped[key]

    def finish(self, cell: Cell, made: Made, seen: Observation, seconds: float) -> None:
        """Record a cell."""
        own = self.campaign.own.get(cell.network)
        record = recording.record(cell, made, seen, self.data[cell.task], seconds, own)
        append([record], self.campaign.store)
        self.ended.append(record)
        self.tell(_name(cell), f"failed: {record.failure}" if record.failure else "measured")

    def tell(self, where: str, stage: str, progress: Progress | None = None) -> None:
        """Tell the watcher how it goes."""
        done = len(self.ended)
        self.watch(News(where=where, stage=stage, done=done, of=self.of, progress=progress))


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _name(cell: Cell) -> str:
    return f"{cell.network} {cell.strategy} on {cell.task}, {cell.device}"


@contextmanager
def _alone(store: Path) -> Iterator[None]:
    """Keep a second campaign from measuring the same cells beside us."""
    folder = store.parent if store.suffix == ".jsonl" else store
    check_writable(folder, "--out")
    with ExitStack() as stack:
        try:
            stack.enter_context(alone(folder))
        except BlockingIOError:
            raise HarnessError(
                f"{folder}: another campaign is writing there; wait for it, or use another folder"
            ) from None
        yield
