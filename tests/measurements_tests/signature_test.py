from pathlib import Path

import pytest

from measurements.signature import with_signature

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")

REAL = (Path(__file__).parent / "files" / "small.tflite").read_bytes()


def test_a_file_with_one_stays_as_it_is():
    assert with_signature(REAL) == REAL


def test_a_file_without_one_gets_one_and_computes_the_same(unsigned):
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    signed = with_signature(unsigned)
    assert Interpreter(model_content=unsigned).get_signature_list() == {}
    (names,) = Interpreter(model_content=signed).get_signature_list().values()
    assert names == {"inputs": ["image0"], "outputs": ["scores0"]}
    image = np.random.default_rng(0).random((1, 32, 32, 3), dtype=np.float32)
    scores = []
    for content in (REAL, signed):
        model = Interpreter(model_content=content)
        model.allocate_tensors()
        model.set_tensor(model.get_input_details()[0]["index"], image)
        model.invoke()
        scores.append(model.get_tensor(model.get_output_details()[0]["index"]))
    assert np.array_equal(*scores)
