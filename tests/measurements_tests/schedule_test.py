import typing

import pytest

pytest.importorskip("tensorflow")

from measurements.protocol import Recipe
from measurements.training.schedule import SCHEDULES, epochs_within, sparsity


def test_protocols_can_name_every_schedule():
    named = typing.get_type_hints(Recipe, include_extras=True)["schedule"]
    assert set(typing.get_args(named)) == set(SCHEDULES)


@pytest.mark.parametrize("name", ["one-cycle", "cosine"])
def test_schedules_peak_at_one_and_end_at_zero(name):
    values = [SCHEDULES[name](step / 1000) for step in range(1001)]
    assert max(values) == pytest.approx(1)
    assert values[-1] == pytest.approx(0)
    assert min(values) >= 0


def test_sparsity_rises_to_its_target_and_stays():
    values = [sparsity(step / 100, 0.75) for step in range(101)]
    assert values == sorted(values)
    assert values[0] == 0
    assert values[70:] == [0.75] * 31


@pytest.mark.parametrize(
    ("budget", "done", "seconds", "expected"),
    [
        (0, 3, 1e6, 10),
        (100, 0, 0, 10),
        (100, 1, 20, 5),
        (100, 4, 90, 4),
        (100, 6, 90, 6),
        (1, 1, 9, 1),
    ],
)
def test_epochs_are_those_that_fit(budget, done, seconds, expected):
    assert epochs_within(budget, wanted=10, done=done, seconds=seconds) == expected
