import numpy as np
import pytest

from measurements.device.arena import arena_bytes
from measurements.device.latency import measure
from measurements.device.local import LocalBoard
from measurements.embedding import embedded
from measurements.timing import Repetition


def with_weights_behind(content):
    """As the quantizer writes large networks: weights follow the flatbuffer, at 16 bytes."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def packed(offset):
        model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
        (buffer,) = (b for b in model.buffers if b.data is not None and len(b.data))
        weights, buffer.data = bytes(buffer.data), None
        buffer.offset, buffer.size = offset, len(weights)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output()), weights

    length = -(-len(packed(2)[0]) // 16) * 16
    head, weights = packed(length)
    return head.ljust(length, b"\0") + weights


@pytest.fixture(params=[False, True], ids=["float", "int8"])
def pair(request, tflite, tmp_path):
    """The same network, its weights inside and behind."""
    inside = tflite("inside", channels=100, int8=request.param)
    behind = tmp_path / "behind.tflite"
    behind.write_bytes(with_weights_behind(inside.read_bytes()))
    return inside, behind


def test_what_stands_inside_stays_as_it_is(pair):
    inside, _ = pair
    assert embedded(inside.read_bytes()) == inside.read_bytes()


def test_weights_from_behind_give_the_same_answers(pair, tmp_path):
    inside, behind = pair
    moved = tmp_path / "moved.tflite"
    moved.write_bytes(embedded(behind.read_bytes()))
    assert moved.read_bytes() != behind.read_bytes()
    images = np.random.default_rng(0).random((50, 1, 1, 100)).astype(np.float32) * 0.9
    images[np.arange(50), 0, 0, np.arange(50)] = 1
    board = LocalBoard(kernels="builtin", threads=1)
    brief = Repetition(processes=1, values=1, seconds=0)
    for path in (inside, behind, moved):
        seen = measure(board, path, images, images[:, 0, 0].argmax(1), brief)
        assert (seen.failure, seen.accuracy) == ("", 1.0)


def test_weights_take_no_working_memory_wherever_they_stand(pair):
    pytest.importorskip("tflite_micro")
    inside, behind = pair
    assert arena_bytes(behind) == arena_bytes(inside) < 10_000


def test_tflite_micro_runs_on_the_weights_only_when_they_stand_inside(pair):
    runtime = pytest.importorskip("tflite_micro.python.tflite_micro").runtime
    inside, behind = (path.read_bytes() for path in pair)

    def answer(content):
        interpreter = runtime.Interpreter.from_bytes(content)
        details = interpreter.get_input_details(0)
        image = np.full(details["shape"], 1, details["dtype"])
        image[..., 7] = 100
        interpreter.set_input(image, 0)
        interpreter.invoke()
        return interpreter.get_output(0)

    right = answer(inside)
    assert right.argmax() == 7
    assert (answer(embedded(behind)) == right).all()
    assert (answer(behind) != right).any()
