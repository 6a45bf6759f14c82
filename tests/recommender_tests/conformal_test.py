import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.conformal import calibrate

GROUPS = st.lists(
    st.lists(st.floats(0.01, 10), min_size=1, max_size=8).map(np.array), min_size=1, max_size=12
)


@given(GROUPS)
def test_no_level_beyond_what_the_groups_support(groups):
    calibration = calibrate(groups)
    reach = len(groups) / (len(groups) + 1)
    assert calibration.highest == pytest.approx(reach)
    assert calibration.width(reach + 0.01) == np.inf


@given(GROUPS, st.floats(0, 1))
def test_width_and_level_are_inverse(groups, share):
    calibration = calibrate(groups)
    level = share * calibration.highest
    width = np.array([calibration.width(level)])
    assert calibration.level(width)[0] == pytest.approx(level, abs=1e-9)


@given(GROUPS, st.floats(0, 1), st.floats(0, 1))
def test_wider_for_more(groups, one, other):
    calibration = calibrate(groups)
    low, high = sorted((one, other))
    assert calibration.width(low) <= calibration.width(high)


def test_a_group_has_one_vote_however_many_rows():
    few = calibrate([np.array([1.0]), np.array([2.0])])
    many = calibrate([np.full(1000, 1.0), np.array([2.0])])
    assert few.width(0.6) == pytest.approx(many.width(0.6))


def test_without_groups_nothing_is_known():
    nothing = calibrate([])
    assert nothing.width(0.1) == np.inf
    assert nothing.level(np.array([5.0]))[0] == 0


def test_new_groups_are_covered_as_often_as_said():
    random = np.random.default_rng(7)
    covered = []
    for _ in range(400):
        scale = np.exp(random.normal(0, 0.7, size=20))
        groups = [np.abs(random.normal(0, s, size=6)) for s in scale]
        width = calibrate(groups[:-1]).width(0.8)
        covered.append(np.mean(groups[-1] <= width))
    assert 0.76 <= np.mean(covered) <= 0.86


def test_without_groups_the_median_alone_is_to_be_had():
    nothing = calibrate([])
    assert nothing.width(0.0) == 0.0
    assert nothing.width(0.1) == float("inf")


def test_the_highest_level_is_not_the_largest_error_of_all():
    random = np.random.default_rng(3)
    covered = []
    for _ in range(400):
        scale = np.exp(random.normal(0, 0.5, size=8))
        groups = [np.abs(random.normal(0, s, size=12)) for s in scale]
        calibration = calibrate(groups[:-1])
        covered.append(np.mean(groups[-1] <= calibration.width(7 / 8)))
    assert 0.85 <= np.mean(covered) <= 0.92
