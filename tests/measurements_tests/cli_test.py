"""Words and exit statuses of `dlmo-measure`, in this process unless the process itself matters."""

import csv
import dataclasses
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from measurements.cli import main
from measurements.command_line import split
from measurements.dataset import append, read
from measurements.published import COLUMNS

ROOT = Path(__file__).parents[2]
ROW = ["x", "Net-1", "float32", "CIFAR-10", "Pixel 3", "70"]


@pytest.fixture
def run(capsys):
    def with_arguments(*arguments):
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return with_arguments


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    clustered = [*ROW[:2], "clustered", *ROW[3:]]
    with path.open("w", newline="") as file:
        rows = ([*row, *[""] * (len(COLUMNS) - len(row))] for row in (ROW, clustered))
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, "Missing command"),
        (["tabels"], 2, "No such command 'tabels'"),
        (["tables", "--bogus"], 2, "No such option"),
        (["tables", "--format", "pdf"], 2, "unknown format 'pdf'; known: csv, latex, md, terminal"),
        (["tables", "--device", "sensors2022"], 2, "did you mean 'sensors-2022'?"),
        (["tables", "--measurements", "absent"], 3, "absent: no such file or folder"),
        (["export"], 2, "Missing option '--output'"),
        (["export", "-o", "x", "--format", "xlsx"], 2, "known: csv, parquet"),
        (["export", "-o", "absent/x.csv"], 3, "absent/x.csv: can't be written: "),
        (["merge", "absent", "--out", "store"], 3, "absent: no such file or folder"),
        (["import", "absent.csv", "--out", "store"], 3, "absent.csv: can't be read"),
        (["import", "absent.csv"], 2, "Missing option '--out'"),
    ],
)
def test_a_mistake_is_one_sentence_and_its_status(
    run, tmp_path, monkeypatch, arguments, status, words
):
    monkeypatch.chdir(tmp_path)
    found, out, err = run(*arguments)
    assert (found, out) == (status, "")
    assert err.startswith("dlmo-measure: ")
    assert err.count("\n") == 1
    assert words in err
    assert list(tmp_path.iterdir()) == []


def test_help_is_an_answer_and_names_the_commands(run):
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    assert all(command in out for command in ("tables", "import", "export", "merge"))


def test_tables_of_the_paper_and_of_a_store(run, tmp_path):
    status, out, err = run("tables")
    assert (status, err) == (0, "")
    assert out.startswith("Table 5. VGGNet.\n")
    assert "Table 14. " in out
    board = [dataclasses.replace(read()[0], device="board", accuracy=0.5)]
    append(board, tmp_path / "a.jsonl")
    status, out, _ = run(
        "tables", "--device", "board", "--format", "csv", "--measurements", tmp_path / "a.jsonl"
    )
    assert status == 0
    assert "5,NQ,CIFAR10,Acc,%,50.0,71.9" in out.splitlines()


def test_importing_adds_what_can_be_taken_once_and_lists_the_rest(run, table, tmp_path):
    store = tmp_path / "store"
    status, out, err = run("import", table, "--out", store)
    assert (status, out) == (0, "")
    assert err.splitlines() == [
        f"{table}:3: technique 'clustered': weight clustering is no strategy of the grammar",
        f"1 measurements added to {store}, 0 already there, 1 rows not taken",
    ]
    (record,) = read(store)
    assert (record.network, record.device) == ("net_1", "pixel-3")
    _, _, err = run("import", table, "--out", store)
    assert "0 measurements added" in err
    assert "1 already there" in err
    assert len(read(store)) == 1


def test_importing_takes_a_mapping_of_one_s_own(run, table, tmp_path):
    mapping = tmp_path / "words.toml"
    mapping.write_text('[techniques]\nclustered = "prn"\n')
    status, _, err = run("import", table, "--out", tmp_path / "s.jsonl", "--mapping", mapping)
    assert status == 0
    assert "technique 'float32' is not in the mapping; known: clustered" in err
    assert [r.strategy for r in read(tmp_path / "s.jsonl")] == ["prn"]


def test_nothing_is_written_when_one_file_is_wrong_or_no_row_is_taken(run, table, tmp_path):
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("nothing known")
    status, _, err = run("import", table, wrong, "--out", tmp_path / "store")
    assert (status, err.count("\n")) == (3, 1)
    table.write_text("\n".join(table.read_text().splitlines()[::2]))
    status, _, err = run("import", table, "--out", tmp_path / "store")
    assert status == 3
    assert err.endswith("dlmo-measure: none of 1 rows could be taken; nothing was written\n")
    assert not (tmp_path / "store").exists()


