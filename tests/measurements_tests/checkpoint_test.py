import numpy as np
import pytest

pytest.importorskip("tensorflow")

from measurements.training.checkpoint import Checkpoint, load, save

STATE = Checkpoint(
    weights=[np.arange(6.0).reshape(2, 3), np.array(7, np.int64)],
    optimizer=[np.zeros(3)] * 12,
    epoch=3,
    seconds=1.5,
    accuracy=0.25,
    finished=False,
)


def test_reads_back(tmp_path):
    save(tmp_path / "new" / "w.npz", STATE)
    found = load(tmp_path / "new" / "w.npz")
    for name in ("epoch", "seconds", "accuracy", "finished"):
        assert getattr(found, name) == getattr(STATE, name)
    for name in ("weights", "optimizer"):
        for a, b in zip(getattr(found, name), getattr(STATE, name), strict=True):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x93NUMPY"])
def test_what_cannot_be_read_counts_as_none(tmp_path, content):
    (tmp_path / "w.npz").write_bytes(content)
    assert load(tmp_path / "w.npz") is None
    assert load(tmp_path / "none.npz") is None


def test_any_cut_counts_as_none(tmp_path):
    save(tmp_path / "w.npz", STATE)
    whole = (tmp_path / "w.npz").read_bytes()
    for end in range(0, len(whole), 97):
        (tmp_path / "w.npz").write_bytes(whole[:end])
        assert load(tmp_path / "w.npz") is None


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "w.npz", w00000=np.array([{}], object), epoch=1)
    assert load(tmp_path / "w.npz") is None
