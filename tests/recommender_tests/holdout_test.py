from dataclasses import replace

import numpy as np
import published
import pytest

from measurements import to_frame
from recommender.errors import AdviceError, ArgumentError, LeakError
from recommender.holdout import FACTS_ONLY, KINDS, PLAIN_KNOWN, folds

SHIPPED = published.RECORDS


def with_fact(**facts):
    """Frames with a column that holds what it should not."""

    def prepare(records):
        frame = to_frame(records)
        return frame.assign(**{name: make(frame) for name, make in facts.items()})

    return prepare


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "device"])
def test_each_is_left_out_once_in_each_setting(kind):
    there = sorted({getattr(record, kind) for record in SHIPPED})
    splits = list(folds(SHIPPED, kind))
    for setting in {fold.setting for fold in splits}:
        assert sorted(n for f in splits if f.setting == setting for n in f.names) == there


def test_nothing_of_a_left_out_network_is_left_in():
    for fold in folds(SHIPPED, "network"):
        left = fold.train[fold.train["network"].isin(fold.names)]
        assert set(left["strategy"]) == ({"nq"} if fold.setting == PLAIN_KNOWN else set())
        assert len(fold.train) + len(fold.hidden) == len(SHIPPED)


def test_what_is_asked_carries_no_measured_value():
    for fold in folds(SHIPPED, "network"):
        assert list(fold.asked) == ["task", "network", "strategy", "device"]


def test_a_fact_that_holds_the_target_is_caught():
    planted = with_fact(macs=lambda frame: frame["latency_ms"])
    with pytest.raises(LeakError, match="'macs' is said to hold a fact, yet varies"):
        list(folds(SHIPPED, "network", prepare=planted))


def test_a_fact_made_of_hidden_rows_is_caught():
    # The same for all rows of a network and task, so that it looks like a fact.
    planted = with_fact(
        macs=lambda frame: frame.groupby(["network", "task"])["latency_ms"].transform("mean")
    )
    with pytest.raises(LeakError, match="'macs' changes with the values that are left out"):
        list(folds(SHIPPED, "network", prepare=planted))


def test_a_scaler_that_saw_hidden_rows_is_caught():
    planted = with_fact(accuracy_pct=lambda f: f["accuracy_pct"] - f["accuracy_pct"].mean())
    with pytest.raises(LeakError, match="'accuracy_pct' changes"):
        list(folds(SHIPPED, "network", prepare=planted))


def test_a_fact_of_the_plain_form_is_one_only_while_that_is_known():
    def plain_kb(frame):
        plain = frame[frame["strategy"] == "nq"]
        sizes = plain.groupby(["network", "task"])["size_kb"].first()
        return [sizes[key] for key in zip(frame["network"], frame["task"], strict=True)]

    splits = folds(SHIPPED, "network", prepare=with_fact(parameters=plain_kb))
    assert {next(splits).setting for _ in range(8)} == {PLAIN_KNOWN}
    with pytest.raises(LeakError, match="'parameters' changes"):
        next(splits)


def test_an_honest_fact_passes():
    honest = with_fact(macs=lambda frame: frame["network"].map(len).astype(float) * 1e6)
    assert all("macs" in fold.asked for fold in folds(SHIPPED, "network", prepare=honest))


def test_many_are_dealt_into_ten_folds():
    many = [replace(SHIPPED[0], network=f"net{i:02}") for i in range(37)]
    facts = [fold for fold in folds(many, "network") if fold.setting == FACTS_ONLY]
    assert len(facts) == 10
    assert sum(len(fold.names) for fold in facts) == 37
    assert np.isin([len(fold.names) for fold in facts], (3, 4)).all()


def test_asked_wrongly():
    with pytest.raises(ArgumentError, match="unknown holdout 'netwrok'; did you mean 'network'"):
        list(folds(SHIPPED, "netwrok"))
    with pytest.raises(AdviceError, match="leaving devices out takes at least two"):
        list(folds(SHIPPED, "device"))
