from pathlib import Path

import pytest

from measurements.subject import devices, networks
from rules.facts import FACTS, FAMILIES, KERNELS, OF_CANDIDATE, OF_QUERY, SERVICE_CLASSES
from rules.load import SHIPPED


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_a_fact_says_what_it_is(fact):
    assert fact.says.endswith(".")
    assert bool(fact.unit) == (fact.kind in ("count", "number"))
    assert (fact.words is not None) == (fact.kind == "word")


def test_each_fact_is_of_the_query_or_of_the_candidate():
    assert set(FACTS) == OF_QUERY | OF_CANDIDATE
    assert not OF_QUERY & OF_CANDIDATE


def test_the_head_of_the_paper_s_file_names_every_fact():
    head = Path(SHIPPED[0]).read_text().partition("\nsource =")[0].replace(",", " ")
    assert set(FACTS) <= set(head.split())
    assert set(SERVICE_CLASSES) <= set(head.replace("(", " ").replace(")", " ").split())


def test_closed_lists_hold_what_is_shipped():
    assert {network.family for network in networks().values()} <= set(FAMILIES)
    assert {device.kernels for device in devices().values()} <= set(KERNELS)
