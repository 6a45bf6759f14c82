import builtins
import math

import pandas as pd
import pytest

from measurements.dataset import read, to_frame
from measurements.errors import DatasetError, UnknownNameError
from measurements.exporting import FORMATS, SPREAD, export, frame_of
from measurements.record import Measurement

FRAME = frame_of(read())


def test_raw_latencies_become_interval_and_percentiles_beside_the_median():
    about = {"task": "digits", "network": "vgg", "strategy": "nq"}
    measured = Measurement(
        device="board",
        latencies_s=tuple(0.001 * (10 + place / 30) for place in range(61)),
        single_latencies_s=tuple(0.001 * place for place in range(101)),
        **about,
    )
    published = Measurement(device="paper", latencies_s=(0.004,), **about)
    frame = frame_of([measured, published])
    first, second = frame.to_dict("records")
    assert first["latency_ms"] == 11
    assert 10 <= first["latency_low_ms"] <= 11 <= first["latency_high_ms"] <= 12
    assert first["latency_low_ms"] < first["latency_high_ms"]
    assert (first["latency_p95_ms"], first["latency_p99_ms"]) == pytest.approx((95, 99))
    assert second["latency_ms"] == 4
    assert all(math.isnan(second[name]) for name in SPREAD)


def test_the_other_columns_are_those_of_a_frame_also_of_nothing():
    for records in (read(), []):
        assert list(frame_of(records).drop(columns=list(SPREAD))) == list(to_frame(records))


def test_csv_reads_back(tmp_path):
    export(FRAME, "csv", tmp_path / "out.csv")
    again = pd.read_csv(
        tmp_path / "out.csv",
        dtype={"id": str},
        keep_default_na=False,
        na_values={c: "" for c in FRAME.columns if FRAME[c].dtype == float},
    )
    pd.testing.assert_frame_equal(again, FRAME, check_dtype=False)


def test_parquet_reads_back(tmp_path):
    pytest.importorskip("pyarrow")
    export(FRAME, "parquet", tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out.parquet"), FRAME)


def test_without_its_library_parquet_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without_pyarrow(name, *rest):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(DatasetError, match=r"pip install 'dlmo-advisor\[parquet\]'"):
        export(FRAME, "parquet", tmp_path / "out.parquet")
    assert list(tmp_path.iterdir()) == []


def test_what_stood_there_stays_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "out.csv"
    path.write_text("before")

    def fail(frame, part):
        part.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(FORMATS, "csv", fail)
    with pytest.raises(DatasetError, match=r"out.csv: can't be written: No space left"):
        export(FRAME, "csv", path)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["before"]


def test_a_place_that_can_not_be_written_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="a folder; give the name of a file"):
        export(FRAME, "csv", tmp_path)
    with pytest.raises(DatasetError, match="can't be written"):
        export(FRAME, "csv", tmp_path / "absent" / "out.csv")


def test_an_unknown_format_is_an_error_with_the_known_ones(tmp_path):
    with pytest.raises(UnknownNameError, match="'xlsx'; known: csv, parquet"):
        export(FRAME, "xlsx", tmp_path / "out.xlsx")
