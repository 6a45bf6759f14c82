"""Networks of the user's own through the command lines, TensorFlow out of reach."""

import json
import os
import platform
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = ROOT / "tests" / "measurements_tests" / "files" / "small.tflite"
MODULES = {"dlmo-advise": "recommender.cli", "dlmo-measure": "recommender.measuring"}
DEVICE = f"{platform.machine()}-xnnpack-1t"
LIMITS = ["--max-size", "500KB", "--max-latency", "50ms", "--top", "20"]

if find_spec("litert_quantizer") is None:
    pytest.skip("needs ai-edge-litert and litert-quantizer", allow_module_level=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a stranger's file in it, where no TensorFlow can be imported."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "stranger.tflite").write_bytes(REAL.read_bytes())
    (folder / "small.toml").write_text("calibration_images = 100\n")
    for name in ("tensorflow", "tf_keras", "keras"):
        (folder / "without" / name).mkdir(parents=True)
        (folder / "without" / name / "__init__.py").write_text("raise ImportError('blocked')\n")
    return folder


def ran(place, command, *words):
    path = os.pathsep.join([str(place / "without"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", MODULES[command], *words],
        capture_output=True,
        text=True,
        cwd=place,
        env={**os.environ, "PYTHONPATH": path, "XDG_CACHE_HOME": str(place / "cache")},
        check=False,
    )


def answer(place, *words):
    ended = ran(place, "dlmo-advise", *words, *LIMITS, "--format", "json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout), ended.stderr


@pytest.fixture(scope="module")
def advised(place):
    return answer(place, "--network", "stranger.tflite", "--task", "cifar10")


def test_tensorflow_is_out_of_reach(place):
    code = "import tensorflow"
    path = {**os.environ, "PYTHONPATH": str(place / "without")}
    ended = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True)
    assert "blocked" in ended.stderr


def test_a_strangers_file_gets_advice_for_its_post_training_strategies(advised):
    found, said = advised
    candidates = [found["pick"], *found["alternatives"]]
    assert {c["network"].split("@")[0] for c in candidates} == {"stranger"}
    assert {c["strategy"] for c in candidates} == {"nq", "blq", "fiq", "f16"}
    assert {c["evidence"] for c in candidates} == {"predicted"}
    assert "3 layers" in said
    assert "10 classes" in said


def test_what_is_known_is_not_predicted(advised):
    found, _ = advised
    plain = next(c for c in [found["pick"], *found["alternatives"]] if c["strategy"] == "nq")
    assert plain["file_kb"]["value"] == pytest.approx(REAL.stat().st_size / 1000, rel=1e-3)
    assert plain["file_kb"]["low"] == plain["file_kb"]["high"]
    # Activations: 16 x 16 x 8 float32 of two layers, and the fused ones between them.
    assert plain["ram_kb"] is not None


def test_the_same_question_gives_the_same_bytes(place, advised):
    again, _ = answer(place, "--network", "stranger.tflite", "--task", "cifar10")
    assert again == advised[0]


def test_it_takes_its_place_beside_the_shipped_ones(place):
    found, _ = answer(place, "--network", "stranger.tflite,vgg", "--task", "cifar10")
    names = {c["network"].split("@")[0] for c in [found["pick"], *found["alternatives"]]}
    assert names == {"stranger", "vgg"}


def test_other_classes_than_the_tasks_are_remarked(place):
    _, said = answer(place, "--network", "stranger.tflite", "--task", "parking")
    assert "tells 10 classes apart, parking has 2" in said


def test_measured_once_it_is_a_measured_candidate(place, advised):
    words = ["--networks", "stranger.tflite", "--protocol", "small.toml", "--out", "store"]
    ended = ran(place, "dlmo-measure", "run", *words, "--cache", "made", "--quiet")
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) == 4  # the paper's seven, less those that need training
    # Its facts are in the records: the file need not be named any more, nor be there.
    words = ["--measurements", "shipped,store", "--device", DEVICE, "--task", "digits"]
    found, _ = answer(place, *words, "--top", "1000")
    mine = [c for c in [found["pick"], *found["alternatives"]] if "stranger" in c["network"]]
    assert {c["strategy"] for c in mine} <= {"nq", "blq", "fiq", "f16"}
    assert {c["evidence"] for c in mine} == {"measured"}
    assert found["query"]["task"] == "digits"


def test_built_and_verified_without_tensorflow(place):
    words = ["stranger.tflite+fiq", "-o", "built", "--protocol", "small.toml", "--cache", "made"]
    ended = ran(place, "dlmo-measure", "build", *words, "--quiet")
    assert ended.returncode == 0, ended.stderr
    (place / "stranger.tflite").rename(place / "gone.tflite")
    try:
        ended = ran(place, "dlmo-measure", "verify", "built", "--quiet")
    finally:
        (place / "gone.tflite").rename(place / "stranger.tflite")
    assert ended.returncode in (0, 1), ended.stderr  # its latency hangs on what else runs here
    assert "The file came out the same." in ended.stdout
    lines = ended.stdout.splitlines()
    assert "BROKEN" not in "".join(line for line in lines if not line.startswith("latency"))


def test_advice_builds_its_pick(place):
    words = ["--network", "stranger.tflite", "--task", "digits", "--min-accuracy", "20"]
    ended = ran(
        place, "dlmo-advise", *words, "--build", "picked", "--protocol", "small.toml",
        "--confidence", "0.5",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    card = json.loads((place / "picked" / "card.json").read_text(encoding="utf-8"))
    assert card["network"].startswith("stranger@")
    assert f"Deploy {card['network']}" in ended.stdout
    assert "built picked/" in ended.stderr
    # It was never trained: the forecast is of a network that was.
    assert "the built file breaks --min-accuracy 20" in ended.stderr


@pytest.mark.parametrize(
    ("word", "status", "sentence"),
    [
        ("nowhere.tflite", 2, "nowhere.tflite': no such file"),
        ("broken.tflite", 3, "broken"),
        ("vgh", 2, "did you mean 'vgg'"),
        ("nets:small", 3, "TensorFlow is needed"),
    ],
)
def test_what_is_no_network_is_refused_in_a_sentence(place, word, status, sentence):
    (place / "broken.tflite").write_bytes(REAL.read_bytes()[:1000])
    for command, option in (("dlmo-advise", ["--network", word]), ("dlmo-measure", [])):
        words = option or ["run", "--networks", word, "--out", "other"]
        ended = ran(place, command, *words)
        assert ended.returncode == status, ended.stderr
        assert sentence in ended.stderr
        assert "Traceback" not in ended.stderr


def test_what_can_not_be_done_to_it_is_said(place):
    words = ["stranger.tflite+prn", "-o", "built2", "--protocol", "small.toml"]
    ended = ran(place, "dlmo-measure", "build", *words)
    assert ended.returncode == 2
    assert "possible for it: nq, blq, fiq, f16" in ended.stderr
