"""Who serves is who errs least on networks left out whole, and widths are what they erred by."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurements.strategy import grammar
from recommender import choice, regression
from recommender.baselines import BASELINES, TECHNIQUE_RATIO
from recommender.choice import MODEL, TOGETHER, choose
from recommender.features import features
from recommender.scale import SCALES
from recommender.single_thread import single_thread

NETWORKS = ("vgg", "wrn", "resnet50", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small")
SLUGS = ("nq", "blq", "fiq", "f16", "prn", "prn+blq")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Matrices this small are slower on several."""
    with single_thread():
        yield


def cells(networks=NETWORKS, devices=("a", "b"), slugs=SLUGS):
    table = [("cifar10", n, s, d) for n in networks for s in slugs for d in devices]
    rows = features(pd.DataFrame(table, columns=["task", "network", "strategy", "device"]))
    return rows, rows.device


def latency(rows, times):
    """Log of a latency that goes with the work, `times[device]` as slow."""
    return np.log(rows.macs / 1e6) + np.log([times[d] for d in rows.device])


@pytest.fixture(scope="module")
def chosen():
    rows, domain = cells(devices=("a", "b", "c"))
    y = latency(rows, {"a": 1.0, "b": 4.0, "c": 2.0})
    return choose(
        "latency_ms", rows, domain, y + 0.02 * np.random.default_rng(0).normal(size=len(y))
    )


def test_every_learner_is_judged_and_the_law_serves_where_there_is_one(chosen):
    for served in (chosen.free, chosen.tied):
        assert set(served.errors) == {MODEL, TOGETHER, *BASELINES}
        assert served.errors[served.learner] < 0.5 * served.errors["nearest network"]
    assert chosen.free.learner == MODEL


def test_a_known_plain_form_has_the_widths_of_its_own_kind(chosen):
    rows, _ = cells(networks=("vgg", "mobilenet_v3_large"), devices=("a",))
    _, _, known = chosen.locate(rows, rows.device)
    assert known.tolist() == (rows.network == "vgg").tolist()
    width, level = chosen.widest(0.8, rows.device, known)
    assert set(width[known]) == {chosen.tied.calibration.width(0.8)}
    assert set(width[~known]) == {chosen.free.calibration.width(0.8)}
    assert (level == 0.8).all()


def test_a_device_never_timed_is_promised_what_devices_left_out_support(chosen):
    rows, _ = cells(networks=("vgg",), devices=("new",))
    _, spread, known = chosen.locate(rows, rows.device)
    assert not known.any()
    width, level = chosen.widest(0.9, rows.device, known)
    assert level == pytest.approx(3 / 4)  # three devices
    # However alike the three are, the next one may be another: 75 % of a normal error at least.
    assert (width >= 1.15).all()
    seen, _ = cells(networks=("vgg",), devices=("a",))
    assert (spread > 3 * chosen.locate(seen, seen.device)[1]).all()


def test_of_another_device_nothing_is_promised_where_there_is_one_alone():
    rows, domain = cells(devices=("a",))
    alone = choose("latency_ms", rows, domain, latency(rows, {"a": 1.0}))
    width, level = alone.widest(0.5, np.array(["new"], dtype=object), np.array([False]))
    assert np.isinf(width).all()
    assert (level == 0).all()


def test_sizes_are_the_regressions_and_nothing_is_promised_of_another_training():
    rows, domain = cells(devices=("a",))
    y = np.log(rows.parameters * rows.bits / 8 / 1000)
    sizes = choose("size_kb", rows, domain, y)
    assert sizes.free.learner == sizes.tied.learner == MODEL
    assert set(sizes.free.errors) == {MODEL}
    width, level = sizes.widest(0.5, np.array(["a", "another"], dtype=object), np.zeros(2, bool))
    assert np.isfinite(width[0])
    assert np.isinf(width[1])
    assert level[1] == 0


def test_a_network_like_no_other_is_held_against_who_would_predict_it():
    rows, domain = cells()
    y = latency(rows, {"a": 1.0, "b": 1.0})
    even = choose("latency_ms", rows, domain, y)
    odd = choose("latency_ms", rows, domain, y + 4 * (rows.network == "vgg"))
    for name in even.free.errors:
        assert odd.free.errors[name] > even.free.errors[name]


