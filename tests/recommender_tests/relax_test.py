import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.relax import changes, generous, joint, single


@given(st.floats(-1e9, 1e9).filter(lambda v: v == 0 or abs(v) > 1e-9))
def test_generous_is_never_too_tight_and_never_far(loss):
    rounded = generous(loss)
    assert rounded >= loss
    assert rounded - loss <= 2e-5 * abs(loss)


@pytest.mark.parametrize("loss", [547.0, -68.6, 34.6, 94052.0, float("inf"), 0.0])
def test_what_is_printed_in_tables_is_left_alone(loss):
    assert generous(loss) == loss


def test_changes_are_relative_to_the_limit():
    needs = np.array([[547.0, 40.0, -87.6]])
    limits = np.array([500.0, 50.0, -95.0])
    assert changes(needs, limits)[0] == pytest.approx([0.094, 0.0, 7.4 / 95])
    assert changes(needs, np.array([np.inf, 20.0, np.inf]))[0] == pytest.approx([0, 1.0, 0])
    assert changes(np.array([[np.inf]]), np.array([1.0]))[0, 0] == np.inf


NEEDS = np.array([[10.0, 5.0], [20.0, 1.0], [40.0, 40.0]])
ALL = np.arange(3)


def test_single_finds_the_smallest_move_of_each_limit():
    limits = np.array([8.0, 4.0])
    found = single(NEEDS, limits, worthwhile=ALL, front=ALL)
    assert [(r.limits, r.buys) for r in found] == [(((0, 20.0),), 1)]


def test_joint_moves_as_little_as_it_can():
    limits = np.array([8.0, 4.5])
    found = joint(NEEDS, limits, front=np.array([0, 2]))
    assert found is not None
    assert found.limits == ((0, 10.0), (1, 5.0))
    assert found.buys == 0


def test_joint_names_the_pick_among_those_that_it_lets_in():
    needs = np.array([[10.0, 10.0], [9.0, 10.0]])
    found = joint(needs, np.array([1.0, 1.0]), front=np.array([1, 0]))
    assert found is not None
    assert found.buys == 1


def test_nothing_promised_nothing_to_move():
    needs = np.array([[np.inf, 1.0]])
    limits = np.array([5.0, 0.5])
    one = np.arange(1)
    assert single(needs, limits, worthwhile=one, front=one) == []
    assert joint(needs, limits, front=one) is None
