import numpy as np
import pytest

pytest.importorskip("tensorflow")

from measurements.dataset import read
from measurements.errors import UnknownNameError
from measurements.subject import networks as facts_of
from measurements.subject import tasks as tasks_of
from measurements.training import facts, networks

OWN_PAPER = ("mobilenet_v3_small", "mobilenet_v3_large")
"""Their published sizes match no public definition."""

IMPLIED = [
    (record.network, record.task, record.size_bytes / 4)
    for record in read()
    if record.strategy == "nq" and record.size_bytes and "size" not in record.suspect
    if record.device == "sensors-2022" and record.network not in OWN_PAPER
]
"""Network, task and the weights that a size in the paper's Tables 5-13 implies, 4 bytes each."""


def test_the_registry_is_that_of_the_facts():
    assert list(networks.BACKBONES) == list(facts.DESCRIPTIONS) == list(facts_of())


def test_the_tables_imply_sizes_of_all_other_networks_on_both_tasks():
    named = {(network, task) for network, task, _ in IMPLIED}
    others = set(facts_of()) - {*OWN_PAPER, "resnet54"}
    assert named == {(network, task) for network in others for task in ("cifar10", "cifar100")}


@pytest.mark.parametrize(("name", "task", "weights"), IMPLIED)
def test_sizes_are_those_that_the_papers_tables_imply(name, task, weights):
    found = facts_of()[name].parameters(tasks_of()[task].classes)
    assert found == pytest.approx(weights, rel=0.03)


@pytest.mark.parametrize(("name", "millions"), [("small", 2.54), ("large", 5.48)])
def test_mobilenet_v3_is_that_of_its_own_paper(name, millions):
    found = facts_of()[f"mobilenet_v3_{name}"]
    assert found.parameters(1000) == pytest.approx(millions * 1e6, rel=0.01)
    assert found.designed_for == "large"


@pytest.mark.parametrize("name", networks.BACKBONES)
def test_shipped_facts_are_those_of_the_graph(name):
    assert facts.toml([facts.network(name)]) == facts.toml([facts_of()[name]])


@pytest.mark.parametrize("name", ["vgg", "mobilenet_v3_small", "wrn"])
def test_facts_hold_for_other_classes(name):
    facts.check(facts_of()[name])


def test_the_shipped_file_is_the_written_one():
    assert facts.toml(facts_of().values()) == (facts.DATA / "networks.toml").read_text()


@pytest.mark.parametrize("classes", [2, 100])
def test_any_number_of_classes(classes):
    model = networks.build("vgg", classes)
    assert model(np.zeros((3, 32, 32, 3), np.float32)).shape == (3, classes)


def test_the_seed_decides_the_weights():
    first, same, other = (networks.build("vgg", 10, seed=s).get_weights() for s in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_normalization_forgets_fast():
    layers = networks.build("mobilenet_v3_small", 10).layers
    assert {x.momentum for x in layers if hasattr(x, "momentum")} == {networks.MOMENTUM}


def test_unknown_network_is_named():
    with pytest.raises(UnknownNameError, match="unknown network 'vg'; did you mean 'vgg'"):
        networks.build("vg", 10)
