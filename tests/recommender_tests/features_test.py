import numpy as np
import pandas as pd
import pytest

from measurements.dataset import FACTS
from measurements.errors import UnknownNameError
from recommender.facts import known_from
from recommender.features import features


def board(strategies, network="wrn", task="cifar100", **columns):
    frame = pd.DataFrame({"strategy": strategies}).assign(**columns)
    return frame.assign(network=network, task=task, device="bench")


def test_strategies_become_flags():
    rows = features(board(["nq", "kd+prn80+f16", "prn+blq", "fiq", "qat"]))
    assert list(rows.bits) == [32, 16, 8, 8, 8]
    assert list(rows.sparsity) == [0, 0.8, 0.75, 0, 0]
    assert list(rows.static) == [0, 0, 0, 1, 1]
    assert list(rows.aware) == [0, 0, 0, 0, 1]
    assert list(rows.plain) == [True, False, False, False, False]


def test_a_newcomer_is_placed_by_its_plain_form_while_that_is_known():
    plain = board(["nq"], network="newcomer", size_kb=4000.0)
    rows = features(board(["blq"], network="newcomer"), known_from(plain, plain))
    assert rows.parameters[0] == pytest.approx(1e6)
    assert rows.placed.all()
    stranger = features(board(["blq"], network="newcomer"))
    assert not stranger.placed.any()
    for name in FACTS:
        assert getattr(rows.unplaced(), name) == pytest.approx(getattr(stranger, name))


def test_other_forms_of_the_same_rows():
    rows = features(board(["nq", "kd+prn80+f16", "prn+blq", "kd"]))
    assert list(rows.undistilled().plain) == [True, False, False, True]
    assert list(rows.unpruned().sparsity) == [0] * 4
    assert list(rows.at_bits(16).half) == [1] * 4
    assert list(rows.at_bits(32).sparsity) == list(rows.sparsity)
    assert rows.untreated().plain.all()
    assert list(rows.take(np.array([2])).bits) == [8]


def test_outside_the_grammar():
    with pytest.raises(UnknownNameError, match="unknown technique 'zip'"):
        features(board(["zip"]))
