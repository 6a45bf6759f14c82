import published
import pytest

from measurements.dataset import append
from measurements.errors import DlmoError
from recommender import Advisor, Constraints, Profile
from recommender.next_measurement import plan

MID = Profile(service_class="mid-end", task="cifar10")
TIGHT = Constraints(max_size_kb=500, max_latency_ms=50)


def test_it_starts_from_the_answer_that_the_advisor_gives():
    found = plan(MID, TIGHT)
    pick = Advisor.load().advise(MID, TIGHT).pick
    assert found.pick == (pick["network"], pick["strategy"], pick["evidence"])
    assert found.profile.device == "sensors-2022"
    assert found.n_open >= len(found.measurements) == 5


def test_what_is_proposed_was_not_measured_and_the_best_rate_comes_first():
    measured = {(r.network, r.strategy) for r in published.RECORDS if r.task == "cifar10"}
    found = plan(MID, TIGHT, top=1000).measurements
    assert not {(m.network, m.strategy) for m in found} & measured
    rates = [m.gain / m.minutes for m in found]
    assert rates == sorted(rates, reverse=True)
    assert all(m.gain >= 0 and m.minutes > 0 and 0 <= m.p_change <= 1 for m in found)


def test_only_what_the_question_allows_is_proposed():
    asked = Profile(service_class="mid-end", task="cifar10", networks=("wrn",))
    assert {m.network for m in plan(asked, TIGHT, top=1000).measurements} == {"wrn"}


def test_a_question_that_nothing_left_can_answer_otherwise():
    """The smallest file there is, and every strategy of its network measured."""
    asked = Profile(service_class="low-end", task="cifar10", networks=("vgg",), evidence="measured")
    tiny = Constraints(max_size_kb=1)
    found = plan(asked, tiny)
    assert found.pick is None
    assert found.measurements == ()
    assert found.n_open == 0


def test_measuring_what_is_proposed_settles_it(tmp_path):
    """A new record takes its cell out of the plan."""
    first = plan(MID, TIGHT).measurements[0]
    like = next(
        r
        for r in published.RECORDS
        if (r.network, r.task, r.strategy) == (first.network, "cifar10", "prn")
    )
    fields = {name: getattr(like, name) for name in type(like).__slots__}
    append([type(like)(**{**fields, "strategy": first.strategy})], tmp_path / "more.jsonl")
    after = plan(MID, TIGHT, measurements=["shipped", tmp_path / "more.jsonl"], top=1000)
    assert (first.network, first.strategy) not in {
        (m.network, m.strategy) for m in after.measurements
    }


def test_the_dictionary_has_its_keys():
    found = plan(MID, TIGHT, top=1).to_dict()
    assert list(found) == ["schema", "query", "pick", "measurements", "n_open", "level"]
    assert set(found["measurements"][0]) == {
        "network", "strategy", "gain_points", "p_change", "minutes",
    }  # fmt: skip


@pytest.mark.parametrize("recipe", ["nowhere", "nowhere.toml"])
def test_an_unknown_protocol_is_refused(recipe):
    with pytest.raises(DlmoError, match="nowhere"):
        plan(MID, TIGHT, recipe=recipe)