def test_exporting_and_merging(run, tmp_path):
    status, out, err = run("export", "-o", tmp_path / "all.csv")
    assert (status, out) == (0, "")
    shipped = len(read())
    assert err == f"{shipped} measurements written to {tmp_path / 'all.csv'}\n"
    assert len((tmp_path / "all.csv").read_text().splitlines()) == shipped + 1
    for name in ("a", "b"):
        append(read()[:3], tmp_path / f"{name}.jsonl")
    sources = (tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert run("merge", *sources, "--out", tmp_path / "c.jsonl")[2].startswith("3 measurements")
    both = f"{sources[0]},{sources[1]}"
    assert "6 measurements" in run("export", "--measurements", both, "-o", tmp_path / "x.csv")[2]


def test_a_torn_line_is_a_remark_and_no_error(run, tmp_path):
    store = tmp_path / "a.jsonl"
    append(read()[:1], store)
    store.write_bytes(store.read_bytes() + b'{"task"')
    status, _, err = run("export", "--measurements", store, "-o", tmp_path / "x.csv")
    assert status == 0
    assert err.splitlines()[0] == f"dlmo-measure: {store}: line 2 is cut off and was dropped"


def test_options_of_several_values_take_commas_and_repetition():
    assert split(["a,b", " c ,"]) == ["a", "b", "c"]
    assert split(None) == []


def process(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, **options
    )


def test_the_process_ends_with_the_status_and_without_a_traceback():
    done = process("-m", "measurements.cli", "tables", "--device", "nowhere")
    assert done.returncode == 2
    assert done.stderr.startswith("dlmo-measure: no measurement of device 'nowhere'")


def test_a_reader_that_has_seen_enough_is_no_error_to_report():
    done = process("-c", BROKEN_PIPE)
    assert (done.stdout, done.stderr) == ("", "")


BROKEN_PIPE = """
import os, sys
reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 1)
from measurements.cli import main
sys.exit(main(["tables"]))
"""


def test_help_brings_in_nothing_heavy():
    code = (
        "import sys, json; from measurements.cli import main; main(['--help']);"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    modules = set(json.loads(process("-c", code).stderr))
    heavy = {"pandas", "numpy", "sklearn", "scipy", "joblib", "tensorflow", "distributed"}
    assert not modules & {*heavy, "msgspec", "rich", "measurements.record", "measurements.tasks"}


def test_a_campaign_from_words_to_records_and_back(run, tmp_path, dusk, small_protocol):
    if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
        pytest.skip("needs the train extra")
    store, cache = tmp_path / "store", tmp_path / "cache"
    asked = ["--networks", "vgg", "--strategies", "nq,FIQ", "--strategies", "f16"]
    asked += ["--tasks", dusk, "--protocol", small_protocol, "--out", store]
    status, out, _ = run("plan", *asked)
    assert status == 0
    assert out.count("unknown") == 3
    status, out, err = run("run", *asked, "--cache", cache)
    assert status == 0
    assert [line.split("\t")[:3] for line in out.splitlines()] == [
        ["vgg", strategy, "dusk"] for strategy in ("nq", "fiq", "f16")
    ]
    assert "epoch 1 of 1" in err
    assert "3 of 3 cells" in err
    assert [r.strategy for r in read(store)] == ["nq", "fiq", "f16"]
    assert run("plan", *asked)[1] == "0 cells missing, 0.0 min\n"
    status, out, err = run("run", *asked, "--cache", cache, "--quiet")
    assert (status, out) == (0, "")
    assert err == "dlmo-measure: every cell is measured already\n"
    records = read(store)
    append([dataclasses.replace(records[0], strategy="blq", failure="killed")], store)
    one_more = [*asked, "--strategies", "blq"]
    status, out, err = run("plan", *one_more)
    assert (out, err.count("--retry-failed")) == ("0 cells missing, 0.0 min\n", 1)
    status, out, err = run("plan", *one_more, "--retry-failed")
    assert (out.splitlines()[0].split("\t")[-1], err) == ("failed before", "")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--networks", "vg"], "unknown network 'vg'; did you mean 'vgg'?"),
        (["--strategies", "nq,prn0"], "unknown technique 'prn0'"),
        (["--devices", "pixel"], "unknown device 'pixel'"),
        (["--tasks", "digitz"], "unknown task 'digitz'"),
        (["--jobs", "0"], "Invalid value for '--jobs'"),
        (["--backend", "dusk"], "'dusk'; known: local, dask"),
        (["--backend", "dask"], "--backend dask and --scheduler ADDRESS go together"),
        (["--scheduler", "tcp://a:1"], "--backend dask and --scheduler ADDRESS go together"),
        (["--fast"], "No such option"),
    ],
)
def test_a_campaign_of_unknown_words_is_wrong_usage(run, tmp_path, wrong, said):
    status, out, err = run("run", *wrong, "--out", tmp_path / "store", "--cache", tmp_path)
    assert (status, out) == (2, "")
    assert err.startswith("dlmo-measure: ")
    assert said in err


def test_a_campaign_that_can_not_be_is_refused(run, tmp_path):
    status, _, err = run("run", "--protocol", "slow", "--out", tmp_path)
    assert status == 3
    assert "protocol 'slow'" in err


def test_devices_are_the_shipped_ones_and_this_machine(run):
    status, out, _ = run("devices")
    names = [line.split("\t")[0] for line in out.splitlines()]
    assert status == 0
    assert "sensors-2022" in names
    assert any(name.endswith("-reference-1t") for name in names)
