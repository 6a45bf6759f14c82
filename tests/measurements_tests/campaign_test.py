import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from measurements import campaign, plan
from measurements.child import answers
from measurements.dataset import append
from measurements.device.base import request
from measurements.device.local import LocalBoard
from measurements.environment import used
from measurements.errors import DlmoError, HarnessError
from measurements.scope import Campaign, requested, wanted
from measurements.timing import Repetition

KILLS = 50
BRIEF = Repetition(processes=1, values=5, seconds=0.02)


@pytest.fixture(scope="module")
def small(tmp_path_factory, dusk, small_protocol):
    """A campaign of four cells on two boards whose files are in its cache already."""
    if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
        pytest.skip("needs the train extra")
    folder = tmp_path_factory.mktemp("campaign")
    whole = requested(
        networks=["vgg"],
        strategies=["nq", "blq"],
        tasks=(str(dusk),),
        devices=[LocalBoard(kernels=k, threads=1).name for k in ("builtin", "xnnpack")],
        protocol=str(small_protocol),
        store=folder / "store",
        cache=folder / "cache",
    )
    campaign.run(whole)
    return whole


DRIVER = """
import sys
from pathlib import Path
from measurements import campaign, scope
from measurements.timing import Repetition
task, protocol, cache, store = sys.argv[1:]
campaign.run(scope.requested(
    networks=["vgg"], strategies=["nq", "blq"], tasks=(task,), protocol=protocol, cache=Path(cache),
    devices={devices}, store=Path(store),
    repetition=Repetition(processes=1, values=5, seconds=0.02),
))
"""


def driver(one: Campaign):
    """The command that runs a campaign in a process of its own, timing briefly."""
    script = DRIVER.format(devices=[board.name for board in one.boards])
    return [sys.executable, "-c", script, one.tasks[0], one.protocol, one.cache, one.store]


def everything(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


def test_records_say_all_that_was_found(small):
    records = plan.held(small.store)
    assert len(records) == 4
    for record in records:
        assert not record.failure
        assert (record.task, record.n_test, record.n_train) == ("dusk", 50, 256)
        assert record.accuracy * 50 == pytest.approx(round(record.accuracy * 50))
        assert record.accuracy >= 0.5
        assert record.compressed_bytes < record.file_bytes
        assert len(record.latencies_s) >= 50
        assert 50 <= len(record.single_latencies_s) <= 200
        assert record.protocol.startswith("small@")
        assert record.source.startswith("dlmo-measure")
        assert record.environment["kernels"] in record.device
        assert len(record.environment["file_sha256"]) == 64
        assert record.environment["measure_seconds"] > 0
    assert sum(record.environment["train_seconds"] for record in records) > 0
    by_strategy = {record.strategy: record for record in records}
    assert by_strategy["blq"].file_bytes < by_strategy["nq"].file_bytes


def test_a_second_run_measures_nothing(small):
    before = [path.read_bytes() for path in everything(small.store)]
    assert campaign.run(small) == []
    assert [path.read_bytes() for path in everything(small.store)] == before


def test_what_was_recorded_tells_the_cost_of_the_next(small, tmp_path):
    other = replace(small, store=tmp_path)
    cells = wanted(other)
    assert all(cost > 0 for cost in plan.costs(cells, plan.held(small.store)))


def test_what_failed_is_measured_again_when_asked_and_the_failure_stays(small, tmp_path):
    again = replace(small, store=tmp_path, repetition=BRIEF)
    records = plan.held(small.store)
    failure = replace(
        records[0], failure="killed by SIGKILL", accuracy=None, latencies_s=(), file_bytes=None
    )
    append([failure, *records[1:]], tmp_path)
    assert campaign.run(again) == []
    (measured,) = campaign.run(replace(again, retry_failed=True))
    assert (measured.failure, measured.strategy) == ("", failure.strategy)
    assert failure in plan.held(tmp_path)
    assert campaign.run(replace(again, retry_failed=True)) == []


class Doomed(LocalBoard):
    """This machine, but for one model, whose child comes to a bad end."""

    end = ""

    def answers(self, job):
        doomed = [place for place, model in enumerate(job.models) if "blq" in model.name]
        if not doomed:
            return super().answers(job)
        script = f'import os, time; print(\'{{"at": "allocate_tensors", "model": {doomed[0]}}}\''
        command = [sys.executable, "-c", f"{script}, flush=True); {self.end}"]
        return answers(command, request(self, job), silence_s=5)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("os.abort()", "killed by SIGABRT in allocate_tensors"),
        ("time.sleep(60)", "no answer within 5 s in allocate_tensors"),
        ("bytearray(1 << 60)", "out of memory in allocate_tensors"),
    ],
)
def test_a_child_that_ends_badly_costs_its_cell_alone(small, tmp_path, monkeypatch, end, reason):
    monkeypatch.setattr(Doomed, "end", end)
    board = Doomed(kernels="builtin", threads=1)
    campaign.run(replace(small, boards=(board,), store=tmp_path, repetition=BRIEF))
    found = {record.strategy: record for record in plan.held(tmp_path)}
    assert {strategy: record.failure for strategy, record in found.items()} == {
        "nq": "",
        "blq": reason,
    }
    assert found["nq"].latencies_s
    assert not found["blq"].latencies_s


