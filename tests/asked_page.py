"""The page's scripts, asked outside a browser, and held against Python's answers."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from agreement import assert_alike

from recommender.constraints import Constraints
from recommender.profile import Profile
from recommender.report.as_html import ANSWERING, PAGE
from recommender.report.atlas import atlas

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
RUNNER = Path(__file__).with_name("answer.js")


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
