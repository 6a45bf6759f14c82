import pytest

from rules.claim import FIELDS, read_claims
from rules.entry import Entry
from rules.errors import RuleError
from rules.load import SHIPPED
from rules.remark import Condition, Term

ON = Condition(terms=(Term(fact="integer", among=frozenset({True})),))
RATIO = {
    "label": "int8",
    "quantity": "latency",
    "statistic": "median ratio",
    "without": "quantizer",
    "at_least": 1.05,
}
TREND = {
    "label": "gain",
    "quantity": "accuracy",
    "statistic": "rank correlation",
    "over": "parameters",
    "without": ["pruning", "quantizer"],
    "at_least": 0,
}


def claims(*tables, **fields):
    return read_claims(Entry(place="mine.toml: X1", fields={"claims": [*tables], **fields}), ON)


def test_a_claim_is_about_what_its_remark_touches_unless_it_says_of():
    (claim,) = claims(RATIO)
    assert (claim.of, claim.without, claim.at_least) == (ON, frozenset({"quantizer"}), 1.05)
    (claim,) = claims(RATIO | {"of": {"pruned": True}})
    assert claim.of.holds({"pruned": True})


def test_a_trend_goes_over_a_number_of_the_network():
    (claim,) = claims(TREND)
    assert (claim.over, claim.without) == ("parameters", frozenset({"pruning", "quantizer"}))


def test_networks_may_be_the_partners():
    table = {k: v for k, v in RATIO.items() if k != "without"}
    (claim,) = claims(table | {"against": {"network": {"not": "wrn"}}, "every": True})
    assert claim.against.holds({"network": "vgg"})
    assert not claim.against.holds({"network": "wrn"})
    assert claim.every


def test_untestable_remarks_have_none():
    entry = Entry(place="mine.toml: X1", fields={"untestable": "nobody looks"})
    assert read_claims(entry, ON) == ()


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (RATIO | {"quantity": "speed"}, "unknown quantity 'speed'; known: accuracy, file"),
        (RATIO | {"statistic": "mean"}, "unknown statistic 'mean'"),
        (RATIO | {"without": "teacher"}, "unknown part of a strategy 'teacher'; known: dist"),
        (RATIO | {"without": []}, "either 'without'"),
        (RATIO | {"against": {"network": "wrn"}}, "either 'without'"),
        (RATIO | {"against": {"pruned": True}}, "fact 'pruned' is one of the strategy"),
        (RATIO | {"at_least": None}, "'at_least' or 'at_most' is missing"),
        (RATIO | {"at_most": 1}, "nothing is at least 1.05 and at most 1"),
        (RATIO | {"at_least": "much"}, "'at_least' must be a number, not 'much'"),
        (RATIO | {"over": "parameters"}, "'over' goes with the statistic"),
        (RATIO | {"every": 1}, "'every' must be true or false"),
        (RATIO | {"above": 1}, "unknown field 'above'"),
        (RATIO | {"label": ""}, "'label' must be a text"),
        (TREND | {"over": "family"}, "unknown fact 'family'; known: depthwise_share, layers"),
        (TREND | {"every": True}, "takes 'without', and no 'every'"),
        ({k: v for k, v in TREND.items() if k != "over"}, "'over' goes with the statistic"),
    ],
)
def test_mistakes_name_the_claim_and_the_word(claim, words):
    with pytest.raises(RuleError) as caught:
        claims(RATIO, claim)
    assert str(caught.value).startswith("mine.toml: X1: claims 2: ")
    assert words in str(caught.value)


def test_the_head_of_the_paper_s_file_explains_every_field():
    head = SHIPPED[0].read_text().partition("\nsource =")[0]
    assert all(field in head for field in FIELDS)
