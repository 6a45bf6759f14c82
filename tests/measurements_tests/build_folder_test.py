from dataclasses import replace
from pathlib import Path

import pytest

from measurements import build_folder, model_card
from measurements.errors import HarnessError
from measurements.model_card import Card
from measurements.protocol import path_of

CARD = Card(
    network="vgg",
    strategy="prn+blq",
    task="pets",
    classes=2,
    seed=0,
    protocol="quick@0123",
    data_sha256="ab",
    n_train=10,
    n_test=5,
    file="vgg-prn-blq.tflite",
    sha256="cd",
    device="x86_64-xnnpack-1t",
    figures=(),
    noisy=False,
    environment={},
)


def write(folder, **more):
    common = {"labels": ("cat", "dög"), "protocol": path_of("quick")}
    build_folder.write(folder, CARD, b"content", **(common | more))


def test_all_that_belongs_together_lies_in_it(tmp_path):
    write(tmp_path / "deep" / "built", embedded=b"content")
    folder = tmp_path / "deep" / "built"
    assert {path.name for path in folder.iterdir()} == {
        "card.json", "README.md", "labels.txt", "protocol.toml",
        "vgg-prn-blq.tflite", "vgg_prn_blq.cc", "vgg_prn_blq.h",
    }  # fmt: skip
    assert (folder / "vgg-prn-blq.tflite").read_bytes() == b"content"
    assert (folder / "labels.txt").read_text(encoding="utf-8") == "cat\ndög\n"
    assert model_card.read(folder) == CARD
    assert [path.name for path in folder.parent.iterdir()] == ["built"]


def test_an_earlier_build_is_replaced_whole(tmp_path):
    write(tmp_path / "built", embedded=b"content")
    build_folder.check_free(tmp_path / "built")
    write(tmp_path / "built")
    assert not list((tmp_path / "built").glob("*.cc"))


def test_one_that_fails_leaves_the_earlier_one(tmp_path):
    write(tmp_path / "built")
    with pytest.raises(HarnessError, match="can't be written"):
        write(tmp_path / "built", protocol=tmp_path / "nowhere.toml")
    assert model_card.read(tmp_path / "built") == CARD
    assert [path.name for path in tmp_path.iterdir()] == ["built"]


def test_the_file_of_an_own_network_is_taken_along(tmp_path):
    (tmp_path / "my net.tflite").write_bytes(b"mine")
    write(tmp_path / "built", source=tmp_path / "my net.tflite")
    card = replace(CARD, source=build_folder.place_of(tmp_path / "my net.tflite"))
    found = build_folder.source_of(tmp_path / "built", card)
    assert found == str(tmp_path / "built" / "source" / "my net.tflite")
    assert Path(found).read_bytes() == b"mine"
    outside = replace(CARD, source="source/../../elsewhere.tflite")
    assert build_folder.source_of(tmp_path, outside) == str(tmp_path / "source/elsewhere.tflite")
    assert build_folder.source_of(tmp_path, replace(CARD, source="nets:small")) == "nets:small"


def test_what_is_no_build_stays(tmp_path):
    for name in ("mine.txt", "labels.txt"):
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        (folder / name).write_text("mine")
        with pytest.raises(HarnessError, match="something else than a build"):
            build_folder.check_free(folder)
    write(tmp_path / "built")
    (tmp_path / "built" / "notes.txt").write_text("mine")
    with pytest.raises(HarnessError, match=r"something else than a build, notes\.txt"):
        build_folder.check_free(tmp_path / "built")
    with pytest.raises(HarnessError, match="a file is in the way"):
        build_folder.check_free(tmp_path / "mine" / "mine.txt")


def test_a_place_that_can_not_be_made_is_refused_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="can't be made"):
        build_folder.check_free(tmp_path / "file" / "built")
