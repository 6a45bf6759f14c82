import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from published import RECORDS

from measurements.dataset import append
from recommender.cli import main

CASES = int(os.environ.get("DLMO_FUZZ_CASES", "300"))
"""Command lines tried; 10,000 take three minutes."""

OPTIONS = [
    "--class",
    "--classes",
    "--task",
    "--device",
    "--network",
    "--max-size",
    "--max-latency",
    "--min-accuracy",
    "--max-ram",
    "--size-kind",
    "--confidence",
    "--evidence",
    "--follow",
    "--measurements",
    "--rules",
    "--format",
    "--output",
    "--top",
]

FLAGSHIP = ["--class", "mid-end", "--max-size", "500KB", "--max-latency", "50ms"]


def command(*words, **options):
    """The real command in a process of its own."""
    code = "import sys; from recommender.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, **options
    )


def test_advice_goes_to_stdout_and_reads_at_80_columns():
    ended = command(*FLAGSHIP)
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert "Deploy wrn" in ended.stdout
    assert re.search("^vgg F16 +72.1% .*measured$", ended.stdout, re.MULTILINE)
    assert "wrn PRN (measured) needs 547 kB instead of 500 kB" in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert "\x1b" not in ended.stdout


def test_the_same_question_gives_the_same_bytes():
    for form in ("table", "json", "markdown"):
        one, other = (command(*FLAGSHIP, "--format", form).stdout for _ in range(2))
        assert one == other


def test_json_is_the_contract():
    ended = command(*FLAGSHIP, "--format", "json")
    answer = json.loads(ended.stdout)
    assert answer["schema"] == "dlmo.advice/1"
    assert answer["query"]["limits"] == {
        "max_size_kb": 500.0,
        "max_latency_ms": 50.0,
        "min_accuracy_pct": None,
        "max_ram_kb": None,
    }


def test_nothing_feasible_is_an_answer_with_status_1():
    ended = command("--max-size", "10KB", "--min-accuracy", "95")
    assert ended.returncode == 1
    assert ended.stderr == ""
    assert "Nothing is feasible" in ended.stdout
    assert re.search(r"--min-accuracy \d+\.\d \(-", ended.stdout)


def test_a_proposed_option_can_be_typed_back():
    ended = command("--max-size", "10KB", "--min-accuracy", "95")
    (least,) = re.findall(r"--min-accuracy ([\d.]+)", ended.stdout)
    assert command("--max-size", "10KB", "--min-accuracy", least).returncode == 0, ended.stdout
    more = f"{float(least) + 0.1:.1f}"
    assert command("--max-size", "10KB", "--min-accuracy", more).returncode == 1


def test_no_slow_library_on_the_way_to_an_answer():
    code = (
        "import sys; from recommender.cli import main; status = main(sys.argv[1:]);"
        "slow = {'pandas', 'sklearn', 'joblib', 'tensorflow', 'scipy', 'msgspec'};"
        "print(sorted(slow & set(sys.modules)), file=sys.stderr); sys.exit(status)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *FLAGSHIP], capture_output=True, text=True, check=True
    )
    assert ended.stderr == "[]\n"


USAGE = [
    ["--class", "mid-ed"],
    ["--max-size", "500 potatoes"],
    ["--max-size", "-5KB"],
    ["--max-size", "0"],
    ["--max-latency", "inf"],
    ["--max-latency", "nan"],
    ["--min-accuracy", "101"],
    ["--max-ram", "lots"],
    ["--confidence", "1.5"],
    ["--confidence", "often"],
    ["--device", "sensors-2021"],
    ["--task", "imagenet"],
    ["--network", "vgg,wnr"],
    ["--network", ""],
    ["--network", " , "],
    ["--measurements", ""],
    ["--rules", ""],
    ["--size-kind", "zip"],
    ["--evidence", "some"],
    ["--follow", "me"],
    ["--format", "pdf"],
    ["--classes", "1"],
    ["--classes", "ten"],
    ["--top", "-1"],
    ["--bogus"],
    ["nonsense"],
    ["audit", "--device", "nowhere"],
    ["audit", "--format", "pdf"],
]


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_wrong_usage_is_one_sentence_and_status_2(words, capsys):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("dlmo-advise: ")
    assert err.count("\n") == 1


