"""Images of a task -> batches, augmented on the way.

An epoch is a function of its number and the seed alone: a training that goes on after a crash sees
the very images that it would have seen. Batches are gathered and augmented whole, as bytes, which
leaves the processor to the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from measurements.tasks import TaskData

SHIFT = 4
"""Pixels that `crop` moves an image by, at most, in either direction."""

WATCHED_SHARE = 0.05
"""Of the training images, to follow the accuracy with where none are held out."""

WATCHED_IMAGES = 2000
"""At most that many are followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Rows of the training images."""

    trained: NDArray[np.int64]
    """Those that weights are fitted to."""
    watched: NDArray[np.int64]
    """Those that the accuracy is followed with."""


def split(data: TaskData, share: float) -> Split:
    """Hold out some of the training images; images of one group stay on one side.

    Args:
        data: the task.
        share: of the images to hold out; 0: all are trained on, and a few of them followed.
    """
    rows = np.arange(len(data.y_train))
    if not share:
        few = max(1, min(WATCHED_IMAGES, round(len(rows) * WATCHED_SHARE)))
        # Spread evenly: data sets come sorted by class.
        return Split(trained=rows, watched=rows[:: len(rows) // few][:few])
    groups = rows if data.groups is None else np.unique(data.groups, return_inverse=True)[1].ravel()
    count = int(groups.max()) + 1
    held = np.random.default_rng(0).permutation(count)[: max(1, round(count * share))]
    out = np.isin(groups, held)
    return Split(trained=rows[~out], watched=rows[out][:WATCHED_IMAGES])


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """The training images of a task in memory, ready to be drawn from."""

    images: Any
    """`(n, 32, 32, 3)` uint8 tensor."""
    labels: Any
    """`(n,)` int64 tensor."""
    teacher: Any
    """`(n, classes)` float32 logits of the teacher, or `(n, 0)` without one."""
    batch: int
    """Images in each batch; what is left over is left out of the epoch."""
    crops: bool
    """Shift images at random."""
    flips: bool
    """Mirror images at random."""
    seed: int
    """Of order and augmentation."""

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return int(self.images.shape[0]) // self.batch

    def epoch(self, number: int) -> Any:
        """The batches of an epoch.

        Args:
            number: of the epoch.

        Returns:
            A `tf.data.Dataset` of (images, labels, teacher's logits); images are bytes.
        """
        random = np.random.default_rng((self.seed, number))
        order = random.permutation(int(self.images.shape[0]))[: self.steps * self.batch]
        seeds = random.integers(0, 2**31, (self.steps, 2))
        drawn = tf.data.Dataset.from_tensor_slices((order.reshape(self.steps, self.batch), seeds))
        mapped = drawn.map(self._batch, num_parallel_calls=2, deterministic=True).prefetch(4)
        # There is nothing to tune, and the tuner wakes once a minute: an epoch would end with it.
        fixed = tf.data.Options()
        fixed.autotune.enabled = False
        return mapped.with_options(fixed)

    def _batch(self, rows: Any, seed: Any) -> tuple[Any, Any, Any]:
        images = tf.gather(self.images, rows)
        if self.crops:
            images = _cropped(images, seed)
        if self.flips:
            images = _mirrored(images, seed + 1)
        return images, tf.gather(self.labels, rows), tf.gather(self.teacher, rows)


def batches(
    data: TaskData,
    rows: NDArray[np.int64],
    *,
    batch: int,
    augmentation: tuple[str, ...],
    seed: int,
    teacher: NDArray[np.float32] | None = None,
) -> Batches:
    """Get a task's training images ready.

    Args:
        data: the task.
        rows: the images to train on.
        batch: images in each batch; fewer where there are not as many.
        augmentation: of `crop` and `flip`; `flip` has no effect where the task does not allow it.
        seed: of order and augmentation.
        teacher: `(n, classes)` logits of a teacher for all training images.
    """
    logits = np.zeros((len(data.y_train), 0), np.float32) if teacher is None else teacher
    return Batches(
        images=tf.constant(data.x_train[rows]),
        labels=tf.constant(data.y_train[rows]),
        teacher=tf.constant(logits[rows]),
        batch=min(batch, len(rows)),
        crops="crop" in augmentation,
        flips="flip" in augmentation and data.mirrors,
        seed=seed,
    )


def as_input(images: Any) -> Any:
    """Bytes -> the numbers that networks take, 0 to 1."""
    return tf.cast(images, tf.float32) / 255.0


def _cropped(images: Any, seed: Any) -> Any:
    count = tf.shape(images)[0]
    moved = tf.random.stateless_uniform(
        (2, count, 1), seed=seed, maxval=2 * SHIFT + 1, dtype=tf.int32
    )
    down, across = (moved[i] + tf.range(images.shape[1 + i]) for i in (0, 1))
    edges = tf.pad(images, [[0, 0], [SHIFT, SHIFT], [SHIFT, SHIFT], [0, 0]])
    rows = tf.gather(edges, down, axis=1, batch_dims=1)
    return tf.gather(rows, across, axis=2, batch_dims=1)


def _mirrored(images: Any, seed: Any) -> Any:
    heads = tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 1), seed=seed) < 0.5
    return tf.where(heads, images[:, :, ::-1], images)
