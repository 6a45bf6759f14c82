from dataclasses import replace

import pandas as pd
import pytest

from measurements.dataset import FACTS
from measurements.own_network import OwnNetwork, Source
from measurements.strategy import grammar
from measurements.subject import networks
from recommender import own_candidates
from recommender.features import features


def own(kind="tflite", classes=10, like="vgg", **more):
    """A network whose facts are a shipped one's."""
    facts = replace(networks()[like], name="mine@01234567", family="")
    source = Source(word="/mine", kind=kind)
    return OwnNetwork(source=source, kind=kind, facts=facts, classes=classes, head=classes, **more)


def test_cells_are_what_can_be_done_to_it():
    assert own_candidates.cells([own()], "cifar10") == {
        ("mine@01234567", slug) for slug in ("nq", "blq", "fiq", "f16")
    }
    assert len(own_candidates.cells([own("function", None)], "cifar10")) == len(grammar())


def test_one_known_from_records_alone_serves_the_tasks_that_it_can():
    known = replace(own(), source=None)
    assert own_candidates.serves(known, "cifar10")
    assert not own_candidates.serves(known, "cifar100")
    assert own_candidates.serves(known, "somebody's own")
    assert own_candidates.serves(own(), "cifar100")


def test_asked_rows_bring_the_facts_of_the_shipped_network_that_it_equals():
    frame = pd.DataFrame({"network": [], "task": []})
    asked = own_candidates.asked([own("function", None)], ["d"], ["cifar10", "cifar100"], frame)
    assert set(FACTS) <= set(asked.columns)
    twin = features(asked.drop(columns=[*FACTS]).assign(network="vgg"))
    mine = features(asked)
    for name in FACTS:
        assert getattr(mine, name).tolist() == getattr(twin, name).tolist(), name
    assert not mine.placed.any()


def test_measured_rows_get_them_too():
    frame = pd.DataFrame({"network": ["wrn", "mine@01234567"], "task": ["cifar10", "cifar10"]})
    found = own_candidates.with_facts(frame, [own()])
    assert found["parameters"].isna().tolist() == [True, False]
    assert found["macs"][1] == own().facts.macs(10)
    assert own_candidates.with_facts(frame, []) is frame


def test_no_network_no_rows():
    assert own_candidates.asked([], ["d"], ["cifar10"], pd.DataFrame()).empty


def test_sizes_of_files_that_are_there():
    there = own(made="fiq", file_bytes=2000, compressed_bytes=1500)
    sizes = own_candidates.sizes([there, own("function", None)])
    assert sizes["file_kb"] == {("mine@01234567", "fiq"): pytest.approx(2.0)}
    assert sizes["size_kb"] == {("mine@01234567", "fiq"): pytest.approx(1.5)}


def test_peaks_of_all():
    assert own_candidates.peaks([own()])["mine@01234567"] == own_candidates.peaks([])["vgg"]
