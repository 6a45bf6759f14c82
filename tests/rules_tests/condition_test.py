import pytest

from rules.condition import OPERATORS, first_failing, read_condition, read_example
from rules.entry import Entry
from rules.errors import RuleError
from rules.facts import FACTS, OF_CANDIDATE, OF_QUERY
from rules.load import SHIPPED
from rules.remark import EFFECTS, PARTS_OF_STRATEGY, QUANTITIES, STATISTICS
from rules.situation import complete


def condition(names=OF_CANDIDATE, **fields):
    return read_condition(Entry(place="mine.toml: X1: on", fields=fields), names)


@pytest.mark.parametrize(
    ("fields", "facts", "holds"),
    [
        ({"network": "wrn"}, {"network": "wrn"}, True),
        ({"network": ["wrn", "vgg"]}, {"network": "vgg"}, True),
        ({"network": {"not": "wrn"}}, {"network": "wrn"}, False),
        ({"network": {"not": ["wrn", "vgg"]}}, {"network": "resnet50"}, True),
        ({"network": {"not": "wrn"}}, {}, False),
        ({"layers": {"at_least": 50}}, {"network": "resnet50"}, True),
        ({"layers": {"at_least": 50, "at_most": 60}}, {"network": "resnet101"}, False),
        ({"layers": {"at_least": 3, "not": 5}}, {"layers": 5}, False),
        ({"strategy": "PRQ"}, {"strategy": "kd+prn80+blq"}, True),
        ({"strategy": "prn"}, {"strategy": "prn+f16"}, False),
        ({"sparsity": {"at_least": 0.8}}, {"strategy": "prn90"}, True),
        ({"sparsity": {"at_least": 0.8}}, {"strategy": "prn"}, False),
        ({"pruned": True, "quantizer": "none"}, {"strategy": "kd+prn"}, True),
        ({}, {}, True),
    ],
)
def test_conditions(fields, facts, holds):
    found = condition(**fields)
    assert found.holds(complete(facts)) is holds
    assert (first_failing(found.terms, complete(facts)) == "") is holds


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_can_be_asked_and_refuses_what_it_can_t_be(name):
    fact = FACTS[name]
    good = {"slug": "prn", "text": "x", "count": 3, "number": 0.5, "truth": False}
    value = next(iter(fact.words())) if fact.words else good[fact.kind]
    names = OF_QUERY if fact.subject == "query" else OF_CANDIDATE
    assert condition(names, **{name: value}).holds({name: value})
    for odd in (None, [[]], -1, float("nan"), {"x": 1}):
        with pytest.raises(RuleError, match="mine.toml: X1: on: ".replace(".", r"\.")):
            condition(names, **{name: odd})


def test_examples_take_whole_strategies_and_any_fact():
    entry = Entry(place="e", fields={"strategy": "KD+PRN80", "service_class": "low-end"})
    example = read_example(entry, fires=True)
    assert example.facts["strategy"] == "prn"
    assert example.facts["sparsity"] == 0.8
    assert example.facts["service_class"] == "low-end"
    assert example.text == "{ strategy = 'KD+PRN80', service_class = 'low-end' }"


def test_why_a_condition_does_not_hold():
    terms = condition(network="wrn", pruned=True).terms
    assert first_failing(terms, {"network": "vgg"}) == "network is 'vgg'"
    assert first_failing(terms, {"network": "wrn"}) == "pruned is unknown"


def test_the_head_of_the_paper_s_file_explains_every_word():
    head = SHIPPED[0].read_text().partition("\nsource =")[0]
    for word in (*OPERATORS, *EFFECTS, *QUANTITIES, *STATISTICS, *PARTS_OF_STRATEGY):
        assert word in head
