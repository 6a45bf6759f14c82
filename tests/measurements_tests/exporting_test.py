import builtins

import pandas as pd
import pytest

from measurements.dataset import read, to_frame
from measurements.errors import DatasetError, UnknownNameError
from measurements.exporting import FORMATS, export

FRAME = to_frame(read())


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
