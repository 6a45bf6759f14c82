import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import published
import pytest

from measurements import append, read
from measurements.errors import DatasetError, DlmoError
from recommender import AdviceError, Advisor, Constraints, Profile
from recommender.errors import ArgumentError

FLAGSHIP = Constraints(max_size_kb=500, max_latency_ms=50)


def test_the_flagship_question(advisor):
    answer = advisor.advise(Profile(service_class="mid-end"), FLAGSHIP).to_dict()
    pick = answer["pick"]
    assert answer["feasible"]
    assert answer["query"]["task"] == "cifar10"
    assert answer["query"]["device"] == "sensors-2022"
    assert pick["size_kb"]["high"] <= 500
    assert pick["latency_ms"]["high"] <= 50
    best = pick if pick["evidence"] == "measured" else answer["alternatives"][0]
    assert (best["network"], best["evidence"]) == ("vgg", "measured")
    wrn = next(n for n in answer["near_misses"] if n["candidate"]["strategy"] == "prn")
    assert wrn["candidate"]["network"] == "wrn"
    assert wrn["breaks"] == {"max_size_kb": {"limit": 500.0, "needs": 547.0, "change_pct": 9.4}}
    assert wrn["gain"]["accuracy_pct"] > 15


def test_nothing_feasible_says_exactly_what_to_change(advisor):
    hopeless = Constraints(max_size_kb=10, min_accuracy_pct=95)
    answer = advisor.advise(Profile(service_class="mid-end"), hopeless).to_dict()
    assert not answer["feasible"]
    assert answer["pick"] is None
    (change,) = answer["relaxations"]
    moved = change["change"]["min_accuracy_pct"]
    relaxed = Constraints(max_size_kb=10, min_accuracy_pct=moved["to"])
    found = advisor.advise(Profile(service_class="mid-end"), relaxed)
    assert found.pick["network"] == change["buys"]["network"]
    assert found.pick["strategy"] == change["buys"]["strategy"]
    barely_not = Constraints(max_size_kb=10, min_accuracy_pct=moved["to"] + 1e-3)
    assert not advisor.advise(Profile(service_class="mid-end"), barely_not).feasible


KEYS = {
    "pick": {
        "network", "strategy", "setup", "evidence", "p_feasible", "accuracy_pct", "size_kb",
        "file_kb", "latency_ms", "ram_kb", "reasons", "rows",
    },
    "query": {
        "service_class", "task", "device", "size_kind", "confidence", "evidence", "follow",
        "limits",
    },
}  # fmt: skip


@pytest.mark.parametrize("follow", ["both", "paper", "evidence"])
@pytest.mark.parametrize("evidence", ["any", "measured"])
@pytest.mark.parametrize("name", ["low-end", "mid-end", "high-end"])
def test_the_contracted_form(advisor, name, evidence, follow):
    profile = Profile(service_class=name, evidence=evidence, follow=follow)
    for size, accuracy in itertools.product((None, 5.0, 500.0), (None, 80.0, 99.9)):
        limits = Constraints(max_size_kb=size, min_accuracy_pct=accuracy)
        answer = advisor.advise(profile, limits).to_dict()
        text = json.dumps(answer, allow_nan=False)
        assert json.loads(text) == answer
        assert list(answer) == [
            "schema", "query", "feasible", "pick", "alternatives", "frontier", "near_misses",
            "relaxations", "rules", "basis",
        ]  # fmt: skip
        assert answer["schema"] == "dlmo.advice/1"
        assert set(answer["query"]) == KEYS["query"]
        members = answer["alternatives"] + answer["frontier"]
        members += [n["candidate"] for n in answer["near_misses"]]
        members += [r["buys"] for r in answer["relaxations"]]
        for candidate in members + ([answer["pick"]] if answer["pick"] else []):
            assert set(candidate) == KEYS["pick"]
            assert candidate["reasons"]
            for target in ("accuracy_pct", "size_kb", "file_kb", "latency_ms"):
                value = candidate[target]
                ends = [value["low"], value["value"], value["high"]]
                assert ends == sorted(ends)
            if evidence == "measured":
                assert candidate["evidence"] == "measured"


