"""Building and verifying through the command line, with TensorFlow and a child that times."""

import json
from importlib.util import find_spec

import pytest

from measurements import deployment
from measurements.cli import main
from measurements.production import sha256

if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
    pytest.skip("needs the train extra", allow_module_level=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("deployment")


@pytest.fixture(scope="module", autouse=True)
def _hurried():
    """How many sessions a promise takes is for other tests to say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deployment, "TAKES", 2)
        patch.setattr(deployment, "MOST_TAKES", 2)
        yield


@pytest.fixture(scope="module")
def built(place, dusk, small_protocol):
    """A build, made once."""
    words = ["build", "vgg+blq", "-o", str(place / "built"), "--task", str(dusk), "--c-array"]
    words += ["--protocol", str(small_protocol), "--cache", str(place / "cache"), "--quiet"]
    assert main(words) == 0
    return place / "built"


def card_of(folder):
    return json.loads((folder / "card.json").read_text(encoding="utf-8"))


def rewrite(built, folder, change):
    """A copy of a build with another card."""
    folder.mkdir()
    for path in built.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    card = card_of(built)
    change(card)
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def patient(card):
    """Promise of latency no more than that there is one: the machine may be busy."""
    for figure in card["figures"]:
        if figure["name"] == "latency_ms":
            figure |= {"low": 0.0, "high": 1e9}


def verify(folder, dusk, place):
    words = ["verify", str(folder), "--task", str(dusk), "--cache", str(place / "cache")]
    return main([*words, "--quiet"])


def test_a_build_is_whole(built):
    names = {path.name for path in built.iterdir()}
    assert names == {
        "README.md", "card.json", "labels.txt", "protocol.toml", "vgg-blq.tflite",
        "vgg_blq.cc", "vgg_blq.h",
    }  # fmt: skip
    card = card_of(built)
    assert card["sha256"] == sha256(built / "vgg-blq.tflite")
    assert {f["name"] for f in card["figures"]} >= {"accuracy_pct", "file_bytes", "latency_ms"}
    assert (built / "labels.txt").read_text().splitlines() == ["0", "1"]
    assert card["classes"] == 2
    assert card["environment"]["versions"]
    assert not [path for path in built.parent.iterdir() if path.name.startswith(".built")]


def test_promises_that_hold(built, place, dusk, tmp_path, capsys):
    folder = rewrite(built, tmp_path / "patient", patient)
    assert verify(folder, dusk, place) == 0
    said = capsys.readouterr().out
    assert said.count("holds") == len(card_of(built)["figures"])
    assert "The file came out the same." in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_broken_promise_stops_the_pipeline(built, place, dusk, tmp_path, capsys):
    def boast(card):
        patient(card)
        card["figures"][0] |= {"low": 101.0, "high": 102.0}

    folder = rewrite(built, tmp_path / "boast", boast)
    assert verify(folder, dusk, place) == 1
    said = capsys.readouterr().out
    assert said.count("BROKEN") == 1
    assert "accuracy" in next(line for line in said.splitlines() if "BROKEN" in line)


def test_a_fresh_cache_gives_the_same_bytes(built, place, dusk, tmp_path, capsys):
    folder = rewrite(built, tmp_path / "patient", patient)
    assert main(["verify", str(folder), "--task", str(dusk), "--quiet"]) == 0
    assert "The file came out the same." in capsys.readouterr().out


def test_what_is_not_the_card_s_is_refused(built, place, dusk, tmp_path, capsys):
    folder = rewrite(built, tmp_path / "other", patient)
    (folder / "vgg-blq.tflite").write_bytes(b"TFL3")
    assert verify(folder, dusk, place) == 3
    assert "not the file that its card describes" in capsys.readouterr().err

    def other_data(card):
        card["data_sha256"] = "0" * 16

    assert verify(rewrite(built, tmp_path / "data", other_data), dusk, place) == 3
    assert "other data than those of the promise" in capsys.readouterr().err

    folder = rewrite(built, tmp_path / "protocol", patient)
    (folder / "protocol.toml").write_text("calibration_images = 101\n")
    assert verify(folder, dusk, place) == 3
    assert "the promise was made with protocol small@" in capsys.readouterr().err


def test_a_record_is_verified_too(place, dusk, small_protocol, capsys):
    common = ["--protocol", str(small_protocol), "--cache", str(place / "cache"), "--quiet"]
    store = str(place / "store")
    cell = ["--networks", "vgg", "--strategies", "blq", "--tasks", str(dusk)]
    assert main(["run", *cell, "--out", store, *common]) == 0
    (path,) = (place / "store").glob("*.jsonl")
    from measurements import read

    (record,) = read(path)
    capsys.readouterr()
    words = ["verify", record.id, "--measurements", store, "--task", str(dusk), *common]
    assert main(words) in (0, 1)  # its latency hangs on what else runs here
    said = capsys.readouterr().out
    assert "The file came out the same." in said
    assert "BROKEN" not in "".join(x for x in said.splitlines() if not x.startswith("latency"))


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["build", "vgh", "-o", "x"], 2, "did you mean 'vgg'"),
        (["build", "vgg+zip", "-o", "x"], 2, "unknown technique 'zip'"),
        (["build", "vgg", "-o", "x", "--task", "nothing"], 2, "nothing"),
        (["build", "vgg", "-o", "x", "--protocol", "nothing"], 3, "protocol 'nothing'"),
        (["verify", "nothing"], 2, "neither a folder nor the id of a record"),
    ],
)
def test_wrong_words_are_refused_in_a_sentence(words, status, sentence, capsys, tmp_path):
    words = [str(tmp_path / "x") if word == "x" else word for word in words]
    assert main([*words, "--quiet"]) == status
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_what_is_no_build_is_not_overwritten(tmp_path, dusk, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["build", "vgg", "-o", str(tmp_path), "--task", str(dusk), "--quiet"]) == 3
    assert "holds something else than a build" in capsys.readouterr().err
    assert main(["verify", str(tmp_path), "--quiet"]) == 3
    assert "no build" in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text() == "mine"
