"""The training loop, one for all: float, pruning, quantization-aware, with or without a teacher.

It keeps a checkpoint after each epoch and goes on from the last one it finds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf
import tf_keras

from measurements.errors import TrainingError
from measurements.training import checkpoint, distil, schedule
from measurements.training.checkpoint import Checkpoint
from measurements.training.data import Batches, as_input
from measurements.training.prune import UPDATES, Masks
from measurements.training.qat import fake_quantized

Watch = Callable[[int, int, float | None, float], None]
"""Told epochs done, epochs in all, accuracy so far, seconds."""

UNDECAYED = ("bias", "gamma", "beta")
"""Weights that decay spares, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to train, settled."""

    epochs: int
    """At most."""
    rate: float
    """Highest learning rate."""
    schedule: str
    """One of `schedule.SCHEDULES`."""
    optimizer: Literal["sgd", "adam"]
    """See `Recipe.optimizer`."""
    weight_decay: float
    """Decoupled from the gradient."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the arithmetic of a step."""
    label_smoothing: float = 0.0
    """Share of the target spread over all classes."""
    sparsity: float = 0.0
    """Share of zeros to reach; 0: the zeros that are there stay, if `masked`."""
    masked: bool = False
    """Zeros stay zero."""
    on_grid: bool = False
    """Train on the 8-bit grid."""
    temperature: float = 1.0
    """That softens the teacher's outputs."""
    kd_weight: float = 0.0
    """Share of the teacher in the loss; 0: there is none."""
    budget_s: float = 0.0
    """Seconds that the epochs may take; 0: any."""


def train(
    model: Any,
    batches: Batches,
    watched: tuple[Any, Any],
    plan: Plan,
    *,
    path: Path,
    watch: Watch,
) -> Checkpoint:
    """Train a network from the weights it has, or go on from its checkpoint.

    Args:
        model: the network; holds the trained weights afterwards.
        batches: what to train on.
        watched: images (bytes) and labels that the accuracy is followed with.
        plan: how.
        path: where the checkpoint is kept.
        watch: told how it goes.

    Returns:
        The last checkpoint, finished.

    Raises:
        TrainingError: when the loss is no number any more.
    """
    state = checkpoint.load(path)
    if state and state.finished:
        model.set_weights(state.weights)
        return state
    loop = _Loop(model, plan)
    if state:
        loop.restore(state)
    epoch, seconds = (state.epoch, state.seconds) if state else (0, 0.0)
    epochs = schedule.epochs_within(plan.budget_s, wanted=plan.epochs, done=epoch, seconds=seconds)
    watch(epoch, epochs, state.accuracy if state else None, seconds)
    while True:
        start = time.monotonic()
        with arithmetic(plan.precision):
            loop.epoch(batches, epoch, epochs)
        accuracy = accuracy_of(loop.trained, *watched)
        epoch, seconds = epoch + 1, seconds + time.monotonic() - start
        epochs = schedule.epochs_within(
            plan.budget_s, wanted=plan.epochs, done=epoch, seconds=seconds
        )
        state = loop.state(epoch, seconds, accuracy, finished=epoch >= epochs)
        checkpoint.save(path, state)
        watch(epoch, epochs, accuracy, seconds)
        if state.finished:
            return state


@contextmanager
def arithmetic(precision: str) -> Iterator[None]:
    """Let oneDNN compute what is run inside in another precision; the graphs stay as they are."""
    option = "auto_mixed_precision_onednn_bfloat16"
    tf.config.optimizer.set_experimental_options({option: precision == "bfloat16"})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({option: False})


def accuracy_of(model: Any, images: Any, labels: Any, batch: int = 500) -> float:
    """Share of images that a network classifies rightly."""
    said = [
        np.argmax(model(as_input(images[i : i + batch]), training=False), axis=-1)
        for i in range(0, len(labels), batch)
    ]
    return float(np.mean(np.concatenate(said) == labels))


class _Loop:
    """A network, what trains it, and what is done between steps."""

    def __init__(self, model: Any, plan: Plan) -> None:
        self.model, self.plan = model, plan
        self.trained = fake_quantized(model) if plan.on_grid else model
        self.masks = Masks(model) if plan.masked else None
        self.optimizer = _optimizer(plan)
        self.optimizer.build(model.trainable_variables)
        self.step = tf.function(self._step)

    def restore(self, state: Checkpoint) -> None:
        self.model.set_weights(state.weights)
        for variable, value in zip(self.optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)
        if self.plan.masked:
            self.masks = Masks(self.model)

    def state(self, epoch: int, seconds: float, accuracy: float, *, finished: bool) -> Checkpoint:
        moving = () if finished else [v.numpy() for v in self.optimizer.variables]
        return Checkpoint(
            weights=self.model.get_weights(),
            optimizer=moving,
            epoch=epoch,
            seconds=seconds,
            accuracy=accuracy,
            finished=finished,
        )

    def epoch(self, batches: Batches, number: int, epochs: int) -> None:
        shape = schedule.SCHEDULES[self.plan.schedule]
        total, loss = batches.steps * epochs, tf.constant(0.0)
        widening = max(1, round(schedule.RAMP * batches.steps * self.plan.epochs / UPDATES))
        for step, batch in enumerate(batches.epoch(number), start=number * batches.steps):
            if self.masks and self.plan.sparsity and step % widening == 0:
                self.masks.widen(schedule.sparsity(step / total, self.plan.sparsity))
            self.optimizer.learning_rate.assign(self.plan.rate * shape(step / total))
            loss = self.step(*batch)
        if not math.isfinite(float(loss)):
            raise TrainingError(
                f"{self.model.name}: the loss became {float(loss)} in epoch {number + 1}; a lower "
                f"learning rate than {self.plan.rate:g} may help"
            )

    def _step(self, images: Any, labels: Any, teacher: Any) -> Any:
        weights = self.model.trainable_variables
        with tf.GradientTape() as tape:
            loss = self._loss(self.trained(as_input(images), training=True), labels, teacher)
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        if self.masks:
            self.masks.apply()
        return loss

    def _loss(self, logits: Any, labels: Any, teacher: Any) -> Any:
        classes = logits.shape[-1]
        target = tf.one_hot(labels, classes)
        smoothed = target * (1 - self.plan.label_smoothing) + self.plan.label_smoothing / classes
        hard = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(smoothed, logits))
        if not self.plan.kd_weight:
            return hard
        soft = distil.softened_loss(logits, teacher, self.plan.temperature)
        return self.plan.kd_weight * soft + (1 - self.plan.kd_weight) * hard


def _optimizer(plan: Plan) -> Any:
    # jit_compile asks for XLA, which is slower here.
    options = {
        "learning_rate": plan.rate,
        "weight_decay": plan.weight_decay or None,
        "jit_compile": False,
    }
    if plan.optimizer == "adam":
        optimizer = tf_keras.optimizers.Adam(**options)
    else:
        optimizer = tf_keras.optimizers.SGD(momentum=0.9, nesterov=True, **options)
    optimizer.exclude_from_weight_decay(var_names=list(UNDECAYED))
    return optimizer