def test_the_papers_strategy_is_law_when_it_is_followed(advisor):
    lawful = {"low-end": {"prn+blq"}, "mid-end": {"prn"}, "high-end": {"f16", "prn"}}
    for name, slugs in lawful.items():
        pick = advisor.advise(Profile(service_class=name, follow="paper"), Constraints()).pick
        assert pick["strategy"].removeprefix("kd+") in slugs


def test_every_measured_value_is_the_papers(advisor):
    rows = {(r.network, r.strategy): r for r in published.RECORDS if r.task == "cifar10"}
    board = advisor.ranking(Profile(task="cifar10")).board
    for i in np.flatnonzero(board.measured):
        row = rows[board.network[i], board.strategy[i]]
        assert board.quantities["accuracy_pct"].value[i] == pytest.approx(row.accuracy * 100)
        assert board.quantities["size_kb"].value[i] == pytest.approx(row.size_bytes / 1e3)
        assert board.quantities["latency_ms"].value[i] == pytest.approx(row.latency_s * 1e3)


def test_suspect_cells_are_not_measured(advisor):
    board = advisor.ranking(Profile(task="cifar100")).board
    at = board.network.index("wrn")
    at = next(i for i in range(at, len(board)) if board.strategy[i] == "nq")
    assert not board.measured[at]
    assert not board.quantities["latency_ms"].given[at]
    assert board.quantities["latency_ms"].value[at] > 1


def test_the_task_nearest_in_classes(advisor):
    assert advisor.resolve(Profile(classes=15)).task == "cifar10"
    assert advisor.resolve(Profile(classes=80)).task == "cifar100"
    assert advisor.resolve(Profile(classes=80, task="cifar10")).task == "cifar10"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"device": "sensor-2022"}, "did you mean 'sensors-2022'"),
        ({"task": "cifar"}, "did you mean 'cifar10'"),
        ({"networks": ("mobilnet_v2",)}, "did you mean 'mobilenet_v2'"),
    ],
)
def test_unknown_names_name_the_nearest(advisor, wrong, says):
    with pytest.raises(ArgumentError, match=says):
        advisor.advise(Profile(**wrong), Constraints())


def test_only_the_networks_asked_for(advisor):
    answer = advisor.advise(Profile(networks=("wrn", "resnet50")), Constraints()).to_dict()
    assert {c["network"] for c in answer["frontier"]} <= {"wrn", "resnet50"}


def test_the_stored_size_can_be_what_counts(advisor):
    limits = Constraints(max_size_kb=600)
    loose = advisor.advise(Profile(networks=("wrn",)), limits)
    strict = advisor.advise(Profile(networks=("wrn",), size_kind="file"), limits)
    assert loose.pick["strategy"] != strict.pick["strategy"]
    assert strict.pick["file_kb"]["value"] <= 600
    assert any("stored file alone" in reason for reason in loose.pick["reasons"])


def test_many_questions_get_the_answers_of_one(advisor):
    random = np.random.default_rng(1)
    n = 300
    frame = pd.DataFrame(
        {
            "service_class": random.choice(["low-end", "mid-end", "high-end"], n),
            "task": random.choice(["cifar10", "cifar100"], n),
            "max_size_kb": np.where(
                random.random(n) < 0.2, np.nan, np.exp(random.uniform(1, 11, n))
            ),
            "max_latency_ms": np.exp(random.uniform(0, 8, n)),
            "max_ram_kb": np.where(random.random(n) < 0.7, np.nan, random.uniform(20, 300, n)),
        },
        index=[f"q{i}" for i in range(n)],
    )
    answers = advisor.advise_many(frame)
    assert list(answers.index) == list(frame.index)
    for name, row in frame.iterrows():
        limits = Constraints(
            **{
                k: None if np.isnan(row[k]) else float(row[k])
                for k in ("max_size_kb", "max_latency_ms", "max_ram_kb")
            }
        )
        profile = Profile(service_class=row["service_class"], task=row["task"])
        pick = advisor.advise(profile, limits).pick
        assert answers.loc[name, "feasible"] == (pick is not None)
        if pick is not None:
            assert answers.loc[name, "network"] == pick["network"]
            assert answers.loc[name, "strategy"] == pick["strategy"]


