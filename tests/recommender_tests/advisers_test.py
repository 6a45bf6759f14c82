"""Every adviser goes by what it may know: none by what was left out."""

import numpy as np
import pandas as pd
import pytest

from measurements.record import Measurement
from measurements.strategy import Strategy
from measurements.subject import networks
from recommender import baselines, model
from recommender.advisers import ALWAYS, Panel
from recommender.baselines import BASELINES
from recommender.holdout import FACTS_ONLY, PLAIN_KNOWN, folds
from recommender.single_thread import single_thread

DEVICE, TASK = "bench", "cifar10"
NETWORKS = ("vgg", "wrn", "mobilenet_v1", "mobilenet_v2")
SLUGS = ("nq", "blq", "f16", "prn")


def record(network, slug):
    strategy, facts = Strategy.parse(slug), networks()[network]
    weights = facts.parameters(10) * strategy.weight_bits / 8
    return Measurement(
        task=TASK,
        network=network,
        strategy=slug,
        device=DEVICE,
        accuracy=0.7 + 0.02 * NETWORKS.index(network) - 0.01 * SLUGS.index(slug),
        file_bytes=weights,
        compressed_bytes=weights * (0.33 if strategy.pruned else 1),
        latencies_s=((2.0 if strategy.integer else 1.0) * facts.macs(10) / 1e9,),
    )


RECORDS = [record(n, s) for n in NETWORKS for s in SLUGS]
CELLS = [(n, s) for n in NETWORKS for s in SLUGS]


@pytest.fixture(scope="module", params=[PLAIN_KNOWN, FACTS_ONLY])
def panel(request):
    fold = next(
        f for f in folds(RECORDS, "network") if f.setting == request.param and "wrn" in f.names
    )
    with single_thread():
        yield Panel.of(
            fold, model.fit(fold.train), baselines.taught(fold.train), np.random.default_rng(0)
        )


def heard(panel, questions=3):
    return panel.advisers(DEVICE, TASK, CELLS, questions)


def test_all_of_them_answer_for_every_candidate(panel):
    found = heard(panel)
    assert tuple(found) == ALWAYS
    for adviser in found.values():
        assert adviser.needs.shape == (len(CELLS), 3)
        assert np.broadcast_to(adviser.merit, (3, len(CELLS))).shape == (3, len(CELLS))
        assert not np.isnan(adviser.needs).any()


def test_who_asks_no_limits_counts_on_nothing(panel):
    for name in ("rules alone", "random"):
        assert np.isneginf(heard(panel)[name].needs).all()


def test_simple_learners_take_what_is_measured_as_it_is(panel):
    truth = np.array([_values(n, s) for n, s in CELLS])
    known = [
        (n, s) in set(zip(panel.fold.train["network"], panel.fold.train["strategy"], strict=True))
        for n, s in CELLS
    ]
    for name in BASELINES:
        adviser = heard(panel)[name]
        assert adviser.needs[known] == pytest.approx(truth[known])
        assert np.array_equal(adviser.merit, -adviser.needs[:, 2])
        assert (adviser.needs[~np.array(known)] != truth[~np.array(known)]).any()


def _values(network, slug):
    one = record(network, slug)
    return one.compressed_bytes / 1000, one.latency_s * 1000, -100 * one.accuracy


def test_the_advisor_counts_on_the_unfavourable_end(panel):
    """Of what was left out it promises less than its own median, never more."""
    found = heard(panel)["advisor"]
    board = panel.advisor.forecast.board(DEVICE, TASK)
    place = {c: i for i, c in enumerate(zip(board.network, board.strategy, strict=True))}
    at = [place[cell] for cell in CELLS]
    for column, target, sign in ((0, "size_kb", 1), (1, "latency_ms", 1), (2, "accuracy_pct", -1)):
        middle = sign * board.quantities[target].value[at]
        assert (found.needs[:, column] >= middle - 1e-9).all()


def test_its_order_has_no_ties(panel):
    merit = heard(panel)["advisor"].merit
    assert len(set(merit)) == len(CELLS)


def test_ties_of_the_rules_and_the_random_adviser_fall_otherwise_for_each_question(panel):
    found = heard(panel, questions=50)
    assert found["random"].merit.shape == (50, len(CELLS))
    assert len(set(found["random"].merit.argmax(axis=1))) > 5
    rules = found["rules alone"].merit
    # Lots only decide between candidates that the remarks speak for equally.
    level = np.round(rules, 4)
    assert (level == level[0]).all()
    tied = level[0][:, None] == level[0]
    before = (rules[:, :, None] > rules[:, None]).mean(axis=0)
    assert ((before[tied & ~np.eye(len(CELLS), dtype=bool)] % 1) > 0).all()
    assert np.isin(before[~tied], (0, 1)).all()


def test_what_was_left_out_is_not_looked_at():
    """Other hidden values, the same advisers."""
    changed = [
        record(n, s)
        if n != "wrn"
        else Measurement(
            task=TASK,
            network=n,
            strategy=s,
            device=DEVICE,
            accuracy=0.3,
            file_bytes=5e6,
            compressed_bytes=4e6,
            latencies_s=(0.5,),
        )
        for n, s in CELLS
    ]
    one, other = (_facts_only(records) for records in (RECORDS, changed))
    for name in ALWAYS:
        assert np.array_equal(one[name].needs, other[name].needs)
        assert np.array_equal(one[name].merit, other[name].merit)


def _facts_only(records):
    fold = next(
        f for f in folds(records, "network") if f.setting == FACTS_ONLY and "wrn" in f.names
    )
    assert isinstance(fold.train, pd.DataFrame)
    with single_thread():
        panel = Panel.of(
            fold, model.fit(fold.train), baselines.taught(fold.train), np.random.default_rng(0)
        )
    return heard(panel)
