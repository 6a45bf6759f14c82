import dataclasses
import gc
import json
import random
import subprocess
import sys
import tracemalloc
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.dataset import TornLineWarning, add, append, files, merge, read, to_frame
from measurements.errors import DatasetError
from measurements.record import SCHEMA_VERSION, Measurement, encode

FILES = Path(__file__).parent / "files"
VALID = Measurement(
    task="cifar10",
    network="vgg",
    strategy="prn+blq",
    device="board",
    accuracy=0.7,
    file_bytes=1000,
    latencies_s=(0.001, 0.002),
)


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store.jsonl"


def numbered(count, **changes):
    return [dataclasses.replace(VALID, seed=seed, **changes) for seed in range(count)]


def line_with(**changes):
    return json.dumps({**json.loads(encode(VALID)), **changes}).encode() + b"\n"


# What is written is what is read


@given(
    st.lists(
        st.builds(
            lambda device, seed, size: dataclasses.replace(
                VALID, device=device, seed=seed, file_bytes=size
            ),
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
            st.integers(0, 3),
            st.none() | st.integers(0, 10**9) | st.floats(0, 1e9),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_folder_gives_back_what_it_got_whatever_the_devices_are_called(tmp_path_factory, records):
    store = tmp_path_factory.mktemp("store")
    append(records, store)
    assert sorted(map(encode, read(store))) == sorted(map(encode, records))
    assert len(files([store])) == len({r.device for r in records})
    assert all(path.parent == store for path in files([store]))


def test_the_order_of_lines_and_files_is_kept(tmp_path):
    for name in ("b.jsonl", "a.jsonl"):
        append(numbered(3, device=name), tmp_path / name)
    assert [(r.device, r.seed) for r in read(tmp_path)] == [
        (device, seed) for device in ("a.jsonl", "b.jsonl") for seed in range(3)
    ]
    assert read(tmp_path / "b.jsonl", tmp_path / "a.jsonl")[0].device == "b.jsonl"


def test_values_of_numpy_are_values(store):
    append([dataclasses.replace(VALID, accuracy=np.float32(0.5), latencies_s=np.ones(3))], store)
    (record,) = read(store)
    assert (record.accuracy, record.latencies_s) == (0.5, (1.0, 1.0, 1.0))


def test_raw_values_take_eight_bytes_each_and_read_as_they_were(store):
    values = tuple(1 / n for n in range(1, 5001))
    append(numbered(20, latencies_s=values, single_latencies_s=values), store)
    tracemalloc.start()
    records = read(store)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 20 * 10_000 * 8 * 1.1
    assert {(r.latencies_s, r.single_latencies_s) for r in records} == {(values, values)}


@pytest.mark.parametrize("collecting", [True, False])
def test_reading_leaves_the_collector_of_cycles_as_it_was(store, collecting):
    store.write_bytes(line_with(accuracy=2))
    was = gc.isenabled()
    try:
        (gc.enable if collecting else gc.disable)()
        with pytest.raises(DatasetError):
            read(store)
        assert gc.isenabled() == collecting
    finally:
        (gc.enable if was else gc.disable)()


def test_both_spellings_of_a_strategy_are_one(store):
    store.write_bytes(line_with(strategy="PRQ"))
    append([dataclasses.replace(VALID, strategy="blq+prn")], store)
    first, second = read(store)
    assert first.strategy == "prn+blq"
    assert first.id == second.id == VALID.id


def test_files_of_version_1_are_read_for_ever():
    records = read(FILES / "version-1.jsonl")
    assert {r.schema for r in records} == {1}
    assert records[2].environment["versions"] == {"ai-edge-litert": "2.1.0"}
    assert records[3].failure == "the interpreter stopped with signal 6"


# Two processes at once

WRITING = """
import dataclasses, sys
from measurements.dataset import add, append, read
do, source, store, first, count = sys.argv[1:]
(record,) = read(source)
records = [dataclasses.replace(record, seed=int(first) + n) for n in range(int(count))]
print("ready", flush=True)
sys.stdin.readline()
for record in records:
    {"append": append, "add": add}[do]([record], store)
"""


@contextmanager
def writers(source, store, *jobs):
    """Processes that begin to write at the same moment; each job: what to do, first seed, count."""
    append([VALID], source)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITING, do, source, store, str(first), str(count)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for do, first, count in jobs
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    yield processes
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_processes_that_append_at_once_lose_nothing_and_readers_see_no_torn_line(tmp_path, store):
    jobs = [("append", n * 100, 100) for n in range(2)]
    with writers(tmp_path / "one.jsonl", store, *jobs) as processes, warnings.catch_warnings():
        warnings.simplefilter("error", TornLineWarning)
        while any(process.poll() is None for process in processes):
            if store.exists() and store.stat().st_size:
                assert read(store)
    assert sorted(r.seed for r in read(store)) == list(range(200))


def test_processes_that_add_the_same_records_leave_one_of_each(tmp_path, store):
    jobs = [("add", 0, 40), ("add", 0, 40), ("append", 1000, 40)]
    with writers(tmp_path / "one.jsonl", store, *jobs):
        pass
    assert sorted(r.seed for r in read(store)) == [*range(40), *range(1000, 1040)]


# What a crash leaves


@pytest.mark.parametrize("kept", [1, 20, -2])
def test_a_torn_last_line_is_dropped_with_a_warning_and_healed_by_the_next_append(store, kept):
    append(numbered(3), store)
    whole = store.read_bytes()
    store.write_bytes(whole + whole.splitlines()[0][:kept])
    with pytest.warns(TornLineWarning, match=r"store.jsonl: line 4 is cut off"):
        assert len(read(store)) == 3
    append([VALID], store)
    assert store.read_bytes() == whole + encode(VALID) + b"\n"


def test_a_torn_line_longer_than_a_block_is_healed(store):
    append(numbered(2), store)
    whole = store.read_bytes()
    store.write_bytes(whole + b'{"source":"' + b"x" * 200_000)
    append([VALID], store)
    assert store.read_bytes() == whole + encode(VALID) + b"\n"


def test_a_file_of_one_torn_line_is_begun_anew(store):
    store.write_bytes(b'{"task":"ci')
    append([VALID], store)
    assert read(store) == [VALID]


def test_a_last_line_that_only_lacks_its_end_counts(store):
    store.write_bytes(encode(VALID))
    assert read(store) == [VALID]
    append([VALID], store)
    assert read(store) == [VALID, VALID]


def test_a_last_line_without_an_end_that_is_wrong_is_an_error_and_not_torn(store):
    store.write_bytes(encode(VALID) + b"\n" + line_with(accuracy=2).rstrip())
    with pytest.raises(DatasetError, match="line 2: field 'accuracy'"):
        read(store)


def test_an_append_that_fails_leaves_the_file_as_it_was(store, monkeypatch):
    append([VALID], store)
    before = store.read_bytes()
    monkeypatch.setattr("measurements.journal.os.fsync", fail_with_full_disk)
    with pytest.raises(DatasetError, match=r"store.jsonl: can't be written: No space left"):
        append(numbered(5), store)
    assert store.read_bytes() == before


def fail_with_full_disk(_):
    raise OSError(28, "No space left on device")


# What is refused


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (line_with(accuracy=1.5), "field 'accuracy': Expected `float` <= 1.0"),
        (line_with(accuracy=-0.1), "field 'accuracy'"),
        (line_with(file_bytes="12"), "field 'file_bytes': Expected `float | null`, got `str`"),
        (line_with(latencies_s=[0.1, -1]), "field 'latencies_s[1]': Expected `float` >= 0.0"),
        (line_with(latencies_s=[None]), "field 'latencies_s[0]'"),
        (line_with(n_test=1.5), "field 'n_test'"),
        (line_with(task=""), "field 'task'"),
        (line_with(strategy="blk"), "field 'strategy': strategy 'blk': unknown technique 'blk'"),
        (line_with(suspect={"lat": "x"}), "field 'suspect': unknown quantity 'lat'; known: acc"),
        (line_with(suspect={"latency": 3}), "field 'suspect[...]'"),
        (line_with(accuracy=float("nan")), "line 2"),
        (line_with(schema=2), "'schema': version 2 is not known here; this release reads version"),
        (line_with(schema="1"), "'schema': version '1' is not known"),
        (b'{"task":"cifar10"}\n', "missing required field `network`"),
        (b"[]\n", "Expected `object`, got `array`"),
        (b"not json\n", "line 2"),
        (b"\xff\xfe\n", "line 2"),
        (b"[" * 100_000 + b"\n", "line 2"),
    ],
)
def test_a_bad_line_is_an_error_that_names_file_line_and_field(store, line, words):
    store.write_bytes(encode(VALID) + b"\n" + line + encode(VALID) + b"\n")
    with pytest.raises(DatasetError) as caught:
        read(store)
    assert str(caught.value).startswith(f"{store}: line 2: ")
    assert words in str(caught.value)


def test_a_line_cut_off_in_the_middle_of_the_file_is_an_error(store):
    store.write_bytes(encode(VALID)[:30] + b"\n" + encode(VALID) + b"\n")
    with pytest.raises(DatasetError, match="line 1"):
        read(store)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"accuracy": float("nan")}, "field 'accuracy': nan is not a finite number"),
        ({"latencies_s": (0.1, float("inf"))}, "field 'latencies_s': inf"),
        ({"accuracy": 1.01}, "vgg prn+blq board: field 'accuracy'"),
        ({"file_bytes": -1}, "vgg prn+blq board: field 'file_bytes'"),
        ({"strategy": "foo"}, "unknown technique 'foo'"),
        ({"schema": SCHEMA_VERSION + 1}, "field 'schema'"),
        ({"source": "\ud800"}, "vgg prn+blq board"),
        ({"environment": {"now": object()}}, "unsupported"),
        ({"accuracy": "0.5"}, "vgg prn+blq board"),
    ],
)
def test_nothing_is_written_when_one_record_is_wrong(tmp_path, changes, words):
    for write in (append, add):
        with pytest.raises(DatasetError) as caught:
            write([VALID, dataclasses.replace(VALID, **changes)], tmp_path / "new")
        assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_not_one_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="no such file or folder"):
        read(tmp_path / "absent")
    with pytest.raises(DatasetError, match=r"no .jsonl file in this folder"):
        read(tmp_path)
    (tmp_path / "empty.jsonl").write_bytes(b"\n")
    with pytest.raises(DatasetError, match="no measurement in it"):
        read(tmp_path)
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(DatasetError, match=r"folder.jsonl: can't be read: Is a directory"):
        read(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="can't be written"):
        append([VALID], tmp_path / "file" / "store.jsonl")


