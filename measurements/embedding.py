"""Weights inside the flatbuffer, where TensorFlow Lite Micro looks for them.

The quantizer keeps the weights of all but small networks behind the flatbuffer and refers to them
by offset. LiteRT reads that; TensorFlow Lite Micro does not know it, takes such weights for values
yet to be computed, asks for working memory for them, and runs on what happens to be there.
"""

from __future__ import annotations

import numpy as np


def embedded(content: bytes) -> bytes:
    """Move weights that stand behind the flatbuffer into it.

    Args:
        content: of a .tflite.

    Returns:
        A .tflite of the same network; the same content when there is nothing to move.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    behind = [buffer for buffer in model.buffers if buffer.offset > 1]
    if not behind:
        return content
    for buffer in behind:
        start, end = buffer.offset, buffer.offset + buffer.size
        buffer.data = np.frombuffer(content[start:end], np.uint8)
        buffer.offset = buffer.size = 0
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
