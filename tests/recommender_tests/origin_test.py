from pathlib import Path

from recommender import Advisor
from recommender.origin import Origin


def test_paths_are_kept_as_text():
    origin = Origin.of([Path("runs"), "shipped"], ["own.toml"])
    assert origin == Origin(measurements=("runs", "shipped"), rules=("own.toml",))


def test_an_advisor_remembers_what_it_was_loaded_from():
    assert Advisor.load().origin == Origin()
    assert Advisor.load("shipped").origin.measurements == ("shipped",)
