"""The choice of probes is a law of the model's covariance; what it finds decides the pick."""

import itertools
import math

import numpy as np
import pandas as pd
import published
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurements import to_frame
from measurements.record import Measurement
from measurements.strategy import Strategy
from measurements.subject import networks
from recommender import probing
from recommender.mixed import MixedEffects

NETWORKS = ("vgg", "wrn", "mobilenet_v1", "mobilenet_v2", "resnet50")
PUBLISHED = published.RECORDS


def timed(device, network, strategy, integer_times):
    """A record of a device whose time goes with the work alone."""
    slow = integer_times if Strategy.parse(strategy).integer else 1.0
    seconds = slow * (2e-5 + networks()[network].macs(10) / 1e9)
    return Measurement(
        task="digits",
        network=network,
        strategy=strategy,
        device=device,
        protocol="untrained@0",
        latencies_s=(seconds,),
    )


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 12), st.integers(0, 15))
def test_each_probe_is_another_one_and_leaves_less_doubt(seed, effects, rows, budget):
    random = np.random.default_rng(seed)
    root = random.normal(size=(effects, effects))
    model = MixedEffects(
        mean=np.zeros(effects),
        covariance=root @ root.T,
        noise=np.array([0.1, 0.1]),
        spread=np.ones(1),
    )
    able = random.normal(size=(rows, effects))
    asked = random.normal(size=(7, effects))
    found = list(probing.greedy(model, able, asked, np.full(rows, 0.1), budget))
    assert len({place for place, _ in found}) == len(found) == min(budget, rows)
    doubts = [np.einsum("ij,ij->i", asked @ model.covariance, asked).mean()]
    doubts += [doubt for _, doubt in found]
    assert all(late <= early + 1e-9 for early, late in itertools.pairwise(doubts))
    # The first is the best single one.
    if found:
        alone = [
            next(iter(probing.greedy(model, able[[i]], asked, np.array([0.1]), 1)))[1]
            for i in range(rows)
        ]
        assert found[0][1] == pytest.approx(min(alone))


def test_probes_cover_float_and_integer_kernels_of_a_new_device():
    asked = probing.cells(NETWORKS, "digits", "new")
    probes = probing.next_probes(to_frame(PUBLISHED), asked, 4)
    assert len({(p.network, p.strategy) for p in probes}) == 4
    assert {Strategy.parse(p.strategy).integer for p in probes} == {True, False}
    assert len({p.network for p in probes}) >= 2
    assert [p.factor for p in probes] == sorted((p.factor for p in probes), reverse=True)


def test_a_budget_above_all_cells_takes_each_once():
    asked = probing.cells(["vgg"], "digits", "new")
    probes = probing.next_probes(to_frame(PUBLISHED), asked, 100)
    assert sorted(p.strategy for p in probes) == sorted(asked["strategy"])


def test_what_is_held_counts_and_what_failed_is_not_tried_again():
    asked = probing.cells(["vgg", "wrn"], "digits", "new")
    failed = Measurement(
        task="digits", network="vgg", strategy="nq", device="new", failure="it crashed"
    )
    held = [timed("new", "vgg", "blq", 1.0), timed("new", "wrn", "nq", 1.0), failed]
    probes = probing.next_probes(to_frame([*PUBLISHED, *held]), asked, 5)
    assert len(probes) == 3
    assert not {("vgg", "blq"), ("wrn", "nq"), ("vgg", "nq")} & {
        (p.network, p.strategy) for p in probes
    }
    assert probing.next_probes(to_frame([*PUBLISHED, *held]), asked, 2) == []


def test_the_choice_does_not_look_at_what_will_be_measured():
    frame = to_frame([*PUBLISHED, *(timed("new", n, "nq", 1.0) for n in NETWORKS)])
    other = frame.assign(
        latency_ms=frame["latency_ms"].where(frame["device"] != "new", frame["latency_ms"] * 3)
    )
    asked = probing.cells(NETWORKS, "digits", "new")
    without = frame[frame["device"] != "new"], other[other["device"] != "new"]
    assert probing.next_probes(without[0], asked, 5) == probing.next_probes(without[1], asked, 5)


@pytest.fixture(scope="module")
def forecasts():
    """What six probes say of a device with slow, and of one with fast integer kernels."""
    found = {}
    for device, times in (("slow", 12.0), ("fast", 0.3)):
        asked = probing.cells(NETWORKS, "digits", device)
        probes = probing.next_probes(to_frame(PUBLISHED), asked, 6)
        records = [timed(device, p.network, p.strategy, times) for p in probes]
        known = to_frame([*PUBLISHED, *records])
        left = asked.drop(index=asked.index[[p.place for p in probes]]).reset_index(drop=True)
        result = probing.forecast(known, left, [0.8])
        found[device] = left.assign(ms=np.exp(result.log_ms), half=result.half[0]), records
    return found


@pytest.mark.parametrize(("device", "times"), [("slow", 12.0), ("fast", 0.3)])
def test_six_probes_tell_a_slow_integer_device_from_a_fast_one(forecasts, device, times):
    cells, _ = forecasts[device]
    wide = cells.pivot_table(index="network", columns="strategy", values="ms")
    ratio = (wide["fiq"] / wide["f16"]).dropna()
    assert len(ratio) >= 3
    assert times / 3 < math.exp(np.log(ratio).mean()) < times * 3
    # A network of which nothing was probed may still be told wrong.
    assert ((ratio > 1) == (times > 1)).mean() >= 0.75


def test_and_so_the_pick_differs(forecasts, tmp_path, monkeypatch):
    from measurements.dataset import append
    from recommender import Advisor, Constraints, Profile

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = tmp_path / "store"
    for _, records in forecasts.values():
        append(records, store)
    advisor = Advisor.load([published.FILE, store])
    picks = {}
    for device in ("slow", "fast"):
        asked = Profile(device=device, task="cifar10", follow="evidence", confidence=0.6)
        pick = advisor.advise(asked, Constraints()).pick
        picks[device] = Strategy.parse(pick["strategy"])
    assert picks["fast"].integer
    assert not picks["slow"].integer


def test_forecasts_are_a_frames_rows():
    asked = probing.cells(["vgg", "wrn"], "cifar10", "sensors-2022")
    found = probing.forecast(to_frame(PUBLISHED), asked, [0.5, 0.8])
    assert found.log_ms.shape == (len(asked),)
    assert found.half.shape == found.levels.shape == (2, len(asked))
    assert (found.half[0] <= found.half[1]).all()
    assert isinstance(asked, pd.DataFrame)
