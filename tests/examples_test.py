"""The worked examples, run as a user would run them."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with commands, a protocol of one epoch and a cache for both deployments."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "small.toml").write_text(
        "calibration_images = 100\n"
        "[recipe]\nepochs = 1\npruning_epochs = 1\nqat_epochs = 1\naugmentation = []\n"
    )
    (folder / "bin").mkdir()
    for command, module in (
        ("dlmo-advise", "recommender.cli"),
        ("dlmo-measure", "recommender.measuring"),
    ):
        script = folder / "bin" / command
        script.write_text(
            f"#!{sys.executable}\nimport sys\nfrom {module} import main\nsys.exit(main())\n"
        )
        script.chmod(0o755)
    (folder / "bin" / "python3").symlink_to(sys.executable)
    return folder


def ran(place, *command, **more):
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(EXAMPLES.parent), **more}
    return subprocess.run(
        command, capture_output=True, text=True, cwd=place, env=environment, check=False
    )


def in_python(place, *words):
    command = [sys.executable, str(EXAMPLES / "deploy.py"), "python-build", *words]
    return ran(place, *command, "--cache", "cache", "--protocol", "small.toml")


def in_shell(place, *words):
    command = ["sh", str(EXAMPLES / "deploy.sh"), "shell-build", *words]
    return ran(place, *command, CACHE="cache", PROTOCOL="small.toml")


@pytest.mark.parametrize("deploy", [in_python, in_shell])
def test_a_deployment_ends_with_a_file_or_a_reason(place, deploy):
    if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
        pytest.skip("needs the train extra")
    ended = deploy(place, "--max-size", "20KB")
    if ended.returncode:  # the machine may be busy: then it is the latency, and it says so
        assert "not deployed" in ended.stderr, ended.stderr
        assert "latency" in ended.stderr + ended.stdout, ended.stderr
    else:
        assert "deployed" in ended.stdout
    folder = place / ("python-build" if deploy is in_python else "shell-build")
    assert (folder / "card.json").is_file()
    assert list(folder.glob("*.tflite"))


@pytest.mark.parametrize("deploy", [in_python, in_shell])
def test_a_deployment_that_can_not_be_says_what_would_change_that(place, deploy):
    ended = deploy(place, "--max-size", "1KB")
    assert ended.returncode == 1
    assert "not deployed: nothing fits" in ended.stderr
    assert "max_size_kb" in ended.stderr


def test_a_wrong_question_has_its_own_status(place):
    ended = in_shell(place, "--max-size", "large")
    assert ended.returncode == 2
    assert "the question is wrong" in ended.stderr


def test_the_front_is_drawn(place):
    ended = ran(place, sys.executable, str(EXAMPLES / "front.py"), "front.svg")
    assert ended.returncode == 0, ended.stderr
    assert "vgg" in ended.stdout
    assert (place / "front.svg").read_text(encoding="utf-8").startswith("<?xml")
