"""Strategies of a .tflite of the user's own -> files: quantization, without TensorFlow.

Runs in the child of `measurements.production`, with limits: the file may be a stranger's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from measurements import atomic, graph
from measurements.confinement import confine
from measurements.errors import DlmoError, HarnessError
from measurements.own_network import Source, check_unchanged, label, post_training
from measurements.production import Made, Progress
from measurements.protocol import Protocol
from measurements.quantize import quantize
from measurements.signature import with_signature
from measurements.strategy import Strategy
from measurements.tasks import TaskData

CPU_SECONDS = 3600
"""Of processor time for all strategies of a file."""


def produce(
    network: str,
    source: Source,
    strategies: Sequence[Strategy],
    data: TaskData,
    protocol: Protocol,
    cache: Path,
    progress: Callable[[Progress], None],
) -> Iterator[Made]:
    """Make the files of some strategies, in the order asked for.

    Args:
        network: label of the network.
        source: the .tflite.
        strategies: those that need no training; what the file is, is one of them.
        data: the task, images as the network takes them, for the ranges of activations.
        protocol: says how many images settle them.
        cache: folder of made files; made when it is not there.
        progress: told how it goes.

    Yields:
        One product per strategy; a failure where it can't be made.

    Raises:
        HarnessError: when the file is not what its label says, or no classifier of the task.
    """
    confine(CPU_SECONDS)
    content = Path(source.word).read_bytes()
    check_unchanged(network, label(source.stem, hashlib.sha256(content).hexdigest()))
    images = data.x_train[: protocol.calibration_images]
    folder = cache / f"{network}-{data.hash}-{len(images)}"
    signed = with_signature(content)
    made = graph.read(content, name=source.word).quantizer or "nq"
    for strategy in strategies:
        slug = strategy.slug
        path = folder / f"{slug}.tflite"
        progress(Progress(network=network, stage=f"making {slug}"))
        try:
            if slug not in post_training(made):
                raise HarnessError(
                    f"{slug} can't be made of a .tflite that is {made}; what can: "
                    f"{', '.join(post_training(made))}"
                )
            atomic.write(path, content if slug == made else quantize(signed, slug, images))
        except DlmoError as error:
            yield Made(strategy=slug, failure=" ".join(str(error).split()))
            continue
        yield Made(strategy=slug, path=str(path))
