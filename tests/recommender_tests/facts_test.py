"""Where facts come from: the row itself before others of its network, before what is shipped."""

import numpy as np
import pandas as pd

from measurements.dataset import FACTS
from measurements.subject import networks
from recommender.facts import facts_of, known_from, with_facts


def board(strategies, network="wrn", task="cifar100", **columns):
    frame = pd.DataFrame({"strategy": strategies}).assign(**columns)
    return frame.assign(network=network, task=task, device="bench")


def test_shipped_facts_count_the_tasks_classifier():
    facts, placed = facts_of(board(["nq"]))
    wrn = networks()["wrn"]
    assert facts["parameters"][0] == wrn.parameters(100)
    assert (facts["classes"][0], facts["layers"][0]) == (100, wrn.layers)
    assert not placed.any()


def test_own_columns_go_before_everything():
    known = known_from(board(["nq"], macs=5.0), pd.DataFrame())
    assert facts_of(board(["nq"]), known)[0]["macs"][0] == 5
    assert facts_of(board(["nq"], macs=7.0), known)[0]["macs"][0] == 7
    assert facts_of(board(["nq"], macs=np.nan), known)[0]["macs"][0] == 5


def test_a_newcomer_takes_the_weights_that_its_plain_form_has_room_for():
    plain = board(["nq"], network="newcomer", size_kb=4000.0)
    facts, placed = facts_of(board(["blq"], network="newcomer"), known_from(plain, plain))
    assert facts["parameters"][0] == 1e6
    assert placed.all()
    assert not facts_of(board(["blq"], network="newcomer"))[1].any()


def test_a_measured_size_in_what_is_asked_is_not_looked_at():
    asked = board(["nq", "blq"], network="newcomer")
    one, other = facts_of(asked)[0], facts_of(asked.assign(size_kb=123.0, latency_ms=4.0))[0]
    assert all(np.array_equal(one[name], other[name]) for name in FACTS)


def test_candidates_get_the_facts_that_rows_bring():
    rows = board(["nq"], network="own", macs=5e6)
    found = with_facts(board(["blq", "f16"], network="own"), (rows,))
    assert list(found["macs"]) == [5e6, 5e6]
    bare = board(["nq"])
    assert with_facts(bare, (bare,)) is bare
