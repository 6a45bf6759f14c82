from dataclasses import replace
from pathlib import Path

import pytest

from measurements import build_folder, rebuilding, subject
from measurements.device.local import LocalBoard
from measurements.errors import HarnessError, UnknownNameError
from measurements.model_card import Card
from measurements.own_network import FACTS, OUTPUTS, label
from measurements.production import sha256
from measurements.promise import Figure
from measurements.protocol import path_of
from measurements.record import Measurement

REAL = Path(__file__).parent / "files" / "small.tflite"
BOARD = LocalBoard(kernels="xnnpack", threads=1)
RECORD = Measurement(
    task="digits",
    network="vgg",
    strategy="blq",
    device=BOARD.name,
    accuracy=0.9,
    n_test=100,
    seed=4,
    protocol="quick@0123",
    environment={"data_sha256": "ab", "file_sha256": "cd"},
)


def built(folder, **more):
    content = b"content"
    (folder / "x").write_bytes(content)
    card = Card(
        network="vgg",
        strategy="blq",
        task="digits",
        classes=10,
        seed=4,
        protocol="quick@0123",
        data_sha256="ab",
        n_train=10,
        n_test=5,
        file="vgg-blq.tflite",
        sha256=sha256(folder / "x"),
        device=BOARD.name,
        figures=(Figure(name="file_bytes", value=1.0, low=1.0, high=1.0),),
        noisy=False,
        environment={},
    )
    card = replace(card, **more)
    source = REAL if card.source else None
    build_folder.write(
        folder / "built", card, content, labels="ab", protocol=path_of("quick"), source=source
    )
    return folder / "built", card


def test_a_build_says_how_it_was_made(tmp_path):
    folder, card = built(tmp_path)
    found = rebuilding.request_of(folder, tmp_path / "cache")
    assert (found.network, found.strategy, found.task, found.seed) == ("vgg", "blq", "digits", 4)
    assert found.protocol == str(folder / "protocol.toml")
    assert found.board == BOARD
    assert found.own is None
    assert found.promised.figures == card.figures
    assert found.promised.data_sha256 == "ab"


def test_an_own_network_is_built_from_the_file_in_the_folder(tmp_path):
    pytest.importorskip("ai_edge_litert")
    name = label("small", sha256(REAL))
    folder, _ = built(tmp_path, network=name, source="source/small.tflite")
    found = rebuilding.request_of(folder, tmp_path / "cache")
    assert found.own.name == name
    assert Path(found.own.source.word) == folder / "source" / "small.tflite"
    (folder / "source" / "small.tflite").write_bytes((REAL.parent / "crash.tflite").read_bytes())
    with pytest.raises(HarnessError):
        rebuilding.request_of(folder, tmp_path / "cache")


def test_a_file_that_is_another_one_is_refused(tmp_path):
    folder, card = built(tmp_path)
    (folder / card.file).write_bytes(b"other")
    with pytest.raises(HarnessError, match="not the file that its card describes"):
        rebuilding.request_of(folder, tmp_path)


def test_a_record_says_it_too(tmp_path):
    found = rebuilding.request_of_record(RECORD, tmp_path)
    assert (found.network, found.protocol, found.seed) == ("vgg", "quick", 4)
    assert [figure.name for figure in found.promised.figures] == ["accuracy_pct"]
    assert (found.promised.data_sha256, found.promised.sha256) == ("ab", "cd")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"failure": "no memory"}, "is a failure: no memory"),
        ({"device": "sensors-2022"}, "somebody else has measured"),
        ({"environment": {FACTS: {OUTPUTS: 3}}}, "name it with --network"),
    ],
)
def test_records_that_can_not_be_taken_again(change, words, tmp_path):
    assert subject.is_published("sensors-2022")
    with pytest.raises(HarnessError, match=words):
        rebuilding.request_of_record(replace(RECORD, **change), tmp_path)


def test_a_record_of_another_machine_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="unknown device"):
        rebuilding.request_of_record(replace(RECORD, device="riscv-xnnpack-1t"), tmp_path)
