"""Knowledge distillation (Hinton, Vinyals, Dean 2015): a teacher's softened outputs as targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from measurements.training.data import as_input

TEACHER = "resnet54"
"""The network that teaches all others (paper, Table 14)."""


def logits_of(model: Any, images: NDArray[np.uint8], batch: int = 500) -> NDArray[np.float32]:
    """What a network says of images.

    Args:
        model: the network.
        images: `(n, 32, 32, 3)`.
        batch: images at once.

    Returns:
        `(n, classes)`.
    """
    forward = tf.function(lambda x: model(as_input(x), training=False), reduce_retracing=True)
    parts = [forward(images[i : i + batch]).numpy() for i in range(0, len(images), batch)]
    return np.concatenate(parts)


def softened_loss(student: Any, teacher: Any, temperature: float) -> Any:
    """How far the student's softened outputs are from the teacher's.

    Args:
        student: `(n, classes)` logits.
        teacher: `(n, classes)` logits.
        temperature: that both are divided by.

    Returns:
        Mean Kullback-Leibler divergence times the squared temperature, which keeps the size of the
        gradients whatever the temperature.
    """
    target = tf.nn.softmax(teacher / temperature)
    distance = tf.reduce_sum(
        target
        * (tf.nn.log_softmax(teacher / temperature) - tf.nn.log_softmax(student / temperature)),
        axis=-1,
    )
    return tf.reduce_mean(distance) * temperature**2
