"""Quantization-aware training: the network runs on the 8-bit grid while its weights stay float.

Kernels are rounded per output channel, exactly as the quantizer will store them; activations are
rounded where the deployed graph stores them. Scaling a channel commutes with folding its batch
normalization, so rounding in the unfolded network is rounding in the folded one, and the graph that
is deployed afterwards is the same all-integer one as without this training. Gradients pass rounding
unchanged (Jacob et al. 2018).
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras
from tf_keras import layers

STEPS = 127
"""Positive values of a signed byte."""

KERNELS = (
    (layers.DepthwiseConv2D, "depthwise_kernel", (0, 1)),
    (layers.Conv2D, "kernel", (0, 1, 2)),
    (layers.Dense, "kernel", (0,)),
)
"""Kind of layer, the attribute that holds its kernel, and the axes that share a scale."""

FUSED: dict[type, tuple[type, ...]] = {
    layers.Conv2D: (layers.BatchNormalization, layers.ReLU, layers.Activation),
    layers.DepthwiseConv2D: (layers.BatchNormalization, layers.ReLU, layers.Activation),
    layers.Dense: (layers.ReLU, layers.Activation),
    layers.BatchNormalization: (layers.ReLU, layers.Activation),
    layers.Add: (layers.ReLU, layers.Activation),
    # The middle of a hard-swish, which is one operator in the deployed graph.
    layers.ReLU: (layers.Rescaling,),
    layers.Activation: (),
    layers.Multiply: (),
    layers.GlobalAveragePooling2D: (),
}
"""Kind of layer whose output is stored -> what follows it within one operator, so that it is not.
Other kinds hand values on as they are."""


def fake_quantized(model: Any) -> Any:
    """The network on the 8-bit grid.

    Args:
        model: a functional `tf_keras` model of plain layers.

    Returns:
        A model with the same variables, not copies: training it trains the given one.
    """
    consumers: dict[str, list[Any]] = {layer.name: [] for layer in model.layers}
    names = set(consumers)
    for layer in model.layers:
        for node in layer.outbound_nodes:
            if node.outbound_layer.name in names:
                consumers[layer.name].append(node.outbound_layer)
    return tf_keras.models.clone_model(
        model, clone_function=lambda layer: _on_grid(layer, consumers[layer.name])
    )


def round_kernel(kernel: Any, axes: tuple[int, ...]) -> Any:
    """Round to the grid of a signed byte.

    Args:
        kernel: weights.
        axes: those that share a scale; the others are output channels.
    """
    largest = tf.reduce_max(tf.abs(kernel), axis=axes, keepdims=True)
    scale = tf.maximum(largest, 1e-9) / STEPS
    return kernel + tf.stop_gradient(tf.round(kernel / scale) * scale - kernel)


def round_activation(values: Any) -> Any:
    """Round to 256 values between the least and the greatest of the batch, zero among them."""
    low = tf.stop_gradient(tf.minimum(tf.reduce_min(values), 0.0))
    high = tf.stop_gradient(tf.maximum(tf.reduce_max(values), low + 1e-4))
    return tf.quantization.fake_quant_with_min_max_vars(values, low, high)


def _on_grid(layer: Any, consumers: list[Any]) -> Any:
    fused = FUSED.get(type(layer))
    stored = fused is not None and not (consumers and all(isinstance(c, fused) for c in consumers))
    kernel = next(((name, axes) for kind, name, axes in KERNELS if isinstance(layer, kind)), None)
    return _OnGrid(layer, kernel, stored) if kernel or stored else layer


class _OnGrid(layers.Layer):  # type: ignore[misc]
    """A layer of another model, its kernel and its output rounded."""

    def __init__(
        self, layer: Any, kernel: tuple[str, tuple[int, ...]] | None, stored: bool
    ) -> None:
        super().__init__(name=f"{layer.name}_on_grid")
        self.layer, self.kernel, self.stored = layer, kernel, stored

    def call(self, *inputs: Any, **options: Any) -> Any:
        """What the layer gives, on the grid."""
        if self.kernel is None:
            values = self.layer(*inputs, **options)
        else:
            values = self._with_rounded_kernel(*self.kernel, *inputs)
        return round_activation(values) if self.stored else values

    def _with_rounded_kernel(self, name: str, axes: tuple[int, ...], *inputs: Any) -> Any:
        variable = getattr(self.layer, name)
        # Past the layer's own bookkeeping, which would forget the variable.
        object.__setattr__(self.layer, name, round_kernel(variable, axes))
        try:
            return self.layer.call(*inputs)
        finally:
            object.__setattr__(self.layer, name, variable)
