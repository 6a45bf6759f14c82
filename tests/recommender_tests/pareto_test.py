import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender import pareto
from recommender.pareto import non_dominated

LOSSES = st.integers(1, 30).flatmap(
    lambda n: arrays(
        float, (n, 3), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, np.inf, np.nan, -1.0])
    )
)


@given(LOSSES)
def test_marks_exactly_what_nothing_beats(losses):
    def beats(a, b):
        return (a <= b).all() and (a < b).any()

    finite = np.isfinite(losses).all(axis=1)
    expected = [
        bool(finite[i]) and not any(beats(other, row) for other in losses[finite])
        for i, row in enumerate(losses)
    ]
    assert list(non_dominated(losses)) == expected


def test_nothing_in_nothing_out():
    assert non_dominated(np.empty((0, 3))).shape == (0,)


@given(st.integers(2, 400), st.integers(0, 2**32 - 1))
def test_few_and_many_agree(n, seed):
    points = np.random.default_rng(seed).integers(0, 9, size=(n, 3)).astype(float)
    assert (pareto._among_few(points) == pareto._among_many(points)).all()
