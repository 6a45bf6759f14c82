import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.timing import (
    Repetition,
    drift,
    interleaved,
    median_interval,
    percentile,
    warm_up,
)

SECONDS = st.floats(20e-6, 0.5)
VALUES = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=60)


class FakeClock:
    """Time passes only while a fake inference runs."""

    def __init__(self):
        self.now = 0.0
        self.ran = []

    def __call__(self):
        return self.now

    def model(self, name, *seconds):
        """An inference of the given times, one after the other, the last one for ever."""
        times = list(seconds)

        def infer():
            self.now += times.pop(0) if len(times) > 1 else times[0]
            self.ran.append(name)

        return infer


@given(st.lists(SECONDS, min_size=1, max_size=4))
def test_each_model_gets_its_own_steady_time(seconds):
    clock = FakeClock()
    models = [clock.model(place, s) for place, s in enumerate(seconds)]
    rule = Repetition()
    for sample, true in zip(interleaved(models, clock, rule), seconds, strict=True):
        assert sample.settled
        assert len(sample.values_s) >= rule.values
        assert sum(sample.values_s) * sample.inferences >= rule.seconds * 0.999
        assert sample.inferences * true >= rule.batch_seconds * 0.999
        assert (sample.inferences - 1) * true < rule.batch_seconds
        assert sample.values_s + sample.singles_s == pytest.approx(
            [true] * (len(sample.values_s) + len(sample.singles_s)), rel=1e-6
        )


@given(SECONDS)
def test_no_more_turns_than_needed(seconds):
    clock = FakeClock()
    rule = Repetition()
    (sample,) = interleaved([clock.model("a", seconds)], clock, rule)
    turn = max(rule.turn_values, -(-rule.turn_inferences // sample.inferences))
    before = sample.values_s[:-turn]
    assert len(before) < rule.values or sum(before) * sample.inferences < rule.seconds


def test_models_take_turns():
    clock = FakeClock()
    turns = []
    interleaved(
        [clock.model("a", 0.02), clock.model("b", 0.02)],
        clock,
        Repetition(values=10, seconds=0.1, turn_values=5, turn_inferences=5),
        before_turn=turns.append,
    )
    assert turns == [0, 1, 0, 1, 0, 1]


def test_a_model_that_has_enough_takes_no_further_turn():
    clock = FakeClock()
    turns = []
    interleaved(
        [clock.model("slow", 1.0), clock.model("fast", 0.001)],
        clock,
        Repetition(values=5, seconds=1.0),
        before_turn=turns.append,
    )
    assert turns.count(0) == 2
    assert turns[-5:] == [1] * 5


def test_a_turn_starts_with_untimed_inferences():
    clock = FakeClock()
    rule = Repetition(values=5, seconds=0.0, turn_values=5, turn_inferences=5)
    slow = [0.08] * 5  # after the two of the warm-up
    (sample,) = interleaved([clock.model("a", 0.02, 0.02, *slow, 0.02)], clock, rule)
    assert sample.values_s == pytest.approx([0.02] * 5)


@given(SECONDS)
def test_a_turn_is_long_in_inferences_or_in_seconds(seconds):
    clock = FakeClock()
    turns = []
    rule = Repetition(seconds=5.0)
    interleaved(
        [clock.model("a", seconds)], clock, rule, before_turn=lambda _: turns.append(len(clock.ran))
    )
    lengths = [after - before for before, after in itertools.pairwise(turns[1:])]
    for length in lengths:  # half of it untimed
        assert length >= 2 * rule.turn_inferences or length * seconds >= 1.9 * rule.turn_seconds


def test_warm_up_lasts_until_two_batches_agree():
    clock = FakeClock()
    pace = warm_up(clock.model("a", 9.0, 0.5, 0.1, 0.1), clock, Repetition(warmup_seconds=60))
    assert pace.settled
    assert len(clock.ran) == 4
    assert pace.inferences == 1


def test_warm_up_that_never_settles_ends_and_says_so():
    clock = FakeClock()
    restless = clock.model("a", *(0.1 * (1 + place % 2) for place in range(1000)))
    pace = warm_up(restless, clock, Repetition(warmup_seconds=5))
    assert not pace.settled
    assert clock.now == pytest.approx(5, abs=0.3)


def test_singles_of_slow_models_are_their_values():
    clock = FakeClock()
    (sample,) = interleaved([clock.model("a", 0.05)], clock, Repetition())
    assert sample.inferences == 1
    assert sample.singles_s == sample.values_s


def test_singles_show_what_the_means_hide():
    clock = FakeClock()
    times = [0.009 if place % 10 == 9 else 0.001 for place in range(100_000)]
    (sample,) = interleaved([clock.model("a", *times)], clock, Repetition(agreement=1.0))
    assert max(sample.values_s) < 0.004
    assert percentile(sample.singles_s, 0.99) == pytest.approx(0.009)
    assert percentile(sample.singles_s, 0.5) == pytest.approx(0.001)


def test_a_clock_too_coarse_to_see_an_inference_ends_nevertheless():
    ticks = iter(range(10**9))
    samples = interleaved(
        [lambda: None], lambda: next(ticks) * 1e-7, Repetition(values=5, seconds=1e-6)
    )
    assert len(samples[0].values_s) >= 5


@given(VALUES)
def test_interval_holds_the_values_and_is_reproducible(values):
    low, high = median_interval(values, draws=200)
    assert min(values) <= low <= high <= max(values)
    assert (low, high) == median_interval(values, draws=200)


@given(VALUES, st.floats(0.01, 100))
def test_interval_and_drift_scale_with_the_unit(values, factor):
    scaled = [v * factor for v in values]
    assert median_interval(scaled, draws=50) == pytest.approx(
        tuple(factor * end for end in median_interval(values, draws=50))
    )
    assert drift(scaled) == pytest.approx(drift(values), rel=1e-6, abs=1e-9)


def test_interval_covers_the_true_median_about_as_often_as_it_says():
    import random

    generator = random.Random(1)
    hits = 0
    for _ in range(200):
        values = [generator.lognormvariate(0, 0.1) for _ in range(50)]
        low, high = median_interval(values, level=0.9, draws=300)
        hits += low <= 1.0 <= high
    assert 0.82 <= hits / 200 <= 0.97


@given(VALUES, st.floats(0, 1))
def test_percentile_agrees_with_numpy(values, share):
    import numpy as np

    assert percentile(values, share) == pytest.approx(float(np.quantile(values, share)), rel=1e-9)


@given(st.floats(1e-6, 1e3), st.floats(0, 3), st.integers(2, 40))
def test_drift_is_the_step_between_the_halves(level, step, half):
    values = [level] * half + [level * (1 + step)] * half
    assert drift(values) == pytest.approx(step, abs=1e-9)
    assert drift(values[::-1]) == pytest.approx(step, abs=1e-9)


def test_drift_ignores_outliers():
    values = [1.0] * 20 + [50.0] + [1.0] * 20
    assert drift(values) == 0
    assert statistics.mean(values) > 2


@pytest.mark.parametrize("values", [[], [1.0]])
def test_drift_of_next_to_nothing(values):
    assert drift(values) == 0
