import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.bootstrap import (
    CONFIDENCE,
    DRAWS,
    SEED,
    median_interval,
    rank_correlation,
    trend_interval,
)

NUMBERS = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=12)


def drawn_pairs(groups):
    """The pairs of each draw, written out: groups drawn with replacement, pairs if only one."""
    units = groups if groups.max() > 0 else np.arange(len(groups))
    n = units.max() + 1
    for times in np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=DRAWS):
        yield np.concatenate([np.tile(np.flatnonzero(units == u), k) for u, k in enumerate(times)])


def ends(draws):
    tail = (1 - CONFIDENCE) / 2
    return tuple(np.quantile(draws, [tail, 1 - tail]))


@settings(max_examples=20, deadline=None)
@given(NUMBERS, st.integers(1, 4))
def test_the_median_s_interval_is_that_of_drawing_groups(numbers, n_groups):
    effects = np.array(numbers)
    groups = np.unique(np.arange(len(effects)) % n_groups, return_inverse=True)[1]
    written_out = [np.median(effects[rows]) for rows in drawn_pairs(groups)]
    assert median_interval(effects, groups) == pytest.approx(ends(written_out))


def test_the_trend_s_interval_is_that_of_drawing_groups():
    rng = np.random.default_rng(3)
    effects, over = rng.normal(size=15), np.repeat(np.arange(5.0), 3)
    groups = over.astype(int)
    written_out = [rank_correlation(effects[rows], over[rows]) for rows in drawn_pairs(groups)]
    low, high = trend_interval(effects, over, groups)
    assert (low, high) == pytest.approx(ends([t for t in written_out if not np.isnan(t)]))
    assert low < rank_correlation(effects, over) < high


def test_many_rows_of_a_network_do_not_narrow_the_interval():
    effects = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    alone = median_interval(effects, np.arange(5))
    assert median_interval(np.repeat(effects, 20), np.repeat(np.arange(5), 20)) == alone
    low, high = median_interval(np.repeat(effects, 20), np.arange(100))
    assert high - low < alone[1] - alone[0]


def test_a_single_group_is_drawn_by_pairs():
    effects = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    one_group = np.zeros(5, dtype=int)
    assert median_interval(effects, one_group) == median_interval(effects, np.arange(5))


@pytest.mark.parametrize(
    ("one", "other", "correlation"),
    [
        ([1, 2, 3], [10, 20, 30], 1),
        ([1, 2, 3], [30, 20, 10], -1),
        ([1, 2, 3, 4], [1, 3, 2, 4], 0.8),
        ([1, 1, 2, 2], [1, 2, 1, 2], 0),
        ([1, 1, 2], [1, 2, 3], 0.8660254),
        ([1, 1, 2, 3], [1, 2, 3, 4], 0.9486833),
    ],
)
def test_rank_correlation(one, other, correlation):
    found = rank_correlation(np.array(one, float), np.array(other, float))
    assert found == pytest.approx(correlation)


def test_what_is_constant_has_no_trend():
    flat, steep = np.ones(4), np.arange(4.0)
    assert np.isnan(rank_correlation(flat, steep))
    assert np.isnan(trend_interval(flat, steep, np.arange(4))).all()
