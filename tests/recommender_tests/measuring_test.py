import json
from importlib.util import find_spec

import pytest

from measurements import cli
from recommender.measuring import app, main

QUESTION = ["plan", "--class", "mid-end", "--max-size", "500KB", "--max-latency", "50ms"]


def test_the_harness_is_there_whole_and_each_command_once():
    names = [command.name for command in app.registered_commands]
    assert len(names) == len(set(names))
    assert {command.name for command in cli.app.registered_commands} <= set(names)


def test_the_next_measurement_reads_at_80_columns(capsys):
    assert main(QUESTION) == 0
    said = capsys.readouterr().out
    assert "Today's answer: wrn KD+PRN+F16 (predicted)." in said
    assert "measure next" in said
    assert max(map(len, said.splitlines())) <= 80


def test_json_holds_as_many_as_were_asked_for(capsys):
    assert main([*QUESTION, "--format", "json", "--top", "2"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "dlmo.next/1"
    assert len(said["measurements"]) == 2
    assert said["query"]["limits"]["max_size_kb"] == 500


def test_it_says_when_nothing_is_left(capsys):
    assert main(["plan", "--max-size", "1KB", "--network", "vgg"]) == 0
    said = capsys.readouterr().out
    assert "Today nothing is feasible." in said
    assert "No measurement left can change this answer." in said


def test_a_campaigns_plan_is_as_before(tmp_path, capsys):
    assert main(["plan", "--networks", "vgg", "--strategies", "nq", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "vgg" in said
    assert "nq" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["plan"], "plan what?"),
        (["plan", "--class", "middle"], "unknown class 'middle'"),
        (["plan", "--max-size", "big"], "big"),
        (["plan", "--class", "mid-end", "--device", "nowhere"], "unknown device 'nowhere'"),
        (["plan", "--class", "mid-end", "--format", "xml"], "unknown format 'xml'"),
        (["plan", "--class", "mid-end", "--top", "0"], "--top"),
    ],
)
def test_wrong_words_are_refused_in_a_sentence(words, sentence, capsys):
    assert main(words) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.out == ""
    assert len(said.err.splitlines()) == 1


def test_probes_are_timed_and_the_rest_is_forecast(tmp_path, capsys):
    if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
        pytest.skip("needs the train extra")
    folder = [*("--out", str(tmp_path / "store")), *("--cache", str(tmp_path / "cache"))]
    assert main(["probe", "--networks", "vgg", "--budget", "2", "--quiet", *folder]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    assert said.count("measured") == 2
    assert said.count("predicted") == 8
    # Two are held: nothing is timed again, and the forecast is the same.
    again = ["probe", "--networks", "vgg", "--budget", "2", "--format", "json", *folder]
    assert main(again) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "dlmo.probe/1"
    assert found["probes"] == []
    assert [c["evidence"] for c in found["cells"]].count("measured") == 2
    assert all(c["latency_ms"]["value"] > 0 for c in found["cells"])
    (record,) = {(r["protocol"].split("@")[0], r.get("accuracy")) for r in lines(tmp_path)}
    assert record == ("untrained", None)


def lines(folder):
    (file,) = (folder / "store").glob("*.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--device", "nowhere"], "nowhere"),
        (["--networks", "vgh"], "vgg"),
        (["--budget", "-1"], "--budget"),
        (["--format", "xml"], "unknown format 'xml'"),
        (["--task", "nothing"], "nothing"),
    ],
)
def test_probes_asked_wrongly(words, sentence, tmp_path, capsys):
    assert main(["probe", "--out", str(tmp_path), *words]) in (2, 3)
    assert sentence in capsys.readouterr().err
