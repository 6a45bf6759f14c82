import json

import numpy as np
import published
import pytest

from recommender import Advisor, Constraints, Profile
from recommender.report.atlas import ROW_COLUMNS, atlas


@pytest.fixture(scope="module")
def page(advisor):
    return atlas(advisor.advise(Profile(service_class="low-end"), Constraints(max_size_kb=100)))


def test_it_is_plain_json_without_infinities(page):
    assert json.loads(json.dumps(page, allow_nan=False))["schema"] == "dlmo.page/1"


def test_it_opens_with_the_question(page):
    assert page["query"]["service_class"] == "low-end"
    assert page["query"]["limits"]["max_size_kb"] == 100
    assert page["query"]["device"] == "sensors-2022"


def test_every_board_is_judged_for_every_class(page, advisor):
    for task in advisor.forecast.tasks("sensors-2022"):
        board = page["boards"]["sensors-2022"][task]
        for name in ("low-end", "mid-end", "high-end"):
            profile = Profile(service_class=name, task=task, device="sensors-2022")
            judged = board["judged"][name]
            assert np.allclose(judged["say"], advisor.ranking(profile).say)
            assert 0 < sum(judged["lawful"]) < len(board["network"])
            verdicts = [page["verdicts"][place] for place in judged["verdicts"]]
            assert verdicts == advisor.advise(profile, Constraints()).to_dict()["rules"]


def test_no_verdict_is_there_twice(page):
    assert len({json.dumps(v) for v in page["verdicts"]}) == len(page["verdicts"])


def test_the_rows_are_the_records(page):
    rows = {row[-1]: dict(zip(ROW_COLUMNS, row, strict=True)) for row in page["rows"]["values"]}
    for record in published.RECORDS:
        if record.id in rows:
            row = rows[record.id]
            assert (row["network"], row["strategy"]) == (record.network, record.strategy)
            assert row["accuracy_pct"] == pytest.approx(100 * record.accuracy)
            assert row["latency_ms"] == pytest.approx(1000 * record.latency_s)
    for board in page["boards"]["sensors-2022"].values():
        for place in board["rows"]:
            assert set(page["row_sets"][place]) <= set(rows)


def test_what_is_suspect_says_so(page):
    suspect = [record for record in published.RECORDS if record.suspect]
    notes = {row[-1]: row[ROW_COLUMNS.index("remarks")] for row in page["rows"]["values"]}
    assert suspect
    assert all("suspect" in notes[record.id] for record in suspect)


def test_the_paths_of_other_data_are_kept_for_the_command(advisor, tmp_path):
    assert atlas(advisor.advise(Profile(), Constraints()))["origin"]["measurements"] == ()
    loaded = Advisor.load("shipped")
    assert loaded.origin.measurements == ("shipped",)
