import copy
import dataclasses
import pickle
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.dataset import read
from measurements.record import Measurement, encode, packed

FILES = Path(__file__).parent / "files"
IDS = ["157583647898dddd", "cecac7c63945835e", "61e2500776de4e22", "9f7af27925976352"]
"""Of the records in `version-1.jsonl`: advice names rows by them, so they must stay."""

NAMED = {"task": "cifar10", "network": "vgg", "strategy": "nq", "device": "board"}
AMOUNT = st.none() | st.integers(0, 2**53) | st.floats(0, 1e18)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

MEASUREMENTS = st.builds(
    Measurement,
    task=TEXT.filter(bool),
    network=TEXT.filter(bool),
    strategy=st.sampled_from(["nq", "blq", "kd+prn80+f16", "prn+blq"]),
    device=st.sampled_from(["board", "a/b", "..", "x86_64-xnnpack-1t"]),
    accuracy=st.none() | st.integers(0, 1) | st.floats(0, 1),
    n_test=st.none() | st.integers(0, 10**9),
    n_train=st.none() | st.integers(0, 10**9),
    file_bytes=AMOUNT,
    compressed_bytes=AMOUNT,
    latencies_s=st.lists(st.integers(0, 9) | st.floats(0, 1e3), max_size=3).map(tuple),
    single_latencies_s=st.lists(st.floats(0, 1e3), max_size=3).map(tuple),
    ram_bytes=AMOUNT,
    seed=st.none() | st.integers(-(2**63), 2**63),
    protocol=TEXT,
    source=TEXT,
    source_row=TEXT,
    suspect=st.dictionaries(st.sampled_from(["accuracy", "size", "latency", "ram"]), TEXT),
    noisy=st.booleans(),
    failure=TEXT,
    environment=st.dictionaries(TEXT, st.none() | st.integers(0, 9) | st.lists(TEXT, max_size=2)),
)


@given(MEASUREMENTS)
def test_a_record_reads_back_as_itself(record):
    line = encode(record)
    again = msgspec.json.decode(line, type=Measurement)
    assert again == record
    assert again.id == record.id
    assert encode(again) == line
    assert b"\n" not in line


def test_ids_are_those_of_the_first_release():
    records = read(FILES / "version-1.jsonl")
    assert [r.id for r in records] == IDS


def test_the_id_says_what_was_seen_and_not_how_it_was_written():
    whole, fraction = (Measurement(**NAMED, file_bytes=size) for size in (56000, 56000.0))
    assert whole.id == fraction.id
    assert whole.id != dataclasses.replace(whole, seed=1).id


@given(MEASUREMENTS)
def test_a_packed_record_is_the_same_record(record):
    again = packed(msgspec.json.decode(encode(record), type=Measurement))
    for series in (again.latencies_s, again.single_latencies_s):
        assert type(series) is tuple
        assert {type(value) for value in series} <= {float}
    assert again == record == packed(again)
    assert again.id == record.id
    assert msgspec.json.decode(msgspec.json.encode(again), type=Measurement) == record
    for copied in (pickle.loads(pickle.dumps(again)), copy.deepcopy(again)):
        assert copied == record
    assert dataclasses.replace(again, seed=7) == dataclasses.replace(record, seed=7)


def test_what_is_unknown_takes_no_room():
    assert encode(Measurement(**NAMED)) == (
        b'{"device":"board","network":"vgg","schema":1,"strategy":"nq","task":"cifar10"}'
    )


@pytest.mark.parametrize(
    "field", ["accuracy", "file_bytes", "compressed_bytes", "ram_bytes", "latencies_s"]
)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_json_can_not_hold_are_refused(field, value):
    record = Measurement(**NAMED, **{field: (0.1, value) if field == "latencies_s" else value})
    with pytest.raises(ValueError, match=f"{field}.*not a finite number"):
        encode(record)


def test_the_size_is_the_compressed_one_where_it_is_known():
    stored = Measurement(**NAMED, file_bytes=100)
    assert stored.size_bytes == 100
    assert dataclasses.replace(stored, compressed_bytes=0).size_bytes == 0
    assert Measurement(**NAMED).size_bytes is None


def test_the_latency_is_the_median_of_the_raw_values():
    assert Measurement(**NAMED, latencies_s=(3.0, 1.0, 1.5)).latency_s == 1.5
    assert Measurement(**NAMED).latency_s is None
