import numpy as np
import pytest

pytest.importorskip("litert_quantizer")
pytest.importorskip("tensorflow")

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from measurements import graph
from measurements.errors import ConversionError
from measurements.quantize import QUANTIZING, quantize
from measurements.strategy import QUANTIZERS
from measurements.training import networks
from measurements.training.convert import to_tflite

IMAGES = np.random.default_rng(0).integers(0, 256, (100, 32, 32, 3), np.uint8)


def outputs(content, images):
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    found = []
    for image in images:
        values = image[None] / np.float32(255)
        if taken["dtype"] == np.int8:
            scale, zero = taken["quantization"]
            values = np.clip(np.rint(values / scale + zero), -128, 127).astype(np.int8)
        interpreter.set_tensor(taken["index"], values)
        interpreter.invoke()
        raw = interpreter.get_tensor(given["index"])[0]
        scale, zero = given["quantization"]
        found.append((raw.astype(np.float32) - zero) * scale if raw.dtype == np.int8 else raw)
    return np.array(found)


@pytest.fixture(name="model", scope="module")
def _model():
    made = networks.build("vgg", 10)
    networks.perturb(made)
    networks.settle(made, IMAGES / np.float32(255))
    return made


@pytest.fixture(name="plain", scope="module")
def _plain(model):
    return to_tflite(model)


def test_every_quantizer_has_a_way():
    assert set(QUANTIZING) == set(QUANTIZERS)


@pytest.mark.parametrize(("technique", "ratio"), [("blq", 0.31), ("fiq", 0.33), ("f16", 0.54)])
def test_files_shrink_and_answers_stay(plain, technique, ratio):
    small = quantize(plain, technique, IMAGES)
    assert len(small) == pytest.approx(len(plain) * ratio, rel=0.03)
    want, got = outputs(plain, IMAGES[:20]), outputs(small, IMAGES[:20])
    assert np.abs(got - want).max() < 0.1 * np.ptp(want)
    assert graph.read(small).layers == graph.read(plain).layers


def test_no_float_is_left_in_a_fully_quantized_graph(plain):
    main = schema.ModelT.InitFromPackedBuf(bytearray(quantize(plain, "fiq", IMAGES)), 0).subgraphs[
        0
    ]
    assert schema.TensorType.FLOAT32 not in {tensor.type for tensor in main.tensors}


def test_the_same_input_gives_the_same_bytes(plain):
    assert quantize(plain, "fiq", IMAGES) == quantize(plain, "fiq", IMAGES / np.float32(255))


def test_a_dead_channel_keeps_its_bias(model, plain):
    layer = next(x for x in model.layers if x.name == "conv2d_3")
    kept = layer.get_weights()
    kernel = kept[0].copy()
    kernel[..., ::2] = 0
    layer.set_weights([kernel, *kept[1:]])
    dead = to_tflite(model)
    layer.set_weights(kept)
    want, got = outputs(dead, IMAGES[:20]), outputs(quantize(dead, "fiq", IMAGES), IMAGES[:20])
    assert np.abs(got - want).max() < 0.05 * np.ptp(want)


@pytest.mark.parametrize("images", [None, IMAGES[:99]])
def test_calibration_needs_images(plain, images):
    with pytest.raises(ConversionError, match="calibration images; 100 to 500 settle"):
        quantize(plain, "fiq", images)


def test_unknown_quantization_is_named(plain):
    with pytest.raises(ConversionError, match="unknown quantization 'blk'; did you mean 'blq'"):
        quantize(plain, "blk")


@pytest.mark.parametrize("technique", sorted(QUANTIZING))
def test_what_is_no_model_gives_one_sentence(technique):
    with pytest.raises(ConversionError, match=f"{technique}: can't be quantized") as caught:
        quantize(b"\0" * 100, technique, IMAGES)
    assert "\n" not in str(caught.value)


def test_nothing_is_written_to_the_terminal(plain, capfd):
    quantize(plain, "blq")
    assert "it/s" not in "".join(capfd.readouterr())
