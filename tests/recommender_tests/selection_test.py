"""The page's selection gives what Python's gives: the same questions to both."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from agreement import assert_alike
from made_forecasts import made_forecast
from made_questions import questions

from recommender import Advisor
from recommender.constraints import Constraints
from recommender.profile import Profile
from recommender.report.as_html import ANSWERING, PAGE
from recommender.report.atlas import atlas

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
RUNNER = Path(__file__).parent.parent / "answer.js"


def page_answers(advisor, asked):
    """What the page's scripts answer."""
    page = atlas(advisor.advise(Profile(device=advisor.forecast.devices[0]), Constraints()))
    given = {"page": page, "questions": [question.for_page() for question in asked]}
    done = subprocess.run(
        ["node", RUNNER, *(PAGE / name for name in ANSWERING)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_page_agrees(advisor, asked):
    for question, found in zip(asked, page_answers(advisor, asked), strict=True):
        expected = advisor.advise(question.profile, question.constraints).to_dict()
        assert_alike(found, {key: expected[key] for key in found}, repr(question))


@needs_node
def test_the_page_answers_as_python_does(advisor):
    asked = questions(advisor, 400)
    assert_page_agrees(advisor, asked)
    picks = [advisor.advise(q.profile, q.constraints).pick for q in asked]
    # The questions are of every kind: most have an answer, many none, few the same.
    assert 0.1 < np.mean([p is None for p in picks]) < 0.7
    assert len({(p["network"], p["strategy"]) for p in picks if p}) > 20


@needs_node
def test_the_page_answers_as_python_does_on_other_data(advisor):
    made = Advisor(forecast=made_forecast(networks=30, seed=3), rules=advisor.rules)
    assert_page_agrees(made, questions(made, 150, seed=1))