def test_ten_thousand_mutated_and_random_files_are_read_or_refused(store):
    chance = random.Random(2022)
    shipped = (FILES / "version-1.jsonl").read_bytes()
    refused = 0
    for _ in range(10_000):
        store.write_bytes(mutated(shipped, chance))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", TornLineWarning)
                assert read(store)
        except DatasetError as error:
            refused += 1
            assert str(store) in str(error)
    assert 1_000 < refused < 9_900


def mutated(content, chance):
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(200))
    piece = bytearray(content)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(piece))
        match chance.randrange(4):
            case 0:
                piece[at] = chance.randrange(256)
            case 1:
                del piece[at : at + chance.randrange(1, 40)]
            case 2:
                piece[at:at] = chance.choice(
                    [b"\n", b"-", b"1e999", b"null", b'"', b"{", b"]", b"\x00", b"NaN", b"9" * 400]
                )
            case _:
                del piece[at:]
        if not piece:
            break
    return bytes(piece)


# Merging


def test_merging_drops_exact_duplicates(tmp_path):
    append(numbered(3) + numbered(2), tmp_path / "a.jsonl")
    append(numbered(5), tmp_path / "b.jsonl")
    store = tmp_path / "new" / "all.jsonl"
    assert merge([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], store) == 5
    assert merge([tmp_path / "a.jsonl", tmp_path / "b.jsonl", store], store) == 0
    assert [r.seed for r in read(store)] == [0, 1, 2, 3, 4]


