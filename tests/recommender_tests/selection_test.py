"""The page's selection gives what Python's gives: the same questions to both."""

import numpy as np
from asked_page import assert_page_agrees, needs_node
from made_forecasts import made_forecast
from made_questions import questions

from recommender import Advisor


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
