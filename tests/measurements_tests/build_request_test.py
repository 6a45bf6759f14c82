from dataclasses import replace
from pathlib import Path

import pytest

from measurements.build_request import Request
from measurements.device.local import LocalBoard
from measurements.errors import HarnessError
from measurements.own_network import OwnNetwork
from measurements.subject import networks

REQUEST = Request(
    network="vgg",
    strategy="kd+blq",
    task="",
    protocol="quick",
    board=LocalBoard(kernels="xnnpack", threads=1),
    cache=Path(),
)


def own(classes):
    facts = replace(networks()["vgg"], input_shape=(12, 10, 1))
    return OwnNetwork(source=None, kind="tflite", facts=facts, classes=classes)


def test_it_goes_by_the_candidates_name():
    assert REQUEST.name == "vgg+kd+blq"


def test_images_are_as_the_network_takes_them(dusk):
    plain = replace(REQUEST, task=str(dusk)).data()
    assert plain.x_test.shape[1:] == (32, 32, 3)
    mine = replace(REQUEST, task=str(dusk), own=own(2)).data()
    assert mine.x_test.shape[1:] == (12, 10, 1)
    assert mine.hash == plain.hash
    assert mine.y_test.tolist() == plain.y_test.tolist()


def test_a_network_of_other_classes_is_refused(dusk):
    with pytest.raises(HarnessError, match="tells 7 classes apart; dusk has 2"):
        replace(REQUEST, task=str(dusk), own=own(7)).data()
