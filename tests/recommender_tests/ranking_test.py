import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_boards import CLASSES, boards, make_board, ranked

from recommender.profile import SAY, SERVICE_CLASSES
from recommender.ranking import merit


@given(boards(), CLASSES)
def test_what_dominates_comes_first_by_the_evidence(board, name):
    ranking = ranked(board, service_class=name, follow="evidence")
    position = ranking.position()
    needs = ranking.needs[:, :3]
    for i, own in enumerate(needs):
        better = (needs <= own).all(axis=1) & (needs < own).any(axis=1)
        if np.isfinite(own).all():
            assert (position[better] < position[i]).all()


FEW = st.sampled_from([1.0, 8.0, 64.0, 512.0])


@given(st.lists(st.tuples(FEW.map(lambda v: v / 8), FEW, FEW, st.booleans()), min_size=1), CLASSES)
def test_ties_go_by_accuracy_then_size_then_latency_then_name(rows, name):
    accuracy, size, latency, given = (list(column) for column in zip(*rows, strict=True))
    ranking = ranked(
        make_board(accuracy, size, latency, given=given), service_class=name, evidence="measured"
    )
    late = ranking.needs[:, 1] > SERVICE_CLASSES[name].real_time_ms

    def key(i):
        of_size, of_latency, of_accuracy, _ = ranking.needs[i]
        return late[i], -ranking.merit[i], of_accuracy, of_size, of_latency, i

    assert list(ranking.order) == sorted(range(len(rows)), key=key)


@pytest.mark.parametrize("name", SERVICE_CLASSES)
def test_doubling_costs_what_the_class_says(name):
    aims = SERVICE_CLASSES[name]
    needs = np.array(
        [[10.0, 5.0, -80.0, np.inf], [20.0, 5.0, -80.0, np.inf], [10.0, 10.0, -80.0, np.inf]]
    )
    points = merit(needs, aims)
    assert points[0] - points[1] == pytest.approx(aims.points_per_size_doubling)
    assert points[0] - points[2] == pytest.approx(aims.points_per_latency_doubling)


def test_nothing_promised_is_last():
    board = make_board([99.0, 50.0], [1.0, 1e5], [1.0, 1e4], given=[False, True], spread=[0.1, 0])
    ranking = ranked(board, confidence=0.99)
    assert list(ranking.order) == [1, 0]
    assert ranking.evidence[0] == -np.inf


def test_remarks_move_by_their_say_and_not_at_all_when_evidence_is_followed():
    board = make_board([80.0, 80.0], [10.0, 10.0], [1.0, 1.0])
    heard = ranked(board, scores=[-1.0, 1.0])
    assert heard.merit[1] - heard.merit[0] == 2 * SAY
    assert list(heard.order) == [1, 0]
    assert list(ranked(board, scores=[-1.0, 1.0], follow="evidence").order) == [0, 1]


def test_what_is_ruled_out_needs_more_than_there_is():
    board = make_board([80.0, 70.0], [10.0, 10.0], [1.0, 1.0], given=[True, False], spread=[0, 0.1])
    ranking = ranked(board, evidence="measured")
    assert np.isinf(ranking.needs[1]).all()
    assert not ranking.front[1]


def test_what_a_class_asks_nothing_for_still_breaks_ties():
    board = make_board([80.0, 80.0], [10.0, 10.0], [1.0, 0.5], given=[True, True])
    assert list(ranked(board, service_class="low-end", follow="evidence").order) == [1, 0]
