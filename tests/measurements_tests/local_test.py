import os
import platform
import shutil
import signal
import subprocess
import sys
import time as clock
from importlib.util import find_spec

import pytest

from measurements.device.latency import measure, time
from measurements.device.local import LocalBoard, board, boards
from measurements.device.worker import RESOLVERS
from measurements.errors import UnknownNameError
from measurements.timing import Repetition, percentile

QUICK = Repetition(processes=1, retakes=0, values=10, seconds=0.1)


def least(seen):
    """Seconds of an inference that little else came in between: other tests may run beside."""
    return percentile(seen.latencies_s, 0.1)


def test_every_kernel_set_is_a_board_and_reads_back():
    found = boards()
    assert {b.kernels for b in found.values()} == set(RESOLVERS)
    for name, one in found.items():
        assert board(name) == one
        assert one.device.name == name
        assert name.startswith(platform.machine())


@pytest.mark.parametrize(
    "name", ["sensors-2022", "toaster-xnnpack-1t", "x86_64-xnnpack-4096t", "x86_64-xnnpack-0t", ""]
)
def test_what_this_machine_is_not(name):
    with pytest.raises(UnknownNameError, match=f"unknown device '{name}'.*known: "):
        board(name)


def test_a_worker_that_hangs_is_given_up(tflite):
    seen = measure(LocalBoard(kernels="builtin", threads=1, silence_s=0.01), tflite())
    assert seen.failure.startswith("no answer within 0.01 s")


def test_the_same_model_twice_takes_the_same_time(tflite):
    """The agreement asked for is 3 %, on a quiet machine; see benchmarks/timing_agreement.py."""
    model = tflite("twice", channels=500)
    one = LocalBoard(kernels="builtin", threads=1)
    first, second = time(one, [model, model])
    assert least(first) == pytest.approx(least(second), rel=0.25)


def test_reference_kernels_are_another_device(tflite):
    model = tflite("slow", channels=500)
    seconds = {
        kernels: least(measure(LocalBoard(kernels=kernels, threads=1), model, repetition=QUICK))
        for kernels in ("builtin", "reference")
    }
    assert seconds["reference"] > 1.5 * seconds["builtin"]


def test_a_killed_driver_leaves_no_worker(tflite):
    script = (
        "import sys, pathlib\n"
        "from measurements.device.latency import measure\n"
        "from measurements.device.local import LocalBoard\n"
        "from measurements.timing import Repetition\n"
        "measure(LocalBoard(kernels='builtin', threads=1), pathlib.Path(sys.argv[1]),\n"
        "        repetition=Repetition(seconds=100))"
    )
    driver = subprocess.Popen([sys.executable, "-c", script, tflite()])
    try:
        worker = _worker_of(driver.pid)
    finally:
        driver.kill()
        driver.wait()
    deadline = clock.monotonic() + 5
    while os.path.exists(f"/proc/{worker}") and clock.monotonic() < deadline:
        clock.sleep(0.02)
    assert not os.path.exists(f"/proc/{worker}")


def _worker_of(pid):
    deadline = clock.monotonic() + 20
    while clock.monotonic() < deadline:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            if children := file.read().split():
                clock.sleep(1)
                return int(children[0])
        clock.sleep(0.02)
    raise AssertionError("no worker was started")


ABORTING = """
import os, sys
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np, tensorflow as tf, tf_keras
tf_keras.utils.set_random_seed(0)
network = tf_keras.applications.MobileNetV2((32, 32, 3), weights=None, classes=10)
forward = tf.function(lambda image: network(image, training=False), input_signature=[
    tf.TensorSpec((1, 32, 32, 3), tf.float32)
])
holder = tf.Module()
holder.weights = network.weights
converter = tf.lite.TFLiteConverter.from_concrete_functions(
    [forward.get_concrete_function()], holder
)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
noise = np.random.default_rng(0)
converter.representative_dataset = lambda: (
    [noise.random((1, 32, 32, 3), dtype=np.float32)] for _ in range(5)
)
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.int8
open(sys.argv[1], "wb").write(converter.convert())
"""


def test_a_model_that_aborts_the_runtime_costs_itself_alone(tflite, tmp_path):
    """A full-integer MobileNet v2 with untrained weights aborts the reference kernels."""
    if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
        pytest.skip("needs the train extra")
    model = tmp_path / "aborting.tflite"
    subprocess.run([sys.executable, "-c", ABORTING, model], check=True, capture_output=True)
    reference = LocalBoard(kernels="reference", threads=1)
    seen = time(reference, [tflite(), model, tflite()], QUICK)
    assert seen[1].failure == f"killed by {signal.SIGABRT.name} in allocate_tensors"
    assert not seen[0].failure
    assert not seen[2].failure
    assert measure(LocalBoard(kernels="xnnpack", threads=1), model, repetition=QUICK).latencies_s


def test_nothing_is_written(tflite, lights, tmp_path, monkeypatch):
    model = shutil.copy(tflite(), tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    measure(LocalBoard(kernels="xnnpack", threads=1), tmp_path / model, *lights, QUICK)
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]
