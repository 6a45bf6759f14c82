import pytest

from measurements import graph
from measurements.errors import HarnessError
from measurements.graph import Graph, Layer

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
flatbuffers = pytest.importorskip("flatbuffers")
import numpy as np  # noqa: E402


def tensor(shape, buffer=0):
    made = schema.TensorT()
    made.shape, made.buffer, made.name = np.array(shape, np.int32), buffer, b"t"
    made.type = schema.TensorType.FLOAT32
    return made


def operator(code, inputs, outputs):
    made = schema.OperatorT()
    made.opcodeIndex = code
    made.inputs, made.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
    return made


def packed(tensors, operators, codes, constants):
    """A .tflite of hand-made parts; `constants` are the sizes of its buffers."""
    model, main = schema.ModelT(), schema.SubGraphT()
    model.version = 3
    model.buffers = [schema.BufferT() for _ in range(1 + len(constants))]
    for buffer, size in zip(model.buffers[1:], constants, strict=True):
        buffer.data = np.zeros(size * 4, np.uint8)
    model.operatorCodes = [schema.OperatorCodeT() for _ in codes]
    for made, code in zip(model.operatorCodes, codes, strict=True):
        made.builtinCode = made.deprecatedBuiltinCode = code
    main.tensors, main.operators = tensors, operators
    main.inputs, main.outputs = np.array([0], np.int32), np.array([len(tensors) - 1], np.int32)
    model.subgraphs = [main]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.fixture(name="small")
def _small():
    """8x8x3 -> 3x3 conv to 4 channels -> depthwise -> added to the conv's output -> 5 classes."""
    op = schema.BuiltinOperator
    tensors = [
        tensor([1, 8, 8, 3]),
        tensor([4, 3, 3, 3], 1),
        tensor([4], 2),
        tensor([1, 8, 8, 4]),
        tensor([1, 3, 3, 4], 3),
        tensor([1, 8, 8, 4]),
        tensor([1, 8, 8, 4]),
        tensor([], 4),
        tensor([1, 8, 8, 4]),
        tensor([5, 256], 5),
        tensor([5], 6),
        tensor([1, 5]),
    ]
    operators = [
        operator(0, [0, 1, 2], [3]),
        operator(1, [3, 4, -1], [5]),
        operator(2, [3, 5], [6]),
        operator(3, [6, 7], [8]),
        operator(4, [8, 9, 10], [11]),
    ]
    codes = [op.CONV_2D, op.DEPTHWISE_CONV_2D, op.ADD, op.MUL, op.FULLY_CONNECTED]
    return packed(tensors, operators, codes, [108, 4, 36, 1, 1280, 5])


def test_counts_by_hand(small):
    found = graph.read(small)
    assert found == Graph(
        input_shape=(8, 8, 3),
        parameters=108 + 4 + 36 + 1280 + 5,
        layers=(
            Layer(operator="CONV_2D", fan_in=27, channels=4, macs=64 * 4 * 27),
            Layer(operator="DEPTHWISE_CONV_2D", fan_in=9, channels=4, macs=64 * 4 * 9),
            Layer(operator="FULLY_CONNECTED", fan_in=256, channels=5, macs=1280),
        ),
        # At the addition: the convolution's output, the depthwise one's and the sum.
        peak_activation_bytes=3 * 256 * 4,
    )
    assert found.depthwise_share == pytest.approx(64 * 36 / (64 * 4 * 27 + 64 * 36 + 1280))


def test_any_number_of_classes(small):
    facts = graph.read(small).network(name="n", title="N", family="plain")
    assert facts.parameters(5) == 1433
    assert facts.parameters(6) == 1433 + 257
    assert facts.macs(6) - facts.macs(5) == 256
    assert facts.channels(7) == 15


def test_reads_a_file(small, tmp_path):
    path = tmp_path / "small.tflite"
    path.write_bytes(small)
    assert graph.read(path) == graph.read(str(path)) == graph.read(small)


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\0" * 64, b"PK\3\4 not a model"])
def test_other_files_are_refused(content):
    with pytest.raises(HarnessError, match=r"not a \.tflite file"):
        graph.read(content)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(HarnessError, match=r"nowhere\.tflite: can't be read: No such file"):
        graph.read(tmp_path / "nowhere.tflite")


def test_broken_files_give_one_sentence(small):
    random = np.random.default_rng(0)
    for _ in range(200):
        broken = bytearray(small[: random.integers(8, len(small))])
        for place in random.integers(8, len(broken), 8) if len(broken) > 8 else []:
            broken[place] = random.integers(256)
        try:
            graph.read(bytes(broken))
        except HarnessError as error:
            assert "\n" not in str(error)


def test_a_graph_without_kernels_is_refused():
    op = schema.BuiltinOperator
    content = packed([tensor([1, 4]), tensor([1, 4])], [operator(0, [0], [1])], [op.RELU], [])
    with pytest.raises(HarnessError, match="no convolution"):
        graph.read(content)
