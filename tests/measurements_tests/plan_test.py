import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements import plan
from measurements.dataset import append
from measurements.errors import DatasetError
from measurements.plan import Cell, cells, costs, held, missing
from measurements.record import Measurement
from measurements.strategy import Strategy

VALUES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3)


def grid(networks="ab", strategies=("nq", "BLQ"), devices=("d1", "d2"), seeds=(0,)):
    return cells(
        runs=[(network, seed) for network in networks for seed in seeds],
        strategies=[Strategy.parse(s) for s in strategies],
        tasks=["digits"],
        devices=devices,
        protocol="quick:1234",
    )


def record(cell, **more):
    fields = {name: getattr(cell, name) for name in Cell.__slots__}
    return Measurement(**{**fields, **more})


@given(VALUES, VALUES, st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_each_combination_once(networks, devices, seeds):
    made = grid(networks=networks, devices=devices, seeds=seeds)
    assert len(made) == len(set(made))
    assert len(made) == 2 * len(set(networks)) * len(set(devices)) * len(set(seeds))


@given(st.data())
def test_plan_minus_dataset(data):
    wanted = grid(seeds=(0, 1))
    done = data.draw(st.sets(st.sampled_from(wanted)))
    left = missing(wanted, [record(cell) for cell in done])
    assert set(left) == set(wanted) - done
    assert list(left) == [cell for cell in wanted if cell in left]


def test_a_failure_is_an_answer_and_another_protocol_is_none():
    wanted = grid(networks="a", strategies=("nq", "blq"), devices=("d1",))
    records = [record(wanted[0], failure="killed"), record(wanted[1], protocol="quick:other")]
    assert missing(wanted, records) == (wanted[1],)


def test_a_record_of_a_device_that_has_changed_since_is_no_answer():
    (one, other) = grid(networks="a", strategies=("nq",))
    then = {"processor": "Cortex-A72", "cores": 4}
    records = [record(one, environment=then), record(other, environment=then)]
    assert missing([one, other], records, devices={"d1": then}) == ()
    now = {"d1": {**then, "processor": "Cortex-A76"}}
    assert missing([one, other], records, devices=now) == (one,)
    assert plan.stale(records[0], now) == "the processor was Cortex-A72, is Cortex-A76"
    assert missing([one], [record(one)], devices=now) == ()  # nobody knows what it was


def test_held_of_what_is_not_there_or_torn(tmp_path):
    assert held(tmp_path / "none") == []
    (tmp_path / "a.jsonl").write_bytes(b"")
    (tmp_path / "b.jsonl").write_bytes(b'{"schema": 1, "ta')
    assert held(tmp_path) == []
    assert held(tmp_path / "b.jsonl") == []
    one = record(grid()[0])
    append([one], tmp_path)
    assert held(tmp_path) == [one]


def test_held_of_what_is_wrong(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"no json\n")
    with pytest.raises(DatasetError, match="line 1"):
        held(tmp_path)


def spent(cell, train, measure):
    return record(cell, environment={plan.TRAIN_SECONDS: train, plan.MEASURE_SECONDS: measure})


def test_without_records_nothing_is_known():
    assert costs(grid(), []) == [None] * len(grid())


def test_a_training_counts_once_for_all_devices():
    (one, other) = grid(networks=["vgg"], strategies=["nq"], seeds=[7])
    old = [
        spent(cell, 100.0, 5.0) for cell in grid(networks=["vgg"], strategies=["nq"], seeds=[1, 2])
    ]
    assert costs([one, other], old) == [105.0, 5.0]


def test_a_recorded_training_is_not_paid_again():
    (one, other) = grid(networks=["vgg"], strategies=["nq"])
    known = [spent(one, 100.0, 5.0), spent(grid(devices=["d2"], seeds=[3])[0], 1.0, 1.0)]
    assert costs([other], known) == [None]  # nothing was timed on d2 for this network
    timed = spent(grid(networks=["vgg"], strategies=["nq"], devices=["d2"], seeds=[9])[0], 90, 8.0)
    assert costs([other], [*known, timed]) == [8.0]


def test_the_median_is_taken_and_failures_are_left_out():
    wanted = grid(networks=["vgg"], strategies=["nq"], devices=["d1"], seeds=[9])
    old = grid(networks=["vgg"], strategies=["nq"], devices=["d1"], seeds=[1, 2, 3, 4])
    rows = [spent(cell, train, 1.0) for cell, train in zip(old, (10, 20, 90), strict=False)]
    rows.append(record(old[3], failure="x", environment={plan.TRAIN_SECONDS: 5000.0}))
    assert costs(wanted, rows) == [21.0]


def test_other_networks_stand_in_by_their_work():
    from measurements.subject import networks

    if not {"vgg", "wrn"} <= set(networks()):
        pytest.skip("the facts of networks are not there")
    known = [spent(grid(networks=["vgg"], strategies=["nq"], devices=["d1"])[0], 10.0, 10.0)]
    (seconds,) = costs(grid(networks=["wrn"], strategies=["nq"], devices=["d1"]), known)
    ratio = networks()["wrn"].backbone_macs / networks()["vgg"].backbone_macs
    assert seconds == pytest.approx(20.0 * ratio)
