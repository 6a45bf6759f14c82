import json
from pathlib import Path

import numpy as np

from measurements.device import base
from measurements.device.base import Job, Observation, score
from measurements.device.local import LocalBoard
from measurements.timing import Repetition


def test_the_images_are_there_for_the_worker_and_gone_afterwards():
    seen = {}

    class Reading:
        def answers(self, job):
            seen["images"] = np.load(job.images)
            seen["file"] = job.images
            yield {"scored": 0, "right": 1, "of": 1}

    images = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    found = score(Reading(), Path("a.tflite"), images, np.zeros(1, int))
    assert found == Observation(accuracy=1.0, n_test=1)
    assert (seen["images"] == images).all()
    assert not Path(seen["file"]).exists()


def test_a_request_is_plain_json():
    board = LocalBoard(kernels="builtin", threads=1)
    job = Job(models=(Path("a.tflite"),), repetition=Repetition())
    assert json.loads(json.dumps(base.request(board, job)))["models"] == ["a.tflite"]
