import pytest

from measurements.device.arena import arena_bytes


@pytest.mark.parametrize("int8", [False, True])
def test_the_arena_of_a_model_it_covers(tflite, int8):
    pytest.importorskip("tflite_micro")
    small = arena_bytes(tflite("small", int8=int8))
    deep = arena_bytes(tflite("deep", int8=int8, layers=5))
    assert 500 < small < deep < 10_000


def test_unknown_is_none(tmp_path):
    (tmp_path / "no.tflite").write_bytes(b"no model")
    assert arena_bytes(tmp_path / "no.tflite") is None


def test_a_hang_is_none(tflite):
    assert arena_bytes(tflite(), silence_s=0.01) is None
