from itertools import product

import numpy as np
import pandas as pd
import published
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurements import to_frame
from measurements.strategy import Strategy, grammar
from measurements.subject import networks, tasks
from recommender.errors import AdviceError
from recommender.model import LEVEL, TARGETS, fit

FRAME = to_frame(published.RECORDS)
MODEL = fit(FRAME)
SPARSITIES = (None, 1, 2, 10, 25, 50, 60, 75, 80, 90, 98, 99)
NETWORKS = [*networks(), "newcomer"]


def board(network, task, strategies, **facts):
    frame = pd.DataFrame({"strategy": [s.slug for s in strategies]})
    return frame.assign(network=network, task=task, device="sensors-2022", **facts)


def every_strategy():
    return [
        Strategy(distilled=kd, pruned=prn is not None, sparsity_pct=pct, quantizer=q)
        for kd, (prn, pct), q in product(
            (False, True),
            [(None, None), *((True, pct) for pct in SPARSITIES)],
            (None, "blq", "fiq", "f16", "qat"),
        )
    ]


def check_sense(found, strategies):
    """More bits never smaller, higher sparsity never larger, no trace of a teacher."""
    table = {s: found.iloc[i] for i, s in enumerate(strategies)}
    for one, other in product(strategies, strategies):
        if one.distilled != other.distilled:
            if one.undistilled == other.undistilled:
                for target in ("size_kb", "file_kb", "latency_ms"):
                    assert table[one][target] == table[other][target]
            continue
        slack = 1 + 1e-12
        if one.sparsity == other.sparsity and one.weight_bits > other.weight_bits:
            for target in ("size_kb", "file_kb"):
                assert table[one][target] * slack >= table[other][target], (target, one, other)
        if one.quantizer == other.quantizer and one.sparsity > other.sparsity:
            assert table[one].size_kb <= table[other].size_kb * slack, (one.slug, other.slug)
            assert table[one].file_kb == pytest.approx(table[other].file_kb)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("task", tasks())
def test_sense_over_the_grammar(network, task):
    strategies = every_strategy()
    check_sense(MODEL.predict(board(network, task, strategies)), strategies)


@settings(max_examples=30, deadline=None)
@given(
    parameters=st.floats(500, 1e9),
    macs=st.floats(1e4, 1e11),
    layers=st.integers(1, 500),
    channels=st.integers(4, 200_000),
    classes=st.integers(2, 1000),
)
def test_sense_for_networks_of_any_facts(parameters, macs, layers, channels, classes):
    strategies = [s for s in every_strategy() if not s.distilled]
    facts = {"parameters": parameters, "macs": macs, "layers": layers}
    asked = board("odd", "own", strategies, channels=channels, classes=classes, **facts)
    check_sense(MODEL.predict(asked), strategies)


def test_contract():
    asked = board("vgg", "cifar10", grammar()).set_axis([f"row{i}" for i in range(20)])
    found = MODEL.predict(asked)
    assert list(found.index) == list(asked.index)
    for target in TARGETS:
        low, value, high = (found[c] for c in (f"{target}_low", target, f"{target}_high"))
        assert ((low <= value) & (value <= high)).all()
        assert np.isfinite(found[[f"{target}_low", f"{target}_high"]]).all(axis=None)


def test_a_level_beyond_reach_is_said_not_invented():
    found = MODEL.predict(board("vgg", "cifar10", grammar()))
    # Eight networks: 8 / 9 is the highest level there is.
    assert found["size_kb_level"].to_numpy() == pytest.approx(min(LEVEL, 8 / 9))
    one = fit(FRAME[FRAME["network"] == "wrn"])
    alone = one.predict(board("vgg", "cifar10", grammar()))
    assert (alone["size_kb_level"] == 0).all()
    assert np.isposinf(alone["size_kb_high"]).all()
    assert np.isfinite(alone["size_kb"]).all()


def test_repeated_questions_get_the_same_answer_in_their_places():
    asked = board("vgg", "cifar10", grammar())
    twice = pd.concat([asked, asked[::-1]], ignore_index=True)
    once, found = MODEL.predict(asked), MODEL.predict(twice)
    assert found.iloc[:20].to_numpy() == pytest.approx(once.to_numpy(), rel=1e-12)
    assert np.array_equal(found.iloc[20:], found.iloc[19::-1])


def test_a_target_never_measured_is_unknown():
    blind = fit(FRAME.assign(latency_ms=np.nan))
    found = blind.predict(board("vgg", "cifar10", grammar()))
    assert found["latency_ms"].isna().all()
    assert found["size_kb"].notna().all()


def test_suspect_and_failed_values_teach_nothing():
    spoilt = FRAME.iloc[:5].assign(latency_ms=1e6, size_kb=1e6, accuracy_pct=1.0)
    marked = pd.concat(
        [
            FRAME,
            spoilt.assign(suspect="accuracy size latency"),
            spoilt.assign(failure="no memory left"),
        ]
    )
    asked = board("resnet50", "cifar10", grammar())
    pd.testing.assert_frame_equal(fit(marked).predict(asked), MODEL.predict(asked))


def test_order_of_rows_changes_nothing():
    asked = board("wrn", "cifar100", grammar())
    pd.testing.assert_frame_equal(
        fit(FRAME[::-1]).predict(asked), MODEL.predict(asked), check_exact=False, rtol=1e-9
    )


def test_facts_of_a_users_network_are_remembered():
    facts = {"parameters": 5e5, "macs": 7e7, "channels": 1200.0, "layers": 30.0}
    own = FRAME[FRAME["network"] == "wrn"].assign(network="own", **facts)
    learned = fit(pd.concat([FRAME, own]))
    asked = board("own", "cifar10", grammar())
    pd.testing.assert_frame_equal(learned.predict(asked), learned.predict(asked.assign(**facts)))


def test_a_network_without_facts_is_placed_by_its_plain_form():
    own = FRAME[(FRAME["network"] == "wrn") & (FRAME["strategy"] == "nq")].assign(network="own")
    found = fit(pd.concat([FRAME, own])).predict(board("own", "cifar10", grammar()))
    twin = MODEL.predict(board("wrn", "cifar10", grammar()))
    assert found["size_kb"].iloc[0] == pytest.approx(twin["size_kb"].iloc[0], rel=0.02)
    assert (found["size_kb"] / twin["size_kb"]).between(0.6, 1.6).all()


def test_asked_wrongly():
    with pytest.raises(AdviceError, match="no rows"):
        fit(FRAME.iloc[:0])
    with pytest.raises(AdviceError, match="no column device"):
        fit(FRAME.drop(columns="device"))


def test_a_published_device_is_forecast_from_its_own_rows():
    other = FRAME[FRAME["task"] == "cifar10"].assign(device="board", protocol="quick@0")
    other["latency_ms"] = other["latency_ms"] / 100
    both = fit(pd.concat([FRAME, other], ignore_index=True))
    asked = FRAME[["task", "network", "strategy", "device"]]
    pd.testing.assert_frame_equal(both.predict(asked), fit(FRAME).predict(asked))
    there = both.predict(asked.assign(device="board"))
    assert (there["latency_ms"] < 0.1 * both.predict(asked)["latency_ms"]).mean() > 0.9
