import gzip

import numpy as np

from measurements.device.base import Observation
from measurements.plan import Cell
from measurements.production import Made
from measurements.recording import SINGLES_KEPT, record
from measurements.tasks import TaskData

CELL = Cell(network="vgg", strategy="fiq", task="t", device="d", seed=3, protocol="small@12")
IMAGES, LABELS = np.zeros((6, 32, 32, 3), np.uint8), np.arange(6) % 2
DATA = TaskData(
    name="t",
    x_train=IMAGES,
    y_train=LABELS,
    x_test=IMAGES[:2],
    y_test=LABELS[:2],
    class_names=("a", "b"),
)


def test_sizes_are_of_the_file_as_stored_and_under_gzip(tflite):
    model = tflite("record", layers=4)
    made = Made(strategy="fiq", path=str(model), train_seconds=2.0, epochs=4, note="dense")
    seen = Observation(accuracy=0.5, n_test=2, latencies_s=(1.0, 2.0), noisy=True)
    found = record(CELL, made, seen, DATA, 7.0)
    assert found.file_bytes == model.stat().st_size
    assert len(gzip.compress(model.read_bytes(), 9, mtime=0)) == found.compressed_bytes
    assert (found.accuracy, found.n_test, found.n_train, found.noisy) == (0.5, 2, 6, True)
    assert found.latencies_s == (1.0, 2.0)
    assert found.environment["train_seconds"] == 2.0
    assert found.environment["measure_seconds"] == 7.0
    assert found.environment["note"] == "dense"
    assert (found.seed, found.protocol, found.strategy) == (3, "small@12", "fiq")


def test_a_failure_has_no_figures():
    made = Made(strategy="fiq", failure="killed by SIGABRT in training of vgg")
    found = record(CELL, made, Observation(failure=made.failure), DATA, 0.0)
    assert found.failure == made.failure
    assert found.size_bytes is found.latency_s is found.accuracy is found.ram_bytes is None
    assert "note" not in found.environment


def test_single_latencies_are_thinned_evenly(tflite):
    singles = tuple(float(n) for n in range(5000))
    seen = Observation(latencies_s=(1.0,), single_latencies_s=singles)
    kept = record(CELL, Made(strategy="fiq", path=str(tflite())), seen, DATA, 0).single_latencies_s
    assert len(kept) == SINGLES_KEPT
    assert kept[0] == 0.0
    assert kept[-1] > 4900
    assert len(set(np.diff(kept))) == 1


def test_latencies_are_kept_as_finely_as_runs_can_be_told_apart(tflite):
    seen = Observation(latencies_s=(5.239990769e-05, 1 / 3), single_latencies_s=(1.000004e-3,))
    kept = record(CELL, Made(strategy="fiq", path=str(tflite())), seen, DATA, 0)
    assert kept.latencies_s == (5.24e-05, 0.33333)
    assert kept.single_latencies_s == (1e-3,)
