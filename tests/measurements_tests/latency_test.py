import statistics

import numpy as np
import pytest

from measurements.child import ChildError
from measurements.device import latency
from measurements.device.latency import measure, time
from measurements.device.local import LocalBoard
from measurements.timing import Repetition

ONCE = Repetition(values=10, seconds=0.1, processes=1)


@pytest.fixture(autouse=True)
def _retakes(monkeypatch):
    """As usual, unlike in the other tests."""
    usual = Repetition.__dataclass_fields__["retakes"].default
    monkeypatch.setitem(Repetition.__init__.__kwdefaults__, "retakes", usual)


class Recorded:
    """A board that plays recorded answers, one list per run; an exception is raised in its turn."""

    name, kernels, threads = "recorded", "builtin", 1

    def __init__(self, *runs):
        self.runs = list(runs)
        self.jobs = []

    def answers(self, job):
        self.jobs.append(job)
        for answer in self.runs.pop(0):
            if isinstance(answer, Exception):
                raise answer
            yield answer


def run(*models, disturbance=""):
    """Answers of a run; a model is its values."""
    timed = [
        {"timed": i, "values_s": v, "singles_s": v, "inferences": 3, "settled": True}
        for i, v in enumerate(models)
    ]
    return [*timed, {"run": {"facts": {"cores": 2}, "disturbance": disturbance}}]


def crash(model):
    return [ChildError("killed by SIGABRT in allocate_tensors", {"at": "x", "model": model})]


@pytest.fixture
def paths(tmp_path):
    made = [tmp_path / f"{name}.tflite" for name in "abc"]
    for path in made:
        path.write_bytes(b"x")
    return made


STEADY, DRIFTING = [1.0] * 10, [1.0] * 5 + [1.1] * 5


def test_a_crash_costs_that_model_alone(paths):
    board = Recorded(crash(1), run(STEADY, [2.0] * 10))
    seen = time(board, paths, ONCE)
    assert [o.failure for o in seen] == ["", "killed by SIGABRT in allocate_tensors", ""]
    assert [o.latencies_s[:1] for o in seen] == [(1.0,), (), (2.0,)]
    assert board.jobs[1].models == (paths[0], paths[2])


def test_when_every_model_crashes_each_has_its_failure(paths):
    seen = time(Recorded(crash(2), crash(0), crash(0)), paths, ONCE)
    assert all(o.failure and not o.latencies_s for o in seen)


def test_a_quiet_run_is_taken_once(paths):
    (seen, _, _) = time(Recorded(run(STEADY, STEADY, STEADY)), paths, ONCE)
    assert not seen.noisy
    assert seen.environment == {
        "cores": 2,
        "disturbance": "",
        "drift": 0.0,
        "settled": True,
        "inferences_per_value": 3,
        "processes": 1,
        "takes": 1,
    }


def test_a_take_is_spread_over_fresh_processes_in_alternating_order(paths):
    rule = Repetition(values=40, seconds=4.0, processes=4)
    first, second = [1.0] * 10, [2.0] * 10
    board = Recorded(*[run(first, second), run(second, first)] * 2)
    seen = time(board, paths[:2], rule)
    forth, back = tuple(paths[:2]), (paths[1], paths[0])
    assert [job.models for job in board.jobs] == [forth, back, forth, back]
    assert {(job.repetition.values, job.repetition.seconds) for job in board.jobs} == {(10, 1.0)}
    assert [set(o.latencies_s) for o in seen] == [{1.0}, {2.0}]
    assert [len(o.latencies_s) for o in seen] == [40, 40]
    assert seen[0].environment["processes"] == 4


def test_noise_in_one_process_is_noise_of_the_take(paths):
    rule = Repetition(processes=2)
    busy = run(STEADY, disturbance="cc used 0.9 of a core")
    board = Recorded(run(STEADY), busy, busy, run(STEADY), run(STEADY), run(STEADY))
    (seen,) = time(board, paths[:1], rule)
    assert not seen.noisy
    assert seen.environment["takes"] == 3


def test_halves_of_a_take_are_told_apart_across_its_processes(paths):
    slower = run([1.1] * 10)
    (seen,) = time(Recorded(run(STEADY), slower), paths[:1], Repetition(processes=2, retakes=0))
    assert seen.noisy
    assert seen.environment["drift"] == pytest.approx(0.1)


def test_a_crash_in_a_later_process_costs_that_model_alone(paths):
    rule = Repetition(processes=2)
    after = [run(STEADY), run(STEADY)]
    # The second process has them in the other order: its first is the second model.
    seen = time(Recorded(run(STEADY, STEADY), crash(0), *after), paths[:2], rule)
    assert [bool(o.failure) for o in seen] == [False, True]
    assert len(seen[0].latencies_s) == 20


def test_only_what_drifted_is_taken_again(paths):
    board = Recorded(run(STEADY, DRIFTING, STEADY), run([3.0] * 10))
    seen = time(board, paths, ONCE)
    assert board.jobs[1].models == (paths[1],)
    assert [o.noisy for o in seen] == [False] * 3
    assert [o.environment["takes"] for o in seen] == [1, 2, 1]
    assert seen[1].latencies_s == (3.0,) * 10


def test_noise_is_marked_after_three_retakes(paths):
    board = Recorded(*[run(STEADY, disturbance="cc used 0.9 of a core")] * 9)
    (seen,) = time(board, paths[:1], ONCE)
    assert seen.noisy
    assert seen.environment["takes"] == 4
    assert len(board.jobs) == 4
    assert seen.environment["disturbance"] == "cc used 0.9 of a core"


def test_large_models_are_not_held_together(paths, monkeypatch):
    monkeypatch.setattr(latency, "TOGETHER_BYTES", 2)
    board = Recorded(run(STEADY, STEADY), run(STEADY))
    time(board, paths, ONCE)
    assert [len(job.models) for job in board.jobs] == [2, 1]


def test_a_model_that_can_not_be_scored_is_not_timed(paths):
    board = Recorded(crash(0))
    seen = measure(board, paths[0], np.zeros((1, 1, 1, 1)), np.zeros(1, int))
    assert seen.failure
    assert len(board.jobs) == 1


def test_measured_for_real(tflite, lights):
    board = LocalBoard(kernels="builtin", threads=1)
    seen = measure(board, tflite(), *lights, ONCE)
    assert (seen.accuracy, seen.n_test, seen.failure) == (1.0, 200, "")
    assert 0 < statistics.median(seen.latencies_s) < 1e-3
    assert seen.single_latencies_s
