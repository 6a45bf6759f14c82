import json
import random

import pytest

from measurements.errors import UnknownNameError
from measurements.strategy import Strategy, grammar
from measurements.subject import networks, tasks
from rules.judge import HEEDED, judge, recommended
from rules.load import load
from rules.situation import base_of, complete, of_query
from rules.verdict import VERDICTS, Audit

RULES = load()
CANDIDATES = [(network, s.slug) for network in networks() for s in grammar()] + [
    ("wrn", "prn50"),
    ("wrn", "kd+prn90+blq"),
]
QUERIES = {
    f"{name}-{task}-{integers}": of_query(
        service_class=name, task=tasks().get(task), integer_only=integers
    )
    for name in ("low-end", "mid-end", "high-end", None)
    for task in ("cifar10", "none")
    for integers in (False, True)
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_judgement_is_each_remark_applied_to_each_candidate(query):
    judgement = judge(RULES, query, CANDIDATES)
    for (network, slug), fired, score in zip(
        CANDIDATES, judgement.fired, judgement.scores, strict=True
    ):
        stated = {k: v for k, v in query.items() if v is not None}
        facts = complete({**stated, "network": network, "strategy": slug})
        speaking = [remark for remark in RULES if remark.fires(facts)]
        assert fired == tuple(remark.id for remark in speaking)
        assert score == pytest.approx(max(-1, min(1, sum(r.weight for r in speaking))))
    everyone = {remark for fired in judgement.fired for remark in fired}
    assert [v.id for v in judgement.verdicts] == [r.id for r in RULES if r.id in everyone]


@pytest.mark.parametrize(
    ("service_class", "setups"),
    [("low-end", {"PRQ"}), ("mid-end", {"PRN"}), ("high-end", {"F16", "PRN"}), (None, set())],
)
def test_the_paper_s_strategy_of_each_class(service_class, setups):
    law = recommended(RULES, of_query(service_class=service_class))
    assert law == {Strategy.parse(setup).slug for setup in setups}


def test_a_distilled_or_sparser_version_of_a_recommended_strategy_counts():
    law = recommended(RULES, of_query(service_class="mid-end"))
    allowed = {slug for _, slug in CANDIDATES if base_of(Strategy.parse(slug)) in law}
    assert allowed == {"prn", "kd+prn", "prn50"}


def test_every_verdict_says_what_it_touched():
    query = of_query(service_class="mid-end", task=tasks()["cifar10"])
    touched = {v.id: v.strategy for v in judge(RULES, query, CANDIDATES).verdicts}
    assert touched["R2"] == "blq, fiq, qat, prn+blq, prn+fiq, prn+qat"
    assert touched["S-mid"] == "prn"
    assert touched["N-wrn"] == "wrn"
    assert touched["S-network"] == "any"
    assert touched["K-v3"].startswith("kd, kd+blq, ")
    assert touched["K-v3"].endswith(" on mobilenet_v3_large, mobilenet_v3_small")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_an_audit_takes_weight_away_and_is_shown(verdict):
    query = of_query(service_class="mid-end")
    audit = Audit(verdict=verdict, words=f"{verdict} here: 24 pairs, int8 0.44 times the latency")
    plain = judge(RULES, query, [("wrn", "qat")])
    audited = judge(RULES, query, [("wrn", "qat")], audits={"R2": audit})
    weight = next(v.weight for v in plain.verdicts if v.id == "R2")
    assert weight < 0
    lost = audited.scores[0] - plain.scores[0]
    assert lost == pytest.approx(weight * (HEEDED[verdict] - 1))
    assert audited.fired == plain.fired
    shown = next(v for v in audited.verdicts if v.id == "R2")
    assert (shown.audit, shown.weight) == (audit, pytest.approx(weight * HEEDED[verdict]))


def test_a_contradicted_remark_weighs_nothing_and_a_confirmed_one_all():
    assert set(HEEDED) == set(VERDICTS)
    assert HEEDED["contradicted"] == 0 < HEEDED["mixed"] < HEEDED["confirmed"] == 1


def test_the_order_of_candidates_changes_nothing():
    query = of_query(service_class="high-end", task=tasks()["cifar100"])
    shuffled = CANDIDATES.copy()
    random.Random(1).shuffle(shuffled)
    one, other = judge(RULES, query, CANDIDATES), judge(RULES, query, shuffled)
    assert one.verdicts == other.verdicts
    assert dict(zip(CANDIDATES, one.scores, strict=True)) == dict(
        zip(shuffled, other.scores, strict=True)
    )


def test_of_a_strange_network_only_the_name_is_known():
    fired = judge(RULES, of_query(task=tasks()["cifar10"]), [("mine", "prn")]).fired[0]
    assert "R3" in fired
    assert "R4" not in fired
    known = {"mine": networks()["resnet50"]}
    seen = judge(RULES, of_query(task=tasks()["cifar10"]), [("mine", "prn")], subjects=known)
    assert "R4" in seen.fired[0]


def test_no_candidate_no_word():
    nothing = judge(RULES, of_query(service_class="mid-end"), [])
    assert (nothing.scores, nothing.fired, nothing.verdicts) == ((), (), ())
    with pytest.raises(UnknownNameError, match="blk"):
        judge(RULES, of_query(), [("wrn", "blk")])


def test_verdicts_go_into_json():
    verdicts = judge(RULES, of_query(service_class="low-end"), CANDIDATES).verdicts
    entries = json.loads(json.dumps([v.to_dict() for v in verdicts]))
    assert [entry["id"] for entry in entries] == [v.id for v in verdicts]
