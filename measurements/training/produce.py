"""Strategies of a network -> .tflite files, each training done once and kept.

A strategy is a trunk of trainings (float, or distilled; then pruned; then quantization-aware) and,
for the post-training techniques, one step without TensorFlow from the trunk's float .tflite. Trunks
start from one another: the seven setups of the paper take one float training and two short ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from measurements import atomic
from measurements.errors import DlmoError, UnknownNameError, known
from measurements.own_network import Source
from measurements.production import Made, Progress
from measurements.protocol import Protocol
from measurements.quantize import quantize
from measurements.strategy import Strategy
from measurements.tasks import TaskData
from measurements.training import own
from measurements.training.convert import to_tflite
from measurements.training.networks import BACKBONES
from measurements.training.trunk import Trunk, trunk_of
from measurements.training.workshop import Workshop

__all__ = ["Made", "Progress", "produce"]

SPARSE_NOTE = "sparse encoding"
"""On float32 pruned networks: kernels are stored without their zeros, where that is smaller. 8-bit
and float16 ones stay dense: XNNPACK refuses sparse 8-bit kernels, and the quantizer passes sparse
ones over."""


def produce(
    network: str,
    strategies: Sequence[Strategy],
    data: TaskData,
    protocol: Protocol,
    *,
    seed: int,
    cache: Path,
    progress: Callable[[Progress], None] = lambda _: None,
    source: Source | None = None,
    teacher_data: TaskData | None = None,
) -> Iterator[Made]:
    """Make the files of some strategies of a network, in the order asked for.

    What is in the cache already is not made again; a training goes on from its last epoch. A
    strategy that can't be made yields its failure, and the others go on.

    Args:
        network: name of the network; of one of the user's own, its label.
        strategies: what to do to it.
        data: the task.
        protocol: how to train.
        seed: of weights, order and augmentation.
        cache: folder of checkpoints and files; made when it is not there.
        progress: told how it goes.
        source: where a network of the user's own comes from.
        teacher_data: the task at the shape that the teacher takes; None: that is the network's.

    Yields:
        One product per strategy.

    Raises:
        UnknownNameError: for an unknown network.
        HarnessError: for a network of the user's own that is not what its label says.
    """
    if source is not None:
        own.check(source, network)
    elif network not in BACKBONES:
        raise UnknownNameError(f"unknown network '{network}'{known(network, BACKBONES)}")
    workshop = Workshop(
        network=network,
        data=data,
        protocol=protocol,
        seed=seed,
        cache=cache,
        progress=progress,
        source=source,
        teacher_data=teacher_data,
    )
    for strategy in strategies:
        try:
            yield _made(workshop, strategy)
        # One strategy must not cost the others, whatever TensorFlow throws.
        except Exception as error:
            words = (
                str(error) if isinstance(error, DlmoError) else f"{type(error).__name__}: {error}"
            )
            yield Made(strategy=strategy.slug, failure=" ".join(words.split()))


def _made(workshop: Workshop, strategy: Strategy) -> Made:
    trunk = trunk_of(strategy, workshop.recipe.sparsity)
    if workshop.untrained:  # neither a teacher nor the grid leaves a trace in the graph
        trunk = Trunk(sparsity=trunk.sparsity)
    path = workshop.path(trunk, _file_name(workshop, strategy))
    if not path.exists():
        content = _float_tflite(workshop, trunk).read_bytes()
        if strategy.quantizer:
            content = quantize(content, strategy.quantizer, workshop.calibration_images)
        elif strategy.pruned:
            content = min(content, to_tflite(workshop.model(trunk), sparse=True), key=len)
        atomic.write(path, content)
    is_sparse = not strategy.quantizer and path.stat().st_size < _size(workshop, trunk)
    trained = workshop.trained(trunk) if strategy.quantizer in (None, "qat") else None
    return Made(
        strategy=strategy.slug,
        path=str(path),
        train_seconds=trained.seconds if trained else 0.0,
        epochs=trained.epoch if trained else 0,
        note=SPARSE_NOTE if is_sparse else "",
    )


def _file_name(workshop: Workshop, strategy: Strategy) -> str:
    if strategy.quantizer in ("fiq", "qat"):
        return f"{strategy.slug}-{len(workshop.calibration_images)}.tflite"
    return f"{strategy.slug}.tflite"


def _float_tflite(workshop: Workshop, trunk: Trunk) -> Path:
    """The one conversion that a trunk's strategies share."""
    path = workshop.path(trunk, "float.tflite")
    if not path.exists():
        model = workshop.model(trunk)
        workshop.progress(Progress(network=workshop.network, stage="converting"))
        atomic.write(path, to_tflite(model))
    return path


def _size(workshop: Workshop, trunk: Trunk) -> int:
    return _float_tflite(workshop, trunk).stat().st_size
