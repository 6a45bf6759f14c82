"""A whole small campaign, TensorFlow's import, training and pruning included, killed at random.

Twice here; as often as DLMO_KILLS says for a longer look.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from measurements import plan
from measurements.production import RECEIPTS, sha256

KILLS = int(os.environ.get("DLMO_KILLS", "2"))
STRATEGIES = ("nq", "blq", "prn")

DRIVER = """
import sys
from pathlib import Path
from measurements import campaign, scope
from measurements.timing import Repetition
task, protocol, folder = sys.argv[1:]
log = open(Path(folder, "log"), "a", buffering=1)
print("begins", file=log)

def watch(news):
    if news.progress and news.progress.epochs:
        print("epoch", news.progress.stage, news.progress.epoch, sep="\\t", file=log)
    elif news.stage == "measured":
        print("measured", news.where, sep="\\t", file=log)

campaign.run(scope.requested(
    networks=["vgg"], strategies=["nq", "blq", "prn"], tasks=(task,), protocol=protocol, devices=[],
    cache=Path(folder, "cache"), store=Path(folder, "store"),
    repetition=Repetition(processes=1, retakes=0, values=5, seconds=0.02),
), watch)
"""


@pytest.fixture(scope="module")
def start(tmp_path_factory, dusk):
    """Start a campaign that keeps all it does in one folder."""
    if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
        pytest.skip("needs the train extra")
    protocol = tmp_path_factory.mktemp("protocol") / "several.toml"
    protocol.write_text(
        "calibration_images = 100\n"
        "[recipe]\nepochs = 12\npruning_epochs = 8\naugmentation = ['crop']\n"
    )

    def run(folder):
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-c", DRIVER, str(dusk), str(protocol), str(folder)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    return run


def test_killed_at_any_moment_nothing_is_lost_repeated_or_half_written(start, tmp_path):
    began = time.monotonic()
    finish(start(tmp_path / "unhurt"))
    life, moments = time.monotonic() - began, random.Random(8)
    hashes, kills, rounds = result(tmp_path / "unhurt"), 0, 0
    while kills < KILLS:
        folder = tmp_path / f"round-{rounds}"
        is_first, began, run = not folder.exists(), time.monotonic(), start(folder)
        try:
            run.wait(timeout=moments.uniform(0, life))
        except subprocess.TimeoutExpired:
            run.send_signal(moments.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT)))
            run.communicate()
            kills += 1
        else:
            finish(run)
            if is_first:
                life = time.monotonic() - began  # as busy as the machine is now
        check(folder)
        if len(plan.held(folder / "store")) == len(STRATEGIES):
            rounds += 1  # all is measured: what follows is killed in a new round
    finish(start(tmp_path / f"round-{rounds}"))
    for folder in tmp_path.glob("round-*"):
        check(folder)
        assert result(folder) == hashes
        assert not [path for path in folder.rglob(".*") if path.is_file()]


def finish(run):
    _, errors = run.communicate()
    assert run.returncode == 0, errors.decode()


def result(folder):
    """Strategy -> the hash of its file."""
    records = plan.held(folder / "store")
    assert [record.failure for record in records] == [""] * len(STRATEGIES)
    return {record.strategy: record.environment["file_sha256"] for record in records}


def check(folder):
    """Hold a folder against what its campaign said of itself while it lived."""
    cells = Counter(record.strategy for record in plan.held(folder / "store"))
    assert set(cells.values()) <= {1}
    assert {path.suffix for path in (folder / "store").rglob("*")} <= {".jsonl"}
    done, begun, told = [], set(), Counter()
    for line in (folder / "log").read_text().splitlines() if (folder / "log").exists() else ():
        kind, *words = line.split("\t")
        if kind == "begins":
            begun = set()
        elif kind == "measured":
            told[words[0]] += 1
        elif words[0] in begun:
            done.append(tuple(words))
        else:
            begun.add(words[0])  # where a training stood when it was taken up
    # An epoch that was once done is never done again: a kill costs the one that it fell into.
    assert len(set(done)) == len(done)
    assert set(told.values()) <= {1}
    # Whatever stands under its own name is whole.
    receipts = folder / "cache" / RECEIPTS
    for line in receipts.read_bytes().splitlines(keepends=True) if receipts.exists() else ():
        if line.endswith(b"\n"):
            receipt = json.loads(line)
            assert sha256(Path(receipt["made"]["path"])) == receipt["sha256"]
    for path in (folder / "cache").rglob("weights.npz"):
        with np.load(path, allow_pickle=False) as file:
            assert int(file["epoch"]) > 0
            assert all(file[name] is not None for name in file.files)
