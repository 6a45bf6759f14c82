"""Small .tflite files whose answers are known, written without TensorFlow."""

from pathlib import Path

import numpy as np
import pytest

import measurements.training  # noqa: F401  TensorFlow's settings, before a test imports it


def _tensor(schema, name, shape, kind, buffer, scale=None, zero=0):
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), shape, kind, buffer
    if scale is not None:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero]
    return tensor


def identity_tflite(channels=10, layers=1, int8=False):
    """Fully connected layers that hand on an image of one pixel: its brightest channel wins."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    kind = schema.TensorType.INT8 if int8 else schema.TensorType.FLOAT32
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.description = 3, b"identity"
    model.buffers = [schema.BufferT(), schema.BufferT()]
    one = 127 if int8 else 1
    weights = (np.eye(channels) * one).astype(np.int8 if int8 else np.float32)
    model.buffers[1].data = np.frombuffer(weights.tobytes(), np.uint8)
    scales = {"scale": 1 / 255, "zero": -128} if int8 else {}
    graph.tensors = [
        _tensor(schema, "image", [1, 1, 1, channels], kind, 0, **scales),
        _tensor(schema, "eye", [channels] * 2, kind, 1, 1 / 127 if int8 else None),
    ]
    graph.operators = []
    for layer in range(layers):
        graph.tensors.append(_tensor(schema, f"out{layer}", [1, channels], kind, 0, **scales))
        operator = schema.OperatorT()
        operator.opcodeIndex = 0
        operator.inputs = [0 if layer == 0 else len(graph.tensors) - 2, 1, -1]
        operator.outputs = [len(graph.tensors) - 1]
        operator.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
        operator.builtinOptions = schema.FullyConnectedOptionsT()
        graph.operators.append(operator)
    graph.inputs, graph.outputs = [0], [len(graph.tensors) - 1]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    code.version = 4 if int8 else 1
    model.operatorCodes, model.subgraphs = [code], [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.fixture(scope="session")
def tflite(tmp_path_factory):
    """Write a model of `identity_tflite` to a file of its own."""
    pytest.importorskip("ai_edge_litert")
    folder = tmp_path_factory.mktemp("tflite")

    def write(name="model", **options):
        path = folder / f"{name}.tflite"
        path.write_bytes(identity_tflite(**options))
        return path

    return write


@pytest.fixture(scope="session")
def lights():
    """200 images of one pixel with ten channels, and the brightest channel of each."""
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 10, 200)
    images = generator.random((200, 1, 1, 10)).astype(np.float32) * 0.5
    images[np.arange(200), 0, 0, labels] = 0.9
    return images, labels


@pytest.fixture(scope="session")
def dusk(tmp_path_factory):
    """An .npz of 256 + 50 images in two classes: the upper half is bright, or is not."""
    generator = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 256), ("test", 50)):
        labels = np.arange(count) % 2
        pixels = generator.integers(0, 100, (count, 32, 32, 3), dtype=np.uint8)
        pixels[:, :16] += (labels * 150).astype(np.uint8)[:, None, None, None]
        arrays |= {f"x_{part}": pixels, f"y_{part}": labels}
    path = tmp_path_factory.mktemp("data") / "dusk.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="session")
def small_protocol(tmp_path_factory):
    """A protocol of one epoch each."""
    path = tmp_path_factory.mktemp("protocol") / "small.toml"
    path.write_text(
        "calibration_images = 100\n"
        "[recipe]\nepochs = 1\npruning_epochs = 1\nqat_epochs = 1\naugmentation = []\n"
    )
    return path


@pytest.fixture(scope="session")
def unsigned():
    """Content of a small network as older converters wrote it: nothing names its input."""
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    import flatbuffers

    content = (Path(__file__).parent / "files" / "small.tflite").read_bytes()
    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    model.signatureDefs, model.metadata = None, None
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
