import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import wording
from recommender.constraints import LIMITS


@pytest.mark.parametrize(
    ("value", "text"),
    [(547, "547"), (0.236, "0.236"), (2, "2"), (1899, "1,899"), (30.04, "30"), (0, "0"),
     (94052, "94,052"), (float("inf"), "unknown"), (9.996, "10")],
)  # fmt: skip
def test_numbers(value, text):
    assert wording.number(value) == text


def test_quantities_change_their_unit_where_people_do():
    assert wording.kilobytes(547) == "547 kB"
    assert wording.kilobytes(94052) == "94.1 MB"
    assert wording.milliseconds(1820) == "1.82 s"
    assert wording.percent(68.66) == "68.7%"
    assert wording.kilobytes(94052, 90000, 98000) == "94.1 MB [90-98]"
    assert wording.milliseconds(5.2, 4, float("nan")) == "5.2 ms [4-unknown]"
    assert wording.percent(68.66, 60, 70.04) == "68.7% [60-70]"
    assert wording.points(0.01) == "less than 0.1 points"
    assert wording.points(-1.04) == "1 point"
    assert wording.points(15.5) == "15.5 points"


@given(st.sampled_from(LIMITS), st.floats(0.01, 1e6))
def test_a_proposed_limit_lets_in_what_it_is_proposed_for(limit, value):
    shown = float(wording.bound(limit, value).split()[0].strip("%").replace(",", ""))
    assert shown >= value if limit.upper else shown <= value
    assert abs(shown - value) <= 0.02 * value


def test_candidates_have_the_papers_names():
    assert wording.candidate("vgg", "prn+blq") == "vgg PRQ"
    assert wording.candidate("wrn", "kd+prn80+f16") == "wrn KD+PRN80+F16"


def test_numbers_of_numpy_read_like_those_of_python():
    assert wording.percent(np.float64(71.65)) == wording.percent(71.65) == "71.7%"
