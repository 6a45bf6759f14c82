import json
import math
from dataclasses import replace

import published
import pytest

from recommender import Advisor, Constraints, Profile, fitting
from recommender.baselines import BASELINES
from recommender.cli import main
from recommender.evaluate import LEVELS, MODEL, evaluate, to_dict
from recommender.forecast import Forecast
from recommender.holdout import FACTS_ONLY, PLAIN_KNOWN
from recommender.regret import ADVISERS, CHOICES
from recommender.report.scores import as_json, as_table
from rules.load import load

SHIPPED = published.RECORDS
PAPERS = ["--measurements", str(published.FILE)]


@pytest.fixture(scope="module")
def evaluation():
    return evaluate(SHIPPED, questions=300)


def of(evaluation, setting, target, learner=MODEL):
    wanted = (setting, target, learner)
    found = [s for s in evaluation.scores if (s.setting, s.target, s.learner) == wanted]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("target", ["size_kb", "latency_ms", "accuracy_pct"])
def test_with_the_plain_form_known_the_model_beats_every_baseline(evaluation, target):
    ours = of(evaluation, PLAIN_KNOWN, target)
    for name in BASELINES:
        assert ours.median_error < of(evaluation, PLAIN_KNOWN, target, name).median_error


def test_aims_with_the_plain_form_known(evaluation):
    assert of(evaluation, PLAIN_KNOWN, "size_kb").median_error <= 3
    assert of(evaluation, PLAIN_KNOWN, "latency_ms").median_error <= 12
    assert of(evaluation, PLAIN_KNOWN, "accuracy_pct").median_error <= 0.7


def test_intervals_hold_what_they_say(evaluation):
    for score in evaluation.scores:
        assert len(score.intervals) == (len(LEVELS) if score.learner == MODEL else 0)
        for interval in score.intervals:
            assert interval.level == pytest.approx(min(interval.nominal, 7 / 8))
            # Eight networks: what one of them weighs is the resolution of any such share.
            assert interval.coverage >= interval.level - 1 / 8
            assert math.isfinite(interval.width)
        if score.intervals:
            assert score.intervals[0].width < score.intervals[1].width


def test_everyone_picks_under_the_same_questions(evaluation):
    for setting in (PLAIN_KNOWN, FACTS_ONLY):
        for choice in CHOICES:
            found = [r for r in evaluation.regrets if (r.setting, r.choice) == (setting, choice)]
            assert [r.adviser for r in found] == list(ADVISERS)
            assert {r.questions for r in found} == {300}
            assert all(r.regret >= 0 and r.charged >= 0 for r in found)


def test_the_advisor_keeps_limits_as_often_as_it_promises(evaluation):
    for cost in evaluation.regrets:
        if cost.adviser == "advisor":
            assert cost.breaks <= 0.1


def test_same_records_same_bytes():
    once, again = (as_json(evaluate(rows, "task")) for rows in (SHIPPED, SHIPPED[::-1]))
    assert once == again


def test_reads_at_80_columns(evaluation):
    text = as_table(evaluation)
    assert max(map(len, text.splitlines())) <= 80
    assert all(name in text for name in (MODEL, *ADVISERS))
    assert "Asked at 90 %, given at 87.5 %" in text


def test_json_is_the_evaluation(evaluation):
    content = json.loads(as_json(evaluation))
    assert content == to_dict(evaluation)
    assert content["schema"] == "dlmo.evaluation/1"
    assert len(content["scores"]) == len(evaluation.scores)


def device(name, *, int8):
    """The shipped accuracies and sizes, on a board whose int8 takes so much of a float's time."""
    seconds = {}
    for record in SHIPPED:
        if record.strategy == "nq" and record.latency_s:
            seconds[record.network] = max(record.latency_s, seconds.get(record.network, 0))
    return [
        replace(r, device=name, suspect={}, latencies_s=(seconds[r.network] * factor,))
        for r in SHIPPED
        if r.network in seconds and not r.suspect and "kd" not in r.strategy
        for factor in [int8 if any(q in r.strategy for q in ("blq", "fiq", "qat")) else 1.0]
    ]


def test_a_board_with_slow_int8_gets_another_pick_than_one_with_fast_int8():
    records = device("slow", int8=10.0) + device("fast", int8=0.1)
    advisor = Advisor(forecast=Forecast(fitting.content(records)), rules=load())
    limits = Constraints(max_latency_ms=30, max_size_kb=5000)
    picks = {
        name: advisor.advise(Profile(device=name, task="cifar10", follow="evidence"), limits).pick
        for name in ("slow", "fast")
    }
    integer = ("blq", "fiq", "qat")
    assert any(technique in picks["fast"]["strategy"] for technique in integer)
    assert not any(technique in picks["slow"]["strategy"] for technique in integer)


def test_what_is_learned_on_one_device_follows_its_own_int8():
    records = device("slow", int8=10.0) + device("fast", int8=0.1)
    found = {s.learner: s for s in evaluate(records, "task").scores if s.target == "latency_ms"}
    assert found[MODEL].median_error < 10


def test_files_that_were_measured_on_another_device_are_no_prediction():
    twins = [replace(r, device=name, protocol="p@1") for name in ("one", "two") for r in SHIPPED]
    assert {s.target for s in evaluate(twins, "device").scores} == {"latency_ms"}


def test_nothing_is_promised_of_a_training_that_nobody_knows():
    found = evaluate(device("slow", int8=10.0) + device("fast", int8=0.1), "device")
    given = {i.level for s in found.scores for i in s.intervals}
    assert given == {None}  # one other device supports no level
    told = "Asked at 90 %, given not at all: what was learned from supports no more."
    assert told in as_table(found)


def test_command(capsys):
    assert main(["evaluate", "--holdout", "task", "--format", "json", *PAPERS]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out)["holdout"] == "task"


def test_command_asked_wrongly(capsys):
    assert main(["evaluate", "--holdout", "device", *PAPERS]) == 3
    assert "takes at least two" in capsys.readouterr().err
    assert main(["evaluate", "--holdout", "planet"]) == 2
    assert main(["evaluate", "--format", "html"]) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--probes", "0,3"], "--probes goes with --holdout device"),
        (["--holdout", "device", "--probes", "a few"], "no list of numbers"),
        (["--holdout", "device", "--probes", "-1"], "no list of numbers"),
    ],
)
def test_probes_asked_wrongly(words, sentence, capsys):
    assert main(["evaluate", *words]) == 2
    assert sentence in capsys.readouterr().err
