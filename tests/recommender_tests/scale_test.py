import numpy as np
import pytest

from recommender.scale import SCALES, TARGETS


def test_every_target_has_a_scale():
    assert set(SCALES) == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_there_and_back(target):
    values = np.array([0.5, 3.0, 50.0, 97.0])
    assert SCALES[target].inverse(SCALES[target].link(values)) == pytest.approx(values)


@pytest.mark.parametrize("target", TARGETS)
def test_higher_stays_higher(target):
    assert (np.diff(SCALES[target].link(np.linspace(0.1, 99.9, 200))) > 0).all()


def test_accuracies_stay_within_their_bounds():
    scale = SCALES["accuracy_pct"]
    assert np.isfinite(scale.link(np.array([0.0, 100.0]))).all()
    assert scale.inverse(np.array([-np.inf, np.inf])) == pytest.approx([0, 100])


def test_an_unbounded_width_is_infinite_without_a_warning():
    with np.errstate(all="raise"):
        assert SCALES["size_kb"].inverse(np.array([1e4]))[0] == np.inf
