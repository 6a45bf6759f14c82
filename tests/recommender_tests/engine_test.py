"""The laws of advice, on boards that nobody wrote."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made_boards import CLASSES, PERCENT, VALUES, boards, make_board, ranked

from recommender.constraints import LIMITS, Constraints
from recommender.engine import MUCH, NEAR, choose, limits_of
from recommender.profile import SAY

LIMITS_OF_ANY_KIND = st.builds(
    Constraints,
    max_size_kb=st.none() | VALUES,
    max_latency_ms=st.none() | VALUES,
    min_accuracy_pct=st.none() | PERCENT,
    max_ram_kb=st.none() | VALUES,
)
SCORES = st.lists(st.floats(-1, 1), min_size=24, max_size=24)


def moved(constraints, relaxation, share=1.0):
    """The constraints after `share` of a relaxation's way."""
    values = constraints.to_dict()
    for index, loss in relaxation.limits:
        limit = LIMITS[index]
        before, after = values[limit.name], limit.sign * loss
        values[limit.name] = after if share == 1 else before + share * (after - before)
    return Constraints(**values)


@given(boards(), CLASSES, LIMITS_OF_ANY_KIND, SCORES)
def test_the_pick_meets_every_limit_and_is_never_dominated(board, name, constraints, scores):
    ranking = ranked(board, service_class=name, scores=scores[: len(board)])
    choice = choose(ranking, constraints, top=5)
    fits = (ranking.needs <= choice.limits).all(axis=1)
    assert (choice.pick is None) == (not fits[np.isfinite(ranking.evidence)].any())
    if choice.pick is None:
        return
    assert fits[choice.pick]
    assert choice.p_feasible[choice.pick] >= 0.9 - 1e-9
    own = ranking.needs[choice.pick, :3]
    others = ranking.needs[fits, :3]
    assert not ((others <= own).all(axis=1) & (others < own).any(axis=1)).any()


@given(boards(), CLASSES, LIMITS_OF_ANY_KIND)
def test_feasible_is_what_has_the_probability(board, name, constraints):
    ranking = ranked(board, service_class=name)
    choice = choose(ranking, constraints, top=5)
    slack = np.abs(ranking.needs - choice.limits).min(axis=1) > 1e-6  # off the edge
    assert ((choice.p_feasible >= 0.9) == choice.feasible)[slack].all()


@given(boards(), CLASSES, LIMITS_OF_ANY_KIND, st.integers(0, 3), st.floats(0.01, 0.99))
def test_tightening_a_limit_never_improves_the_pick(board, name, constraints, which, share):
    ranking = ranked(board, service_class=name, follow="evidence")
    loose = choose(ranking, constraints, top=5)
    limit = LIMITS[which]
    value = constraints.to_dict()[limit.name] or (99.0 if not limit.upper else 1e5)
    tight_value = value * share if limit.upper else value + (100 - value) * share
    tight = choose(ranking, replace(constraints, **{limit.name: tight_value}), top=5)
    if loose.pick is None:
        assume(constraints.to_dict()[limit.name] is not None)
        assert tight.pick is None
    elif tight.pick is not None and constraints.to_dict()[limit.name] is not None:
        position = ranking.position()
        assert position[loose.pick] <= position[tight.pick]


@given(boards(), CLASSES, LIMITS_OF_ANY_KIND)
@settings(max_examples=300)
def test_a_relaxation_is_enough_and_nothing_smaller_is(board, name, constraints):
    ranking = ranked(board, service_class=name)
    choice = choose(ranking, constraints, top=5)
    for relaxation in choice.relaxations:
        enough = choose(ranking, moved(constraints, relaxation), top=5)
        assert enough.pick == relaxation.buys
        less = choose(ranking, moved(constraints, relaxation, 0.999), top=5)
        if choice.pick is None:
            assert less.pick is None
        elif less.pick is not None:
            assert ranking.merit[less.pick] < ranking.merit[choice.pick] + SAY


@given(boards(), CLASSES, LIMITS_OF_ANY_KIND)
def test_what_no_single_move_mends_a_joint_one_does(board, name, constraints):
    ranking = ranked(board, service_class=name)
    choice = choose(ranking, constraints, top=5)
    promised = np.isfinite(ranking.needs[:, : 4 if constraints.max_ram_kb else 3]).all(axis=1)
    if choice.pick is None and promised.any():
        assert choice.relaxations
        assert len({len(r.limits) > 1 for r in choice.relaxations}) == 1


