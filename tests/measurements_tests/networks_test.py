import numpy as np
import pytest

pytest.importorskip("tensorflow")

from measurements.errors import UnknownNameError
from measurements.subject import networks as facts_of
from measurements.training import facts, networks

PUBLISHED = {
    "vgg": 14e3,
    "resnet50": 23.5e6,
    "resnet101": 42.5e6,
    "mobilenet_v1": 3.21e6,
    "mobilenet_v2": 2.23e6,
    "wrn": 0.47e6,
}
"""Weights with ten classes that the sizes in the paper's tables imply."""


def test_the_registry_is_that_of_the_facts():
    assert list(networks.BACKBONES) == list(facts.DESCRIPTIONS) == list(facts_of())


@pytest.mark.parametrize("name", PUBLISHED)
def test_sizes_are_those_of_the_paper(name):
    assert facts_of()[name].parameters(10) == pytest.approx(PUBLISHED[name], rel=0.03)


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
