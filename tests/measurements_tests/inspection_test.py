import os
import random
from pathlib import Path

import pytest

import measurements.inspection
from measurements.errors import DlmoError, HarnessError
from measurements.inspection import inspect, inspect_all
from measurements.own_network import OwnNetwork, source_of

pytest.importorskip("ai_edge_litert")

MUTATIONS = int(os.environ.get("DLMO_MUTATIONS", "200"))
"""Broken files tried; 1,000 take half a minute."""

FILES = Path(__file__).parent / "files"
REAL = (FILES / "small.tflite").read_bytes()
"""A network of three layers as TensorFlow's converter wrote it."""
CRASHING = (FILES / "crash.tflite").read_bytes()
"""The same, one of its bytes changed: it brought the runtime down with SIGSEGV."""


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return source_of(str(path))


def mutated(content, chance):
    """Cut off, bytes overwritten, bytes taken out, words swapped, offsets made large."""
    found = bytearray(content)
    kind = chance.randrange(5)
    if kind == 0:
        return bytes(found[: chance.randrange(len(found))])
    if kind == 1:
        for _ in range(chance.choice((1, 4, 32))):
            found[chance.randrange(len(found))] = chance.randrange(256)
    elif kind == 2:
        start = chance.randrange(len(found))
        del found[start : start + chance.randrange(1, 64)]
    elif kind == 3:
        one, other = (4 * chance.randrange(len(found) // 8) for _ in range(2))
        found[one : one + 4], found[other : other + 4] = (
            found[other : other + 4],
            found[one : one + 4],
        )
    else:
        start = 4 * chance.randrange(len(found) // 4)
        found[start : start + 4] = chance.choice((b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xff" * 4))
    return bytes(found)


def test_facts_of_a_file_that_is_whole(tmp_path):
    found = inspect(written(tmp_path, "my net.tflite", REAL))
    assert found.name.startswith("my_net@")
    assert found.classes == 10
    assert found.facts.input_shape == (32, 32, 3)
    assert (found.facts.layers, found.head) == (3, 10)
    assert found.facts.parameters(10) == 3 * 3 * 3 * 8 + 8 + 3 * 3 * 8 + 8 + 8 * 10 + 10 - 18
    assert found.file_bytes == len(REAL)
    assert [s.slug for s in found.strategies] == ["nq", "blq", "fiq", "f16"]


def test_broken_files_are_refused_in_a_sentence_and_harm_nothing(tmp_path):
    chance = random.Random(0)
    sources = [written(tmp_path, f"{i}.tflite", mutated(REAL, chance)) for i in range(MUTATIONS)]
    here = set(os.listdir())
    found = list(inspect_all(sources))
    refused = [
        (source, outcome)
        for source, outcome in zip(sources, found, strict=True)
        if not isinstance(outcome, OwnNetwork)  # a weight was hit: still a network
    ]
    assert len(refused) > MUTATIONS / 4
    for source, error in refused:
        assert isinstance(error, DlmoError)
        assert Path(source.word).name in str(error)
        assert "\n" not in str(error)
        assert "Traceback" not in str(error)
    assert set(os.listdir()) == here
    assert {p.name for p in tmp_path.iterdir()} == {Path(s.word).name for s in sources}


def test_what_brings_the_child_down_costs_the_one_file(tmp_path):
    sources = [
        written(tmp_path, name, content)
        for name, content in (
            ("a.tflite", REAL),
            ("b.tflite", CRASHING),
            ("c.tflite", REAL),
            ("d.tflite", CRASHING),
        )
    ]
    a, b, c, d = inspect_all(sources)
    assert isinstance(a, OwnNetwork)
    assert isinstance(c, OwnNetwork)
    for error, name in ((b, "b.tflite"), (d, "d.tflite")):
        assert isinstance(error, HarnessError)
        assert name in str(error)


def test_a_file_gets_so_much_time_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(measurements.inspection, "CPU_SECONDS", 0)
    with pytest.raises(HarnessError, match=r"real\.tflite: killed by SIGXCPU"):
        inspect(written(tmp_path, "real.tflite", REAL))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"not a \.tflite file"),
        (b"PK\x03\x04 is a zip", r"not a \.tflite file"),
        (b"\x1c\0\0\0TFL3", "broken"),
        (REAL[: len(REAL) // 2], "broken|can't run"),
    ],
)
def test_what_is_no_network(tmp_path, content, words):
    with pytest.raises(HarnessError, match=words):
        inspect(written(tmp_path, "odd.tflite", content))


def test_what_is_no_classifier_of_images(tmp_path, tflite):
    with pytest.raises(HarnessError, match="takes input of shape 1 x 1 x 1 x 10"):
        inspect(source_of(str(tflite("ten"))))


def test_saved_models_and_functions_want_tensorflow(tmp_path, monkeypatch):
    (tmp_path / "tf_keras").mkdir()
    (tmp_path / "tf_keras" / "__init__.py").write_text("raise ImportError('no such thing here')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(HarnessError, match="TensorFlow is needed for it"):
        inspect(source_of("anything:build"))
