"""A client that replays what a device printed; nobody has tried a device."""

import json
import re
import sys
from pathlib import Path

import pytest

from measurements.device import adb, base
from measurements.device.adb import TOOL, UNTRIED, AdbBoard
from measurements.device.address import AdbAddress, Setting
from measurements.device.base import Job
from measurements.device.latency import measure, time
from measurements.device.persistence import UnreachableError
from measurements.errors import DeviceError, UnknownNameError
from measurements.timing import Repetition

SESSIONS = 3
BRIEF = Repetition(values=SESSIONS * adb.VALUES_PER_SESSION, processes=1)
FILES = Path(__file__).parent / "files"
PROPERTIES = """[ro.build.version.release]: [14]
[ro.product.cpu.abi]: [arm64-v8a]
[ro.product.manufacturer]: [Google]
[ro.product.model]: [Pixel 8]
[ro.soc.model]: [Tensor G3]
"""
FAKE = """#!{python}
import json, pathlib, re, sys
place = pathlib.Path({place!r})
words = sys.argv[1:]
with (place / "asked.jsonl").open("a") as file:
    file.write(json.dumps(words) + "\\n")
assert words[:2] == ["-s", "R58M"], words
for rule in json.loads((place / "rules.json").read_text()):
    if re.search(rule["asked"], " ".join(words[2:])) and rule.get("times", 1):
        if "times" in rule:
            rules = json.loads((place / "rules.json").read_text())
            for one in rules:
                if one == rule:
                    one["times"] -= 1
            (place / "rules.json").write_text(json.dumps(rules))
        print(rule.get("out", ""), end="")
        print(rule.get("err", ""), end="", file=sys.stderr)
        sys.exit(rule.get("status", 0))
sys.exit("not recorded: " + " ".join(words))
"""


@pytest.fixture
def device(tmp_path, monkeypatch):
    """Sets what the device answers to which commands, the first that fits."""
    client = tmp_path / "bin" / "adb"
    client.parent.mkdir()
    client.write_text(FAKE.format(python=sys.executable, place=str(tmp_path)))
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{client.parent}:/usr/bin:/bin")
    usual = [
        {"asked": "^shell getprop$", "out": PROPERTIES},
        {"asked": "^shell sha256sum", "out": f"{'ab' * 32}  {TOOL}\n"},
        {"asked": "^shell cat /sys", "status": 1, "err": "cat: Permission denied"},
        {"asked": "^shell nproc$", "out": "9\n"},
        {"asked": "^push ", "out": "1 file pushed\n"},
        {"asked": "^shell (mkdir|rm)"},
        {"asked": "--graph=", "out": (FILES / "benchmark-model-2.8.log").read_text()},
    ]

    def answering(*rules):
        (tmp_path / "rules.json").write_text(json.dumps([*rules, *usual]))
        return tmp_path

    answering()
    return answering


def asked(place):
    lines = (place / "asked.jsonl").read_text().splitlines()
    return [" ".join(json.loads(line)[2:]) for line in lines]


def board(**fields):
    setting = Setting(**{k: fields.pop(k) for k in ("kernels", "threads") if k in fields})
    return AdbBoard(address=AdbAddress(serial="R58M"), setting=setting, **fields)


def test_timed_there_and_scored_here(device, tflite, lights):
    place = device()
    seen = measure(board(threads=4), tflite(), *lights, BRIEF)
    assert (seen.failure, seen.accuracy, seen.n_test) == ("", 1.0, 200)
    assert seen.latencies_s == (2.95034,) * SESSIONS
    found = seen.environment
    assert (found["machine"], found["processor"]) == ("arm64-v8a", "Tensor G3 (Google Pixel 8)")
    assert (found["cores"], found["governor"], found["threads"]) == (9, None, 4)
    assert found["untried"] == UNTRIED
    assert found["scored_on"].endswith("-xnnpack-1t")
    assert found["inferences_per_value"] == 50
    runs = [line for line in asked(place) if "--graph=" in line]
    assert len(runs) == SESSIONS
    assert "--num_threads=4 --use_xnnpack=true" in runs[0]
    assert asked(place)[-1].startswith("shell rm -rf ")


def test_models_take_turns(device, tflite):
    place = device()
    time(board(kernels="builtin"), [tflite("a"), tflite("b", layers=2)], BRIEF)
    graphs = [re.search(r"--graph=(\S+)", line) for line in asked(place)]
    graphs = [found[1] for found in graphs if found]
    assert graphs[0::2] == [graphs[0]] * SESSIONS
    assert graphs[1::2] == [graphs[1]] * SESSIONS
    assert graphs[0] != graphs[1]
    assert "--use_xnnpack=false" in asked(place)[-2]


def test_what_it_is_called():
    assert board(threads=4).name == "R58M-xnnpack-4t"
    assert board(called="phone").name == "phone"
    assert "untried on hardware" in board().device.title
    with pytest.raises(UnknownNameError, match="benchmark_model has no reference kernels"):
        board(kernels="reference")


@pytest.mark.parametrize(
    ("rule", "kind", "said"),
    [
        (
            {"asked": "", "err": "error: device 'R58M' not found\n", "status": 1},
            UnreachableError,
            "can't be reached: error: device 'R58M' not found",
        ),
        (
            {"asked": "", "err": "error: device unauthorized.\nThis adb…\n", "status": 1},
            DeviceError,
            "confirm on its screen",
        ),
        (
            {"asked": "sha256sum", "err": "No such file or directory\n", "status": 1},
            DeviceError,
            f"no benchmark_model there: adb push benchmark_model {TOOL}",
        ),
    ],
)
def test_what_the_user_has_to_mend(device, rule, kind, said):
    device(rule)
    with pytest.raises(kind, match=re.escape(said)):
        base.check(board())


def test_without_a_client_it_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceError, match="no command 'adb'"):
        base.check(board())


OFFLINE = {"asked": "--graph=", "err": "error: device offline\n", "status": 1}
FULL = {
    "asked": "^push",
    "err": "adb: error: failed to copy 'x': remote write failed: No space left on device\n",
    "status": 1,
}


@pytest.mark.parametrize("rule", [OFFLINE, FULL])
def test_what_is_nobody_s_fault_is_tried_again_and_then_costs_that_model(device, tflite, rule):
    device({**rule, "times": 1})
    (seen,) = time(board(pauses_s=(0, 0)), [tflite()])
    assert not seen.failure
    device(rule)
    (seen,) = time(board(pauses_s=(0, 0)), [tflite()])
    assert re.match("error: device offline in timing|no space left on the device", seen.failure)


def test_a_model_that_the_tool_can_not_run_is_the_models_fault(device, tflite):
    place = device({"asked": "--graph=", "err": "ERROR: bad\nAborted\n", "status": 134})
    (seen,) = time(board(pauses_s=(60,)), [tflite()])
    assert seen.failure == "ended with status 134 in timing: Aborted"
    assert len([line for line in asked(place) if "--graph=" in line]) == 1
    device({"asked": "--graph=", "out": "STARTING!\n"})
    (seen,) = time(board(), [tflite()])
    assert seen.failure == "benchmark_model printed no latency in timing"


def test_names_are_quoted_for_the_shell_there(device, tflite):
    place = device()
    evil = AdbBoard(
        address=AdbAddress(serial="R58M"), setting=Setting(folder="/data/local/tmp/a; reboot")
    )
    list(evil.answers(Job(models=(tflite(),))))
    used = [line for line in asked(place) if "reboot" in line and line.startswith("shell")]
    assert used
    assert all("'/data/local/tmp/a; reboot" in x or "'--graph=/data" in x for x in used)
