import pytest

from measurements.errors import UnknownNameError
from measurements.strategy import grammar
from measurements.subject import devices, networks, tasks
from rules.facts import OF_NETWORK, OF_QUERY, OF_STRATEGY
from rules.situation import base_of, complete, of_network, of_query, of_strategy


def test_builders_give_every_fact_and_no_other():
    assert set(of_query()) == OF_QUERY
    assert set(of_network(networks()["wrn"], 10)) == OF_NETWORK
    assert set(of_strategy("nq")) == OF_STRATEGY


def test_a_query_s_classes_go_before_the_task_s():
    task, device = tasks()["cifar100"], devices()["sensors-2022"]
    facts = of_query(service_class="mid-end", task=task, device=device)
    assert (facts["classes"], facts["train_examples"]) == (100, 50000)
    assert facts["device"] == "sensors-2022"
    assert of_query(task=task, classes=7)["classes"] == 7
    assert of_query(classes=7)["classes"] == 7
    assert of_query()["classes"] is None


def test_what_hangs_on_classes_is_unknown_without_them():
    wrn = networks()["wrn"]
    assert of_network(wrn, None)["parameters"] is None
    assert of_network(wrn, 10)["parameters"] == wrn.parameters(10)
    assert of_network(wrn, 10)["macs"] == wrn.macs(10)


def test_facts_of_a_strategy():
    facts = of_strategy("kd+prn80+blq")
    assert dict(facts) == {
        "strategy": "prn+blq",
        "distilled": True,
        "pruned": True,
        "sparsity": 0.8,
        "quantizer": "blq",
        "integer": True,
        "weight_bits": 8,
    }
    assert of_strategy("PRQ")["strategy"] == "prn+blq"
    assert of_strategy("nq")["quantizer"] == "none"


@pytest.mark.parametrize("strategy", grammar(), ids=lambda s: s.slug)
def test_the_base_of_a_strategy_has_no_teacher(strategy):
    assert base_of(strategy) == strategy.undistilled.slug


def test_what_follows_is_filled_in_and_what_is_stated_stays():
    facts = complete({"task": "cifar10", "network": "vgg", "strategy": "kd+prn", "layers": 3})
    assert facts["train_examples"] == 50000
    assert facts["parameters"] == networks()["vgg"].parameters(10)
    assert facts["strategy"] == "prn"
    assert facts["distilled"] is True
    assert facts["layers"] == 3


def test_unknown_subjects_are_known_by_name_only():
    facts = complete({"task": "mine", "network": "mine"})
    assert facts["network"] == "mine"
    assert facts["classes"] is None
    assert "family" not in facts
    with pytest.raises(UnknownNameError, match="blk"):
        complete({"strategy": "blk"})
