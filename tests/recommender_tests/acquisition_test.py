from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_boards import CLASSES, boards, make_board, ranked

from recommender.acquisition import outlook
from recommender.engine import pick_within
from recommender.scale import SCALES

LIMITS = st.tuples(
    st.one_of(st.just(np.inf), st.floats(1, 1e5)),
    st.one_of(st.just(np.inf), st.floats(1, 1e5)),
    st.one_of(st.just(np.inf), st.floats(1, 99).map(lambda v: -v)),
    st.just(np.inf),
).map(np.array)
FREE = np.full(4, np.inf)
MINUTE = 60.0


def minutes(board, value=1.0):
    return np.full(len(board), value * MINUTE)


def revealed(board, index, quantiles):
    """The board after a candidate was measured, its values where quantiles of its intervals lie."""
    quantities = {}
    for (target, q), u in zip(sorted(board.quantities.items()), quantiles, strict=True):
        width = q.tied.widest(1.0)[0] * q.spread[index]
        scale = SCALES[target]
        value, given = q.value.copy(), q.given.copy()
        if not given[index]:
            value[index] = scale.inverse(scale.link(q.value[index]) + u * width)
        given[index] = True
        quantities[target] = replace(q, value=value, given=given)
    measured = board.measured.copy()
    measured[index] = True
    return replace(board, quantities=quantities, measured=measured)


@settings(deadline=None, max_examples=300)
@given(boards(), CLASSES, LIMITS, st.data())
def test_what_is_ruled_out_changes_nothing_wherever_in_its_intervals_it_lies(
    board, name, limits, data
):
    """The law behind "no measurement left can change this answer"."""
    evidence = data.draw(st.sampled_from(["any", "measured"]))
    scores = data.draw(
        st.lists(st.floats(-1, 1), min_size=len(board), max_size=len(board)), label="scores"
    )
    ranking = ranked(board, scores=scores, service_class=name, evidence=evidence)
    before = pick_within(ranking, limits)
    able = ~board.measured
    open_ = {p.candidate for p in outlook(ranking, limits, minutes(board)).prospects}
    closed = [i for i in np.flatnonzero(able) if i not in open_]
    if not closed:
        return
    index = data.draw(st.sampled_from(closed))
    quantiles = data.draw(st.tuples(*[st.floats(-1, 1)] * 4))
    after = ranked(
        revealed(board, index, quantiles), scores=scores, service_class=name, evidence=evidence
    )
    assert pick_within(after, limits) == before


@settings(deadline=None)
@given(boards(), CLASSES, LIMITS)
def test_only_what_is_not_measured_is_proposed_and_gains_are_no_losses(board, name, limits):
    found = outlook(ranked(board, service_class=name), limits, minutes(board)).prospects
    for prospect in found:
        assert not board.measured[prospect.candidate]
        assert 0 <= prospect.p_change <= 1
    rates = [p.rate for p in found]
    assert rates == sorted(rates, reverse=True)


@settings(deadline=None)
@given(boards(), CLASSES, LIMITS)
def test_dearer_measurements_do_not_move_up(board, name, limits):
    ranking = ranked(board, service_class=name)
    cheap = outlook(ranking, limits, minutes(board)).prospects
    if not cheap or cheap[0].gain <= 0:
        return
    dear = minutes(board)
    dear[cheap[0].candidate] *= 1000
    after = outlook(ranking, limits, dear).prospects
    place = [p.candidate for p in after].index(cheap[0].candidate)
    assert after[place].gain == cheap[0].gain
    assert after[place].rate == pytest.approx(cheap[0].rate / 1000)


def test_a_candidate_far_beyond_the_limits_is_not_worth_measuring():
    board = make_board(
        [70, 90, 71], [10, 9000, 10], [1, 1, 1], given=[1, 0, 0], spread=[0, 0.1, 0.1]
    )
    limits = np.array([100.0, np.inf, np.inf, np.inf])
    ranking = ranked(board, service_class="high-end", confidence=0.7)
    found = outlook(ranking, limits, minutes(board))
    assert [p.candidate for p in found.prospects] == [2]
    assert found.prospects[0].p_change > 0.3
    assert found.level < 1  # the interval of the one beyond the limits was needed


def test_with_everything_measured_nothing_is_left():
    board = make_board([70, 80], [10, 20], [1, 2])
    found = outlook(ranked(board), FREE, minutes(board))
    assert found.prospects == ()
    assert found.level == 1


def test_a_predicted_pick_is_worth_confirming_when_it_might_fail():
    board = make_board([80, 78], [10, 10], [1, 1], given=[0, 1], spread=[0.3, 0])
    shaky = ranked(board, service_class="high-end", confidence=0.5)
    found = outlook(shaky, FREE, minutes(board))
    assert pick_within(shaky, FREE) == 0
    assert [p.candidate for p in found.prospects] == [0]
    assert 0 < found.prospects[0].p_change < 0.5


def test_when_nothing_is_feasible_the_likeliest_to_fit_comes_first():
    board = make_board(
        [70, 70, 70], [500, 120, 900], [1, 1, 1], given=[0, 0, 0], spread=[0.5, 0.5, 0.5]
    )
    limits = np.array([100.0, np.inf, np.inf, np.inf])
    ranking = ranked(board, confidence=0.9)
    assert pick_within(ranking, limits) is None
    assert outlook(ranking, limits, minutes(board)).prospects[0].candidate == 1


def test_what_can_not_be_measured_is_not_proposed():
    board = make_board([70, 80], [10, 10], [1, 1], given=[1, 0], spread=[0, 0.2])
    cost = np.array([60.0, np.inf])
    assert outlook(ranked(board), FREE, cost).prospects == ()


def test_an_unknown_networks_plain_form_is_worth_its_best_candidate():
    board = make_board(
        [70, 60, 80, 81], [10, 10, 10, 10], [1, 1, 1, 1], given=[1, 0, 0, 0], spread=[0, 1, 1, 1]
    )
    names = (("known", "nq"), ("new", "nq"), ("new", "blq"), ("new", "f16"))
    unknown = np.array([False, True, True, True])
    board = replace(
        board,
        network=tuple(n for n, _ in names),
        strategy=tuple(s for _, s in names),
        quantities={t: replace(q, anchored=~unknown) for t, q in board.quantities.items()},
    )
    found = {p.candidate: p.gain for p in outlook(ranked(board), FREE, minutes(board)).prospects}
    assert found[1] == max(found.values()) > 0


def test_nothing_is_ruled_out_before_enough_networks_were_measured():
    """One network says nothing about how far another one may be from its prediction."""
    board = make_board([70, 20], [10, 10], [1, 1], given=[1, 0], spread=[0, 0.01])
    assert len(outlook(ranked(board, confidence=0.9), FREE, minutes(board)).prospects) == 1
    assert outlook(ranked(board, confidence=0.7), FREE, minutes(board)).prospects == ()