def test_what_the_regression_and_the_ratio_say_together_lies_midway():
    rows, domain = cells()
    data = ("accuracy_pct", rows, domain, np.sin(np.arange(len(rows))))
    said = {
        name: locate(rows, domain)[0]
        for name, locate in choice._learners(*data, regression.fit(*data))
    }
    assert said[TOGETHER] == pytest.approx((said[MODEL] + said[TECHNIQUE_RATIO]) / 2)


ERRORS = st.lists(st.floats(0, 10), min_size=3, max_size=8)


@settings(max_examples=200, deadline=None)
@given(ERRORS, st.data())
def test_nobody_replaces_the_start_who_is_not_ahead_of_it(start, data):
    others = {
        name: np.array(
            data.draw(st.lists(st.floats(0, 10), min_size=len(start), max_size=len(start)))
        )
        for name in ("nearest network", MODEL)
    }
    medians = {TOGETHER: np.array(start), **others}
    found = choice._standing_out(medians, TOGETHER)
    assert medians[found].mean() <= medians[TOGETHER].mean()
    # Whoever errs the same everywhere is no reason to change.
    same = dict.fromkeys(medians, np.array(start))
    assert choice._standing_out(same, TOGETHER) == TOGETHER


def test_simple_learners_have_to_be_further_ahead_than_the_regression():
    start, better = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.9, 1.2, 3.05, 3.9])
    ahead = choice._ahead(better, start)
    assert 1 < ahead < 2
    assert choice._standing_out({TOGETHER: start, MODEL: better}, TOGETHER) == MODEL
    assert choice._standing_out({TOGETHER: start, "FLOPs only": better}, TOGETHER) == TOGETHER


def test_with_a_known_plain_form_accuracy_is_told_by_whoever_errs_less():
    few = {MODEL: np.array([1.0, 1.0]), "technique ratio": np.array([0.9, 1.0])}
    assert choice._following(few) == "technique ratio"
    assert choice._following({**few, MODEL: np.array([0.5, 1.3])}) == MODEL
    # Learners that never look at the plain form are not asked, however lucky they were.
    assert choice._following({**few, "nearest network": np.zeros(2)}) == "technique ratio"
    assert choice._following({}) == MODEL


def test_accuracies_that_techniques_scale_alike_are_as_good_as_the_usual_ratio():
    rows, domain = cells(devices=("a",))
    random = np.random.default_rng(1)
    plain = {name: random.uniform(50, 90) for name in NETWORKS}
    ratio = {"prn": 0.93, "prn+blq": 0.93, "fiq": 0.99}
    value = np.array([plain[n] for n in rows.network])
    value *= np.array([ratio.get(s, 1.0) for s in np.tile(SLUGS, len(NETWORKS))])
    found = choose("accuracy_pct", rows, domain, SCALES["accuracy_pct"].link(value))
    assert found.tied.learner in choice.FOLLOWERS
    assert found.tied.errors[found.tied.learner] <= found.tied.errors["technique ratio"]


def test_a_network_that_other_tasks_know_is_promised_no_more_than_a_stranger():
    parts = [("parking", NETWORKS), ("cifar10", NETWORKS[1:])]
    table = [(t, n, s, "a") for t, names in parts for n in names for s in SLUGS]
    rows = features(pd.DataFrame(table, columns=["task", "network", "strategy", "device"]))
    level = dict(zip(NETWORKS, np.random.default_rng(2).normal(1, 0.3, len(NETWORKS)), strict=True))
    y = np.array([level[n] for n in rows.network]) - 0.1 * rows.pruned
    found = choose("accuracy_pct", rows, rows.device, y)
    asked = [("cifar10", n, "nq", "a") for n in ("vgg", "mobilenet_v3_large")]
    left = features(pd.DataFrame(asked, columns=["task", "network", "strategy", "device"]))
    _, spread, known = found.locate(left, left.device)
    assert not known.any()
    as_stranger = replace(left, network=np.array(["never seen"] * 2, dtype=object))
    assert (spread >= found.locate(as_stranger, left.device)[1] - 1e-9).all()


def test_many_networks_are_dealt_into_ten_folds_once_each():
    names = np.array([f"net{i % 23}" for i in range(69)], dtype=object)
    folds = choice._folds(names)
    assert len(folds) == 10
    assert sorted(n for fold in folds for n in fold) == sorted(set(names))


def test_the_grammar_is_served_whole(chosen):
    rows, domain = cells(slugs=[s.slug for s in grammar()], devices=("a",))
    location, spread, _ = chosen.locate(rows, domain)
    assert np.isfinite(location).all()
    assert (spread > 0).all()