def test_merging_knows_what_other_files_of_a_folder_hold(tmp_path):
    store = tmp_path / "store"
    append(numbered(2), store / "by-hand.jsonl")
    append(numbered(3), tmp_path / "more.jsonl")
    assert merge([tmp_path / "more.jsonl"], store) == 1
    assert sorted(r.seed for r in read(store)) == [0, 1, 2]


def test_merging_compares_content_and_not_spelling(store, tmp_path):
    line = json.dumps(json.loads(encode(VALID)), indent=None, sort_keys=False).encode()
    store.write_bytes(line.replace(b"1000.0", b"1000") + b"\n")
    append([VALID], tmp_path / "more.jsonl")
    assert merge([tmp_path / "more.jsonl"], store) == 0


def test_merging_nothing_adds_nothing(store):
    assert merge([], store) == 0
    assert not store.exists()


def merging(sources, store):
    """A process that merges, and says how many it added."""
    code = (
        "import sys; from measurements.dataset import merge;print(merge(sys.argv[2:], sys.argv[1]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, store, *sources], stdout=subprocess.PIPE, text=True
    )


def test_merging_loses_and_doubles_nothing_while_others_write_and_merge(tmp_path):
    """Sources grow while several processes merge them into a store that others append to."""
    sources, store = [tmp_path / f"from-{i}" for i in range(3)], tmp_path / "store"
    devices = ("one", "two")

    def records(start, count):
        return [
            dataclasses.replace(VALID, device=device, seed=seed)
            for device in devices
            for seed in range(start, start + count)
        ]

    for place, source in enumerate(sources):
        append(records(place * 20, 40), source)  # half of it is in the next one too
    running = [merging(sources, store) for _ in range(4)]
    for seed in range(1000, 1040):
        append(records(seed, 1), store)
        append(records(seed + 1000, 1), sources[seed % 3])
    added = [int(one.communicate()[0]) for one in running]
    assert all(one.returncode == 0 for one in running)
    added.append(merge(sources, store))  # what was written after the others had read
    expected = [*range(80), *range(1000, 1040), *range(2000, 2040)]
    for device in devices:
        held = [r.seed for r in read(store / f"{device}.jsonl")]
        assert sorted(held) == expected
    assert sum(added) == len(devices) * (len(expected) - 40)
    assert merge(sources, store) == 0


# As a frame


def test_the_frame_is_in_percent_kilobytes_and_milliseconds():
    suspect = dataclasses.replace(
        VALID, device="other", suspect={"ram": "x", "accuracy": "y"}, compressed_bytes=250
    )
    frame = to_frame([VALID, suspect])
    assert frame.loc[0, ["accuracy_pct", "size_kb", "file_kb", "latency_ms"]].tolist() == [
        70.0,
        1.0,
        1.0,
        1.5,
    ]
    assert frame.loc[1, ["size_kb", "file_kb", "compressed_kb"]].tolist() == [0.25, 1.0, 0.25]
    assert frame["suspect"].tolist() == ["", "accuracy ram"]
    assert np.isnan(frame.loc[0, "ram_kb"])
    assert frame["id"].tolist() == [VALID.id, suspect.id]


def test_an_empty_frame_has_all_columns():
    assert list(to_frame([]).columns) == list(to_frame([VALID]).columns)


def test_the_shipped_accuracies_read_as_they_are_printed():
    frame = to_frame(read())
    published = frame[frame["device"] == "sensors-2022"]
    assert all(
        len(f"{value!r}".partition(".")[2]) == 1 for value in published["accuracy_pct"].tolist()
    )
