import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_boards import boards, make_board, quantity

from recommender.constraints import LIMITS
from recommender.scale import TARGETS


@given(boards(), st.floats(0.5, 0.94), st.sampled_from(TARGETS))
def test_a_bound_holds_with_the_confidence_that_it_was_asked_for(board, confidence, target):
    q = board.quantities[target]
    for upper in (True, False):
        bound = q.bound(confidence, upper=upper, sure=True)
        for i in np.flatnonzero(~q.given):
            met = q.probability(float(bound[i]), upper=upper)[i]
            assert met == pytest.approx(confidence, abs=1e-6)


@given(boards(), st.floats(0.5, 0.9), st.floats(0.5, 0.9))
def test_more_confidence_needs_more_room(board, one, other):
    low, high = sorted((one, other))
    assert (board.needs(low, "compressed") <= board.needs(high, "compressed") + 1e-9).all()


def test_measured_values_are_compared_as_measured():
    board = make_board([72.0], [30.0], [6.0])
    needs = board.needs(0.9, "compressed")[0]
    assert list(needs[:3]) == [30.0, 6.0, -72.0]
    limits = np.array([30.0, 6.0, -72.0, np.inf])
    assert board.p_feasible(limits, "compressed")[0] == 1
    assert board.p_feasible(limits - [0.001, 0, 0, 0], "compressed")[0] == 0


def test_nothing_is_promised_beyond_the_reach_of_the_groups():
    board = make_board([72.0], [30.0], [6.0], given=[False], spread=[0.1])
    assert np.isinf(board.needs(0.99, "compressed")[0, :2]).all()
    assert board.p_feasible(np.array([1e9, np.inf, np.inf, np.inf]), "compressed")[0] < 0.99


def test_unknown_values_are_never_within_a_limit():
    q = quantity("size_kb", [np.nan], given=[False], spread=[np.nan])
    assert q.probability(1e9, upper=True)[0] == 0


def test_file_sizes_count_where_they_are_asked_for():
    board = make_board([72.0], [30.0], [6.0])
    assert board.quantity(LIMITS[0], "file").target == "file_kb"
    assert board.quantity(LIMITS[0], "compressed").target == "size_kb"
