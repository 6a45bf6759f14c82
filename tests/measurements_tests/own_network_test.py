import pytest

from measurements import own_network
from measurements.errors import HarnessError, UnknownNameError
from measurements.own_network import OwnNetwork, Source
from measurements.strategy import Strategy, grammar
from measurements.subject import Network

FACTS = Network(
    name="n@01234567",
    title="n",
    family="",
    input_shape=(8, 8, 1),
    backbone_parameters=100,
    backbone_macs=1000,
    backbone_channels=10,
    classifier_inputs=4,
    layers=3,
    depthwise_share=0.5,
    peak_activation_bytes=2000,
)


def own(kind="tflite", **more):
    return OwnNetwork(source=Source(word="/n.tflite", kind=kind), kind=kind, facts=FACTS, **more)


@pytest.mark.parametrize(
    ("word", "is_one"),
    [
        ("vgg", False),
        ("my.tflite", True),
        ("a folder/my.Keras", True),
        ("my.h5", True),
        ("nets:small", True),
        ("my.nets:small", True),
        ("my.zip", False),
        ("c:/x", False),
        ("n@01234567", False),
    ],
)
def test_words_for_networks_of_ones_own(word, is_one):
    assert own_network.is_own(word) == is_one


@pytest.mark.parametrize(
    ("candidate", "network", "strategy"),
    [
        ("vgg", "vgg", "nq"),
        ("vgg+prn+blq", "vgg", "prn+blq"),
        ("a+b.tflite", "a+b.tflite", "nq"),
        ("a+b.tflite+blq", "a+b.tflite", "blq"),
        ("my.nets:small+kd+prn", "my.nets:small", "kd+prn"),
    ],
)
def test_a_candidate_in_parts(candidate, network, strategy):
    assert own_network.parted(candidate) == (network, strategy)


def test_a_path_with_odd_letters_gives_a_name_that_strategies_can_follow():
    stem = Source(word="/x/my net+(1).tflite", kind="tflite").stem
    assert stem == "my_net__1_"
    assert own_network.label(stem, "0123456789") == "my_net__1_@01234567"


def test_files_must_be_there(tmp_path):
    with pytest.raises(UnknownNameError, match="no such file"):
        own_network.source_of(str(tmp_path / "x.tflite"))
    with pytest.raises(UnknownNameError, match=r"FILE\.tflite"):
        own_network.source_of("x.zip")
    with pytest.raises(UnknownNameError, match=r"did you mean 'vgg'.*MODULE:FUNCTION"):
        own_network.named(["vgh"], ["vgg"])


def test_what_can_be_done_to_it():
    assert [s.slug for s in own().strategies] == ["nq", "blq", "fiq", "f16"]
    assert [s.slug for s in own(made="fiq").strategies] == ["fiq"]
    assert own("function").strategies == grammar()
    assert own("keras").takes(Strategy.parse("prn80+blq"))
    assert not own().takes(Strategy.parse("prn"))


def test_it_is_read_as_it_was_written():
    network = own(classes=7, head=7, made="blq", file_bytes=10, compressed_bytes=8)
    assert OwnNetwork.from_dict(network.to_dict(), network.source) == network
    environment = {own_network.FACTS: network.to_dict() | {own_network.OUTPUTS: 7}}
    found, outputs = own_network.of_record(environment)
    assert (found.facts, outputs) == (FACTS, 7)
    assert own_network.of_records([environment, {}]) == {FACTS.name: found}


@pytest.mark.parametrize("odd", [None, {}, {"kind": "tflite"}, {"facts": 3}, "facts"])
def test_facts_that_can_not_be_read_are_none(odd):
    assert own_network.of_records([{own_network.FACTS: odd}]) == {}


def test_counts_are_of_the_classifier_that_it_has():
    assert own(classes=7, head=7).counts(3)["parameters"] == 100 + 5 * 7
    assert own("function").counts(3)["parameters"] == 100 + 5 * 3
    assert own(classes=7, head=7).counts(3)["classes"] == 3


def test_classes_must_fit():
    own_network.check_classes(own("function"), 5, "t")
    own_network.check_classes(own(classes=5), 5, "t")
    with pytest.raises(HarnessError, match="is no classifier"):
        own_network.check_classes(own(), 5, "t")
    with pytest.raises(HarnessError, match="tells 7 classes apart; t has 5"):
        own_network.check_classes(own(classes=7), 5, "t")


def test_another_content_is_another_network():
    with pytest.raises(HarnessError, match="has changed"):
        own_network.check_unchanged("n@1", "n@2")
