import pytest

from measurements import tasks
from measurements.backlog import left
from measurements.errors import HarnessError
from measurements.plan import DATA_HASH, TRAIN_SECONDS
from measurements.record import Measurement
from measurements.scope import requested, wanted


@pytest.fixture
def mine(tmp_path, dusk):
    """A campaign of two cells on a task of the user's own."""
    path = tmp_path / "mine.npz"
    path.write_bytes(dusk.read_bytes())
    return asked(tmp_path, str(path))


def asked(folder, task, **more):
    return requested(
        networks=["vgg"],
        strategies=["nq", "blq"],
        devices=[],
        tasks=(task,),
        protocol="quick",
        store=folder / "store",
        **more,
    )


def record(cell, hash_of_data, **more):
    environment = {DATA_HASH: hash_of_data, TRAIN_SECONDS: 60.0, "measure_seconds": 6.0}
    fields = {name: getattr(cell, name) for name in cell.__slots__}
    return Measurement(**{"environment": environment, **fields, **more})


def test_records_of_other_data_are_no_answer_and_that_is_said(mine):
    cells = wanted(mine)
    now = tasks.load(mine.tasks[0]).hash
    same = left(mine, [record(cell, now) for cell in cells])
    assert (same.cells, same.changed, same.remarks()) == ((), (), [])
    other = left(mine, [record(cells[0], "0" * 16), record(cells[1], now)])
    assert other.cells == cells[:1]
    assert other.costs == (66.0,)  # it has to be trained anew
    assert other.remarks() == [
        "mine: its data are others than those of some records; their cells are measured anew"
    ]
    both = left(mine, [record(cells[0], h) for h in ("0" * 16, now)])
    assert (both.cells, both.changed) == (cells[1:], ())


def test_data_are_loaded_only_where_a_record_needs_them(mine, tmp_path, monkeypatch):
    monkeypatch.delenv(tasks.DATA_DIR, raising=False)
    assert left(mine, []).data == {}
    cells = wanted(mine)
    assert set(left(mine, [record(cells[0], "x")]).data) == {"mine"}
    # A shipped task whose file is not at hand is taken to be what it was.
    shipped = asked(tmp_path, "parking")
    done = [record(cell, "x") for cell in wanted(shipped)]
    assert left(shipped, done).cells == ()
    # Where it is, it is looked at; what is loaded already, is not loaded again.
    (tmp_path / "parking.npz").write_bytes(b"no npz")
    there = asked(tmp_path, "parking", data_dir=tmp_path)
    with pytest.raises(HarnessError, match=r"parking.npz: can't be read"):
        left(there, done)
    data = {"parking": tasks.load(mine.tasks[0])}
    assert left(there, done, data).cells == wanted(there)


def test_what_an_import_does_not_say_is_taken_as_it_is(mine):
    done = [record(cell, "", environment={}) for cell in wanted(mine)]
    assert left(mine, done).cells == ()


def test_failures_are_answers_until_they_are_asked_for_again(mine):
    cells, now = wanted(mine), tasks.load(mine.tasks[0]).hash
    done = [record(cells[0], now, failure="killed"), record(cells[1], now)]
    first = left(mine, done)
    assert (first.cells, first.failed) == ((), {cells[0]})
    assert first.remarks() == ["1 cells failed; --retry-failed measures them again"]
    again = asked(mine.store.parent, mine.tasks[0], retry_failed=True)
    assert (left(again, done).cells, left(again, done).remarks()) == (cells[:1], [])
    # A later success counts, whatever failed before it.
    for campaign in (mine, again):
        settled = left(campaign, [*done, record(cells[0], now)])
        assert (settled.cells, settled.failed, settled.remarks()) == ((), frozenset(), [])