@given(boards(), CLASSES, LIMITS_OF_ANY_KIND, st.randoms(use_true_random=False))
def test_no_order_of_the_rows_changes_the_answer(board, name, constraints, random):
    shuffled = list(range(len(board)))
    random.shuffle(shuffled)
    again = replace(
        board,
        quantities={
            target: replace(
                q, value=q.value[shuffled], given=q.given[shuffled], spread=q.spread[shuffled]
            )
            for target, q in board.quantities.items()
        },
        ram_kb=board.ram_kb[shuffled],
    )
    first = choose(ranked(board, service_class=name), constraints, top=5)
    second = choose(ranked(again, service_class=name), constraints, top=5)
    assert (first.pick is None) == (second.pick is None)
    if first.pick is not None:
        # Candidates are told apart by what they need: names moved with the shuffle.
        one, other = ranked(board, service_class=name), ranked(again, service_class=name)
        assert one.merit[first.pick] == pytest.approx(other.merit[second.pick])


@given(boards(), CLASSES, LIMITS_OF_ANY_KIND)
def test_near_misses_are_near_and_gain_much(board, name, constraints):
    ranking = ranked(board, service_class=name)
    choice = choose(ranking, constraints, top=5)
    limits = limits_of(constraints)
    for index in choice.near_misses:
        assert not choice.feasible[index]
        broken = ranking.needs[index] > limits
        assert (
            (ranking.needs[index] - limits)[broken] / np.abs(limits[broken]) <= NEAR + 1e-12
        ).all()
        if choice.pick is not None:
            like = choice.measured_pick is not None and ranking.board.measured[index]
            other = choice.measured_pick if like else choice.pick
            assert ranking.needs[other, 2] - ranking.needs[index, 2] >= MUCH


@given(boards(), CLASSES, LIMITS_OF_ANY_KIND)
def test_no_prediction_hides_a_measured_near_miss(board, name, constraints):
    """What asking for measured ones alone finds near is found near beside a predicted pick too."""
    every = choose(ranked(board, service_class=name), constraints, top=1000)
    measured = choose(ranked(board, service_class=name, evidence="measured"), constraints, top=1000)
    if every.measured_pick is not None and not np.isfinite(limits_of(constraints)[-1]):
        assert measured.pick == every.measured_pick
        assert set(measured.near_misses) <= set(every.near_misses)


def test_each_class_wants_something_else():
    board = make_board([90.0, 85.0, 72.0], [4000.0, 400.0, 10.0], [95.0, 20.0, 150.0])
    picks = {
        name: choose(ranked(board, service_class=name), Constraints(), top=5).pick
        for name in ("low-end", "mid-end", "high-end")
    }
    assert picks == {"low-end": 2, "mid-end": 1, "high-end": 0}


def test_real_time_comes_before_accuracy():
    board = make_board([99.0, 60.0], [10.0, 10.0], [101.0, 99.0])
    assert choose(ranked(board, service_class="high-end"), Constraints(), top=5).pick == 1


def test_remarks_decide_near_ties_and_nothing_more():
    near = make_board([80.0, 80.4], [100.0, 100.0], [10.0, 11.0])
    far = make_board([80.0, 83.5], [100.0, 100.0], [10.0, 11.0])
    for board, expected in ((near, 0), (far, 1)):
        choice = choose(ranked(board, scores=[1.0, 0.0]), Constraints(), top=5)
        assert choice.pick == expected


def test_the_papers_law_rules_candidates_out():
    board = make_board([90.0, 60.0], [10.0, 10.0], [1.0, 1.0])
    lawful = [False, True]
    assert choose(ranked(board, lawful=lawful, follow="paper"), Constraints(), top=5).pick == 1
    assert choose(ranked(board, lawful=lawful), Constraints(), top=5).pick == 0


def test_beside_a_predicted_pick_stands_the_best_measured_one():
    board = make_board(
        [90.0, 85.0, 84.0, 60.0],
        [10.0] * 4,
        [1.0] * 4,
        given=[False, False, True, True],
        spread=[0.01, 0.01, 0, 0],
    )
    choice = choose(ranked(board), Constraints(), top=2)
    assert choice.pick == 0
    assert choice.alternatives[0] == 2


def test_memory_counts_only_where_it_is_limited():
    board = make_board([80.0, 79.0], [10.0, 11.0], [1.0, 1.0], ram=[500.0, 50.0])
    assert list(choose(ranked(board), Constraints(), top=5).frontier) == [0]
    assert choose(ranked(board), Constraints(max_ram_kb=100.0), top=5).pick == 1


def test_unknown_memory_is_not_within_a_limit():
    board = make_board([80.0], [10.0], [1.0])
    choice = choose(ranked(board), Constraints(max_ram_kb=1e9), top=5)
    assert choice.pick is None
    assert choice.relaxations == ()