def test_killed_at_any_moment_it_goes_on(small, tmp_path):
    """Kills at random moments of a run's life: no cell lost, repeated or half written."""
    generator = random.Random(5)
    store = tmp_path / "store"
    again = replace(small, store=store)
    made = everything(small.cache)
    kills, rounds, life = 0, 0, 3.0
    while kills < KILLS:
        run = subprocess.Popen(driver(again), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            run.wait(timeout=generator.uniform(0, life))
        except subprocess.TimeoutExpired:
            run.send_signal(generator.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT)))
            run.wait()
            kills += 1
        cells = Counter((r.device, r.strategy) for r in plan.held(store))
        assert set(cells.values()) <= {1}
        assert {path.suffix for path in everything(store)} <= {".jsonl"}
        if len(cells) == len(wanted(again)):
            # All is measured: what follows is killed in a new round.
            rounds += 1
            store = tmp_path / f"store-{rounds}"
            again = replace(again, store=store)
    done = subprocess.run(driver(again), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(plan.held(store)) == len(wanted(again))
    assert everything(small.cache) == made
    assert orphans(tmp_path) == []


def orphans(folder):
    """Processes that still work for a campaign in this folder, a moment after the last kill."""
    time.sleep(1)
    found = []
    for pid in used():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and pid != os.getpid():
            found.append(line)
    return found


def test_trained_only_files_are_made_and_scored_and_later_they_are_only_timed(
    small, tmp_path, monkeypatch
):
    told = []
    later = replace(small, store=tmp_path / "later", cache=tmp_path / "cache", repetition=BRIEF)
    assert campaign.run(later, told.append, train_only=True) == []
    assert not plan.held(later.store)
    assert {news.stage for news in told}.isdisjoint({"timing", "measured"})
    assert len([news for news in told if news.stage == "scored"]) == 4
    made = {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.tflite")}
    assert len(made) >= 2

    def never(*_):
        raise AssertionError("scored again")

    monkeypatch.setattr("measurements.device.base.score", never)
    records = campaign.run(later)
    assert {(r.device, r.strategy): (r.accuracy, r.n_test, r.failure) for r in records} == {
        (r.device, r.strategy): (r.accuracy, 50, "") for r in plan.held(small.store)
    }
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.tflite")} == made


def test_two_campaigns_do_not_share_a_store(small, tmp_path):
    slow = replace(small, store=tmp_path)
    first = subprocess.Popen(driver(slow), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        while not (children := Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text()):
            assert first.poll() is None
        assert children  # it has begun
        with pytest.raises(HarnessError, match="another campaign is writing there"):
            campaign.run(slow)
    finally:
        first.kill()
        first.communicate()
    # The lock went with the process; what it had recorded by then is not measured again.
    campaign.run(replace(slow, repetition=BRIEF))
    assert len(plan.held(tmp_path)) == 4


def test_trainings_side_by_side_are_all_done_before_anything_is_timed(small, tmp_path):
    seeds = tmp_path / "seeds.toml"
    seeds.write_text("seeds = [1, 2]\n" + Path(small.protocol).read_text())
    two = replace(small, protocol=str(seeds), store=tmp_path / "a", cache=tmp_path / "cache")
    two = replace(two, boards=small.boards[:1], repetition=BRIEF, jobs=2)
    heard = []
    campaign.run(two, heard.append)
    at_training = [place for place, news in enumerate(heard) if news.progress]
    at_work = [place for place, news in enumerate(heard) if news.stage in ("scoring", "timing")]
    assert max(at_training) < min(at_work)
    assert {(r.seed, r.strategy) for r in plan.held(two.store)} == {
        (seed, strategy) for seed in (1, 2) for strategy in ("nq", "blq")
    }


def test_bad_data_is_refused_before_anything_is_trained(small, tmp_path):
    bad = tmp_path / "mine.npz"
    pixels = np.zeros((4, 8, 8, 3), np.uint8)
    np.savez(bad, x_train=pixels, y_train=[0] * 4, x_test=pixels, y_test=[0] * 4)
    heard = []
    with pytest.raises(DlmoError, match="one class only"):
        campaign.run(replace(small, tasks=(str(bad),), store=tmp_path / "store"), heard.append)
    assert heard == []


@pytest.mark.parametrize(("place", "option"), [("store", "--out"), ("cache", "--cache")])
def test_a_place_that_can_not_be_written_is_refused_before_anything_is_trained(
    dusk, small_protocol, tmp_path, place, option
):
    (tmp_path / "file").write_text("in the way")
    asked = requested(
        networks=["vgg"],
        strategies=[],
        devices=[],
        tasks=(str(dusk),),
        protocol=str(small_protocol),
        **{"store": tmp_path / "store", "cache": tmp_path / "cache", place: tmp_path / "file/x"},
    )
    heard = []
    with pytest.raises(HarnessError, match=f"file/x: can't be written: .*with {option}$"):
        campaign.run(asked, heard.append)
    assert heard == []
