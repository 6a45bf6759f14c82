"""Biases that 32-bit integers can hold.

In an all-integer graph a bias is counted in steps of the input's scale times its channel's. A
channel whose weights are all zero, as pruning leaves some, has a vanishing scale, and its bias
becomes a number beyond 32 bits, which the quantizer wraps around: the channel then puts out nothing
where it should put out its bias. One small weight gives such a channel a scale that fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

KERNEL_STEPS, INPUT_STEPS = 127, 255
"""Steps of a signed symmetric byte, and of one with an offset."""

MOST_STEPS = 2**30
"""That a bias shall take: half of what 32 bits hold, to leave room for the sum that it starts."""

_CHANNELS_LAST = "DEPTHWISE_CONV_2D"
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def widen_kernels(model: bytes, ranges: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Raise one weight of each channel whose bias would not fit.

    The change moves the channel's output by at most 3e-5 of its bias, a hundredth of an 8-bit step.

    Args:
        model: content of a float32 .tflite.
        ranges: name of tensor -> its `min` and `max` on calibration images.

    Returns:
        The content with such weights raised; the same content when there are none.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    words = {code: word for word, code in vars(schema.BuiltinOperator).items()}
    unpacked = schema.ModelT.InitFromPackedBuf(bytearray(model), 0)
    graph, changed = unpacked.subgraphs[0], False
    for step in graph.operators:
        word = words[unpacked.operatorCodes[step.opcodeIndex].builtinCode]
        if word not in _WEIGHTED or len(step.inputs) < 3 or step.inputs[2] < 0:
            continue
        taken, kernel, bias = (graph.tensors[t] for t in step.inputs[:3])
        weights, offsets = (_floats(unpacked, tensor) for tensor in (kernel, bias))
        found = ranges.get(taken.name.decode())
        if weights is None or offsets is None or not found:
            continue
        axis = -1 if word == _CHANNELS_LAST else 0
        channels = np.moveaxis(weights, axis, 0).reshape(len(offsets), -1).copy()
        if _widen(channels, np.abs(offsets), _width(found) / INPUT_STEPS):
            moved = np.moveaxis(weights, axis, 0).shape
            raised = np.ascontiguousarray(np.moveaxis(channels.reshape(moved), 0, axis))
            unpacked.buffers[kernel.buffer].data = np.frombuffer(raised.tobytes(), np.uint8)
            changed = True
    if not changed:
        return model
    builder = flatbuffers.Builder(len(model))
    builder.Finish(unpacked.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _widen(channels: NDArray[np.float32], biases: NDArray[np.float32], scale: float) -> bool:
    """Raise the largest weight of the rows that need it, in place; were there any?"""
    needed = KERNEL_STEPS * biases / (scale * MOST_STEPS)
    rows = np.flatnonzero(np.abs(channels).max(axis=1) < needed)
    largest = np.abs(channels[rows]).argmax(axis=1)
    channels[rows, largest] = np.where(channels[rows, largest] < 0, -1, 1) * needed[rows]
    return len(rows) > 0


def _width(found: Mapping[str, Any]) -> float:
    """Of a range, zero taken into it as the quantizer does."""
    return float(max(np.max(found["max"]), 0) - min(np.min(found["min"]), 0))


def _floats(model: Any, tensor: Any) -> NDArray[np.float32] | None:
    data = model.buffers[tensor.buffer].data
    if data is None or len(data) != 4 * np.prod(tensor.shape, dtype=np.int64):
        return None
    return np.frombuffer(data.tobytes(), np.float32).reshape(tensor.shape)
