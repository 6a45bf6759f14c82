import json
from dataclasses import replace

import numpy as np
import pytest

from measurements import scoring
from measurements.device import base
from measurements.device.local import LocalBoard
from measurements.scoring import SCORES, Scores
from measurements.tasks import TaskData

BUILTIN = LocalBoard(kernels="builtin", threads=1)


@pytest.fixture(scope="module")
def data(lights):
    """The lights as a task with a tenth of the labels wrong: that is what is to be found."""
    images, labels = lights
    labels = labels.copy()
    labels[::10] = (labels[::10] + 1) % 10
    names = tuple("0123456789")
    return TaskData(
        name="lights",
        x_train=images,
        y_train=labels,
        x_test=images,
        y_test=labels,
        class_names=names,
    )


@pytest.fixture
def counted(monkeypatch):
    """The boards that were asked to classify, in their order; they do."""
    asked, really = [], base.score

    def score(board, *rest):
        asked.append(board)
        return really(board, *rest)

    monkeypatch.setattr(base, "score", score)
    return asked


def test_a_score_is_taken_once_and_kept_for_later_runs(tflite, data, tmp_path, counted):
    first = Scores(cache=tmp_path).take(BUILTIN, tflite(), data)
    assert (first.seen.accuracy, first.seen.n_test, first.seen.failure) == (0.9, 200, "")
    assert first.seconds > 0
    later = Scores(cache=tmp_path)
    again = later.take(BUILTIN, tflite(), data)
    assert again.seen == first.seen
    assert again.seconds == pytest.approx(first.seconds, abs=1e-3)
    assert later.take(replace(BUILTIN, threads=2), tflite(), data).seconds == 0
    assert counted == [BUILTIN]


def test_kernels_file_data_and_runtime_are_each_scored_for_themselves(
    tflite, data, tmp_path, counted, monkeypatch
):
    model, longer = tflite(), tflite("longer", layers=2)
    others = replace(data, y_test=np.roll(data.y_test, 1))
    xnnpack = LocalBoard(kernels="xnnpack", threads=1)

    def take_all():
        for board in (BUILTIN, xnnpack):
            for path in (model, longer):
                for task in (data, others):
                    Scores(cache=tmp_path).take(board, path, task)

    take_all()
    assert len(counted) == 8
    take_all()
    assert len(counted) == 8
    monkeypatch.setattr(scoring, "installed", lambda package: "0.0")
    take_all()
    assert len(counted) == 16


def test_a_failure_is_not_kept(tflite, data, tmp_path, counted):
    hasty = replace(BUILTIN, silence_s=0.001)
    scores = Scores(cache=tmp_path)
    assert "no answer within" in scores.take(hasty, tflite(), data).seen.failure
    assert scores.take(BUILTIN, tflite(), data).seen.accuracy == 0.9
    assert len(counted) == 2


def test_another_machines_scores_last_for_one_run(tflite, data, tmp_path, counted):
    class Remote:
        name, host, kernels, threads = "toaster-builtin", "toaster", "builtin", 1
        answers = BUILTIN.answers

    scores = Scores(cache=tmp_path)
    for _ in range(2):
        assert scores.take(Remote(), tflite(), data).seen.accuracy == 0.9
    assert len(counted) == 1
    assert not (tmp_path / SCORES).exists()


def test_a_torn_last_line_counts_as_none(tflite, data, tmp_path, counted):
    Scores(cache=tmp_path).take(BUILTIN, tflite(), data)
    journal = tmp_path / SCORES
    journal.write_bytes(journal.read_bytes()[:-5])
    assert Scores(cache=tmp_path).take(BUILTIN, tflite(), data).seen.accuracy == 0.9
    assert len(counted) == 2
    assert [json.loads(line)["n_test"] for line in journal.read_text().splitlines()] == [200]
