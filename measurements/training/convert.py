"""Keras network -> float .tflite."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from measurements.errors import ConversionError


def to_tflite(model: Any, *, sparse: bool = False) -> bytes:
    """Convert a network to a float32 .tflite for one image at a time.

    The batch is fixed to one: kernels then know every shape in advance, and microcontrollers take
    nothing else.

    Args:
        model: a `tf_keras.Model` of one input and one output.
        sparse: store kernels with many zeros in the sparse encoding; only the file gets smaller.

    Returns:
        The content of the .tflite file.

    Raises:
        ConversionError: with the converter's own words.
    """
    shape = (1, *model.input_shape[1:])

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, name="image")])  # type: ignore[untyped-decorator]
    def forward(image: Any) -> dict[str, Any]:
        return {"logits": model(image, training=False)}

    # Handing over the model itself would save it layer by layer, ten times the converter's work.
    holder = tf.Module()
    holder.weights = model.weights
    try:
        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [forward.get_concrete_function()], holder
        )
        if sparse:
            converter.optimizations = [tf.lite.Optimize.EXPERIMENTAL_SPARSITY]
        return bytes(converter.convert())
    except Exception as error:  # the converter raises its own, ValueError and RuntimeError alike
        raise ConversionError(f"{model.name}: can't be converted: {error}") from error
