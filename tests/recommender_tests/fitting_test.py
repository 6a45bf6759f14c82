from dataclasses import replace

import published
import pytest

from measurements import read
from measurements.strategy import grammar
from measurements.subject import networks, tasks
from recommender import fitting, forecast
from recommender.errors import AdviceError
from recommender.forecast import Forecast
from recommender.scale import TARGETS

SHIPPED = published.RECORDS
CONTENT = fitting.content(SHIPPED)


def board(task="cifar10", content=CONTENT):
    return Forecast(content).board("sensors-2022", task)


def index(found, network, strategy):
    return list(zip(found.network, found.strategy, strict=True)).index((network, strategy))


def test_every_combination_on_every_task():
    assert set(CONTENT["boards"]["sensors-2022"]) == set(tasks())
    for task in tasks():
        assert len(board(task)) == (len(networks()) - 1) * len(grammar())
        assert list(board(task).network) == sorted(board(task).network)


def test_measured_values_go_before_predictions():
    found = board()
    for record in SHIPPED:
        if record.task != "cifar10" or record.suspect:
            continue
        i = index(found, record.network, record.strategy)
        assert found.quantities["accuracy_pct"].value[i] == pytest.approx(100 * record.accuracy)
        assert found.quantities["size_kb"].value[i] == pytest.approx(record.size_bytes / 1000)
        assert found.rows[i] == (record.id,)
        assert found.measured[i]


def test_suspect_values_are_predicted_instead():
    found = board("cifar100")
    i = index(found, "wrn", "nq")  # printed as 0 ms
    assert not found.quantities["latency_ms"].given[i]
    assert not found.measured[i]
    assert found.quantities["latency_ms"].value[i] == pytest.approx(45, rel=0.5)


def test_what_distillation_can_not_change_is_known():
    found = board()
    one, other = (index(found, "wrn", s) for s in ("prn+blq", "kd+prn+blq"))
    for target in ("size_kb", "latency_ms"):
        quantity = found.quantities[target]
        assert quantity.given[other]
        assert quantity.value[one] == quantity.value[other]


def test_repeats_become_their_mean_with_its_error():
    seeds = [replace(SHIPPED[0], seed=i, accuracy=0.70 + i / 100) for i in range(5)]
    found = board(content=fitting.content([*SHIPPED[1:], *seeds]))
    quantity = found.quantities["accuracy_pct"]
    i = index(found, SHIPPED[0].network, SHIPPED[0].strategy)
    assert quantity.value[i] == pytest.approx(72)
    assert quantity.spread[i] > 0


def test_order_of_records_changes_nothing():
    backwards = fitting.content(SHIPPED[::-1])
    assert backwards["sha256"] == CONTENT["sha256"]
    for target in TARGETS:
        one, other = (board(content=c).quantities[target].value for c in (CONTENT, backwards))
        assert one == pytest.approx(other, rel=1e-6, nan_ok=True)


def test_nothing_but_failures():
    with pytest.raises(AdviceError, match="every record is a failure"):
        fitting.content([replace(r, failure="no memory") for r in SHIPPED[:3]])


def test_rebuilding_writes_what_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "SHIPPED", tmp_path / "forecast.jsonl")
    fitting.rebuild()
    found = forecast.read(tmp_path / "forecast.jsonl")
    assert found.sha256 == forecast.digest(read()) == forecast.read(forecast.SHIPPED).sha256


def timed_only(device="board"):
    """A device that the paper's networks were timed on, with random weights."""
    return [
        replace(
            record,
            device=device,
            accuracy=None,
            compressed_bytes=(record.size_bytes or 1e5) * 1.1,
            latencies_s=(0.001,),
            protocol="untrained@1",
            environment={"epochs": 0},
            suspect={},
            source="",
        )
        for record in published.RECORDS
        if record.task == "cifar10" and record.strategy in ("nq", "blq", "fiq", "f16", "prn")
    ]


def board_of(records, device="board"):
    return Forecast({**fitting.content(records)}).board(device, "cifar10")


def at(board, network, strategy):
    return list(zip(board.network, board.strategy, strict=True)).index((network, strategy))


def test_a_device_that_was_only_timed_is_advised_on_yet_nothing_of_it_is_called_measured():
    board = board_of(published.RECORDS + timed_only())
    assert not board.measured.any()
    i = at(board, "vgg", "fiq")
    assert board.quantities["latency_ms"].given[i]
    # Random weights compress a little otherwise: their size is learned from, not promised.
    assert not board.quantities["size_kb"].given[i]
    accuracy = board.quantities["accuracy_pct"]
    assert not accuracy.given[i]
    low, _, high = (accuracy.interval(i, 0.9)[k] for k in (1, 0, 2))
    assert low < accuracy.value[i] < high
    papers = next(r for r in published.RECORDS if (r.network, r.strategy) == ("vgg", "fiq"))
    assert accuracy.value[i] == pytest.approx(100 * papers.accuracy, abs=6)


def test_the_very_same_file_scores_the_same_on_other_kernels_and_is_still_a_prediction_there():
    trained = replace(
        timed_only("other")[0],
        accuracy=0.777,
        n_test=10_000,
        compressed_bytes=50_000.0,
        protocol="mine@2",
        environment={"epochs": 30},
    )
    board = board_of([*published.RECORDS, *timed_only("other"), *timed_only(), trained])
    i = at(board, trained.network, trained.strategy)
    assert board.quantities["accuracy_pct"].value[i] == pytest.approx(77.7)
    assert board.quantities["size_kb"].value[i] == pytest.approx(50)
    assert not board.measured[i]
    assert trained.id in board.rows[i]


def test_zeros_of_float_weights_are_stored_sparsely_where_files_are_built_here():
    rows = [replace(r, file_bytes=(r.file_bytes or 1e5)) for r in timed_only()]
    board = board_of(published.RECORDS + rows)
    measured = {(r.network, r.strategy): r.file_bytes / 1000 for r in rows}
    for network in ("vgg", "wrn"):
        i = at(board, network, "prn")
        assert board.quantities["file_kb"].value[i] == pytest.approx(measured[network, "prn"])


def test_a_device_trained_on_and_never_timed_is_promised_what_other_devices_support():
    """Latencies have the level that two devices left out whole can give; sizes that of others."""
    few = [r for r in SHIPPED if r.task == "cifar10" and r.network in ("vgg", "wrn", "resnet50")]
    boards = {name: [replace(r, device=name) for r in few] for name in ("one", "two")}
    untimed = [replace(r, device="three", latencies_s=(), suspect={}) for r in few]
    content = fitting.content([*boards["one"], *boards["two"], *untimed])
    levels = {
        name: [max(calibrated[1], default=0) for calibrated in kept["latency_ms"]]
        for name, kept in content["calibrations"].items()
    }
    assert set(levels) == {"", "three"}
    assert levels["three"] == pytest.approx([2 / 3, 2 / 3])
    assert levels[""][0] == pytest.approx(3 / 4)  # three networks
    kept = content["calibrations"]
    assert kept["three"]["size_kb"] == kept[""]["size_kb"]
