"""Gradual magnitude pruning (Zhu, Gupta 2017): small weights become zero, and stay zero.

Each kernel of a convolution or fully connected layer is pruned by itself to the same share of
zeros. Depthwise kernels are spared: they hold about a hundredth of the weights of a MobileNet, and
each of their channels is nine weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tf_keras import layers

UPDATES = 65
"""Times that the masks are widened on the way to the target (paper, section 4.2: 60-70)."""


def kernels(model: Any) -> list[Any]:
    """The variables that are pruned."""
    return [
        layer.kernel
        for layer in model.layers
        if isinstance(layer, layers.Conv2D | layers.Dense)
        and not isinstance(layer, layers.DepthwiseConv2D)
    ]


def mask(kernel: NDArray[Any], sparsity: float) -> NDArray[np.float32]:
    """Mark the weights that stay.

    Args:
        kernel: weights, of any shape.
        sparsity: share of zeros; their number is rounded to the nearest.

    Returns:
        0 for the smallest magnitudes, 1 for the others; the kernel's shape.
    """
    zeros = round(sparsity * kernel.size)
    kept = np.ones(kernel.size, np.float32)
    kept[np.argpartition(np.abs(kernel).ravel(), max(0, zeros - 1))[:zeros]] = 0
    return kept.reshape(kernel.shape)


def prune(model: Any, sparsity: float) -> None:
    """Set the smallest weights of each kernel to zero, at once."""
    for kernel in kernels(model):
        kernel.assign(kernel * mask(kernel.numpy(), sparsity))


class Masks:
    """What keeps zeros at zero while other weights are trained."""

    def __init__(self, model: Any) -> None:
        """Take the zeros that the network has now."""
        self._pairs = [
            (kernel, tf.Variable(tf.cast(kernel != 0, tf.float32), trainable=False))
            for kernel in kernels(model)
        ]

    def widen(self, sparsity: float) -> None:
        """Mark the smallest weights, the present zeros among them, and set them to zero."""
        for kernel, kept in self._pairs:
            kept.assign(mask(kernel.numpy(), sparsity))
        self.apply()

    def apply(self) -> None:
        """Set what is marked to zero again; part of the training step."""
        for kernel, kept in self._pairs:
            kernel.assign(kernel * kept)
