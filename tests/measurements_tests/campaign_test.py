import multiprocessing
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from measurements import campaign, plan, tasks
from measurements.child import answers
from measurements.dataset import append
from measurements.device import base
from measurements.device.base import request
from measurements.device.local import LocalBoard
from measurements.environment import used
from measurements.errors import DlmoError, HarnessError
from measurements.production import sha256
from measurements.scope import Campaign, requested, wanted
from measurements.timing import Repetition

KILLS = 50
BRIEF = Repetition(processes=1, retakes=0, values=5, seconds=0.02)
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload([__name__, "joblib"])
"""Runs in processes of their own that have imported everything when they begin."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A campaign that has only trained, and what it left."""

    whole: Campaign
    told: list[campaign.News]
    returned: list[object]
    held: list[object]
    made: dict[Path, int]
    """File -> when it was written."""


def files_of(one: Campaign):
    return {path: path.stat().st_mtime_ns for path in one.cache.rglob("*.tflite")}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, dusk, small_protocol):
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
    told = []
    returned = campaign.run(whole, told.append, train_only=True)
    held = plan.held(whole.store)
    return Prepared(whole=whole, told=told, returned=returned, held=held, made=files_of(whole))


@pytest.fixture(scope="module")
def small(prepared):
    """The same, timed in a run that was not allowed to score anything again."""

    def never(*_):
        raise AssertionError("scored again")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "score", never)
        campaign.run(prepared.whole)
    return prepared.whole


MARK = "DLMO_TEST_CAMPAIGN"


def _run(one: Campaign):
    os.environ[MARK] = str(one.store)  # of all that it starts
    campaign.run(one)


def started(one: Campaign):
    """A campaign in a process of its own, timing briefly."""
    run = FORKED.Process(target=_run, args=(replace(one, repetition=BRIEF),))
    run.start()
    return run


def finish(one: Campaign):
    """Run it to its end, and give the seconds that it took."""
    start, run = time.monotonic(), started(one)
    run.join()
    assert run.exitcode == 0
    return time.monotonic() - start


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
    kills, rounds, life, cells = 0, 0, finish(replace(small, store=tmp_path / "unhurt")), {}
    while kills < KILLS:
        begun, run, is_first = time.monotonic(), started(again), not cells
        run.join(generator.uniform(0, life))
        if run.is_alive():
            os.kill(run.pid, generator.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT)))
            run.join()
            kills += 1
        else:
            assert run.exitcode == 0
            # As busy as the machine is now.
            life = time.monotonic() - begun if is_first else life
        cells = Counter((r.device, r.strategy) for r in plan.held(store))
        assert set(cells.values()) <= {1}
        assert {path.suffix for path in everything(store)} <= {".jsonl"}
        if len(cells) == len(wanted(again)):
            # All is measured: what follows is killed in a new round.
            rounds += 1
            store = tmp_path / f"store-{rounds}"
            again, cells = replace(again, store=store), {}
    finish(again)
    assert len(plan.held(store)) == len(wanted(again))
    assert everything(small.cache) == made
    deadline = time.monotonic() + 5
    while at_work(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert at_work(tmp_path) == []


def at_work(folder):
    """Commands of the processes that campaigns in this folder have started."""
    found = []
    for pid in used():
        place = Path("/proc", str(pid))
        try:
            if f"{MARK}={folder}".encode() in (place / "environ").read_bytes():
                found.append((place / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def test_trained_only_files_are_made_and_scored_and_later_they_are_only_timed(prepared, small):
    assert (prepared.returned, prepared.held) == ([], [])
    assert {news.stage for news in prepared.told}.isdisjoint({"timing", "measured"})
    assert len([news for news in prepared.told if news.stage == "scored"]) == 4
    assert len(prepared.made) >= 2
    assert files_of(small) == prepared.made
    data = tasks.load(small.tasks[0])
    models = {sha256(path): path for path in prepared.made}
    boards = {board.name: board for board in small.boards}
    records = plan.held(small.store)
    assert len(records) == 4
    for record in records:
        model = models[record.environment["file_sha256"]]
        seen = base.score(boards[record.device], model, data.x_test, data.y_test)
        assert (record.accuracy, record.n_test, record.failure) == (seen.accuracy, 50, "")


def test_two_campaigns_do_not_share_a_store(small, tmp_path):
    slow = replace(small, store=tmp_path)
    first = started(slow)
    try:
        while not at_work(tmp_path):  # it has not begun yet
            assert first.is_alive()
            time.sleep(0.02)
        with pytest.raises(HarnessError, match="another campaign is writing there"):
            campaign.run(slow)
    finally:
        first.kill()
        first.join()
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
