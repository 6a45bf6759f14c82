import json
import re
from pathlib import Path

import published
import pytest
from agreement import assert_alike

from measurements import read
from recommender import fitting, forecast
from recommender.errors import AdviceError


def parsed(text):
    return [json.loads(line) for line in text.splitlines()]


def test_the_shipped_forecast_is_what_a_fresh_fit_gives():
    fresh = forecast.dumps(fitting.content(read()))
    shipped = forecast.SHIPPED.read_text(encoding="utf-8")
    # Another BLAS may round otherwise.
    assert_alike(parsed(shipped), parsed(fresh), rel=1e-4, floor=1e-9)


def test_it_says_which_learner_serves():
    shipped = forecast.read(forecast.SHIPPED)
    for names in shipped.content["learners"].values():
        assert len(names) == 2
    assert shipped.content["learners"]["size_kb"] == ["model", "model"]


def test_every_module_that_makes_forecasts_is_in_the_release():
    folder = Path(forecast.__file__).parent
    seen, todo = set(), {"fitting"}
    while todo:
        name = todo.pop()
        seen.add(name)
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        used = re.findall(r"^(?:from|import) recommender\.(\w+)", text, re.M)
        used += [
            w
            for m in re.findall(r"^from recommender import (.+)", text, re.M)
            for w in re.split(r",\s*", m)
        ]
        todo |= {n for n in used if (folder / f"{n}.py").exists()} - seen
    # What reads a forecast, and words of errors, make none.
    assert seen - {"forecast", "board", "constraints", "errors"} == set(forecast._MAKERS)


def test_a_second_question_reads_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    records = published.RECORDS[:40]
    first = forecast.of(records)
    monkeypatch.setattr(fitting, "content", lambda records: pytest.fail("fitted again"))
    again = forecast.of(records[::-1])
    assert forecast.dumps(again.content) == forecast.dumps(first.content)
    for task in first.tasks("sensors-2022"):
        assert again.content["boards"]["sensors-2022"][task] == json.loads(
            json.dumps(first.content["boards"]["sensors-2022"][task])
        )


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.999, 2.0])
def test_a_cache_that_is_not_whole_is_fitted_anew(tmp_path, monkeypatch, kept):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    records = published.RECORDS[:40]
    whole = forecast.dumps(forecast.of(records).content)
    (path,) = tmp_path.rglob("*.jsonl")
    path.write_text((whole + whole)[: int(kept * len(whole))])
    assert forecast.of(records).n_measurements == 40
    assert path.read_text() == whole


def test_another_release_is_refused(tmp_path):
    path = tmp_path / "forecast.jsonl"
    path.write_text('{"schema": "dlmo.forecast/0"}')
    with pytest.raises(AdviceError, match="not a forecast of this release"):
        forecast.read(path)


def test_the_hash_knows_no_order():
    records = published.RECORDS
    assert forecast.digest(records) == forecast.digest(records[::-1])
    assert forecast.digest(records) != forecast.digest(records[1:])
