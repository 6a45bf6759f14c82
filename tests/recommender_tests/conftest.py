import pytest

from recommender import Advisor


@pytest.fixture(scope="session")
def advisor():
    return Advisor.load()
