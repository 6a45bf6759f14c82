"""What a pick costs is counted against who knows everything, under limits that can be met."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import regret
from recommender.advisers import PROFILE, Adviser
from recommender.regret import CHOICES, Outcome, deal, regrets

LOSSES = st.integers(1, 12).flatmap(
    lambda n: st.lists(
        st.tuples(st.floats(1, 1e4), st.floats(0.1, 500), st.floats(-99, -1)),
        min_size=n,
        max_size=n,
    ).map(np.array)
)
SEEDS = st.integers(0, 2**32 - 1)


def knowing(losses):
    """The oracle: every need as it is, the most accurate first."""
    return Adviser(needs=losses, merit=-losses[:, 2])


def outcome(losses, limits, pick, among=None, name="advisor"):
    among = np.ones(len(losses), dtype=bool) if among is None else among
    return regret._outcome("facts only", "any", name, losses, among, limits, np.asarray(pick))


@settings(max_examples=200, deadline=None)
@given(LOSSES, SEEDS, st.data())
def test_each_question_can_be_met_by_what_it_is_drawn_around(losses, seed, data):
    around = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(losses), max_size=len(losses)))
    )
    if not around.any():
        return
    limits = regret._limits(losses, around, 50, np.random.default_rng(seed))
    assert regret._met(losses, limits)[:, around].any(axis=1).all()
    assert np.isfinite(limits[:, 1]).all()  # a latency is always asked for
    if (losses[around, 1] <= PROFILE.aims.real_time_ms).any():
        assert (limits[:, 1] <= PROFILE.aims.real_time_ms).all()


@settings(max_examples=200, deadline=None)
@given(LOSSES, SEEDS)
def test_who_knows_everything_pays_nothing_and_nobody_less(losses, seed):
    random = np.random.default_rng(seed)
    everyone = np.ones(len(losses), dtype=bool)
    limits = regret._limits(losses, everyone, 30, random)
    best = outcome(losses, limits, regret._picks(knowing(losses), everyone, limits))
    assert not best.silent.any()
    assert not best.broken.any()
    assert best.regret == pytest.approx(0)
    blind = Adviser(needs=np.full_like(losses, -np.inf), merit=random.random(losses.shape[:1]))
    other = outcome(losses, limits, regret._picks(blind, everyone, limits))
    kept = ~other.broken
    assert not other.silent.any()
    assert (other.regret[kept] >= 0).all()
    assert (other.regret[kept] <= other.worst[kept] + 1e-9).all()
    assert np.isnan(other.regret[other.broken]).all()


@settings(max_examples=100, deadline=None)
@given(LOSSES, SEEDS)
def test_who_is_careful_is_silent_and_breaks_nothing(losses, seed):
    everyone = np.ones(len(losses), dtype=bool)
    limits = regret._limits(losses, everyone, 30, np.random.default_rng(seed))
    careful = Adviser(needs=losses + 5.0, merit=-losses[:, 2])
    found = outcome(losses, limits, regret._picks(careful, everyone, limits))
    assert not found.broken.any()
    # Whoever asks for more than needed finds no more than is there.
    assert (found.silent | (found.regret >= 0)).all()


def test_a_pick_outside_those_asked_about_counts_as_broken():
    losses = np.array([[1.0, 1.0, -90.0], [1.0, 1.0, -80.0]])
    limits = np.full((1, 3), np.inf)
    found = outcome(losses, limits, [0], among=np.array([False, True]))
    assert found.broken.all()


def test_silence_and_broken_limits_are_charged_as_the_worst_choice():
    losses = np.array([[10.0, 5.0, -90.0], [5.0, 5.0, -80.0], [1.0, 5.0, -60.0]])
    limits = np.array([[7.0, np.inf, np.inf]] * 4)  # the first is too large
    found = outcome(losses, limits, [1, 2, 0, -1])
    assert found.silent.tolist() == [False, False, False, True]
    assert found.broken.tolist() == [False, False, True, False]
    (summed,) = regrets([found])
    assert (summed.questions, summed.silent, summed.breaks) == (4, 0.25, pytest.approx(1 / 3))
    assert summed.regret == pytest.approx(10)  # 0 and 20
    assert summed.charged == pytest.approx((0 + 20 + 20 + 20) / 4)


def test_folds_are_pooled_by_question():
    losses = np.array([[1.0, 1.0, -90.0], [1.0, 1.0, -80.0]])
    open_ended = np.full((3, 3), np.inf)
    parts = [outcome(losses, open_ended[:n], [i] * n) for n, i in ((1, 0), (3, 1))]
    (summed,) = regrets(parts)
    assert summed.questions == 4
    assert summed.regret == pytest.approx(7.5)


def test_of_nothing_but_broken_limits_no_regret_can_be_said():
    losses = np.array([[1.0, 1.0, -90.0], [9.0, 1.0, -95.0]])
    found = outcome(losses, np.array([[2.0, np.inf, np.inf]]), [1])
    (summed,) = regrets([found])
    assert summed.regret is None
    assert summed.breaks == 1
    assert isinstance(found, Outcome)


def test_the_single_best_is_the_one_that_wins_where_the_truth_is_known():
    """Among all candidates a network with its strategy, among the left-out alone a strategy."""
    cells = [(n, s) for n in ("a", "b") for s in ("nq", "prn")] + [("c", "nq"), ("c", "prn")]
    accuracy = np.array([60.0, 70, 80, 90, 99, 50])
    losses = np.column_stack([np.ones(6), np.ones(6), -accuracy])
    hidden = np.array([False] * 4 + [True] * 2)
    table = regret.Table(cells=cells, losses=losses, hidden=hidden)
    tables = {("bench", "cifar10"): table}
    found = {
        choice: regret._single_best(tables, "bench", table, choice, np.random.default_rng(0))
        for choice in CHOICES
    }
    assert cells[int(found["any"].merit.argmax())] == ("b", "prn")
    assert found["any"].merit[4:].tolist() == [0, 0]  # what is hidden can't have won
    assert cells[int(found["left out"].merit.argmax())][1] == "prn"
    assert np.isneginf(found["any"].needs).all()


@given(st.integers(0, 5000), st.integers(1, 40))
def test_dealt_shares_differ_by_one_at_most(total, parts):
    shares = deal(total, parts)
    assert sum(shares) == total
    assert len(shares) == parts
    assert max(shares) - min(shares) <= 1
