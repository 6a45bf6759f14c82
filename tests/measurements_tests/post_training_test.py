"""Files of a .tflite, made in the child that production starts."""

from pathlib import Path

import pytest

from measurements import graph
from measurements.own_network import label, source_of
from measurements.production import Order, produce, sha256

pytest.importorskip("litert_quantizer")


@pytest.fixture(name="order")
def _order(tmp_path, unsigned, small_protocol, dusk):
    (tmp_path / "mine.tflite").write_bytes(unsigned)
    source = source_of(str(tmp_path / "mine.tflite"))

    def order(*strategies, name=None):
        return Order(
            network=name or label(source.stem, sha256(tmp_path / "mine.tflite")),
            strategies=strategies,
            task=str(dusk),
            protocol=str(small_protocol),
            seed=0,
            data_dir=None,
            cache=str(tmp_path / "cache"),
            content="protocol and data",
            source=source.word,
        )

    return order


def made(order):
    return {m.strategy: m for m in produce(order, lambda _: None)}


def test_every_strategy_that_needs_no_training(order, unsigned):
    found = made(order("nq", "blq", "fiq", "f16"))
    assert [m.failure for m in found.values()] == [""] * 4
    assert Path(found["nq"].path).read_bytes() == unsigned
    for slug in ("blq", "fiq", "f16"):
        facts = graph.read(found[slug].path)
        assert facts.quantizer == slug
        assert facts.macs == graph.read(unsigned).macs


def test_what_needs_training_fails_alone(order):
    found = made(order("prn", "blq"))
    assert "what can: nq, blq, fiq, f16" in found["prn"].failure
    assert found["blq"].path


def test_a_file_of_8_bits_is_what_it_is(order, tmp_path):
    whole = Path(made(order("blq"))["blq"].path)
    (tmp_path / "mine.tflite").write_bytes(whole.read_bytes())
    found = made(order("blq", "fiq"))
    assert sha256(Path(found["blq"].path)) == sha256(tmp_path / "mine.tflite")
    assert "fiq can't be made of a .tflite that is blq" in found["fiq"].failure


def test_a_file_that_has_changed_is_refused(order):
    found = made(order("blq", name="mine@00000000"))
    assert "has changed meanwhile" in found["blq"].failure
