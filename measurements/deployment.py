"""From a decision to the file: build one network with one strategy, and verify what was built."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from measurements import build_folder, promise, protocol, recording
from measurements.build_request import Request
from measurements.device import base, latency
from measurements.device.base import Observation
from measurements.embedding import embedded
from measurements.environment import installed
from measurements.errors import HarnessError
from measurements.model_card import Card
from measurements.own_network import OwnNetwork
from measurements.plan import Cell
from measurements.production import Made, Order, Progress, produce, sha256, whereabouts
from measurements.promise import Outcome
from measurements.record import Measurement
from measurements.tasks import TaskData
from measurements.timing import Repetition

TAKES, MOST_TAKES = 5, 9
"""Sessions that latency is promised from, each a worker process of its own: their spread says how
far a further one may be. Where the machine is busy there are more, in search of quiet ones."""

MAKERS = (
    "dlmo-advisor",
    "tensorflow-cpu",
    "tensorflow",
    "tf-keras",
    "litert-quantizer",
    "tflite-micro",
)
"""What makes a file, beside what runs it; their versions are on the card."""

Watch = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A build, built and measured again."""

    outcomes: tuple[Outcome, ...]
    """One per promised figure."""
    same_bytes: bool | None
    """The file came out as it was; None: it is not known how it was."""
    noisy: bool
    """The machine was busy while it was timed."""
    promised_noisily: bool
    """It was busy when the promise was made."""

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
    build_folder.check_free(folder)
    data = request.data()
    if odd := [name for name in data.class_names if "\n" in name or "\r" in name]:
        raise HarnessError(f"{data.name}: class name {odd[0]!r} has a line break in it")
    made, takes = _made_and_measured(request, data, watch)
    card = _card(request, data, made, takes)
    content = Path(made.path or "").read_bytes()
    build_folder.write(
        folder,
        card,
        content,
        labels=data.class_names,
        protocol=protocol.path_of(request.protocol),
        source=_source_file(request.own),
        embedded=embedded(content) if c_files else None,
    )
    return card


def verify(request: Request, watch: Watch = lambda _: None) -> Verdict:
    """Build again, measure again, and compare with what was promised.

    Args:
        request: as `measurements.rebuilding` gives it.
        watch: told how it goes.

    Raises:
        HarnessError: when protocol or data are others than those of the promise, or it can't be
            made again.
    """
    then = request.promised
    if then is None:
        raise HarnessError(f"{request.name}: nothing was promised of it")
    rules = protocol.load(request.protocol)
    if then.protocol.rpartition("@")[2] != rules.hash:
        raise HarnessError(
            f"the promise was made with protocol {then.protocol}, this is {rules.label}: name its "
            "file with --protocol"
        )
    data = request.data()
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
        noisy=promise.is_noisy(takes),
        promised_noisily=then.noisy,
    )


def _made_and_measured(
    request: Request, data: TaskData, watch: Watch
) -> tuple[Made, list[Measurement]]:
    rules = protocol.load(request.protocol)
    seed = rules.seeds_of(request.network)[0] if request.seed is None else request.seed
    order = Order(
        network=request.network,
        strategies=(request.strategy,),
        task=request.task,
        protocol=request.protocol,
        seed=seed,
        data_dir=str(request.data_dir) if request.data_dir else None,
        cache=str(request.cache),
        content=f"{rules.label} {data.hash}",
        **whereabouts(request.own),
    )
    (made,) = produce(order, lambda now: watch(_words(now)))
    if made.failure:
        raise HarnessError(f"{request.name}: {made.failure}")
    scored = Observation()
    if not rules.untrained:  # else there is no accuracy to take
        watch("scoring")
        scored = base.score(request.board, Path(made.path or ""), data.x_test, data.y_test)
    if scored.failure:
        raise HarnessError(f"{request.name}: {scored.failure}")
    cell = Cell(
        network=request.network,
        strategy=request.strategy,
        task=data.name,
        device=request.board.name,
        seed=seed,
        protocol=rules.label,
    )
    times = _timed(request, made, watch)
    seen = replace(times, accuracy=scored.accuracy, n_test=scored.n_test)
    takes = [recording.record(cell, made, seen, data, 0.0, request.own)]
    while len(takes) < TAKES or (promise.is_noisy(takes) and len(takes) < MOST_TAKES):
        times = _timed(request, made, watch)
        takes.append(replace(takes[0], latencies_s=times.latencies_s, noisy=times.noisy))
    return made, takes


def _timed(request: Request, made: Made, watch: Watch) -> Observation:
    """One session in one process; a noisy one is not taken again: the next one is another take."""
    watch("timing")
    model = Path(made.path or "")
    rule = replace(request.repetition or Repetition(), processes=1, retakes=0)
    (times,) = latency.time(request.board, [model], rule)
    if times.failure:
        raise HarnessError(f"{request.name}: {times.failure}")
    return times


def _card(request: Request, data: TaskData, made: Made, takes: Sequence[Measurement]) -> Card:
    first, own = takes[0], request.own
    kept = ("processor", "cores", "system", "machine", "kernels", "threads", "versions")
    environment = {k: first.environment[k] for k in kept if k in first.environment}
    makers = {name: installed(name) for name in MAKERS}
    environment["versions"] = environment.get("versions", {}) | {
        k: v for k, v in makers.items() if v
    }
    stem = re.sub(r"[^\w.-]", "-", f"{request.network}-{request.strategy}")
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
        file=f"{stem}.tflite",
        sha256=sha256(Path(made.path or "")),
        device=request.board.name,
        figures=promise.promised(takes),
        noisy=promise.is_noisy(takes),
        environment=environment,
        varies=_varies(request),
        source=_source(own),
        facts=own.described() if own else "",
        note=made.note,
    )


def _source(own: OwnNetwork | None) -> str:
    """Where a network of the user's own comes from, as the card has it."""
    file = _source_file(own)
    if file:
        return build_folder.place_of(file)
    return own.source.word if own and own.source else ""


def _source_file(own: OwnNetwork | None) -> Path | None:
    """The file that a network of the user's own is in; a function is in none."""
    if own is None or own.source is None or own.source.kind == "function":
        return None
    return Path(own.source.word)


def _varies(request: Request) -> tuple[str, ...]:
    """What may come out otherwise with the same network, strategy, protocol, seed and data."""
    rules, own = protocol.load(request.protocol), request.own
    if own and own.kind == "tflite":
        return ("other versions of the quantizer may store other bytes",)
    found = [
        "with other versions, another processor or another number of cores the last digits of the "
        "training differ, and with them the weights"
    ]
    if rules.recipe_of(request.network).budget_s:
        found.append(
            "the training is cut off by time: how many epochs it gets hangs on the machine"
        )
    if own and own.kind == "function":
        found.append("the network is built by code that is not in this folder")
    return tuple(found)


def _words(now: Progress) -> str:
    of = f", epoch {now.epoch} of {now.epochs}" if now.epochs else ""
    return f"{now.stage} of {now.network}{of}"
