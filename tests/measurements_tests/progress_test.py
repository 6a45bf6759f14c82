from dataclasses import replace

import pytest

from measurements.campaign import STARTING, News
from measurements.production import Progress
from measurements.progress import Status, describe, outcome, spoken
from measurements.record import Measurement


def training(epoch, where="vgg on digits, seed 0", done=0, accuracy=0.5):
    now = Progress(
        network="vgg", stage="float", epoch=epoch, epochs=10, accuracy=accuracy, seconds=2.0 * epoch
    )
    return News(where=where, stage="float", done=done, of=7, progress=now)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_line_says_cell_stage_epoch_accuracy_and_what_is_left():
    assert (
        describe(training(4))
        == "vgg on digits, seed 0: float, epoch 4 of 10, accuracy 50.0%, 12 s to go"
    )
    assert "to go" not in describe(training(10))
    assert "accuracy" not in describe(training(1, accuracy=None))


def test_a_teacher_is_named():
    teacher = replace(training(4).progress, network="resnet54", stage="training")
    news = replace(training(4), stage="training", progress=teacher)
    assert describe(news).startswith(
        "vgg on digits, seed 0: training of its teacher resnet54, epoch 4 of 10"
    )


def test_the_longest_lines_fit_a_terminal():
    now = Progress(
        network="mobilenet_v3_large",
        stage="quantization-aware training",
        epoch=10,
        epochs=100,
        accuracy=1.0,
        seconds=600.0,
    )
    status = Status()
    where = "mobilenet_v3_large on cifar100, seed 0"
    status.hear(News(where=where, stage=now.stage, done=100, of=112, progress=now))
    assert max(len(line) for line in status.lines()) <= 80


def test_the_same_moment_is_told_once():
    status = Status()
    assert status.hear(training(1)).startswith("0 of 7 cells: vgg")
    assert status.hear(training(1)) is None
    assert status.hear(training(2)) is not None


def test_trainings_side_by_side_are_shown_side_by_side_until_something_else_begins():
    status = Status()
    assert status.lines() == ["starting"]
    status.hear(training(1))
    status.hear(training(2, where="wrn on digits, seed 0"))
    assert status.lines() == [
        "0 of 7 cells",
        "vgg on digits, seed 0: float",
        "    epoch 1 of 10, accuracy 50.0%, 18 s to go",
        "wrn on digits, seed 0: float",
        "    epoch 2 of 10, accuracy 50.0%, 16 s to go",
    ]
    status.hear(News(where="wrn nq on digits, d", stage="scoring", done=0, of=7))
    status.hear(News(where="wrn nq on digits, d", stage="measured", done=1, of=7))
    assert [line for line in status.lines() if "wrn nq" in line] == [
        "wrn nq on digits, d: measured"
    ]


def test_time_left_from_costs_else_from_the_pace():
    clock = Clock()
    known, unknown = Status(expected_s=100.0, clock=clock), Status(clock=clock)
    clock.now = 30.0
    assert known.left_s() == 70.0
    unknown.hear(training(1, done=2))
    assert unknown.left_s() is None
    unknown.hear(News(where="wrn on digits, seed 0", stage=STARTING, done=2, of=7))
    assert unknown.left_s() == pytest.approx(75.0)
    clock.now = 31.0
    unknown.hear(training(1, done=4))
    assert unknown.headline() == "4 of 7 cells, about 45 s left"
    clock.now = 200.0
    assert known.left_s() == 0.0


def test_a_finished_cell_says_median_interval_and_percentiles():
    record = Measurement(
        task="digits",
        network="vgg",
        strategy="nq",
        device="board",
        accuracy=0.975,
        latencies_s=(0.0005,) * 60,
        single_latencies_s=tuple(1e-5 * place for place in range(101)),
        noisy=True,
    )
    assert outcome(record).split("\t")[4:] == [
        "97.50%",
        "0.5 ms (0.5 to 0.5)",
        "p95 0.95, p99 0.99",
        "noisy",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"), [(4.4, "4 s"), (89, "89 s"), (720, "12 min"), (12600, "3.5 h")]
)
def test_times_as_people_say_them(seconds, words):
    assert spoken(seconds) == words
