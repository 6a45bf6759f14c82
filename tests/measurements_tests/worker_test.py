import os
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from measurements.child import ChildError, answers, python
from measurements.device.base import worker_files
from measurements.device.worker import RESOLVERS
from measurements.timing import Repetition

WORKER = python("measurements.device.worker")


@pytest.fixture
def job(tflite, lights, tmp_path):
    images, labels = lights
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "labels.npy", labels)
    return {
        "models": [str(tflite())],
        "images": str(tmp_path / "images.npy"),
        "labels": str(tmp_path / "labels.npy"),
        "repetition": asdict(Repetition(processes=1, values=10, seconds=0.1)),
        "kernels": "xnnpack",
        "threads": 1,
        "memory_bytes": 4_000_000_000,
    }


def fails(job, reason):
    with pytest.raises(ChildError, match=reason):
        list(answers(WORKER, job, silence_s=60))


@pytest.mark.parametrize("kernels", RESOLVERS)
@pytest.mark.parametrize("int8", [False, True])
def test_all_kernels_score_float_and_int8(job, tflite, kernels, int8):
    job = {**job, "models": [str(tflite("kind", int8=int8))], "kernels": kernels}
    said = list(answers(WORKER, job, silence_s=60))
    assert [a for a in said if "scored" in a] == [{"scored": 0, "right": 200, "of": 200}]
    (timed,) = [a for a in said if "timed" in a]
    assert len(timed["values_s"]) >= 10
    (run,) = [a["run"] for a in said if "run" in a]
    assert run["facts"]["kernels"] == kernels


def test_bytes_stand_for_zero_to_one(job, tflite, lights, tmp_path):
    images, labels = lights
    np.save(tmp_path / "bytes.npy", (images * 255).astype(np.uint8))
    for int8 in (False, True):
        job |= {"images": str(tmp_path / "bytes.npy"), "repetition": None}
        job |= {"models": [str(tflite("kind", int8=int8))]}
        said = list(answers(WORKER, job, silence_s=60))
        assert said[-1] == {"scored": 0, "right": len(labels), "of": len(labels)}


def test_wrong_answers_count_as_wrong(job, lights, tmp_path):
    labels = lights[1].copy()
    labels[:50] = (labels[:50] + 1) % 10
    np.save(tmp_path / "labels.npy", labels)
    said = list(answers(WORKER, {**job, "repetition": None}, silence_s=60))
    assert said[-1] == {"scored": 0, "right": 150, "of": 200}


def test_threads_are_pinned(job):
    said = list(answers(WORKER, {**job, "images": None}, silence_s=60))
    assert len(said[-1]["run"]["facts"]["affinity"]) == 1


def test_more_threads_than_cores_are_refused(job):
    fails({**job, "threads": 4096}, "4096 threads were asked for")


def test_images_of_another_shape_are_refused(job, tflite):
    fails({**job, "models": [str(tflite("wide", channels=12))]}, r"images are \(1, 1, 10\)")


def test_labels_beyond_the_outputs_are_refused(job, tmp_path):
    np.save(tmp_path / "labels.npy", np.full(200, 10))
    fails(job, "label 10 of a model with 10 outputs")


def test_a_file_that_is_no_model_is_refused(job, tmp_path):
    (tmp_path / "no.tflite").write_bytes(b"no model at all, but long enough to be read as one")
    fails({**job, "models": [str(tmp_path / "no.tflite")]}, "in loading the model")


def test_memory_is_limited(job, tflite):
    big = str(tflite("big", channels=6000))
    # Wherever it runs short: in the runtime, in the model's file, in a delegate's copy of it.
    for memory_bytes in range(200_000_000, 440_000_000, 40_000_000):
        job |= {"models": [big], "images": None, "memory_bytes": memory_bytes}
        fails(job, "out of memory")


def test_the_folder_for_a_board_stands_alone(job, tmp_path):
    for name, content in worker_files().items():
        path = tmp_path / "board" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    script = (
        f"import runpy, sys; sys.path.insert(0, {str(tmp_path / 'board')!r});"
        "runpy.run_module('measurements.device.worker', run_name='__main__');"
        "print(*(m for m in sys.modules if m.startswith(('measurements', 'msgspec'))),"
        "      file=sys.stderr)"
    )
    import json

    done = subprocess.Popen(
        [sys.executable, "-I", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )
    done.stdin.write(json.dumps(job).encode() + b"\n")
    done.stdin.flush()
    said = [json.loads(line) for line in done.stdout]
    modules = done.stderr.read().decode().splitlines()[-1].split()
    for pipe in (done.stdin, done.stdout, done.stderr):
        pipe.close()
    assert done.wait(timeout=60) == 0
    assert {"scored", "timed", "run"} <= {key for answer in said for key in answer}
    assert "msgspec" not in modules
    assert "measurements.dataset" not in modules


def test_a_job_without_models_asks_what_the_place_is(job):
    job |= {"models": [], "images": None, "repetition": None}
    (said,) = list(answers(WORKER, job, silence_s=60))
    assert said["facts"]["kernels"] == "xnnpack"
    assert said["facts"]["versions"]["ai-edge-litert"]
