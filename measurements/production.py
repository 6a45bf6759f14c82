"""Makes .tflite files in a process of its own, so that TensorFlow stays out of everybody else's.

The child is this module's `main`; it answers with progress and with one line per file made. What
was made is kept in a journal of receipts beside the files, so that going on with a campaign whose
files are there does not wait for TensorFlow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from measurements import journal
from measurements.answer import Tell, claim_stdout, reason, take_job
from measurements.child import Answer, ChildError, answers, python
from measurements.environment import installed
from measurements.own_network import OwnNetwork

VERSION = 1
"""Of what the training code makes of a recipe: one more makes every cache be made anew."""

RECEIPTS = "receipts.jsonl"
"""Journal in the cache: what was made of what."""

SILENCE_S = 4 * 3600.0
"""An epoch of a large network on a small machine takes its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to make: one network on one task from one seed, with several strategies."""

    network: str
    """Name of the network."""
    strategies: tuple[str, ...]
    """Slugs; those that need less are made first."""
    task: str
    """Name of a task, or the path of the user's own."""
    protocol: str
    """Name of a protocol, or the path of its file."""
    seed: int
    """Seed of the training."""
    data_dir: str | None
    """Folder of data sets; None: the environment's or none."""
    cache: str
    """Folder where checkpoints and made files are kept."""
    content: str
    """Label of the protocol and hash of the data: with others, other files are made."""
    source: str = ""
    """Path or function of a network of the user's own; empty: a shipped one."""
    shape: tuple[int, int, int] = (32, 32, 3)
    """Rows, columns and channels of the images that the network takes."""


def whereabouts(own: OwnNetwork | None) -> dict[str, Any]:
    """Fields of an order for a network of the user's own; none for a shipped one."""
    if own is None or own.source is None:
        return {}
    return {"source": own.source.word, "shape": own.facts.input_shape}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One strategy of an order, made or failed."""

    strategy: str
    """Slug."""
    path: str | None = None
    """The .tflite file."""
    train_seconds: float = 0.0
    """Seconds of the training that is this strategy's own; 0 for post-training techniques."""
    epochs: int = 0
    """Epochs of that training."""
    note: str = ""
    """What is particular about the file."""
    failure: str = ""
    """Why it could not be made; empty when it could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a training stands."""

    network: str
    """Name of what is trained or converted; the teacher's, while it is trained."""
    stage: str
    """What is done, in words."""
    epoch: int = 0
    """Epochs done in this stage."""
    epochs: int = 0
    """Epochs of this stage; 0: it is no training."""
    accuracy: float | None = None
    """On the watched images so far, 0 to 1."""
    seconds: float = 0.0
    """That the epochs took."""


def produce(order: Order, watch: Callable[[Progress], None]) -> Iterator[Made]:
    """Make the files of an order.

    A crash costs the strategy it happened in: a new child goes on with the others, from the
    checkpoints of the old one.

    Args:
        order: what to make.
        watch: told how it goes.

    Returns:
        One per strategy, as they get done.
    """
    left = []
    for strategy in order.strategies:
        if made := kept(order, strategy):
            yield made
        else:
            left.append(strategy)
    while left:
        job = {**asdict(order), "strategies": left}
        try:
            for answer in answers(python("measurements.production"), job, silence_s=SILENCE_S):
                if "made" in answer:
                    made = Made(**answer["made"])
                    left.remove(made.strategy)
                    keep(order, made)
                    yield made
                elif "progress" in answer:
                    watch(Progress(**answer["progress"]))
            if left:
                yield from (Made(strategy=s, failure="nothing was made of it") for s in left)
                return
        except ChildError as error:
            yield Made(strategy=left.pop(0), failure=str(error))


def kept(order: Order, strategy: str) -> Made | None:
    """What the last receipt for a strategy says, if its file is still what it was."""
    receipts = Path(order.cache) / RECEIPTS
    found: Answer | None = None
    if receipts.exists():
        for _, line in journal.lines(receipts):
            if line.endswith(b"\n"):
                receipt = json.loads(line)
                found = receipt if receipt["key"] == _key(order, strategy) else found
    if found is None:
        return None
    made = Made(**found["made"])
    model = Path(made.path or "")
    return made if model.is_file() and sha256(model) == found["sha256"] else None


def keep(order: Order, made: Made) -> None:
    """Write a receipt; failures get none, so that they are tried again where they are asked for."""
    if made.path:
        receipt = {
            "key": _key(order, made.strategy),
            "sha256": sha256(Path(made.path)),
            "made": asdict(made),
        }
        journal.append(Path(order.cache) / RECEIPTS, [json.dumps(receipt).encode()])


def _key(order: Order, strategy: str) -> list[object]:
    """All that a file depends on, the code that makes it included."""
    return [order.network, strategy, order.content, order.seed, release()]


def release() -> str:
    """What makes files here: with another one, other files are made of the same order."""
    return f"{installed('dlmo-advisor')} {VERSION}"


def sha256(path: Path) -> str:
    """Of a file's content, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Make what the job orders."""
    tell, job = claim_stdout(), take_job()
    try:
        _make(Order(**{**job, "shape": tuple(job["shape"])}), tell)
    # Whatever goes wrong in here, the campaign goes on, and needs the reason.
    except Exception as error:
        tell({"failed": reason(error)})


def _make(order: Order, tell: Tell) -> None:
    from measurements.own_network import source_of
    from measurements.protocol import load as load_protocol
    from measurements.strategy import Strategy
    from measurements.tasks import SHAPE
    from measurements.tasks import load as load_task

    tell({"at": f"loading {order.task}"})
    folder = Path(order.data_dir) if order.data_dir else None
    data = load_task(order.task, folder, order.shape)
    rules = load_protocol(order.protocol)
    source = source_of(order.source) if order.source else None
    strategies = [Strategy.parse(slug) for slug in order.strategies]

    def progress(now: Progress) -> None:
        tell({"at": f"{now.stage} of {now.network}"})
        tell({"progress": asdict(now)})

    if source and source.kind == "tflite":
        from measurements.post_training import produce as convert

        found = convert(order.network, source, strategies, data, rules, Path(order.cache), progress)
    else:
        tell({"at": "importing TensorFlow"})
        from measurements.training.produce import produce as train

        found = train(
            order.network,
            strategies,
            data,
            rules,
            seed=order.seed,
            cache=Path(order.cache),
            progress=progress,
            source=source,
            teacher_data=data if order.shape == SHAPE else load_task(order.task, folder),
        )
    for made in found:
        tell({"made": asdict(made)})


if __name__ == "__main__":
    main()
