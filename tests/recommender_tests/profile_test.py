import pytest

from recommender.errors import ArgumentError
from recommender.profile import EVIDENCE, FOLLOW, SERVICE_CLASSES, SIZE_KINDS, Profile


@pytest.mark.parametrize("name", SERVICE_CLASSES)
def test_every_class_of_the_paper_has_its_aims(name):
    assert Profile(service_class=name).aims.name == name


@pytest.mark.parametrize(
    ("mistake", "says"),
    [
        ({"service_class": "mid-ed"}, "did you mean 'mid-end'"),
        ({"size_kind": "zip"}, "compressed, file"),
        ({"evidence": "some"}, "any, measured"),
        ({"follow": "papers"}, "did you mean 'paper'"),
        ({"confidence": 1.5}, "0.5 to below 1"),
        ({"confidence": 1.0}, "0.5 to below 1"),
        ({"confidence": 0.2}, "0.5 to below 1"),
        ({"confidence": float("nan")}, "0.5 to below 1"),
        ({"classes": 1}, "at least 2"),
    ],
)
def test_mistakes_name_what_would_be_accepted(mistake, says):
    with pytest.raises(ArgumentError, match=says):
        Profile(**mistake)


def test_defaults_are_among_the_words():
    profile = Profile()
    assert profile.service_class in SERVICE_CLASSES
    assert profile.size_kind in SIZE_KINDS
    assert profile.evidence in EVIDENCE
    assert profile.follow in FOLLOW
