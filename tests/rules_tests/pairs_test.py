import math
from dataclasses import replace

import pandas as pd
import pytest

from measurements.subject import networks
from rules.load import load
from rules.pairs import Key, cells, match
from rules.remark import Condition

RULES = {remark.id: remark for remark in load()}


def frame(*rows, **columns):
    """A small frame: rows of (network, strategy, latency), other columns the same for all."""
    usual = {"task": "cifar10", "device": "board", "protocol": "p", "seed": 1.0, **columns}
    return pd.DataFrame(
        [
            {"id": f"m{i}", "network": n, "strategy": s, "latency_ms": v, **usual}
            for i, (n, s, v) in enumerate(rows)
        ]
    )


def latencies(data, remark="R2", claim=0, device="board", **kwargs):
    found = RULES[remark]
    return match(found, found.claims[claim], cells(data, device, **kwargs), device)


def test_a_pair_differs_in_the_strategy_alone():
    data = frame(("vgg", "nq", 4), ("vgg", "blq", 8), ("wrn", "fiq", 9), ("vgg", "prn", 1))
    (pair,) = latencies(data)
    assert (pair.effect, pair.unit, pair.rows) == (2.0, "vgg", ("m1", "m0"))


@pytest.mark.parametrize("column", ["task", "device", "protocol", "seed"])
def test_a_pair_has_all_else_in_common(column):
    one = frame(("vgg", "nq", 4), ("wrn", "nq", 4), ("wrn", "blq", 2))
    changed = {"task": "cifar100", "device": "board", "protocol": "q", "seed": 2.0}
    changed["device"] = "other" if column == "device" else "board"
    other = frame(("vgg", "blq", 8), **{column: changed[column]})
    assert [pair.unit for pair in latencies(pd.concat([one, other]))] == ["wrn"]


def test_the_partner_lacks_the_quantizer_and_nothing_else():
    data = frame(("vgg", "kd+prn80+blq", 9), ("vgg", "kd+prn80", 3), ("vgg", "nq", 1))
    (pair,) = latencies(data)
    assert pair.effect == 3


def test_the_partner_may_lack_two_parts():
    data = frame(("vgg", "prn50+blq", 9), ("vgg", "nq", 1), ("vgg", "prn50", 3))
    data["size_kb"] = data["latency_ms"]
    (pair,) = latencies(data, "S-low")
    assert pair.effect == 9


def test_networks_are_compared_at_one_strategy():
    data = frame(("wrn", "nq", 1), ("vgg", "nq", 1), ("vgg", "prn", 1), ("resnet50", "f16", 1))
    data["accuracy_pct"] = [88.8, 71.9, 68.7, 80.6]
    (pair,) = latencies(data, "N-wrn")
    assert (pair.effect, pair.unit) == (16.9, "wrn beside vgg")


def test_a_network_is_no_partner_of_its_own():
    data = frame(("wrn", "nq", 1), ("vgg", "nq", 1), accuracy_pct=50.0)
    remark = RULES["N-wrn"]
    claim = replace(remark.claims[0], of=Condition(), against=Condition())
    units = {pair.unit for pair in match(remark, claim, cells(data, "board"), "board")}
    assert units == {"wrn beside vgg", "vgg beside wrn"}


def test_several_rows_of_one_setup_count_once():
    data = frame(("vgg", "nq", 4), ("vgg", "blq", 6), ("vgg", "blq", 8), ("vgg", "blq", 40))
    (pair,) = latencies(data)
    assert (pair.effect, pair.rows) == (2.0, ("m1", "m2", "m3", "m0"))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("suspect", "latency"),
        ("suspect", "size latency"),
        ("failure", "out of memory"),
        ("noisy", True),
        ("latency_ms", math.nan),
        ("latency_ms", 0.0),
    ],
)
def test_what_is_not_to_be_believed_stays_out(column, value):
    data = frame(("vgg", "nq", 4.0), ("vgg", "blq", 8.0), suspect="", failure="", noisy=False)
    assert len(latencies(data)) == 1
    data.loc[0, column] = value
    assert latencies(data) == []


def test_a_suspect_size_leaves_the_latency_alone():
    assert len(latencies(frame(("vgg", "nq", 4), ("vgg", "blq", 8), suspect="size"))) == 1
    data = frame(("vgg", "nq", 4), ("vgg", "blq", 8), suspect="size", size_kb=1.0, file_kb=2.0)
    measured = cells(data, "board")
    assert set(measured[Key("cifar10", "p", "1.0", "vgg", "nq")]) == {"latency"}


def test_a_claim_is_made_where_its_remark_speaks():
    rows = ("wrn", "nq", 1), ("vgg", "nq", 1)
    small = frame(*rows, accuracy_pct=50.0)
    unknown = frame(*rows, accuracy_pct=50.0, task="mine")
    assert len(latencies(small, "N-wrn")) == 1
    assert latencies(small, "N-v3-large") == []
    assert latencies(unknown, "N-wrn") == []  # nobody knows how large its dataset is
    assert len(latencies(frame(("vgg", "nq", 4), ("vgg", "blq", 8), task="mine"))) == 1


def test_only_some_tasks():
    data = pd.concat(
        frame(("vgg", "nq", 4), ("vgg", "blq", 8), task=task) for task in ("cifar10", "digits")
    )
    assert len(latencies(data)) == 2
    assert len(latencies(data, only=frozenset({"digits"}))) == 1


def test_a_trend_goes_over_a_fact_of_the_network():
    data = frame(("vgg", "nq", 4), ("vgg", "prn", 8), ("mine", "nq", 4), ("mine", "prn", 8))
    data["accuracy_pct"] = [70.0, 72.0, 70.0, 70.0]
    known, strange = latencies(data, "R4")
    assert (known.effect, known.over) == (2.0, networks()["vgg"].parameters(10))
    assert strange.over is None