def test_many_questions_with_a_mistake(advisor):
    with pytest.raises(ArgumentError, match="did you mean 'max_size_kb'"):
        advisor.advise_many(pd.DataFrame({"max_size": [1.0]}))
    with pytest.raises(ArgumentError, match="above 0"):
        advisor.advise_many(pd.DataFrame({"max_size_kb": [1.0, -1.0]}))
    with pytest.raises(ArgumentError, match="max_size_kb '500KB'"):
        advisor.advise_many(pd.DataFrame({"max_size_kb": [1.0, "500KB"]}))
    assert len(advisor.advise_many(pd.DataFrame({"max_size_kb": []}))) == 0


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_other_measurements_give_other_advice(tmp_path, cache):
    records = [r for r in published.RECORDS if r.network != "wrn"]
    append(records, tmp_path / "mine.jsonl")
    mine = Advisor.load(tmp_path / "mine.jsonl")
    assert mine.basis.n_measurements == len(records)
    answer = mine.advise(Profile(), Constraints(max_size_kb=547, max_latency_ms=50)).to_dict()
    assert answer["pick"]["network"] == "vgg"
    assert answer["basis"]["sha256"] != Advisor.load().basis.sha256
    assert len(list(cache.glob("dlmo-advisor/*.jsonl"))) == 1
    again = Advisor.load(tmp_path / "mine.jsonl")
    assert (
        again.advise(Profile(), Constraints(max_size_kb=547, max_latency_ms=50)).to_dict() == answer
    )


def test_no_order_of_the_records_changes_a_byte(tmp_path, cache, monkeypatch):
    texts = []
    for name, records in (("one", published.RECORDS), ("two", published.RECORDS[::-1])):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))
        append(records, tmp_path / f"{name}.jsonl")
        advice = Advisor.load(tmp_path / f"{name}.jsonl").advise(Profile(), FLAGSHIP)
        texts.append(json.dumps(advice.to_dict()))
    assert texts[0] == texts[1]


def test_a_broken_cache_is_made_anew(tmp_path, cache):
    append(published.RECORDS[:60], tmp_path / "mine.jsonl")
    Advisor.load(tmp_path / "mine.jsonl")
    (stored,) = cache.glob("dlmo-advisor/*.jsonl")
    stored.write_text(stored.read_text()[:1000])
    assert Advisor.load(tmp_path / "mine.jsonl").basis.n_measurements == 60


@pytest.mark.parametrize("content", ["", "\n", "not json\nat all\n", '{"schema": 99}\n'])
def test_unusable_measurements_are_one_sentence(tmp_path, cache, content):
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(DatasetError) as error:
        Advisor.load(path)
    assert "\n" not in str(error.value)
    assert "bad.jsonl" in str(error.value)


def test_missing_measurements(tmp_path):
    with pytest.raises(DlmoError, match="no such file"):
        Advisor.load(tmp_path / "nowhere.jsonl")


def test_a_foreign_rules_package_is_recognised(tmp_path):
    import subprocess
    import sys

    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "__init__.py").write_text("")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from recommender.cli import main; sys.exit(main([]))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 3
    assert ended.stderr.count("\n") == 1
    assert "package 'rules'" in ended.stderr


def test_users_remarks_are_heard(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'source = "house rules"\n[H1]\nsection = "1"\nsays = "Ship QAT."\n'
        'on = { quantizer = "qat" }\neffect = "prefer"\nweight = 1.0\n'
        'untestable = "taste"\nfires = [{ strategy = "qat" }]\nsilent = [{ strategy = "nq" }]\n'
    )
    advisor = Advisor.load(rules=mine)
    answer = advisor.advise(Profile(), FLAGSHIP).to_dict()
    assert "H1" in {rule["id"] for rule in answer["rules"]}


def test_loading_is_for_paths_of_any_kind(tmp_path, cache):
    append(read(), tmp_path / "all.jsonl")
    one = Advisor.load([Path(tmp_path / "all.jsonl")])
    other = Advisor.load(str(tmp_path))
    assert one.basis.sha256 == other.basis.sha256 == Advisor.load("shipped").basis.sha256
    assert Advisor.load(["shipped", tmp_path]).basis.n_measurements == 2 * len(read())


def test_errors_of_advice_are_dlmo_errors():
    assert issubclass(ArgumentError, ValueError)
    assert issubclass(ArgumentError, AdviceError)
    assert issubclass(AdviceError, DlmoError)
