"""Names for the input and output of a .tflite that has none: calibration asks for them."""

from __future__ import annotations

from typing import Any


def with_signature(content: bytes) -> bytes:
    """A .tflite with a signature over its main graph; the same bytes where it has one.

    Args:
        content: of a file that was read before (`measurements.graph.read`).
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    if model.signatureDefs:
        return content
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = b"serving_default", 0
    signature.inputs = _names(schema, "image", model.subgraphs[0].inputs)
    signature.outputs = _names(schema, "scores", model.subgraphs[0].outputs)
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(len(content) + 1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _names(schema: Any, stem: str, tensors: Any) -> list[Any]:
    found = []
    for place, tensor in enumerate(tensors):
        named = schema.TensorMapT()
        named.name, named.tensorIndex = f"{stem}{place}".encode(), int(tensor)
        found.append(named)
    return found