def test_what_cannot_be_done_is_one_sentence_and_status_3(tmp_path, capsys):
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "bad.toml").write_text("[R9]\nsays = 1\n")
    (tmp_path / "folder").mkdir()
    bad = [
        ["--measurements", str(tmp_path / "empty.jsonl")],
        ["--measurements", str(tmp_path / "nowhere")],
        ["--measurements", str(tmp_path / "folder")],
        ["--rules", str(tmp_path / "bad.toml")],
        ["--rules", str(tmp_path / "folder")],
        ["--rules", str(tmp_path / "nowhere.toml")],
        ["-o", str(tmp_path / "folder")],
        ["-o", str(tmp_path / "nowhere" / "file")],
    ]
    for words in bad:
        assert main(words) == 3, words
        out, err = capsys.readouterr()
        assert out == "", words
        assert err.startswith("dlmo-advise: "), words
        assert err.count("\n") == 1, words
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.toml", "empty.jsonl", "folder"]
    assert list((tmp_path / "folder").iterdir()) == []


def test_an_answer_can_go_to_a_file(tmp_path, capsys):
    path = tmp_path / "advice.json"
    assert main([*FLAGSHIP, "--format", "json", "-o", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(path.read_text())["feasible"]
    assert list(tmp_path.iterdir()) == [path]


def test_networks_take_commas_or_repetition(capsys):
    answers = []
    for words in (["--network", "wrn,vgg"], ["--network", "wrn", "--network", "vgg"]):
        assert main([*words, "--format", "json"]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]


def test_a_reader_that_has_seen_enough_is_no_error():
    code = "import sys; from recommender.cli import main; sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", code, "audit", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_device_that_was_only_timed_is_listed_as_that(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    timed = [replace(r, device="bench", accuracy=None) for r in RECORDS if not r.suspect]
    append(timed, tmp_path / "bench.jsonl")
    assert main(["devices", "--measurements", str(tmp_path / "bench.jsonl")]) == 0
    *_, row = capsys.readouterr().out.splitlines()
    device, *tasks, whole, with_latency = row.replace(",", "").split()
    assert (device, tasks, whole) == ("bench", ["cifar10", "cifar100"], "0")
    assert int(with_latency) > 100


def test_devices_and_help(capsys):
    assert main(["devices"]) == 0
    assert "sensors-2022" in capsys.readouterr().out
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for option in OPTIONS:
        assert option in text


def test_audit_in_every_format(capsys):
    for form in ("table", "json", "markdown"):
        assert main(["audit", "--format", form]) == 0
        out = capsys.readouterr().out
        assert "R2" in out
        assert "confirmed" in out
        if form == "json":
            content = json.loads(out)
            assert content["schema"] == "dlmo.audit/1"
            assert all(f["rows"] for f in content["findings"] if f["pairs"])
        if form == "table":
            assert max(map(len, out.splitlines())) <= 80


WORDS = st.one_of(
    st.text(max_size=12).filter(lambda t: "\0" not in t and not t.startswith("@")),
    st.sampled_from(
        ["mid-end", "500KB", "50ms", "90", "cifar10", "json", "file", "0.9", "-", "--"]
    ),
)
FUZZED = st.sampled_from([o for o in OPTIONS if o not in ("--measurements", "--rules", "--output")])


@given(st.lists(st.tuples(FUZZED, WORDS), max_size=5))
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_options_end_in_a_status_and_never_in_a_traceback(pairs):
    words = [word for pair in pairs for word in pair]
    with open(os.devnull, "w") as nowhere:
        stdout, stderr = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = nowhere
        try:
            assert main(words) in (0, 1, 2, 3)
        finally:
            sys.stdout, sys.stderr = stdout, stderr
